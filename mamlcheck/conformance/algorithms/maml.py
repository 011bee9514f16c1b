"""MAML: (1/B) sum_i (I - alpha H_i) grad f_i(w_i, outer), with a factor for each inner step.

Source: equation (5). The Hessian is of the inner set, as automatic differentiation has it, or of a set of its own.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

NAME = "MAML"
ORDER = 1
HESSIAN = "exact"
HESSIAN_ROLES = ("inner", "hessian")


def direction(x: Run) -> Numbers:
    return x.mean(x.directions())
