"""Scales: what the terms of a function are like for large t, and sums of such terms.

A *scale* s is a product of real powers of t, log t, log log t, ... and of exp(-b g(t)), g a growing scale: any two are
comparable as t goes to infinity, and what their quotients do from some T on is proved. *Terms* are a sum of c * s(t): a
coefficient c is an exact rational number, or a ball that holds a function c(t) for all t >= T. So leading terms cancel
exactly, and lesser terms are bounded. This module knows nothing of losses.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from flint import arb, fmpq

__all__ = [
    "LOG", "ONE", "UNIT", "OutOfWorkError", "Scale", "Terms", "TooNearError", "Work", "add_to", "added",
    "largest_first", "leading", "rational", "relative",
]  # fmt: skip


class TooNearError(Exception):
    """The tail begins too near to 0 for its terms to be in their final order, or no rule applies."""


class Work:
    """How much work may still be done: a number of operations, not of seconds, so that every machine gives
    the same answer.
    """

    def __init__(self, left: int):
        self.left = left

    def spend(self, operations: int) -> None:
        """Raises `OutOfWorkError` where none is left."""
        self.left -= operations
        if self.left < 0:
            raise OutOfWorkError


class OutOfWorkError(Exception):
    """The work that was allowed is done and nothing is settled."""


@dataclass(frozen=True)
class Scale:
    """The product of (log_k t)^powers[k] and exp(-b g) over the pairs (g, b) of `decay`; log_0 t = t and
    log_(k+1) t = log log_k t.

    Canonical: no trailing zero in `powers`; every b is not 0; every g goes to infinity faster than
    log t, and comes with coefficient 1; the largest g first.
    """

    powers: tuple[fmpq, ...] = ()
    decay: tuple[tuple[Scale, fmpq], ...] = ()

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.powers, self.decay))

    def times(self, other: Scale, sign: int = 1) -> Scale:
        """The product, or for sign = -1 the quotient."""
        x, y = self.powers, other.powers
        more = x[len(y) :] if len(x) > len(y) else tuple(sign * p for p in y[len(x) :])
        powers = [p + q if sign > 0 else p - q for p, q in zip(x, y, strict=False)]
        powers += more
        while powers and powers[-1] == 0:
            powers.pop()
        if not self.decay and not other.decay:
            return Scale(tuple(powers))
        decay = dict(self.decay)
        for g, b in other.decay:
            decay[g] = decay.get(g, fmpq(0)) + sign * b
        return Scale(tuple(powers), largest_first({g: b for g, b in decay.items() if b != 0}))

    def to_the(self, power: fmpq) -> Scale:
        """Its power."""
        return Scale(tuple(p * power for p in self.powers), tuple((g, b * power) for g, b in self.decay))

    @property
    def trend(self) -> int:
        """-1 where it goes to 0 for t to infinity, 1 where it goes to infinity, 0 for the constant 1."""
        if self.decay:
            return -1 if self.decay[0][1] > 0 else 1
        first = next((p for p in self.powers if p != 0), fmpq(0))
        return int(first > 0) - int(first < 0)

    def at(self, t: arb) -> arb:
        """Its value at t; raises `TooNearError` where a logarithm in it is not positive."""
        total, level = arb(1), t
        for k, p in enumerate(self.powers):
            if k:
                level = level.log()
                if not level > 0:
                    raise TooNearError
            total = _to_the(level, p) if k == 0 else total * _to_the(level, p)
        if not self.decay:
            return total
        exponent = arb(0)
        for g, b in self.decay:
            exponent += g.at(t) * b
        return total * (-exponent).exp()

    def over(self, start: arb) -> arb:
        """[0, its supremum over t >= start], for a falling one; raises `TooNearError` before it is falling.

        It falls where t times the derivative of its logarithm is at most 0, a sum of terms whose scales are
        of a lower kind: those of exp(-exp(t)) are products of t and exp(t), those of exp(t) powers of t.
        """
        if self.trend == 0:
            return arb(1)
        if self.trend > 0:
            raise TooNearError
        if len(self.powers) > 1 or self.decay:
            slope, _ = relative(self._slope, start)
            if not slope <= 0:
                raise TooNearError
        return arb(0).union(self.at(start).upper())

    @cached_property
    def _slope(self) -> Terms:
        """t d/dt log of it: sum of powers[k] / (log_1 t ... log_k t) less the sum of b g (t d/dt log g)."""
        terms: Terms = {}
        for k, p in enumerate(self.powers):
            if p != 0:
                terms = added(terms, {Scale((fmpq(0),) + (fmpq(-1),) * k if k else ()): p})
        for g, b in self.decay:
            terms = added(terms, {g.times(s): c * -b for s, c in g._slope.items()})
        return terms


Terms = dict[Scale, Any]  # coefficients: exact fmpq, or an arb that holds for all t >= T at once
ONE = Scale()
LOG = Scale((fmpq(0), fmpq(1)))
UNIT: Terms = {ONE: fmpq(1)}


def largest_first(decay: dict[Scale, fmpq]) -> tuple[tuple[Scale, fmpq], ...]:
    """The pairs of a decay, the largest scale first, as `Scale` has them."""
    if len(decay) < 2:
        return tuple(decay.items())
    rest, out = dict(decay), []
    while rest:
        g = leading(rest)
        out.append((g, rest.pop(g)))
    return tuple(out)


def rational(x: Fraction) -> fmpq:
    """The same number for FLINT."""
    return fmpq(x.numerator, x.denominator)


def _to_the(t: arb, power: fmpq) -> arb:
    if power.q == 1:
        n = int(power.p)
        return t**n if n >= 0 else 1 / t**-n
    return (t.log() * power).exp()


def leading(terms: dict[Scale, Any]) -> Scale:
    """The scale that all others are small against."""
    lead = next(iter(terms))
    for s in terms:
        if s is not lead and s.times(lead, -1).trend > 0:
            lead = s
    return lead


def relative(terms: Terms, start: arb) -> tuple[arb, Scale]:
    """(C, scale): the sum is c(t) scale(t), c(t) in C for all t >= start."""
    lead = leading(terms)
    total = arb(0)
    for s, c in terms.items():
        total += arb(c) if s == lead else c * s.times(lead, -1).over(start)
    return total, lead


def added(x: Terms, y: Terms) -> Terms:
    """The sum of two sums of terms; what cancels exactly is left out."""
    out = dict(x)
    for s, c in y.items():
        add_to(out, s, c)
    return out


def add_to(out: Terms, s: Scale, c: Any) -> None:
    """Add the term c s to a sum, in place."""
    total = out[s] + c if s in out else c
    if isinstance(total, fmpq) and total == 0:
        out.pop(s, None)
    else:
        out[s] = total
