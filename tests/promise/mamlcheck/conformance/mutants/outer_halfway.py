"""The outer gradient is half of that at the initial parameters."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("FO-MAML",)
SAYS = "half of the outer gradient is that at the initial parameters"
CAUSE = "Most likely two outer losses are averaged."


def direction(x: Run) -> Numbers:
    return x.mean(x.start.gradient("outer") + x.adapt().end.gradient("outer")) / 2
