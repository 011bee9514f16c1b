"""One-dimensional spline tasks whose knots gather around the points that claims look at.

The second derivative is free inside the class of the theory: values in [-L, L], any slopes. Knots are placed
relative to an anchor: w itself, the adapted parameter w', both, or w and w +- delta v; at what distances, and with
what values between, is for the search to find.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mamlcheck.hunt.families import Cube, Space
from mamlcheck.hunt.families._parts import LARGE_OUTER_BATCH, Extras, deviations, instances, splines
from mamlcheck.meta.instance import BatchSizes, Instances

TITLE = "1-D tasks with piecewise-linear second derivatives"
NAME = __name__.rpartition(".")[2]


def spaces(dimension: int) -> tuple[Space, ...]:
    """One task or two, up to three samples, and one draw or three (D_in, D_test), for each anchor."""
    if dimension != 1:
        return ()
    shapes = (
        (1, 1, 1, "both"),
        (1, 1, 1, "difference"),
        (1, 2, 1, "adapted"),
        (1, 2, 1, "both"),
        (1, 2, 3, "adapted"),
        (2, 2, 1, "adapted"),
        (1, 3, 1, "both"),
    )
    return tuple(
        Space.of(NAME, f"n = {n}, m = {m}, D = {size}, knots at {_TEXT[at]}", _build(n, m, size, at))
        for n, m, size, at in shapes
    )


_TEXT = {"adapted": "w'", "both": "w and w'", "difference": "w and w +- delta v"}


def _build(n: int, m: int, size: int, anchor: str) -> Callable[[Cube], Instances]:
    sizes = BatchSizes(inner=size, outer=LARGE_OUTER_BATCH, test=size)

    def build(cube: Cube) -> Instances:
        extras = Extras.take(cube)
        means = cube.signed(-10, 4, n)
        slopes = means[..., None] + deviations(cube, n, m)
        points = _anchors(anchor, -extras.share[:, None] * means, extras.delta)
        knots = _around(cube, points)
        values = cube.between(-1, 1, n, knots.shape[-1])
        tasks = splines(knots, values, slopes, cube.probabilities(n))
        return instances(tasks, extras, np.ones((len(cube), 1)), sizes)

    return build


def _anchors(anchor: str, adapted: np.ndarray, delta: np.ndarray) -> np.ndarray:
    """The points (N, n, A) that knots gather around; w = 0 and v = 1, adapted (N, n)."""
    w, step = np.zeros_like(adapted), np.broadcast_to(delta[:, None], adapted.shape)
    return np.stack({"adapted": [adapted], "both": [w, adapted], "difference": [-step, w, step]}[anchor], -1)


def _around(cube: Cube, points: np.ndarray) -> np.ndarray:
    """The anchors themselves or nearly, and a knot on either side of them all (N, n, A + 2)."""
    n, count = points.shape[1:]
    ends = cube.scale(-8, 4, n, 2)
    near = points + cube.signed(-12, 2, n, count)
    low, high = points.min(axis=-1) - ends[..., 0], points.max(axis=-1) + ends[..., 1]
    return np.concatenate([low[..., None], near, high[..., None]], axis=-1)
