"""Each inner gradient is divided by its norm."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML")
RARE = True
SAYS = "each inner gradient is divided by its norm: the inner steps are normalised"
CAUSE = "Most likely the inner gradients are clipped or normalised before each step."


def direction(x: Run) -> Numbers:
    starts, units, sizes, end = [], [], [], x.start
    for _ in range(x.steps):
        g = end.gradient("inner")
        starts.append(end)
        sizes.append(x.ar.norm(g)[..., None])
        units.append(g / sizes[-1])
        end = x.tasks.at(end.w - x.alpha * units[-1])
    v = end.gradient("outer")
    if x.hessian != "none":
        for start, unit, size in zip(reversed(starts), reversed(units), reversed(sizes), strict=True):
            across = v - x.ar.sum(unit * v, -1)[..., None] * unit
            v = v - x.alpha * x.curvature(start, across / size)
    return x.mean(v)
