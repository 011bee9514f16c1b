"""One step of FO-MAML with any factor c: the chain of MAML's step, which asks nothing of the direction."""

from mamlcheck.language.directions import outer_gradient
from mamlcheck.language.vocabulary import step_factor
from mamlcheck.proof.catalogue import proof_file
from mamlcheck.proof.kernel import Chain, Proof


def prove(p: Proof) -> list[Chain]:
    """For FO-MAML's direction."""
    x = p.language
    return [proof_file("ours.general_descent.maml").descent(p, outer_gradient(x, x.vector("w")), step_factor(x))]
