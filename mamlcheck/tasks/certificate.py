"""Certified suprema: sup |f(t)| over all real t, by branch and bound in Arb, with a proof of what the tails
do.

`certified_supremum` is the only entry. The real line is cut into [0, 1], [1, 2], [2, 4], ... on either side,
and a tail beyond. On a piece, f, f' and f'' are enclosed together (truncated Taylor series with Arb
coefficients): a piece where f' keeps its sign, or where f'' does, is settled by values at single points;
others are halved. A tail is enclosed by the arithmetic of `tails`, for all t >= T at once. Functions of sin
and cos of multiples of t alone are looked at over one period. An even or odd f needs one side only.

Nothing here is told which expression it certifies: the same rules are tried on each. The work is counted in
operations, so what is given up is given up on every machine. Whether psi, of which f is a derivative, is
defined and smooth as it is written is asked of `domain`.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import TYPE_CHECKING, Literal

import flint
from flint import arb, fmpq

from mamlcheck.errors import MamlcheckError
from mamlcheck.tasks.jets import JETS, Jet, dyadic
from mamlcheck.tasks.program import Program, compile_expression
from mamlcheck.tasks.scales import OutOfWorkError, Scale, TooNearError, Work, leading
from mamlcheck.tasks.symmetry import is_symmetric, period
from mamlcheck.tasks.tails import Tail, Tails, exact_limit

if TYPE_CHECKING:
    import sympy

__all__ = ["NotCertified", "Provenance", "Supremum", "certified_supremum", "too_long"]

Provenance = Literal["exact", "certified", "declared"]

SUPREMUM_BITS = 192  # of precision
WIDEST_GAP = Fraction(1, 10**9)  # promised: upper - lower <= WIDEST_GAP upper
SOUGHT_BITS = 60  # sought, as long as it comes cheaply: upper - lower <= 2**-SOUGHT_BITS upper
CHEAP_PIECES = 400  # looked at for that
MOST_PIECES = 6000  # looked at before giving up
SUPREMUM_OPERATIONS = 400_000  # before giving up: some 4 seconds
MOST_TAIL_DOUBLINGS = 1000  # of the place where the tail begins
EXPANSION_ORDERS = (1, 5)  # of the expansions tried for a tail
MOST_HALVINGS = 90  # of a piece


class NotCertified(MamlcheckError):  # noqa: N818 - reads as what it says
    """There is no certificate; `refuted` says that there cannot be one: it is proved that no finite constant
    exists.
    """

    def __init__(self, reason: str, refuted: bool = False):
        super().__init__(reason)
        self.refuted = refuted

    def __reduce__(self) -> tuple[type[NotCertified], tuple[str, bool]]:
        return type(self), (str(self), self.refuted)


@dataclass(frozen=True)
class Supremum:
    """lower <= sup |f| <= upper, exact numbers.

    provenance 'exact': both are the supremum itself; 'certified': upper - lower <= 1e-9 upper; 'declared':
    somebody's word, lower is 0.
    """

    lower: Fraction
    upper: Fraction
    provenance: Provenance


def certified_supremum(expression: sympy.Expr, symbol: sympy.Symbol) -> Supremum:
    """Sup over all real `symbol` of |expression|, with upper - lower <= 1e-9 upper; 'exact' where both agree.

    Raises `NotCertified` with the reason where the supremum is infinite, where the expression cannot be
    bounded, where no rule settles a tail, or where that takes more work than is allowed.
    """
    program = compile_expression([expression], symbol, stable=False)
    name = str(expression) if len(str(expression)) <= 80 else str(expression)[:77] + "..."
    with flint.ctx.workprec(SUPREMUM_BITS):
        if symbol not in expression.free_symbols:
            return _constant(program, name)
        try:
            return _Search(program, name, period(expression, symbol)).run()
        except OutOfWorkError:
            raise NotCertified(too_long(f"the supremum of |{name}|")) from None


def too_long(what: str) -> str:
    """The reason that is given where the allowed work ran out."""
    return f"finding {what} takes more time than a certificate is given"


def _constant(program: Program, name: str) -> Supremum:
    value = program.values(JETS, Jet(arb(0), arb(1), arb(0)))[0]
    value = abs(value if isinstance(value, arb) else arb(value))
    if not value.is_finite():
        raise NotCertified(f"{name} is not a finite number")
    return _supremum(value.lower(), value.upper())


def _supremum(lower: arb, upper: arb) -> Supremum:
    """The supremum between two exact arbs, which are rounded outward to 64 bits where that shortens them."""
    low, high = dyadic(lower), dyadic(upper)
    if low == high:
        return Supremum(low, high, "exact")
    return Supremum(_shortened(low, math.floor), _shortened(high, math.ceil), "certified")


def _shortened(x: Fraction, towards: Callable[[Fraction], int]) -> Fraction:
    if x == 0:
        return x
    scale = Fraction(2) ** (64 - (x.numerator.bit_length() - x.denominator.bit_length()))
    return max(Fraction(0), towards(x * scale) / scale)


# -- branch and bound ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Piece:
    """The interval [start, end] of exact arbs, or where end is None the tail [start, oo) or (-oo, -start]."""

    start: arb
    end: arb | None
    side: int = 1
    halvings: int = 0


@dataclass(frozen=True)
class _Bounded:
    """A piece and an exact upper bound of |f| on it. The largest bound comes first."""

    bound: arb
    piece: _Piece

    def __lt__(self, other: _Bounded) -> bool:
        return bool(self.bound > other.bound)


class _Search:
    """Best first: the piece with the largest bound is refined until no bound exceeds a value that is
    attained.
    """

    def __init__(self, program: Program, name: str, period: arb | None):
        self.program = program
        self.name = name
        self.period = period
        self.best = arb(0)  # a lower bound of the supremum, exact
        self.heap: list[_Bounded] = []
        self.work = Work(SUPREMUM_OPERATIONS)
        self.tails = {side: _TailBound(program, side, self.work) for side in (1, -1)}

    def run(self) -> Supremum:
        for piece in self._first_pieces():
            self._push(piece)
        for looked in count():
            bound, piece = self.heap[0].bound, self.heap[0].piece
            if self._close(bound, SOUGHT_BITS) or (looked >= CHEAP_PIECES and self._within_gap(bound)):
                return _supremum(self.best, bound)
            if looked >= MOST_PIECES:
                raise NotCertified(
                    f"sup |{self.name}| is not settled: between {self.best} and {bound} near {_place(piece)}"
                )
            heapq.heappop(self.heap)
            for part in self._parts(piece):
                self._push(part)
        raise AssertionError("unreachable")

    def _first_pieces(self) -> list[_Piece]:
        zero, symmetric = arb(0), is_symmetric(self.program)
        if self.period is not None:
            return [_Piece(zero, (self.period / 2 if symmetric else self.period).upper())]
        right = [_Piece(zero, arb(1)), _Piece(arb(1), None)]
        return right if symmetric else [*right, _Piece(arb(-1), zero), _Piece(arb(1), None, -1)]

    def _close(self, bound: arb, bits: int) -> bool:
        return bool(bound.is_finite() and bound <= self.best * (1 + arb(fmpq(1, 2**bits))))

    def _within_gap(self, bound: arb) -> bool:
        gap = fmpq(WIDEST_GAP.numerator, 2 * WIDEST_GAP.denominator)
        return bool(bound.is_finite() and bound - self.best <= bound * gap)

    def _push(self, piece: _Piece) -> None:
        bound = self._bound(piece) if piece.end is not None else self._tail_bound(piece)
        if not bound.is_finite():
            bound = arb("inf")
        heapq.heappush(self.heap, _Bounded(bound, piece))

    def _parts(self, piece: _Piece) -> list[_Piece]:
        start, end = piece.start, piece.end
        if end is None:
            if piece.halvings >= MOST_TAIL_DOUBLINGS:
                raise NotCertified(f"{self.name}: no rule bounds it for large t closely enough")
            double = start + start
            near = _Piece(start, double) if piece.side > 0 else _Piece(-double, -start)
            return [near, _Piece(double, None, piece.side, piece.halvings + 1)]
        if piece.halvings >= MOST_HALVINGS:
            raise NotCertified(f"{self.name}: the certificate could not bound it near t = {_place(piece)}")
        middle = ((start + end) / 2).mid()
        return [
            _Piece(start, middle, halvings=piece.halvings + 1),
            _Piece(middle, end, halvings=piece.halvings + 1),
        ]

    def _tail_bound(self, piece: _Piece) -> arb:
        limit, bound, infinite = self.tails[piece.side].at(piece.start)
        if infinite:
            raise NotCertified(f"sup |{self.name}| is infinite: it grows without bound for large |t|", refuted=True)
        self._attained(limit)
        return bound

    def _attained(self, value: arb) -> None:
        """Note that |f| is `value`, an exact arb, at some place or comes as near to it as one likes."""
        if value > self.best:
            self.best = value

    def _jet(self, x: arb) -> Jet:
        self.work.spend(len(self.program.steps))
        value = self.program.values(JETS, Jet(x, arb(1), arb(0)))[0]
        return value if isinstance(value, Jet) else Jet(arb(value), arb(0), arb(0))

    def _point(self, x: arb) -> Jet:
        """The jet of f at an exact point, whose |f| is noted as attained."""
        jet = self._jet(x)
        if jet.f.is_finite():
            self._attained(jet.f.abs_lower())
        return jet

    def _bound(self, piece: _Piece) -> arb:
        """An exact upper bound of |f| on a piece."""
        a, b = piece.start, piece.end
        assert b is not None
        whole = self._jet(a.union(b))
        center = ((a + b) / 2).mid()
        half = _largest((b - center).upper(), (center - a).upper())
        middle = self._point(center)
        bound = whole.f.abs_upper()
        if not bound.is_finite():
            return bound
        if not (whole.d1.is_finite() and whole.d2.is_finite()):
            return bound
        if not whole.d1.contains(0):
            return _largest(self._point(a).f.abs_upper(), self._point(b).f.abs_upper())
        # f(c + h) = f(c) + f'(c) h + f''(x) h^2 / 2 for some x between.
        bent = (whole.d2.abs_upper() * half * half / 2).upper()
        bound = _least(bound, (middle.f.abs_upper() + middle.d1.abs_upper() * half + bent).upper())
        if self._close(bound, SOUGHT_BITS):
            return bound
        signs = [self._signed_bound(sign, a, b, whole, middle, half) for sign in (1, -1)]
        return _least(bound, _largest(arb(0), *signs))

    def _signed_bound(self, sign: int, a: arb, b: arb, whole: Jet, middle: Jet, half: arb) -> arb:
        """An exact upper bound of sign * f on [a, b]."""
        curvature = whole.d2 * sign
        mean = ((middle.f * sign).upper() + whole.d1.abs_upper() * half).upper()
        bound = _least((whole.f * sign).upper(), mean)
        if bound <= self.best:
            return bound
        if curvature >= 0:  # convex: largest at an end
            return _largest((self._point(a).f * sign).upper(), (self._point(b).f * sign).upper())
        if curvature <= 0:  # concave: below each of its tangents
            return _least(bound, self._below_tangents(sign, a, b, middle))
        return bound

    def _below_tangents(self, sign: int, a: arb, b: arb, middle: Jet) -> arb:
        left, right = self._point(a), self._point(b)
        if left.d1 * sign <= 0:
            return (left.f * sign).upper()
        if right.d1 * sign >= 0:
            return (right.f * sign).upper()
        at, jet = ((a + b) / 2).mid(), middle
        least = arb("inf")
        for _ in range(12):  # Newton's steps towards the maximum; any tangent is a bound, so nothing hangs on them
            reach = _largest((b - at).upper(), (at - a).upper())
            least = _least(least, ((jet.f * sign).upper() + jet.d1.abs_upper() * reach).upper())
            if self._close(least, SOUGHT_BITS + 8) or not jet.d2.is_finite() or jet.d2.contains(0):
                break
            step = (at - jet.d1 / jet.d2).mid()
            at = step if a < step < b else (at + a) / 2 if step <= a else (at + b) / 2
            at = at.mid()
            jet = self._point(at)
        return least


def _least(x: arb, y: arb) -> arb:
    """The smaller of two exact upper bounds; NaN is no bound."""
    if not y.is_finite():
        return x
    return y if not x.is_finite() or y < x else x


def _largest(*bounds: arb) -> arb:
    """The largest of exact upper bounds; infinite where one is no bound."""
    best = bounds[0]
    for bound in bounds:
        if not bound.is_finite():
            return arb("inf")
        best = bound if bound > best else best
    return best


def _place(piece: _Piece) -> str:
    if piece.end is None:
        return "+infinity" if piece.side > 0 else "-infinity"
    return f"{float((piece.start + piece.end) / 2):.6g}"


# -- the tails ---------------------------------------------------------------------------------------------
class _TailBound:
    """What is known of |f| for side * t >= T."""

    def __init__(self, program: Program, side: int, work: Work):
        self.program = program
        self.side = side
        self.work = work
        self.form: Tail | None = None  # kept once it holds for every T

    def at(self, start: arb) -> tuple[arb, arb, bool]:
        """(a number that |f| comes near to, an upper bound of |f|, whether |f| is unbounded)."""
        for order in EXPANSION_ORDERS:
            try:
                return self._at(start, order)
            except TooNearError:
                continue
        return arb(0), arb("inf"), False

    def _at(self, start: arb, order: int) -> tuple[arb, arb, bool]:
        tails = Tails(start, self.side, self.work, order)
        form = self.form or tails.one.of(self.program.values(tails, tails.variable)[0])
        if not tails.depends:
            self.form = form
        c, scale = tails.lead(form)
        if scale.trend > 0:
            if not c.is_finite() or c.contains(0):
                raise TooNearError
            return arb(0), arb("inf"), True
        limit = exact_limit(form)
        if scale.trend == 0 and limit is not None:  # what is left beside the limit is enclosed more closely
            rest, least = tails.lead(form - form.of(limit))
            bound = (limit + rest * least.over(start)).abs_upper()
        else:
            bound = (c * scale.over(start)).abs_upper()
        return self._limit(form, scale), bound, False

    def _limit(self, form: Tail, scale: Scale) -> arb:
        if scale.trend < 0 or not form.above:
            return arb(0)
        # Every lesser term goes to 0 next to the leading one: f comes near to the quotient of leading
        # coefficients.
        limit = arb(form.above[leading(form.above)]) / arb(form.below[leading(form.below)])
        return limit.abs_lower() if limit.is_finite() else arb(0)
