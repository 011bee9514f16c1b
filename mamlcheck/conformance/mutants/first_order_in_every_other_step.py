"""Every other inner step is of first order; with two steps all from the second on are."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML",)
RARE = True
FROM_STEPS = 3
SAYS = "every other inner step, from the second on, is of first order"
CAUSE = "Most likely the graph is kept in every other inner step only."


def direction(x: Run) -> Numbers:
    path = x.path()
    g = path.end.gradient("outer")
    for k in reversed(range(0, x.steps, 2)):
        g = x.pull_back(path.between(k, k + 1), g)
    return x.mean(g)
