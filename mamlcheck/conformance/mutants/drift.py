"""Each task starts from where the one before it ended."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run, added

OF = ("MAML", "FO-MAML", "HF-MAML")
SAYS = "the parameters are not restored between tasks, so that they drift"
CAUSE = (
    "Most likely the inner steps change the parameters that all tasks share, and these are not put back before the "
    "next task."
)


def direction(x: Run) -> Numbers:
    start, directions = x.only(0).w, []
    for i in range(x.count):
        task = x.only(i)
        path = task.adapt(start)
        directions.append(task.mean(task.pull_back(path, path.end.gradient("outer"))))
        start = path.end.w
    return added(directions) / x.count
