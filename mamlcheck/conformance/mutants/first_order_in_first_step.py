"""The first inner step is of first order; with two steps the gradient flows through the last alone."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML",)
RARE = True
FROM_STEPS = 3
SAYS = "the first inner step is of first order, the others are not"
CAUSE = "Most likely the gradient of the first inner step is taken for a constant."


def direction(x: Run) -> Numbers:
    path = x.path()
    return x.mean(x.pull_back(path.between(1, x.steps), path.end.gradient("outer")))
