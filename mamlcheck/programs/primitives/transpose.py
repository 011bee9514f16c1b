"""The axes in another order. Setting: the order."""

from __future__ import annotations

from collections.abc import Sequence

from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.errors import InputError
from mamlcheck.programs.building import Value
from mamlcheck.programs.primitives._shapes import only
from mamlcheck.programs.program import Shape


def shape(shapes: Sequence[Shape], order: Shape) -> Shape:
    lengths = only(shapes)
    if sorted(order) != list(range(len(lengths))):
        raise InputError(f"the axes of an array of shape {lengths} cannot be put in the order {order}")
    return tuple(lengths[a] for a in order)


def value(ar: DirectionArithmetic, inputs: Sequence[Numbers], order: Shape) -> Numbers:
    return ar.transpose(inputs[0], order)


def pull(x: Sequence[Value], y: Value, slope: Value, order: Shape) -> tuple[Value | None, ...]:
    return (slope.transpose([order.index(a) for a in range(len(order))]),)
