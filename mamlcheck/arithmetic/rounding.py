"""`Rounding`: doubles in which every operation is off by a little, at random, as another program's would be.

Run a formula several times in it, and the spread of the results is the root mean square of the rounding error that an
implementation of the same formula makes, to first order and in units of its unit roundoff u, with every cancellation
and correlation in place (Monte Carlo arithmetic: Parker, "Monte Carlo Arithmetic", UCLA CSD-970002, 1997). An operation
is off by a full u, never less; each term of a sum or product of k terms by sqrt(k) u, whatever the order of summation.
From the root mean square, Theorem 2.4 of Higham and Mary, "A New Approach to Probabilistic Rounding Error Analysis"
(SIAM J. Sci. Comput. 41, 2019) has a bound: an error exceeds lambda times it with probability at most
2 exp(-lambda^2 / 2).
So tolerances are derived, in float32 and float64 alike, and typed in nowhere. Nothing is proved here: `ball` does that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from mamlcheck.arithmetic.arrays import Answers, Doubles
from mamlcheck.arithmetic.float64 import Float64
from mamlcheck.arithmetic.protocol import DirectionOperations, Index

# The relative error that stands for one u here: far above the doubles' own 2**-53, and so far below float32's that
# squares of it do not count and that it turns next to none of the decisions of a network, which would count as errors.
PERTURBATION = 2.0**-42
# Elementary functions are off by 4 units in the last place, 8 u: the libraries behind NumPy, PyTorch and JAX state from
# 1 to 4 (glibc manual, "Known Maximum Errors in Math Functions"; SLEEF's u10 functions; CUDA C Programming Guide).
FUNCTION_ERROR_UNITS = 8
WORDS_AT_ONCE = 512  # of random bits: next to nothing where few are needed
LAMBDA = 8  # an error exceeds 8 root mean squares with a probability of at most 2 exp(-32), less than 3e-14

_float64 = Float64()


class PerturbedArray:
    """A float64 array; results of operations on it are perturbed by the arithmetic that made it."""

    __slots__ = ("ar", "value")
    __array_ufunc__ = None

    def __init__(self, ar: Rounding, value: Doubles):
        self.ar = ar
        self.value = np.asarray(value)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return self.value.ndim

    def __getitem__(self, index: Index) -> PerturbedArray:
        return PerturbedArray(self.ar, self.value[index])

    @overload
    def reshape(self, shape: tuple[int, ...], /) -> PerturbedArray: ...

    @overload
    def reshape(self, length: int, /, *more: int) -> PerturbedArray: ...

    def reshape(self, shape: int | tuple[int, ...], /, *more: int) -> PerturbedArray:
        return PerturbedArray(self.ar, self.value.reshape(shape, *more))

    def __neg__(self) -> PerturbedArray:
        return PerturbedArray(self.ar, -self.value)

    def __add__(self, other: Operand) -> PerturbedArray:
        return self.ar.perturbed(self.value + _value(other))

    __radd__ = __add__

    def __sub__(self, other: Operand) -> PerturbedArray:
        return self.ar.perturbed(self.value - _value(other))

    def __rsub__(self, other: Operand) -> PerturbedArray:
        return self.ar.perturbed(_value(other) - self.value)

    def __mul__(self, other: Operand) -> PerturbedArray:
        return self.ar.perturbed(self.value * _value(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Operand) -> PerturbedArray:
        return self.ar.perturbed(self.value / _value(other))

    def __rtruediv__(self, other: Operand) -> PerturbedArray:
        return self.ar.perturbed(_value(other) / self.value)


Operand: TypeAlias = PerturbedArray | Doubles | int


def _value(x: Operand) -> Doubles | int:
    return x.value if isinstance(x, PerturbedArray) else x


class Rounding(DirectionOperations[PerturbedArray]):
    """Arrays are `PerturbedArray`. The perturbations are a function of `seed`: use an arithmetic once."""

    name = "rounding"
    rigorous = False
    precision = 53

    def __init__(self, seed: int):
        self._random = np.random.Generator(np.random.Philox(seed))
        self._words = np.empty(0, dtype="<u4")
        self._taken = 0

    def __repr__(self) -> str:
        return self.name

    def working(self) -> AbstractContextManager[object]:
        """Context in which formulas run."""
        return _float64.working()

    def _either(self, shape: tuple[int, ...], less: float, more: float) -> Doubles:
        """One of two numbers at each place, at random: a bit is drawn for each."""
        count = math.prod(shape)
        chosen = np.multiply(np.unpackbits(self._drawn(count), count=count), more - less, dtype=np.float64)
        return np.add(chosen, less, out=chosen).reshape(shape)

    def _drawn(self, bits: int) -> NDArray[np.uint8]:
        """Bytes that hold so many random bits. Words are drawn in advance: a call of the generator costs as much as an
        operation on a small array.
        """
        start, stop = self._taken, self._taken - (-bits // 32)
        if stop > len(self._words):
            more = self._random.integers(2**32, size=max(WORDS_AT_ONCE, stop - start), dtype=np.uint32).astype("<u4")
            self._words = np.concatenate([self._words[start:], more])
            start, stop = 0, stop - start
        self._taken = stop
        return self._words[start:stop].view(np.uint8)

    def _off(self, value: Doubles, units: float) -> Doubles:
        """The value, off by so many units to either side at random."""
        factors = self._either(value.shape, 1 - PERTURBATION * units, 1 + PERTURBATION * units)
        return np.multiply(factors, value, out=factors)

    def perturbed(self, value: Doubles, units: float = 1) -> PerturbedArray:
        """The result of an operation, off by so many units."""
        return PerturbedArray(self, self._off(np.asarray(value), units))

    def exact(self, values: object) -> PerturbedArray:
        """Numbers as given; those that float32 does not hold are off by one rounding."""
        value = _float64.exact(values)
        return PerturbedArray(self, np.where(value.astype(np.float32) == value, value, self._off(value, 1)))

    def exp(self, x: PerturbedArray) -> PerturbedArray:
        return self.perturbed(np.exp(x.value), FUNCTION_ERROR_UNITS)

    def log(self, x: PerturbedArray) -> PerturbedArray:
        return self.perturbed(np.log(x.value), FUNCTION_ERROR_UNITS)

    def tanh(self, x: PerturbedArray) -> PerturbedArray:
        return self.perturbed(np.tanh(x.value), FUNCTION_ERROR_UNITS)

    def erf(self, x: PerturbedArray) -> PerturbedArray:
        return self.perturbed(_float64.erf(x.value), FUNCTION_ERROR_UNITS)

    def sin(self, x: PerturbedArray) -> PerturbedArray:
        return self.perturbed(np.sin(x.value), FUNCTION_ERROR_UNITS)

    def cos(self, x: PerturbedArray) -> PerturbedArray:
        return self.perturbed(np.cos(x.value), FUNCTION_ERROR_UNITS)

    def atan(self, x: PerturbedArray) -> PerturbedArray:
        return self.perturbed(np.arctan(x.value), FUNCTION_ERROR_UNITS)

    def sqrt(self, x: PerturbedArray) -> PerturbedArray:
        return self.perturbed(np.sqrt(x.value))

    def square(self, x: PerturbedArray) -> PerturbedArray:
        return x * x

    def sum(self, x: PerturbedArray, axis: int) -> PerturbedArray:
        return PerturbedArray(self, self._off(x.value, math.sqrt(x.shape[axis])).sum(axis=axis))

    def mean(self, x: PerturbedArray, axis: int) -> PerturbedArray:
        return self.sum(x, axis) / x.shape[axis]

    def squared_norm(self, x: PerturbedArray) -> PerturbedArray:
        return self.sum(x * x, -1)

    def norm(self, x: PerturbedArray) -> PerturbedArray:
        return self.sqrt(self.squared_norm(x))

    def matvec(self, a: PerturbedArray, x: PerturbedArray) -> PerturbedArray:
        """X a^T: (..., m, d) and (..., P, d) to (..., P, m)."""
        return self._product(x.value, np.swapaxes(a.value, -1, -2))

    def rmatvec(self, a: PerturbedArray, y: PerturbedArray) -> PerturbedArray:
        """Y a: (..., m, d) and (..., P, m) to (..., P, d)."""
        return self._product(y.value, a.value)

    def _product(self, x: Doubles, y: Doubles) -> PerturbedArray:
        """The matrix product, off by what its terms are off by: each by 1 u for itself and sqrt(k) u in the sum.

        The k terms are off independently, so their sum is off by the root of the sum of their squares.
        """
        off = np.sqrt(np.matmul(x * x, y * y))
        units = PERTURBATION * math.sqrt(1 + x.shape[-1])
        return PerturbedArray(self, np.matmul(x, y) + self._either(off.shape, -units, units) * off)

    def concatenate(self, arrays: Sequence[PerturbedArray], axis: int) -> PerturbedArray:
        return PerturbedArray(self, np.concatenate([a.value for a in arrays], axis=axis))

    def broadcast_to(self, x: PerturbedArray, shape: tuple[int, ...]) -> PerturbedArray:
        return PerturbedArray(self, np.broadcast_to(x.value, shape))

    def less_equal(self, x: PerturbedArray, y: PerturbedArray) -> Answers:
        """As the perturbed numbers say: a branch may go another way than in the exact formula."""
        return _float64.less_equal(x.value, y.value)

    def transpose(self, x: PerturbedArray, axes: Sequence[int]) -> PerturbedArray:
        return PerturbedArray(self, np.transpose(x.value, axes))


def squared_error(formula: Callable[[Rounding], PerturbedArray], exact: Doubles, seed: int) -> float:
    """The square of the Euclidean norm of what a formula is off by in one run; `exact` is its value in doubles."""
    ar = Rounding(seed)
    with ar.working():
        return float(np.sum(np.square(formula(ar).value - exact)))


def bound_of(squares: Sequence[float]) -> float:
    """Bound on the Euclidean norm of the rounding error, in units of u, from its squares in some runs.

    The root mean square of that norm, times LAMBDA.
    """
    return LAMBDA * math.sqrt(sum(squares) / len(squares)) / PERTURBATION


def rounding_error(formula: Callable[[Rounding], PerturbedArray], exact: Doubles, runs: int) -> float:
    """Bound on the Euclidean norm of the rounding error in `formula`, in units of u, from so many runs; `exact` is its
    value in doubles.
    """
    return bound_of([squared_error(formula, exact, seed) for seed in range(runs)])
