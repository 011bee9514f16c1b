"""Lemma 4.8 for N = 1: |grad F_N(w) - grad F_N(u)| <= M_N(u) |w - u|; M_N(w) likewise."""

from mamlcheck.proof.catalogue import proof_file
from mamlcheck.proof.kernel import Chain, Proof


def prove(p: Proof) -> list[Chain]:
    """The generated chain, with the gradients at u, and at w: the smaller bound counts."""
    chains: list[Chain] = proof_file("ours.inner_steps._chain").chains(p, 1)
    return chains
