"""MAML whose inner steps are those of RMSprop, with the meta-gradient through its average.

Source: equation (4) with torch.optim.RMSprop in place of plain steps; its state begins anew for each task.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run
from mamlcheck.meta.optimisers import RMSprop

NAME = "MAML with RMSprop"
ORDER = 25
RARE = True
HESSIAN = "exact"
INSIDE = RMSprop


def direction(x: Run) -> Numbers:
    return x.mean(x.directions())
