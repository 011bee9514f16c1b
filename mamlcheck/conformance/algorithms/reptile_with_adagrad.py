"""Reptile whose inner steps are those of Adagrad.

Source: as for Reptile, with torch.optim.Adagrad inside; its state begins anew for each task.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run
from mamlcheck.meta.optimisers import Adagrad

NAME = "Reptile with Adagrad"
ORDER = 35
RARE = True
HESSIAN = "none"
INSIDE = Adagrad
UPDATE = True


def direction(x: Run) -> Numbers:
    return x.mean(x.w - x.adapt().end.w)
