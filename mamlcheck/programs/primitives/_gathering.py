"""Numbers of an array at positions, in any arithmetic: what all primitives that move numbers are made of.

A gather shares numbers and computes nothing, so it is exact, and in the arithmetics of objects it costs no memory but
that of a pointer.
"""

from __future__ import annotations

import numpy as np

from mamlcheck.arithmetic.arrays import Integers
from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers


def gathered(ar: DirectionArithmetic, x: Numbers, table: Integers) -> Numbers:
    """The numbers at positions of the flat array, in the shape of the table; an exact 0 where that has -1."""
    flat = x.reshape(-1)
    if table.size and int(table.min()) < 0:
        flat = ar.concatenate([flat, ar.exact(np.zeros(1))], 0)  # position -1 is the last
    return flat[table]


def where(ar: DirectionArithmetic, x: Numbers, flags: np.ndarray) -> Numbers:
    """The numbers where flags are set, an exact 0 elsewhere."""
    everywhere = np.arange(flags.size).reshape(flags.shape)
    return gathered(ar, x, np.where(flags, everywhere, -1))
