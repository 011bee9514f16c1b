"""The outer loss is at the mean of the points that the inner steps lead to; with two steps that is half a rate."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run, added

OF = ("MAML", "FO-MAML")
RARE = True
FROM_STEPS = 3
SAYS = "the outer loss is taken at the mean of the parameters after each inner step, not at the last ones"
CAUSE = "Most likely the iterates of the inner steps are averaged."


def direction(x: Run) -> Numbers:
    path = x.path()
    points = path.points
    g = x.tasks.at(added(p.w for p in points[1:]) / x.steps).gradient("outer")
    found = x.pull_back(path.between(x.steps - 1, x.steps), g)
    for k in range(len(points) - 3, -1, -1):
        found = x.pull_back(path.between(k, k + 1), g + found)
    return x.mean(found / x.steps)
