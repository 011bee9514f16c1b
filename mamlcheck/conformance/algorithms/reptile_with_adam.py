"""Reptile whose inner steps are those of Adam, as its authors have it: their code sets beta1 = 0.

Source: Nichol, Achiam, Schulman, 2018, section 6.1; the state of Adam begins anew for each task.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run
from mamlcheck.meta.optimisers import Adam

NAME = "Reptile with Adam"
ORDER = 22
RARE = True
HESSIAN = "none"
INSIDE = Adam
UPDATE = True


def direction(x: Run) -> Numbers:
    return x.mean(x.w - x.adapt().end.w)
