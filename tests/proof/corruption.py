"""Proof files with one place changed: what a slip of the pen, or a wrong idea, would leave."""

from __future__ import annotations

from dataclasses import replace

from mamlcheck.claims import load_claim
from mamlcheck.proof.library import Proved, check_proof, proof_path


def corrupted(claim: str, old: str, new: str, without: str | None = None) -> Proved:
    """The proof of a claim with the first `old` in its file changed to `new`, checked.

    without: a hypothesis of the claim, by its function's name, that is dropped.
    """
    source = proof_path(claim).read_text(encoding="utf-8")
    assert old in source, f"{claim} does not hold {old!r}"
    namespace: dict[str, object] = {"__name__": "corrupted"}
    exec(compile(source.replace(old, new, 1), f"{claim} corrupted", "exec"), namespace)
    return check_proof(claim_without(claim, without), namespace["prove"])  # type: ignore[arg-type]


def claim_without(claim: str, hypothesis: str | None):
    """A claim that lacks one of its hypotheses."""
    given = load_claim(claim)
    kept = tuple(h for h in given.hypotheses if h.__name__ != hypothesis)
    assert hypothesis is None or len(kept) == len(given.hypotheses) - 1
    return replace(given, hypotheses=kept)
