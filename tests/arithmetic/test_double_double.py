"""Pairs of doubles against exact fractions and mpmath at 50 digits, at hard magnitudes and under cancellation."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from mamlcheck.arithmetic import pairs
from mamlcheck.arithmetic.double_double import DoubleDouble, DoubleDoubleArray

U = Fraction(1, 2**53)
dd = DoubleDouble()


def exactly(x: DoubleDoubleArray) -> list[Fraction]:
    return [Fraction(h) + Fraction(low) for h, low in zip(x.high.flat, x.low.flat, strict=True)]


def drawn(seed: int, shape: tuple[int, ...], decades: float) -> DoubleDoubleArray:
    """Numbers of either sign and of magnitudes 2**-decades to 2**decades, with all bits of a pair in use."""
    random = np.random.default_rng(seed)
    high = random.normal(size=shape) * 2.0 ** random.uniform(-decades, decades, size=shape)
    return DoubleDoubleArray(*pairs.renewed(high, np.spacing(high) * random.uniform(-0.5, 0.5, size=shape)))


def cancelling(seed: int) -> tuple[DoubleDoubleArray, DoubleDoubleArray]:
    """x, and -x off by 2**-1 .. 2**-110 of it, or by nothing."""
    x = drawn(seed, (300,), 100)
    off = [Fraction(2) ** -k for k in range(1, 111)] + [Fraction(0)] * 190
    values = [-v * (1 + d) for v, d in zip(exactly(x), off, strict=True)]
    return x, dd.exact(np.array(values, dtype=object))


def normal(x: DoubleDoubleArray) -> bool:
    """Whether each low part is at most half a unit of the high part."""
    return bool((x.high + x.low == x.high).all())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("of", "bound"),
    [
        (lambda a, b: a + b, 4),
        (lambda a, b: a - b, 4),
        (lambda a, b: a * b, 6),
        (lambda a, b: a / b, 16),
    ],
    ids=["sum", "difference", "product", "quotient"],
)
def test_operations_are_right_to_a_few_squares_of_the_unit_roundoff(seed, of, bound):
    both = [(drawn(seed, (500,), d), drawn(seed + 100, (500,), d)) for d in (0, 3, 200)]
    for x, y in [*both, cancelling(seed)]:
        found = of(x, y)
        assert normal(found)
        for got, a, b in zip(exactly(found), exactly(x), exactly(y), strict=True):
            right = of(a, b)
            assert abs(got - right) <= bound * U**2 * abs(right)


def test_integers_and_large_arrays_of_several_blocks():
    x = drawn(1, (3, pairs.BLOCK), 3)
    y = drawn(2, (pairs.BLOCK,), 3)
    whole = x * y
    for row in range(3):
        one = DoubleDoubleArray(x.high[row, :7], x.low[row, :7]) * y[:7]
        assert np.array_equal(whole.high[row, :7], one.high)
        assert np.array_equal(whole.low[row, :7], one.low)
    assert exactly(2 * x[0, :9] - 3) == exactly((2 * x)[0, :9] - dd.exact(3))
    for got, v in zip(exactly(1 - 1 / x[0, :99]), exactly(x[0, :99]), strict=True):
        assert abs(got - (1 - 1 / v)) <= 20 * U**2 * (1 + abs(1 / v))


@pytest.mark.parametrize("decades", [0, 3, 200])
def test_roots(decades):
    x = drawn(5, (300,), decades)
    x = x * x
    found = dd.sqrt(x)
    assert normal(found)
    with mpmath.workdps(60):
        for got, v in zip(exactly(found), exactly(x), strict=True):
            right = mpmath.sqrt(mpmath.mpf(v.numerator) / v.denominator)
            assert abs(mpmath.mpf(got.numerator) / got.denominator - right) <= 2**-103 * right
    zero = dd.sqrt(dd.exact([0, 4]))
    assert exactly(zero) == [0, 2]


ARGUMENTS = {
    "exp": [0, 1e-30, -1e-30, 1, -1, 0.1, 700.5, -600.25, 2.0**-60],
    "log": [1, 1 + 2.0**-52, 1 - 2.0**-53, 1e-300, 1e300, 0.5, 2, 10],
    "tanh": [0, 1e-30, 0.3, -0.3, 5, 40, -400],
    "erf": [0, 1e-30, 0.5, -0.5, 5, -30],
    "sin": [0, 1e-30, 3.141592653589793, 1e10, -1e22, 1.5],
    "cos": [0, 1e-30, 1.5707963267948966, 1e10, -1e22, 1.5],
    "atan": [0, 1e-30, 1, -1, 1e30, -0.7],
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_elementary_functions(name):
    """With and without low parts; right to 2**-104, or to what 2**-105 in the argument makes where that is more."""
    high = np.array(ARGUMENTS[name], dtype=np.float64)
    x = DoubleDoubleArray(np.concatenate([high, high]), np.concatenate([0 * high, np.spacing(high) * 0.375]))
    if name == "log":
        x = DoubleDoubleArray(x.high, np.abs(x.low))
    found = getattr(dd, name)(x)
    assert normal(found)
    with mpmath.workdps(80):
        for got, v in zip(exactly(found), exactly(x), strict=True):
            at = mpmath.mpf(v.numerator) / v.denominator
            right = getattr(mpmath, name)(at)
            moved = abs(getattr(mpmath, name)(at * (1 + mpmath.mpf(2) ** -105)) - right)
            assert abs(mpmath.mpf(got.numerator) / got.denominator - right) <= 2**-104 * abs(right) + moved


@pytest.mark.parametrize(("length", "decades"), [(1, 3), (2, 200), (3, 0), (17, 100), (1000, 0), (3920, 30)])
def test_sums_are_right_relative_to_the_largest_term(length, decades):
    x = drawn(length, (3, length, 2), decades)
    found = dd.sum(x, 1)
    assert found.shape == (3, 2)
    assert normal(found)
    for index in np.ndindex(3, 2):
        terms = exactly(x[index[0], :, index[1]])
        (got,) = exactly(found[index].reshape(1))
        assert abs(got - sum(terms)) <= 2 * length * U**2 * max(map(abs, terms)) + 4 * U**2 * abs(sum(terms))
    mean = exactly(dd.mean(x, 1))
    assert all(abs(m - s / length) <= 16 * U**2 * abs(m) for m, s in zip(mean, exactly(found), strict=True))


def test_sums_in_which_everything_cancels():
    x = drawn(3, (501,), 50)
    both = dd.concatenate([x, -x, dd.exact([Fraction(1, 3)])], 0)
    (got,) = exactly(dd.sum(both, 0).reshape(1))
    assert abs(got - Fraction(1, 3)) <= 2 * 1003 * U**2 * max(map(abs, exactly(x)))


@pytest.mark.parametrize(("terms", "decades"), [(1, 3), (5, 200), (64, 40), (576, 0), (3920, 10)])
def test_matrix_products_are_right_relative_to_row_and_column(terms, decades):
    a, b = drawn(terms, (2, 3, terms), decades), drawn(terms + 1, (2, terms, 4), decades)
    found = dd.rmatvec(b, a)
    other = dd.matvec(dd.transpose(b, (0, 2, 1)), a)
    assert np.array_equal(found.high, other.high)
    assert found.shape == (2, 3, 4)
    assert normal(found)
    for one, i, j in np.ndindex(2, 3, 4):
        row, column = exactly(a[one, i]), exactly(b[one, :, j])
        right = sum(x * y for x, y in zip(row, column, strict=True))
        size = max(map(abs, row)) * max(map(abs, column))
        (got,) = exactly(found[one, i, j].reshape(1))
        assert abs(got - right) <= 2 * terms**2 * U**2 * size + 4 * U**2 * abs(right)


def test_small_entries_of_rows_with_large_ones_keep_the_digits_of_doubles():
    """1e-20 and 1e-30 beside 1: products of them alone are not lost below the products of the largest."""
    a, b = dd.exact([[1.0, 1e-25]]), dd.exact([[1e-40], [1.0]])
    (got,) = exactly(dd.rmatvec(b, a))
    right = Fraction(1e-40) + Fraction(1e-25)
    assert abs(got - right) <= 4 * U * right


@pytest.mark.parametrize("size", [1e-300, 1e-150, 1e150, 1e300])
def test_rows_and_sums_at_the_ends_of_the_range(size):
    x = dd.exact(np.array([[1.5, -1.25, 0.75]]) * size)
    (total,) = exactly(dd.sum(x, 1))
    assert abs(total - 1 * Fraction(size)) <= 2 * U * Fraction(size)
    (got,) = exactly(dd.rmatvec(dd.exact([[1.0], [1.0], [1.0]]) / dd.exact(size), x))
    assert abs(got - 1) <= 16 * U


def test_overflow_and_division_by_zero_are_as_in_doubles():
    with dd.working():
        big, one = dd.exact([1e300, -1e300]), dd.exact([1.0, -1.0])
        infinite = big * big
        for found, right in [
            (infinite, [math.inf, math.inf]),
            (big * dd.exact(1e10), [math.inf, -math.inf]),
            (one / 0, [math.inf, -math.inf]),
            (one / infinite, [0, 0]),
            (big + dd.exact([1.7e308, -1.7e308]), [1.7e308, -1.7e308]),
            (2 * dd.exact([1.7e308, -1.7e308]), [math.inf, -math.inf]),
            (dd.exact([1.7e308, -1.7e308]) + dd.exact([1.7e308, -1.7e308]), [math.inf, -math.inf]),
            (dd.sqrt(infinite), [math.inf, math.inf]),
            (dd.exp(dd.exact([1e4, -1e4])), [math.inf, 0.0]),
        ]:
            assert np.allclose(found.high, right, rtol=1e-7, atol=0)
            assert np.isfinite(found.low).all()
        for undefined in (dd.log(-one[:1]), dd.sqrt(-one[:1]), infinite - infinite, 0 * infinite, (0 * one) / 0):
            assert np.isnan(undefined.high).all()


def test_exact_numbers_are_the_nearest_pairs():
    x = dd.exact([Fraction(1, 3), 2**80 + 1, 7])
    assert normal(x)
    assert all(
        abs(a - b) <= U**2 * b
        for a, b in zip(exactly(x), [Fraction(1, 3), Fraction(2**80 + 1), Fraction(7)], strict=True)
    )
    assert exactly(x)[1] == 2**80 + 1


def test_comparisons_see_the_low_parts():
    x = DoubleDoubleArray(np.array([1.0, 1.0, 1.0, math.nan]), np.array([2.0**-60, 0.0, 0.0, 0.0]))
    y = DoubleDoubleArray(np.array([1.0, 1.0, 1.0, 1.0]), np.array([0.0, 2.0**-60, 0.0, 0.0]))
    assert dd.less_equal(x, y).tolist() == [0, 1, 1, -1]


def test_shapes_and_empty_axes():
    x = drawn(1, (2, 3, 4), 3)
    assert dd.transpose(x, (2, 0, 1)).shape == (4, 2, 3)
    assert dd.broadcast_to(x[:, :1], (2, 5, 4)).shape == (2, 5, 4)
    assert exactly(dd.sum(dd.exact(np.zeros((2, 0))), 1)) == [0, 0]
    assert exactly(dd.rmatvec(dd.exact(np.zeros((0, 2))), dd.exact(np.zeros((1, 0))))) == [0, 0]
    norm = exactly(dd.norm(dd.exact([[3, 4]])))
    assert norm == [5]
    assert dd == DoubleDouble()
    assert hash(dd) == hash(DoubleDouble())
    assert dd.midpoint(x) is x.high
