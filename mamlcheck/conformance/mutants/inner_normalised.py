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
    for k in range(x.steps):
        g = end.gradient("inner")
        starts.append(end)
        sizes.append(x.ar.norm(g)[..., None])
        units.append(g / sizes[-1])
        end = x.tasks.at(end.w - x.alpha * x.along(units[-1], k))
    v = end.gradient("outer")
    if x.hessian != "none":
        for k in reversed(range(x.steps)):
            moved = x.along(v, k)
            across = moved - x.ar.sum(units[k] * moved, -1)[..., None] * units[k]
            v = v - x.alpha * x.curvature(starts[k], across / sizes[k])
    return x.mean(v)
