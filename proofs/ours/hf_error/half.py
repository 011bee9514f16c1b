"""HF error, sharper: |H(w) v - (grad phi(w + delta v) - grad phi(w - delta v)) / (2 delta)| <= rho delta |v|^2 / 2.

The difference quotient is the mean of H(w + tau v) v over tau in [-delta, delta].
"""

from mamlcheck.language.terms import Language, Vector
from mamlcheck.language.vocabulary import TASK, hessian_lipschitz, number
from mamlcheck.proof.kernel import By, Chain, Proof, axiom


def expansion(x: Language, at: Vector, h: Vector) -> tuple[Vector, By]:
    """grad f(x + h) - grad f(x) - H(x) h, and that its norm is at most rho |h|^2 / 2."""
    tau = number(x, "tau")
    error = x.gradient(TASK, at + h) - x.gradient(TASK, at) - x.hessian(TASK, at)(h)
    return error, axiom("mean_value_integral", TASK, at, h, tau, axiom("lipschitz_hessian", TASK, at + tau * h, at, h))


def prove(p: Proof) -> list[Chain]:
    """The errors of the two first-order expansions."""
    x = p.language
    rho, delta = hessian_lipschitz(x), number(x, "delta")
    w, v = x.vector("w"), x.vector("v")
    quotient = (x.gradient(TASK, w + delta * v) - x.gradient(TASK, w - delta * v)) / (2 * delta)
    (ahead, of_ahead), (behind, of_behind) = expansion(x, w, delta * v), expansion(x, w, -delta * v)
    chain = p.chain("error of the difference", x.norm(x.hessian(TASK, w)(v) - quotient))
    chain.step(
        "the errors of two expansions, by 2 delta",
        (x.norm(ahead) + x.norm(behind)) / (2 * delta),
        axiom("triangle", behind / (2 * delta), -ahead / (2 * delta)),
    )
    return [
        chain.step(
            "mean-value integral, Lipschitz Hessian",
            rho * delta * x.norm(v) ** 2 / 2,
            of_ahead.times(1 / (2 * delta)),
            of_behind.times(1 / (2 * delta)),
        )
    ]
