"""`expanded`: where a step is small a second enclosure may take the place of the first, and only a smaller one does."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
import pytest

from mamlcheck.arithmetic import BallArray, arb, ball, float64, rational, symbolic
from mamlcheck.arithmetic.ball import SMALL_STEP

SMALL = ball.exact(np.full(4, SMALL_STEP))
EXACT = BallArray(np.zeros(4))


def balls(mid: list[float], rad: list[float]) -> BallArray:
    return BallArray(np.array(mid), np.array(rad))


def never() -> NoReturn:
    raise AssertionError("nobody needs the expansion here")


def test_of_two_enclosures_the_smaller_is_taken_element_by_element() -> None:
    first, second = balls([1.0, 2.0, 3.0, 4.0], [0.5, 0.25, 0.5, 0.25]), balls([1.25, 2.25, 3.25, 4.25], [0.25] * 4)
    error = balls([0.125, 0.125, 0.0625, 0.0], [0.0, 0.0, 0.0625, 0.0])
    taken = ball.expanded(first, SMALL, lambda: (second, error))
    assert taken.mid.tolist() == [1.25, 2.0, 3.25, 4.0]
    # The error counts with the upper end of its own enclosure, and the sum is rounded upward.
    assert taken.rad is not None
    assert taken.rad[1] == taken.rad[3] == 0.25
    assert (taken.rad[[0, 2]] > 0.375).all()
    assert (taken.rad[[0, 2]] < 0.376).all()


@pytest.mark.parametrize("lost", [np.nan, np.inf])
def test_an_unbounded_expansion_or_error_is_never_taken(lost: float) -> None:
    first, sound, unbounded = balls([1.0] * 4, [0.5] * 4), balls([1.0] * 4, [0.0] * 4), balls([np.nan] * 4, [lost] * 4)
    for value, error in ((unbounded, EXACT), (sound, unbounded)):
        taken = ball.expanded(first, SMALL, lambda value=value, error=error: (value, error))
        assert (ball.lower(taken) <= 0.5).all()
        assert (ball.upper(taken) >= 1.5).all()
        assert (taken.mid == 1.0).all()


def test_an_undefined_number_stays_undefined_and_an_unbounded_one_may_be_enclosed() -> None:
    first = balls([np.nan, 1.0, 1.0, 1.0], [np.nan, np.nan, np.inf, 0.5])
    taken = ball.expanded(first, SMALL, lambda: (balls([1.0] * 4, [0.25] * 4), EXACT))
    assert taken.rad is not None
    assert np.isnan(taken.rad[:2]).all()
    assert (taken.rad[2:] < 0.26).all()


def test_it_is_asked_for_only_where_all_steps_of_a_sum_are_small_and_one_is_not_zero() -> None:
    x = balls([1.0] * 4, [0.5] * 4)
    for step in ([0.0] * 4, [1.0] * 4, [SMALL_STEP, 2 * SMALL_STEP, 0.0, 0.0], [-1.0, 0.0, 0.0, 0.0]):
        assert ball.expanded(x, ball.exact(np.array(step)), never) is x
    one_row = ball.exact(np.array([[1.0, 0.0], [SMALL_STEP, 0.0]]))
    taken = ball.expanded(balls([1.0], [0.5]), one_row, lambda: (balls([1.0], [0.0]), balls([0.0], [0.0])))
    assert taken.rad is not None
    assert (taken.rad == 0).all()
    assert ball.expanded(x, SMALL, lambda: None) is x
    assert ball.expanded(BallArray(np.zeros((2, 0))), BallArray(np.zeros((2, 0))), never).shape == (2, 0)


@pytest.mark.parametrize("ar", [float64, rational, arb(64), symbolic], ids=repr)
def test_arithmetics_that_know_no_widths_or_can_take_more_digits_keep_what_they_have(ar: Any) -> None:
    with ar.working():
        x = ar.exact(np.array([1.0, 2.0]))
        assert ar.expanded(x, ar.exact(np.array([2.0**-30, 0.0])), never) is x
