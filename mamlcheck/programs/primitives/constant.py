"""A leaf: exact doubles. Setting: the array."""

from __future__ import annotations

from collections.abc import Sequence

from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.programs.program import Array, Shape


def shape(shapes: Sequence[Shape], numbers: Array) -> Shape:
    return numbers.shape


def value(ar: DirectionArithmetic, inputs: Sequence[Numbers], numbers: Array) -> Numbers:
    return ar.exact(numbers.numbers)
