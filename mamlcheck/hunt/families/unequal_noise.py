"""One-dimensional spline tasks of several samples with inner batches of two to four: noise need not be symmetric.

In one dimension the mean length of the noise of a batch of D samples seems to be largest where one sample of 2 D is
apart from all others: each space has so many samples, and they may lie anywhere.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mamlcheck.hunt.families import Cube, Space
from mamlcheck.hunt.families._parts import LARGE_OUTER_BATCH, Extras, deviations, instances, splines
from mamlcheck.meta.instance import BatchSizes, Instances

TITLE = "1-D spline tasks of several samples, with inner batches of two to four"
NAME = __name__.rpartition(".")[2]


def spaces(dimension: int) -> tuple[Space, ...]:
    """One task of 2 D samples, for each D."""
    if dimension != 1:
        return ()
    return tuple(Space.of(NAME, f"m = {2 * size}, D_in = {size}", _build(size)) for size in (2, 3, 4))


def _build(size: int) -> Callable[[Cube], Instances]:
    sizes = BatchSizes(inner=size, outer=LARGE_OUTER_BATCH)

    def build(cube: Cube) -> Instances:
        extras = Extras.take(cube)
        slopes = cube.signed(-6, 6, 1)[..., None] + deviations(cube, 1, 2 * size)
        adapted = -extras.share[:, None] * slopes.mean(axis=-1)
        knots = adapted[..., None] + np.stack([-cube.scale(-12, 2, 1), cube.scale(-12, 2, 1)], axis=-1)
        tasks = splines(knots, cube.between(-1, 1, 1, 2), slopes, cube.probabilities(1))
        return instances(tasks, extras, np.ones((len(cube), 1)), sizes)

    return build
