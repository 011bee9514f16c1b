"""`symbolic`: SymPy expressions as NumPy object arrays. For symbolic models and as an independent oracle: the
same formula that runs on numbers gives an expression that SymPy can differentiate.

SymPy takes longer to import than all the rest, so it is imported where it is first used.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NoReturn

import numpy as np

from mamlcheck.arithmetic.exact import double_above, double_below, nearest_double
from mamlcheck.arithmetic.objects import Array, ObjectArithmetic, as_array, elementwise
from mamlcheck.arithmetic.rational import NotExact


def _sympy() -> Any:
    import sympy

    return sympy


class Symbolic(ObjectArithmetic):
    """Arrays are object arrays of `sympy.Expr`."""

    name = "symbolic"
    rigorous = True

    def number(self, value: Fraction) -> object:
        return _sympy().Rational(value.numerator, value.denominator)

    def abs(self, x: Array) -> Array:
        return elementwise(_sympy().Abs, x)

    def minimum(self, x: Array, y: Array | int) -> Array:
        return elementwise(_sympy().Min, x, y)

    def maximum(self, x: Array, y: Array | int) -> Array:
        return elementwise(_sympy().Max, x, y)

    def sqrt(self, x: Array) -> Array:
        return elementwise(_sympy().sqrt, x)

    def exp(self, x: Array) -> Array:
        return elementwise(_sympy().exp, x)

    def expm1(self, x: Array) -> Array:
        return as_array(self.exp(x) - self.exact(1))

    def log(self, x: Array) -> Array:
        return elementwise(_sympy().log, x)

    def log1p(self, x: Array) -> Array:
        return self.log(as_array(x + self.exact(1)))

    def tanh(self, x: Array) -> Array:
        return elementwise(_sympy().tanh, x)

    def sin(self, x: Array) -> Array:
        return elementwise(_sympy().sin, x)

    def cos(self, x: Array) -> Array:
        return elementwise(_sympy().cos, x)

    def sinh(self, x: Array) -> Array:
        return elementwise(_sympy().sinh, x)

    def cosh(self, x: Array) -> Array:
        return elementwise(_sympy().cosh, x)

    def atan(self, x: Array) -> Array:
        return elementwise(_sympy().atan, x)

    def asinh(self, x: Array) -> Array:
        return elementwise(_sympy().asinh, x)

    def erf(self, x: Array) -> Array:
        return elementwise(_sympy().erf, x)

    def from_arb(self, values: Array) -> NoReturn:
        raise NotExact("an enclosure is not an exact number: use arb")

    def lower(self, x: Array) -> Array:
        """The largest doubles not above; `NotExact` unless every element is a rational number."""
        return elementwise(lambda v: double_below(_fraction(v)), x).astype(np.float64)

    def upper(self, x: Array) -> Array:
        """The smallest doubles not below; `NotExact` unless every element is a rational number."""
        return elementwise(lambda v: double_above(_fraction(v)), x).astype(np.float64)

    def midpoint(self, x: Array) -> Array:
        """The nearest doubles; `NotExact` unless every element is a rational number."""
        return elementwise(lambda v: nearest_double(_fraction(v)), x).astype(np.float64)

    def less_equal(self, x: Array, y: Array) -> Array:
        """1 or 0 where SymPy can tell the sign of x - y, else -1 (int8)."""
        return elementwise(_decide, x, y).astype(np.int8)


def _fraction(value: object) -> Fraction:
    number = _sympy().sympify(value)
    if not number.is_Rational:
        raise NotExact(f"{number} is not a rational number: put numbers in, and use arb for what is not rational")
    return Fraction(int(number.p), int(number.q))


def _decide(x: Any, y: Any) -> int:
    difference = x - y
    # Not "not nonpositive": that is true of complex numbers and of infinities as well.
    return 1 if difference.is_nonpositive else 0 if difference.is_positive else -1
