"""What the shapes of inputs are to be, and messages for those that are not."""

from __future__ import annotations

from collections.abc import Sequence

from mamlcheck.errors import InputError
from mamlcheck.programs.program import Shape


def some(shapes: Sequence[Shape], count: int) -> Sequence[Shape]:
    """The shapes, if there are so many."""
    if len(shapes) != count:
        raise InputError(f"a primitive of {count} inputs was given {len(shapes)}")
    return shapes


def same(shapes: Sequence[Shape], count: int) -> Shape:
    """The one shape that so many inputs have."""
    if len(set(some(shapes, count))) != 1:
        raise InputError(f"the inputs of an elementwise primitive have the shapes {', '.join(map(str, shapes))}")
    return shapes[0]


def only(shapes: Sequence[Shape]) -> Shape:
    """The shape of the one input."""
    return some(shapes, 1)[0]
