"""Whether an expression is smooth on all reals as it is written, before anything is simplified.

An expression is put together by operations that are real-analytic where their arguments lie in an open set:
+, -, *, exp, sin, tanh and their likes everywhere, a quotient where the divisor is not 0, log, roots and
real powers where their argument is positive. A composition of analytic functions is analytic. So if every
divisor in psi keeps its sign on all reals, and every argument of a log or a power is positive on all reals,
then psi is defined and analytic on all reals; all its derivatives are then continuous, any form of them that
SymPy finds equals them wherever that form is defined, and nothing is left to ask but whether they are
bounded. `require_smooth` proves those conditions, inner ones first, or raises with the reason.

Each is proved by interval arithmetic on the whole line at once; where that is too coarse, on pieces (with
two derivatives), on one period, and for large |t| by the arithmetic of `tails`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
from flint import arb, fmpq

from mamlcheck.arithmetic.exact import fraction
from mamlcheck.errors import InputError
from mamlcheck.tasks.certificate import NotCertified, too_long
from mamlcheck.tasks.expression import Written, built, variable
from mamlcheck.tasks.jets import JETS, Jet, dyadic
from mamlcheck.tasks.program import Program, compile_expression
from mamlcheck.tasks.scales import OutOfWorkError, TooNearError, Work
from mamlcheck.tasks.symmetry import period
from mamlcheck.tasks.tails import Tails

__all__ = ["require_smooth"]

DOMAIN_BITS = 128  # of precision
DOMAIN_OPERATIONS = 100_000  # before giving up
MOST_SIGN_HALVINGS = 40  # of a piece of length 1
MOST_REACH_DOUBLINGS = 60  # of the place where the tail begins
INFINITY = arb("inf")


def require_smooth(root: Written) -> None:
    """Returns where psi, as written, is proved to be real-analytic on all reals; else raises `NotCertified`
    with the reason, `refuted` where a place is proved at which psi is not defined or not smooth.
    """
    signs: dict[Written, int] = {}
    work = Work(DOMAIN_OPERATIONS)
    with flint.ctx.workprec(DOMAIN_BITS):
        for condition in filter(None, map(_condition, root.nodes())):
            if signs.get(condition.argument, 0) >= condition.positive and condition.argument in signs:
                continue
            try:
                signs[condition.argument] = _Line(condition, signs, work).sign()
            except OutOfWorkError:
                raise NotCertified(too_long(f"whether {condition.says} for all t")) from None
            except _BrokenAt as error:
                raise NotCertified(f"{error}{_jump(root, error.place)}", refuted=True) from None


class _BrokenAt(Exception):  # noqa: N818 - reads as what it says
    """A condition is proved not to hold at an exact place."""

    def __init__(self, reason: str, place: Fraction):
        super().__init__(reason)
        self.place = place


@dataclass(frozen=True)
class _Condition:
    """What an operation asks of one of its arguments on all reals: to be positive, or not to be 0."""

    argument: Written
    positive: bool
    written: str  # "log(t), whose argument": ready for "is 0 at"

    @property
    def says(self) -> str:
        return f"{self.argument.text} is {'positive' if self.positive else 'not 0'}"


def _condition(node: Written) -> _Condition | None:
    """The condition of a node, if it has one."""
    if node.kind == "/":
        return _Condition(node.parts[1], False, f"a division by {node.parts[1].text}, which")
    if node.kind == "log1p":
        one = Written("number", "1", value=Fraction(1))
        sum_ = Written("+", f"1 + {node.parts[0].text}", (one, node.parts[0]))
        return _Condition(sum_, True, f"{node.text}, where {sum_.text}")
    if node.kind in ("log", "sqrt"):
        return _Condition(node.parts[0], True, f"{node.text}, whose argument")
    if node.kind == "power" and node.value.denominator > 1:
        return _Condition(node.parts[0], True, f"{node.text}, a root whose base")
    if node.kind == "power" and node.value < 0:
        return _Condition(node.parts[0], False, f"a division by {node.parts[0].text}, which")
    return None


# -- evaluation of what is written -----------------------------------------------------------------------------
def _value(node: Written, ar: Any, t: Any, signs: dict[Written, int]) -> Any:
    """The value of a tree in an arithmetic. In `_Ranges`, values are cut to the signs that are known of their nodes."""
    parts = [_value(part, ar, t, signs) for part in node.parts]
    match node.kind:
        case "t":
            value = t
        case "number":
            value = ar.exact(node.value)
        case "pi":
            value = ar.atan(ar.exact(1)) * 4
        case "E":
            value = ar.exp(ar.exact(1))
        case "neg":
            value = -parts[0]
        case "+":
            value = parts[0] + parts[1]
        case "-":
            value = parts[0] - parts[1]
        case "*":
            same = node.parts[0] == node.parts[1]
            value = ar.power(parts[0], Fraction(2)) if same else parts[0] * parts[1]
        case "/":
            value = parts[0] / parts[1]
        case "power":
            value = ar.power(parts[0], node.value)
        case _:
            value = getattr(ar, node.kind)(*parts)
    sign = signs.get(node) if signs else 0
    return value.cut(sign) if sign and isinstance(value, _Range) else value


class _Range:
    """[low, high], exact arbs, infinite ones included. `sign`: 1 where every value is > 0, even if low is 0,
    -1 where every value is < 0, else 0.
    """

    __slots__ = ("high", "low", "sign")

    def __init__(self, low: arb, high: arb, sign: int = 0):
        self.low = -INFINITY if low.is_nan() else low
        self.high = INFINITY if high.is_nan() else high
        if sign > 0 and not self.low > 0:
            self.low = arb(0)
        if sign < 0 and not self.high < 0:
            self.high = arb(0)
        self.sign = 1 if self.low > 0 else -1 if self.high < 0 else sign

    def cut(self, sign: int) -> _Range:
        """The same range, with that sign known."""
        return _Range(self.low, self.high, sign)

    def __neg__(self) -> _Range:
        return _Range(-self.high, -self.low, -self.sign)

    def __add__(self, other: Any) -> _Range:
        other = _range(other)
        both = self.sign if self.sign == other.sign else 0
        near = self.sign or other.sign  # positive plus not negative
        if not both and near > 0 and self.low >= 0 and other.low >= 0:
            both = 1
        if not both and near < 0 and self.high <= 0 and other.high <= 0:
            both = -1
        return _Range((self.low + other.low).lower(), (self.high + other.high).upper(), both)

    def __sub__(self, other: Any) -> _Range:
        return self + -_range(other)

    def __rsub__(self, other: Any) -> _Range:
        return _range(other) - self

    def __mul__(self, other: Any) -> _Range:
        other = _range(other)
        ends = [_product(x, y) for x in (self.low, self.high) for y in (other.low, other.high)]
        return _Range(_least(x.lower() for x in ends), _most(x.upper() for x in ends), self.sign * other.sign)

    __radd__ = __add__
    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> _Range:
        return self * _range(other).reciprocal()

    def __rtruediv__(self, other: Any) -> _Range:
        return _range(other) * self.reciprocal()

    def reciprocal(self) -> _Range:
        if not self.sign:
            return _Range(-INFINITY, INFINITY)
        if self.sign < 0:
            return -(-self).reciprocal()
        low = arb(0) if self.high == INFINITY else (1 / self.high).lower()
        return _Range(low, INFINITY if self.low == 0 else (1 / self.low).upper(), 1)


def _range(value: Any) -> _Range:
    return value if isinstance(value, _Range) else _Range(arb(value), arb(value))


def _product(x: arb, y: arb) -> arb:
    return arb(0) if x == 0 or y == 0 else x * y


def _least(values: Any) -> arb:
    out = INFINITY
    for v in values:
        if v.is_nan():
            return -INFINITY
        out = v if v < out else out
    return out


def _most(values: Any) -> arb:
    return -_least(-v for v in values)


class _Ranges:
    """The arithmetic of ranges."""

    def exact(self, value: Any) -> _Range:
        number = fraction(value)
        ball = arb(fmpq(number.numerator, number.denominator))
        return _Range(ball.lower(), ball.upper())

    def power(self, x: _Range, exponent: Fraction) -> _Range:
        """The power x^p: where p is even it is not negative, and where p is no integer x is taken to be positive."""
        if exponent < 0:
            return self.power(x, -exponent).reciprocal()
        if exponent.denominator > 1:
            return self.exp(self.log(x) * self.exact(exponent))
        n = int(exponent)
        ends = [_end_power(x.low, n), _end_power(x.high, n)]
        if n % 2:
            return _Range(ends[0].lower(), ends[1].upper(), x.sign)
        crosses = not (x.low > 0 or x.high < 0)
        return _Range(arb(0) if crosses else _least(e.lower() for e in ends), _most(e.upper() for e in ends),
                      1 if x.sign else 0)  # fmt: skip

    def sqrt(self, x: _Range) -> _Range:
        return self.power(x, Fraction(1, 2))

    def exp(self, x: _Range) -> _Range:
        return _rising("exp", x, 1)

    def log(self, x: _Range) -> _Range:
        return _rising("log", x, 0)

    def log1p(self, x: _Range) -> _Range:
        return self.log(x + 1)

    def expm1(self, x: _Range) -> _Range:
        return _rising("expm1", x, x.sign)

    def cosh(self, x: _Range) -> _Range:
        return (self.exp(x) + self.exp(-x)) * self.exact(Fraction(1, 2))

    def sigmoid(self, x: _Range) -> _Range:
        return 1 / (self.exp(-x) + 1)

    def softplus(self, x: _Range) -> _Range:
        return self.log(self.exp(x) + 1).cut(1)

    def logaddexp(self, x: _Range, y: _Range) -> _Range:
        return self.log(self.exp(x) + self.exp(y))

    def sin(self, x: _Range) -> _Range:
        return _wave(arb.sin, x)

    def cos(self, x: _Range) -> _Range:
        return _wave(arb.cos, x)

    def __getattr__(self, name: str) -> Callable[[_Range], _Range]:
        if name not in _LIMITS:
            raise AttributeError(name)
        return lambda x: _rising(name, x, x.sign)


# An increasing function's values at the two infinities.
_LIMITS: dict[str, tuple[arb, arb]] = {
    "exp": (arb(0), INFINITY), "expm1": (arb(-1), INFINITY), "log": (-INFINITY, INFINITY), "tanh": (arb(-1), arb(1)),
    "erf": (arb(-1), arb(1)), "atan": ((-arb.pi() / 2).lower(), (arb.pi() / 2).upper()),
    "asinh": (-INFINITY, INFINITY), "sinh": (-INFINITY, INFINITY),
}  # fmt: skip


def _rising(name: str, x: _Range, sign: int) -> _Range:
    """The range of an increasing function: from its value at the lower end to that at the upper one."""
    low, high = (_LIMITS[name][e > 0] if abs(e) == INFINITY else getattr(e, name)() for e in (x.low, x.high))
    return _Range(low.lower(), high.upper(), sign)


def _end_power(x: arb, n: int) -> arb:
    if abs(x) == INFINITY:
        return x if n % 2 else INFINITY if n else arb(1)
    return x**n


def _wave(function: Callable[[arb], arb], x: _Range) -> _Range:
    ball = x.low.union(x.high)
    value = function(ball) if ball.is_finite() else arb(-1).union(arb(1))
    return _Range(value.lower(), value.upper())


_RANGES = _Ranges()


class _Fractions:
    """The arithmetic of fractions: it finds what is exactly 0 at a fraction."""

    def exact(self, value: Any) -> Fraction:
        return Fraction(value)

    def power(self, x: Fraction, exponent: Fraction) -> Fraction:
        if exponent.denominator > 1:
            raise ArithmeticError
        return x ** int(exponent)

    def __getattr__(self, name: str) -> Any:
        raise ArithmeticError(f"{name} has no value among fractions")


# -- one condition, on all reals -------------------------------------------------------------------------------
class _Line:
    """Proves that an argument keeps its sign on all reals. It is continuous: the conditions inside it are proved."""

    def __init__(self, condition: _Condition, signs: dict[Written, int], work: Work):
        self.condition = condition
        self.argument = condition.argument
        self.signs = signs
        self.work = work
        self.size = sum(1 for _ in self.argument.nodes())
        self.expected = 1 if condition.positive else 0  # 0 until a place has told
        self.seen = arb(0)  # a place that told

    def sign(self) -> int:
        """The sign that the argument has everywhere, 1 or -1; raises `NotCertified` where none is shown."""
        whole = self._range(-INFINITY, INFINITY).sign
        if whole and whole * self.expected >= 0:
            return whole
        self._look(arb(0))
        form = built(self.argument)
        self.program = compile_expression([form], variable(), stable=False)
        once = period(form, variable())
        if once is not None:
            self._piece(arb(0), once.upper())
        else:
            for side in (1, -1):
                self._between(arb(0), arb(side))
                self._tail(side)
        return self.expected

    def _range(self, low: arb, high: arb) -> _Range:
        self.work.spend(self.size)
        return _range(_value(self.argument, _RANGES, _Range(low, high), self.signs))

    def _look(self, x: arb) -> None:
        """The sign at one point; raises where the condition is proved not to hold there."""
        here = self._range(x, x)
        if here.low == 0 and here.high == 0:
            raise self._broken(dyadic(x))
        if not here.sign:
            return
        if not self.expected:
            self.expected, self.seen = here.sign, x
        elif here.sign != self.expected:
            if self.condition.positive:
                raise NotCertified(self._fails(f"negative at t = {_number(x)}"), refuted=True)
            a, b = self._crossing(x)
            self._perhaps_a_fraction(a, b)
            raise NotCertified(self._fails(f"0 near t = {_number(a)}"), refuted=True)

    def _crossing(self, x: arb) -> tuple[arb, arb]:
        """Bisect between two places of different signs, until they are close together."""
        a, b = self.seen, x
        for _ in range(60):
            middle = ((a + b) / 2).mid()
            sign = self._range(middle, middle).sign
            a, b = (middle, b) if sign == self.expected else (a, middle)
        return a, b

    def _between(self, x: arb, y: arb) -> None:
        self._piece(x, y) if x < y else self._piece(y, x)

    def _piece(self, a: arb, b: arb) -> None:
        pieces = [(a, b, 0)]
        while pieces:
            a, b, halvings = pieces.pop()
            middle = ((a + b) / 2).mid()
            self._look(middle)
            if self.expected and self._holds(a, b, middle):
                continue
            if halvings >= MOST_SIGN_HALVINGS:
                self._perhaps_a_fraction(a, b)
                raise self._unknown(f"near t = {_number(middle)}")
            pieces += [(middle, b, halvings + 1), (a, middle, halvings + 1)]

    def _holds(self, a: arb, b: arb, middle: arb) -> bool:
        if self._range(a, b).sign == self.expected:
            return True
        # f(m + h) = f(m) + f'(m) h + f''(x) h^2 / 2, x between
        self.work.spend(2 * len(self.program.steps))
        whole, at = (self.program.values(JETS, Jet(x, arb(1), arb(0)))[0] for x in (a.union(b), middle))
        if not isinstance(whole, Jet) or not isinstance(at, Jet):
            return bool(arb(at) * self.expected > 0)
        width = (b - a).abs_upper()
        reach = at.d1.abs_upper() * width + whole.d2.abs_upper() * width * width
        return bool(at.f * self.expected - reach > 0)

    def _tail(self, side: int) -> None:
        start = arb(1)
        for _ in range(MOST_REACH_DOUBLINGS):
            sign = self._tail_sign(start, side)
            if sign and sign != self.expected:
                self._look(start * side)
            if sign and sign == self.expected:
                return
            self._between(start * side, start * (2 * side))
            start = start + start
        raise self._unknown("for large |t|")

    def _tail_sign(self, start: arb, side: int) -> int:
        """The sign for all t beyond `start` on one side, or 0 where none is shown."""
        by_range = self._range(start, INFINITY) if side > 0 else self._range(-INFINITY, -start)
        if by_range.sign:
            return by_range.sign
        tails = Tails(start, side, self.work)
        try:
            return tails.sign(tails.one.of(_value(self.argument, tails, tails.variable, {})))
        except TooNearError:
            return 0

    def _perhaps_a_fraction(self, a: arb, b: arb) -> None:
        """Raise `NotCertified` if the argument is exactly 0 at the simplest fraction of a piece."""
        x = Fraction(float(a + b) / 2).limit_denominator(10_000)
        try:
            zero = _value(self.argument, _Fractions(), x, {}) == 0
        except (ArithmeticError, TypeError):
            return
        if zero:
            raise self._broken(x)

    def _broken(self, place: Fraction) -> _BrokenAt:
        return _BrokenAt(self._fails(f"0 at t = {place}"), place)

    def _fails(self, what: str) -> str:
        return f"it is written with {self.condition.written} is {what}"

    def _unknown(self, where: str) -> NotCertified:
        return NotCertified(
            f"it is written with {self.condition.written}, and the certificate could not show that it is "
            f"{'positive' if self.condition.positive else 'not 0'} {where}"
        )


def _number(x: arb) -> str:
    return f"{float(x):.6g}"


# -- what happens at a place where a condition fails -----------------------------------------------------------
def _jump(root: Written, place: Fraction) -> str:
    """What is proved of psi and psi' on either side of a place, in a sentence; "" where nothing is."""
    psi = built(root)
    for name, form in (("psi", psi), ("psi'", psi.diff(variable()))):
        try:
            program = compile_expression([form], variable(), stable=False)
            left, right = (_limit_beside(program, place, side) for side in (-1, 1))
        except (TooNearError, OutOfWorkError, InputError):
            return ""
        if not left.is_finite() or not right.is_finite():
            return f": {name} is unbounded there"
        if not left.overlaps(right):
            return f": {name} jumps there from {_number(left)} to {_number(right)}"
    return ""


def _limit_beside(program: Program, place: Fraction, side: int) -> arb:
    """A ball that holds the limit from one side: t = place + side / tau, tau to infinity."""
    tails = Tails(arb(2) ** 70, 1, Work(DOMAIN_OPERATIONS))
    near = tails.exact(place) + tails.exact(side) / tails.variable
    c, scale = tails.lead(tails.one.of(program.values(tails, near)[0]))
    if scale.trend > 0 and c.contains(0):
        raise TooNearError
    return arb("inf") if scale.trend > 0 else c if scale.trend == 0 else arb(0)
