"""The gradient of the outer loss at the initial parameters."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("FO-MAML",)
SAYS = "there is no adaptation: it is the query gradient at the initial parameters"
CAUSE = "Most likely the outer loss is computed with the model's own parameters, not with the adapted ones."
ADAPTS = False


def direction(x: Run) -> Numbers:
    return x.mean(x.start.gradient("outer"))
