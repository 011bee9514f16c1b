"""`float64`: plain NumPy, any leading batch shape. Fast and unproved: for sweeps and hunting, never for a
verdict that is called certified.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from fractions import Fraction

import numpy as np

from mamlcheck.arithmetic.arrays import Answers, Doubles, Integers, Objects
from mamlcheck.arithmetic.exact import are_doubles, exact_array, exponent, nearest_doubles
from mamlcheck.arithmetic.protocol import Arithmetic, Operations

_erf = np.frompyfunc(math.erf, 1, 1)  # NumPy has none


def _unary(function: np.ufunc) -> Callable[[Doubles], Doubles]:
    """One of NumPy's functions of one array, with the one use of it that formulas make."""
    return function


def _binary(function: np.ufunc) -> Callable[[Doubles, Doubles | int], Doubles]:
    """The same of two arrays."""
    return function


class Float64(Operations[Doubles]):
    """Arrays are `numpy.ndarray` of float64."""

    name = "float64"
    rigorous = False
    in_doubles = True
    precision = 53

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return self.name

    def working(self) -> AbstractContextManager[None]:
        """Context in which formulas run; quiet about overflow, which the caller sees as inf or NaN."""
        return np.errstate(all="ignore")

    def exact(self, values: object) -> Doubles:
        """Nearest doubles of exact numbers."""
        array = exact_array(values)
        return array if are_doubles(array) else nearest_doubles(array)[0]

    def from_arb(self, values: Objects) -> Doubles:
        """Midpoints of an object array of flint `arb`."""
        return np.array([float(v.mid()) for v in values.ravel()], dtype=np.float64).reshape(values.shape)

    def between(self, low: Doubles, high: Doubles) -> Doubles:
        """The middle of [low, high]."""
        return np.asarray(0.5 * low + 0.5 * high)

    abs = staticmethod(_unary(np.abs))
    minimum = staticmethod(_binary(np.minimum))
    maximum = staticmethod(_binary(np.maximum))
    sqrt = staticmethod(_unary(np.sqrt))
    square = staticmethod(_unary(np.square))
    exp = staticmethod(_unary(np.exp))
    expm1 = staticmethod(_unary(np.expm1))
    log = staticmethod(_unary(np.log))
    log1p = staticmethod(_unary(np.log1p))
    tanh = staticmethod(_unary(np.tanh))
    sin = staticmethod(_unary(np.sin))
    cos = staticmethod(_unary(np.cos))
    sinh = staticmethod(_unary(np.sinh))
    cosh = staticmethod(_unary(np.cosh))
    atan = staticmethod(_unary(np.arctan))
    asinh = staticmethod(_unary(np.arcsinh))

    def erf(self, x: Doubles) -> Doubles:
        return np.asarray(_erf(x), dtype=np.float64)

    def power(self, x: Doubles, n: int) -> Doubles:
        """x**n for an integer n >= 0."""
        return np.asarray(np.power(x, exponent(n)))

    def sum(self, x: Doubles, axis: int) -> Doubles:
        return np.asarray(np.sum(x, axis=axis))

    def mean(self, x: Doubles, axis: int) -> Doubles:
        return np.asarray(np.mean(x, axis=axis))

    def weighted_sum(self, weights: Doubles, x: Doubles, axis: int) -> Doubles:
        return np.asarray(np.sum(weights * x, axis=axis))

    def matvec(self, a: Doubles, x: Doubles) -> Doubles:
        """X a^T: (..., m, d) and (..., P, d) to (..., P, m)."""
        return np.asarray(np.matmul(x, np.swapaxes(a, -1, -2)))

    def rmatvec(self, a: Doubles, y: Doubles) -> Doubles:
        """Y a: (..., m, d) and (..., P, m) to (..., P, d)."""
        return np.asarray(np.matmul(y, a))

    def squared_norm(self, x: Doubles) -> Doubles:
        return np.asarray(np.einsum("...i,...i->...", x, x))

    def norm(self, x: Doubles) -> Doubles:
        return np.asarray(np.sqrt(self.squared_norm(x)))

    def stack(self, arrays: Sequence[Doubles], axis: int) -> Doubles:
        return np.stack(arrays, axis=axis)

    def concatenate(self, arrays: Sequence[Doubles], axis: int) -> Doubles:
        return np.concatenate(arrays, axis=axis)

    def broadcast_to(self, x: Doubles, shape: tuple[int, ...]) -> Doubles:
        return np.broadcast_to(x, shape)

    def transpose(self, x: Doubles, axes: Sequence[int]) -> Doubles:
        return np.transpose(x, axes)

    def take(self, x: Doubles, indices: Integers | Sequence[int], axis: int) -> Doubles:
        return np.asarray(np.take(x, indices, axis=axis))

    def vanishing_with(self, x: Doubles, step: Doubles) -> Doubles:
        """x, known to be 0 wherever `step` is exactly 0."""
        return np.where(step == 0, 0.0, x)

    def lipschitz(
        self,
        function: Callable[[Arithmetic, Doubles], tuple[Doubles, ...]],
        x: Doubles,
        bounds: Sequence[Fraction | None],
    ) -> tuple[Doubles, ...]:
        """`function(self, x)`: a double has no radius to carry through."""
        return function(self, x)

    def sloping(
        self, function: Callable[[Doubles], tuple[Doubles, ...]], x: Doubles, slopes: Sequence[Doubles]
    ) -> tuple[Doubles, ...]:
        """`function(x)`: what is known of its slopes is not used."""
        return function(x)

    def lower(self, x: Doubles) -> Doubles:
        """The values themselves: float64 encloses nothing."""
        return np.asarray(x, dtype=np.float64)

    upper = lower
    midpoint = lower

    def less_equal(self, x: Doubles, y: Doubles) -> Answers:
        """1 where x <= y, 0 where x > y, -1 where either is NaN (int8)."""
        with np.errstate(invalid="ignore"):
            answer = np.where(x <= y, 1, np.where(x > y, 0, -1))
        return answer.astype(np.int8)
