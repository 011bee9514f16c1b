"""`ball`: NumPy arrays of midpoint and radius, any leading batch shape, rigorous.

A ball is the set of reals within `rad` of `mid`. Every operation returns a ball that holds the exact result
for every choice of the operands in their balls. Matrix products are one BLAS product for the midpoint, with
the a-priori bound gamma_k = k u / (1 - k u), valid for every order of summation and with fused multiply-add
(Rump, "Fast and parallel interval arithmetic", BIT 39, 1999; Higham, "Accuracy and Stability of Numerical
Algorithms", 2002, section 3.1). The radius is a second product, on absolute values; where the matrix is exact
and none of its entries is zero, Cauchy and Schwarz bound that product by the norms of the vectors and of the
matrix's lines, which are computed once. Elementary functions are correctly rounded by `crival` (CORE-MATH),
or enclosed by python-flint where it has no wheel.

Three conventions carry the rigour:

* A non-finite radius means *unbounded*: nothing is known of the number. It is contagious, and wherever the
  midpoint is not finite the radius is not finite either. Overflow, NaN and a division by a ball around 0 end
  there.
* An exact zero stays one: a product with a ball of midpoint 0 and radius 0 is exactly 0 with radius 0.
* Underflow: results below `UNDERFLOW_FREE` in size take a slow path that adds `UNDERFLOW_ERROR` to the radius.

This module knows nothing of tasks or claims.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from fractions import Fraction
from functools import cache
from types import TracebackType
from typing import overload

import numpy as np

from mamlcheck.arithmetic import enclosures
from mamlcheck.arithmetic.arrays import Answers, Doubles, Flags, Integers, Objects
from mamlcheck.arithmetic.exact import are_doubles, double_above, exact_array, exponent, fraction, nearest_doubles
from mamlcheck.arithmetic.protocol import Arithmetic, Index, Operations
from mamlcheck.errors import MamlcheckError

DOUBLE_ROUNDOFF = 2.0**-53  # unit roundoff u of round-to-nearest: |fl(x) - x| <= u |fl(x)| above the underflow range
# A radius computed in at most 14 roundings loses at most the factor (1 - u)**14; RADIUS_GROWTH = 1 + 16 u and its own
# rounding make it whole again, since (1 + 16 u)(1 - u)**15 >= (1 + 16 u)(1 - 15 u) >= 1.
RADIUS_GROWTH = 1.0 + 2.0**-49
# Each underflow loses at most 2**-1075. A result of size UNDERFLOW_FREE has a radius of at least u times that, which is
# 2**-1013, and the u that RADIUS_GROWTH leaves over after 15 roundings is 2**-1066 of that: more than the few
# underflows of one operation.
UNDERFLOW_FREE = 2.0**-960
# Covers the underflow errors of one operation below UNDERFLOW_FREE: fewer than 16, at most 2**-1075 each. Far larger
# than they are, so that radii stay clear of subnormal numbers, which many a processor multiplies 50 times
# more slowly.
UNDERFLOW_ERROR = 2.0**-1000
RELATIVE_ULP = 2.0**-52  # |v| RELATIVE_ULP is at least one ulp of v: see `lower`
THREE_UNITS, FOUR_UNITS = 3 * DOUBLE_ROUNDOFF, 4 * DOUBLE_ROUNDOFF
# Below it an expansion in a step may be closer than a difference: the rounding errors of the latter exceed the cube of
# the step from about u**(1/3) = 2**-18 down, and from somewhat more where numbers are large next to their changes.
SMALL_STEP = 2.0**-12
LEAST_NORM = 2.0**-450  # the least norm that `_radius_by_norms` takes, and the inverse of the largest


class FloatingPointModeError(MamlcheckError):
    """The processor is not in the mode that the error bounds assume."""


class WrongProductsError(MamlcheckError):
    """NumPy's matrix products are wrong."""


# 1 and -1 plus half an ulp are ties, plus three quarters of one are not.
ADDED_TO = np.array([1.0, -1.0, 1.0, -1.0])
ADDED = np.array([DOUBLE_ROUNDOFF, -DOUBLE_ROUNDOFF, 1.5 * DOUBLE_ROUNDOFF, -1.5 * DOUBLE_ROUNDOFF])
NEAREST = [1.0, -1.0, 1 + 2 * DOUBLE_ROUNDOFF, -1 - 2 * DOUBLE_ROUNDOFF]
SMALLEST_NORMAL = np.array([2.0**-1022])


def check_floating_point() -> None:
    """Raise unless doubles round to nearest and underflow gradually, as every bound in this module assumes.

    A library built with -ffast-math can switch gradual underflow off for a whole process.
    """
    if (ADDED_TO + ADDED).tolist() != NEAREST:
        raise FloatingPointModeError("doubles do not round to nearest here: restore the default rounding mode")
    if not (SMALLEST_NORMAL * 0.5 > 0).all():
        raise FloatingPointModeError(
            "subnormal doubles are flushed to zero here, probably by a library built with -ffast-math: "
            "run mamlcheck in a process that does not load that library"
        )


@cache
def check_products() -> None:
    """Raise unless NumPy's products of matrices of integers are exact, once in a process.

    Every order of summation gives these products without rounding, with fused multiply-add or without, so that a BLAS
    that computes in less than double precision, or drops a term, is found out. The shapes reach its kernels for
    vectors, for matrices with and without leftover rows, for A A^T, and for transposed and batched operands.
    """
    for x, y in _integer_factors():
        # Sums of at most 48 products below 2**46: doubles hold them, and NumPy adds int64 without a BLAS.
        exact = (x.astype(np.int64)[..., :, :, None] * y.astype(np.int64)[..., None, :, :]).sum(axis=-2)
        if not np.array_equal(np.matmul(x, y), exact):
            raise WrongProductsError(
                f"numpy.matmul multiplies matrices of integers of shapes {x.shape} and {y.shape} wrongly here, so "
                "nothing can be certified. numpy.show_config() names the BLAS behind it; NumPy's own wheels bring a "
                "sound one: `pip install --force-reinstall numpy`"
            )


def _integer_factors() -> Iterator[tuple[Doubles, Doubles]]:
    """Pairs of matrices of integers below 2**23 in size, as doubles: odd ones, whose products need all digits."""
    steps = np.arange(48 * 48)
    numbers = ((steps * 7_368_787 + 5_915_587) % 2**24 - 2**23) | 1
    wide = numbers.astype(np.float64).reshape(48, 48)
    for rows, inner, columns in ((1, 48, 1), (1, 33, 48), (48, 33, 1), (5, 3, 7), (48, 37, 45), (32, 48, 32)):
        yield wide[:rows, :inner].copy(), wide[-inner:, -columns:].copy()
    yield wide, wide.T
    yield wide[:31, :29].copy().T, wide[:31, 5:].copy()
    yield wide[:24].reshape(4, 6, 48), wide[24:].reshape(4, 48, 6)


class _Working:
    """A block in which formulas run: overflow is silent, being contained, and the mode is checked again at its end."""

    def __init__(self) -> None:
        check_floating_point()
        check_products()
        self._errors = np.errstate(all="ignore")

    def __enter__(self) -> None:
        self._errors.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._errors.__exit__(kind, error, trace)
        if kind is None:  # a library that the block loaded may have changed it under the results
            check_floating_point()


class BallArray:
    """An array of balls. `mid` is a float64 array; `rad` one of the same shape, or None when every ball is a
    point.

    The arrays are kept, not copied: whoever writes into them afterwards breaks the enclosure.
    """

    __slots__ = ("_absolute", "_norms", "mid", "rad")
    __array_ufunc__ = None  # so that ndarray op BallArray is refused instead of taken apart element by element

    def __init__(self, mid: Doubles, rad: Doubles | None = None):
        # NumPy hands a bare number back where a result has no axes.
        self.mid = mid if type(mid) is np.ndarray else np.asarray(mid, dtype=np.float64)
        self.rad = rad if rad is None or type(rad) is np.ndarray else np.asarray(rad, dtype=np.float64)
        self._absolute: Doubles | None = None
        self._norms: dict[int, Doubles | None] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.mid.shape

    @property
    def ndim(self) -> int:
        return self.mid.ndim

    @property
    def absolute(self) -> Doubles:
        """|mid|, computed once."""
        if self._absolute is None:
            self._absolute = np.abs(self.mid)
        return self._absolute

    def norms(self, axis: int) -> Doubles | None:
        """Euclidean norms of the midpoints along `axis`, up to rounding (see `_matmul`), computed once.

        None where they do not serve to bound a radius: balls are no points, an entry is 0, a norm is tiny or
        overflows.
        """
        if self.rad is not None:
            return None
        if self._norms is None:
            self._norms = {}
        if axis not in self._norms:
            self._norms[axis] = _norms(self.mid, axis)
        return self._norms[axis]

    def __repr__(self) -> str:
        return f"BallArray(mid={self.mid!r}, rad={self.rad!r})"

    def _map(self, move: Callable[[Doubles], Doubles]) -> BallArray:
        out = BallArray(move(self.mid), None if self.rad is None else move(self.rad))
        if self._absolute is not None:
            out._absolute = np.asarray(move(self._absolute))
        return out

    def __getitem__(self, index: Index) -> BallArray:
        return self._map(lambda a: np.asarray(a[index]))

    @overload
    def reshape(self, shape: tuple[int, ...], /) -> BallArray: ...

    @overload
    def reshape(self, length: int, /, *more: int) -> BallArray: ...

    def reshape(self, shape: int | tuple[int, ...], /, *more: int) -> BallArray:
        return self._map(lambda a: a.reshape(shape, *more))

    def __neg__(self) -> BallArray:
        out = BallArray(-self.mid, self.rad)
        out._absolute = self._absolute
        return out

    def __add__(self, other: BallArray | int) -> BallArray:
        return _add(self, _operand(other))

    __radd__ = __add__

    def __sub__(self, other: BallArray | int) -> BallArray:
        return _add(self, -_operand(other))

    def __rsub__(self, other: BallArray | int) -> BallArray:
        return _add(_operand(other), -self)

    def __mul__(self, other: BallArray | int) -> BallArray:
        return _multiply(self, _operand(other))

    __rmul__ = __mul__

    def __truediv__(self, other: BallArray | int) -> BallArray:
        return _divide(self, _operand(other))

    def __rtruediv__(self, other: BallArray | int) -> BallArray:
        return _divide(_operand(other), self)


def _operand(value: object) -> BallArray:
    if isinstance(value, BallArray):
        return value
    if isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.timedelta64)):
        if abs(int(value)) <= 2**53:
            return BallArray(np.array(float(value)))
        return Ball().exact(int(value))
    raise TypeError(f"{value!r} is not a ball: bring numbers in through ball.exact(...)")


def _sized(mid: Doubles, size: Doubles, rad: Doubles | None) -> BallArray:
    """The ball, with |mid| known already."""
    out = BallArray(mid, rad)
    out._absolute = np.asarray(size)
    return out


def _norms(a: Doubles, axis: int) -> Doubles | None:
    if not a.all():
        return None
    squares = np.einsum("...ij,...ij->...j" if axis == -2 else "...ij,...ij->...i", a, a)
    norms = np.asarray(np.sqrt(squares))
    return norms if norms.size and norms.min() >= LEAST_NORM and norms.max() <= 1 / LEAST_NORM else None


def _is_exact_zero(x: BallArray) -> Flags:
    return np.asarray((x.mid == 0) if x.rad is None else (x.mid == 0) & (x.rad == 0))


def _all_finite(x: Doubles) -> bool:
    return bool(np.isfinite(x).all())


def _unbounded(x: BallArray) -> Flags:
    return np.asarray(~np.isfinite(x.mid if x.rad is None else x.rad))


def _add(a: BallArray, b: BallArray) -> BallArray:
    # |fl(a + b) - (a + b)| is at most half an ulp of the sum, which fl(u |sum|) is never less than: half an
    # ulp is a double where a sum can be inexact (from 2**-1021 up), and rounding is monotone. So no underflow
    # can hurt here.
    mid = a.mid + b.mid
    size = np.abs(mid)
    rad = size * DOUBLE_ROUNDOFF
    if a.rad is None and b.rad is None:
        return _sized(mid, size, rad)
    if a.rad is not None:
        rad += a.rad
    if b.rad is not None:
        rad += b.rad
    rad *= RADIUS_GROWTH
    return _sized(mid, size, rad)


def _multiply(a: BallArray, b: BallArray) -> BallArray:
    if b.rad is None and b.mid.ndim == 0:
        a, b = b, a
    if _is_power_of_two(a):
        scaled = _by_power_of_two(b, float(a.mid))
        if scaled is not None:
            return scaled
    # |ab - m n| <= r (|n| + s) + |m| s for a = m +- r, b = n +- s; five roundings, three underflows.
    mid = a.mid * b.mid
    size = np.abs(mid)
    rad = size * DOUBLE_ROUNDOFF
    if a.rad is not None:
        rad += a.rad * (b.absolute if b.rad is None else b.absolute + b.rad)
    if b.rad is not None:
        rad += a.absolute * b.rad
    if a.rad is not None or b.rad is not None:
        rad *= RADIUS_GROWTH
    if size.size and not size.min() >= UNDERFLOW_FREE:
        small = np.asarray(size < UNDERFLOW_FREE)  # few, as a rule
        rad = np.asarray(rad)
        rad[small] += np.where(_picked_zero(a, size, small) | _picked_zero(b, size, small), 0.0, UNDERFLOW_ERROR)
    return _sized(mid, size, rad)


def _picked_zero(x: BallArray, like: Doubles, where: Flags) -> Flags:
    """Whether x, broadcast to the shape of `like`, is exactly 0, at these places."""
    zero = np.broadcast_to(x.mid, like.shape)[where] == 0
    return np.asarray(zero if x.rad is None else zero & (np.broadcast_to(x.rad, like.shape)[where] == 0))


def _is_power_of_two(x: BallArray) -> bool:
    return x.rad is None and x.mid.ndim == 0 and abs(math.frexp(x.mid)[0]) == 0.5


def _by_power_of_two(x: BallArray, factor: float) -> BallArray | None:
    """The product without rounding, or None where something underflows, overflows or is 0."""
    # It moves the exponent only: what stays above the underflow range is exact. A radius that does not may
    # lose 2**-1075.
    mid = x.mid * factor
    size = np.abs(mid)
    if not size.size or not (size.min() >= UNDERFLOW_FREE and size.max() < np.inf):
        return None
    if x.rad is None:
        return _sized(mid, size, None)
    rad = x.rad * abs(factor)
    if not rad.min() >= UNDERFLOW_FREE:
        rad = np.where((rad < UNDERFLOW_FREE) & (x.rad > 0), rad + UNDERFLOW_ERROR, rad)
    return _sized(mid, size, rad)


def _divide(a: BallArray, b: BallArray) -> BallArray:
    if _is_power_of_two(b):
        scaled = _by_power_of_two(a, 1 / float(b.mid))
        if scaled is not None:
            return scaled
    # |a/b - q| = |(a - m) - q (b - n)| / |b| <= (r + |q| s) / (|n| - s) for a = m +- r, b = n +- s, q = m/n,
    # plus the rounding of q. Eight roundings: |n| - s, rounded, is at most 1 + u times the exact difference.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        mid = a.mid / b.mid
        size = np.abs(mid)
        gap = b.absolute if b.rad is None else b.absolute - b.rad
        share = DOUBLE_ROUNDOFF if b.rad is None else b.rad / gap + DOUBLE_ROUNDOFF
        rad = size * share
        if a.rad is not None:
            rad += a.rad / gap
        rad *= RADIUS_GROWTH
        if size.size and not size.min() >= UNDERFLOW_FREE:
            # The quotient itself may have lost 2**-1075, which the relative radius of b multiplies.
            alive = (size < UNDERFLOW_FREE) & ~_is_exact_zero(a)
            rad = np.where(alive, rad + (UNDERFLOW_ERROR + UNDERFLOW_ERROR * share), rad)
        if gap.size and not gap.min() > 0:
            rad = np.where(gap > 0, rad, np.nan)
    return _sized(mid, size, rad)


def gamma(k: int) -> float:
    """A double above k u / (1 - k u), for k < 2**40."""
    return k * DOUBLE_ROUNDOFF * (1 + 2.0**-10)


def _spread(x: BallArray, k: int) -> Doubles:
    """gamma_k |mid| + rad, kept above the underflow range where it is not exactly zero."""
    spread = np.asarray(gamma(k) * x.absolute)
    if x.rad is not None:
        spread += x.rad
    if spread.size and not spread.min() >= UNDERFLOW_FREE:
        spread = np.where((spread < UNDERFLOW_FREE) & ~_is_exact_zero(x), UNDERFLOW_FREE, spread)
    return spread


def _matmul(x: BallArray, y: BallArray, norms: Doubles | None) -> BallArray:
    """Matrix product of balls over the last two axes; leading axes broadcast.

    `norms` are those of the columns of y (..., J), where `BallArray.norms` gives them.
    """
    k = x.shape[-1]
    mid = np.asarray(np.matmul(x.mid, y.mid))
    if norms is not None:
        rad = _radius_by_norms(x, norms)
        if rad is not None:
            return BallArray(mid, rad)
    # |fl(XY) - XY| <= gamma_k |X||Y|; the radius product itself loses at most a factor 1 - gamma_{k+8}.
    if y.rad is None:
        rad = np.matmul(_spread(x, k), y.absolute)
    elif x.rad is None:
        rad = np.matmul(x.absolute, _spread(y, k))
    else:
        rad = np.matmul(x.absolute + x.rad, _spread(y, k)) + np.matmul(x.rad, y.absolute)
    rad *= 1 + 2 * gamma(k + 16)
    plain = not rad.size or (
        rad.min() >= UNDERFLOW_FREE
        and _all_finite(mid)
        and (x.rad is None or _all_finite(x.rad))
        and (y.rad is None or _all_finite(y.rad))
    )
    return BallArray(mid, rad if plain else _settled_product(x, y, mid, rad))


def _radius_by_norms(x: BallArray, norms: Doubles) -> Doubles | None:
    """Radius of a product of x with an exact matrix whose columns have these norms.

    None where a row of x has a tiny norm, or a huge one, or is unbounded.

    sum_i (gamma_k |x_i| + r_i) |y_ij| <= |gamma_k |x| + r| |y_j| by Cauchy and Schwarz. Each norm loses at
    most k/2 + 4 roundings, the result two more: k + 10 in all, and 2 gamma_{k+16} makes them good. What
    underflows is at most k 2**-1074 in a square (from UNDERFLOW_FREE = 2**-960 up) and in the midpoint (the radius,
    from 2**-930 up): it is less than one rounding in either. No partial sum of the midpoint exceeds |x| |y_j|
    <= 2**900 / gamma_k.
    """
    k = x.shape[-1]
    spread = x.absolute * gamma(k)
    if x.rad is not None:
        spread += x.rad
    squares = np.einsum("...i,...i->...", spread, spread)
    if not squares.size or not (squares.min() >= UNDERFLOW_FREE and squares.max() <= LEAST_NORM**-2):
        return None  # NaN comes here too
    rows = np.sqrt(squares) * (1 + 2 * gamma(k + 16))
    return np.asarray(rows[..., :, None] * norms[..., None, :])


def _settled_product(x: BallArray, y: BallArray, mid: Doubles, rad: Doubles) -> Doubles:
    """`rad` of a product where something underflowed, overflowed, or was unbounded.

    It is raised by UNDERFLOW_ERROR for each of the k products where they may have underflowed (sums of exact zeros keep
    radius 0). It is NaN where the midpoint overflowed, since the radius, smaller by gamma_k, need not have; and NaN
    where an operand is unbounded, since a BLAS may skip a zero factor and with it the infinity beside it.
    """
    terms = np.matmul((~_is_exact_zero(x)).astype(float), (~_is_exact_zero(y)).astype(float))
    rad = np.where((rad < UNDERFLOW_FREE) & (terms > 0), rad + x.shape[-1] * UNDERFLOW_ERROR, rad)
    lost = _unbounded(x).any(axis=-1, keepdims=True) | _unbounded(y).any(axis=-2, keepdims=True)
    return np.where(lost | ~np.isfinite(mid), np.nan, rad)


def from_bounds(low: Doubles, high: Doubles) -> BallArray:
    """The ball around [low, high]; unbounded where a bound is not finite."""
    with np.errstate(invalid="ignore", over="ignore"):
        mid = 0.5 * low + 0.5 * high
        rad = np.maximum(mid - low, high - mid) * RADIUS_GROWTH
        return BallArray(mid, rad)  # where a bound is not finite, mid is not, and the maximum is inf or NaN


class Ball(Operations[BallArray]):
    """Arrays are `BallArray`. See the module for what is promised."""

    name = "ball"
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
        """Context in which formulas run: checks the processor's mode, before and after, and NumPy's products."""
        return _Working()

    def exact(self, values: object) -> BallArray:
        """Balls around exact numbers: points for doubles, one rounding wide for other fractions."""
        array = exact_array(values)
        if are_doubles(array):
            return BallArray(array)
        mid, off = nearest_doubles(array)
        if not off.any():
            return BallArray(mid)
        rad = np.where(off, np.inf, 0.0)
        for k in np.flatnonzero(off & np.isfinite(mid)).tolist():
            rad.flat[k] = double_above(abs(fraction(array.flat[k]) - Fraction(mid.flat[k])))
        return BallArray(mid, rad)

    def from_arb(self, values: Objects) -> BallArray:
        """Balls around an object array of flint `arb`."""
        return from_bounds(*enclosures.arb_bounds(values))

    def between(self, low: Doubles, high: Doubles) -> BallArray:
        """Balls around [low, high]; unbounded where a bound is not finite."""
        return from_bounds(low, high)

    # -- elementwise -----------------------------------------------------------------------------------------
    def abs(self, x: BallArray) -> BallArray:
        out = BallArray(x.absolute, x.rad)  # | |x| - |mid| | <= |x - mid|
        out._absolute = x.absolute
        return out

    def _select(self, x: BallArray, y: BallArray, choose: Callable[[Doubles, Doubles], Doubles]) -> BallArray:
        mid = choose(x.mid, y.mid)
        if x.rad is None and y.rad is None:
            return BallArray(mid)
        # Suppose that mid is the midpoint of x, and let d be its distance from the midpoint of y. x alone moves the
        # result by at most rad(x); y moves it only where y reaches beyond mid, by at most rad(y) - d. These are
        # three roundings; the computed d may exceed d by u.
        with np.errstate(invalid="ignore", over="ignore"):
            distance = np.abs(x.mid - y.mid) * (1 - RELATIVE_ULP)
            first = x.mid == mid
            own = np.where(first, _radius(x), _radius(y))
            other = np.where(first, _radius(y), _radius(x))
            rad = np.maximum(own, (other - distance) * RADIUS_GROWTH)
        return BallArray(mid, rad)  # inf and NaN pass through all of these

    def minimum(self, x: BallArray, y: BallArray | int) -> BallArray:
        return self._select(_operand(x), _operand(y), np.minimum)

    def maximum(self, x: BallArray, y: BallArray | int) -> BallArray:
        return self._select(_operand(x), _operand(y), np.maximum)

    def square(self, x: BallArray) -> BallArray:
        return _multiply(x, x)

    def power(self, x: BallArray, n: int) -> BallArray:
        """x**n for an integer n >= 0, by repeated squaring."""
        exponent(n)
        if n == 0:  # unbounded stays unbounded: the number may be undefined
            return BallArray(np.ones(x.shape), None if x.rad is None else np.where(_unbounded(x), np.nan, 0.0))
        result = None
        while n:
            if n & 1:
                result = x if result is None else _multiply(result, x)
            n >>= 1
            x = _multiply(x, x) if n else x
        return x if result is None else result

    def sqrt(self, x: BallArray) -> BallArray:
        """Square root of numbers known to be non-negative: the negative part of a ball is cut off."""
        with np.errstate(invalid="ignore", divide="ignore"):
            mid = np.sqrt(np.maximum(x.mid, 0.0))
            if x.rad is None:
                return BallArray(mid, np.where(x.mid >= 0, mid * DOUBLE_ROUNDOFF, np.nan))
            # For rad <= mid/2: |sqrt(x) - sqrt(mid)| = |x - mid| / (sqrt(x) + sqrt(mid)) <= rad / (1.7
            # sqrt(mid)).
            rad = (x.rad / (1.7 * mid) + mid * DOUBLE_ROUNDOFF) * RADIUS_GROWTH
            near = (x.rad + x.rad <= x.mid) & (mid > 0)  # doubled, not halved: half a subnormal is rounded
            if near.all():
                return BallArray(mid, rad)
            # Elsewhere the lower end is at most a third of the upper one, so the radius of the roots is at
            # least 0.2 of the upper root (which is NaN where the whole ball is negative, infinite where it is
            # unbounded): RADIUS_GROWTH makes it 3 u of that root wider, more than the u of each root and the two
            # roundings in `from_bounds`.
            wide = from_bounds(np.sqrt(np.maximum(self.lower(x), 0.0)), np.sqrt(self.upper(x)))
            return BallArray(np.where(near, mid, wide.mid), np.where(near, rad, _radius(wide)))

    def _elementary(self, name: str, x: BallArray) -> BallArray:
        if x.rad is None:
            low, high = enclosures.elementary(name, x.mid, x.mid)
            with np.errstate(invalid="ignore", over="ignore"):
                rad = (high - low) * RADIUS_GROWTH  # not finite where a bound is not
                return BallArray(low, rad if _all_finite(x.mid) else np.where(_unbounded(x), np.nan, rad))
        low, high = enclosures.elementary(name, self.lower(x), self.upper(x))
        # unbounded in, unbounded out: the number may be undefined
        return from_bounds(np.where(_unbounded(x), -np.inf, low), high)

    def exp(self, x: BallArray) -> BallArray:
        if x.rad is None or not x.mid.size or not x.rad.max() <= 1:
            return self._elementary("exp", x)
        # |exp(m + d) - exp(m)| <= exp(m) (e^r - 1) <= exp(m) (r + r^2) for |d| <= r <= 1; six roundings. A
        # midpoint that is not finite has a radius that is not, and went the other way.
        low, high = enclosures.elementary("exp", x.mid, x.mid)
        rad = ((high - low) + high * (x.rad + x.rad * x.rad)) * RADIUS_GROWTH
        if not low.min() >= UNDERFLOW_FREE:
            rad += UNDERFLOW_ERROR
        return BallArray(low, rad)

    def expm1(self, x: BallArray) -> BallArray:
        return self._elementary("expm1", x)

    def log(self, x: BallArray) -> BallArray:
        return self._elementary("log", x)

    def log1p(self, x: BallArray) -> BallArray:
        return self._elementary("log1p", x)

    def tanh(self, x: BallArray) -> BallArray:
        size = x.absolute
        if x.rad is not None or not size.size or not (size.min() >= UNDERFLOW_FREE and size.max() <= 2.0**1000):
            return self._elementary("tanh", x)
        # tanh|x| = g(e) = -e / (2 + e) with e = expm1(-2|x|), for half the time. Both e and its lower bound
        # are from -1 - 2 u up, so g changes by at most 2 (1 + 8 u) times as much as e; 2 + e and the quotient
        # are rounded: 2 u and less than another u of it.
        argument = size * -2.0
        low, high = enclosures.elementary("expm1", argument, argument)
        ratio = low / (low + 2.0)
        rad = ((high - low) * 2.0 - ratio * THREE_UNITS) * RADIUS_GROWTH
        return BallArray(np.copysign(ratio, x.mid), rad)

    def sin(self, x: BallArray) -> BallArray:
        return self._elementary("sin", x)

    def cos(self, x: BallArray) -> BallArray:
        if x.rad is not None or not _all_finite(x.mid):
            return self._elementary("cos", x)
        # cos x = 1 - 2 s^2 with s = sin(x/2), for half the time. |s| <= 1 is within r of its lower bound, so
        # 2 s^2 moves by at most 2 r (2 + r) <= 5 r; rounding it loses 2 u, the difference u. Halving and
        # squaring lose far less than another u where they underflow.
        half = x.mid * 0.5
        low, high = enclosures.elementary("sin", half, half)
        mid = 1.0 - low * low * 2.0
        return BallArray(mid, ((high - low) * 5.0 + FOUR_UNITS) * RADIUS_GROWTH)

    def sinh(self, x: BallArray) -> BallArray:
        return self._elementary("sinh", x)

    def cosh(self, x: BallArray) -> BallArray:
        return self._elementary("cosh", x)

    def atan(self, x: BallArray) -> BallArray:
        return self._elementary("atan", x)

    def asinh(self, x: BallArray) -> BallArray:
        return self._elementary("asinh", x)

    def erf(self, x: BallArray) -> BallArray:
        return self._elementary("erf", x)

    # -- sums and products along axes ------------------------------------------------------------------------
    def sum(self, x: BallArray, axis: int) -> BallArray:
        k = x.shape[axis]
        mid = np.asarray(np.sum(x.mid, axis=axis))
        if k <= 1 and x.rad is None:
            return BallArray(mid)
        # gamma_{k-1} sum |x_i| bounds the error; that error is a multiple of 2**-1074, hence a double where
        # gamma_k sum |x_i| underflows, and rounding is monotone. The last term is 0, or NaN where the
        # midpoint overflowed.
        rad = np.asarray(gamma(k) * np.sum(x.absolute, axis=axis))
        if x.rad is not None:
            rad += np.sum(x.rad, axis=axis)
        rad *= 1 + 2 * gamma(k + 16)
        rad += mid - mid
        return BallArray(mid, rad)

    def mean(self, x: BallArray, axis: int) -> BallArray:
        return self.sum(x, axis) / x.shape[axis]

    def weighted_sum(self, weights: BallArray, x: BallArray, axis: int) -> BallArray:
        return self.sum(weights * x, axis)

    def matvec(self, a: BallArray, x: BallArray) -> BallArray:
        """X a^T: (..., m, d) and (..., P, d) to (..., P, m)."""
        return _matmul(x, _transposed(a), a.norms(-1))

    def rmatvec(self, a: BallArray, y: BallArray) -> BallArray:
        """Y a: (..., m, d) and (..., P, m) to (..., P, d)."""
        return _matmul(y, a, a.norms(-2))

    def squared_norm(self, x: BallArray) -> BallArray:
        k = x.shape[-1]
        mid = np.asarray(np.einsum("...i,...i->...", x.mid, x.mid))
        # |sum x_i^2 - fl(sum mid_i^2)| <= sum (2|mid_i| + rad_i) rad_i + gamma_k sum mid_i^2.
        spread = gamma(k + 1) * x.absolute
        if x.rad is None:
            rad = np.asarray(np.einsum("...i,...i->...", spread, x.absolute))
        else:
            spread += x.rad + x.rad
            rad = np.asarray(np.einsum("...i,...i->...", spread, x.absolute))
            rad += np.einsum("...i,...i->...", x.rad, x.rad)
        rad *= 1 + 2 * gamma(k + 16)
        rad += mid - mid  # 0, or NaN where the midpoint overflowed: the radius, smaller, need not have
        if rad.size and not rad.min() >= UNDERFLOW_FREE:
            alive = ~_is_exact_zero(x).all(axis=-1)
            # Below UNDERFLOW_FREE the underflow errors, k * 2**-1073 at most, may be what counts; UNDERFLOW_FREE itself
            # exceeds them.
            rad = np.where((rad < UNDERFLOW_FREE) & alive, 2 * UNDERFLOW_FREE, rad)
        return BallArray(mid, rad)

    def norm(self, x: BallArray) -> BallArray:
        return self.sqrt(self.squared_norm(x))

    # -- shape -----------------------------------------------------------------------------------------------
    def stack(self, arrays: Sequence[BallArray], axis: int) -> BallArray:
        return _joined(arrays, lambda parts: np.stack(parts, axis=axis))

    def concatenate(self, arrays: Sequence[BallArray], axis: int) -> BallArray:
        return _joined(arrays, lambda parts: np.concatenate(parts, axis=axis))

    def broadcast_to(self, x: BallArray, shape: tuple[int, ...]) -> BallArray:
        return x._map(lambda a: np.broadcast_to(a, shape))

    def transpose(self, x: BallArray, axes: Sequence[int]) -> BallArray:
        return x._map(lambda a: np.transpose(a, axes))

    def take(self, x: BallArray, indices: Integers | Sequence[int], axis: int) -> BallArray:
        return x._map(lambda a: np.asarray(np.take(a, indices, axis=axis)))

    # -- what is known beyond the numbers --------------------------------------------------------------------
    def vanishing_with(self, x: BallArray, step: BallArray) -> BallArray:
        """x, known to be 0 wherever `step` is exactly 0."""
        zero = _is_exact_zero(step)
        if not zero.any():
            return x
        return BallArray(np.where(zero, 0.0, x.mid), None if x.rad is None else np.where(zero, 0.0, x.rad))

    def lipschitz(
        self,
        function: Callable[[Arithmetic, BallArray], tuple[BallArray, ...]],
        x: BallArray,
        bounds: Sequence[Fraction | None],
    ) -> tuple[BallArray, ...]:
        """function(x), given Lipschitz constants of its outputs: evaluated at the midpoints, then widened.

        A constant None means there is none, and then the function is evaluated on the balls themselves.
        """
        if x.rad is None:
            return function(self, x)
        known = [b for b in bounds if b is not None]
        if len(known) < len(bounds):
            return function(self, x)
        rad = x.rad
        return tuple(_widened(v, rad, b) for v, b in zip(function(self, BallArray(x.mid)), known, strict=True))

    def expanded(
        self, x: BallArray, step: BallArray, expansion: Callable[[], tuple[BallArray, BallArray] | None]
    ) -> BallArray:
        """x, or the value of the expansion widened by its error, element by element whichever has the smaller radius.

        The expansion is asked for where all steps along the last axis, which sums run over, are small somewhere.
        """
        largest = np.max(step.absolute, axis=-1, initial=0.0)
        found = expansion() if ((largest > 0) & (largest <= SMALL_STEP)).any() else None
        if found is None:
            return x
        value, error = found
        rad = (_radius(value) + self.upper(error)) * RADIUS_GROWTH
        closer = rad < _radius(x)  # never where rad is NaN or infinite: an unbounded value serves nobody
        return BallArray(np.where(closer, value.mid, x.mid), np.where(closer, rad, _radius(x)))

    def sloping(
        self, function: Callable[[BallArray], tuple[BallArray, ...]], x: BallArray, slopes: Sequence[BallArray]
    ) -> tuple[BallArray, ...]:
        """`function(x)`: what is known of its slopes is not used."""
        return function(x)

    # -- reading ---------------------------------------------------------------------------------------------
    def lower(self, x: BallArray) -> Doubles:
        """Doubles not above any number of the balls, `mid` where the radius is 0; -inf where unbounded."""
        if x.rad is None:
            return x.mid
        # v = fl(mid - rad) is within half an ulp of the exact end; v - |v| RELATIVE_ULP is at least one ulp below v,
        # and so is its rounding, since v less an ulp is a double. Below 2**-1021 the difference v is exact.
        low = x.mid - x.rad
        low = low - np.abs(low) * RELATIVE_ULP
        return np.where(np.isfinite(x.rad), np.where(x.rad == 0, x.mid, low), -np.inf)

    def upper(self, x: BallArray) -> Doubles:
        """Doubles not below any number of the balls, `mid` where the radius is 0; inf where unbounded."""
        return -self.lower(-x)

    def midpoint(self, x: BallArray) -> Doubles:
        return x.mid

    def less_equal(self, x: BallArray, y: BallArray) -> Answers:
        """1 where certainly x <= y, 0 where certainly x > y, -1 where the balls do not tell (int8)."""
        # An unbounded ball reaches from -inf to inf, so neither comparison is ever true of it.
        true = self.upper(x) <= self.lower(y)
        false = self.lower(x) > self.upper(y)
        return np.where(true, 1, np.where(false, 0, -1)).astype(np.int8)


def _radius(x: BallArray) -> Doubles:
    return np.zeros(x.shape) if x.rad is None else x.rad


def _transposed(a: BallArray) -> BallArray:
    if a.norms(-1) is None:
        a.absolute  # noqa: B018  computed on the data themselves, so that it is computed once
    return a._map(lambda v: np.swapaxes(v, -1, -2))


def _joined(arrays: Sequence[BallArray], join: Callable[[list[Doubles]], Doubles]) -> BallArray:
    mid = join([a.mid for a in arrays])
    if all(a.rad is None for a in arrays):
        return BallArray(mid)
    return BallArray(mid, join([_radius(a) for a in arrays]))


def _widened(value: BallArray, rad: Doubles, bound: Fraction) -> BallArray:
    """`value` with its radius grown by bound * rad."""
    extra = rad * _above(bound)
    if extra.size and not extra.min() >= UNDERFLOW_FREE:
        extra = np.where((extra < UNDERFLOW_FREE) & (rad > 0) & (bound > 0), extra + UNDERFLOW_ERROR, extra)
    if value.rad is not None:
        extra += value.rad
    extra *= RADIUS_GROWTH
    return BallArray(value.mid, extra)


def _above(bound: Fraction) -> float:
    """A double not below a bound >= 0; 0 for 0. The division of ints is correctly rounded."""
    if not bound:
        return 0.0
    try:
        return math.nextafter(bound.numerator / bound.denominator, math.inf)
    except OverflowError:
        return math.inf
