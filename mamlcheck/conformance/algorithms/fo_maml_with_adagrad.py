"""FO-MAML whose inner steps are those of Adagrad.

Source: equation (8), with torch.optim.Adagrad inside; its state begins anew for each task.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run
from mamlcheck.meta.optimisers import Adagrad

NAME = "FO-MAML with Adagrad"
ORDER = 34
RARE = True
HESSIAN = "none"
VARIANT_OF = "MAML with Adagrad"
INSIDE = Adagrad


def direction(x: Run) -> Numbers:
    return x.mean(x.directions())
