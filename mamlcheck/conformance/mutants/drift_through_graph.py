"""Each task starts from where the one before it ended, and is differentiated through all of them."""

from __future__ import annotations

from typing import Any

from mamlcheck.conformance.reference import Path, Run

OF = ("MAML",)
SAYS = "the parameters are not restored between tasks, and each task is differentiated through the ones before it"
CAUSE = "Most likely the fast weights are a variable outside the loop over tasks."


def direction(x: Run) -> Any:
    points, roles, total = [x.only(0).w], [], 0
    for i in range(x.count):
        path = x.only(i).adapt(points[-1])
        points += path.points[1:]
        roles += [i] * (len(path.points) - 1)
        g = x.only(i).gradient(path.end, "outer")
        for w, j in zip(reversed(points[:-1]), reversed(roles), strict=True):
            g = x.only(j).pull_back(Path((w, w)), g)
        total = total + x.mean(g)
    return total / x.count
