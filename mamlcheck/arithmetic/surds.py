"""Surds: real numbers c_1 sqrt(r_1) + ... + c_k sqrt(r_k), exactly, with fractions c_i and r_i > 0.

They are what `rational` holds where a length is no fraction, so that equal sides with the same roots are known to be
equal. Two roots are in one class if one is a fraction times the other: that is so where the product of what is under
them is a square. Roots of different classes are linearly independent over the fractions (Besicovitch, "On the linear
independence of fractional powers of integers", J. London Math. Soc. 15, 1940). So with one term for each class a number
is 0 only if it has no terms, and it is a fraction only if its one term is. Nothing is factored: a test for perfect
squares suffices. What is not 0 has a sign that enclosures by Arb find, with as many bits as that takes.

A number that is a fraction is always held as a `flint.fmpq`, never as a `Surd`. Numbers beyond this form, such as a
root of a sum of roots, raise `NotExact`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from flint import arb, ctx, fmpq, fmpz

from mamlcheck.arithmetic.exact import fraction, nearest_double
from mamlcheck.errors import MamlcheckError

MOST_TERMS = 64  # of a sum: more take long, and seldom are a tie
LONGEST_DIVISOR = 4  # terms of a sum that conjugates turn into a fraction, each time into fewer terms
FEWEST_BITS, MOST_BITS = 64, 2**18  # with which a number that is not 0 is told from 0


class NotExact(MamlcheckError):  # noqa: N818  a formula that leaves the exact numbers is not at fault
    """The formula leaves the numbers that exact arithmetic holds on this instance."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Surd:
    """A number that is no fraction: the sum of c sqrt(n) over `terms`, pairs (n, c) of which no two n are of one class.

    Each n is a whole number > 0, 1 for the part that is a fraction, and no c is 0. `sum_of` makes them.
    """

    terms: tuple[tuple[fmpz, fmpq], ...]

    # -- arithmetic ------------------------------------------------------------------------------------------------
    def __neg__(self) -> Surd:
        return Surd(tuple((n, -c) for n, c in self.terms))

    def __abs__(self) -> Surd:
        return self if self.sign() > 0 else -self

    def __add__(self, other: object) -> Exact:
        terms = _terms(other)
        return NotImplemented if terms is None else sum_of(terms, self.terms)

    __radd__ = __add__

    def __sub__(self, other: object) -> Exact:
        terms = _terms(other)
        return NotImplemented if terms is None else sum_of(((n, -c) for n, c in terms), self.terms)

    def __rsub__(self, other: object) -> Exact:
        return (-self).__add__(other)

    def __mul__(self, other: object) -> Exact:
        terms = _terms(other)
        if terms is None:
            return NotImplemented
        return sum_of(_product(s, t) for s in self.terms for t in terms)

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Exact:
        if isinstance(other, Surd):
            share = self._share_of(other)
            return self * other.reciprocal() if share is None else share
        return NotImplemented if _terms(other) is None else self * (fmpq(1) / other)

    def __rtruediv__(self, other: object) -> Exact:
        return NotImplemented if _terms(other) is None else self.reciprocal() * other

    def _share_of(self, other: Surd) -> fmpq | None:
        """self / other where that is a fraction, however many terms there are; else None."""
        if len(self.terms) != len(other.terms):
            return None
        (n, c), *_ = other.terms
        for m, d in self.terms:
            same, ratio = _in_class(m, (n,))
            if same == n:
                share = d * ratio / c
                return share if self == other * share else None
        return None

    def reciprocal(self) -> Exact:
        """1 / self, of at most `LONGEST_DIVISOR` terms.

        With two halves p + q of the sum, 1 / (p + q) = (p - q) / (p^2 - q^2). Neither factor of p^2 - q^2 is 0, since
        roots are independent; and it has fewer terms: of p = a + b with two terms, p^2 has a fraction and 2ab.
        """
        count = len(self.terms)
        if count == 1:
            ((n, c),) = self.terms
            return Surd(((n, 1 / (c * n)),))  # 1 / (c sqrt(n)) = sqrt(n) / (c n)
        if count > LONGEST_DIVISOR:
            raise NotExact(f"a sum of {count} different roots is divided by: use arb")
        half = (count + 1) // 2
        conjugate = Surd((*self.terms[:half], *((n, -c) for n, c in self.terms[half:])))
        norm = self * conjugate
        return conjugate * (norm.reciprocal() if isinstance(norm, Surd) else 1 / norm)

    # -- comparing ---------------------------------------------------------------------------------------------------
    def __eq__(self, other: object) -> bool:
        return self._signed_squares() == other._signed_squares() if isinstance(other, Surd) else False

    def __hash__(self) -> int:
        return hash(self._signed_squares())

    def _signed_squares(self) -> frozenset[fmpq]:
        """c |c| n of each term: they tell the term, however its class is written."""
        return frozenset(c * abs(c) * n for n, c in self.terms)

    def __lt__(self, other: object) -> bool:
        return sign(self - other) < 0

    def __le__(self, other: object) -> bool:
        return sign(self - other) <= 0

    def __gt__(self, other: object) -> bool:
        return sign(self - other) > 0

    def __ge__(self, other: object) -> bool:
        return sign(self - other) >= 0

    def sign(self) -> int:
        """1 or -1: the number is not 0."""
        if len({c > 0 for _, c in self.terms}) == 1:
            return 1 if self.terms[0][1] > 0 else -1
        for low, high in self._enclosures():
            if low > 0:
                return 1
            if high < 0:
                return -1
        raise self._too_fine()

    # -- reading -----------------------------------------------------------------------------------------------------
    def rounded(self, rounding: Callable[[Fraction], float]) -> float:
        """`rounding` of the number, for one that never falls as numbers grow and jumps at fractions alone."""
        for ends in self._enclosures():
            below, above = (rounding(_fraction(end)) for end in ends)
            if below == above:
                return below
        raise self._too_fine()

    def __float__(self) -> float:
        return self.rounded(nearest_double)

    def _enclosures(self) -> Iterator[tuple[arb, arb]]:
        """Narrower and narrower ones, by both ends, which are exact."""
        bits = FEWEST_BITS
        while bits <= MOST_BITS:
            with ctx.workprec(bits):
                enclosure = sum((arb(c) * arb(n).sqrt() for n, c in self.terms), arb(0))
                ends = enclosure.lower(), enclosure.upper()
            yield ends
            bits *= 2

    def _too_fine(self) -> NotExact:
        return NotExact(f"{MOST_BITS} bits do not tell a sum of {len(self.terms)} different roots from a fraction")

    def __repr__(self) -> str:
        return " + ".join(str(c) if n == 1 else f"{c} sqrt({n})" for n, c in self.terms)


Exact: TypeAlias = fmpq | Surd


def root(value: Exact) -> Exact:
    """The square root of a number >= 0; `NotExact` where the number is negative, or no fraction."""
    if value < 0:
        raise NotExact(f"{value} is negative: it has no real square root")
    if isinstance(value, Surd):
        raise NotExact(f"{value} has no square root that is a sum of roots of fractions, as far as is known: use arb")
    top, bottom = value.p.isqrt(), value.q.isqrt()
    square_above, square_below = top * top == value.p, bottom * bottom == value.q
    if square_above and square_below:
        return fmpq(top, bottom)
    if square_below:
        return Surd(((value.p, fmpq(1, bottom)),))
    if square_above:  # a / sqrt(q) = (a / q) sqrt(q)
        return Surd(((value.q, fmpq(top, value.q)),))
    return sum_of([(value.p * value.q, fmpq(1, value.q))])


def known_fraction(value: Exact) -> Fraction | None:
    """The number as a fraction; None where it is none."""
    return None if isinstance(value, Surd) else fraction(value)


def sign(value: Exact) -> int:
    """1, 0 or -1."""
    return value.sign() if isinstance(value, Surd) else (value > 0) - (value < 0)


def sum_of(terms: Iterable[tuple[fmpz, fmpq]], known: Iterable[tuple[fmpz, fmpq]] = ()) -> Exact:
    """The sum of c sqrt(n) over terms (n, c). known: more terms, one for each class.

    Raises `NotExact` where there are more than `MOST_TERMS` classes.
    """
    found = dict(known)
    for n, c in terms:
        m, ratio = _in_class(n, found)
        found[m] = found[m] + c * ratio if m in found else c * ratio
        if found[m] == 0:
            del found[m]
        if len(found) > MOST_TERMS:
            raise NotExact(f"a sum of more than {MOST_TERMS} different roots: use arb")
    if not found:
        return fmpq(0)
    return found[ONE] if len(found) == 1 and ONE in found else Surd(tuple(found.items()))


ONE = fmpz(1)


def _in_class(n: fmpz, known: Iterable[fmpz]) -> tuple[fmpz, fmpq]:
    """The class of sqrt(n), and what sqrt(n) is a multiple of: m and sqrt(n / m), for one of the known m if it can be.

    Only 1 stands for the class of squares.
    """
    if n.is_square():
        return ONE, fmpq(n.isqrt())
    if n in known:
        return n, fmpq(1)
    for m in known:
        # n m = g^2 (n/g) (m/g), and what has no common divisor is a square together only if each is.
        common = n.gcd(m)
        top, bottom = n // common, m // common
        if top.is_square() and bottom.is_square():
            return m, fmpq(top.isqrt(), bottom.isqrt())
    return n, fmpq(1)


def _product(first: tuple[fmpz, fmpq], second: tuple[fmpz, fmpq]) -> tuple[fmpz, fmpq]:
    """Of two terms: sqrt(n) sqrt(m) = g sqrt((n/g) (m/g)), which keeps the numbers under roots short."""
    (n, c), (m, d) = first, second
    common = n.gcd(m)
    return (n // common) * (m // common), c * d * common


def _terms(value: object) -> tuple[tuple[fmpz, fmpq], ...] | None:
    """The terms of a number; None where it is none of this arithmetic."""
    if isinstance(value, Surd):
        return value.terms
    if isinstance(value, (fmpq, fmpz, int)):
        return ((ONE, fmpq(value)),) if value else ()
    return None


def _fraction(end: arb) -> Fraction:
    """An end of an enclosure, which is exact."""
    digits, exponent = end.man_exp()
    return fraction(fmpz(digits)) * Fraction(2) ** int(exponent)


__all__ = ["Exact", "NotExact", "Surd", "known_fraction", "root", "sign", "sum_of"]
