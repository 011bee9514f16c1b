"""The Hessian of each inner step is taken at the parameters after that step, not before it."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML",)
RARE = True
FROM_STEPS = 2
SAYS = "each Hessian is taken at the parameters after its inner step instead of before"
CAUSE = "Most likely the parameters are kept after the update, and not before it."


def direction(x: Run) -> Numbers:
    path = x.adapt()
    after = {id(start): end for start, end in zip(path.points[:-1], path.points[1:], strict=True)}
    g = path.end.gradient("outer")
    return x.mean(x.pull_back(path, g, curvature=lambda start, v: x.curvature(after[id(start)], v)))
