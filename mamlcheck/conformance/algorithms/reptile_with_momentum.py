"""Reptile whose inner steps have a momentum. With one inner step it is Reptile.

Source: as for Reptile, with torch.optim.SGD(momentum=0.9) inside; its state begins anew for each task.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run
from mamlcheck.meta.optimisers import Momentum

NAME = "Reptile with momentum"
ORDER = 32
RARE = True
HESSIAN = "none"
INSIDE = Momentum
FROM_STEPS = 2
UPDATE = True


def direction(x: Run) -> Numbers:
    return x.mean(x.w - x.adapt().end.w)
