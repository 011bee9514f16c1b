"""What the tests know by name. Nothing that is added later has to be listed here."""

from __future__ import annotations

from mamlcheck.claims import claim_ids, load_claim
from mamlcheck.meta.hypotheses import on_a_line
from mamlcheck.proof.catalogue import has_proof

CLAIMS = (
    "lemma_4_8",
    "ours.lemma_4_8",
    "lemma_4_9.first_moment",
    "lemma_4_9.second_moment",
    "ours.lemma_4_9.second_moment",
    "lemma_4_10.bias",
    "ours.lemma_4_10.bias",
    "lemma_4_10.second_moment",
    "ours.lemma_4_10.second_moment",
    "theorem_4_11",
    "ours.theorem_4_11",
    "hf_error",
    "ours.hf_error.half",
    "ours.hf_error.large_step",
)
"""The claims of the paper, each before its sharper forms. They are proved and have a witness in the reference run."""

PROVED = tuple(claim for claim in claim_ids() if has_proof(claim))
"""The claims that have a proof: all of `CLAIMS`, and what has been added with one."""
ON_INSTANCES = tuple(claim for claim in PROVED if not load_claim(claim).of_runs)
"""Those whose steps have values on any instance: an iterate of a run has none."""


def seldom_met(claim_id: str) -> bool:
    """Whether random instances seldom meet its hypotheses: of whole runs none does, and few are on a line."""
    claim = load_claim(claim_id)
    return claim.of_runs or on_a_line in claim.hypotheses
