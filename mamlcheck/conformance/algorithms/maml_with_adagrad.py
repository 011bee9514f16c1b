"""MAML whose inner steps are those of Adagrad, with the meta-gradient through its sum of squares.

Source: equation (4) with torch.optim.Adagrad in place of plain steps; its state begins anew for each task.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run
from mamlcheck.meta.optimisers import Adagrad

NAME = "MAML with Adagrad"
ORDER = 33
RARE = True
HESSIAN = "exact"
INSIDE = Adagrad


def direction(x: Run) -> Numbers:
    return x.mean(x.directions())
