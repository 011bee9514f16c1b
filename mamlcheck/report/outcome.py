"""The outcome of a report in one sentence and one word: the worst thing that any of its sections says.

Sections are claims, their printed forms and proofs, brackets, findings and implementations. What fails comes first, by
name; then what the claims give, which is never "all hold" alone where the paper's own text is refuted beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mamlcheck.report.brackets import BracketRow
    from mamlcheck.report.conformance import SubjectRow
    from mamlcheck.report.findings import FindingRow
    from mamlcheck.report.page import Claim

FAILS = "violated"  # the status of whatever fails, in any section
SETTLED = ("holds", "false as printed")  # nothing fails, and nothing is left open


def many(count: int, one: str, several: str | None = None) -> str:
    """`1 claim`, `1,234 claims`."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def headline(
    claims: Sequence[Claim],
    brackets: Sequence[BracketRow] = (),
    findings: Sequence[FindingRow] = (),
    subjects: Sequence[SubjectRow] = (),
    partial: bool = False,
) -> str:
    """What fails, by name and section; else what the claims give, and what of the paper is false as printed."""
    failing = list(_failing(claims, brackets, findings, subjects))
    if _violated(claims):
        return "; ".join(failing)
    return "; ".join([*failing, _of_claims(claims, partial), *_false_as_printed(findings)])


def status(
    claims: Sequence[Claim],
    brackets: Sequence[BracketRow] = (),
    findings: Sequence[FindingRow] = (),
    subjects: Sequence[SubjectRow] = (),
) -> str:
    """The worst word: violated, undecided, no support, not judged, not guaranteed, false as printed, or holds."""
    if any(_failing(claims, brackets, findings, subjects)):
        return FAILS
    found = {claim.status for claim in claims} or {"no support"}
    for word in ("undecided", "no support", "not judged"):
        if word in found:
            return word
    if not all(claim.whole.guaranteed for claim in claims):
        return "not guaranteed"
    return "false as printed" if any(_false_as_printed(findings)) else "holds"


def _violated(claims: Sequence[Claim]) -> bool:
    return any(claim.whole.counts.violated for claim in claims)


def _failing(
    claims: Sequence[Claim],
    brackets: Sequence[BracketRow],
    findings: Sequence[FindingRow],
    subjects: Sequence[SubjectRow],
) -> Iterator[str]:
    """Whatever fails, the worst first."""
    violated = [claim.whole for claim in claims if claim.whole.counts.violated]
    if violated:
        yield "VIOLATED: " + ", ".join(
            f"{part.title} fails on {part.counts.violated:,} of {many(part.counts.total, 'instance')}"
            + ("" if part.guaranteed else " (not guaranteed)")
            for part in violated
        )
    printed = [
        f"{claim.whole.title}, {claim.printed.violated:,} violated and {claim.printed.undecided:,} undecided"
        for claim in claims
        if claim.printed and (claim.printed.violated or claim.printed.undecided)
    ]
    if printed:
        yield f"NOT SETTLED in the printed form: {', '.join(printed)}"
    for word, names in (
        ("CONTRADICTED by a certified instance", [row.title for row in brackets if row.loud]),
        ("NOT PROVED", [claim.whole.title for claim in claims if claim.proof and not claim.proof.proved]),
        ("NOT CONFIRMED by its example", [row.id for row in findings if not row.confirmed]),
        ("DOES NOT CONFORM", [f"{row.short} as {row.algorithm}" for row in subjects if not row.conforms]),
    ):
        if names:
            yield f"{word}: {', '.join(names)}"


def _false_as_printed(findings: Sequence[FindingRow]) -> list[str]:
    """What confirmed findings refute of the paper's text."""
    refuted = list(dict.fromkeys(row.refutes for row in findings if row.confirmed and row.refutes))
    return [f"{listed(refuted)} {'is' if len(refuted) == 1 else 'are'} false as printed (a finding)"] if refuted else []


def _of_claims(claims: Sequence[Claim], partial: bool) -> str:
    """What the claims give, where none is violated."""
    if not claims:
        return "No claims were checked"
    if not any(claim.whole.counts.total for claim in claims):
        stopped = ": stopped before the first block of instances was done" if partial else ""
        return f"{many(len(claims), 'claim')}, nothing judged yet{stopped}"
    certified = sum(claim.certified for claim in claims)
    loose = sum(claim.whole.counts.decided for claim in claims) - certified
    undecided = sum(claim.whole.counts.undecided for claim in claims)
    unsupported = sum(1 for claim in claims if claim.whole.counts.status == "no support")
    counted = [many(certified, "certified verdict")] if certified or not loose else []
    counted += [many(loose, "verdict") + " not guaranteed"] if loose else []
    start = f"{many(len(claims), 'claim')}, {listed(counted)}{' so far' if partial else ''}: "
    if undecided:
        return f"{start}none violated, {undecided:,} undecided"
    if unsupported == len(claims):
        return f"{start}no instance meets the hypotheses, so nothing is supported"
    if unsupported:
        return f"{start}none violated, but {many(unsupported, 'claim has', 'claims have')} no support"
    return f"{start}{'it holds' if len(claims) == 1 else 'all hold'}"
