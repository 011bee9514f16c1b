"""`dual(ar)`: numbers of an arithmetic with a tangent, so that a gradient formula gives Hessian-vector products.

A dual number v + t eps, eps^2 = 0, carries a value v and the derivative t along one direction (forward mode; Griewank
and Walther, "Evaluating Derivatives", 2008, chapter 3). The gradient formula run on w + v eps has the tangent H(w) v:
the formula is written once, and its derivative is not written at all. Only the operations that formulas of the
conformance models use are here; what is certified of a tangent is what the arithmetic underneath certifies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, overload

from mamlcheck.arithmetic.protocol import Index, ModelArithmetic, ModelOperations, Numbers


class DualArray:
    """Values and tangents of one shape; `tangent` is None where it is 0 throughout."""

    __slots__ = ("tangent", "value")
    __array_ufunc__ = None

    def __init__(self, value: Numbers, tangent: Numbers | None = None):
        self.value = value
        self.tangent = tangent

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return self.value.ndim

    def _map(self, move: Callable[[Numbers], Numbers]) -> DualArray:
        return DualArray(move(self.value), None if self.tangent is None else move(self.tangent))

    def __getitem__(self, index: Index) -> DualArray:
        return self._map(lambda a: a[index])

    @overload
    def reshape(self, shape: tuple[int, ...], /) -> DualArray: ...

    @overload
    def reshape(self, length: int, /, *more: int) -> DualArray: ...

    def reshape(self, shape: int | tuple[int, ...], /, *more: int) -> DualArray:
        lengths = shape if isinstance(shape, tuple) else (shape, *more)
        return self._map(lambda a: a.reshape(lengths))

    def __neg__(self) -> DualArray:
        return self._map(lambda a: -a)

    def __add__(self, other: Operand) -> DualArray:
        value, tangent = _parts(other)
        return DualArray(self.value + value, _plus(self.tangent, tangent))

    __radd__ = __add__

    def __sub__(self, other: Operand) -> DualArray:
        return self + -other

    def __rsub__(self, other: Operand) -> DualArray:
        return -self + other

    def __mul__(self, other: Operand) -> DualArray:
        value, tangent = _parts(other)
        return DualArray(self.value * value, _plus(_times(self.tangent, value), _times(tangent, self.value)))

    __rmul__ = __mul__

    def __truediv__(self, other: Operand) -> DualArray:
        value, tangent = _parts(other)
        return _quotient(self.value / value, self.tangent, value, tangent)

    def __rtruediv__(self, other: Operand) -> DualArray:
        value, tangent = _parts(other)
        return _quotient(value / self.value, tangent, self.value, self.tangent)


Operand: TypeAlias = DualArray | Numbers | int


def _parts(x: Operand) -> tuple[Numbers | int, Numbers | None]:
    """Value and tangent; whatever is no dual number is a constant."""
    return (x.value, x.tangent) if isinstance(x, DualArray) else (x, None)


def _lifted(x: DualArray | Numbers) -> DualArray:
    return x if isinstance(x, DualArray) else DualArray(x)


def _quotient(quotient: Numbers, rise: Numbers | None, divisor: Numbers | int, slope: Numbers | None) -> DualArray:
    """The dual number of this value, a quotient, from the tangents of the dividend and of the divisor."""
    change = _plus(rise, _times(slope, -quotient))
    return DualArray(quotient, None if change is None else change / divisor)


def _plus(a: Numbers | None, b: Numbers | None) -> Numbers | None:
    if a is None or b is None:
        return b if a is None else a
    return a + b


def _times(tangent: Numbers | None, factor: Numbers | int) -> Numbers | None:
    return None if tangent is None else tangent * factor


class Dual(ModelOperations[DualArray]):
    """Arrays are `DualArray` over the arrays of `ar`; arrays of `ar` and ints are taken as constants."""

    def __init__(self, ar: ModelArithmetic):
        self.ar = ar

    def __repr__(self) -> str:
        return f"dual({self.ar!r})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.ar == self.ar

    def __hash__(self) -> int:
        return hash(("dual", self.ar))

    def _chain(self, x: DualArray | Numbers, value: Numbers, slope: Callable[[], Numbers]) -> DualArray:
        tangent = _lifted(x).tangent
        return DualArray(value, None if tangent is None else slope() * tangent)

    def exp(self, x: DualArray | Numbers) -> DualArray:
        value = self.ar.exp(_lifted(x).value)
        return self._chain(x, value, lambda: value)

    def log(self, x: DualArray | Numbers) -> DualArray:
        inner = _lifted(x).value
        return self._chain(x, self.ar.log(inner), lambda: 1 / inner)

    def tanh(self, x: DualArray | Numbers) -> DualArray:
        value = self.ar.tanh(_lifted(x).value)
        return self._chain(x, value, lambda: 1 - self.ar.square(value))

    def square(self, x: DualArray | Numbers) -> DualArray:
        inner = _lifted(x).value
        return self._chain(x, self.ar.square(inner), lambda: 2 * inner)

    def sum(self, x: DualArray | Numbers, axis: int) -> DualArray:
        return _lifted(x)._map(lambda a: self.ar.sum(a, axis))

    def mean(self, x: DualArray | Numbers, axis: int) -> DualArray:
        return _lifted(x)._map(lambda a: self.ar.mean(a, axis))

    def transpose(self, x: DualArray | Numbers, axes: Sequence[int]) -> DualArray:
        return _lifted(x)._map(lambda a: self.ar.transpose(a, axes))

    def _bilinear(
        self, product: Callable[[Numbers, Numbers], Numbers], a: DualArray | Numbers, b: DualArray | Numbers
    ) -> DualArray:
        first, second = _lifted(a), _lifted(b)
        left = None if first.tangent is None else product(first.tangent, second.value)
        right = None if second.tangent is None else product(first.value, second.tangent)
        return DualArray(product(first.value, second.value), _plus(left, right))

    def matvec(self, a: DualArray | Numbers, x: DualArray | Numbers) -> DualArray:
        """X a^T: (..., m, d) and (..., P, d) to (..., P, m)."""
        return self._bilinear(self.ar.matvec, a, x)

    def rmatvec(self, a: DualArray | Numbers, y: DualArray | Numbers) -> DualArray:
        """Y a: (..., m, d) and (..., P, m) to (..., P, d)."""
        return self._bilinear(self.ar.rmatvec, a, y)

    def concatenate(self, arrays: Sequence[DualArray | Numbers], axis: int) -> DualArray:
        parts = [_lifted(a) for a in arrays]
        value = self.ar.concatenate([p.value for p in parts], axis)
        if all(p.tangent is None for p in parts):
            return DualArray(value)
        tangents = [p.value - p.value if p.tangent is None else p.tangent for p in parts]
        return DualArray(value, self.ar.concatenate(tangents, axis))
