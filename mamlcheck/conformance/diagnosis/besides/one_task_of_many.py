"""The gradient of the first task over the number of all: the losses of the others were added, and carry no gradient.

Of the last task this is something else: there the losses before it were overwritten, or its gradients.
"""

from __future__ import annotations

from dataclasses import replace

from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation

ORDER = 5
BOTH = ("first_task_only", "scaled_by_1_over_tasks")
WITHOUT_GRADIENT = Cause(
    "others_without_gradient",
    "Most likely the losses of the other tasks are added as plain numbers, which carry no gradient.",
)


def beside(e: Explanation, case: Case) -> Explanation:
    """With one reason for both that the first task alone counts, and that the factor is 1 over their number."""
    if e.defects != BOTH or e.candidate is None or e.candidate.mutant is None:
        return e
    clause = f"{e.candidate.mutant.says}, over the number of all tasks"
    return replace(e, defects=e.defects[:1], clauses=(clause,), causes=(WITHOUT_GRADIENT,))
