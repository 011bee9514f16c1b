"""One inner step is taken, whatever the problem asks for."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML", "HF-MAML")
FROM_STEPS = 2
SAYS = "it takes one inner step, whatever problem.steps says"
CAUSE = "Most likely there is no loop over inner steps."


def direction(x: Run) -> Numbers:
    path = x.adapt(steps=1)
    return x.mean(x.pull_back(path, path.end.gradient("outer")))
