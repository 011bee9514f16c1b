"""Lemma 4.9, first moment: 0.8 / L(w) <= E beta~(w).

L~ = 4L + X with X = 2 rho alpha (1/B') sum_j |grad f_j(w, D_beta)|; L(w) = 4L + m with
m = 2 rho alpha E_i |grad f_i(w)|. The size of D_beta keeps E X below m + L; the number of tasks B' plays no part.
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
)
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact


def prove(p: Proof) -> list[Chain]:
    """E X <= m + L, and Jensen for the reciprocal."""
    return [first_moment(p)]


def first_moment(p: Proof) -> Chain:
    """E beta~(w) >= 0.8 / L(w)."""
    x = p.language
    smooth, scale = smoothness(x), 2 * hessian_lipschitz(x) * inner_rate(x)
    w = x.vector("w")
    draws, one = stepsize_draws(x)
    full = x.gradient(TASK, w)
    noise = x.norm(x.gradient(TASK, w, "D_beta") - full)
    m, mean = scale * mean_gradient_norm(x, w), x.mean(DRAW, draws)

    def over(scalar: Expr) -> Expr:
        return x.mean(TASK, x.mean("D_beta", scalar))

    small = p.chain("square of the mean noise", (scale * over(noise)) ** 2)
    small.step(
        "Jensen over tasks",
        scale**2 * x.mean(TASK, x.mean("D_beta", noise) ** 2),
        axiom("jensen_square", TASK, x.mean("D_beta", noise)).times(scale**2),
    )
    small.step(
        "Jensen over D_beta",
        scale**2 * over(noise**2),
        axiom("jensen_square", "D_beta", noise).mean(TASK).times(scale**2),
    )
    small.step(
        "variance of D_beta independent samples",
        scale**2 * x.mean(TASK, x.gradient_deviation(TASK, w) ** 2) / size_root(x, "D_beta") ** 2,
        axiom("gradient_variance", "D_beta", TASK, w).mean(TASK).times(scale**2),
    )
    small.step(
        "D_beta is large enough", smooth**2, p.hypothesis("enough samples").times(1 / size_root(x, "D_beta") ** 2)
    )

    near = p.chain("mean of X", mean)
    near.step("of one draw", scale * over(one), axiom("iid_mean", DRAW, draws))
    near.step(
        "around the full gradient",
        m + scale * over(noise),
        axiom("triangle", full, x.gradient(TASK, w, "D_beta") - full).mean("D_beta", TASK).times(scale),
    )
    near.step("the noise is at most L in the mean", m + smooth, fact(small.done()).root(scale * over(noise), smooth))

    chain = p.chain("first moment", Rational(4, 5) / (4 * smooth + m))
    chain.step(
        "5 (4L + m) >= 4 (5L + m)", 1 / (5 * smooth + m), remainder=m / (5 * (4 * smooth + m) * (5 * smooth + m))
    )
    chain.step(
        "E X <= m + L", 1 / (4 * smooth + mean), fact(near.done()).times(1 / ((5 * smooth + m) * (4 * smooth + mean)))
    )
    return chain.step(
        "Jensen for the reciprocal",
        x.mean(DRAW, 1 / (4 * smooth + draws)),
        axiom("jensen_reciprocal", DRAW, 4 * smooth + draws),
    )
