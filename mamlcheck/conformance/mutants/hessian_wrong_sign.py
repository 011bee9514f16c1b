"""The Hessian term is added where it should be subtracted."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML",)
SAYS = "the Hessian term has the wrong sign"
CAUSE = "Most likely a hand-written update adds alpha H v to the outer gradient instead of subtracting it."


def direction(x: Run) -> Numbers:
    path = x.adapt()
    g = path.end.gradient("outer")
    return x.mean(x.pull_back(path, g, curvature=lambda start, v: -x.curvature(start, v)))
