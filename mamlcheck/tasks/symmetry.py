"""Symmetry and period of an expression, by its form: where a search need look at a part of the line only."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from flint import arb, fmpq

from mamlcheck.tasks.jets import JETS, Jet
from mamlcheck.tasks.program import Program, compile_expression

__all__ = ["is_symmetric", "period"]


@dataclass(frozen=True)
class _Parity:
    """Even, odd or neither ('mixed'): follows a function through the operations of a `Program`."""

    kind: Literal["even", "odd", "mixed"]

    def _plus(self, other: Any) -> _Parity:
        same = isinstance(other, _Parity) and other.kind == self.kind
        return self if same or (not isinstance(other, _Parity) and self.kind == "even") else _Parity("mixed")

    def _times(self, other: Any) -> _Parity:
        if not isinstance(other, _Parity) or other.kind == "even":
            return self
        if self.kind == "even" or other.kind == "mixed":
            return other
        return _Parity("even") if self.kind == "odd" else self

    def __neg__(self) -> _Parity:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = _plus
    __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _times


_ODD = ("asinh", "atan", "erf", "sin", "sinh", "tanh")


class _Parities:
    """The arithmetic of parities."""

    def exact(self, value: Any) -> _Parity:
        return _Parity("even")

    def __getattr__(self, name: str) -> Callable[[_Parity], _Parity]:
        def apply(x: _Parity) -> _Parity:
            if x.kind == "odd" and name in ("square", "cos", "cosh"):
                return _Parity("even")
            return x if x.kind == "even" or name in _ODD else _Parity("mixed")

        return apply


def is_symmetric(program: Program) -> bool:
    """Whether f(-t) = f(t), or f(-t) = -f(t), by the form of f."""
    parity = program.values(_Parities(), _Parity("odd"))[0]
    return not isinstance(parity, _Parity) or parity.kind != "mixed"


def period(expression: Any, symbol: Any) -> arb | None:
    """A period of a function of sin and cos of multiples a_j t + b_j, the ratios of the a_j rational; else
    None.
    """
    import sympy

    frequencies: set[Any] = set()
    if not _collect_frequencies(expression, symbol, frequencies) or not frequencies:
        return None
    first = min(frequencies, key=str)
    ratios = [sympy.cancel(a / first) for a in frequencies]
    if not all(r.is_Rational for r in ratios):
        return None
    common = Fraction(0)
    for r in ratios:
        common = _gcd(common, Fraction(abs(int(r.p)), int(r.q)))
    unit = compile_expression([first], symbol, stable=False).values(JETS, Jet(arb(0), arb(1), arb(0)))[0]
    return 2 * arb.pi() / (abs(arb(unit)) * fmpq(common.numerator, common.denominator))


def _gcd(x: Fraction, y: Fraction) -> Fraction:
    """The largest fraction that divides both into integers."""
    return Fraction(math.gcd(x.numerator * y.denominator, y.numerator * x.denominator), x.denominator * y.denominator)


def _collect_frequencies(e: Any, symbol: Any, into: set[Any]) -> bool:
    """Gather the a_j; False where `symbol` stands outside every sin and cos."""
    import sympy

    if symbol not in e.free_symbols:
        return True
    if isinstance(e, (sympy.sin, sympy.cos)):
        slope = e.args[0].diff(symbol)
        if slope != 0 and symbol not in slope.free_symbols:
            into.add(slope)
            return True
    return bool(e.args) and all(_collect_frequencies(part, symbol, into) for part in e.args)
