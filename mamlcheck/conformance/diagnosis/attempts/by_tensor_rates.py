"""MAML, or FO-MAML, with an inner rate of its own for each tensor: 0 where it is not adapted."""

from __future__ import annotations

from collections.abc import Iterator

from mamlcheck.conformance.diagnosis.explanation import Explanation
from mamlcheck.conformance.diagnosis.fits import Question
from mamlcheck.conformance.diagnosis.parts.searching import Plan, can_be_taken_apart, explained_by

ORDER = 140


def attempt(question: Question) -> Explanation | None:
    """As asked for; then on another set, or with other inner steps."""
    if not can_be_taken_apart(question):
        return None
    return next((found for plan in _plans() if (found := explained_by(question, plan)) is not None), None)


def _plans() -> Iterator[Plan]:
    for inner, more in (("inner", 0), ("outer", 0), ("inner", 1), ("inner", -1)):
        for exact in (True, False):
            yield Plan(exact, more, inner, rates=True, split=more == 0 and inner == "inner")
