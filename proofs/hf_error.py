"""HF error: |H(w) v - (grad phi(w + delta v) - grad phi(w - delta v)) / (2 delta)| <= rho delta |v|^2.

Half of it is enough.
"""

from mamlcheck.language.vocabulary import hessian_lipschitz, number
from mamlcheck.proof.catalogue import chains_of
from mamlcheck.proof.kernel import Chain, Proof


def prove(p: Proof) -> list[Chain]:
    """Twice the sharper bound."""
    x = p.language
    bound = hessian_lipschitz(x) * number(x, "delta") * x.norm(x.vector("v")) ** 2
    (chain,) = chains_of(p, "ours.hf_error.half")
    return [chain.step("half of it is enough", bound, remainder=bound / 2)]
