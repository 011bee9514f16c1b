"""What the families share: one task in one dimension, w = 0, and all numbers that a claim does not need at 1."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.tasks.families.spline import SplineTasks
from mamlcheck.tasks.family import Tasks


def bent(
    gap: Fraction, curvature: Fraction, slopes: Sequence[Fraction], alpha: Fraction, inner: int = 1, test: int = 1
) -> Instances:
    """f'' = -curvature up to 0 and curvature from `gap` on, linear between, in all samples; a slope at 0 for each.

    inner, test: D_in and D_test.
    """
    m = len(slopes)
    knots, values = (exact([[[pair] * m]]) for pair in ([Fraction(0), gap], [-curvature, curvature]))
    tasks = SplineTasks.on_a_line(knots, values, exact([[slopes]]), exact([[Fraction(1)]]))
    return instance(tasks, alpha, BatchSizes(inner=inner, test=test))


def instance(tasks: Tasks, alpha: Fraction, sizes: BatchSizes | None = None) -> Instances:
    """A block of one, at w = 0."""
    one, zero = Fraction(1), Fraction(0)
    w, v = exact([[zero]]), exact([[one]])
    return Instances(tasks, exact([alpha]), w, v, v, exact([one]), exact([one]), sizes=sizes or BatchSizes())


def exact(values: object) -> np.ndarray:
    """Fractions as an array."""
    return np.array(values, dtype=object)
