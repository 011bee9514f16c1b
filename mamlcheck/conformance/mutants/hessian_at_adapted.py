"""The Hessian is taken at the adapted parameters, not where the inner steps started from."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML",)
SAYS = "the Hessian is taken at the adapted parameters instead of the initial ones"
CAUSE = "Most likely the Hessian-vector product is computed after the parameters were updated in place."


def direction(x: Run) -> Numbers:
    path = x.adapt()
    g = path.end.gradient("outer")
    return x.mean(x.pull_back(path, g, curvature=lambda start, v: x.curvature(path.end, v)))
