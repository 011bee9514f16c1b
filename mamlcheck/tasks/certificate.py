"""Certified suprema: sup |f(t)| over all real t, by branch and bound in Arb, with a proof of what the tails
do.

`certified_supremum` is the only entry. The real line is cut into [0, 1], [1, 2], [2, 4], ... on either side,
and a tail beyond. On a piece, f, f' and f'' are enclosed together (truncated Taylor series with Arb
coefficients): a piece where f' keeps its sign, or where f'' does, is settled by values at single points;
others are halved. A tail is enclosed by *asymptotic* arithmetic: exact quotients of sums of terms c t^k
exp(-q(t)), q a polynomial with rational exponents, whose leading terms cancel exactly and whose lesser terms
are bounded for all t >= T at once. Functions of sin and cos of multiples of t alone are looked at over one
period. An even or odd f needs one side only.

Nothing here is told which expression it certifies: the same rules are tried on each.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import TYPE_CHECKING, Any, Literal

import flint
from flint import arb, fmpq

from mamlcheck.arithmetic.exact import fraction
from mamlcheck.errors import MamlcheckError
from mamlcheck.tasks.expression import Program, compile_expression

if TYPE_CHECKING:
    import sympy

__all__ = ["NotCertified", "Provenance", "Supremum", "certified_supremum"]

Provenance = Literal["exact", "certified", "declared"]

BITS = 192  # of precision
GAP = Fraction(1, 10**9)  # promised: upper - lower <= GAP upper
FINE = 60  # sought: the same with 2**-FINE, as long as it comes cheaply
CHEAP = 400  # pieces
MOST = 6000  # pieces looked at before giving up
FARTHEST = 1000  # doublings of the tail's beginning
SHORTEST = 90  # halvings of a piece


class NotCertified(MamlcheckError):  # noqa: N818 - reads as what it says
    """The supremum has no certificate; `infinite` says that it is proved to be infinite."""

    def __init__(self, reason: str, infinite: bool = False):
        super().__init__(reason)
        self.infinite = infinite

    def __reduce__(self) -> tuple[type[NotCertified], tuple[str, bool]]:
        return type(self), (str(self), self.infinite)


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

    Raises `NotCertified` with the reason where the supremum is infinite, where the expression is not defined
    everywhere, or where no rule settles a tail.
    """
    program = compile_expression([expression], symbol, stable=False)
    name = str(expression) if len(str(expression)) <= 80 else str(expression)[:77] + "..."
    with flint.ctx.workprec(BITS):
        if symbol not in expression.free_symbols:
            return _constant(program, name)
        return _Search(program, name, _period(expression, symbol)).run()


def _constant(program: Program, name: str) -> Supremum:
    value = program.values(_JETS, _Jet(arb(0), arb(1), arb(0)))[0]
    value = abs(value if isinstance(value, arb) else arb(value))
    if not value.is_finite():
        raise NotCertified(f"{name} is not a finite number")
    return _supremum(value.lower(), value.upper())


def _supremum(lower: arb, upper: arb) -> Supremum:
    """From exact arbs, rounded outward to 64 bits where that shortens them."""
    low, high = _dyadic(lower), _dyadic(upper)
    if low == high:
        return Supremum(low, high, "exact")
    return Supremum(_shortened(low, math.floor), _shortened(high, math.ceil), "certified")


def _dyadic(x: arb) -> Fraction:
    """An exact arb as a fraction."""
    mantissa, exponent = x.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _shortened(x: Fraction, towards: Callable[[Fraction], int]) -> Fraction:
    if x == 0:
        return x
    scale = Fraction(2) ** (64 - (x.numerator.bit_length() - x.denominator.bit_length()))
    return max(Fraction(0), towards(x * scale) / scale)


# -- branch and bound ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Piece:
    """[start, end], exact arbs; a tail [start, oo) or (-oo, -start] has end None."""

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
        self.tails = {side: _TailBound(program, side) for side in (1, -1)}

    def run(self) -> Supremum:
        for piece in self._first_pieces():
            self._push(piece)
        for looked in count():
            bound, piece = self.heap[0].bound, self.heap[0].piece
            if self._close(bound, FINE) or (looked >= CHEAP and self._within_gap(bound)):
                return _supremum(self.best, bound)
            if looked >= MOST:
                raise NotCertified(
                    f"sup |{self.name}| is not settled: between {self.best} and {bound} near {_place(piece)}"
                )
            heapq.heappop(self.heap)
            for part in self._parts(piece):
                self._push(part)
        raise AssertionError("unreachable")

    def _first_pieces(self) -> list[_Piece]:
        zero, symmetric = arb(0), _is_symmetric(self.program)
        if self.period is not None:
            return [_Piece(zero, (self.period / 2 if symmetric else self.period).upper())]
        right = [_Piece(zero, arb(1)), _Piece(arb(1), None)]
        return right if symmetric else [*right, _Piece(arb(-1), zero), _Piece(arb(1), None, -1)]

    def _close(self, bound: arb, bits: int) -> bool:
        return bool(bound.is_finite() and bound <= self.best * (1 + arb(fmpq(1, 2**bits))))

    def _within_gap(self, bound: arb) -> bool:
        return bool(bound.is_finite() and bound - self.best <= bound * fmpq(GAP.numerator, 2 * GAP.denominator))

    def _push(self, piece: _Piece) -> None:
        bound = self._bound(piece) if piece.end is not None else self._tail_bound(piece)
        if not bound.is_finite():
            bound = arb("inf")
        heapq.heappush(self.heap, _Bounded(bound, piece))

    def _parts(self, piece: _Piece) -> list[_Piece]:
        start, end = piece.start, piece.end
        if end is None:
            if piece.halvings >= FARTHEST:
                raise NotCertified(f"{self.name}: no rule bounds it for large t closely enough")
            double = start + start
            near = _Piece(start, double) if piece.side > 0 else _Piece(-double, -start)
            return [near, _Piece(double, None, piece.side, piece.halvings + 1)]
        if piece.halvings >= SHORTEST:
            raise NotCertified(f"{self.name} is unbounded or not defined near t = {_place(piece)}")
        middle = ((start + end) / 2).mid()
        return [
            _Piece(start, middle, halvings=piece.halvings + 1),
            _Piece(middle, end, halvings=piece.halvings + 1),
        ]

    def _tail_bound(self, piece: _Piece) -> arb:
        limit, bound, infinite = self.tails[piece.side].at(piece.start)
        if infinite:
            raise NotCertified(f"sup |{self.name}| is infinite: it grows without bound for large |t|", infinite=True)
        self._attained(limit)
        return bound

    def _attained(self, value: arb) -> None:
        """|f| comes at least as near to `value`, an exact arb, as one likes."""
        if value > self.best:
            self.best = value

    def _jet(self, x: arb) -> _Jet:
        value = self.program.values(_JETS, _Jet(x, arb(1), arb(0)))[0]
        return value if isinstance(value, _Jet) else _Jet(arb(value), arb(0), arb(0))

    def _point(self, x: arb) -> _Jet:
        """f, f', f'' at an exact point; |f| there is attained."""
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
        if self._close(bound, FINE):
            return bound
        signs = [self._signed_bound(sign, a, b, whole, middle, half) for sign in (1, -1)]
        return _least(bound, _largest(arb(0), *signs))

    def _signed_bound(self, sign: int, a: arb, b: arb, whole: _Jet, middle: _Jet, half: arb) -> arb:
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

    def _below_tangents(self, sign: int, a: arb, b: arb, middle: _Jet) -> arb:
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
            if self._close(least, FINE + 8) or not jet.d2.is_finite() or jet.d2.contains(0):
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


# -- values with two derivatives -----------------------------------------------------------------------------
class _Jet:
    """f, f' and f'' over an enclosure of t. Constants stay plain `arb` or `int`."""

    __slots__ = ("d1", "d2", "f")

    def __init__(self, f: arb, d1: arb, d2: arb):
        self.f, self.d1, self.d2 = f, d1, d2

    def __neg__(self) -> _Jet:
        return _Jet(-self.f, -self.d1, -self.d2)

    def __add__(self, other: Any) -> _Jet:
        if isinstance(other, _Jet):
            return _Jet(self.f + other.f, self.d1 + other.d1, self.d2 + other.d2)
        return _Jet(self.f + other, self.d1, self.d2)

    __radd__ = __add__

    def __sub__(self, other: Any) -> _Jet:
        return self.__add__(-other)

    def __rsub__(self, other: Any) -> _Jet:
        return (-self).__add__(other)

    def __mul__(self, other: Any) -> _Jet:
        if isinstance(other, _Jet):
            cross = self.d1 * other.d1
            return _Jet(
                self.f * other.f,
                self.d1 * other.f + self.f * other.d1,
                self.d2 * other.f + cross + cross + self.f * other.d2,
            )
        return _Jet(self.f * other, self.d1 * other, self.d2 * other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> _Jet:
        if isinstance(other, _Jet):
            return self.__mul__(other.reciprocal())
        return _Jet(self.f / other, self.d1 / other, self.d2 / other)

    def __rtruediv__(self, other: Any) -> _Jet:
        return self.reciprocal().__mul__(other)

    def reciprocal(self) -> _Jet:
        r: arb = 1 / self.f
        square = r * r
        return self.through(r, -square, 2 * square * r)

    def through(self, g: arb, g1: arb, g2: arb) -> _Jet:
        """g(f), given g, g' and g'' at f."""
        return _Jet(g, g1 * self.d1, g2 * _square(self.d1) + g1 * self.d2)


def _square(x: arb) -> arb:
    """x^2, not below 0 where x holds 0."""
    return (x * x).nonnegative_part() if x.contains(0) else x * x


def _rising(function: Callable[[arb], arb], x: arb) -> arb:
    """An increasing function over a ball: between its values at the ends."""
    return function(x) if x.is_exact() else function(x.lower()).union(function(x.upper()))


class _Jets:
    """The arithmetic of jets: what a `Program` asks for."""

    def exact(self, value: Any) -> arb:
        number = fraction(value.item() if hasattr(value, "item") else value)
        return arb(fmpq(number.numerator, number.denominator))

    def square(self, x: Any) -> Any:
        if not isinstance(x, _Jet):
            return x * x
        d1 = _square(x.d1)
        second = x.f * x.d2 + d1
        first = x.f * x.d1
        return _Jet(_square(x.f), first + first, second + second)

    def __getattr__(self, name: str) -> Callable[[Any], Any]:
        try:
            rule = _RULES[name]
        except KeyError:
            raise AttributeError(name) from None

        def apply(x: Any) -> Any:
            return x.through(*rule(x.f)) if isinstance(x, _Jet) else rule(arb(x))[0]

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


_RULES: dict[str, Callable[[arb], tuple[arb, arb, arb]]] = {
    "exp": _exp_rule, "log": _log_rule, "log1p": _log1p_rule, "expm1": _expm1_rule, "sqrt": _sqrt_rule,
    "tanh": _tanh_rule, "sin": _sin_rule, "cos": _cos_rule, "sinh": _sinh_rule, "cosh": _cosh_rule,
    "atan": _atan_rule,
}  # fmt: skip
_JETS = _Jets()


# -- symmetry and period -------------------------------------------------------------------------------------
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


class _Parities:
    """The arithmetic of parities."""

    def exact(self, value: Any) -> _Parity:
        return _Parity("even")

    def __getattr__(self, name: str) -> Callable[[_Parity], _Parity]:
        def apply(x: _Parity) -> _Parity:
            if x.kind == "odd" and name in ("square", "cos", "cosh"):
                return _Parity("even")
            return x if x.kind == "even" or name in ("sin", "tanh", "sinh", "atan") else _Parity("mixed")

        return apply


def _is_symmetric(program: Program) -> bool:
    """Whether f(-t) = f(t), or f(-t) = -f(t), by the form of f."""
    parity = program.values(_Parities(), _Parity("odd"))[0]
    return not isinstance(parity, _Parity) or parity.kind != "mixed"


def _period(expression: Any, symbol: Any) -> arb | None:
    """A period of a function of sin and cos of multiples a_j t + b_j, the ratios of the a_j rational; else
    None.
    """
    import sympy

    frequencies: set[Any] = set()
    if not _collect_frequencies(expression, symbol, frequencies):
        return None
    first = min(frequencies, key=str)
    ratios = [sympy.cancel(a / first) for a in frequencies]
    if not all(r.is_Rational for r in ratios):
        return None
    common = Fraction(0)
    for r in ratios:
        common = _gcd(common, Fraction(abs(int(r.p)), int(r.q)))
    unit = compile_expression([first], symbol, stable=False).values(_JETS, _Jet(arb(0), arb(1), arb(0)))[0]
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
        argument = sympy.expand(e.args[0])
        slope = argument.coeff(symbol)
        rest = argument - slope * symbol
        if slope != 0 and symbol not in rest.free_symbols | slope.free_symbols:
            into.add(slope)
            return True
    return bool(e.args) and all(_collect_frequencies(part, symbol, into) for part in e.args)


# -- tails ---------------------------------------------------------------------------------------------------
class _TooNearError(Exception):
    """The tail begins too near to 0 for its terms to be in their final order, or no rule applies."""


@dataclass(frozen=True)
class _Scale:
    """t^power exp(-sum of b t^p), t >= T >= 1: `decay` holds the pairs (p, b), p > 0 falling, b not 0."""

    power: Fraction = Fraction(0)
    decay: tuple[tuple[Fraction, Fraction], ...] = ()

    def times(self, other: _Scale, sign: int = 1) -> _Scale:
        if not self.decay and not other.decay:
            return _Scale(self.power + sign * other.power)
        decay = dict(self.decay)
        for p, b in other.decay:
            decay[p] = decay.get(p, Fraction(0)) + sign * b
        rest = tuple(sorted(((p, b) for p, b in decay.items() if b), reverse=True))
        return _Scale(self.power + sign * other.power, rest)

    def root(self) -> _Scale:
        return _Scale(self.power / 2, tuple((p, b / 2) for p, b in self.decay))

    @property
    def trend(self) -> int:
        """-1 where it goes to 0 for t to infinity, 1 where it goes to infinity, 0 for the constant 1."""
        if self.decay:
            return -1 if self.decay[0][1] > 0 else 1
        return (self.power > 0) - (self.power < 0)

    def at(self, t: arb) -> arb:
        if not self.decay:
            return _to_the(t, self.power)
        total = arb(0)
        for p, b in self.decay:
            total += _to_the(t, p) * fmpq(b.numerator, b.denominator)
        return _to_the(t, self.power) * (-total).exp()

    def over(self, start: arb) -> arb:
        """[0, its supremum over t >= start], for a falling one; raises `_TooNearError` before it is falling.

        t d/dt log = power - sum p b t^p <= 0 from `start` on: divided by t^(largest p), the terms against it
        shrink.
        """
        if self.trend == 0:
            return arb(1)
        if self.trend > 0:
            raise _TooNearError
        if self.decay:
            top, lead = self.decay[0]
            margin = arb(_rational(top * lead))
            for p, b in self.decay[1:]:
                if b < 0:
                    margin += _to_the(start, p - top) * _rational(p * b)
            if self.power > 0:
                margin -= _to_the(start, -top) * _rational(self.power)
            if not margin >= 0:
                raise _TooNearError
        return arb(0).union(self.at(start).upper())


def _rational(x: Fraction) -> fmpq:
    return fmpq(x.numerator, x.denominator)


def _to_the(t: arb, power: Fraction) -> arb:
    if power.denominator == 1:
        n = int(power)
        return t**n if n >= 0 else 1 / t**-n
    return (t.log() * _rational(power)).exp()


ONE = _Scale()
_Terms = dict[_Scale, Any]  # coefficients: exact fmpq, or an arb that holds for all t >= T at once
MOST_PRODUCTS = 4000


@dataclass(frozen=True)
class _Tail:
    """A quotient of two sums of terms coefficient * scale."""

    above: _Terms
    below: _Terms

    def __neg__(self) -> _Tail:
        return _Tail({s: -c for s, c in self.above.items()}, self.below)

    def __add__(self, other: Any) -> _Tail:
        other = _tail(other)
        if self.below == other.below:
            return _Tail(_added(self.above, other.above), self.below)
        above = _added(_multiplied(self.above, other.below), _multiplied(other.above, self.below))
        return _Tail(above, _multiplied(self.below, other.below))

    __radd__ = __add__

    def __sub__(self, other: Any) -> _Tail:
        return self.__add__(-other)

    def __rsub__(self, other: Any) -> _Tail:
        return (-self).__add__(other)

    def __mul__(self, other: Any) -> _Tail:
        other = _tail(other)
        return _Tail(_multiplied(self.above, other.above), _multiplied(self.below, other.below))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> _Tail:
        other = _tail(other)
        return _Tail(_multiplied(self.above, other.below), _multiplied(self.below, other.above))

    def __rtruediv__(self, other: Any) -> _Tail:
        return _tail(other) / self

    def polynomial(self) -> bool:
        """Whether it is an exact sum of powers t^k, k >= 0."""
        plain = all(not s.decay and s.power >= 0 and isinstance(c, fmpq) for s, c in self.above.items())
        return plain and self.below == {ONE: fmpq(1)}


def _tail(value: Any) -> _Tail:
    if isinstance(value, _Tail):
        return value
    number = fmpq(value) if isinstance(value, int) else value
    return _Tail({} if isinstance(number, fmpq) and number == 0 else {ONE: number}, {ONE: fmpq(1)})


def _added(x: _Terms, y: _Terms) -> _Terms:
    out = dict(x)
    for s, c in y.items():
        total = out[s] + c if s in out else c
        if isinstance(total, fmpq) and total == 0:
            del out[s]
        else:
            out[s] = total
    return out


def _multiplied(x: _Terms, y: _Terms) -> _Terms:
    if len(x) * len(y) > MOST_PRODUCTS:
        raise _TooNearError
    out: _Terms = {}
    for s, c in x.items():
        out = _added(out, {s.times(r): c * d for r, d in y.items()})
    return out


def _leading(terms: _Terms) -> _Scale:
    lead = next(iter(terms))
    for s in terms:
        if s.times(lead, -1).trend > 0:
            lead = s
    return lead


def _exact_limit(x: _Tail) -> fmpq | None:
    """The rational number that x goes to, or None."""
    if not x.above:
        return fmpq(0)
    top, bottom = _leading(x.above), _leading(x.below)
    trend = top.times(bottom, -1).trend
    a, b = x.above[top], x.below[bottom]
    if trend > 0 or not (isinstance(a, fmpq) and isinstance(b, fmpq)):
        return fmpq(0) if trend < 0 else None
    return a / b if trend == 0 else fmpq(0)


class _Tails:
    """The arithmetic of tails: t = side * tau, tau >= start."""

    def __init__(self, start: arb, side: int):
        self.start = start
        self.variable = _Tail({_Scale(Fraction(1)): fmpq(side)}, {ONE: fmpq(1)})
        self.depends = False  # whether a result holds for tau >= start only

    def lead(self, x: _Tail) -> tuple[arb, _Scale]:
        """(C, scale) with x = c(t) scale(t), c(t) in C for all tau >= start."""
        if not x.above:
            return arb(0), ONE
        if not x.below:
            raise _TooNearError
        above, top = self._relative(x.above)
        below, bottom = self._relative(x.below)
        if below.contains(0):
            raise _TooNearError
        return above / below, top.times(bottom, -1)

    def _relative(self, terms: _Terms) -> tuple[arb, _Scale]:
        lead = _leading(terms)
        total = arb(0)
        for s, c in terms.items():
            total += arb(c) if s == lead else c * s.times(lead, -1).over(self.start)
        return total, lead

    def range(self, x: _Tail) -> arb | None:
        """An enclosure of all values, or None where it grows."""
        c, scale = self.lead(x)
        return None if scale.trend > 0 else c * scale.over(self.start)

    def _enclosed(self, value: arb, scale: _Scale = ONE) -> _Tail:
        self.depends = True
        if not value.is_finite():
            raise _TooNearError
        return _Tail({scale: value}, {ONE: fmpq(1)})

    def exact(self, value: Any) -> _Tail:
        return _tail(_rational(fraction(value.item() if hasattr(value, "item") else value)))

    def square(self, x: _Tail) -> _Tail:
        return x * x

    def exp(self, x: _Tail) -> _Tail:
        if x.below == {ONE: fmpq(1)}:
            growing = {s: c for s, c in x.above.items() if s.trend > 0}
            if all(not s.decay and isinstance(c, fmpq) for s, c in growing.items()):
                rest = {s: c for s, c in x.above.items() if s.trend <= 0}
                decay = tuple(sorted(((s.power, -fraction(c)) for s, c in growing.items()), reverse=True))
                return self._exp_of_bounded(_Tail(rest, x.below)) * _Tail(
                    {_Scale(Fraction(0), decay): fmpq(1)}, x.below
                )
        c, scale = self.lead(x)
        if scale.trend <= 0:
            return self._exp_of_bounded(x)
        if not c < 0:
            raise _TooNearError
        # 0 < exp(x) <= exp(-|C| t^k), or <= 1 where x falls faster than any power
        share = _dyadic(arb(float((-c).lower() * fmpq(1023, 1024))))
        usable = not scale.decay and share > 0 and arb(_rational(share)) <= -c
        return self._enclosed(arb(0).union(arb(1)), _Scale(Fraction(0), ((scale.power, share),)) if usable else ONE)

    def _exp_of_bounded(self, x: _Tail) -> _Tail:
        if not x.above:
            return _tail(1)
        near = self._near_limit("exp", x)
        if near is not None:
            return near
        c, scale = self.lead(x)
        return self._enclosed(_exp_rule(c * scale.over(self.start))[0])

    def expm1(self, x: _Tail) -> _Tail:
        return self._near_limit("expm1", x) or self.exp(x) - 1

    def tanh(self, x: _Tail) -> _Tail:
        if x.polynomial() and x.above and _leading(x.above).trend > 0:
            side = 1 if x.above[_leading(x.above)] > 0 else -1
            e = self.exp(x * (-2 * side))
            return (1 - e) / (1 + e) * side
        return self._near_limit("tanh", x) or self._saturating("tanh", x, arb(1))

    def atan(self, x: _Tail) -> _Tail:
        return self._near_limit("atan", x) or self._saturating("atan", x, arb.pi() / 2)

    def sinh(self, x: _Tail) -> _Tail:
        return self._near_limit("sinh", x) or (self.exp(x) - self.exp(-x)) / 2

    def cosh(self, x: _Tail) -> _Tail:
        return self._near_limit("cosh", x) or (self.exp(x) + self.exp(-x)) / 2

    def sin(self, x: _Tail) -> _Tail:
        return self._near_limit("sin", x) or self._waving("sin", x)

    def cos(self, x: _Tail) -> _Tail:
        return self._near_limit("cos", x) or self._waving("cos", x)

    def log1p(self, x: _Tail) -> _Tail:
        return self._near_limit("log1p", x) or self.log(x + 1)

    def log(self, x: _Tail) -> _Tail:
        """Logarithm of x = C t^k exp(-q): log C + k log t - q, where 0 <= log t <= (4/e) t^(1/4)."""
        c, scale = self.lead(x)
        total = self._enclosed(_log_rule(c)[0])
        if scale.power:
            wide = arb(0).union((4 / arb(1).exp()).upper()) * _rational(scale.power)
            total = total + self._enclosed(wide, _Scale(Fraction(1, 4)))
        for p, b in scale.decay:
            total = total + _Tail({_Scale(p): _rational(-b)}, {ONE: fmpq(1)})
        return total

    def sqrt(self, x: _Tail) -> _Tail:
        if not x.above:
            return x
        top, bottom = _leading(x.above), _leading(x.below)
        lead = _Tail({top: x.above[top]}, {bottom: x.below[bottom]})
        root = _Tail({top.root(): arb(x.above[top] / x.below[bottom]).sqrt()}, {bottom.root(): fmpq(1)})
        # sqrt(lead (1 + r)) = sqrt(lead) (1 + r / (1 + sqrt(1 + r))), r going to 0
        rest = x / lead - 1
        if not rest.above:
            return root
        reach = self.range(rest)
        if reach is None:
            raise _TooNearError
        return root * (1 + rest * self._enclosed(1 / (1 + _sqrt_rule(1 + reach)[0])))

    def _near_limit(self, name: str, x: _Tail) -> _Tail | None:
        """Near its limit l, g(x) = g(l) + (x - l) g'(y), y between l and x, for an x that goes to a rational
        l: keeps how fast it goes.
        """
        limit = _exact_limit(x)
        if limit is None:
            return None
        rest = x - _tail(limit)
        value, *_ = _RULES[name](arb(limit))
        if not value.is_finite():
            return None
        constant = _tail(fmpq(0) if value.is_zero() else value)
        c, scale = self.lead(rest)
        slope = _RULES[name](limit + (c * scale.over(self.start)).union(arb(0)))[1]
        return constant + rest * self._enclosed(slope) if rest.above else constant

    def _saturating(self, name: str, x: _Tail, limit: arb) -> _Tail:
        """An increasing odd function that stays below `limit`."""
        c, scale = self.lead(x)
        if scale.trend <= 0:
            return self._enclosed(_RULES[name](c * scale.over(self.start))[0])
        if c.contains(0):
            return self._enclosed((-limit).union(limit))
        return self._enclosed(limit if c > 0 else -limit) * self._enclosed(self._approach(name, c, scale, limit))

    def _approach(self, name: str, c: arb, scale: _Scale, limit: arb) -> arb:
        """[g(least |x|) / limit, 1]: |x| >= |C| / sup(1/scale)."""
        least = c.abs_lower() / ONE.times(scale, -1).over(self.start).abs_upper()
        return (_RULES[name](least)[0] / limit).union(arb(1))

    def _waving(self, name: str, x: _Tail) -> _Tail:
        values = self.range(x)
        return self._enclosed((arb(-1)).union(arb(1)) if values is None else _RULES[name](values)[0])


class _TailBound:
    """What is known of |f| for side * t >= T."""

    def __init__(self, program: Program, side: int):
        self.program = program
        self.side = side
        self.form: _Tail | None = None  # kept once it holds for every T

    def at(self, start: arb) -> tuple[arb, arb, bool]:
        """(a number that |f| comes near to, an upper bound of |f|, whether |f| is unbounded)."""
        nothing = arb(0), arb("inf"), False
        tails = _Tails(start, self.side)
        try:
            form = self.form or _tail(self.program.values(tails, tails.variable)[0])
            if not tails.depends:
                self.form = form
            c, scale = tails.lead(form)
            if scale.trend > 0:
                return arb(0), arb("inf"), bool(c.is_finite() and not c.contains(0))
            limit = _exact_limit(form)
            if scale.trend == 0 and limit is not None:  # what is left beside the limit is enclosed more closely
                rest, least = tails.lead(form - _tail(limit))
                bound = (limit + rest * least.over(start)).abs_upper()
            else:
                bound = (c * scale.over(start)).abs_upper()
            return self._limit(form, scale), bound, False
        except _TooNearError:
            return nothing

    def _limit(self, form: _Tail, scale: _Scale) -> arb:
        if scale.trend < 0 or not form.above:
            return arb(0)
        # Every lesser term goes to 0 next to the leading one: f comes near to the quotient of leading
        # coefficients.
        limit = arb(form.above[_leading(form.above)]) / arb(form.below[_leading(form.below)])
        return limit.abs_lower() if limit.is_finite() else arb(0)
