"""Only the last task counts."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML", "HF-MAML")
SAYS = "only the last task counts"
CAUSE = "Most likely the loss, or the gradient, is overwritten in the loop over tasks instead of added up."


def direction(x: Run) -> Numbers:
    task = x.only(x.count - 1)
    path = task.adapt()
    return task.mean(task.pull_back(path, path.end.gradient("outer")))
