"""The inner steps go uphill."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML", "HF-MAML")
SAYS = "the inner steps have the wrong sign: they climb"
CAUSE = "Most likely the inner update adds alpha times the gradient."


def direction(x: Run) -> Numbers:
    rate = -x.alpha
    path = x.adapt(rate=rate)
    return x.mean(x.pull_back(path, path.end.gradient("outer"), rate=rate))
