"""The optimiser of Reptile's inner steps keeps its state from task to task, and so does the count of its steps."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run, added
from mamlcheck.meta.optimisers import State

OF = ("Reptile with Adam", "Reptile with RMSprop", "Reptile with momentum")
SAYS = "the state of the inner optimiser is carried over from one task to the next"
CAUSE = "Most likely the inner optimiser is made once, outside of the loop over tasks."


def direction(x: Run) -> Numbers:
    carried: tuple[int, State] = (0, ())
    directions = []
    for i in range(x.count):
        task = x.only(i)
        path = task.adapt_on(carried)
        directions.append(task.mean(task.w - path.end.w))
        carried = path.state
    return added(directions) / x.count
