"""The Hessian term counts half."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML",)
SAYS = "the Hessian term is halved"
CAUSE = (
    "Most likely the Hessian-vector product was derived from a squared norm or from a one-sided "
    "difference divided by 2 delta."
)


def direction(x: Run) -> Numbers:
    path = x.adapt()
    g = path.end.gradient("outer")
    return x.mean(x.pull_back(path, g, curvature=lambda start, v: x.curvature(start, v) / 2))
