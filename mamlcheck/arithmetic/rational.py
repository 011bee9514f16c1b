"""`rational`: exact fractions (python-flint `fmpq`), and sums of square roots of fractions, as NumPy object arrays. No
rounding at all: it settles ties.

A root of a fraction that is no fraction is a `Surd` (see `surds`). Roots of these, and transcendental functions, raise
`NotExact`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from fractions import Fraction
from typing import NoReturn

import flint
import numpy as np

from mamlcheck.arithmetic.arrays import Answers, Doubles, Objects
from mamlcheck.arithmetic.exact import are_doubles, double_above, double_below, exact_array, fraction, nearest_double
from mamlcheck.arithmetic.objects import ObjectArithmetic, elementwise
from mamlcheck.arithmetic.surds import Exact, NotExact, Surd, root


class Rational(ObjectArithmetic):
    """Arrays are object arrays of `flint.fmpq`, and of `Surd` where a number is no fraction."""

    name = "rational"
    rigorous = True

    def working(self) -> AbstractContextManager[None]:
        """Context in which formulas run: a division by 0 leaves the exact numbers."""
        return _divisions()

    def number(self, value: Fraction) -> flint.fmpq:
        return flint.fmpq(value.numerator, value.denominator)

    def exact(self, values: object) -> Objects:
        array = exact_array(values)
        if not are_doubles(array):
            return super().exact(array)
        out = np.empty(array.shape, dtype=object)
        out.reshape(-1)[:] = [flint.fmpq(*v.as_integer_ratio()) for v in array.ravel().tolist()]
        return out

    def abs(self, x: Objects) -> Objects:
        return elementwise(abs, x)

    def minimum(self, x: Objects, y: Objects | int) -> Objects:
        return elementwise(min, x, self._operand(y))

    def maximum(self, x: Objects, y: Objects | int) -> Objects:
        return elementwise(max, x, self._operand(y))

    def _operand(self, y: Objects | int) -> Objects:
        return self.exact(y) if isinstance(y, int) else y

    def sqrt(self, x: Objects) -> Objects:
        """Exact square root; `NotExact` unless every element is a fraction >= 0."""
        return elementwise(root, x)

    def _transcendental(self, x: Objects) -> NoReturn:
        raise NotExact("a transcendental function has no exact rational value: use arb")

    exp = expm1 = log = log1p = tanh = sin = cos = sinh = cosh = atan = asinh = erf = _transcendental

    def from_arb(self, values: Objects) -> NoReturn:
        raise NotExact("an enclosure is not an exact number: use arb")

    def lower(self, x: Objects) -> Doubles:
        """The largest doubles not above."""
        return elementwise(lambda v: _rounded(v, double_below), x).astype(np.float64)

    def upper(self, x: Objects) -> Doubles:
        """The smallest doubles not below."""
        return elementwise(lambda v: _rounded(v, double_above), x).astype(np.float64)

    def midpoint(self, x: Objects) -> Doubles:
        return elementwise(lambda v: _rounded(v, nearest_double), x).astype(np.float64)

    def less_equal(self, x: Objects, y: Objects) -> Answers:
        """1 where x <= y, 0 where x > y (int8). Always decided, or `NotExact`."""
        return elementwise(lambda a, b: 1 if a <= b else 0, x, y).astype(np.int8)


@contextmanager
def _divisions() -> Iterator[None]:
    try:
        yield
    except ZeroDivisionError as error:
        raise NotExact("the formula divides by 0: the quotient is not a number") from error


def _rounded(value: Exact, rounding: Callable[[Fraction], float]) -> float:
    return value.rounded(rounding) if isinstance(value, Surd) else rounding(fraction(value))
