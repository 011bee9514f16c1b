"""Lemma 4.8: |grad F(w) - grad F(u)| <= min{L(w), L(u)} |w - u|, L(w) = 4L + 2 rho alpha E_i |grad f_i(w)|.

From the sharper form by (1 + a)^2 <= 4 and 1 + a <= 2, a = alpha L: the only use of alpha <= 1/L.
"""

from mamlcheck.language.vocabulary import hessian_lipschitz, inner_rate, mean_gradient_norm, smoothness
from mamlcheck.proof.catalogue import chains_of
from mamlcheck.proof.kernel import Chain, Proof


def prove(p: Proof) -> list[Chain]:
    """One step more for each of the two points."""
    x = p.language
    alpha, smooth, rho = inner_rate(x), smoothness(x), hessian_lipschitz(x)
    a, apart = alpha * smooth, x.norm(x.vector("w") - x.vector("u"))
    chains = chains_of(p, "ours.lemma_4_8")
    for chain, at in zip(chains, ("u", "w"), strict=True):
        slope = mean_gradient_norm(x, x.vector(at))
        chain.step(
            "(1 + a)^2 <= 4 and 1 + a <= 2",
            (4 * smooth + 2 * rho * alpha * slope) * apart,
            p.hypothesis("alpha <= 1/L").times(smooth * (3 + a) * apart),
            p.hypothesis("alpha <= 1/L").times(alpha * rho * slope * apart),
        )
    return chains
