"""Only the first task counts."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML", "HF-MAML")
SAYS = "only the first task counts"
CAUSE = "Most likely the function returns from within the loop over tasks."


def direction(x: Run) -> Numbers:
    task = x.only(0)
    path = task.adapt()
    return task.mean(task.pull_back(path, path.end.gradient("outer")))
