"""The same numbers, in the same order, in another shape. Setting: that shape."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.errors import InputError
from mamlcheck.programs.building import Value
from mamlcheck.programs.primitives._shapes import only
from mamlcheck.programs.program import Shape


def shape(shapes: Sequence[Shape], lengths: Shape) -> Shape:
    if math.prod(lengths) != math.prod(only(shapes)):
        raise InputError(f"an array of shape {only(shapes)} cannot have the shape {lengths}")
    return lengths


def value(ar: DirectionArithmetic, inputs: Sequence[Numbers], lengths: Shape) -> Numbers:
    return inputs[0].reshape(lengths)


def pull(x: Sequence[Value], y: Value, slope: Value, lengths: Shape) -> tuple[Value | None, ...]:
    return (slope.reshape(x[0].shape),)
