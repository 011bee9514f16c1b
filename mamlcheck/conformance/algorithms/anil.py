"""ANIL: MAML whose inner steps move the head alone; the meta-gradient is of all parameters.

Source: Raghu, Raghu, Bengio, Vinyals, "Rapid Learning or Feature Reuse?", ICLR 2020. Networks of one layer are all
head: there ANIL is MAML.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

NAME = "ANIL"
ORDER = 4
HESSIAN = "exact"
HESSIAN_ROLES = ("inner", "hessian")


def direction(x: Run) -> Numbers:
    return x.mean(x.directions(moved=x.head))
