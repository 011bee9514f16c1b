"""Inner step: |grad f_i(w') - grad f_i(w)|^2 <= 2 |grad f_i(w)|^2, w' being alpha |grad f_i(w)| away from w."""

from mamlcheck.language.vocabulary import TASK, adapted, adapted_gradient
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact


def prove(p: Proof) -> list[Chain]:
    """The gradient is L-Lipschitz and alpha L <= 1, and what is so of norms is so of their squares."""
    x = p.language
    w, size = x.vector("w"), x.norm(x.gradient(TASK, x.vector("w")))
    after, change = adapted(x, w), x.norm(adapted_gradient(x, w) - x.gradient(TASK, w))
    lipschitz = axiom("lipschitz_gradient", TASK, after, w)
    norms = p.chain("norms", change).step("alpha L <= 1", size, lipschitz, p.hypothesis("alpha <= 1/L").times(size))
    squared = p.chain("squares", change**2).step("squared", size**2, fact(norms.done()).times(size + change))
    return [squared.step("twice that", 2 * size**2, remainder=size**2)]
