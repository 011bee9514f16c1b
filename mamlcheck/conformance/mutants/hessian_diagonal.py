"""Only the diagonal of the Hessian is used."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML",)
RARE = True
SAYS = "only the diagonal of the Hessian is used"
CAUSE = (
    "Most likely each parameter's second derivative is taken by itself, as by the gradient of each gradient component."
)


def direction(x: Run) -> Numbers:
    path = x.adapt()
    g = path.end.gradient("outer")
    return x.mean(x.pull_back(path, g, curvature=lambda start, v: start.hessian_diagonal(x.hessian_role) * v))
