"""FO-MAML++: MAML++ without the Hessian. With one step it is FO-MAML.

Source: as for MAML++, in its first-order phase (derivative-order annealing).
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.algorithms import maml_plus_plus
from mamlcheck.conformance.reference import Run

NAME = "FO-MAML++"
ORDER = 15
RARE = True
HESSIAN = "none"
VARIANT_OF = "MAML++"
FROM_STEPS = 2
NUMBERS = maml_plus_plus.NUMBERS
SAYS = maml_plus_plus.SAYS


def direction(x: Run) -> Numbers:
    return maml_plus_plus.direction(x)
