"""What is returned is no gradient, but what the first step of an Adam of the outer loop makes of it."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run
from mamlcheck.meta.optimisers import Adam

OF = ("MAML", "FO-MAML")
RARE = True
SAYS = "each component of it is divided by its own size, as in the first step of an outer Adam"
CAUSE = (
    "Most likely it is read off a step of an outer optimiser that is no plain gradient descent: return the gradient "
    "that the optimiser is given."
)


def direction(x: Run) -> Numbers:
    step, _ = Adam().step(x.ar, 1, (), x.mean(x.directions())[None])
    return step[0]
