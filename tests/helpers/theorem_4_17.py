"""The spline tasks that refute Theorem 4.17 as printed, by definition: an oracle apart from the package's splines."""

from __future__ import annotations

import itertools
from fractions import Fraction

HALF = Fraction(1, 2)
KNOTS = ((-1, 0, 1), (-2, -1, 0, 1, 2))
BENDS = ((HALF, -HALF, HALF), (HALF, -HALF, HALF, -HALF, HALF))
SLOPES = (6, -6)
RATE = Fraction(1, 6)


def bend(i: int, t: Fraction) -> Fraction:
    """f_i'' by linear interpolation, in fractions."""
    knots, values = KNOTS[i], BENDS[i]
    if t <= knots[0] or t >= knots[-1]:
        return values[0] if t <= knots[0] else values[-1]
    k = max(j for j in range(len(knots)) if knots[j] <= t)
    share = Fraction(t - knots[k], knots[k + 1] - knots[k])
    return values[k] + share * (values[k + 1] - values[k])


def slope(i: int, t: Fraction) -> Fraction:
    """f_i' by the trapezoidal rule between the knots, which is exact for a piecewise-linear f_i''."""
    low, high = min(Fraction(0), t), max(Fraction(0), t)
    cuts = [low, *(Fraction(k) for k in KNOTS[i] if low < k < high), high]
    area = sum((b - a) * (bend(i, a) + bend(i, b)) / 2 for a, b in itertools.pairwise(cuts))
    return SLOPES[i] + (area if t >= 0 else -area)
