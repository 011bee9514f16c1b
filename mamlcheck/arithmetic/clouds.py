"""`ball` for vectors whose error is known as a length: a *cloud* is a box of balls, and a bound of its vectors' error.

A vector that lies within `error` of a centre lies in a box of that half-width in each of d coordinates, and the norm of
the box is loose by a factor of up to sqrt(d). A `Cloud` is that box, so every operation takes it as it is and gives
what is true of all vectors in the box; `BallOfClouds.norm` alone knows better.
"""

from __future__ import annotations

import numpy as np

from mamlcheck.arithmetic.arrays import Doubles
from mamlcheck.arithmetic.ball import RADIUS_GROWTH, Ball, BallArray, from_bounds


class Cloud(BallArray):
    """Vectors (..., d), each within `error` (...) of one in the ball `centre` (..., d), in Euclidean norm."""

    __slots__ = ("centre", "error")

    def __init__(self, centre: BallArray, error: Doubles):
        box = widened(centre, error[..., None])
        super().__init__(box.mid, box.rad)
        self.centre = centre
        self.error = error


def widened(x: BallArray, error: Doubles) -> BallArray:
    """Numbers within `error` >= 0 of one in x; the error broadcasts. Two roundings: `RADIUS_GROWTH` makes them good."""
    rad = np.broadcast_to(error, x.shape) if x.rad is None else x.rad + error
    with np.errstate(invalid="ignore", over="ignore"):
        return BallArray(x.mid, rad * RADIUS_GROWTH)  # a sum that is subnormal is exact, and so not in need of growth


class BallOfClouds(Ball):
    """`ball`, but for norms of clouds."""

    def norm(self, x: BallArray) -> BallArray:
        """Euclidean norm over the last axis: | |c + e| - |c| | <= |e| where x is a cloud around c."""
        if not isinstance(x, Cloud):
            return super().norm(x)
        around = widened(super().norm(x.centre), x.error)
        return from_bounds(np.maximum(self.lower(around), 0.0), self.upper(around))


ball_of_clouds = BallOfClouds()

__all__ = ["BallOfClouds", "Cloud", "ball_of_clouds", "widened"]
