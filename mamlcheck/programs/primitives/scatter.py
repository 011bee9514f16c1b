"""Numbers added to the positions of an array of zeros; those at -1 to none. Settings: positions, the shape.

It is done by gathering, for each position, the numbers that are added there, so that any arithmetic can sum them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.errors import InputError
from mamlcheck.programs.building import Value
from mamlcheck.programs.primitives._gathering import gathered
from mamlcheck.programs.primitives._shapes import only
from mamlcheck.programs.program import Array, Shape


def shape(shapes: Sequence[Shape], table: Array, lengths: Shape) -> Shape:
    size, at = math.prod(lengths), table.numbers
    if table.shape != only(shapes):
        raise InputError(f"numbers of shape {only(shapes)} were given positions of shape {table.shape}")
    if at.size and not (int(at.min()) >= -1 and int(at.max()) < size):
        raise InputError(f"positions {int(at.min())} to {int(at.max())} are not all in an array of {size} numbers")
    return lengths


def value(ar: DirectionArithmetic, inputs: Sequence[Numbers], table: Array, lengths: Shape) -> Numbers:
    parts, order = [ar.exact(np.zeros(1))], np.zeros(math.prod(lengths), dtype=np.int64)
    start = 1
    for at, sources in table.places:
        found = gathered(ar, inputs[0], sources)
        parts.append(found[:, 0] if sources.shape[1] == 1 else ar.sum(found, -1))
        order[at] = np.arange(start, start + at.size)
        start += at.size
    return ar.concatenate(parts, 0)[order].reshape(lengths)


def pull(x: Sequence[Value], y: Value, slope: Value, table: Array, lengths: Shape) -> tuple[Value | None, ...]:
    return (slope.gathered(table),)
