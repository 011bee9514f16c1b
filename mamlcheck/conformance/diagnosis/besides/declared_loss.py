"""The loss that a subject is for, as it declares: problems with others were not asked about."""

from __future__ import annotations

from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.explanation import Explanation, noting

ORDER = 85


def beside(e: Explanation, case: Case) -> Explanation:
    """With a note on that."""
    loss = case.question.metadata.loss
    if loss is None or any(o.problem.loss != loss for o in case.seen):
        return e
    return noting(e, f"It declares that it is for {loss} alone, and was asked about no problem with another loss.")
