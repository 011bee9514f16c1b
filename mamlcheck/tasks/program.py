"""Expressions as programs: SymPy to a flat list of array operations that runs over an arithmetic passed as
argument. This module knows nothing of losses.
"""

from __future__ import annotations

import math
import operator
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from mamlcheck.arithmetic.objects import as_array
from mamlcheck.errors import InputError
from mamlcheck.tasks.expression import ALLOWED, known_functions

if TYPE_CHECKING:
    import sympy

__all__ = ["Program", "compile_expression"]


@dataclass(frozen=True, eq=False)
class Program:
    """Array operations in the order they run. Called with an arithmetic and an array, returns a tuple of
    arrays.

    Slot 0 holds the argument, then come the constants (plain ints, and exact numbers that `ar.exact` takes),
    then one result for each step `(operation, left, right)`: an operator of two slots, or, with right = -1,
    the name of a method of the arithmetic on one.
    """

    ints: tuple[int, ...]
    exacts: tuple[Any, ...]
    steps: tuple[tuple[Any, int, int], ...]
    outputs: tuple[int, ...]

    def __call__(self, ar: Any, x: Any) -> tuple[Any, ...]:
        """The values of the expressions at x; each has the shape of x."""
        return tuple(_shaped(ar, value, x) for value in self.values(ar, x))

    def values(self, ar: Any, x: Any) -> tuple[Any, ...]:
        """The results at x; a constant stays a number and does not get the shape of x."""
        slots: list[Any] = [x, *self.ints]
        slots += [ar.exact(c) for c in self.exacts]
        add = slots.append
        for operation, left, right in self.steps:
            if right >= 0:
                add(operation(slots[left], slots[right]))
            elif operation == "neg":
                add(-slots[left])
            else:
                add(getattr(ar, operation)(slots[left]))
        return tuple(slots[k] for k in self.outputs)

    @property
    def rational(self) -> bool:
        """Whether only + - * / occur, so that rational arguments give rational values."""
        return all(right >= 0 or operation in ("neg", "square") for operation, _, right in self.steps)

    @property
    def cost(self) -> int:
        """What the steps cost next to one multiplication of arrays, roughly: for choosing between equal
        forms.
        """
        return sum(_COSTS.get(operation, 20) for operation, _, _ in self.steps)


def _shaped(ar: Any, value: Any, x: Any) -> Any:
    if isinstance(value, int):
        value = ar.exact(value)
    elif not hasattr(value, "shape"):  # NumPy hands a bare number back where a result has no axes
        value = as_array(value)
    return value if tuple(value.shape) == tuple(x.shape) else ar.broadcast_to(value, x.shape)


_COSTS: dict[Any, int] = {
    operator.add: 1, operator.sub: 1, operator.mul: 1, operator.truediv: 3, "neg": 1, "square": 1, "abs": 1,
    "sqrt": 4,
}  # fmt: skip


def compile_expression(expressions: Sequence[sympy.Expr], symbol: sympy.Symbol, stable: bool = True) -> Program:
    """A program for expressions in `symbol`; what they share is computed once.

    The expressions may hold rational numbers, pi, E, sums, products, constant powers, and exp, log, tanh, sin,
    cos, sinh, cosh, atan, asinh, erf. log(1 + x) becomes log1p(x), exp(x) - 1 becomes expm1(x). With
    `stable`, log(cosh(x)) and log(1 + exp(x)) are computed from |x|, which no double overflows. Raises
    `InputError` for anything else.
    """
    import sympy

    shared, reduced = sympy.cse(list(expressions), symbols=(sympy.Dummy(f"s{k}") for k in range(10**6)))
    compiler = _Compiler(symbol, [e for _, e in shared] + list(reduced), stable)
    for name, part in shared:
        compiler.known[name] = compiler.slot(part)
    return compiler.program([compiler.slot(e) for e in reduced])


# A slot under construction: ("x",), ("int", n), ("exact", fraction), or the number of a step.
_Slot = Any


class _Compiler:
    """Emits steps, each distinct one once."""

    def __init__(self, symbol: Any, expressions: Sequence[Any], stable: bool):
        self.stable = stable
        self.known: dict[Any, _Slot] = {symbol: ("x",)}
        self.steps: list[tuple[Any, _Slot, _Slot]] = []
        self.numbers: dict[tuple[Any, _Slot, _Slot], int] = {}
        self.reciprocals = _reciprocal_uses(expressions)

    def program(self, outputs: Sequence[_Slot]) -> Program:
        """The program, its slots numbered in this order: the argument, ints, exact constants, steps."""
        used = [s for step in self.steps for s in step[1:]] + list(outputs)
        ints = sorted({s[1] for s in used if isinstance(s, tuple) and s[0] == "int"})
        exacts = sorted({s[1] for s in used if isinstance(s, tuple) and s[0] == "exact"})
        place: dict[Any, int] = {("x",): 0, None: -1}
        place |= {("int", n): 1 + k for k, n in enumerate(ints)}
        place |= {("exact", c): 1 + len(ints) + k for k, c in enumerate(exacts)}
        base = 1 + len(ints) + len(exacts)
        place |= {k: base + k for k in range(len(self.steps))}
        steps = tuple((operation, place[a], place[b]) for operation, a, b in self.steps)
        return Program(tuple(ints), tuple(_constant(c) for c in exacts), steps, tuple(place[s] for s in outputs))

    def emit(self, operation: Any, left: _Slot, right: _Slot = None) -> _Slot:
        if operation in (operator.add, operator.mul) and repr(right) < repr(left):
            left, right = right, left
        key = (operation, left, right)
        if key not in self.numbers:
            self.numbers[key] = len(self.steps)
            self.steps.append(key)
        return self.numbers[key]

    def slot(self, e: Any) -> _Slot:
        if e not in self.known:
            self.known[e] = self._lower(e)
        return self.known[e]

    def _lower(self, e: Any) -> _Slot:
        import sympy

        if e.is_Rational:
            return self._number(Fraction(int(e.p), int(e.q)))
        if e is sympy.pi:
            return self.emit(operator.mul, self.emit("atan", self._exact(Fraction(1))), ("int", 4))
        if e is sympy.E:
            return self.emit("exp", self._exact(Fraction(1)))
        if e.is_Add:
            return self._sum(e)
        if e.is_Mul:
            return self._product(e)
        if e.is_Pow and e.exp.is_Rational and e.exp.q <= 2:
            return self._power(e)
        if e.is_Pow and not e.exp.free_symbols:  # of a base that is positive: else it is not real
            logarithm = self._function("log", e.base)
            if e.exp.is_Rational:
                scaled = self._scaled(logarithm, Fraction(int(e.exp.p), int(e.exp.q)))
            else:
                scaled = self.emit(operator.mul, logarithm, self.slot(e.exp))
            return self.emit("exp", scaled)
        name = known_functions().get(type(e))
        if name is None:
            raise InputError(f"{e} cannot be computed in every arithmetic: {ALLOWED}")
        return self._function(name, e.args[0])

    def _number(self, value: Fraction) -> _Slot:
        if value.denominator == 1 and abs(value) <= 2**53:
            return ("int", int(value))
        return self._exact(value)

    def _exact(self, value: Fraction) -> _Slot:
        return ("exact", value)

    def _array(self, slot: _Slot) -> _Slot:
        """The slot as a method of an arithmetic takes it: an int becomes an exact constant, which is an array there."""
        return self._exact(Fraction(slot[1])) if isinstance(slot, tuple) and slot[0] == "int" else slot

    def _function(self, name: str, argument: Any) -> _Slot:
        if name == "log":
            slot = self._logarithm(argument)
            if slot is not None:
                return slot
        return self.emit(name, self._array(self.slot(argument)))

    def _logarithm(self, argument: Any) -> _Slot:
        """The logarithm of what would overflow or lose digits as it stands, in another form; else None."""
        import sympy

        coefficient, kernel = argument.as_coeff_Mul()
        if self.stable and isinstance(kernel, sympy.cosh) and coefficient.is_positive:
            # log(c cosh x) = |x| + log1p(exp(-2|x|)) + log(c/2)
            size = self.emit("abs", self._array(self.slot(kernel.args[0])))
            tail = self.emit("log1p", self.emit("exp", self.emit(operator.mul, size, ("int", -2))))
            total = self.emit(operator.add, size, tail)
            rest = self.slot(sympy.log(coefficient / 2))
            return total if rest == ("int", 0) else self.emit(operator.add, total, rest)
        if not (argument.is_Add and 1 in argument.args):
            return None
        rest = argument - 1
        if self.stable and isinstance(rest, sympy.exp):
            # log(1 + exp x) = (x + |x|)/2 + log1p(exp(-|x|))
            x = self._array(self.slot(rest.args[0]))
            size = self.emit("abs", x)
            ramp = self._scaled(self.emit(operator.add, x, size), Fraction(1, 2))
            return self.emit(operator.add, ramp, self.emit("log1p", self.emit("exp", self.emit("neg", size))))
        return self.emit("log1p", self._array(self.slot(rest)))

    def _sum(self, e: Any) -> _Slot:
        import sympy

        constant, terms = e.as_coeff_add()
        if len(terms) == 1 and abs(constant) == 1:
            sign, kernel = terms[0].as_coeff_Mul()
            if isinstance(kernel, sympy.exp) and sign == -constant:  # exp(x) - 1 or 1 - exp(x)
                result = self.emit("expm1", self._array(self.slot(kernel.args[0])))
                return result if sign > 0 else self.emit("neg", result)
        signed = [(_negative(term), term) for term in terms]
        total: _Slot = None
        if all(negative for negative, _ in signed):
            total = self.slot(constant) if constant else None
            constant = sympy.Integer(0)
        for negative, term in sorted(signed, key=lambda pair: pair[0]):
            part = self.slot(-term if negative else term)
            if total is None:
                total = self.emit("neg", part) if negative else part
            else:
                total = self.emit(operator.sub if negative else operator.add, total, part)
        if constant:
            operation = operator.sub if constant < 0 else operator.add
            total = self.emit(operation, total, self.slot(abs(constant)))
        return total

    def _product(self, e: Any) -> _Slot:
        coefficient, factors = e.as_coeff_mul()
        above, below = [], []
        for factor in factors:
            if factor.is_Pow and factor.exp == -1 and self.reciprocals[factor.base] == 1:
                below.append(self.slot(factor.base))
            else:
                above.append(self.slot(factor))
        value = Fraction(int(coefficient.p), int(coefficient.q))
        total: _Slot = None
        for part in above:
            total = part if total is None else self.emit(operator.mul, total, part)
        if total is None:
            total, value = self._number(value), Fraction(1)
        for part in below:
            total = self.emit(operator.truediv, total, part)
        return self._scaled(total, value)

    def _scaled(self, slot: _Slot, value: Fraction) -> _Slot:
        if value == 1:
            return slot
        if value == -1:
            return self.emit("neg", slot)
        if value.denominator == 1 or _is_double(value):
            return self.emit(operator.mul, slot, self._number(value))
        # A division is rounded once; a constant such as 1/3 would be rounded before it is multiplied.
        slot = self._scaled(slot, Fraction(value.numerator))
        return self.emit(operator.truediv, slot, self._number(Fraction(value.denominator)))

    def _power(self, e: Any) -> _Slot:
        if e.exp.is_negative:
            if e.exp == -1:
                return self.emit(operator.truediv, ("int", 1), self._array(self.slot(e.base)))
            return self._raised(self.slot(e.base**-1), -e.exp)
        return self._raised(self.slot(e.base), e.exp)

    def _raised(self, slot: _Slot, exponent: Any) -> _Slot:
        """slot**exponent for a positive integer or half-integer, by squarings that other powers share."""
        if exponent.q == 2:
            slot, n = self.emit("sqrt", self._array(slot)), int(exponent.p)
        else:
            slot, n = self._array(slot), int(exponent)
        result: _Slot = None
        while n:
            if n & 1:
                result = slot if result is None else self.emit(operator.mul, result, slot)
            n >>= 1
            slot = self.emit("square", slot) if n else slot
        return result


def _negative(term: Any) -> bool:
    return bool(term.as_coeff_Mul()[0].is_negative)


def _is_double(value: Fraction) -> bool:
    q = value.denominator
    return q & (q - 1) == 0 and abs(value.numerator) <= 2**53 and q <= 2**1000


def _constant(value: Fraction) -> Any:
    """What `ar.exact` turns into an array fastest: a double where the number is one."""
    return np.array(math.ldexp(value.numerator, 1 - value.denominator.bit_length())) if _is_double(value) else value


def _reciprocal_uses(expressions: Sequence[Any]) -> Counter[Any]:
    """How often each base stands below a fraction line: a reciprocal used again is worth keeping."""
    import sympy

    uses: Counter[Any] = Counter()
    for e in expressions:
        for node in sympy.preorder_traversal(e):
            if node.is_Pow and node.exp.is_Rational and node.exp.is_negative:
                uses[node.base] += 1 if node.exp == -1 else 2
    return uses
