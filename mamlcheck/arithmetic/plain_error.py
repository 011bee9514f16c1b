"""How far plain doubles can be off where they evaluate a function of one number: proved once for all arguments.

`Points` evaluates a function in plain doubles, with the elementary functions of `tabled`, or of `enclosures` where it
has none. `error_table` bounds what that loses. It cuts the arguments up to 2**LARGEST into pieces and runs the function
on all of them in `Traced`, an arithmetic whose arrays hold, for each piece, a ball around the exact values and a bound
of how far the doubles of `Points` are from them: the standard model of rounding, operation by operation (Higham,
"Accuracy and Stability of Numerical Algorithms", 2002, section 2.2). So evaluating costs what plain doubles cost.

This module knows nothing of losses: a function is anything that takes an arithmetic and an array.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from mamlcheck.arithmetic import enclosures, tabled
from mamlcheck.arithmetic.arrays import Doubles, Integers
from mamlcheck.arithmetic.ball import DOUBLE_ROUNDOFF, Ball, BallArray
from mamlcheck.arithmetic.exact import are_doubles, exact_array, fractions_of, nearest_double
from mamlcheck.arithmetic.float64 import Float64

SMALLEST, LARGEST = -20, 20  # the error is known for arguments up to 2**SMALLEST, 2**(SMALLEST + 1), ..., 2**LARGEST
PIECES = 32  # between 2**(k - 1) and 2**k, on either side of 0
# A bound here is computed in at most 16 roundings, each of which loses at most u of it, and in at most 16 underflows.
GROWTH, TINY = 1 + 2.0**-48, 2.0**-1060
ELEMENTS_AT_ONCE = 2**13  # so few that what is computed on the way stays in the cache: three times as fast as at once
LARGEST_STEP = 2.0**-12  # errors beyond it are taken for infinite: it keeps derivatives beside a ball near those on it

_float64 = Float64()
_ball = Ball()


@lru_cache(maxsize=256)
def _nearest(value: Fraction | int) -> Doubles:
    return np.array(nearest_double(Fraction(value)))


class Points:
    """Plain doubles with elementary functions whose errors are proved, for one evaluation: arrays are NumPy's."""

    def __init__(self) -> None:
        self._last: tuple[Doubles, tabled.Reduced] | None = None

    def exact(self, values: object) -> Doubles:
        """The nearest doubles."""
        return _nearest(values) if isinstance(values, (Fraction, int)) else _float64.exact(values)

    broadcast_to = staticmethod(np.broadcast_to)
    square = staticmethod(np.square)
    sqrt = staticmethod(np.sqrt)
    abs = staticmethod(np.abs)
    exp = staticmethod(tabled.exp)
    tanh = staticmethod(tabled.tanh)

    def _reduced(self, x: Doubles) -> tabled.Reduced:
        if self._last is None or self._last[0] is not x:  # sine and cosine of one argument share it
            self._last = x, tabled.reduced(x)
        return self._last[1]

    def sin(self, x: Doubles) -> Doubles:
        return tabled.sine(self._reduced(x)) if _in_tables(x) else enclosures.elementary("sin", x, x)[0]

    def cos(self, x: Doubles) -> Doubles:
        return tabled.cosine(self._reduced(x)) if _in_tables(x) else enclosures.elementary("cos", x, x)[0]

    def __getattr__(self, name: str) -> Callable[[Doubles], Doubles]:
        if name not in BY_ENCLOSURES:
            raise AttributeError(name)
        return lambda x: enclosures.elementary(name, x, x)[0]


def _in_tables(x: Doubles) -> bool:
    """Whether all arguments have a place in the tables; empty arrays have."""
    low, high = np.min(x, initial=0.0), np.max(x, initial=0.0)
    return bool(low >= -tabled.RANGE and high <= tabled.RANGE)


def evaluated(function: Callable[[Points, Doubles], tuple[Doubles, ...]], x: Doubles) -> tuple[Doubles, ...]:
    """The outputs of a function at points of any shape, each of that shape."""
    if x.size <= 2 * ELEMENTS_AT_ONCE:
        return function(Points(), x)
    flat = x.reshape(-1)
    parts = [function(Points(), flat[k : k + ELEMENTS_AT_ONCE]) for k in range(0, len(flat), ELEMENTS_AT_ONCE)]
    return tuple(np.concatenate(output).reshape(x.shape) for output in zip(*parts, strict=True))


# Lower bounds: the nearest double or the one below by crival, hardly farther below by python-flint. They are within 4 u
# of the value and, among subnormals, 2**-1073.
ENCLOSURES_UNITS = 4
BY_ENCLOSURES = frozenset({"log", "log1p", "expm1", "sinh", "cosh", "atan", "asinh", "erf"})


class TracedArray:
    """For each piece of the arguments a ball around exact values, and how far doubles are from these (same shape)."""

    __array_ufunc__ = None

    def __init__(self, value: BallArray, error: Doubles):
        self.value, self.error = value, error

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def size(self) -> Doubles:
        """What neither the exact values nor the doubles exceed."""
        return np.asarray((largest(self.value) + self.error) * GROWTH)

    def __neg__(self) -> TracedArray:
        return TracedArray(-self.value, self.error)

    def __add__(self, other: TracedArray | int) -> TracedArray:
        return _rounded(self.value + _operand(other).value, self.error + _operand(other).error)

    def __radd__(self, other: TracedArray | int) -> TracedArray:
        return _operand(other) + self

    def __sub__(self, other: TracedArray | int) -> TracedArray:
        return self + -_operand(other)

    def __rsub__(self, other: TracedArray | int) -> TracedArray:
        return _operand(other) + -self

    def __mul__(self, other: TracedArray | int) -> TracedArray:
        return _product(self, _operand(other))

    def __rmul__(self, other: TracedArray | int) -> TracedArray:
        return _product(_operand(other), self)

    def __truediv__(self, other: TracedArray | int) -> TracedArray:
        return _quotient(self, _operand(other))

    def __rtruediv__(self, other: TracedArray | int) -> TracedArray:
        return _quotient(_operand(other), self)


def largest(x: BallArray) -> Doubles:
    """Doubles not below the sizes of the numbers of balls."""
    return np.asarray(np.maximum(np.abs(_ball.lower(x)), np.abs(_ball.upper(x))))


def _operand(value: TracedArray | int) -> TracedArray:
    return value if isinstance(value, TracedArray) else Traced().exact(value)


def _rounded(value: BallArray, error: Doubles) -> TracedArray:
    """What an operation gives whose operands are off by so much that its exact result is off by `error`.

    Rounding adds u times the size of the result, and what underflows 2**-1075, of which TINY holds many.
    """
    off = (error + DOUBLE_ROUNDOFF * (largest(value) + error)) * GROWTH + TINY
    return TracedArray(value, np.where(np.isfinite(off), off, np.inf))


def _product(a: TracedArray, b: TracedArray) -> TracedArray:
    # |a'b' - ab| <= |a' - a| |b'| + |a| |b' - b| for doubles a' near a and b' near b.
    return _rounded(a.value * b.value, a.error * b.size + a.size * b.error)


def _quotient(a: TracedArray, b: TracedArray) -> TracedArray:
    # |a'/b' - a/b| <= (|a' - a| + |a/b| |b' - b|) / |b'|.
    value = a.value / b.value
    gap = (_ball.lower(_ball.abs(b.value)) - b.error) * (1 - 2.0**-50)
    off = (a.error + largest(value) * b.error) / gap
    return _rounded(value, np.where(gap > 0, off, np.inf))


class Traced:
    """The arithmetic of `TracedArray`, with as many operations as functions of one number use."""

    def exact(self, values: object) -> TracedArray:
        """Exact numbers, and how far their nearest doubles are off."""
        array = exact_array(values)
        value = _ball.exact(array)
        if are_doubles(array) or all(Fraction(nearest_double(v)) == v for v in fractions_of(array)):
            return TracedArray(value, np.zeros(array.shape))
        return _rounded(value, np.zeros(array.shape))

    def broadcast_to(self, x: TracedArray, shape: tuple[int, ...]) -> TracedArray:
        """x, repeated to the shape."""
        return TracedArray(_ball.broadcast_to(x.value, shape), np.broadcast_to(x.error, shape))

    def square(self, x: TracedArray) -> TracedArray:
        """The product x * x."""
        return x * x

    def abs(self, x: TracedArray) -> TracedArray:
        """|x|, which no rounding touches."""
        return TracedArray(_ball.abs(x.value), x.error)

    def sqrt(self, x: TracedArray) -> TracedArray:
        """Square root: off by at most the error over the root of the exact value; infinite where doubles may be < 0."""
        low = _ball.lower(x.value)
        off = np.where(low >= x.error, np.minimum(x.error / np.sqrt(np.maximum(low, 0.0)), np.sqrt(x.error)), np.inf)
        return _rounded(_ball.sqrt(x.value), off)

    def _function(self, name: str, x: TracedArray, slope: Doubles, units: float, cut: float = TINY) -> TracedArray:
        """f(x) for an f whose derivative `slope` bounds on the balls and beside them, off by `units` u f(x) + cut."""
        value: BallArray = getattr(_ball, name)(x.value)
        moved = slope * x.error
        off = (moved + units * DOUBLE_ROUNDOFF * (largest(value) + moved)) * GROWTH + cut
        sound = np.isfinite(off) & (x.error <= LARGEST_STEP)
        return TracedArray(value, np.where(sound, off, np.inf))

    def exp(self, x: TracedArray) -> TracedArray:
        """e**x: its slope e**x grows by less than 1.001 within LARGEST_STEP."""
        inside = np.asarray(_ball.upper(x.value) + x.error <= tabled.RANGE)
        slope = 1.001 * _ball.upper(_ball.exp(x.value))
        return self._function("exp", x, np.where(inside, slope, np.inf), tabled.EXP_UNITS, 2 * tabled.CUT)

    def expm1(self, x: TracedArray) -> TracedArray:
        """e**x - 1."""
        return self._function("expm1", x, 1.001 * _ball.upper(_ball.exp(x.value)), ENCLOSURES_UNITS)

    def tanh(self, x: TracedArray) -> TracedArray:
        """Hyperbolic tangent, of slope at most 1; its error in `tabled` is absolute."""
        return self._within("tanh", x, tabled.TANH_UNITS * DOUBLE_ROUNDOFF)

    def _within(self, name: str, x: TracedArray, cut: float) -> TracedArray:
        return self._function(name, x, np.ones(x.shape), 0, cut)

    def sin(self, x: TracedArray) -> TracedArray:
        """Sine, of slope at most 1; bounds from `enclosures` are nearer to it than those of `tabled`."""
        return self._within("sin", x, tabled.SINE_UNITS * DOUBLE_ROUNDOFF)

    def cos(self, x: TracedArray) -> TracedArray:
        """Cosine, of slope at most 1."""
        return self._within("cos", x, tabled.SINE_UNITS * DOUBLE_ROUNDOFF)

    def log(self, x: TracedArray) -> TracedArray:
        """Natural logarithm, of slope 1/x."""
        return self._function("log", x, _inverse(_ball.lower(x.value) - x.error), ENCLOSURES_UNITS)

    def log1p(self, x: TracedArray) -> TracedArray:
        """log(1 + x), of slope 1/(1 + x)."""
        return self._function("log1p", x, _inverse(_ball.lower(1 + x.value) - x.error), ENCLOSURES_UNITS)

    def sinh(self, x: TracedArray) -> TracedArray:
        """Hyperbolic sine, whose slope cosh x grows by less than 1.001 within LARGEST_STEP."""
        return self._function("sinh", x, 1.001 * _ball.upper(_ball.cosh(x.value)), ENCLOSURES_UNITS)

    def cosh(self, x: TracedArray) -> TracedArray:
        """Hyperbolic cosine; the same."""
        return self._function("cosh", x, 1.001 * _ball.upper(_ball.cosh(x.value)), ENCLOSURES_UNITS)

    def atan(self, x: TracedArray) -> TracedArray:
        """Arc tangent, of slope at most 1."""
        return self._function("atan", x, np.ones(x.shape), ENCLOSURES_UNITS)

    def asinh(self, x: TracedArray) -> TracedArray:
        """Inverse hyperbolic sine, of slope at most 1."""
        return self._function("asinh", x, np.ones(x.shape), ENCLOSURES_UNITS)

    def erf(self, x: TracedArray) -> TracedArray:
        """Error function, of slope at most 2/sqrt(pi) < 1.13."""
        return self._function("erf", x, np.full(x.shape, 1.13), ENCLOSURES_UNITS)


def _inverse(gap: Doubles) -> Doubles:
    """1/gap, infinite where the gap is not positive; GROWTH covers its roundings."""
    return np.asarray(np.where(gap > 0, 1 / (gap * (1 - 2.0**-50)), np.inf))


@dataclass(frozen=True, eq=False)
class ErrorTable:
    """What is known of one output of a function, for arguments up to 2**k, k = SMALLEST ... LARGEST, and beyond.

    size: bounds of it, each at least error / (units u); infinite where nothing is known. units: error over size, in u.
    """

    size: Doubles
    units: float
    reach: float  # sizes that are not 0 lie between 2**-reach and 2**reach


ABSOLUTE_UNITS = 16.0  # a bound of size is raised where the error exceeds so many u of it


@lru_cache(maxsize=256)
def error_tables(function: Callable[[Traced, TracedArray], tuple[TracedArray, ...]]) -> tuple[ErrorTable, ...]:
    """An `ErrorTable` for each output of a function of an arithmetic and an array."""
    with _ball.working():
        shells = 2.0 ** np.arange(SMALLEST, LARGEST + 1)
        edges = shells[:-1, None] * (1 + np.arange(PIECES + 1) / PIECES)  # exact, like all that follows
        low, high = edges[:, :-1], edges[:, 1:]
        # The first row is [-2**SMALLEST, 2**SMALLEST], each other one a shell beyond it.
        middle = np.concatenate([np.zeros((1, PIECES)), 0.5 * (low + high)])
        half = np.concatenate([np.full((1, PIECES), shells[0]), 0.5 * (high - low)])
        pieces = np.concatenate([middle, -middle], axis=1)
        balls = BallArray(pieces, np.concatenate([half, half], axis=1))
        outputs = function(Traced(), TracedArray(balls, np.zeros(balls.shape)))
        return tuple(_table(output) for output in outputs)


def _table(output: TracedArray) -> ErrorTable:
    """The bounds for all arguments up to a size, from those for each piece (shells, pieces)."""
    size = np.maximum.accumulate(np.max(output.size, axis=1))
    error = np.maximum.accumulate(np.max(output.error, axis=1))
    size = np.append(np.maximum(size, error / (ABSOLUTE_UNITS * DOUBLE_ROUNDOFF) * GROWTH), np.inf)
    size = np.where(np.isfinite(size), size, np.inf)
    size.setflags(write=False)
    known = np.isfinite(size) & (size > 0)
    reach = float(np.max(np.abs(np.log2(size[known])), initial=0.0)) + 1
    units = float(np.max(error[known[:-1]] / size[known], initial=0.0)) / DOUBLE_ROUNDOFF * GROWTH
    return ErrorTable(size, units, reach)


def places_of(sizes: Doubles | float) -> Integers:
    """Where in a table the bounds for arguments of these sizes stand, inf and NaN beyond its end."""
    exponents = np.frexp(np.fmin(sizes, 2.0 ** (LARGEST + 1)))[1]  # a size is at most 2**exponent
    return np.asarray(exponents - SMALLEST)
