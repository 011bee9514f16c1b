"""FO-MAML whose inner steps are those of RMSprop.

Source: equation (8), with torch.optim.RMSprop inside; its state begins anew for each task.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run
from mamlcheck.meta.optimisers import RMSprop

NAME = "FO-MAML with RMSprop"
ORDER = 26
RARE = True
HESSIAN = "none"
VARIANT_OF = "MAML with RMSprop"
INSIDE = RMSprop


def direction(x: Run) -> Numbers:
    return x.mean(x.directions())
