"""Numbers where flags are set, 0 elsewhere. The flags are the second input."""

from __future__ import annotations

from collections.abc import Sequence

from mamlcheck.arithmetic.arrays import Flags
from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.programs.building import Value
from mamlcheck.programs.primitives._gathering import where
from mamlcheck.programs.primitives._shapes import same
from mamlcheck.programs.program import Shape


def shape(shapes: Sequence[Shape]) -> Shape:
    return same(shapes, 2)


def value(ar: DirectionArithmetic, inputs: tuple[Numbers, Flags]) -> Numbers:
    x, flags = inputs
    return where(ar, x, flags)


def pull(x: Sequence[Value], y: Value, slope: Value) -> tuple[Value | None, ...]:
    return slope.kept(x[1]), None
