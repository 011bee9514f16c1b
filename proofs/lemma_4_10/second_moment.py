"""Lemma 4.10, second moment: E |grad f_i(w_i, D_o)|^2 <= (1 + 1/phi) |g|^2 + (1 + phi) L^2 t^2 + sigma~^2 / D_o.

t = alpha sigma~ / sqrt(D_in). From the sharper form by psi(t) <= L t and Young's inequality.
"""

from mamlcheck.proof.kernel import Chain, Proof, axiom
from mamlcheck.proof.library import chains_of
from mamlcheck.proof.vocabulary import (
    TASK,
    adapted,
    adapted_gradient,
    inner_rate,
    number,
    size_root,
    smoothness,
)


def prove(p: Proof) -> list[Chain]:
    """psi(t) <= L t; phi (right - left) of Young's inequality is a square."""
    x = p.language
    alpha, smooth, kappa, phi = inner_rate(x), smoothness(x), number(x, "kappa"), number(x, "phi")
    w = x.vector("w")
    here, there = x.gradient_deviation(TASK, w), x.gradient_deviation(TASK, adapted(x, w, "D_in"))
    inner, outer = size_root(x, "D_in"), size_root(x, "D_o")
    t, size = alpha * here / inner, x.norm(adapted_gradient(x, w))
    noise = x.mean("D_in", there**2) / outer**2
    (chain,) = chains_of(p, "ours.lemma_4_10.second_moment")
    chain.step(
        "psi(t) <= L t",
        size**2 + 2 * size * smooth * t + smooth**2 * t**2 + noise,
        p.hypothesis("kappa rho t <= L").times(size * kappa * t),
        remainder=size * kappa * smooth * t,
    )
    chain.step(
        "Young: phi (right - left) = (|g| - phi L t)^2",
        (1 + 1 / phi) * size**2 + (1 + phi) * smooth**2 * t**2 + noise,
        remainder=(size - phi * smooth * t) ** 2 / phi,
    )
    chain.strong_form()
    sigma = number(x, "sigma~")
    both = (1 + phi) * smooth**2 * alpha**2 / inner**2
    chain.step(
        "deviations are at most sigma~",
        (1 + 1 / phi) * size**2 + both * sigma**2 + sigma**2 / outer**2,
        axiom("bounded_deviation", here).times(both * (sigma + here)),
        axiom("bounded_deviation", there).times(sigma + there).mean("D_in").times(1 / outer**2),
    )
    return [chain]
