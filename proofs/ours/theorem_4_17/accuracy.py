"""Theorem 4.17 with numbers: E|grad F(w_K)| <= eps, from the sum and from how L(w) grows with the gradient.

With n = E|grad F| and M = E L(w) the sum bounds n^2 / M, and M <= Lambda + lambda n. The hypothesis says the same of
eps, so that n <= eps, since what is left has the factor eps - n.
"""

from mamlcheck.proof.catalogue import proof_file
from mamlcheck.proof.kernel import Chain, Proof


def prove(p: Proof) -> list[Chain]:
    """As all theorems on runs: see `_runs` of Theorem 4.12."""
    runs, known = proof_file("ours.theorem_4_12._runs"), proof_file("ours.theorem_4_17.sum")
    return [runs.accuracy_of(p, known.theorem(p))]
