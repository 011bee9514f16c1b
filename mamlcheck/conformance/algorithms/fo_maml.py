"""FO-MAML: (1/B) sum_i grad f_i(w_i, outer), MAML without the Hessian.

Source: equation (8).
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

NAME = "FO-MAML"
ORDER = 2
HESSIAN = "none"
VARIANT_OF = "MAML"


def direction(x: Run) -> Numbers:
    return x.mean(x.directions())
