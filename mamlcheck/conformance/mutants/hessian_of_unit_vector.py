"""The vector that a Hessian is multiplied by is scaled to length 1, and the product is not scaled back."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML", "HF-MAML")
RARE = True
SAYS = "the vector that the Hessian is multiplied by is scaled to norm 1, and the product is not scaled back"
CAUSE = "Most likely the vector is normalised for a difference of gradients: multiply the product by its norm."


def direction(x: Run) -> Numbers:
    path = x.adapt()
    g = path.end.gradient("outer")
    return x.mean(x.pull_back(path, g, curvature=lambda start, v: x.curvature(start, v / x.ar.norm(v)[..., None])))
