"""`symbolic`: SymPy expressions as NumPy object arrays. For symbolic models and as an independent oracle: the
same formula that runs on numbers gives an expression that SymPy can differentiate.

SymPy takes longer to import than all the rest, so it is imported where it is first used.
"""

from __future__ import annotations

import importlib
from fractions import Fraction
from types import ModuleType
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from mamlcheck.arithmetic.arrays import Answers, Doubles, Objects
from mamlcheck.arithmetic.exact import double_above, double_below, nearest_double
from mamlcheck.arithmetic.objects import ObjectArithmetic, as_array, elementwise
from mamlcheck.arithmetic.surds import NotExact

if TYPE_CHECKING:
    import sympy


def _sympy() -> ModuleType:
    return importlib.import_module("sympy")


class Symbolic(ObjectArithmetic):
    """Arrays are object arrays of `sympy.Expr`."""

    name = "symbolic"
    rigorous = True

    def number(self, value: Fraction) -> object:
        return _sympy().Rational(value.numerator, value.denominator)

    def abs(self, x: Objects) -> Objects:
        return elementwise(_sympy().Abs, x)

    def minimum(self, x: Objects, y: Objects | int) -> Objects:
        return elementwise(_sympy().Min, x, y)

    def maximum(self, x: Objects, y: Objects | int) -> Objects:
        return elementwise(_sympy().Max, x, y)

    def sqrt(self, x: Objects) -> Objects:
        return elementwise(_sympy().sqrt, x)

    def exp(self, x: Objects) -> Objects:
        return elementwise(_sympy().exp, x)

    def expm1(self, x: Objects) -> Objects:
        return as_array(self.exp(x) - self.exact(1))

    def log(self, x: Objects) -> Objects:
        return elementwise(_sympy().log, x)

    def log1p(self, x: Objects) -> Objects:
        return self.log(as_array(x + self.exact(1)))

    def tanh(self, x: Objects) -> Objects:
        return elementwise(_sympy().tanh, x)

    def sin(self, x: Objects) -> Objects:
        return elementwise(_sympy().sin, x)

    def cos(self, x: Objects) -> Objects:
        return elementwise(_sympy().cos, x)

    def sinh(self, x: Objects) -> Objects:
        return elementwise(_sympy().sinh, x)

    def cosh(self, x: Objects) -> Objects:
        return elementwise(_sympy().cosh, x)

    def atan(self, x: Objects) -> Objects:
        return elementwise(_sympy().atan, x)

    def asinh(self, x: Objects) -> Objects:
        return elementwise(_sympy().asinh, x)

    def erf(self, x: Objects) -> Objects:
        return elementwise(_sympy().erf, x)

    def from_arb(self, values: Objects) -> NoReturn:
        raise NotExact("an enclosure is not an exact number: use arb")

    def lower(self, x: Objects) -> Doubles:
        """The largest doubles not above; `NotExact` unless every element is a rational number."""
        return elementwise(lambda v: double_below(_fraction(v)), x).astype(np.float64)

    def upper(self, x: Objects) -> Doubles:
        """The smallest doubles not below; `NotExact` unless every element is a rational number."""
        return elementwise(lambda v: double_above(_fraction(v)), x).astype(np.float64)

    def midpoint(self, x: Objects) -> Doubles:
        """The nearest doubles; `NotExact` unless every element is a rational number."""
        return elementwise(lambda v: nearest_double(_fraction(v)), x).astype(np.float64)

    def less_equal(self, x: Objects, y: Objects) -> Answers:
        """1 or 0 where SymPy can tell the sign of x - y, else -1 (int8)."""
        return elementwise(_decide, x, y).astype(np.int8)


def _fraction(value: object) -> Fraction:
    number = _sympy().sympify(value)
    if not number.is_Rational:
        raise NotExact(f"{number} is not a rational number: put numbers in, and use arb for what is not rational")
    return Fraction(int(number.p), int(number.q))


def _decide(x: sympy.Expr, y: sympy.Expr) -> int:
    difference = x - y
    # Not "not nonpositive": that is true of complex numbers and of infinities as well.
    return 1 if difference.is_nonpositive else 0 if difference.is_positive else -1
