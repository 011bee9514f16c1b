"""iMAML whose inner steps are plain ones: they do not hold the parameters near the initial ones."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.algorithms.imaml import solved
from mamlcheck.conformance.reference import Run

OF = ("iMAML",)
FROM_STEPS = 2
SAYS = "the proximal term (penalty / 2) |w - w_0|^2 is missing in the inner loop"
CAUSE = (
    "Most likely the inner loss is that of the data alone, though the implicit gradient is that of the penalised one."
)


def direction(x: Run) -> Numbers:
    return x.mean(solved(x, x.adapt().end))
