"""The outer loss is the mean of the losses after each inner step, as in MAML++ (Antoniou et al., ICLR 2019)."""

from __future__ import annotations

from typing import Any

from mamlcheck.conformance.reference import Run
from mamlcheck.meta.algorithms import InnerSteps

OF = ("MAML", "FO-MAML")
FROM_STEPS = 2
SAYS = "the outer loss is the mean over the inner steps, not the loss after the last one"
CAUSE = "Most likely this is the multi-step loss of MAML++."


def direction(x: Run) -> Any:
    points = x.adapt().points
    total = 0
    for k in range(1, len(points)):
        total = total + x.pull_back(InnerSteps(points[: k + 1]), points[k].gradient("outer"))
    return x.mean(total) / x.steps
