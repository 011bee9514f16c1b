"""Numbers at positions of the flat array, 0 at -1. Setting: the table of positions."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.errors import InputError
from mamlcheck.programs.building import Value
from mamlcheck.programs.primitives._gathering import gathered
from mamlcheck.programs.primitives._shapes import only
from mamlcheck.programs.program import Array, Shape


def shape(shapes: Sequence[Shape], table: Array) -> Shape:
    size, at = math.prod(only(shapes)), table.numbers
    if at.size and not (int(at.min()) >= -1 and int(at.max()) < size):
        raise InputError(f"positions {int(at.min())} to {int(at.max())} are not all in an array of {size} numbers")
    return table.shape


def value(ar: DirectionArithmetic, inputs: Sequence[Numbers], table: Array) -> Numbers:
    return gathered(ar, inputs[0], table.numbers)


def pull(x: Sequence[Value], y: Value, slope: Value, table: Array) -> tuple[Value | None, ...]:
    return (slope.scattered(table, x[0].shape),)
