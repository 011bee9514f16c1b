"""The optimiser of the inner steps keeps its state from task to task, and so does the count of its steps."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run, added
from mamlcheck.meta.optimisers import State

OF = (
    "FO-MAML with Adam",
    "FO-MAML with RMSprop",
    "FO-MAML with momentum",
    "MAML with Adam",
    "MAML with RMSprop",
    "MAML with momentum",
)
SAYS = "the state of the inner optimiser is carried over from one task to the next"
CAUSE = "Most likely the inner optimiser is made once, outside of the loop over tasks."


def direction(x: Run) -> Numbers:
    carried: tuple[int, State] = (0, ())
    directions = []
    for i in range(x.count):
        task = x.only(i)
        path = task.adapt_on(carried)
        directions.append(task.mean(task.pull_back(path, path.end.gradient("outer"))))
        carried = path.state
    return added(directions) / x.count
