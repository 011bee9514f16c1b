"""One inner step too few; with one or two steps it is what has a name of its own."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML")
RARE = True
FROM_STEPS = 3
SAYS = "it takes one inner step less than problem.steps says"
CAUSE = "Most likely the loop over inner steps starts at 1 or ends too early."


def direction(x: Run) -> Numbers:
    path = x.adapt(steps=x.steps - 1)
    return x.mean(x.pull_back(path, path.end.gradient("outer")))
