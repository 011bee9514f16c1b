"""A call of an operation of PyTorch, as what puts it down as values sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mamlcheck.programs.building import Builder, Number, Value
from mamlcheck.programs.program import Shape


@dataclass(frozen=True)
class Call:
    """operation: PyTorch's own function. shapes: of the tensors that it returned; () for what is no tensor.

    A function that puts an operation down takes the call and the arguments that PyTorch has for it. In place of a
    tensor it is given a `Value`, or, for whole numbers and flags that do not depend on the parameters, a NumPy array.
    It returns a `Value`, or as many as PyTorch returns tensors: None for those that cannot be put down, a NumPy array
    for those that no parameter comes into.
    """

    builder: Builder
    operation: Callable[..., Any]
    shapes: tuple[Shape, ...]

    @property
    def shape(self) -> Shape:
        """Of the first result."""
        return self.shapes[0]

    def value(self, x: Any) -> Value:
        """A value as it is, numbers as a constant."""
        return x if isinstance(x, Value) else self.builder.constant(x)

    def filled(self, number: Number) -> Value:
        """The first result, if it is one number throughout."""
        return self.builder.constant(number).broadcast_to(self.shape)
