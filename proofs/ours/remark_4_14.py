"""Remark 4.14 with numbers: Theorem 4.12 for grad F, and Theorem 4.11 at each iterate for grad F^ - grad F."""

from mamlcheck.language.vocabulary import ITERATE
from mamlcheck.proof.catalogue import chains_of, proof_file
from mamlcheck.proof.kernel import Chain, Proof, axiom, fact


def prove(p: Proof) -> list[Chain]:
    """Triangle at each iterate."""
    runs, known = proof_file("ours.theorem_4_12._runs"), proof_file("ours.theorem_4_12.sum")
    x = p.language
    w = x.vector("w")
    reached = runs.accuracy_of(p, known.theorem(p))
    (apart,) = chains_of(p, "theorem_4_11")
    exact, stochastic = x.meta_gradient(w), x.meta_gradient(w, "D_test")
    chain = p.chain("E|grad F^(w_K)|", x.mean(ITERATE, x.norm(stochastic)))
    chain.step(
        "around grad F",
        reached.start + x.mean(ITERATE, x.norm(stochastic - exact)),
        axiom("triangle", exact, stochastic - exact).mean(ITERATE),
    )
    chain.step("Theorem 4.11", reached.start + apart.end, fact(apart.done()).mean(ITERATE))
    return [chain.step("Theorem 4.12", reached.end + apart.end, fact(reached.done()))]
