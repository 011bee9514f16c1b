"""The outer gradient is taken through the first inner step only."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML",)
FROM_STEPS = 2
SAYS = "the inner steps from the second on are of first order"
CAUSE = "Most likely the outer gradient is multiplied by the first step's Hessian alone."


def direction(x: Run) -> Numbers:
    path = x.path()
    first = path.between(0, 1)
    return x.mean(x.pull_back(first, path.end.gradient("outer")))
