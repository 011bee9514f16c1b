"""Lemma 4.9, second moment, sharper: E beta~(w)^2 <= 2.6875 / L(w)^2, where 3.125 is printed.

1/(c + X)^2 is bounded by a quadratic in X that touches it at X = nu = E X and at X = 0; the mean of that needs the
variance of X alone, and the sizes of B' and D_beta keep it below 9 L^2. c = 4L.
"""

from sympy import Rational

from mamlcheck.language.terms import Expr
from mamlcheck.language.vocabulary import (
    DRAW,
    TASK,
    hessian_lipschitz,
    inner_rate,
    mean_gradient_norm,
    size_root,
    smoothness,
    stepsize_draws,
    stepsize_tasks,
)
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact


def prove(p: Proof) -> list[Chain]:
    """A quadratic above the square, the variance of X, and E X >= m."""
    x = p.language
    smooth, scale = smoothness(x), 2 * hessian_lipschitz(x) * inner_rate(x)
    w, draws = x.vector("w"), stepsize_draws(x)[0]
    c, nu, m = 4 * smooth, x.mean(DRAW, draws), scale * mean_gradient_norm(x, w)

    def quadratic(square: Expr) -> Expr:
        return (1 + square * (2 / (c * (c + nu)) + 1 / c**2)) / (c + nu) ** 2

    above = p.chain("a quadratic above", 1 / (c + draws) ** 2)
    above.step(
        "the difference is X (X - nu)^2 over what is positive",
        quadratic((nu - draws) ** 2) + 2 * (nu - draws) / (c + nu) ** 3,
        remainder=draws * (draws - nu) ** 2 * (4 * c**2 + 2 * c * nu + 3 * c * draws + nu * draws)
        / (c**2 * (c + nu) ** 3 * (c + draws) ** 2),
    )  # fmt: skip
    lower = p.chain("mean of X from below", m)
    full, drawn = x.gradient(TASK, w), x.gradient(TASK, w, "D_beta")
    lower.step(
        "the full gradient is the mean of the batch's",
        scale * x.mean(TASK, x.norm(x.mean_vector("D_beta", drawn))),
        axiom("unbiased_gradient", "D_beta", TASK, w).within(full, -1).mean(TASK).times(scale),
    )
    lower.step(
        "Jensen over D_beta",
        scale * x.mean(TASK, x.mean("D_beta", x.norm(drawn))),
        axiom("jensen_norm", "D_beta", drawn).mean(TASK).times(scale),
    )
    lower.step("of one draw", nu, axiom("iid_mean", DRAW, draws).times(-1))

    variance = variance_of_draws(p)
    chain = p.chain("second moment", x.mean(DRAW, 1 / (c + draws) ** 2))
    chain.step("the quadratic above it", quadratic(x.mean(DRAW, (nu - draws) ** 2)), fact(above.done()).mean(DRAW))
    chain.step(
        "Var X <= 9 L^2",
        quadratic(9 * smooth**2),
        fact(variance.done()).times((2 / (c * (c + nu)) + 1 / c**2) / (c + nu) ** 2),
    )
    chain.step("c <= c + nu", Rational(43, 16) / (c + nu) ** 2, remainder=Rational(9, 8) * nu / (c + nu) ** 3)
    return [
        chain.step(
            "m <= nu",
            Rational(43, 16) / (c + m) ** 2,
            fact(lower.done()).times(Rational(43, 16) * (2 * c + m + nu) / ((c + m) ** 2 * (c + nu) ** 2)),
        )
    ]


def variance_of_draws(p: Proof) -> Chain:
    """E (nu - X)^2 <= 9 L^2."""
    x = p.language
    smooth, scale, tasks = smoothness(x), 2 * hessian_lipschitz(x) * inner_rate(x), stepsize_tasks(x)
    w, (draws, one) = x.vector("w"), stepsize_draws(x)
    nu = x.mean(DRAW, draws)
    drawn, full = x.gradient(TASK, w, "D_beta"), x.gradient(TASK, w)
    centre = x.mean_vector(TASK, full)
    k, size = x.norm(centre), size_root(x, "D_beta") ** 2
    spread, noise = x.mean(TASK, x.norm(full - centre) ** 2), x.mean(TASK, x.gradient_deviation(TASK, w) ** 2)

    def over(scalar: Expr) -> Expr:
        return x.mean(TASK, x.mean("D_beta", scalar))

    apart = p.chain("the norm is no farther from |grad f|", (one - k) ** 2)
    apart.step(
        "Cauchy-Schwarz",
        one**2 - 2 * x.inner(drawn, centre) + k**2,
        axiom("cauchy_schwarz", drawn, centre).times(2),
    )
    apart.step("the square put together", x.norm(drawn - centre) ** 2, axiom("expand_square", drawn, -centre).times(-1))

    single = p.chain("variance of one norm", over(one**2) - over(one) ** 2)
    single.step("the mean square is smallest around the mean", over((one - k) ** 2), remainder=(over(one) - k) ** 2)
    single.step(
        "reverse triangle inequality", over(x.norm(drawn - centre) ** 2), fact(apart.done()).mean("D_beta", TASK)
    )
    single.step(
        "variance identity over D_beta",
        spread + over(x.norm(drawn - full) ** 2),
        axiom("gradient_moment", "D_beta", TASK, w, -centre).mean(TASK),
    )
    single.step(
        "variance of D_beta independent samples",
        spread + noise / size,
        axiom("gradient_variance", "D_beta", TASK, w).mean(TASK),
    )

    chain = p.chain("variance of X", x.mean(DRAW, (nu - draws) ** 2))
    chain.step(
        "variance of B' independent draws",
        scale**2 / tasks * (over(one**2) - over(one) ** 2),
        axiom("iid_variance", DRAW, draws),
    )
    chain.step(
        "variance of one norm", scale**2 / tasks * (spread + noise / size), fact(single.done()).times(scale**2 / tasks)
    )
    chain.step(
        "B' is large enough",
        8 * smooth**2 + scale**2 / tasks * noise / size,
        p.hypothesis("enough tasks").times(4 / tasks),
    )
    chain.step(
        "D_beta is large enough",
        8 * smooth**2 + smooth**2 / tasks,
        p.hypothesis("enough samples").times(1 / (tasks * size)),
    )
    return chain.step("B' >= 1", 9 * smooth**2, p.hypothesis("B' >= 1").times(smooth**2 / tasks))
