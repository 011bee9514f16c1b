"""The outer loss is the mean of the losses after each inner step, as in MAML++ (Antoniou et al., ICLR 2019)."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run, added
from mamlcheck.meta.algorithms import InnerSteps

OF = ("MAML", "FO-MAML")
FROM_STEPS = 2
SAYS = "the outer loss is the mean over the inner steps, not the loss after the last one"
CAUSE = "Most likely this is the multi-step loss of MAML++."


def direction(x: Run) -> Numbers:
    points = x.adapt().points
    paths = (InnerSteps(points[: k + 1]) for k in range(1, len(points)))
    return x.mean(added(x.pull_back(path, path.end.gradient("outer")) for path in paths)) / x.steps
