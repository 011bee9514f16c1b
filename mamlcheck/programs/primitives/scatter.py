"""Numbers added to the positions of an array of zeros; those at -1 to none. Settings: positions, the shape.

It is done by gathering, for each position, the numbers that are added there, so that any arithmetic can sum them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from mamlcheck.arithmetic.arrays import Integers
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
    for at, sources in _by_count(table.numbers.ravel(), math.prod(lengths)):
        found = gathered(ar, inputs[0], sources)
        parts.append(found[:, 0] if sources.shape[1] == 1 else ar.sum(found, -1))
        order[at] = np.arange(start, start + at.size)
        start += at.size
    return ar.concatenate(parts, 0)[order].reshape(lengths)


def pull(x: Sequence[Value], y: Value, slope: Value, table: Array, lengths: Shape) -> tuple[Value | None, ...]:
    return (slope.gathered(table.numbers),)


def _by_count(at: Integers, size: int) -> Iterator[tuple[Integers, Integers]]:
    """Positions that get about as many numbers, and for each the places of these, filled up with -1 (positions, most).

    Together they cover every position that gets a number. About as many: between two powers of two, so that what is
    filled up is less than what is there.
    """
    order = np.argsort(at, kind="stable")
    order = order[at[order] >= 0]
    counts = np.bincount(at[order], minlength=size)
    starts = np.cumsum(counts) - counts
    sizes = np.where(counts > 0, np.ceil(np.log2(np.maximum(counts, 1))).astype(np.int64), -1)
    for power in np.unique(sizes[counts > 0]).tolist():
        these = np.flatnonzero(sizes == power)
        most = int(counts[these].max())
        within = np.arange(most)
        inside = within < counts[these][:, None]
        yield these, np.where(inside, order[np.where(inside, starts[these][:, None] + within, 0)], -1)
