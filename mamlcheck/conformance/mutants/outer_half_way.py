"""The outer loss is taken half the way from the initial to the adapted parameters; with one step half a rate is."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML")
RARE = True
FROM_STEPS = 2
SAYS = "the outer loss is taken halfway between the initial and the adapted parameters"
CAUSE = "Most likely the adapted parameters are averaged with the initial ones."


def direction(x: Run) -> Numbers:
    path = x.adapt()
    g = x.tasks.at((x.w + path.end.w) / 2).gradient("outer")
    return x.mean((g + x.pull_back(path, g)) / 2)
