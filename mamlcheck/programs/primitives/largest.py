"""Along the last axis, whether each number is as large as the largest: flags, which have no derivative.

Beside `argmax` for frameworks that share the derivative of a maximum among equals. Raises `Undecided` where enclosures
do not tell the largest, or whether another equals it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mamlcheck.arithmetic.arrays import Flags
from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.programs.building import Value
from mamlcheck.programs.primitives import argmax
from mamlcheck.programs.primitives._shapes import only
from mamlcheck.programs.program import Shape
from mamlcheck.programs.undecided import Undecided


def shape(shapes: Sequence[Shape]) -> Shape:
    return only(shapes)


def value(ar: DirectionArithmetic, inputs: Sequence[Numbers]) -> Flags:
    """The number at `argmax` is a largest one; another is, if the largest is <= it."""
    (x,) = inputs
    length = x.shape[-1]
    best = argmax.value(ar, inputs).reshape((-1, 1))
    rows = x.reshape((-1, length))
    every = np.arange(rows.shape[0])[:, None]
    answers = ar.less_equal(rows[every, np.broadcast_to(best, (best.size, length))], rows)
    answers = np.where(np.arange(length) == best, 1, answers)  # a ball does not know that it equals itself
    if (answers < 0).any():
        raise Undecided("the largest", int((answers < 0).sum()), answers.size)
    flags: Flags = (answers == 1).reshape(x.shape)
    return flags


def pull(x: Sequence[Value], y: Value, slope: Value) -> tuple[Value | None, ...]:
    return (None,)
