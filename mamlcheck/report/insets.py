"""Which part of a drawn curve is worth a second look: knots so close together that a Lipschitz curve looks like a jump.

Drawn for the eye from a portrait's floats; it decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mamlcheck.formats.brackets import Curve

NARROW = 1 / 60  # of the picture's width: a rise within it looks like a jump
HIGH = 1 / 10  # of the picture's height: a rise below it is no jump
AIR = 1.0  # on either side of the rise, in its own widths

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Inset:
    """The part of a picture around a rise, from `low` to `high`. centre: from which its own axis counts.

    times: how much wider it is drawn.
    """

    low: float
    high: float
    centre: float
    times: float


def inset_of(curves: Sequence[Curve]) -> Inset | None:
    """The narrowest rise that looks like a jump, the first where several are; None where no curve has one."""
    points = [point for curve in curves for point in curve.points]
    width = max(x for x, _ in points) - min(x for x, _ in points)
    height = max(y for _, y in points) - min(y for _, y in points)
    rises = [
        (x1 - x0, x0)
        for curve in curves
        for (x0, y0), (x1, y1) in pairwise(curve.points)
        if 0 < x1 - x0 < NARROW * width and abs(y1 - y0) > HIGH * height
    ]
    if not rises:
        return None
    wide, start = min(rises)
    low, high = start - AIR * wide, start + (1 + AIR) * wide
    return Inset(low, high, start + wide / 2, width / (high - low))


def cut(points: Points, low: float, high: float) -> Points:
    """A polyline between two places on its axis, with points of its own at these where it goes on."""
    return tuple(dict.fromkeys(_cut(points, low, high)))


def _cut(points: Points, low: float, high: float) -> Iterator[tuple[float, float]]:
    for (x0, y0), (x1, y1) in pairwise(points):
        if x1 < low or x0 > high:
            continue
        for x in (max(x0, low), min(x1, high)):
            share = (x - x0) / (x1 - x0) if x1 > x0 else 0.0
            yield x, y0 + share * (y1 - y0)


__all__ = ["Inset", "cut", "inset_of"]
