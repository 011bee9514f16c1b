"""`double_double`: numbers of about 106 bits, as pairs of float64 arrays, at 10 to 30 times the cost of float64.

Nothing is proved of its results: they serve to measure what float64 is off by. Each operation is right to 2**-100 of
its result, or, for sums and matrix products, of the largest terms (`pairs`). Elementary functions are Arb's, at a
precision above that of a pair. Overflow gives inf or NaN, as in doubles, and below 1e-270 digits are lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from fractions import Fraction
from typing import TypeAlias, overload

import flint
import numpy as np

from mamlcheck.arithmetic import pairs
from mamlcheck.arithmetic.arrays import Answers, Doubles
from mamlcheck.arithmetic.exact import are_doubles, exact_array, fraction, nearest_double, nearest_doubles
from mamlcheck.arithmetic.float64 import Float64
from mamlcheck.arithmetic.protocol import DirectionOperations, Index

FUNCTION_BITS = 160  # of Arb's functions: enough that a pair is rounded nearly once
_float64 = Float64()


class DoubleDoubleArray:
    """The numbers high + low: float64 arrays of one shape."""

    __slots__ = ("high", "low")
    __array_ufunc__ = None

    def __init__(self, high: Doubles, low: Doubles):
        self.high = np.asarray(high)
        self.low = np.asarray(low)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.high.shape

    @property
    def ndim(self) -> int:
        return self.high.ndim

    @property
    def pair(self) -> pairs.Pair:
        return self.high, self.low

    def _map(self, move: Callable[[Doubles], Doubles]) -> DoubleDoubleArray:
        return DoubleDoubleArray(np.asarray(move(self.high)), np.asarray(move(self.low)))

    def __getitem__(self, index: Index) -> DoubleDoubleArray:
        return self._map(lambda a: a[index])

    @overload
    def reshape(self, shape: tuple[int, ...], /) -> DoubleDoubleArray: ...

    @overload
    def reshape(self, length: int, /, *more: int) -> DoubleDoubleArray: ...

    def reshape(self, shape: int | tuple[int, ...], /, *more: int) -> DoubleDoubleArray:
        return self._map(lambda a: a.reshape(shape, *more))

    def __neg__(self) -> DoubleDoubleArray:
        return self._map(np.negative)

    def __add__(self, other: Operand) -> DoubleDoubleArray:
        return _of(pairs.added, self, other)

    __radd__ = __add__

    def __sub__(self, other: Operand) -> DoubleDoubleArray:
        return _of(pairs.subtracted, self, other)

    def __rsub__(self, other: Operand) -> DoubleDoubleArray:
        return _of(pairs.subtracted, other, self)

    def __mul__(self, other: Operand) -> DoubleDoubleArray:
        return _of(pairs.multiplied, self, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Operand) -> DoubleDoubleArray:
        return _of(pairs.divided, self, other)

    def __rtruediv__(self, other: Operand) -> DoubleDoubleArray:
        return _of(pairs.divided, other, self)


Operand: TypeAlias = DoubleDoubleArray | int


def _of(kernel: pairs.Kernel, *operands: Operand) -> DoubleDoubleArray:
    a, b = (x if isinstance(x, DoubleDoubleArray) else _exact(x) for x in operands)
    return DoubleDoubleArray(*pairs.in_blocks(kernel, a.pair, b.pair))


def _exact(values: object) -> DoubleDoubleArray:
    array = exact_array(values)
    if are_doubles(array):
        return DoubleDoubleArray(array, np.zeros(array.shape))
    high = nearest_doubles(array)[0]
    rests = [nearest_double(fraction(v) - Fraction(h)) for v, h in zip(array.flat, high.flat, strict=True)]
    return DoubleDoubleArray(high, np.array(rests, dtype=np.float64).reshape(high.shape))


def _by_arb(function: Callable[[flint.arb], flint.arb], x: DoubleDoubleArray) -> DoubleDoubleArray:
    out = np.empty((2, x.high.size))
    with flint.ctx.workprec(FUNCTION_BITS):
        for k, (high, low) in enumerate(zip(x.high.ravel().tolist(), x.low.ravel().tolist(), strict=True)):
            value = function(flint.arb(high) + low).mid()
            out[0, k] = near = float(value)
            out[1, k] = float(value - near) if np.isfinite(near) else 0.0
    return DoubleDoubleArray(out[0].reshape(x.shape), out[1].reshape(x.shape))


class DoubleDouble(DirectionOperations[DoubleDoubleArray]):
    """Arrays are `DoubleDoubleArray`."""

    name = "double_double"
    rigorous = False
    precision = 106

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return self.name

    def working(self) -> AbstractContextManager[object]:
        """Context in which formulas run; quiet about overflow, which the caller sees as inf or NaN."""
        return _float64.working()

    def exact(self, values: object) -> DoubleDoubleArray:
        """Doubles as they are; of other exact numbers the nearest double, and that of the rest."""
        return _exact(values)

    def exp(self, x: DoubleDoubleArray) -> DoubleDoubleArray:
        return _by_arb(flint.arb.exp, x)

    def log(self, x: DoubleDoubleArray) -> DoubleDoubleArray:
        return _by_arb(flint.arb.log, x)

    def tanh(self, x: DoubleDoubleArray) -> DoubleDoubleArray:
        return _by_arb(flint.arb.tanh, x)

    def erf(self, x: DoubleDoubleArray) -> DoubleDoubleArray:
        return _by_arb(flint.arb.erf, x)

    def sin(self, x: DoubleDoubleArray) -> DoubleDoubleArray:
        return _by_arb(flint.arb.sin, x)

    def cos(self, x: DoubleDoubleArray) -> DoubleDoubleArray:
        return _by_arb(flint.arb.cos, x)

    def atan(self, x: DoubleDoubleArray) -> DoubleDoubleArray:
        return _by_arb(flint.arb.atan, x)

    def sqrt(self, x: DoubleDoubleArray) -> DoubleDoubleArray:
        return DoubleDoubleArray(*pairs.root(*x.pair))

    def square(self, x: DoubleDoubleArray) -> DoubleDoubleArray:
        return x * x

    def sum(self, x: DoubleDoubleArray, axis: int) -> DoubleDoubleArray:
        last = x._map(lambda a: np.moveaxis(a, axis, -1))
        return DoubleDoubleArray(*pairs.summed(*last.pair))

    def mean(self, x: DoubleDoubleArray, axis: int) -> DoubleDoubleArray:
        return self.sum(x, axis) / x.shape[axis]

    def norm(self, x: DoubleDoubleArray) -> DoubleDoubleArray:
        return self.sqrt(self.sum(x * x, -1))

    def matvec(self, a: DoubleDoubleArray, x: DoubleDoubleArray) -> DoubleDoubleArray:
        """X a^T: (..., m, d) and (..., P, d) to (..., P, m)."""
        return self.rmatvec(a._map(lambda part: np.swapaxes(part, -1, -2)), x)

    def rmatvec(self, a: DoubleDoubleArray, y: DoubleDoubleArray) -> DoubleDoubleArray:
        """Y a: (..., m, d) and (..., P, m) to (..., P, d)."""
        return DoubleDoubleArray(*pairs.product(y.pair, a.pair))

    def concatenate(self, arrays: Sequence[DoubleDoubleArray], axis: int) -> DoubleDoubleArray:
        return DoubleDoubleArray(
            np.concatenate([a.high for a in arrays], axis), np.concatenate([a.low for a in arrays], axis)
        )

    def broadcast_to(self, x: DoubleDoubleArray, shape: tuple[int, ...]) -> DoubleDoubleArray:
        return x._map(lambda a: np.broadcast_to(a, shape))

    def transpose(self, x: DoubleDoubleArray, axes: Sequence[int]) -> DoubleDoubleArray:
        return x._map(lambda a: np.transpose(a, axes))

    def less_equal(self, x: DoubleDoubleArray, y: DoubleDoubleArray) -> Answers:
        """1 where x <= y, 0 where x > y, -1 where either is NaN (int8)."""
        high = _float64.less_equal(x.high, y.high)
        return np.where(x.high == y.high, _float64.less_equal(x.low, y.low), high).astype(np.int8)

    def midpoint(self, x: DoubleDoubleArray) -> Doubles:
        """Doubles nearest to the numbers."""
        return x.high
