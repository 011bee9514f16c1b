"""Arrays along an axis that they have. Setting: the axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.errors import InputError
from mamlcheck.programs.building import Value
from mamlcheck.programs.program import Shape


def shape(shapes: Sequence[Shape], axis: int) -> Shape:
    others = {(*s[:axis], *s[axis + 1 :]) for s in shapes}
    if len(others) != 1:
        raise InputError(f"arrays of shapes {', '.join(map(str, shapes))} do not fit together along axis {axis}")
    first = shapes[0]
    return (*first[:axis], sum(s[axis] for s in shapes), *first[axis + 1 :])


def value(ar: DirectionArithmetic, inputs: Sequence[Numbers], axis: int) -> Numbers:
    return ar.concatenate(inputs, axis)


def pull(x: Sequence[Value], y: Value, slope: Value, axis: int) -> tuple[Value | None, ...]:
    ends = np.cumsum([v.shape[axis] for v in x]).tolist()
    lead = (slice(None),) * axis
    return tuple(slope.indexed((*lead, slice(end - v.shape[axis], end))) for v, end in zip(x, ends, strict=True))
