"""Lemma 4.9, second moment, sharper: E beta~(w)^2 <= 1.855 / L(w)^2, where 3.125 is printed.

1/(c + X)^2 is bounded by a quadratic in X that touches it at X = 0 and at X = 1/t, t = nu / (nu^2 + 9 L^2), nu = E X;
the mean of that needs the variance of X alone, and the sizes of B' and D_beta keep it below 9 L^2. c = 4L.
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
from mamlcheck.proof.catalogue import lemma
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact


def prove(p: Proof) -> list[Chain]:
    """A quadratic above the square, the variance of X, a polynomial inequality in nu / L, and m <= nu."""
    return [second_moment(p)]


def second_moment(p: Proof) -> Chain:
    """E beta~(w)^2 <= 1.855 / L(w)^2."""
    x = p.language
    smooth, scale = smoothness(x), 2 * hessian_lipschitz(x) * inner_rate(x)
    draws = stepsize_draws(x)[0]
    c, nu, m = 4 * smooth, x.mean(DRAW, draws), scale * mean_gradient_norm(x, x.vector("w"))
    t = nu / (nu**2 + 9 * smooth**2)
    bottom = c**2 * (c * t + 1) ** 3
    square = t**2 * (3 * c * t + 1) / bottom  # of the quadratic above, what X^2 is multiplied by
    line = 2 * t * (c**2 * t**2 + 3 * c * t + 1) / bottom

    above = p.chain("a quadratic above the square", 1 / (c + draws) ** 2)
    above.step(
        "the difference is X (t X - 1)^2 over what is positive",
        1 / c**2 - line * draws + square * draws**2,
        remainder=draws * (t * draws - 1) ** 2 * (4 * c**2 * t + 3 * c * t * draws + 2 * c + draws)
        / (bottom * (c + draws) ** 2),
    )  # fmt: skip
    chain = p.chain("second moment", x.mean(DRAW, 1 / (c + draws) ** 2))
    chain.step(
        "the quadratic above it",
        1 / c**2 - line * nu + square * (nu**2 + x.mean(DRAW, (nu - draws) ** 2)),
        fact(above.done()).mean(DRAW),
    )
    span = nu**2 + 4 * smooth * nu + 9 * smooth**2
    chain.step(
        "Var X <= 9 L^2",
        (25 * nu**2 + 72 * smooth * nu + 81 * smooth**2) / (16 * span**2),
        fact(lemma(p, "variance of X", variance_of_draws).done()).times(square),
    )
    first = nu**2 - Rational(48, 13) * smooth * nu - 13 * smooth**2
    second = smooth * nu - Rational(2028, 361) * smooth**2
    chain.step(
        "a polynomial in nu / L: a sum of squares is left",
        Rational(371, 200) / (c + nu) ** 2,
        remainder=Rational(9, 400)
        * (13 * first**2 + Rational(361, 13) * second**2 + Rational(1673, 361) * smooth**4)
        / (span**2 * (c + nu) ** 2),
    )
    return chain.step(
        "m <= nu",
        Rational(371, 200) / (c + m) ** 2,
        fact(lemma(p, "mean of X from below", mean_from_below).done()).times(
            Rational(371, 200) * (2 * c + m + nu) / ((c + m) ** 2 * (c + nu) ** 2)
        ),
    )


def mean_from_below(p: Proof) -> Chain:
    """2 rho alpha E_i |grad f_i(w)| <= E X."""
    x = p.language
    w, draws = x.vector("w"), stepsize_draws(x)[0]
    scale = 2 * hessian_lipschitz(x) * inner_rate(x)
    full, drawn = x.gradient(TASK, w), x.gradient(TASK, w, "D_beta")
    lower = p.chain("mean of X from below", scale * mean_gradient_norm(x, w))
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
    return lower.step("of one draw", x.mean(DRAW, draws), axiom("iid_mean", DRAW, draws).times(-1))


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
