"""Two inner steps too many."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML")
RARE = True
SAYS = "it takes two inner steps more than problem.steps says"
CAUSE = "Most likely steps are taken before the loop over inner steps and after it as well."


def direction(x: Run) -> Numbers:
    path = x.adapt(steps=x.steps + 2)
    return x.mean(x.pull_back(path, path.end.gradient("outer")))
