"""Lemma 4.9, second moment: E beta~(w)^2 <= 3.125 / L(w)^2. From the sharper 1.855."""

from sympy import Rational

from mamlcheck.language.vocabulary import hessian_lipschitz, inner_rate, mean_gradient_norm, smoothness
from mamlcheck.proof.catalogue import chains_of
from mamlcheck.proof.kernel import Chain, Proof


def prove(p: Proof) -> list[Chain]:
    """1.855 <= 3.125."""
    x = p.language
    bound = 4 * smoothness(x) + 2 * hessian_lipschitz(x) * inner_rate(x) * mean_gradient_norm(x, x.vector("w"))
    (chain,) = chains_of(p, "ours.lemma_4_9.second_moment")
    return [chain.step("1.855 <= 3.125", Rational(25, 8) / bound**2, remainder=Rational(127, 100) / bound**2)]
