"""Lemma 4.10, bias: |E grad f_i(w_i, D_o) - grad f_i(w')| <= alpha L sigma~ / sqrt(D_in).

By the Lipschitz gradient alone: neither the Hessian nor alpha <= 1/L plays a part.
"""

from mamlcheck.language.vocabulary import TASK, adapted, inner_rate, number, size_root, smoothness
from mamlcheck.proof.catalogue import proof_file
from mamlcheck.proof.kernel import Chain, Proof, axiom


def prove(p: Proof) -> list[Chain]:
    """The bias by the noise, and its variance."""
    x = p.language
    alpha, smooth, root = inner_rate(x), smoothness(x), size_root(x, "D_in")
    sigma = x.gradient_deviation(TASK, x.vector("w"))
    chain = by_the_noise(p)
    chain.step(
        "E |noise| <= sigma~ / sqrt(D_in)",
        alpha * smooth * sigma / root,
        proof_file("ours.lemma_4_10.bias").mean_noise(p).times(alpha * smooth),
    )
    chain.strong_form()
    return [
        chain.step(
            "deviations are at most sigma~",
            alpha * smooth * number(x, "sigma~") / root,
            axiom("bounded_deviation", sigma).times(alpha * smooth / root),
        )
    ]


def by_the_noise(p: Proof) -> Chain:
    """The bias is at most alpha L E |noise|: the tower, Jensen and the Lipschitz gradient."""
    x = p.language
    smooth, w = smoothness(x), x.vector("w")
    point, noisy = adapted(x, w), adapted(x, w, "D_in")
    g, g_noisy = x.gradient(TASK, point), x.gradient(TASK, noisy)
    start = x.mean_vector("D_in", x.mean_vector("D_o", x.gradient(TASK, noisy, "D_o"))) - g
    chain = p.chain("bias", x.norm(start))
    chain.step(
        "D_o is independent of D_in",
        x.norm(x.mean_vector("D_in", g_noisy - g)),
        axiom("unbiased_gradient", "D_o", TASK, noisy).mean("D_in").within(start),
    )
    chain.step("Jensen over D_in", x.mean("D_in", x.norm(g_noisy - g)), axiom("jensen_norm", "D_in", g_noisy - g))
    return chain.step(
        "Lipschitz gradient",
        smooth * x.mean("D_in", x.norm(noisy - point)),
        axiom("lipschitz_gradient", TASK, noisy, point).mean("D_in"),
    )
