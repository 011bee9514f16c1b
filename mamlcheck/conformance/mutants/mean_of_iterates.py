"""The outer loss is at the mean of the points that the inner steps lead to; with two steps that is half a rate."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run, added
from mamlcheck.meta.algorithms import InnerSteps

OF = ("MAML", "FO-MAML")
RARE = True
FROM_STEPS = 3
SAYS = "the outer loss is taken at the mean of the parameters after each inner step, not at the last ones"
CAUSE = "Most likely the iterates of the inner steps are averaged."


def direction(x: Run) -> Numbers:
    points = x.adapt().points
    g = x.tasks.at(added(p.w for p in points[1:]) / x.steps).gradient("outer")
    found = x.pull_back(InnerSteps(points[-2:]), g)
    for k in range(len(points) - 3, -1, -1):
        found = x.pull_back(InnerSteps(points[k : k + 2]), g + found)
    return x.mean(found / x.steps)
