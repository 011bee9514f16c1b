"""A leaf: the number pi, without axes, as closely as the arithmetic has it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.programs.program import Shape


def shape(shapes: Sequence[Shape]) -> Shape:
    return ()


def value(ar: DirectionArithmetic, inputs: Sequence[Numbers]) -> Numbers:
    return 4 * ar.atan(ar.exact(np.ones(())))
