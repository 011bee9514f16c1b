"""A new last axis with the number at a position and 0 elsewhere. Setting: its length; positions: the second input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mamlcheck.arithmetic.arrays import Integers
from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.programs.building import Value
from mamlcheck.programs.primitives._gathering import gathered
from mamlcheck.programs.primitives._shapes import same
from mamlcheck.programs.program import Shape


def shape(shapes: Sequence[Shape], length: int) -> Shape:
    return (*same(shapes, 2), length)


def value(ar: DirectionArithmetic, inputs: tuple[Numbers, Integers], length: int) -> Numbers:
    x, index = inputs
    here = np.arange(index.size).reshape(index.shape)[..., None]
    return gathered(ar, x, np.where(index[..., None] == np.arange(length), here, -1))


def pull(x: Sequence[Value], y: Value, slope: Value, length: int) -> tuple[Value | None, ...]:
    return slope.taken(x[1]), None
