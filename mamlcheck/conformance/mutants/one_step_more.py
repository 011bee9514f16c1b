"""One inner step too many."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML", "HF-MAML")
SAYS = "it takes one inner step too many"
CAUSE = "Most likely the loop over inner steps runs once more after the first step outside of it."


def direction(x: Run) -> Numbers:
    path = x.adapt(steps=x.steps + 1)
    return x.mean(x.pull_back(path, path.end.gradient("outer")))
