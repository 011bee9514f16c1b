"""Each tensor of each inner gradient is divided by its norm."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run, added

OF = ("MAML", "FO-MAML")
RARE = True
SAYS = "the inner gradient of each tensor is divided by its norm: the inner steps are normalised tensor by tensor"
CAUSE = "Most likely the inner gradients are clipped, normalised or trusted tensor by tensor before each step."


def direction(x: Run) -> Numbers:
    masks, starts, units, sizes, end = x.tensor_masks(), [], [], [], x.start
    for k in range(x.steps):
        g = end.gradient("inner")
        starts.append(end)
        sizes.append([x.ar.norm(mask * g)[..., None] for mask in masks])
        units.append(added(mask * g / size for mask, size in zip(masks, sizes[-1], strict=True)))
        end = x.tasks.at(end.w - x.alpha * x.along(units[-1], k))
    v = end.gradient("outer")
    if x.hessian != "none":
        for k in reversed(range(x.steps)):
            moved, unit = x.along(v, k), units[k]
            across = added(
                mask * (moved - x.ar.sum(mask * unit * moved, -1)[..., None] * unit) / size
                for mask, size in zip(masks, sizes[k], strict=True)
            )
            v = v - x.alpha * x.curvature(starts[k], across)
    return x.mean(v)
