"""The inner steps use the meta rate."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML", "HF-MAML")
SAYS = "the inner steps use the meta rate beta instead of alpha"
CAUSE = "Most likely the two rates are exchanged."


def direction(x: Run) -> Numbers:
    path = x.adapt(rate=x.beta)
    return x.mean(x.pull_back(path, path.end.gradient("outer"), rate=x.beta))
