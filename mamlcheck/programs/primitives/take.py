"""Along the last axis, the number at a position. The positions are the second input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mamlcheck.arithmetic.arrays import Integers
from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.programs.building import Value
from mamlcheck.programs.primitives._gathering import gathered
from mamlcheck.programs.primitives._shapes import some
from mamlcheck.programs.program import Shape


def shape(shapes: Sequence[Shape]) -> Shape:
    return some(shapes, 2)[1]


def value(ar: DirectionArithmetic, inputs: tuple[Numbers, Integers]) -> Numbers:
    x, index = inputs
    return gathered(ar, x, np.arange(index.size).reshape(index.shape) * x.shape[-1] + index)


def pull(x: Sequence[Value], y: Value, slope: Value) -> tuple[Value | None, ...]:
    return slope.put(x[1], x[0].shape[-1]), None
