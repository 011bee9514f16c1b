"""Lemma 4.10, bias: |E grad f_i(w_i, D_o) - grad f_i(w')| <= alpha L sigma~ / sqrt(D_in)."""

from mamlcheck.proof.kernel import Chain, Proof, axiom
from mamlcheck.proof.library import chains_of
from mamlcheck.proof.vocabulary import TASK, inner_rate, number, size_root, smoothness


def prove(p: Proof) -> list[Chain]:
    """From psi(t) <= L t, t = alpha sigma~ / sqrt(D_in)."""
    x = p.language
    alpha, smooth, kappa = inner_rate(x), smoothness(x), number(x, "kappa")
    sigma = x.gradient_deviation(TASK, x.vector("w"))
    root = size_root(x, "D_in")
    t = alpha * sigma / root
    (chain,) = chains_of(p, "ours.lemma_4_10.bias")
    chain.step(
        "psi(t) <= L t",
        smooth * t,
        p.hypothesis("kappa rho t <= L").times(kappa * t / 2),
        remainder=kappa * smooth * t / 2,
    )
    chain.strong_form()
    chain.step(
        "deviations are at most sigma~", smooth * alpha * number(x, "sigma~") / root,
        axiom("bounded_deviation", sigma).times(smooth * alpha / root),
    )  # fmt: skip
    return [chain]
