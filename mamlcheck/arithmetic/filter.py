"""`filter`: NumPy arrays of doubles with one bound of size for each slice of the first axis, rigorous and nearly free.

The first axis of what a verdict works on counts instances. An array holds, beside its midpoints, for each slice along
that axis a bound `size` of all its numbers and an `excess`, and one number `units` for the whole array. With
u = 2**-53, for each number x of slice i and its midpoint m,

    |x - m| <= u (units size_i + excess_i),      |x| and |m| <= (1 + units u) size_i.

The units count roundings, in Python, while sizes only grow; where they shrink, as in a loss or in a sum that cancels,
the error so far becomes the excess. So an operation costs what it costs in plain doubles, and a few more on sizes and
excesses, of which there are as many as instances, or one. Exact numbers have 0 units and the excess 0.0. The bounds are
norm-wise and a priori, as those of static filters of geometric predicates are (Fortune and Van Wyk, "Static analysis
yields efficient exact integer arithmetic for computational geometry", ACM Trans. Graph. 15, 1996): wider than balls by
a factor of 10 to 1,000, and still far narrower than what most verdicts need. What they leave open goes to `ball`.

Four conventions carry the rigour, each read only where numbers are (`lower`, `upper`, `less_equal`):

* A size or excess that is not finite means *unbounded*: nothing is known of the slice. inf and NaN pass through all
  operations on them.
* A size of 0 means exactly 0, midpoints included.
* `reach` bounds the exponents: a size is 0 or lies between 2**-reach and 2**reach. It is counted like the units, or
  seen where sizes are, and where it exceeds MOST_REACH nothing is known of the array. So no size and no midpoint that
  is used has overflowed, no size is 0 because it underflowed, and what underflows in midpoints or excesses, some
  2**-1074 for each of the products in a sum, is far below u 2**-20 times the size.
* Where `units` exceed MOST_UNITS nothing is known of the array. They are infinite where an operation starts counting
  anew from an array of which nothing is known (`_lost`). In each operation SLACK = 1 + 2**-20 covers, for the
  part of the error that the units count, all products of two errors, the underflows and the roundings of `units`. The
  computed excess may lie below the exact one, but by no more than the factor 1 + 5 units u: an operation loses at most
  j u for the units of a factor, j, and 4 u for its own roundings, and adds j and 2 or more to the units. SLACK makes
  that whole where errors are read, and where they become an excess and the units start anew.

What the bounds cannot carry raises `BeyondFilter`: elementary functions other than those of losses, whose errors
`plain_error` proves. This module knows nothing of tasks or claims.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from fractions import Fraction
from functools import lru_cache, reduce
from typing import NoReturn, TypeAlias, cast, overload

import numpy as np

from mamlcheck.arithmetic import enclosures
from mamlcheck.arithmetic.arrays import Answers, Doubles, Integers, Objects
from mamlcheck.arithmetic.ball import DOUBLE_ROUNDOFF, RELATIVE_ULP, Ball, BallArray
from mamlcheck.arithmetic.exact import are_doubles, exact_array, exponent, nearest_doubles
from mamlcheck.arithmetic.plain_error import Points, Traced, TracedArray, error_tables, evaluated, places_of
from mamlcheck.arithmetic.protocol import Arithmetic, Index, Operations
from mamlcheck.errors import MamlcheckError

SLACK = 1 + 2.0**-20
MOST_UNITS = 2.0**20
MOST_REACH = 900.0
INPUT_REACH = 120  # sizes of inputs beyond 2**-INPUT_REACH to 2**INPUT_REACH make their slices unbounded

Size: TypeAlias = Doubles | float
"""One bound for each slice of the first axis (N,), or one for the whole array."""


class BeyondFilter(MamlcheckError):  # noqa: N818 - reads as what it says
    """A formula needs what `filter` has no bounds for: use `ball`."""


class FilterArray:
    """Midpoints `mid`, and the `size`, `excess`, `units` and `reach` that bound their errors: see above.

    A size is an array (N,) or a float, a float where the first axis has length 1. So is an excess, a float where the
    size is one. The arrays are kept, not copied: whoever writes into them afterwards breaks the enclosure.
    """

    __slots__ = ("excess", "mid", "reach", "size", "units")
    __array_ufunc__ = None  # so that ndarray op FilterArray is refused instead of taken apart element by element

    def __init__(self, mid: Doubles, size: Size, excess: Size, units: float, reach: float):
        # NumPy hands a bare number back where a result has no axes.
        self.mid = mid if type(mid) is np.ndarray else np.asarray(mid, dtype=np.float64)
        self.size = size
        self.excess = excess
        self.units = units
        self.reach = reach

    @property
    def shape(self) -> tuple[int, ...]:
        return self.mid.shape

    @property
    def ndim(self) -> int:
        return self.mid.ndim

    def __repr__(self) -> str:
        bounds = f"size={self.size!r}, excess={self.excess!r}, units={self.units!r}, reach={self.reach!r}"
        return f"FilterArray(mid={self.mid!r}, {bounds})"

    def _moved(self, mid: Doubles, slices: Callable[[Size], Size] | None = None) -> FilterArray:
        """The same numbers, or some of them, in another shape; slices: what becomes of bounds for each slice."""
        size, excess = self.size, self.excess
        if slices is not None:
            size = size if isinstance(size, float) else slices(size)
            excess = excess if isinstance(excess, float) else slices(excess)
        return FilterArray(mid, size, excess, self.units, self.reach)

    def __getitem__(self, index: Index) -> FilterArray:
        return self._moved(self.mid[index], _indexed(self.mid.ndim, index))

    @overload
    def reshape(self, shape: tuple[int, ...], /) -> FilterArray: ...

    @overload
    def reshape(self, length: int, /, *more: int) -> FilterArray: ...

    def reshape(self, shape: int | tuple[int, ...], /, *more: int) -> FilterArray:
        mid = self.mid.reshape(shape, *more)
        # Slices of the first axis are runs of equal length of all elements: as many slices, the same slices.
        same = mid.ndim > 0 and self.mid.ndim > 0 and len(mid) == len(self.mid)
        return self._moved(mid, None if same else largest)

    def __neg__(self) -> FilterArray:
        return self._moved(-self.mid)

    def __add__(self, other: FilterArray | int) -> FilterArray:
        b = _operand(other)
        return _added(self, b, self.mid + b.mid)

    __radd__ = __add__

    def __sub__(self, other: FilterArray | int) -> FilterArray:
        b = _operand(other)
        return _added(self, b, self.mid - b.mid)

    def __rsub__(self, other: FilterArray | int) -> FilterArray:
        b = _operand(other)
        return _added(b, self, b.mid - self.mid)

    def __mul__(self, other: FilterArray | int) -> FilterArray:
        return _multiplied(self, _operand(other))

    __rmul__ = __mul__

    def __truediv__(self, other: FilterArray | int) -> FilterArray:
        return _divided(self, _operand(other))

    def __rtruediv__(self, other: FilterArray | int) -> FilterArray:
        return _divided(_operand(other), self)


@lru_cache(maxsize=1024)
def _integer(value: int) -> FilterArray:
    return Filter().exact(value)


def _operand(value: FilterArray | int) -> FilterArray:
    if type(value) is FilterArray:
        return value
    if isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.timedelta64)):
        return _integer(int(value))
    raise TypeError(f"{value!r} is no number of filter: bring numbers in through its exact(...)")


# -- sizes and excesses --------------------------------------------------------------------------------------------
def largest(size: Size) -> float:
    """One bound in place of all."""
    return size if isinstance(size, float) else float(np.maximum.reduce(size, initial=0.0))


def _bounds(x: FilterArray, ndim: int) -> tuple[Size, Size]:
    """Size and excess of x, broadcast to so many axes, as bounds of slices of the first of them.

    Shapes are matched from their last axis on, so the first axis of an array with fewer axes is another one.
    """
    if x.mid.ndim == ndim or isinstance(x.size, float):
        return x.size, x.excess
    return largest(x.size), largest(x.excess)


def _is_none(excess: Size) -> bool:
    return isinstance(excess, float) and excess == 0.0


def _plus(s: Size, t: Size) -> Size:
    """The sum of two excesses."""
    return t if _is_none(s) else s if _is_none(t) else s + t


def _times(s: Size, factor: Size) -> Size:
    """An excess, multiplied; where the factor is unbounded the size is."""
    return s if _is_none(s) else s * factor


def _indexed(ndim: int, index: Index) -> Callable[[Size], Size] | None:
    """What becomes of the bounds of slices under an index: None where it leaves the first axis as it is."""
    if type(index) is tuple and not index:
        return None
    first, *others = index if type(index) is tuple else (index,)
    taken = 0  # axes that the other parts take
    for part in others:
        kind = type(part)
        if kind is slice or kind is int:
            taken += 1
        elif part is not None and part is not Ellipsis:
            return largest
    if first is Ellipsis:
        return None if taken < ndim else largest
    if type(first) is int or type(first) is slice:
        return lambda size: _slim(np.asarray(np.asarray(size)[first]))
    return largest


def _slim(size: Doubles) -> Size:
    """One bound as a float."""
    return float(size.reshape(())) if size.size == 1 else size


def _plain(size: Size) -> Size:
    """A bound that NumPy computed, as a float where it has no axes."""
    return size if isinstance(size, float) or size.ndim else float(size)


def _slices(values: Doubles) -> Doubles:
    """An array (N, ...) as a table (N, K)."""
    return values.reshape(len(values), math.prod(values.shape[1:]))


def _least(values: Doubles, like: Size) -> Doubles:
    """The least number of each slice where `like` has a bound for each, else of all; inf where there is none."""
    if isinstance(like, float):
        return np.asarray(np.min(values, initial=np.inf))
    return np.asarray(np.min(_slices(values), axis=1, initial=np.inf))


def _size_of(values: Doubles) -> Size:
    """The largest absolute value of each slice, 0 of an empty one; of the whole where there is one slice or none."""
    if values.ndim == 0:
        return abs(float(values))
    if len(values) == 1:
        return float(np.max(np.abs(values), initial=0.0))
    if values.ndim == 1:
        return np.abs(values)
    return np.asarray(np.maximum.reduce(np.abs(_slices(values)), axis=1, initial=0.0))


def _measured(size: Size) -> tuple[Size, float]:
    """Sizes, unbounded where they are beyond INPUT_REACH, and their reach."""
    if isinstance(size, float):
        ends = (size, size)
    elif len(size):
        ends = (float(np.minimum.reduce(size)), float(np.maximum.reduce(size)))
    else:
        return size, 0.0
    if not 2.0**-INPUT_REACH <= ends[0] <= ends[1] <= 2.0**INPUT_REACH:  # some are 0, or beyond
        sizes = np.asarray(size)
        fit = (sizes == 0) | ((sizes >= 2.0**-INPUT_REACH) & (sizes <= 2.0**INPUT_REACH))
        used = sizes[fit & (sizes > 0)]
        ends = (float(np.min(used)), float(np.max(used))) if used.size else (1.0, 1.0)
        size = _plain(np.where(fit, sizes, np.inf))
    return size, float(max(math.frexp(ends[1])[1], 1 - math.frexp(ends[0])[1]))


def _reach_of(size: Size) -> float:
    """The reach of these sizes."""
    sizes = np.asarray(size)
    used = sizes[(sizes > 0) & (sizes < np.inf)]
    if not used.size:
        return 0.0
    return float(max(math.frexp(float(np.max(used)))[1], 1 - math.frexp(float(np.min(used)))[1]))


def _lost(*arrays: FilterArray) -> float:
    """Units to add where they are counted anew: infinite if nothing is known of one of these arrays, else 0."""
    known = all(x.units <= MOST_UNITS and x.reach <= MOST_REACH for x in arrays)
    return 0.0 if known else math.inf


# -- operations --------------------------------------------------------------------------------------------------
# In each of them the computed size may lie below the exact one, and the computed midpoint beyond the exact result, by
# one rounding for each that is counted: (1 + u)^j (1 + k u) <= 1 + (k + j) SLACK u. Below, x and y are exact numbers, m
# and n their midpoints, M and N sizes, k and l units, s and t excesses.
def _added(a: FilterArray, b: FilterArray, mid: Doubles) -> FilterArray:
    """a + b or a - b, whose midpoints are `mid`: off by u (k M + s + l N + t), and by one rounding, at most u (M + N).

    A sum of doubles does not underflow. Roundings of the size and of the midpoint.
    """
    (size, excess), (other, more) = _bounds(a, mid.ndim), _bounds(b, mid.ndim)
    units = (a.units if a.units > b.units else b.units) + 2
    reach = (a.reach if a.reach > b.reach else b.reach) + 1
    return FilterArray(mid, size + other, _plus(excess, more), units * SLACK, reach)


def _product_bounds(a: FilterArray, b: FilterArray, ndim: int) -> tuple[Size, Size]:
    """M N and s N + M t: |x y - m n| <= |x - m| |y| + |m| |y - n| <= u ((k + l) M N + s N + M t), and second orders."""
    (size, excess), (other, more) = _bounds(a, ndim), _bounds(b, ndim)
    return size * other, _plus(_times(excess, other), _times(more, size))


def _multiplied(a: FilterArray, b: FilterArray) -> FilterArray:
    """a b, with the bounds above and two roundings, of the size and of the midpoint."""
    mid = a.mid * b.mid
    size, excess = _product_bounds(a, b, mid.ndim)
    return FilterArray(mid, size, excess, (a.units + b.units + 2) * SLACK, a.reach + b.reach)


def _divided(a: FilterArray, b: FilterArray) -> FilterArray:
    """a / b: |x/y - m/n| <= |x - m| / |y| + |m/n| |y - n| / |y| <= u (k M + s + (M/g) (l N + t)) / g, g the least |y|.

    Of size M/g that is k units, and an excess of (s + (M/g) (l N + t)) / g. Six roundings, of g and of the quotients.
    Where g is not positive, or so small that N/g overflows, nothing is known of the slice. A single exact number y is g
    itself, and not its size, which may be that of an array that it was taken from.
    """
    mid = a.mid / b.mid
    (m, s), (n, t) = _bounds(a, mid.ndim), _bounds(b, mid.ndim)
    units = (a.units + 6) * SLACK + _lost(b)
    if not (b.units or b.mid.ndim):
        y = abs(float(b.mid)) if math.isfinite(largest(b.size)) else math.nan
        size = _plain(np.divide(m, y))  # NaN or infinite where y is 0
        excess = s if _is_none(s) else _plain(np.divide(s, y))
        return FilterArray(mid, size, excess, units, a.reach + abs(math.frexp(y)[1]) + 1)
    off = (n * b.units + t) * SLACK
    gap = np.maximum(_least(np.abs(b.mid), n) - off * DOUBLE_ROUNDOFF, 0.0) * (1 - 2.0**-50)
    ratio = n / gap
    known = np.isfinite(ratio)
    size = np.where(known, m / gap, np.inf)
    excess = (s + size * off) / gap
    widest = float(np.max(ratio, initial=1.0, where=known))  # M/g is M/N times the ratio
    return FilterArray(mid, _plain(size), _plain(excess), units, a.reach + b.reach + math.frexp(widest)[1])


def _product(x: FilterArray, matrix: Doubles, a: FilterArray) -> FilterArray:
    """x times a matrix of the numbers of a: each entry is a sum of products, as many as the matrix has rows."""
    mid = np.matmul(x.mid, matrix)
    if matrix.ndim == 2 and mid.ndim == 2:  # the first axis of a is one of its lines, and not that of the product
        a = a._moved(a.mid, largest)
    size, excess = _product_bounds(x, a, mid.ndim)
    return _summed(mid, size, excess, matrix.shape[-2], x.units + a.units, x.reach + a.reach)


def _summed(mid: Doubles, size: Size, excess: Size, length: int, units: float, reach: float) -> FilterArray:
    """Sums of so many numbers, or products of two, of such bounds: off by gamma_length of their sizes together.

    |fl(XY) - XY| <= gamma |X||Y| for any order of summation and with fused multiply-add (Higham, "Accuracy and
    Stability of Numerical Algorithms", 2002, section 3.1); no partial sum exceeds the size by more than its roundings.
    """
    units = (units + length + 3) * SLACK
    return FilterArray(mid, size * length, _times(excess, float(length)), units, reach + length.bit_length())


def _with_size_seen(x: FilterArray) -> FilterArray:
    """x, of the size that its midpoints and their error show, where that is less than the size known a priori.

    A pass over the array: it pays where many samples were summed, so that the array is small and its size far below the
    sum of theirs. The error so far is the excess from now on.
    """
    seen = _size_of(x.mid)
    if isinstance(x.size, float) and not isinstance(seen, float):
        seen = largest(seen)
    excess = (x.size * x.units + x.excess) * SLACK
    size = _plain(np.minimum(x.size * (1 + x.units * DOUBLE_ROUNDOFF), seen + excess * DOUBLE_ROUNDOFF)) * SLACK
    return FilterArray(x.mid, size, excess, 1.0 + _lost(x), _reach_of(size))


def _error(x: FilterArray) -> Size:
    """How far the numbers of each slice may be from their midpoints, rounded up by SLACK; inf or NaN: unknown."""
    if not (x.units <= MOST_UNITS and x.reach <= MOST_REACH):
        return math.inf
    return (x.size * x.units + x.excess) * (DOUBLE_ROUNDOFF * SLACK)


def _along(size: Size, ndim: int) -> Size:
    """Bounds of slices, against an array of so many axes."""
    return size if isinstance(size, float) or not size.ndim else size.reshape(-1, *(1,) * (ndim - 1))


class Filter(Operations[FilterArray]):
    """Arrays are `FilterArray`."""

    name = "filter"
    rigorous = True
    in_doubles = True
    precision = 53

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return self.name

    def working(self) -> AbstractContextManager[object]:
        """Context in which formulas run: that of `ball`, whose assumptions are made here too."""
        return Ball().working()

    def exact(self, values: object) -> FilterArray:
        """The numbers as they are: doubles have no error, fractions that of one rounding."""
        array = exact_array(values)
        if are_doubles(array):
            size, reach = _measured(_size_of(array))
            return FilterArray(array, size, 0.0, 0.0, reach)
        mid, off = nearest_doubles(array)
        if (off & (mid == 0)).any():  # a size of 0 would be wrong
            return FilterArray(mid, math.inf, 0.0, 1.0, 0.0)
        size, reach = _measured(_size_of(mid))
        # |v - m| <= u |m|, or among subnormals 2**-1075; the sizes of slices that are used are far above these.
        return FilterArray(mid, size, 0.0, 1.0 if off.any() else 0.0, reach)

    def from_arb(self, values: Objects) -> FilterArray:
        """Numbers around an object array of flint `arb`."""
        return self.between(*enclosures.arb_bounds(values))

    def between(self, low: Doubles, high: Doubles) -> FilterArray:
        """Numbers known to lie in [low, high], doubles; nothing is known where one is not finite."""
        finite = np.isfinite(low) & np.isfinite(high)
        mid = np.where(finite, 0.5 * low + 0.5 * high, 0.0)
        size, reach = _measured(_size_of(np.where(finite, np.maximum(np.abs(low), np.abs(high)), np.inf)))
        # The distance from the midpoint, with one rounding.
        off = _size_of(np.where(finite, np.maximum(high - mid, mid - low), 0.0))
        return FilterArray(mid, size, off * (SLACK / DOUBLE_ROUNDOFF), 1.0, reach)

    # -- elementwise -----------------------------------------------------------------------------------------
    def abs(self, x: FilterArray) -> FilterArray:
        return x._moved(np.abs(x.mid))  # | |x| - |mid| | <= |x - mid|

    def _selected(self, x: FilterArray, y: FilterArray, mid: Doubles) -> FilterArray:
        # Both move the smaller, or the larger, by no more than they move themselves.
        (m, s), (n, t) = _bounds(x, mid.ndim), _bounds(y, mid.ndim)
        size, excess = _plain(np.maximum(m, n)), 0.0 if _is_none(s) and _is_none(t) else _plain(np.maximum(s, t))
        return FilterArray(mid, size, excess, max(x.units, y.units), max(x.reach, y.reach))

    def minimum(self, x: FilterArray, y: FilterArray | int) -> FilterArray:
        other = _operand(y)
        return self._selected(x, other, np.minimum(x.mid, other.mid))

    def maximum(self, x: FilterArray, y: FilterArray | int) -> FilterArray:
        other = _operand(y)
        return self._selected(x, other, np.maximum(x.mid, other.mid))

    def square(self, x: FilterArray) -> FilterArray:
        return _multiplied(x, x)

    def power(self, x: FilterArray, n: int) -> FilterArray:
        """x**n for an integer n >= 0, by repeated squaring."""
        exponent(n)
        if n == 0:  # unbounded stays unbounded: inf * 0 is NaN
            return FilterArray(np.ones(x.shape), (x.size + x.excess) * 0.0 + 1.0, 0.0, x.units, x.reach)
        result = None
        while n:
            if n & 1:
                result = x if result is None else _multiplied(result, x)
            n >>= 1
            x = _multiplied(x, x) if n else x
        return x if result is None else result

    def sqrt(self, x: FilterArray) -> FilterArray:
        """Square root of numbers known to be non-negative: midpoints that are not, by an error, are taken for 0.

        Nothing is known of a slice that holds a number that is certainly negative.
        """
        mid, size = np.sqrt(np.maximum(x.mid, 0.0)), np.sqrt(x.size)
        least = _least(x.mid, x.size)
        if not x.units:
            return FilterArray(mid, _plain(np.where(least >= 0, size, np.inf)), 0.0, 4.0, x.reach)
        # For x and m at least g > 0: |sqrt(x) - sqrt(m)| = |x - m| / (sqrt(x) + sqrt(m)) <= |x - m| / (2 sqrt(g)).
        # Always it is at most sqrt(|x - m|). Where g is not positive, the second is the smaller one.
        off = (x.size * x.units + x.excess) * SLACK
        gap = np.maximum(least - off * DOUBLE_ROUNDOFF, 2.0**-1060)
        excess = np.minimum(off / np.sqrt(gap) * 0.5, np.sqrt(off / DOUBLE_ROUNDOFF)) * SLACK
        excess = np.where(x.size == 0, 0.0, np.where(least >= -off * DOUBLE_ROUNDOFF, excess, np.inf))
        return FilterArray(mid, _plain(size), _plain(excess), x.units + 6, x.reach)

    def exp(self, x: FilterArray) -> NoReturn:
        _beyond("exp")

    def expm1(self, x: FilterArray) -> NoReturn:
        _beyond("expm1")

    def log(self, x: FilterArray) -> NoReturn:
        _beyond("log")

    def log1p(self, x: FilterArray) -> NoReturn:
        _beyond("log1p")

    def tanh(self, x: FilterArray) -> NoReturn:
        _beyond("tanh")

    def sin(self, x: FilterArray) -> NoReturn:
        _beyond("sin")

    def cos(self, x: FilterArray) -> NoReturn:
        _beyond("cos")

    def sinh(self, x: FilterArray) -> NoReturn:
        _beyond("sinh")

    def cosh(self, x: FilterArray) -> NoReturn:
        _beyond("cosh")

    def atan(self, x: FilterArray) -> NoReturn:
        _beyond("atan")

    def asinh(self, x: FilterArray) -> NoReturn:
        _beyond("asinh")

    def erf(self, x: FilterArray) -> NoReturn:
        _beyond("erf")

    # -- sums and products along axes ------------------------------------------------------------------------
    def sum(self, x: FilterArray, axis: int) -> FilterArray:
        size, excess = (x.size, x.excess) if axis % x.ndim else (largest(x.size), largest(x.excess))
        return _summed(np.add.reduce(x.mid, axis=axis), size, excess, x.shape[axis], x.units, x.reach)

    def mean(self, x: FilterArray, axis: int) -> FilterArray:
        return self.sum(x, axis) / x.shape[axis]

    def weighted_sum(self, weights: FilterArray, x: FilterArray, axis: int) -> FilterArray:
        return self.sum(_multiplied(weights, x), axis)

    def matvec(self, a: FilterArray, x: FilterArray) -> FilterArray:
        """X a^T: (..., m, d) and (..., P, d) to (..., P, m)."""
        return _product(x, np.swapaxes(a.mid, -1, -2), a)

    def rmatvec(self, a: FilterArray, y: FilterArray) -> FilterArray:
        """Y a: (..., m, d) and (..., P, m) to (..., P, d)."""
        return _with_size_seen(_product(y, a.mid, a))

    def squared_norm(self, x: FilterArray) -> FilterArray:
        # |x^2 - m^2| = |x - m| |x + m| <= 2 u (k M + s) M, and second orders.
        mid = np.einsum("...i,...i->...", x.mid, x.mid)
        size, excess = _without_last(x)
        return _summed(mid, size * size, _times(excess, size * 2.0), x.shape[-1], 2 * x.units, 2 * x.reach)

    def norm(self, x: FilterArray) -> FilterArray:
        # ||x| - |m|| <= |x - m| <= sqrt(length) u (k M + s). The sum of squares is off by gamma of itself, its root by
        # half of that and a rounding; what underflows is far below u M^2, since M^2 has the reach that is claimed.
        length = x.shape[-1]
        mid = np.sqrt(np.einsum("...i,...i->...", x.mid, x.mid))
        size, excess = _without_last(x)
        root = math.sqrt(length)
        units = (x.units + length + 4) * SLACK
        return FilterArray(mid, size * root, _times(excess, root), units, 2 * x.reach + length.bit_length())

    # -- shape -----------------------------------------------------------------------------------------------
    def stack(self, arrays: Sequence[FilterArray], axis: int) -> FilterArray:
        mid = np.stack([a.mid for a in arrays], axis=axis)
        return _joined(arrays, mid, along_first=axis % mid.ndim == 0)

    def concatenate(self, arrays: Sequence[FilterArray], axis: int) -> FilterArray:
        mid = np.concatenate([a.mid for a in arrays], axis=axis)
        return _joined(arrays, mid, along_first=axis % mid.ndim == 0)

    def broadcast_to(self, x: FilterArray, shape: tuple[int, ...]) -> FilterArray:
        return x._moved(np.broadcast_to(x.mid, shape), None if len(shape) == x.ndim else largest)

    def transpose(self, x: FilterArray, axes: Sequence[int]) -> FilterArray:
        first = len(axes) > 0 and axes[0] % x.ndim == 0
        return x._moved(np.transpose(x.mid, axes), None if first else largest)

    def take(self, x: FilterArray, indices: Integers | Sequence[int], axis: int) -> FilterArray:
        return x._moved(np.asarray(np.take(x.mid, indices, axis=axis)), None if axis % x.ndim else largest)

    # -- what is known beyond the numbers --------------------------------------------------------------------
    def vanishing_with(self, x: FilterArray, step: FilterArray) -> FilterArray:
        """x, known to be 0 wherever `step` is exactly 0: used for whole slices."""
        zero = np.asarray(np.equal(step.size, 0))
        if not zero.any() or _lost(step) or x.ndim != step.ndim or (zero.ndim and len(zero) != len(x.mid)):
            return x
        size, excess = (_plain(np.where(zero, 0.0, bound)) for bound in (x.size, x.excess))
        return FilterArray(np.where(_along(zero, x.ndim), 0.0, x.mid), size, excess, x.units, x.reach)

    def lipschitz(
        self,
        function: Callable[[Arithmetic, FilterArray], tuple[FilterArray, ...]],
        x: FilterArray,
        bounds: Sequence[Fraction | None],
    ) -> tuple[FilterArray, ...]:
        """function(x), given Lipschitz constants of its outputs: evaluated in plain doubles, whose error is proved.

        Let |x|, |m| <= T and |f| <= M up to there. An output is off by its error in doubles, at most j u M, and by L
        times the error of x, which becomes the excess.
        """
        values = evaluated(cast("Callable[[Points, Doubles], tuple[Doubles, ...]]", function), x.mid)
        tables = error_tables(cast("Callable[[Traced, TracedArray], tuple[TracedArray, ...]]", function))
        places = places_of(x.size * (1 + SLACK * x.units * DOUBLE_ROUNDOFF))
        results = []
        for value, table, bound in zip(values, tables, bounds, strict=True):
            size, reach = _plain(np.take(table.size, places, mode="clip")), max(x.reach, table.reach)
            excess: Size = 0.0
            if x.units:
                if bound is None:
                    _beyond("a function without a Lipschitz constant")
                excess = (x.size * x.units + x.excess) * (_above(bound) * SLACK)
            results.append(FilterArray(value, size, excess, table.units + 2 + _lost(x), reach))
        return tuple(results)

    def sloping(
        self,
        function: Callable[[FilterArray], tuple[FilterArray, ...]],
        x: FilterArray,
        slopes: Sequence[FilterArray],
    ) -> tuple[FilterArray, ...]:
        """function(x), none of whose slopes exceeds these sizes: evaluated at the midpoints, and then moved.

        Where x is off by e, an output is off by its slope times e more, and so may its size be.
        """
        if not x.units:
            return function(x)
        midpoints = FilterArray(x.mid, x.size * ((1 + x.units * DOUBLE_ROUNDOFF) * SLACK), 0.0, 0.0, x.reach + 1)
        off = (x.size * x.units + x.excess) * SLACK
        results = []
        for value, slope in zip(function(midpoints), slopes, strict=True):
            if slope.ndim != x.ndim:
                raise TypeError(f"slopes have {slope.ndim} axes, the argument has {x.ndim}: give slopes with as many")
            more = off * slope.size * ((1 + slope.units * DOUBLE_ROUNDOFF) * SLACK)
            size = (value.size + more * DOUBLE_ROUNDOFF) * SLACK
            units = value.units + 1 + _lost(x, slope)
            moved = FilterArray(value.mid, size, _plus(value.excess, more), units, value.reach + 1)
            results.append(_with_size_seen(moved))
        return tuple(results)

    # -- reading ---------------------------------------------------------------------------------------------
    def in_ball(self, x: FilterArray) -> BallArray:
        """Balls that hold the numbers."""
        error = np.asarray(_along(_error(x), x.ndim))
        return BallArray(x.mid, np.array(np.broadcast_to(np.where(np.isfinite(error), error, np.inf), x.shape)))

    def lower(self, x: FilterArray) -> Doubles:
        """Doubles not above any of the numbers, `mid` where there is no error; -inf where unbounded."""
        # As in `ball`: mid - error, rounded, is within half an ulp of the exact end.
        error = _along(_error(x), x.ndim)
        low = x.mid - error
        low = low - np.abs(low) * RELATIVE_ULP
        return np.where(np.isfinite(error), np.where(np.equal(error, 0), x.mid, low), -np.inf)

    def upper(self, x: FilterArray) -> Doubles:
        """Doubles not below any of the numbers, `mid` where there is no error; inf where unbounded."""
        return -self.lower(-x)

    def midpoint(self, x: FilterArray) -> Doubles:
        return x.mid

    def less_equal(self, x: FilterArray, y: FilterArray) -> Answers:
        """1 where certainly x <= y, 0 where certainly x > y, -1 where the bounds do not tell (int8)."""
        true = self.upper(x) <= self.lower(y)
        false = self.lower(x) > self.upper(y)
        return np.where(true, 1, np.where(false, 0, -1)).astype(np.int8)


def _without_last(x: FilterArray) -> tuple[Size, Size]:
    """Size and excess where the last axis is summed over, which may be the first one too."""
    return (x.size, x.excess) if x.ndim > 1 else (largest(x.size), largest(x.excess))


def _joined(arrays: Sequence[FilterArray], mid: Doubles, along_first: bool) -> FilterArray:
    """Arrays side by side: bounded by the largest of their bounds, for all slices where they are joined along the first
    axis.
    """

    def joint(bounds: list[Size]) -> Size:
        return _plain(reduce(np.maximum, [largest(b) for b in bounds] if along_first else bounds))

    size, excess = joint([a.size for a in arrays]), joint([a.excess for a in arrays])
    return FilterArray(mid, size, excess, max(a.units for a in arrays), max(a.reach for a in arrays))


@lru_cache(maxsize=256)
def _above(bound: Fraction) -> float:
    """A double not below a bound >= 0, 0 for 0."""
    return math.nextafter(bound.numerator / bound.denominator, math.inf) if bound else 0.0


def _beyond(what: str) -> NoReturn:
    raise BeyondFilter(f"filter has no bounds for {what}: use ball, which has")


__all__ = ["BeyondFilter", "Filter", "FilterArray"]
