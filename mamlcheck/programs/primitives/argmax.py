"""Along the last axis, the position of the largest number, the first of equals: it has no derivative.

Raises `Undecided` where enclosures do not tell: at another precision they may.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mamlcheck.arithmetic.arrays import Integers
from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.programs.building import Value
from mamlcheck.programs.primitives._shapes import only
from mamlcheck.programs.program import Shape
from mamlcheck.programs.undecided import Undecided


def shape(shapes: Sequence[Shape]) -> Shape:
    return only(shapes)[:-1]


def value(ar: DirectionArithmetic, inputs: Sequence[Numbers]) -> Integers:
    """By a tournament: the best so far against the next."""
    (x,) = inputs
    lead, length = tuple(x.shape[:-1]), x.shape[-1]
    rows = x.reshape((-1, length))
    every = np.arange(rows.shape[0])
    best = np.zeros(rows.shape[0], dtype=np.int64)
    for k in range(1, length):
        answers = ar.less_equal(rows[:, k], rows[every, best])
        if (answers < 0).any():
            raise Undecided("the largest", int((answers < 0).sum()), answers.size)
        best = np.where(answers == 0, k, best)
    return best.reshape(lead)


def pull(x: Sequence[Value], y: Value, slope: Value) -> tuple[Value | None, ...]:
    return (None,)
