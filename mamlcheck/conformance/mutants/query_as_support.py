"""The inner steps are on the outer set: the query data are used twice."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML", "HF-MAML")
SAYS = "the query set is used as the support set"
CAUSE = "Most likely the inner step is given the batch of the outer loss."


def direction(x: Run) -> Numbers:
    path = x.adapt(role="outer")
    return x.mean(x.pull_back(path, path.end.gradient("outer"), role="outer"))
