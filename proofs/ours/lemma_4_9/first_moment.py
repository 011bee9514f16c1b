"""Lemma 4.9, first moment, from above: E beta~(w) <= 49 / (40 L(w)).

1/(c + X) is bounded by a quadratic in X that touches it at X = 0 and at X = 1/t, t = nu / (nu^2 + 9 L^2), nu = E X; the
mean of that needs the variance of X alone, as for the second moment. c = 4L.
"""

from sympy import Rational

from mamlcheck.language.vocabulary import (
    DRAW,
    hessian_lipschitz,
    inner_rate,
    mean_gradient_norm,
    smoothness,
    stepsize_draws,
)
from mamlcheck.proof.catalogue import lemma, proof_file
from mamlcheck.proof.kernel import Chain, Proof, fact


def prove(p: Proof) -> list[Chain]:
    """A quadratic above the reciprocal, the variance of X, a square in nu / L, and m <= nu."""
    return [first_moment(p)]


def first_moment(p: Proof) -> Chain:
    """E beta~(w) <= 49 / (40 L(w))."""
    second = proof_file("ours.lemma_4_9.second_moment")
    x = p.language
    smooth, scale = smoothness(x), 2 * hessian_lipschitz(x) * inner_rate(x)
    draws = stepsize_draws(x)[0]
    c, nu, m = 4 * smooth, x.mean(DRAW, draws), scale * mean_gradient_norm(x, x.vector("w"))
    t = nu / (nu**2 + 9 * smooth**2)
    bottom = c * (c * t + 1) ** 2

    above = p.chain("a quadratic above the reciprocal", 1 / (c + draws))
    above.step(
        "the difference is X (t X - 1)^2 over what is positive",
        1 / c - t * (c * t + 2) / bottom * draws + t**2 / bottom * draws**2,
        remainder=draws * (t * draws - 1) ** 2 / (bottom * (c + draws)),
    )
    chain = p.chain("first moment from above", x.mean(DRAW, 1 / (c + draws)))
    chain.step(
        "the quadratic above it",
        1 / c - t * (c * t + 2) / bottom * nu + t**2 / bottom * (nu**2 + x.mean(DRAW, (nu - draws) ** 2)),
        fact(above.done()).mean(DRAW),
    )
    span = nu**2 + 4 * smooth * nu + 9 * smooth**2
    chain.step(
        "Var X <= 9 L^2",
        (4 * nu + 9 * smooth) / (4 * span),
        fact(lemma(p, "variance of X", second.variance_of_draws).done()).times(t**2 / bottom),
    )
    chain.step(
        "a polynomial in nu / L: a square is left",
        Rational(49, 40) / (c + nu),
        remainder=9 * (nu - 3 * smooth) ** 2 / (40 * span * (c + nu)),
    )
    return chain.step(
        "m <= nu",
        Rational(49, 40) / (c + m),
        fact(lemma(p, "mean of X from below", second.mean_from_below).done()).times(
            Rational(49, 40) / ((c + m) * (c + nu))
        ),
    )
