"""MAML, or FO-MAML, on the samples of other tasks: pooled over all of them, or with the set of another task."""

from __future__ import annotations

from mamlcheck.conformance.diagnosis.explanation import Explanation
from mamlcheck.conformance.diagnosis.fits import Question
from mamlcheck.conformance.diagnosis.parts.searching import Plan, can_be_taken_apart, explained_by
from mamlcheck.conformance.problems.numbers import TASK_COUNT

ORDER = 160
SEARCHES = True


def attempt(question: Question) -> Explanation | None:
    """With all sets of all tasks."""
    if not can_be_taken_apart(question):
        return None
    plans = [Plan(exact, 0, "sets", "sets", TASK_COUNT) for exact in (True, False)]
    return next((found for plan in plans if (found := explained_by(question, plan)) is not None), None)
