"""Exact numbers and their nearest doubles, against fractions one at a time."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from mamlcheck.arithmetic import ball, filtering, float64
from mamlcheck.arithmetic.exact import each_once, exact_array, nearest_doubles
from mamlcheck.errors import InputError

LARGEST = float(np.finfo(np.float64).max)
SEVENTH = Fraction(1, 7)
NUMBERS = [
    Fraction(0), Fraction(3), SEVENTH, SEVENTH, -SEVENTH, Fraction(1, 7), Fraction(2**60 + 1), Fraction(2**2000),
    -Fraction(2**2000), Fraction(1, 2**1075), Fraction(1, 2**1074), Fraction(1, 3**900), Fraction(LARGEST),
    Fraction(LARGEST) + 1,
]  # fmt: skip


def objects(values: list[object]) -> np.ndarray:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def test_nearest_doubles_say_where_they_are_off():
    doubles, off = nearest_doubles(objects(NUMBERS).reshape(2, 7))
    assert doubles.shape == off.shape == (2, 7)
    for value, near, wrong in zip(NUMBERS, doubles.ravel().tolist(), off.ravel().tolist(), strict=True):
        if abs(value) >= 2**1024:
            assert (abs(near), wrong) == (np.inf, True)
        else:
            apart = abs(Fraction(near) - value)
            assert wrong == (apart != 0)
            for other in (math.nextafter(near, math.inf), math.nextafter(near, -math.inf)):
                assert math.isinf(other) or apart <= abs(Fraction(other) - value)


def test_every_arithmetic_encloses_numbers_that_stand_in_many_places():
    where = np.random.default_rng(0).integers(0, len(NUMBERS), (4, 5))
    numbers = objects(NUMBERS)[where]
    for ar in (ball, filtering):
        for part in (numbers, numbers[0], numbers[1:2], objects([SEVENTH] * 6)):
            with ar.working():
                held = ar.exact(part)
                low, high = ar.lower(held), ar.upper(held)
            for value, below, above in zip(part.ravel(), low.ravel().tolist(), high.ravel().tolist(), strict=True):
                assert below == -np.inf or Fraction(below) <= value
                assert above == np.inf or value <= Fraction(above)
    assert float64.exact(objects([SEVENTH] * 3)).tolist() == [1 / 7] * 3


def test_a_ball_is_no_wider_than_the_distance_of_the_double():
    with ball.working():
        found = ball.exact(objects([SEVENTH, Fraction(1, 2), SEVENTH]))
    apart = abs(SEVENTH - Fraction(1 / 7))
    assert found.rad[1] == 0
    assert apart <= Fraction(float(found.rad[0])) <= apart * (1 + Fraction(1, 2**50))


def test_each_number_once_is_told_by_the_object():
    """Equal numbers that are different objects are different ones; no object is mistaken for one that is gone."""
    values = objects([SEVENTH, Fraction(1, 7), SEVENTH])
    found, where = each_once(values)
    assert [id(found[k]) for k in where] == [id(v) for v in values]
    assert len(found) == 2
    assert [v.shape for v in (each_once(objects([]).reshape(0, 3))[1],)] == [(0, 3)]
    doubles = np.arange(1e3)
    found, where = each_once(doubles)  # whose elements are objects only while they are looked at
    assert [found[k] for k in where] == doubles.tolist()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 57, -1])
def test_no_number_that_is_not_finite_gets_through(bad, place):
    array = np.random.default_rng(1).standard_normal((10, 10))
    array.flat[place] = bad
    with pytest.raises(InputError, match="NaN or infinite"):
        exact_array(array)
