"""FO-MAML whose inner steps have a momentum. With one inner step it is FO-MAML.

Source: equation (8), with torch.optim.SGD(momentum=0.9) inside; its state begins anew for each task.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run
from mamlcheck.meta.optimisers import Momentum

NAME = "FO-MAML with momentum"
ORDER = 31
RARE = True
HESSIAN = "none"
VARIANT_OF = "MAML with momentum"
INSIDE = Momentum
FROM_STEPS = 2


def direction(x: Run) -> Numbers:
    return x.mean(x.directions())
