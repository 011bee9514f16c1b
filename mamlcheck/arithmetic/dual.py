"""`dual(ar)`: numbers of an arithmetic with a tangent, so that a gradient formula gives Hessian-vector products.

A dual number v + t eps, eps^2 = 0, carries a value v and the derivative t along one direction (forward mode; Griewank
and Walther, "Evaluating Derivatives", 2008, chapter 3). The gradient formula run on w + v eps has the tangent H(w) v:
the formula is written once, and its derivative is not written at all. Only the operations that formulas of the
conformance models use are here; what is certified of a tangent is what the arithmetic underneath certifies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mamlcheck.arithmetic.protocol import Arithmetic

Array = Any


class DualArray:
    """Values and tangents of one shape; `tangent` is None where it is 0 throughout."""

    __slots__ = ("tangent", "value")
    __array_ufunc__ = None

    def __init__(self, value: Array, tangent: Array | None = None):
        self.value = value
        self.tangent = tangent

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.value.shape)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def _map(self, move: Callable[[Array], Array]) -> DualArray:
        return DualArray(move(self.value), None if self.tangent is None else move(self.tangent))

    def __getitem__(self, index: Any) -> DualArray:
        return self._map(lambda a: a[index])

    def reshape(self, *shape: Any) -> DualArray:
        return self._map(lambda a: a.reshape(*shape))

    def __neg__(self) -> DualArray:
        return self._map(lambda a: -a)

    def __add__(self, other: Any) -> DualArray:
        other = _lifted(other)
        return DualArray(self.value + other.value, _plus(self.tangent, other.tangent))

    __radd__ = __add__

    def __sub__(self, other: Any) -> DualArray:
        return self + -_lifted(other)

    def __rsub__(self, other: Any) -> DualArray:
        return _lifted(other) + -self

    def __mul__(self, other: Any) -> DualArray:
        other = _lifted(other)
        return DualArray(
            self.value * other.value,
            _plus(_times(self.tangent, other.value), _times(other.tangent, self.value)),
        )

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> DualArray:
        other = _lifted(other)
        quotient = self.value / other.value
        rise = _plus(self.tangent, _times(other.tangent, -quotient))
        return DualArray(quotient, None if rise is None else rise / other.value)

    def __rtruediv__(self, other: Any) -> DualArray:
        return _lifted(other) / self


def _lifted(x: Any) -> DualArray:
    return x if isinstance(x, DualArray) else DualArray(x)


def _plus(a: Array | None, b: Array | None) -> Array | None:
    if a is None or b is None:
        return b if a is None else a
    return a + b


def _times(tangent: Array | None, factor: Array) -> Array | None:
    return None if tangent is None else tangent * factor


class Dual:
    """Arrays are `DualArray` over the arrays of `ar`; arrays of `ar` and ints are taken as constants."""

    def __init__(self, ar: Arithmetic):
        self.ar = ar

    def __repr__(self) -> str:
        return f"dual({self.ar!r})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.ar == self.ar

    def __hash__(self) -> int:
        return hash(("dual", self.ar))

    def _chain(self, x: Array, value: Array, slope: Callable[[], Array]) -> DualArray:
        tangent = _lifted(x).tangent
        return DualArray(value, None if tangent is None else slope() * tangent)

    def exp(self, x: Array) -> DualArray:
        value = self.ar.exp(_lifted(x).value)
        return self._chain(x, value, lambda: value)

    def log(self, x: Array) -> DualArray:
        inner = _lifted(x).value
        return self._chain(x, self.ar.log(inner), lambda: 1 / inner)

    def tanh(self, x: Array) -> DualArray:
        value = self.ar.tanh(_lifted(x).value)
        return self._chain(x, value, lambda: 1 - self.ar.square(value))

    def square(self, x: Array) -> DualArray:
        inner = _lifted(x).value
        return self._chain(x, self.ar.square(inner), lambda: 2 * inner)

    def _linear(self, operation: Callable[..., Array], x: Array, *arguments: Any) -> DualArray:
        return _lifted(x)._map(lambda a: operation(a, *arguments))

    def sum(self, x: Array, axis: int) -> DualArray:
        return self._linear(self.ar.sum, x, axis)

    def mean(self, x: Array, axis: int) -> DualArray:
        return self._linear(self.ar.mean, x, axis)

    def transpose(self, x: Array, axes: Sequence[int]) -> DualArray:
        return self._linear(self.ar.transpose, x, axes)

    def _bilinear(self, product: Callable[[Array, Array], Array], a: Array, b: Array) -> DualArray:
        a, b = _lifted(a), _lifted(b)
        left = None if a.tangent is None else product(a.tangent, b.value)
        right = None if b.tangent is None else product(a.value, b.tangent)
        return DualArray(product(a.value, b.value), _plus(left, right))

    def matvec(self, a: Array, x: Array) -> DualArray:
        """X a^T: (..., m, d) and (..., P, d) to (..., P, m)."""
        return self._bilinear(self.ar.matvec, a, x)

    def rmatvec(self, a: Array, y: Array) -> DualArray:
        """Y a: (..., m, d) and (..., P, m) to (..., P, d)."""
        return self._bilinear(self.ar.rmatvec, a, y)

    def concatenate(self, arrays: Sequence[Array], axis: int) -> DualArray:
        parts = [_lifted(a) for a in arrays]
        value = self.ar.concatenate([p.value for p in parts], axis)
        if all(p.tangent is None for p in parts):
            return DualArray(value)
        tangents = [p.value - p.value if p.tangent is None else p.tangent for p in parts]
        return DualArray(value, self.ar.concatenate(tangents, axis))
