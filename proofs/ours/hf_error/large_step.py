"""HF error, sharper for large steps: at most (2 L - 2 L^2 / T) |v| where T = rho delta |v| >= 2 L.

The expansion is used along a share theta = 2 L / T of the way, where the Hessian has not changed by more than 2 L;
beyond, the change of the gradient and the Hessian at w are bounded one by one.
"""

from mamlcheck.language.terms import Expr
from mamlcheck.language.vocabulary import TASK, hessian_lipschitz, number, smoothness
from mamlcheck.proof.kernel import By, Chain, Proof, axiom, fact


def prove(p: Proof) -> list[Chain]:
    """Two parts of the way, ahead and behind."""
    x = p.language
    smooth, rho, delta = smoothness(x), hessian_lipschitz(x), number(x, "delta")
    theta, reach = share_of_the_way(p)
    w, v = x.vector("w"), x.vector("v")
    size = x.norm(v)
    quotient = (x.gradient(TASK, w + delta * v) - x.gradient(TASK, w - delta * v)) / (2 * delta)
    ahead, behind = (one_way(p, sign) for sign in (1, -1))
    errors = [x.gradient(TASK, w + h) - x.gradient(TASK, w) - x.hessian(TASK, w)(h) for h in (delta * v, -delta * v)]
    chain = p.chain("error of the difference", x.norm(x.hessian(TASK, w)(v) - quotient))
    chain.step(
        "the errors of two expansions, by 2 delta",
        (x.norm(errors[0]) + x.norm(errors[1])) / (2 * delta),
        axiom("triangle", errors[1] / (2 * delta), -errors[0] / (2 * delta)),
    )
    chain.step(
        "each in two parts",
        2 * smooth * (1 - theta) * size + rho * delta * theta**2 * size**2 / 2,
        fact(ahead.done()).times(1 / (2 * delta)),
        fact(behind.done()).times(1 / (2 * delta)),
    )
    return [
        chain.step(
            "theta = 2 L / T, so that theta L |v| = 2 L^2 / (rho delta)",
            2 * smooth * size - 2 * smooth**2 / (rho * delta),
            reach.quotient(theta).times(theta * size / 2),
            reach.quotient(theta).times(-smooth / (rho * delta)),
        )
    ]


def share_of_the_way(p: Proof) -> tuple[Expr, By]:
    """theta = 2 L / T for T = rho delta |v|, and that 2 L <= T."""
    x = p.language
    twice, most = 2 * smoothness(x), hessian_lipschitz(x) * number(x, "delta") * x.norm(x.vector("v"))
    return x.ratio("theta", twice, most, r"\theta"), p.hypothesis("2L <= T").root(twice, most)


def one_way(p: Proof, sign: int) -> Chain:
    """|grad f(w + h) - grad f(w) - H h| <= 2 L (1 - theta) |h| + rho theta^2 |h|^2 / 2, h = +-delta v."""
    x = p.language
    smooth, rho, delta = smoothness(x), hessian_lipschitz(x), number(x, "delta")
    theta, reach = share_of_the_way(p)
    w, v = x.vector("w"), x.vector("v")
    h, bend, tau = sign * delta * v, x.hessian(TASK, w), number(x, "tau")
    near = w + theta * h
    error, near_error = (x.gradient(TASK, at) - x.gradient(TASK, w) - bend(at - w) for at in (w + h, near))
    rest = x.gradient(TASK, w + h) - x.gradient(TASK, near)
    left_over = (1 - theta) * bend(h)
    share = reach.share(theta)
    chain = p.chain(f"expansion {'ahead' if sign == 1 else 'behind'}", x.norm(error))
    chain.step(
        "a share theta of the way, and the rest",
        x.norm(near_error) + x.norm(rest) + x.norm(left_over),
        axiom("triangle", near_error, rest - left_over),
        axiom("triangle", rest, -left_over),
    )
    expansion: By = axiom(
        "mean_value_integral",
        TASK,
        w,
        theta * h,
        tau,
        axiom("lipschitz_hessian", TASK, w + tau * theta * h, w, theta * h),
    )
    chain.step(
        "mean-value integral, Lipschitz Hessian",
        rho * theta**2 * delta**2 * x.norm(v) ** 2 / 2 + x.norm(rest) + x.norm(left_over),
        expansion,
    )
    chain.step(
        "Lipschitz gradient",
        rho * theta**2 * delta**2 * x.norm(v) ** 2 / 2 + smooth * (1 - theta) * delta * x.norm(v) + x.norm(left_over),
        axiom("lipschitz_gradient", TASK, w + h, near),
        axiom("scaling", 1 - theta, h, share).times(smooth),
    )
    return chain.step(
        "|H| <= L",
        rho * theta**2 * delta**2 * x.norm(v) ** 2 / 2 + 2 * smooth * (1 - theta) * delta * x.norm(v),
        axiom("scaling", 1 - theta, bend(h), share),
        axiom("operator_norm", TASK, w, v).times(delta, share),
    )
