"""The factors I - alpha H are applied from the first inner step to the last."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML",)
RARE = True
FROM_STEPS = 2
SAYS = "the factors I - alpha H of the inner steps, with their Hessians, are applied from the first to the last"
CAUSE = "Most likely the loop back through the inner steps is not reversed."


def direction(x: Run) -> Numbers:
    path = x.path()
    g = path.end.gradient("outer")
    for k in range(x.steps):
        g = x.pull_back(path.between(k, k + 1), g)
    return x.mean(g)
