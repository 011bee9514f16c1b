"""What is returned is the sign of each component of the direction."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML")
RARE = True
SAYS = "only the sign of each component is left: each is 1 or -1"
CAUSE = (
    "Most likely it is read off a step of an outer optimiser that takes signs: return the gradient that it is given."
)


def direction(x: Run) -> Numbers:
    g = x.mean(x.directions())
    return g / x.ar.sqrt(x.ar.square(g))
