"""Every other inner step is of first order; with two steps all from the second on are."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run
from mamlcheck.meta.algorithms import InnerSteps

OF = ("MAML",)
RARE = True
FROM_STEPS = 3
SAYS = "every other inner step, from the second on, is of first order"
CAUSE = "Most likely the graph is kept in every other inner step only."


def direction(x: Run) -> Numbers:
    path = x.adapt()
    g = path.end.gradient("outer")
    for start in reversed(path.points[:-1:2]):
        g = x.pull_back(InnerSteps((start, start)), g)
    return x.mean(g)
