"""The Hessians of all inner steps are taken at the initial parameters."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML",)
RARE = True
FROM_STEPS = 2
SAYS = "the Hessians of all inner steps are taken at the initial parameters"
CAUSE = "Most likely the Hessian-vector products are computed with the model's own parameters."


def direction(x: Run) -> Numbers:
    path = x.adapt()
    g = path.end.gradient("outer")
    return x.mean(x.pull_back(path, g, curvature=lambda start, v: x.curvature(path.points[0], v)))
