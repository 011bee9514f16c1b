"""After the inner steps one more is taken on the outer set."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML")
RARE = True
SAYS = "after the inner steps it takes one step more, on the query set"
CAUSE = "Most likely the query batch goes through the inner loop as well."


def direction(x: Run) -> Numbers:
    path = x.adapt()
    more = x.adapt(path.end.w, "outer", steps=1, first=x.steps)
    return x.mean(x.pull_back(path, x.pull_back(more, more.end.gradient("outer"), "outer")))
