"""The difference is over the last inner step alone, not over all of them."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("Reptile",)
RARE = True
FROM_STEPS = 2
SAYS = "it is the difference over the last inner step alone"
CAUSE = "Most likely the parameters to subtract from are kept anew before each inner step."


def direction(x: Run) -> Numbers:
    points = x.adapt().points
    return x.mean(points[-2].w - points[-1].w)
