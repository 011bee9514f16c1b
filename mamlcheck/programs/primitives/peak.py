"""Along the last axis, the position of a number that is about the largest: it has no derivative.

For results that do not depend on which number it is, such as a softmax, whose exponentials it keeps from overflowing.
What an arithmetic cannot tell may go either way, so that nothing is ever undecided.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mamlcheck.arithmetic.arrays import Integers
from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.programs.building import Value
from mamlcheck.programs.primitives._shapes import only
from mamlcheck.programs.program import Shape


def shape(shapes: Sequence[Shape]) -> Shape:
    return only(shapes)[:-1]


def value(ar: DirectionArithmetic, inputs: Sequence[Numbers]) -> Integers:
    """By a tournament: the best so far against the next."""
    (x,) = inputs
    rows = x.reshape((-1, x.shape[-1]))
    every = np.arange(rows.shape[0])
    best = np.zeros(rows.shape[0], dtype=np.int64)
    for k in range(1, x.shape[-1]):
        best = np.where(ar.less_equal(rows[:, k], rows[every, best]) == 0, k, best)
    return best.reshape(tuple(x.shape[:-1]))


def pull(x: Sequence[Value], y: Value, slope: Value) -> tuple[Value | None, ...]:
    return (None,)
