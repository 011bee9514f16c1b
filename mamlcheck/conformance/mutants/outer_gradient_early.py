"""The outer gradient is taken before the last inner step, and pulled back through all of them."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML",)
RARE = True
FROM_STEPS = 2
SAYS = "the outer gradient is taken one step too early, before the last inner step"
CAUSE = "Most likely the outer loss is computed before the parameters are updated for the last time."


def direction(x: Run) -> Numbers:
    path = x.adapt()
    return x.mean(x.pull_back(path, path.points[-2].gradient("outer")))
