"""Drift: a reference run is proved and measured again, and what is no longer as it was is named."""

from __future__ import annotations

import math
from collections.abc import Iterable

from mamlcheck.check.runner import Progress
from mamlcheck.claims import Claim, load_claims
from mamlcheck.errors import MamlcheckError
from mamlcheck.formats.differences import Drift, Part
from mamlcheck.formats.measures import OF_THE_RUN, Measured
from mamlcheck.formats.reference import ReferenceResults
from mamlcheck.formats.shared import Enclosure
from mamlcheck.hunt.witness import Witness, certify
from mamlcheck.record.brackets import bracket, brackets_document, proved_shares
from mamlcheck.record.documents import differences_of, same
from mamlcheck.record.reference import ReferenceRun
from mamlcheck.record.reference_sweep import WIDE_RELATIVE_WIDTH, measure


def drifts(
    reference: ReferenceRun, claims: tuple[Claim, ...] | None = None, progress: Progress = lambda done: None
) -> tuple[Drift, ...]:
    """Everything that drifted from a reference run, in one go; `pytest --pyargs mamlcheck` checks the same.

    Claims that the run does not keep are judged too: only an instance that violates one counts as a drift.
    """
    chosen = load_claims() if claims is None else claims
    found = list(unknown_drifts(reference, chosen))
    for claim in chosen:
        if claim.id in reference.witnesses:
            found += witness_drifts(claim, reference.witnesses[claim.id])
        found += bracket_drifts(reference, claim)
    found += result_drifts(reference, measure(chosen, progress=progress))
    return tuple(found)


def unknown_drifts(reference: ReferenceRun, claims: Iterable[Claim]) -> tuple[Drift, ...]:
    """Claims that the reference run has and this mamlcheck does not."""
    known = {claim.id for claim in claims}
    return tuple(Drift("claims", name, "the claim", "present", None) for name in reference.claims if name not in known)


def not_kept(reference: ReferenceRun, claims: Iterable[Claim]) -> tuple[str, ...]:
    """The ids of the claims that the reference run does not keep: they are new, and nothing of them can drift."""
    return tuple(claim.id for claim in claims if claim.id not in reference.claims)


def witness_drifts(claim: Claim, witness: Witness) -> tuple[Drift, ...]:
    """Prove a witness again, from its instance alone: is it still as tight as it was certified to be?"""
    was = Enclosure.of(witness.tightness)
    try:
        again = certify(witness, claim)
    except MamlcheckError as error:
        return (Drift("witness", claim.id, "tightness", was, f"not certified: {error}"),)
    now = Enclosure.of(again.tightness)
    found = [] if same(was, now) else [Drift("witness", claim.id, "tightness", was, now)]
    if again.tightness[0] > 1:
        found.append(Drift("witness", claim.id, "verdict", "HOLDS", "VIOLATED"))
    return tuple(found)


def result_drifts(reference: ReferenceRun, fresh: ReferenceResults, claim_id: str | None = None) -> tuple[Drift, ...]:
    """What differs between the reference results and fresh ones; of one claim only, if it is given.

    Of a claim that the reference run does not keep, only violated instances are named.
    """
    found = (
        *differences_as_drifts("results", reference.results, fresh, claim_id),
        *_widened(reference.results, fresh, claim_id),
    )
    kept = {*reference.claims, OF_THE_RUN}
    new = [name for name in fresh.claims if name not in kept and claim_id in (None, name)]
    violations = [
        Drift("results", name, f"{source}: {what}", None, count)
        for name in new
        for source, part in fresh.claims[name].items()
        for what, count in part.violations
        if count
    ]
    return (*(drift for drift in found if drift.claim in kept), *violations)


def _widened(old: ReferenceResults, new: ReferenceResults, claim_id: str | None) -> tuple[Drift, ...]:
    """Enclosures of tightness that may still be of one number, but that have become so wide that nothing is said."""
    before, after = old.measures, new.measures
    return tuple(
        Drift("results", claim, name, was, now)
        for claim in before
        if claim in after and claim_id in (None, claim)
        for name, was in before[claim].items()
        if isinstance(was, Enclosure) and isinstance(now := after[claim].get(name), Enclosure)
        if same(was, now) and _width(now) > 2 * _width(was) + WIDE_RELATIVE_WIDTH * (was.upper or 0)
    )


def _width(bounds: Enclosure) -> float:
    return math.inf if bounds.lower is None or bounds.upper is None else bounds.upper - bounds.lower


def bracket_drifts(reference: ReferenceRun, claim: Claim) -> tuple[Drift, ...]:
    """What differs between the reference bracket of a claim and the bracket made again of its witness.

    Nothing differs where the reference run does not keep the claim.
    """
    if claim.id not in reference.claims:
        return ()
    try:
        row = bracket(claim, reference.witnesses.get(claim.id), proved_shares([claim]))
    except MamlcheckError as error:
        return (Drift("brackets", claim.id, "bracket", "certified", f"not certified: {error}"),)
    return differences_as_drifts("brackets", reference.brackets, brackets_document([row]), claim.id)


def differences_as_drifts(part: Part, old: Measured, new: Measured, claim_id: str | None = None) -> tuple[Drift, ...]:
    """The differences between two documents as drifts; of one claim only, if it is given."""
    before, after = old.measures, new.measures
    if claim_id is not None:
        before, after = ({k: v for k, v in some.items() if k == claim_id} for some in (before, after))
    return tuple(Drift.of(part, difference) for difference in differences_of(before, after))


__all__ = [
    "bracket_drifts", "differences_as_drifts", "drifts", "not_kept", "result_drifts", "unknown_drifts",
    "witness_drifts",
]  # fmt: skip
