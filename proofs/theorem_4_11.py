"""Theorem 4.11: |grad F^(w) - grad F(w)| <= 2 alpha L sigma~ / sqrt(D_test) + alpha^2 L sigma_H sigma~ / D_test.

From the sharper form by sqrt((1 + a)^2 + T^2) <= 2 + T, T = alpha sigma_H / sqrt(D_test).
"""

from mamlcheck.language.vocabulary import TASK, inner_rate, number, size_root, smoothness
from mamlcheck.proof.catalogue import chains_of
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact


def prove(p: Proof) -> list[Chain]:
    """Where alpha <= 1/L is used."""
    x = p.language
    alpha, smooth, size = inner_rate(x), smoothness(x), size_root(x, "D_test")
    a = alpha * smooth
    w = x.vector("w")
    gradients, hessians = x.gradient_deviation(TASK, w), x.hessian_deviation(TASK, w)
    bend = alpha * hessians / size
    root = x.root((1 + a) ** 2 + bend**2)

    simple = p.chain("root of (1 + a)^2 + T^2", root**2)
    simple.step("squared", (1 + a) ** 2 + bend**2, axiom("square_root", root))
    simple.step(
        "1 + a <= 2, and a term 4 T",
        (2 + bend) ** 2,
        p.hypothesis("alpha <= 1/L").times(3 + a),
        remainder=4 * bend,
    )
    (chain,) = chains_of(p, "ours.theorem_4_11")
    chain.step(
        "sqrt((1 + a)^2 + T^2) <= 2 + T",
        x.mean(TASK, (2 + bend) * a * gradients / size),
        fact(simple.done()).root(root, 2 + bend).times(a * gradients / size).mean(TASK),
    )
    chain.strong_form()
    chain.step(
        "deviations of Hessians are at most sigma_H",
        x.mean(TASK, (2 + alpha * number(x, "sigma_H") / size) * a * gradients / size),
        axiom("bounded_deviation", hessians).times(alpha / size * a * gradients / size).mean(TASK),
    )
    factor = (2 + alpha * number(x, "sigma_H") / size) * a / size
    chain.step(
        "deviations of gradients are at most sigma~",
        factor * number(x, "sigma~"),
        axiom("bounded_deviation", gradients).mean(TASK).times(factor),
    )
    return [chain]
