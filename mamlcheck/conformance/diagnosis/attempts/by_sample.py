"""MAML, or FO-MAML, on other samples than those of its sets: some of them, both sets together, some counted twice."""

from __future__ import annotations

from collections.abc import Iterator

from mamlcheck.conformance.diagnosis.explanation import Explanation
from mamlcheck.conformance.diagnosis.fits import Question
from mamlcheck.conformance.diagnosis.parts.searching import Plan, can_be_taken_apart, explained_by

ORDER = 150
SEARCHES = True


def attempt(question: Question) -> Explanation | None:
    """Whole sets; then single samples of the one, or of the other."""
    if not can_be_taken_apart(question):
        return None
    steps = question.seen[0].problem.steps
    return next((found for plan in _plans(steps) if (found := explained_by(question, plan)) is not None), None)


def _plans(steps: int) -> Iterator[Plan]:
    for more in (0, 1, 2, -1):
        for exact in (True, False):
            yield Plan(exact, more, "sets", "sets")
    for exact in (True, False):
        yield Plan(exact, 0, "sets", "samples")
        yield Plan(exact, 0, "samples", "sets")
    if steps > 1:
        for exact in (True, False):
            yield Plan(exact, 0, "support", "outer", by_step=True)
