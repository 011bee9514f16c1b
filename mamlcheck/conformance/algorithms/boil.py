"""BOIL: MAML whose inner steps move all but the head; the meta-gradient is of all parameters.

Source: Oh, Yoo, Kim, Yun, "BOIL: Towards Representation Change for Few-shot Learning", ICLR 2021. Networks of one layer
are all head: there BOIL does not adapt.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

NAME = "BOIL"
ORDER = 12
RARE = True
HESSIAN = "exact"


def direction(x: Run) -> Numbers:
    return x.mean(x.directions(moved=1 - x.head))
