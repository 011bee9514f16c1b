"""The outer loss is the mean of those before each inner step."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run, added

OF = ("MAML", "FO-MAML")
RARE = True
FROM_STEPS = 2
SAYS = "the outer loss is the mean of those before each inner step, without the one after the last"
CAUSE = "Most likely the outer losses are added up at the beginning of each pass of the inner loop."


def direction(x: Run) -> Numbers:
    path = x.path()
    each = [x.pull_back(path.between(0, k), path.points[k].gradient("outer")) for k in range(x.steps)]
    return x.mean(added(each) / x.steps)
