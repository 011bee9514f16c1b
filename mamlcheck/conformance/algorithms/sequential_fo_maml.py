"""Sequential FO-MAML: (w - w_B) / meta_rate, where each task has a meta-step of FO-MAML of its own.

Source: as for Sequential MAML, without the Hessian.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.algorithms import sequential_maml
from mamlcheck.conformance.reference import Run

NAME = "Sequential FO-MAML"
ORDER = 18
RARE = True
IN_TURN = True
HESSIAN = "none"
VARIANT_OF = "Sequential MAML"
NUMBERS = sequential_maml.NUMBERS
SAYS, CAUSE = sequential_maml.SAYS, sequential_maml.CAUSE


def direction(x: Run) -> Numbers:
    return sequential_maml.direction(x)
