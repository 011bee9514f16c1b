"""One step of FO-MAML with c = 1/18: |grad F|^2 / 49 <= L(w) (sure decrease) + .2034 a^2 sigma^2 + what batches cost.

From the general descent, with bounds of |D - grad F| and of V at the largest rate, a = 1/10, but for the a^2 of the
floor: what FO-MAML leaves out, alpha E_i H_i g_i, does not vanish with large batches.
"""

from typing import Any

from sympy import Rational

from mamlcheck.language.directions import INNER, OUTER, mean, outer_gradient
from mamlcheck.language.terms import Expr
from mamlcheck.language.vocabulary import TASK, adapted, adapted_gradient, inner_rate, step_tasks
from mamlcheck.proof.catalogue import lemma, proof_file
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact

RATE = 10  # alpha <= 1/(10L)
FACTOR, PROGRESS = Rational(1, 18), Rational(1, 49)  # c and c1
FLOOR = Rational(2034, 10000)
TASKS, OUTER_NOISE, INNER_NOISE = Rational(71, 10000), Rational(29, 10000), Rational(14, 10000)
GROWN = (1 + Rational(1, RATE)) ** 2  # (1 + a)^2


def prove(p: Proof) -> list[Chain]:
    """As all steps with numbers: see `_bounds`."""
    bounds, x = proof_file("ours.descent._bounds"), p.language
    tasks, a = step_tasks(x), bounds.rate(x)

    def noise(q: Any) -> Expr:
        batches = TASKS * q.variance / tasks + OUTER_NOISE * q.outer / tasks + INNER_NOISE * q.inner
        return FLOOR * a**2 * q.variance + batches

    def error(q: Any, mean_square: Expr) -> Expr:
        return (4 * q.inner + 2 * mean_square) / RATE**2 + 4 * GROWN * a**2 * q.variance

    plan = bounds.Plan(
        rate=RATE,
        factor=FACTOR,
        progress=PROGRESS,
        noise=noise,
        swing=Rational(1),
        second=None,
        splits=(Rational(1), Rational(1, 4)),
        error=error,
        off=error_of_first_order(p),
        keeps=False,
    )
    return [bounds.step_with_numbers(p, outer_gradient(x, x.vector("w")), plan)]


def error_of_first_order(p: Proof) -> Chain:
    """|D - grad F|^2 <= 4 a^2 s^2 + 2 a^2 |E g|^2 + 4 (1 + a)^2 a^2 sigma^2, in part at a = 1/10."""
    bounds, x = proof_file("ours.descent._bounds"), p.language
    w, alpha, a = x.vector("w"), inner_rate(x), bounds.rate(x)
    at, g, hessian = adapted(x, w, INNER), adapted_gradient(x, w), x.hessian(TASK, w)
    v, u, centre = outer_gradient(x, w), x.gradient(TASK, at), x.mean_vector(TASK, g)
    q, gradient = bounds.squares(x, v), x.meta_gradient(w)
    start, inside = mean(x, v) - gradient, mean(x, u) - gradient
    noisy, common, spread = mean(x, u - g), mean(x, hessian(centre)), mean(x, hessian(g - centre))
    one, two, three = x.norm(noisy), alpha * x.norm(common), alpha * x.norm(spread)

    length = p.chain("the error of D, its length", x.norm(start))
    length.step(
        "the outer batch is unbiased",
        x.norm(inside),
        axiom("unbiased_gradient", OUTER, TASK, at).mean(INNER, TASK).within(start),
    )
    length.step(
        "chain rule",
        x.norm(noisy + alpha * (common + spread)),
        axiom("chain_rule", TASK, w).within(inside, -1),
    )
    length.step(
        "triangle, around the mean of g",
        one + two + three,
        axiom("triangle", noisy, alpha * (common + spread)),
        axiom("triangle", common, spread).times(alpha),
    )
    jensen = bounds.squared_mean(p, "|E (u - g)|^2 by its mean square", u - g)
    chain = p.chain("the error of D", x.norm(start) ** 2)
    chain.step("its square", (one + two + three) ** 2, fact(length.done()).times(x.norm(start) + one + two + three))
    chain.step(
        "(x + y + z)^2 = 4 x^2 + 2 y^2 + 4 z^2 - 2 (x - z)^2 - (y - x - z)^2",
        4 * one**2 + 2 * two**2 + 4 * three**2,
        remainder=2 * (one - three) ** 2 + (two - one - three) ** 2,
    )
    chain.step(
        "the inner noise",
        4 * a**2 * q.inner + 2 * two**2 + 4 * three**2,
        fact(jensen.done()).times(4),
        fact(lemma(p, "E|u - g|^2", bounds.inner_change).done()).times(4),
    )
    chain.step(
        "|H| <= L along the mean of g",
        4 * a**2 * q.inner + 2 * a**2 * q.mean + 4 * three**2,
        fact(bent(p, "|alpha E H E g|", centre).done()).times(2 * (two + a * x.norm(centre))),
    )
    rest = bent(p, "|alpha E H (g - E g)|", g - centre)
    deviation = proof_file("ours.moments.spread").deviation_of(p)
    chain.step(
        "|H| <= L along the deviations, and their spread",
        4 * a**2 * q.inner + 2 * a**2 * q.mean + 4 * (1 + a) ** 2 * a**2 * q.variance,
        fact(rest.done()).times(4 * (three + rest.end)),
        fact(deviation.done()).times(4 * a**2),
    )
    b = bounds.largest_symbol()
    return chain.step(
        f"a <= 1/{RATE}, but for the floor",
        (4 * q.inner + 2 * q.mean) / RATE**2 + 4 * GROWN * a**2 * q.variance,
        bounds.at_largest_rate(p, RATE, b**2, 4 * q.inner),
        bounds.at_largest_rate(p, RATE, b**2, 2 * q.mean),
        bounds.at_largest_rate(p, RATE, (1 + b) ** 2, 4 * a**2 * q.variance),
    )


def bent(p: Proof, name: str, vector: Any) -> Chain:
    """|alpha E_i H_i(w) y_i| <= a E|y|."""
    x = p.language
    w, alpha, bounds = x.vector("w"), inner_rate(x), proof_file("ours.descent._bounds")
    product = x.hessian(TASK, w)(vector)
    chain = p.chain(name, alpha * x.norm(mean(x, product)))
    chain.step(
        "Jensen over tasks", alpha * x.mean(TASK, x.norm(product)), axiom("jensen_norm", TASK, product).times(alpha)
    )
    return chain.step(
        "|H| <= L",
        bounds.rate(x) * x.mean(TASK, x.norm(vector)),
        axiom("operator_norm", TASK, w, vector).mean(TASK).times(alpha),
    )
