"""Reptile: (1/B) sum_i (w - w_i), the way from the adapted parameters back to the initial ones.

Source: Nichol, Achiam, Schulman, "On First-Order Meta-Learning Algorithms", 2018, Algorithm 2, with one meta-step for
all tasks. That with one meta-step a task is Serial Reptile.
"""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

NAME = "Reptile"
ORDER = 6
ALIASES = ("Batched Reptile",)
HESSIAN = "none"
UPDATE = True


def direction(x: Run) -> Numbers:
    return x.mean(x.w - x.adapt().end.w)
