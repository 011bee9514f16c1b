"""Values with two derivatives over an enclosure of t, in Arb: what a `Program` runs over to be bounded on a
piece of the line.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from flint import arb, fmpq

from mamlcheck.arithmetic.exact import fraction

__all__ = ["JETS", "RULES", "Jet", "dyadic"]


def dyadic(x: arb) -> Fraction:
    """An arb of radius 0 as the fraction that it is."""
    mantissa, exponent = x.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


class Jet:
    """Enclosures of f, f' and f'' over an enclosure of t; constants are plain `arb` or `int` instead."""

    __slots__ = ("d1", "d2", "f")

    def __init__(self, f: arb, d1: arb, d2: arb):
        self.f, self.d1, self.d2 = f, d1, d2

    def __neg__(self) -> Jet:
        return Jet(-self.f, -self.d1, -self.d2)

    def __add__(self, other: Any) -> Jet:
        if isinstance(other, Jet):
            return Jet(self.f + other.f, self.d1 + other.d1, self.d2 + other.d2)
        return Jet(self.f + other, self.d1, self.d2)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Jet:
        return self.__add__(-other)

    def __rsub__(self, other: Any) -> Jet:
        return (-self).__add__(other)

    def __mul__(self, other: Any) -> Jet:
        if isinstance(other, Jet):
            cross = self.d1 * other.d1
            return Jet(
                self.f * other.f,
                self.d1 * other.f + self.f * other.d1,
                self.d2 * other.f + cross + cross + self.f * other.d2,
            )
        return Jet(self.f * other, self.d1 * other, self.d2 * other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Jet:
        if isinstance(other, Jet):
            return self.__mul__(other.reciprocal())
        return Jet(self.f / other, self.d1 / other, self.d2 / other)

    def __rtruediv__(self, other: Any) -> Jet:
        return self.reciprocal().__mul__(other)

    def reciprocal(self) -> Jet:
        r: arb = 1 / self.f
        square = r * r
        return self.through(r, -square, 2 * square * r)

    def through(self, g: arb, g1: arb, g2: arb) -> Jet:
        """The jet of g(f), from g, g' and g'' at f, by the chain rule."""
        return Jet(g, g1 * self.d1, g2 * _square(self.d1) + g1 * self.d2)


def _square(x: arb) -> arb:
    """The square of a ball; it does not reach below 0 where the ball holds 0."""
    return (x * x).nonnegative_part() if x.contains(0) else x * x


def _rising(function: Callable[[arb], arb], x: arb) -> arb:
    """An increasing function over a ball lies between its values at the two ends."""
    return function(x) if x.is_exact() else function(x.lower()).union(function(x.upper()))


class Jets:
    """The arithmetic of jets: what a `Program` asks for."""

    def exact(self, value: Any) -> arb:
        number = fraction(value.item() if hasattr(value, "item") else value)
        return arb(fmpq(number.numerator, number.denominator))

    def square(self, x: Any) -> Any:
        if not isinstance(x, Jet):
            return x * x
        d1 = _square(x.d1)
        second = x.f * x.d2 + d1
        first = x.f * x.d1
        return Jet(_square(x.f), first + first, second + second)

    def __getattr__(self, name: str) -> Callable[[Any], Any]:
        try:
            rule = RULES[name]
        except KeyError:
            raise AttributeError(name) from None

        def apply(x: Any) -> Any:
            return x.through(*rule(x.f)) if isinstance(x, Jet) else rule(arb(x))[0]

        return apply


def _exp_rule(x: arb) -> tuple[arb, arb, arb]:
    e = _rising(arb.exp, x)
    return e, e, e


def _log_rule(x: arb) -> tuple[arb, arb, arb]:
    r = 1 / x
    return _rising(arb.log, x), r, -(r * r)


def _log1p_rule(x: arb) -> tuple[arb, arb, arb]:
    r = 1 / (1 + x)
    return _rising(arb.log1p, x), r, -(r * r)


def _expm1_rule(x: arb) -> tuple[arb, arb, arb]:
    e = _rising(arb.exp, x)
    return _rising(arb.expm1, x), e, e


def _sqrt_rule(x: arb) -> tuple[arb, arb, arb]:
    root = _rising(arb.sqrt, x)
    first = 1 / (2 * root)
    return root, first, -first / (2 * x)


def _tanh_rule(x: arb) -> tuple[arb, arb, arb]:
    value = _rising(arb.tanh, x)
    first = 1 - _square(value)
    return value, first, -2 * value * first


def _sin_rule(x: arb) -> tuple[arb, arb, arb]:
    s, c = x.sin_cos()
    return s, c, -s


def _cos_rule(x: arb) -> tuple[arb, arb, arb]:
    s, c = x.sin_cos()
    return c, -s, -c


def _sinh_rule(x: arb) -> tuple[arb, arb, arb]:
    s, c = _rising(arb.sinh, x), x.cosh()
    return s, c, s


def _cosh_rule(x: arb) -> tuple[arb, arb, arb]:
    s, c = _rising(arb.sinh, x), x.cosh()
    return c, s, c


def _atan_rule(x: arb) -> tuple[arb, arb, arb]:
    first = 1 / (1 + _square(x))
    return _rising(arb.atan, x), first, -2 * x * first * first


def _asinh_rule(x: arb) -> tuple[arb, arb, arb]:
    square = 1 + _square(x)
    first = 1 / square.sqrt()
    return _rising(arb.asinh, x), first, -x * first / square


def _erf_rule(x: arb) -> tuple[arb, arb, arb]:
    first = 2 / arb.pi().sqrt() * (-_square(x)).exp()
    return _rising(arb.erf, x), first, -2 * x * first


RULES: dict[str, Callable[[arb], tuple[arb, arb, arb]]] = {
    "exp": _exp_rule, "log": _log_rule, "log1p": _log1p_rule, "expm1": _expm1_rule, "sqrt": _sqrt_rule,
    "tanh": _tanh_rule, "sin": _sin_rule, "cos": _cos_rule, "sinh": _sinh_rule, "cosh": _cosh_rule,
    "atan": _atan_rule, "asinh": _asinh_rule, "erf": _erf_rule,
}  # fmt: skip
JETS = Jets()
