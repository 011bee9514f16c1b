"""The sum over some axes. Setting: the axes, in order."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.programs.building import Value
from mamlcheck.programs.primitives._shapes import only
from mamlcheck.programs.program import Shape


def shape(shapes: Sequence[Shape], axes: Shape) -> Shape:
    return tuple(n for a, n in enumerate(only(shapes)) if a not in axes)


def value(ar: DirectionArithmetic, inputs: Sequence[Numbers], axes: Shape) -> Numbers:
    """Over all axes at once: a sum of sums would be rounded more often."""
    (x,) = inputs
    kept = [a for a in range(x.ndim) if a not in axes]
    lengths = tuple(x.shape[a] for a in kept)
    return ar.sum(ar.transpose(x, (*kept, *axes)).reshape((*lengths, math.prod(x.shape[a] for a in axes))), -1)


def pull(x: Sequence[Value], y: Value, slope: Value, axes: Shape) -> tuple[Value | None, ...]:
    whole = x[0].shape
    lengths = tuple(1 if a in axes else n for a, n in enumerate(whole))
    return (slope.reshape(lengths).broadcast_to(whole),)
