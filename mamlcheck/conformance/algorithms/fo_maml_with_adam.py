"""FO-MAML whose inner steps are those of Adam.

Source: equation (8), with Adam (Kingma, Ba, ICLR 2015) inside; its state begins anew for each task.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run
from mamlcheck.meta.optimisers import Adam

NAME = "FO-MAML with Adam"
ORDER = 21
RARE = True
HESSIAN = "none"
VARIANT_OF = "MAML with Adam"
INSIDE = Adam


def direction(x: Run) -> Numbers:
    return x.mean(x.directions())
