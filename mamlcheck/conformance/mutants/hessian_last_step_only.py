"""The outer gradient is taken through the last inner step only."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML",)
FROM_STEPS = 2
SAYS = "the gradient flows through the last inner step only"
CAUSE = "Most likely the outer gradient is multiplied by the last step's Hessian alone."


def direction(x: Run) -> Numbers:
    path = x.path()
    last = path.between(x.steps - 1, x.steps)
    return x.mean(x.pull_back(last, path.end.gradient("outer")))
