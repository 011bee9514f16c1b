"""First-order ANIL: inner steps move the head alone, and no gradient flows through them.

Source: as for ANIL, without the Hessian.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

NAME = "FO-ANIL"
ORDER = 5
HESSIAN = "none"
VARIANT_OF = "ANIL"


def direction(x: Run) -> Numbers:
    return x.mean(x.directions(moved=x.head))
