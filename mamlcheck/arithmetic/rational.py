"""`rational`: exact fractions (python-flint `fmpq`) as NumPy object arrays. No rounding at all: it settles
ties.

Only what stays rational runs here: transcendental functions, and roots of what is not a perfect square, raise
`NotExact`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from fractions import Fraction
from typing import NoReturn

import flint
import numpy as np

from mamlcheck.arithmetic.arrays import Answers, Doubles, Objects
from mamlcheck.arithmetic.exact import are_doubles, double_above, double_below, exact_array, fraction, nearest_double
from mamlcheck.arithmetic.objects import ObjectArithmetic, elementwise
from mamlcheck.errors import MamlcheckError


class NotExact(MamlcheckError):  # noqa: N818  a formula that leaves the rationals is not at fault
    """The formula leaves the rational numbers on this instance."""


class Rational(ObjectArithmetic):
    """Arrays are object arrays of `flint.fmpq`."""

    name = "rational"
    rigorous = True

    def working(self) -> AbstractContextManager[None]:
        """Context in which formulas run: a division by 0 leaves the rational numbers."""
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
        """Exact square root; `NotExact` unless every element is the square of a fraction."""
        return elementwise(_root, x)

    def _transcendental(self, x: Objects) -> NoReturn:
        raise NotExact("a transcendental function has no exact rational value: use arb")

    exp = expm1 = log = log1p = tanh = sin = cos = sinh = cosh = atan = asinh = erf = _transcendental

    def from_arb(self, values: Objects) -> NoReturn:
        raise NotExact("an enclosure is not an exact number: use arb")

    def lower(self, x: Objects) -> Doubles:
        """The largest doubles not above."""
        return elementwise(lambda v: double_below(fraction(v)), x).astype(np.float64)

    def upper(self, x: Objects) -> Doubles:
        """The smallest doubles not below."""
        return elementwise(lambda v: double_above(fraction(v)), x).astype(np.float64)

    def midpoint(self, x: Objects) -> Doubles:
        return elementwise(lambda v: nearest_double(fraction(v)), x).astype(np.float64)

    def less_equal(self, x: Objects, y: Objects) -> Answers:
        """1 where x <= y, 0 where x > y (int8). Always decided."""
        return elementwise(lambda a, b: 1 if a <= b else 0, x, y).astype(np.int8)


@contextmanager
def _divisions() -> Iterator[None]:
    try:
        yield
    except ZeroDivisionError as error:
        raise NotExact("the formula divides by 0: the quotient is not a number") from error


def _root(value: flint.fmpq) -> flint.fmpq:
    if value < 0:
        raise NotExact(f"{value} is negative: it has no real square root")
    top, bottom = value.p.isqrt(), value.q.isqrt()
    if top * top != value.p or bottom * bottom != value.q:
        raise NotExact(f"the square root of {value} is not a fraction: use arb")
    return flint.fmpq(top, bottom)
