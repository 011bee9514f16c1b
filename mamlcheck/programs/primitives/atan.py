"""The arc tangent of each number."""

from __future__ import annotations

from collections.abc import Sequence

from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.programs.building import Value
from mamlcheck.programs.primitives._shapes import same
from mamlcheck.programs.program import Shape


def shape(shapes: Sequence[Shape]) -> Shape:
    return same(shapes, 1)


def value(ar: DirectionArithmetic, inputs: Sequence[Numbers]) -> Numbers:
    (x,) = inputs
    return ar.atan(x)


def pull(x: Sequence[Value], y: Value, slope: Value) -> tuple[Value | None, ...]:
    return (slope / (1 + x[0].square()),)
