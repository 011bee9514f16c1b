"""The gradient of one task over the number of all: the losses of the others were added, and carry no gradient."""

from __future__ import annotations

from dataclasses import replace

from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation

ORDER = 5
ONE_TASK = ("first_task_only", "last_task_only")
OVER_TASKS = "scaled_by_1_over_tasks"
WITHOUT_GRADIENT = Cause(
    "others_without_gradient",
    "Most likely the losses of the other tasks are added as plain numbers, which carry no gradient.",
)


def beside(e: Explanation, case: Case) -> Explanation:
    """With one reason for both, where the same tasks count and the factor is 1 over their number."""
    if e.candidate is None or e.candidate.mutant is None or e.defects != (e.candidate.mutant.name, OVER_TASKS):
        return e
    if e.candidate.mutant.name not in ONE_TASK:
        return e
    clause = f"{e.candidate.mutant.says}, over the number of all tasks"
    return replace(e, defects=e.defects[:1], clauses=(clause,), causes=(WITHOUT_GRADIENT,))
