"""What `arb`, `rational` and `symbolic` share: NumPy object arrays, one Python number an element.

NumPy broadcasts, indexes and reshapes them, and applies the numbers' own operators element by element.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from fractions import Fraction

import flint
import numpy as np

from mamlcheck.arithmetic.arrays import Doubles, Integers, Objects
from mamlcheck.arithmetic.exact import exact_array, exponent, fractions_of
from mamlcheck.arithmetic.protocol import Arithmetic, Operations


def elementwise(function: Callable[..., object], *arrays: Objects | int) -> Objects:
    """`function` over broadcast object arrays; always an object array, 0-d ones included."""
    return as_array(np.frompyfunc(function, len(arrays), 1)(*arrays))


def _union(low: float, high: float) -> flint.arb:
    return flint.arb(low).union(flint.arb(high)) if np.isfinite([low, high]).all() else flint.arb("nan")


def as_array(value: object) -> Objects:
    """`value` as an object array: NumPy hands a bare number back where the result has no axes."""
    if isinstance(value, np.ndarray):
        return value
    out = np.empty((), dtype=object)
    out[()] = value
    return out


class ObjectArithmetic(Operations[Objects]):
    """Operations that need nothing but the numbers' own `+ - * /`."""

    name = "objects"
    rigorous = True
    in_doubles = False
    precision = 53

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return self.name

    @abstractmethod
    def number(self, value: Fraction) -> object:
        """One exact number in this arithmetic."""

    def working(self) -> AbstractContextManager[object]:
        """Context in which formulas run."""
        return nullcontext()

    def exact(self, values: object) -> Objects:
        array = exact_array(values)
        out = np.empty(array.shape, dtype=object)
        out.reshape(-1)[:] = [self.number(v) for v in fractions_of(array)]
        return out

    def between(self, low: Doubles, high: Doubles) -> Objects:
        """Numbers known to lie in [low, high]; nothing is known where one of the two is not finite."""
        return self.from_arb(elementwise(_union, low.astype(np.object_), high.astype(np.object_)))

    def square(self, x: Objects) -> Objects:
        return as_array(x * x)

    def power(self, x: Objects, n: int) -> Objects:
        """x**n for an integer n >= 0, by repeated squaring."""
        if exponent(n) == 0:
            return as_array(x * 0 + self.exact(1))  # nan where x is: what is undefined has no powers
        result = None
        while n:
            if n & 1:
                result = x if result is None else as_array(result * x)
            n >>= 1
            x = as_array(x * x) if n else x
        return as_array(result)

    def sum(self, x: Objects, axis: int) -> Objects:
        if x.shape[axis] == 0:
            return self.exact(np.zeros(np.delete(x.shape, axis)))
        return as_array(np.add.reduce(x, axis=axis))

    def mean(self, x: Objects, axis: int) -> Objects:
        return as_array(self.sum(x, axis) / self.exact(x.shape[axis]))

    def weighted_sum(self, weights: Objects, x: Objects, axis: int) -> Objects:
        return self.sum(weights * x, axis)

    def matvec(self, a: Objects, x: Objects) -> Objects:
        """X a^T: (..., m, d) and (..., P, d) to (..., P, m)."""
        return self.matmul(x, np.swapaxes(a, -1, -2))

    def rmatvec(self, a: Objects, y: Objects) -> Objects:
        """Y a: (..., m, d) and (..., P, m) to (..., P, d)."""
        return self.matmul(y, a)

    def matmul(self, x: Objects, y: Objects) -> Objects:
        return np.asarray(np.matmul(x, y))

    def squared_norm(self, x: Objects) -> Objects:
        return self.sum(x * x, -1)

    def norm(self, x: Objects) -> Objects:
        return self.sqrt(self.squared_norm(x))

    def stack(self, arrays: Sequence[Objects], axis: int) -> Objects:
        return np.stack(arrays, axis=axis)

    def concatenate(self, arrays: Sequence[Objects], axis: int) -> Objects:
        return np.concatenate(arrays, axis=axis)

    def broadcast_to(self, x: Objects, shape: tuple[int, ...]) -> Objects:
        return np.broadcast_to(x, shape)

    def transpose(self, x: Objects, axes: Sequence[int]) -> Objects:
        return np.transpose(x, axes)

    def take(self, x: Objects, indices: Integers | Sequence[int], axis: int) -> Objects:
        return as_array(np.take(x, indices, axis=axis))

    def vanishing_with(self, x: Objects, step: Objects) -> Objects:
        """x, known to be 0 wherever `step` is exactly 0."""
        zero = self.number(Fraction(0))
        return elementwise(lambda value, h: zero if self.is_exact_zero(h) else value, x, step)

    def is_exact_zero(self, value: object) -> bool:
        return bool(value == 0)

    def lipschitz(
        self,
        function: Callable[[Arithmetic, Objects], tuple[Objects, ...]],
        x: Objects,
        bounds: Sequence[Fraction | None],
    ) -> tuple[Objects, ...]:
        """`function(self, x)`: these numbers have no radius to carry through."""
        return function(self, x)

    def sloping(
        self, function: Callable[[Objects], tuple[Objects, ...]], x: Objects, slopes: Sequence[Objects]
    ) -> tuple[Objects, ...]:
        """`function(x)`: what is known of its slopes is not used."""
        return function(x)
