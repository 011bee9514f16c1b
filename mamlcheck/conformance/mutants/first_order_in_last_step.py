"""The last inner step is of first order; with two steps all from the second on are."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML",)
RARE = True
FROM_STEPS = 3
SAYS = "the last inner step is of first order, the others are not"
CAUSE = "Most likely the gradient of the last inner step is taken for a constant."


def direction(x: Run) -> Numbers:
    path = x.path()
    return x.mean(x.pull_back(path.between(0, x.steps - 1), path.end.gradient("outer")))
