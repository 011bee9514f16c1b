"""An array repeated along axes of length 1. Setting: the shape, with as many axes."""

from __future__ import annotations

from collections.abc import Sequence

from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.errors import InputError
from mamlcheck.programs.building import Value
from mamlcheck.programs.primitives._shapes import only
from mamlcheck.programs.program import Shape


def shape(shapes: Sequence[Shape], lengths: Shape) -> Shape:
    before = only(shapes)
    if len(before) != len(lengths) or any(a not in (1, b) for a, b in zip(before, lengths, strict=True)):
        raise InputError(f"an array of shape {before} cannot be repeated to the shape {lengths}")
    return lengths


def value(ar: DirectionArithmetic, inputs: Sequence[Numbers], lengths: Shape) -> Numbers:
    return ar.broadcast_to(inputs[0], lengths)


def pull(x: Sequence[Value], y: Value, slope: Value, lengths: Shape) -> tuple[Value | None, ...]:
    repeated = [a for a, n in enumerate(x[0].shape) if n != lengths[a]]
    return (slope.sum(repeated).reshape(x[0].shape),)
