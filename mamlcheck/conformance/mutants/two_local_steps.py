"""Two meta-steps are taken on each task, at the meta rate, and the mean of both directions is summed, as in Per-FedAvg
with two local steps (Fallah, Mokhtari, Ozdaglar 2020, Algorithm 1).
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML")
RARE = True
SAYS = "it is the sum of two local meta-steps on each task at the meta rate, as in Per-FedAvg"
CAUSE = (
    "Most likely each task, or client, takes two meta-steps of its own before the parameters are averaged: one step "
    "each is the MAML direction."
)


def direction(x: Run) -> Numbers:
    first = x.directions()
    path = x.adapt(x.w - x.beta * first)
    return x.mean(first + x.pull_back(path, path.end.gradient("outer")))
