"""MAML whose inner steps are those of Adam, with the meta-gradient through its averages.

Source: equation (4) with Adam (Kingma, Ba, ICLR 2015) in place of plain steps; its state begins anew for each task.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run
from mamlcheck.meta.optimisers import Adam

NAME = "MAML with Adam"
ORDER = 20
RARE = True
HESSIAN = "exact"
INSIDE = Adam


def direction(x: Run) -> Numbers:
    return x.mean(x.directions())
