"""One-dimensional spline tasks whose losses are bounded below and not stationary at w.

The second derivative is positive beyond the outermost knots, so that the loss has a minimum, and the gradient at w is
at least an eighth (in units in which L = 1): what a bound is worth on losses as people have them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mamlcheck.arithmetic import rational
from mamlcheck.hunt.families import Cube, Space
from mamlcheck.hunt.families._parts import Extras, deviations, instances, splines
from mamlcheck.meta.instance import Instances

TITLE = "1-D spline tasks with a minimum, not stationary at w"
NAME = __name__.rpartition(".")[2]
LEAST_GRADIENT = -3.0  # exponent of 2


def spaces(dimension: int) -> tuple[Space, ...]:
    """One task of one sample or two."""
    return tuple(Space.of(NAME, f"m = {m}", _build(m), _is_bounded) for m in (1, 2)) if dimension == 1 else ()


def _build(m: int) -> Callable[[Cube], Instances]:
    def build(cube: Cube) -> Instances:
        extras = Extras.take(cube)
        gradient = cube.scale(LEAST_GRADIENT, 4, 1)  # positive: the mirror image of a task is another task
        slopes = gradient[..., None] + deviations(cube, 1, m)
        adapted = -extras.share[:, None] * gradient
        ends, near = cube.scale(-6, 8, 1, 2), cube.signed(-12, 2, 1, 2)
        inner = np.stack([adapted, np.zeros_like(adapted)], -1) + near
        low, high = inner.min(axis=-1) - ends[..., 0], inner.max(axis=-1) + ends[..., 1]
        knots = np.concatenate([low[..., None], inner, high[..., None]], axis=-1)
        rising, between = cube.share(1, 2), cube.between(-1, 1, 1, 2)
        values = np.concatenate([rising[..., :1], between, rising[..., 1:]], axis=-1)
        return instances(splines(knots, values, slopes, cube.probabilities(1)), extras, np.ones((len(cube), 1)))

    return build


def _is_bounded(one: Instances) -> bool:
    """Whether every loss rises beyond its outermost knots, and none is stationary at w: exactly."""
    x = one.on(rational)
    ends = one.tasks.numbers()["values"][..., [0, -1]].sum(axis=-2)
    return bool((ends > 0).all() and (np.asarray(x.at_w.gradient) != 0).all())
