"""The gradient of the inner loss at the initial parameters."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("FO-MAML",)
SAYS = "there is no adaptation: it is the support gradient at the initial parameters"
CAUSE = "Most likely the outer loss does not reach the parameters, or the gradient of the inner loss is returned."
ADAPTS = False


def direction(x: Run) -> Numbers:
    return x.mean(x.start.gradient("inner"))
