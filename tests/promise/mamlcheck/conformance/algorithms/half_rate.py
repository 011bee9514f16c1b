"""Half-rate: FO-MAML whose inner rate is alpha / 2.

Source: an example.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

NAME = "Half-rate"
HESSIAN = "none"


def direction(x: Run) -> Numbers:
    return x.mean(x.adapt(rate=x.alpha / 2).end.gradient("outer"))
