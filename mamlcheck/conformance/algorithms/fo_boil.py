"""First-order BOIL: inner steps move all but the head, and no gradient flows through them.

Source: as for BOIL, without the Hessian.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

NAME = "FO-BOIL"
ORDER = 13
RARE = True
HESSIAN = "none"
VARIANT_OF = "BOIL"


def direction(x: Run) -> Numbers:
    return x.mean(x.directions(moved=1 - x.head))
