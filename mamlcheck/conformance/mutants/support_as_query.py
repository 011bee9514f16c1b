"""The outer gradient is of the inner set: the support data are used twice."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML", "HF-MAML")
SAYS = "the support set is used again as the query set"
CAUSE = "Most likely the outer loss is computed on the batch that the inner step used."


def direction(x: Run) -> Numbers:
    path = x.adapt()
    return x.mean(x.pull_back(path, path.end.gradient("inner")))
