"""What a function does for large |t|: enclosures that hold for all t >= T at once.

Functions are quotients of sums of terms c * s(t), s a scale (`mamlcheck.tasks.scales`). `Tails` is the arithmetic that
a `Program` runs over; `t` is side * tau, tau >= T. This module knows nothing of losses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, arb_series, fmpq, fmpq_series

from mamlcheck.arithmetic.exact import fraction
from mamlcheck.tasks.jets import RULES, dyadic
from mamlcheck.tasks.scales import (
    LOG,
    ONE,
    UNIT,
    Scale,
    Terms,
    TooNearError,
    Work,
    add_to,
    added,
    largest_first,
    leading,
    rational,
    relative,
)

__all__ = ["Tail", "Tails", "exact_limit"]

MOST_PRODUCTS = 200  # of terms with balls for coefficients, before a quotient is made a short sum
SHORT_SUM_TERMS = 10
MOST_QUOTIENT_STEPS = 12  # of the series of a quotient, before it is given up
EXACT_BITS = 64  # of a ball of radius 0, up to which it is kept as the rational number that it is


@dataclass(frozen=True)
class Tail:
    """A quotient of two sums of terms coefficient * scale, in the arithmetic `ar`."""

    above: Terms
    below: Terms
    ar: Tails

    def of(self, value: Any) -> Tail:
        """A number, or a tail, as a tail."""
        if isinstance(value, Tail):
            return value
        number = fmpq(value) if isinstance(value, int) else value
        return self.ar.sum({} if isinstance(number, fmpq) and number == 0 else {ONE: number})

    def _times(self, x: Terms, y: Terms) -> Terms:
        if y == UNIT:
            return x
        if x == UNIT:
            return y
        self.ar.work.spend(4 * len(x) * len(y))
        out: Terms = {}
        for s, c in x.items():
            for r, d in y.items():
                add_to(out, s.times(r), c * d)
        return out

    def _over(self, above: Terms, below: Terms) -> Tail:
        """A single exact term below is divided through."""
        if len(below) == 1:
            ((s, c),) = below.items()
            if isinstance(c, fmpq) and c != 0 and (s, c) != (ONE, 1):
                return self.ar.sum({r.times(s, -1): d / c for r, d in above.items()})
        return Tail(above, below, self.ar)

    def __neg__(self) -> Tail:
        return Tail({s: -c for s, c in self.above.items()}, self.below, self.ar)

    def __add__(self, other: Any) -> Tail:
        other = self.of(other)
        if self.below == other.below:
            return Tail(added(self.above, other.above), self.below, self.ar)
        if self.ar.long(self.above, other.below, self.below, other.above, self.below, other.below):
            return self.ar.flat(self) + self.ar.flat(other)
        above = added(self._times(self.above, other.below), self._times(other.above, self.below))
        return self._over(above, self._times(self.below, other.below))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Tail:
        return self.__add__(-other)

    def __rsub__(self, other: Any) -> Tail:
        return (-self).__add__(other)

    def __mul__(self, other: Any) -> Tail:
        other = self.of(other)
        x, y = self, other
        if self.ar.long(x.above, y.above, x.below, y.below):
            x, y = self.ar.flat(x), self.ar.flat(y)
        return self._over(self._times(x.above, y.above), self._times(x.below, y.below))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Tail:
        other = self.of(other)
        if not other.above:
            raise TooNearError
        return self * Tail(other.below, other.above, self.ar)

    def __rtruediv__(self, other: Any) -> Tail:
        return self.of(other) / self


def exact_limit(x: Tail) -> fmpq | None:
    """The rational number that x goes to, or None."""
    if not x.above:
        return fmpq(0)
    top, bottom = leading(x.above), leading(x.below)
    trend = top.times(bottom, -1).trend
    a, b = x.above[top], x.below[bottom]
    if trend > 0 or not (isinstance(a, fmpq) and isinstance(b, fmpq)):
        return fmpq(0) if trend < 0 and _sure(b) else None
    return a / b if trend == 0 else fmpq(0)


def _sure(coefficient: Any) -> bool:
    """Whether it is finite and bounded away from 0."""
    return isinstance(coefficient, fmpq) or bool(coefficient.is_finite() and not coefficient.contains(0))


class Tails:
    """The arithmetic of tails: t = side * tau, tau >= start."""

    def __init__(self, start: arb, side: int, work: Work, order: int = 1):
        self.start = start
        self.work = work
        self.order = order  # of the expansions about a limit; more of them cancel where leading ones do
        self.one = self.sum(UNIT)
        self.variable = self.sum({Scale((fmpq(1),)): fmpq(side)})
        self.depends = False  # whether a result holds for tau >= start only

    def sum(self, terms: Terms) -> Tail:
        """The sum of some terms."""
        return Tail(terms, UNIT, self)

    # -- long quotients --------------------------------------------------------------------------------------
    def long(self, *factors: Terms) -> bool:
        """Whether products of factors, two by two, have many terms, with balls among their coefficients: exact
        ones stay exact.
        """
        products = sum(len(x) * len(y) for x, y in zip(factors[::2], factors[1::2], strict=True))
        return products > MOST_PRODUCTS and any(isinstance(c, arb) for x in factors for c in x.values())

    def flat(self, x: Tail) -> Tail:
        """x as a sum of few terms, the least of them balls: its leading term where that is not exact."""
        bottom = leading(x.below)
        if not isinstance(x.below[bottom], fmpq):
            c, scale = self.lead(x)
            return self._enclosed(c, scale)
        return self.sum(self._shortened(self._summed(x, SHORT_SUM_TERMS)))

    def _shortened(self, terms: Terms) -> Terms:
        """The largest terms; the others, small against the last of them, in one ball."""
        if len(terms) <= SHORT_SUM_TERMS:
            return terms
        self.work.spend(4 * SHORT_SUM_TERMS * len(terms))
        rest = dict(terms)
        kept: Terms = {}
        while len(kept) < SHORT_SUM_TERMS - 1:
            s = leading(rest)
            kept[s] = rest.pop(s)
        c, scale = relative(rest, self.start)
        return added(kept, self._enclosed(c, scale).above)

    def lead(self, x: Tail) -> tuple[arb, Scale]:
        """(C, scale) with x = c(t) scale(t), c(t) in C for all tau >= start."""
        if not x.above:
            return arb(0), ONE
        if not x.below:
            raise TooNearError
        self.work.spend(len(x.above) + len(x.below))
        above, top = relative(x.above, self.start)
        below, bottom = relative(x.below, self.start)
        if below.contains(0):
            raise TooNearError
        return above / below, top.times(bottom, -1)

    def sign(self, x: Tail) -> int:
        """1 where x > 0 for all tau >= start, -1 where x < 0; raises `TooNearError` where neither shows."""
        c, _ = self.lead(x)
        if not c.is_finite() or c.contains(0):
            raise TooNearError
        return 1 if c > 0 else -1

    def _grows(self, x: Tail) -> int:
        """The sign of an x that goes to plus or minus infinity, else 0."""
        c, scale = self.lead(x)
        return 0 if scale.trend <= 0 or c.contains(0) else 1 if c > 0 else -1

    def _range(self, x: Tail) -> arb | None:
        """An enclosure of all values, or None where it may grow."""
        c, scale = self.lead(x)
        return None if scale.trend > 0 else c * scale.over(self.start)

    def _enclosed(self, value: arb, scale: Scale = ONE) -> Tail:
        self.depends = True
        if not value.is_finite():
            raise TooNearError
        return self.sum({scale: value})

    def _summed(self, x: Tail, most: int = 1) -> Terms:
        """x as a sum of terms: A / (B (1 + r)) = A/B - r A/B / (1 + r), until there are `most` terms and what is
        left does not grow.
        """
        if x.below == UNIT:
            return x.above
        bottom = leading(x.below)
        if not isinstance(x.below[bottom], fmpq):
            raise TooNearError
        first = self.sum({bottom: x.below[bottom]})
        rest = self.sum(x.below) / first - 1  # r, a sum
        total = part = self.sum(x.above) / first
        for _ in range(MOST_QUOTIENT_STEPS):
            left = -(part * rest)
            if not left.above:
                return total.above
            c, scale = self.lead(left)
            if scale.trend <= 0 and len(total.above) >= most:
                below, _ = self.lead(rest + 1)
                return added(total.above, self._enclosed(c / below, scale).above)
            part = self.sum(self._shortened(left.above)) if most > 1 else left
            total = total + part
        raise TooNearError

    def exact(self, value: Any) -> Tail:
        return self.one.of(rational(fraction(value.item() if hasattr(value, "item") else value)))

    def square(self, x: Tail) -> Tail:
        return x * x

    # -- exponentials ----------------------------------------------------------------------------------------
    def exp(self, x: Tail) -> Tail:
        """exp of the terms that grow becomes a scale where their coefficients are exact."""
        c, scale = self.lead(x)
        if scale.trend <= 0:
            return self._exp_of_bounded(x)
        terms = self._summed(x) if isinstance(x.below[leading(x.below)], fmpq) else {scale: c}
        growing = {s: c for s, c in terms.items() if s.trend > 0}
        if all(isinstance(c, fmpq) for c in growing.values()):
            rest = self.sum({s: c for s, c in terms.items() if s.trend <= 0})
            return self._exp_of_bounded(rest) * self.sum({_exponential(growing): fmpq(1)})
        if not c < 0:
            raise TooNearError
        # 0 < exp(x) <= exp(-share * scale), share <= |C|
        share = Fraction(min(float((-c).lower() * fmpq(1023, 1024)), 2.0**900))
        if not (share > 0 and arb(rational(share)) <= -c):
            raise TooNearError
        return self._enclosed(arb(0).union(arb(1)), _exponential({scale: -rational(share)}))

    def _exp_of_bounded(self, x: Tail) -> Tail:
        if not x.above:
            return self.one
        near = self._near_limit("exp", x)
        if near is not None:
            return near
        values = self._range(x)
        if values is None:
            raise TooNearError
        return self._enclosed(RULES["exp"](values)[0])

    def expm1(self, x: Tail) -> Tail:
        return self._near_limit("expm1", x) or self.exp(x) - 1

    def tanh(self, x: Tail) -> Tail:
        side = self._grows(x)
        if side:  # tanh |x| = (1 - e) / (1 + e) with e = exp(-2 |x|)
            e = self.exp(x * (-2 * side))
            return (1 - e) / (1 + e) * side
        return self._near_limit("tanh", x) or self._elsewhere("tanh", x, arb(1))

    def sigmoid(self, x: Tail) -> Tail:
        return (self.tanh(x / 2) + 1) / 2

    def softplus(self, x: Tail) -> Tail:
        if self._grows(x) > 0:
            return x + self.log1p(self.exp(-x))
        return self.log1p(self.exp(x))

    def logaddexp(self, x: Tail, y: Tail) -> Tail:
        return x + self.softplus(y - x)

    def sinh(self, x: Tail) -> Tail:
        return self._near_limit("sinh", x) or (self.exp(x) - self.exp(-x)) / 2

    def cosh(self, x: Tail) -> Tail:
        return self._near_limit("cosh", x) or (self.exp(x) + self.exp(-x)) / 2

    # -- functions that saturate, and waves ------------------------------------------------------------------
    def atan(self, x: Tail) -> Tail:
        side = self._grows(x)
        if side:  # atan |x| = pi/2 - atan(1/|x|)
            return self.one.of(arb.pi() / 2 * side) - self.atan(1 / x)
        return self._near_limit("atan", x) or self._elsewhere("atan", x, arb.pi() / 2)

    def erf(self, x: Tail) -> Tail:
        side = self._grows(x)
        if side:  # 0 <= 1 - erf |x| <= exp(-x^2): the difference is 0 at 0, rises, and falls to 0
            return side - self.exp(-(x * x)) * self._enclosed(arb(0).union(arb(1))) * side
        return self._near_limit("erf", x) or self._elsewhere("erf", x, arb(1))

    def _elsewhere(self, name: str, x: Tail, limit: arb) -> Tail:
        """An increasing odd function that stays below `limit`, of an x without limit or sign."""
        values = self._range(x)
        return self._enclosed((-limit).union(limit) if values is None else RULES[name](values)[0])

    def sin(self, x: Tail) -> Tail:
        return self._near_limit("sin", x) or self._waving("sin", x)

    def cos(self, x: Tail) -> Tail:
        return self._near_limit("cos", x) or self._waving("cos", x)

    def _waving(self, name: str, x: Tail) -> Tail:
        values = self._range(x)
        return self._enclosed((arb(-1)).union(arb(1)) if values is None else RULES[name](values)[0])

    # -- logarithms and roots --------------------------------------------------------------------------------
    def log1p(self, x: Tail) -> Tail:
        return self._near_limit("log1p", x) or self.log(x + 1)

    def log(self, x: Tail) -> Tail:
        """log of a sum: with the leading term a s put before, x = a s (1 + r) and log x = log a + log s +
        log1p(r), r going to 0.
        """
        near = self._near_limit("log", x)
        if near is not None:
            return near
        if self.sign(x) < 0:
            raise TooNearError
        lead = self._exact_lead(x)
        if lead is None:
            c, scale = self.lead(x)
            return self._enclosed(RULES["log"](c)[0]) + self._log_of(scale)
        above, below, scale = lead
        quotient = above / below
        constant = self.one.of(fmpq(0) if quotient == 1 else arb(quotient).log())
        rest = x / self.sum({scale: quotient}) - 1
        return constant + self._log_of(scale) + (self.log1p(rest) if rest.above else 0)

    def _exact_lead(self, x: Tail) -> tuple[fmpq, fmpq, Scale] | None:
        if not x.above or not x.below:
            raise TooNearError
        top, bottom = leading(x.above), leading(x.below)
        a, b = x.above[top], x.below[bottom]
        return (a, b, top.times(bottom, -1)) if isinstance(a, fmpq) and isinstance(b, fmpq) else None

    def _log_of(self, scale: Scale) -> Tail:
        terms: Terms = {Scale((fmpq(0),) * (k + 1) + (fmpq(1),)): p for k, p in enumerate(scale.powers) if p != 0}
        return self.sum(added(terms, {g: -b for g, b in scale.decay}))

    def asinh(self, x: Tail) -> Tail:
        side = self._grows(x)
        if side:
            size = x * side
            return self.log(size + self.sqrt(size * size + 1)) * side
        near = self._near_limit("asinh", x)
        values = None if near is not None else self._range(x)
        if near is None and values is None:
            raise TooNearError
        return near or self._enclosed(RULES["asinh"](values)[0])

    def sqrt(self, x: Tail) -> Tail:
        return self._root(x, fmpq(1, 2)) if x.above else x

    def power(self, x: Tail, exponent: Fraction) -> Tail:
        """x^p; of a positive x = a s (1 + r) it is a^p s^p (1 + r)^p, r going to 0."""
        if exponent.denominator == 1:
            return self._to_integer(x, int(exponent))
        return self._root(x, rational(exponent))

    def _root(self, x: Tail, exponent: fmpq) -> Tail:
        if self.sign(x) < 0:
            raise TooNearError
        lead = self._exact_lead(x)
        if lead is None:
            c, scale = self.lead(x)
            return self._enclosed(_positive_power(c, exponent), scale.to_the(exponent))
        above, below, scale = lead
        quotient = above / below
        root = self.sum({scale.to_the(exponent): _exact_power(quotient, exponent)})
        rest = x / self.sum({scale: quotient}) - 1
        if not rest.above:
            return root
        reach = self._range(rest)
        if reach is None or not 1 + reach > 0:
            raise TooNearError
        # (1 + r)^p = 1 + r p (1 + y)^(p - 1), y between 0 and r
        slope = _positive_power(1 + reach.union(arb(0)), exponent - 1) * exponent
        return root * (1 + rest * self._enclosed(slope))

    def _to_integer(self, x: Tail, n: int) -> Tail:
        result = self.one
        for _ in range(abs(n)):
            result = result * x
        return result if n >= 0 else 1 / result

    def _near_limit(self, name: str, x: Tail) -> Tail | None:
        """Near its limit l, g(x) = g(l) + (x - l) g'(y), y between l and x, for an x that goes to a rational
        l: keeps how fast it goes. With a higher order, as many terms of Taylor's series at 0.
        """
        limit = exact_limit(x)
        if limit is None:
            return None
        value, *_ = RULES[name](arb(limit))
        if not value.is_finite():
            return None
        constant = self.one.of(_exact_where_it_is(value))
        rest = x - self.one.of(limit)
        if not rest.above:
            return constant
        c, scale = self.lead(rest)
        near = limit + (c * scale.over(self.start)).union(arb(0))
        if self.order > 1 and limit == 0 and name in _SERIES:
            return self._expanded(name, x, near)
        return constant + rest * self._enclosed(RULES[name](near)[1])

    def _expanded(self, name: str, x: Tail, near: arb) -> Tail:
        """g(x) = sum of a_k x^k, k < order, + x^order b, b in the values of g^(order)/order! on `near`."""
        exact = _SERIES[name](fmpq_series([0, 1], prec=self.order)).coeffs()
        last = _SERIES[name](arb_series([near, 1], prec=self.order + 1)).coeffs()[self.order]
        total = self._enclosed(last)
        for a in reversed([*exact, *[fmpq(0)] * (self.order - len(exact))]):
            total = total * x + a
        return total


# Functions of a power series, exact or with balls, where FLINT has both.
_SERIES: dict[str, Callable[[Any], Any]] = {
    "exp": lambda x: x.exp(), "expm1": lambda x: x.exp() - 1, "log1p": lambda x: (1 + x).log(),
    "sin": lambda x: x.sin(), "cos": lambda x: x.cos(), "atan": lambda x: x.atan(),
}  # fmt: skip


def _exponential(growing: Terms) -> Scale:
    """The scale exp(sum of c s): logarithms turn into powers, the others into the decay."""
    powers: dict[int, fmpq] = {}
    decay: dict[Scale, fmpq] = {}
    for s, c in growing.items():
        level = len(s.powers) - 1  # s is log_level t where only that power, 1, is not 0
        if not s.decay and level > 0 and s.powers == (fmpq(0),) * level + (fmpq(1),):
            powers[level - 1] = c
        elif s.times(LOG, -1).trend > 0:
            decay[s] = -c
        else:  # exp(sqrt(log t)) would have a place between powers of t and of log t
            raise TooNearError
    listed = tuple(powers.get(k, fmpq(0)) for k in range(max(powers, default=-1) + 1))
    return Scale(listed, largest_first(decay))


def _exact_where_it_is(value: arb) -> Any:
    """A ball of radius 0 as the number that it is, if that is short."""
    if value.is_zero():
        return fmpq(0)
    if not value.is_exact() or value.bits() > EXACT_BITS:
        return value
    return rational(dyadic(value))


def _positive_power(x: arb, exponent: fmpq) -> arb:
    """x^p over a positive ball: it is monotone."""
    if not x > 0:
        raise TooNearError
    ends = [(end.log() * exponent).exp() for end in (x.lower(), x.upper())]
    return ends[0].union(ends[1])


def _exact_power(x: fmpq, exponent: fmpq) -> Any:
    """x^p of a positive rational number: exact for 1, and for the root of a square."""
    if x == 1:
        return x
    value = arb(x).sqrt() if exponent == fmpq(1, 2) else (arb(x).log() * exponent).exp()
    return _exact_where_it_is(value)
