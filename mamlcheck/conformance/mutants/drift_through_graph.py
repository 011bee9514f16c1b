"""Each task starts from where the one before it ended, and is differentiated through all of them."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run, added
from mamlcheck.meta.algorithms import InnerSteps

OF = ("MAML",)
SAYS = "the parameters are not restored between tasks, and each task is differentiated through the ones before it"
CAUSE = "Most likely the fast weights are a variable outside the loop over tasks."


def direction(x: Run) -> Numbers:
    points, owners, directions = [x.only(0).start], list[tuple[int, int]](), []
    for i in range(x.count):
        path = x.only(i).adapt(points[-1].w)
        points += path.points[1:]
        owners += [(i, k) for k in range(x.steps)]
        g = path.end.gradient("outer")
        for point, (j, k) in zip(reversed(points[:-1]), reversed(owners), strict=True):
            task = x.only(j)
            here = task.tasks.at(point.w)
            g = task.pull_back(InnerSteps((here, here), path.moved[k : k + 1]), g)
        directions.append(x.mean(g))
    return added(directions) / x.count
