"""Findings in words, for the page and for the terminal.

Numbers too long to read are shown by their first digits, marked so; the data have them whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mamlcheck.formats.findings import FindingRecord, Findings, QuantityRecord, RelationRecord
from mamlcheck.report.decimals import SHOWN_DIGITS, approximate_text

LONGEST_NUMBER_CHARACTERS = 24  # of a number that is shown whole
RELATIONS = {"<=": "≤", ">=": "≥", "!=": "≠"}
LABELS: tuple[tuple[str, Callable[[FindingRecord], str]], ...] = (
    ("Printed", lambda finding: finding.printed),
    ("True", lambda finding: finding.true),
    ("Why", lambda finding: finding.why),
    ("In mamlcheck", lambda finding: finding.handled),
)
"""The texts of a finding, each with its label."""

Case = tuple[str, tuple[QuantityRecord, ...], tuple[RelationRecord, ...]]
"""A part of an example: its name, or '' where there is one part only, what was computed, and what that shows."""


def cases(finding: FindingRecord) -> Iterator[Case]:
    """The parts of a finding's example, in order."""
    names = [quantity.case for quantity in finding.quantities] + [fact.case for fact in finding.facts]
    for name in dict.fromkeys(names):
        quantities = tuple(quantity for quantity in finding.quantities if quantity.case == name)
        facts = tuple(fact for fact in finding.facts if fact.case == name)
        yield name, quantities, facts


def number_text(value: str, digits: int = SHOWN_DIGITS) -> str:
    """A value as text: words and short fractions as they are, long fractions by their first digits, rounded."""
    if len(value) <= LONGEST_NUMBER_CHARACTERS or value.strip("-/0123456789"):
        return value
    return approximate_text(value, digits)


def comparison(fact: RelationRecord) -> str:
    """'3/4 > 1/2'. Two sides that differ do not read the same: they get the digits that tell them apart."""
    digits = SHOWN_DIGITS
    while fact.left != fact.right and number_text(fact.left, digits) == number_text(fact.right, digits):
        digits *= 2
    relation = RELATIONS.get(fact.relation, fact.relation)
    return f"{number_text(fact.left, digits)} {relation} {number_text(fact.right, digits)}"


def outcome_line(findings: Findings) -> str:
    """How many were confirmed, and what they refute."""
    count, failed = len(findings.findings), findings.not_confirmed
    if failed:
        return f"{failed} of {count} findings NOT CONFIRMED: the example does not show what the finding says."
    refuted = [finding.refutes for finding in findings.findings if finding.refutes]
    first = f"False as printed: {', '.join(refuted)}.\n" if refuted else ""
    return f"{first}{count} findings, each confirmed by its exact example, computed now."
