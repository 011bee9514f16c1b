"""Matrix products: (..., p, k) and (..., k, q) to (..., p, q), leading axes alike."""

from __future__ import annotations

from collections.abc import Sequence

from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.errors import InputError
from mamlcheck.programs.building import Value
from mamlcheck.programs.primitives._shapes import some
from mamlcheck.programs.program import Shape


def shape(shapes: Sequence[Shape]) -> Shape:
    x, y = some(shapes, 2)
    if len(x) < 2 or len(y) < 2 or x[:-2] != y[:-2] or x[-1] != y[-2]:
        raise InputError(f"arrays of shapes {x} and {y} have no matrix product")
    return (*x[:-1], y[-1])


def value(ar: DirectionArithmetic, inputs: Sequence[Numbers]) -> Numbers:
    x, y = inputs
    return ar.rmatvec(y, x)


def pull(x: Sequence[Value], y: Value, slope: Value) -> tuple[Value | None, ...]:
    return slope @ x[1].swapped, x[0].swapped @ slope
