"""MAML whose inner steps have a momentum, with the meta-gradient through it. With one inner step it is MAML.

Source: equation (4) with torch.optim.SGD(momentum=0.9) in place of plain steps; its state begins anew for each task.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run
from mamlcheck.meta.optimisers import Momentum

NAME = "MAML with momentum"
ORDER = 30
RARE = True
HESSIAN = "exact"
INSIDE = Momentum
FROM_STEPS = 2


def direction(x: Run) -> Numbers:
    return x.mean(x.directions())
