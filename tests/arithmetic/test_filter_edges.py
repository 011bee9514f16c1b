"""Where the bounds of `filter` could be lost: sizes that shrink or underflow, divisors and roots out of the ordinary.

Oracles are exact fractions.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest

from mamlcheck.arithmetic import filtering
from mamlcheck.arithmetic.filter import MOST_REACH, FilterArray
from mamlcheck.arithmetic.plain_error import error_tables

THIRD = Fraction(1, 3)


@pytest.fixture(autouse=True)
def working() -> Iterator[None]:
    with filtering.working():
        yield


def holds(x: FilterArray, exact: Fraction) -> bool:
    """Whether every ball of x holds the number; an unbounded one holds all."""
    balls = filtering.in_ball(x)
    assert balls.rad is not None
    pairs = zip(balls.mid.ravel().tolist(), balls.rad.ravel().tolist(), strict=True)
    return all(not np.isfinite(r) or abs(Fraction(m) - exact) <= Fraction(r) for m, r in pairs)


@pytest.mark.parametrize("divisor", [2**121, 2**400, 10**60, 3])
def test_a_large_divisor_makes_no_exact_zero(divisor: int) -> None:
    assert holds(filtering.exact([THIRD]) / divisor, THIRD / divisor)
    assert holds(filtering.exact([THIRD]) / filtering.exact(float(divisor)), THIRD / int(float(divisor)))
    assert holds(1 / filtering.exact(Fraction(divisor)), Fraction(1, divisor))


def test_a_divisor_that_was_taken_from_an_array_is_itself_and_not_the_size_of_that_array() -> None:
    table = filtering.exact(np.array([[3.0, 2.0**30], [1.0, 1.0]]))
    for three in (table[0, 0], filtering.minimum(filtering.exact(3.0), filtering.exact(2.0**30))):
        assert holds(filtering.exact(1.0) / three, THIRD)
        assert holds(filtering.power(filtering.exact(1.0) / three, 20), THIRD**20)


def test_a_tiny_divisor_that_was_taken_from_an_array_counts_in_the_reach() -> None:
    tiny = filtering.exact(np.array([[2.0**-700, 2.0**100], [1.0, 1.0]]))[0, 0]
    quotient = filtering.exact(2.0**-100) / tiny
    assert np.log2(quotient.size) <= quotient.reach


def test_a_sum_that_cancels_has_the_reach_of_what_is_left() -> None:
    small = Fraction(2) ** -110
    a = filtering.exact([[[small], [small * (1 + Fraction(2) ** -60)]]] * 2)
    y = filtering.exact([[[THIRD * small, -THIRD * small]]] * 2)
    rest = filtering.rmatvec(a, y)
    assert (np.asarray(rest.size) >= 2.0**-rest.reach).all()
    exact = (-THIRD * small * small * Fraction(2) ** -60) ** 4
    assert holds(filtering.power(rest, 4), exact)
    assert (filtering.less_equal(filtering.power(rest, 4), filtering.exact(0)) != 1).all()


def test_a_size_that_underflowed_is_no_exact_zero() -> None:
    step = filtering.squared_norm(filtering.power(filtering.exact(np.full((2, 1), 2.0**-110)), 5))[..., None]
    assert (np.asarray(step.size) == 0).all()
    assert step.reach > MOST_REACH
    one = filtering.vanishing_with(filtering.exact(np.ones((2, 1))), step)
    assert holds(one, Fraction(1))


def test_a_divisor_beside_which_its_size_is_immense_leaves_nothing_known() -> None:
    divisor = filtering.exact(np.array([[2.0**119, 2.0**-920]] * 2))
    quotient = (filtering.exact(np.full((2, 2), 2.0**-110)) / divisor)[:, 1:]
    assert holds(filtering.square(1 / quotient), Fraction(2) ** (2 * (110 - 920)))


def test_what_is_unknown_stays_unknown_where_units_are_counted_anew() -> None:
    lost = FilterArray(np.ones((2, 1, 1)), np.ones(2), 0.0, 2.0**40, 1.0)
    one = filtering.exact(np.ones((2, 1, 1)))
    (slope,) = filtering.sloping(lambda x: (x,), lost, [one])
    (steep,) = filtering.sloping(lambda x: (x,), one / 3, [lost])
    (value,) = filtering.lipschitz(lambda ar, x: (ar.square(x),), lost, [Fraction(2)])
    for x in (filtering.rmatvec(one, lost), one / lost, slope, steep, value):
        assert (filtering.upper(x) == np.inf).all()


def test_the_root_of_a_negative_number_is_unknown_and_that_of_an_error_around_zero_is_not() -> None:
    for negative in (filtering.exact(-5.0), filtering.exact([Fraction(-1, 3)]), filtering.exact(np.array([4.0, -1.0]))):
        root = filtering.sqrt(negative)
        assert np.isinf(filtering.upper(root)).any()
        assert np.isinf(filtering.upper(filtering.square(root))).any()
    third = filtering.exact([THIRD])
    assert np.isfinite(filtering.upper(filtering.sqrt(third - third))).all()


def test_a_root_that_doubles_may_take_of_a_negative_number_has_no_bound() -> None:
    (table,) = error_tables(lambda ar, t: (ar.sqrt((1 + t) * (1 + t) - 1 - 2 * t),))
    assert np.isinf(table.size).all()


def test_an_empty_index_changes_nothing() -> None:
    x = filtering.exact(np.array([1.0, 2.0]))
    assert x[()].mid.tolist() == [1.0, 2.0]
