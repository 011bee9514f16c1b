"""How programs are written: `Value`s with operators, which put nodes to the program of a `Builder`.

A value is an array of the program to be. `+ - * / @` broadcast as NumPy's do. The same operation on the same values
is put down once. What is known beforehand is not put down at all: sums with 0, products with 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from mamlcheck.errors import InputError
from mamlcheck.programs.finding import primitive
from mamlcheck.programs.program import Array, Node, Program, Setting, Shape, positions

Number = int | float


class Builder:
    """A program that is being written. place: the line of the user's code that the next nodes come from."""

    def __init__(self, start: Program | None = None):
        self.nodes: list[Node] = [] if start is None else list(start.nodes)
        self.place = ""
        self._known = {node.key: k for k, node in enumerate(self.nodes)}

    def emit(self, operation: str, inputs: Sequence[Value], *settings: Setting) -> Value:
        """The result of a primitive."""
        shape = primitive(operation).shape([x.shape for x in inputs], *settings)
        node = Node(operation, tuple(x.position for x in inputs), settings, shape, self.place)
        if node.key not in self._known:
            self._known[node.key] = len(self.nodes)
            self.nodes.append(node)
        return Value(self, self._known[node.key])

    @contextmanager
    def at(self, place: str) -> Iterator[None]:
        """While this lasts, nodes come from this place."""
        before, self.place = self.place, place
        try:
            yield
        finally:
            self.place = before

    def input(self, name: str, shape: Shape) -> Value:
        """An array that is handed over."""
        return self.emit("input", (), name, shape)

    def constant(self, numbers: object) -> Value:
        """Exact doubles."""
        array = np.asarray(numbers, dtype=np.float64)
        if not np.isfinite(array).all():
            raise InputError(f"a constant of the program is not finite{self.place and ', at '}{self.place}")
        return self.emit("constant", (), Array(array))

    def pi(self) -> Value:
        """The number pi."""
        return self.emit("pi", ())

    def lifted(self, x: Value | Number) -> Value:
        """A value as it is, a number as a constant."""
        return x if isinstance(x, Value) else self.constant(x)

    def concatenated(self, parts: Sequence[Value], axis: int) -> Value:
        """Values along an axis that they have."""
        axis %= parts[0].ndim
        return parts[0] if len(parts) == 1 else self.emit("concat", parts, axis)

    def program(self, outputs: Sequence[Value]) -> Program:
        """What was written, as far as these outputs need it."""
        return Program(tuple(self.nodes), tuple(x.position for x in outputs)).needed()


class Value:
    """The result of a node."""

    __slots__ = ("builder", "position")
    __array_ufunc__ = None

    def __init__(self, builder: Builder, position: int):
        self.builder = builder
        self.position = position

    @property
    def node(self) -> Node:
        """Whose result it is."""
        return self.builder.nodes[self.position]

    @property
    def shape(self) -> Shape:
        return self.node.shape

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    def is_constant(self, number: Number) -> bool:
        """Whether it is this number throughout, as far as can be seen."""
        node = self.node
        while node.operation in ("broadcast", "reshape"):
            node = self.builder.nodes[node.inputs[0]]
        if node.operation != "constant":
            return False
        setting = node.settings[0]
        return isinstance(setting, Array) and bool((setting.numbers == number).all())

    def _of(self, operation: str, *settings: Setting) -> Value:
        return self.builder.emit(operation, (self,), *settings)

    def _with(self, operation: str, other: Value | Number) -> Value:
        return self.builder.emit(operation, together(self, self.builder.lifted(other)))

    # -- elementwise -------------------------------------------------------------------------------------------------
    def __neg__(self) -> Value:
        return self._of("neg")

    def __add__(self, other: Value | Number) -> Value:
        y = self.builder.lifted(other)
        if y.is_constant(0):
            return self.broadcast_to(np.broadcast_shapes(self.shape, y.shape))
        if self.is_constant(0):
            return y.broadcast_to(np.broadcast_shapes(self.shape, y.shape))
        return self._with("add", y)

    __radd__ = __add__

    def __sub__(self, other: Value | Number) -> Value:
        y = self.builder.lifted(other)
        if y.is_constant(0):
            return self.broadcast_to(np.broadcast_shapes(self.shape, y.shape))
        return self._with("sub", y)

    def __rsub__(self, other: Number) -> Value:
        return self.builder.lifted(other) - self

    def __mul__(self, other: Value | Number) -> Value:
        y = self.builder.lifted(other)
        for x, one in ((self, y), (y, self)):
            if one.is_constant(1):
                return x.broadcast_to(np.broadcast_shapes(self.shape, y.shape))
        return self._with("mul", y)

    __rmul__ = __mul__

    def __truediv__(self, other: Value | Number) -> Value:
        y = self.builder.lifted(other)
        if y.is_constant(1):
            return self.broadcast_to(np.broadcast_shapes(self.shape, y.shape))
        return self._with("div", y)

    def __rtruediv__(self, other: Number) -> Value:
        return self.builder.lifted(other) / self

    def exp(self) -> Value:
        return self._of("exp")

    def log(self) -> Value:
        return self._of("log")

    def tanh(self) -> Value:
        return self._of("tanh")

    def sqrt(self) -> Value:
        return self._of("sqrt")

    def erf(self) -> Value:
        return self._of("erf")

    def sin(self) -> Value:
        return self._of("sin")

    def cos(self) -> Value:
        return self._of("cos")

    def atan(self) -> Value:
        return self._of("atan")

    def square(self) -> Value:
        return self * self

    def held(self) -> Value:
        """Itself, without a derivative."""
        return self._of("hold")

    # -- branches ----------------------------------------------------------------------------------------------------
    def positive(self) -> Value:
        """Whether each number is > 0: for `kept` and `dropped`, not to be computed with."""
        return self._of("positive")

    def kept(self, where: Value) -> Value:
        """Itself where that holds, 0 elsewhere."""
        return self.builder.emit("keep", together(self, where))

    def dropped(self, where: Value) -> Value:
        """0 where that holds, itself elsewhere."""
        return self.builder.emit("drop", together(self, where))

    def argmax(self) -> Value:
        """Along the last axis, the position of the largest, the first of equals: for `taken` and `put`."""
        return self._of("argmax")

    def peak(self) -> Value:
        """Along the last axis, the position of about the largest: for results that do not depend on which it is."""
        return self._of("peak")

    def largest(self) -> Value:
        """Along the last axis, whether each number is as large as the largest: flags, as `positive` gives them."""
        return self._of("largest")

    def taken(self, index: Value) -> Value:
        """Along the last axis, the number at a position of `argmax`."""
        return self.builder.emit("take", (self, index))

    def put(self, index: Value, length: int) -> Value:
        """A new last axis of this length, with itself at a position of `argmax` and 0 elsewhere."""
        return self.builder.emit("put", (self, index), length)

    # -- along axes --------------------------------------------------------------------------------------------------
    def sum(self, axes: Sequence[int] | int | None = None, keep: bool = False) -> Value:
        """The sum over axes; over all, if none are given. keep: leave them in, with length 1."""
        chosen = self._axes(axes)
        y = self._of("sum", chosen) if chosen else self
        return y.reshape(tuple(1 if a in chosen else n for a, n in enumerate(self.shape))) if keep else y

    def mean(self, axes: Sequence[int] | int | None = None, keep: bool = False) -> Value:
        """The mean over axes."""
        count = math.prod(self.shape[a] for a in self._axes(axes))
        return self.sum(axes, keep) / count

    def centered(self, axes: Sequence[int] | int) -> Value:
        """Itself less its mean over axes."""
        return self._of("center", self._axes(axes))

    def _axes(self, axes: Sequence[int] | int | None) -> Shape:
        if axes is None:
            return tuple(range(self.ndim))
        return tuple(sorted({a % self.ndim for a in ([axes] if isinstance(axes, int) else axes)}))

    def __matmul__(self, other: Value) -> Value:
        """(..., p, k) and (..., k, q) to (..., p, q); leading axes broadcast."""
        lead = np.broadcast_shapes(self.shape[:-2], other.shape[:-2])
        x, y = (v.broadcast_to((*lead, *v.shape[-2:])) for v in (self, other))
        return self.builder.emit("matmul", (x, y))

    # -- shape -------------------------------------------------------------------------------------------------------
    def reshape(self, shape: Shape) -> Value:
        """The same numbers in the same order; one length may be -1."""
        if -1 in shape:
            shape = tuple(self.size // -math.prod(shape) if n == -1 else n for n in shape)
        return self if shape == self.shape else self._of("reshape", shape)

    def transpose(self, axes: Sequence[int]) -> Value:
        """The axes in this order."""
        order = tuple(a % self.ndim for a in axes)
        return self if order == tuple(range(self.ndim)) else self._of("transpose", order)

    @property
    def swapped(self) -> Value:
        """The last two axes exchanged."""
        return self.transpose((*range(self.ndim - 2), self.ndim - 1, self.ndim - 2))

    def broadcast_to(self, shape: Shape) -> Value:
        """Repeated to a shape, as NumPy does."""
        if shape == self.shape:
            return self
        return self.reshape((1,) * (len(shape) - self.ndim) + self.shape)._of("broadcast", shape)

    def gathered(self, table: object) -> Value:
        """The numbers at positions of the flat array, in the shape of the table; 0 where that has -1."""
        return self._of("gather", positions(table))

    def scattered(self, table: object, shape: Shape) -> Value:
        """An array of this shape, to whose flat positions the numbers are added; nowhere, where the table has -1."""
        return self._of("scatter", positions(table), shape)

    def indexed(self, index: object) -> Value:
        """What NumPy's indexing with constants gives: slices, integers, integer arrays."""
        return self.gathered(np.arange(self.size).reshape(self.shape)[index])  # type: ignore[call-overload]


def together(x: Value, y: Value) -> tuple[Value, Value]:
    """Two values broadcast to one shape."""
    shape = np.broadcast_shapes(x.shape, y.shape)
    return x.broadcast_to(shape), y.broadcast_to(shape)
