"""The inner loss is a sum over samples, not a mean."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML", "HF-MAML")
SAYS = "the inner loss is summed over the samples, not averaged"
CAUSE = "Most likely the inner loss is added up over the batch."


def direction(x: Run) -> Numbers:
    rate = x.alpha * x.size("inner")
    path = x.adapt(rate=rate)
    return x.mean(x.pull_back(path, path.end.gradient("outer"), rate=rate))
