"""The Hessian terms of the inner steps are added, each of the outer gradient itself: their products are left out."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML", "HF-MAML")
RARE = True
FROM_STEPS = 2
SAYS = "the Hessian terms of the inner steps are added, and the products of Hessians are left out"
CAUSE = (
    "Most likely the loop back through the inner steps multiplies the outer gradient in each, not what it has so far."
)


def direction(x: Run) -> Numbers:
    path = x.adapt()
    g = found = path.end.gradient("outer")
    for k, start in enumerate(path.points[:-1]):
        found = found - x.alpha * x.curvature(start, x.along(g, k))
    return x.mean(found)
