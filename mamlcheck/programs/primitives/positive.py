"""Whether each number is > 0: flags, which have no derivative. An exact 0 is not positive.

Raises `Undecided` where an enclosure does not tell: at another precision it may.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mamlcheck.arithmetic.arrays import Flags
from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.programs.building import Value
from mamlcheck.programs.primitives._shapes import only
from mamlcheck.programs.program import Shape
from mamlcheck.programs.undecided import Undecided


def shape(shapes: Sequence[Shape]) -> Shape:
    return only(shapes)


def value(ar: DirectionArithmetic, inputs: Sequence[Numbers]) -> Flags:
    (x,) = inputs
    answers = ar.less_equal(x, ar.exact(np.zeros(())))
    if (answers < 0).any():
        raise Undecided("the sign", int((answers < 0).sum()), answers.size)
    flags: Flags = answers == 0
    return flags


def pull(x: Sequence[Value], y: Value, slope: Value) -> tuple[Value | None, ...]:
    return (None,)
