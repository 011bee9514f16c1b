"""Reptile whose inner steps are those of RMSprop.

Source: as for Reptile, with torch.optim.RMSprop inside; its state begins anew for each task.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run
from mamlcheck.meta.optimisers import RMSprop

NAME = "Reptile with RMSprop"
ORDER = 27
RARE = True
HESSIAN = "none"
INSIDE = RMSprop
UPDATE = True


def direction(x: Run) -> Numbers:
    return x.mean(x.w - x.adapt().end.w)
