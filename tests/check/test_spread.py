"""Spreads: what they tell of many numbers encloses what sorting them tells, and parts join in any order."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mamlcheck.check.spread import BIN_WIDTH, Side, Spread, joined

SIDES = pytest.mark.parametrize("side", list(Side))
NUMBERS = st.lists(
    st.one_of(
        st.floats(0, 2, width=64),
        st.floats(0, allow_nan=False, allow_infinity=True),
        st.sampled_from([0.0, -0.0, 5e-324, 2.0**-1022, 1.0, 1 - 2.0**-53, 1 + 2.0**-52, 1.7976931348623157e308]),
    ),
    min_size=1,
    max_size=60,
)


@SIDES
@given(numbers=NUMBERS)
def test_order_statistics_are_on_the_safe_side_of_the_sorted_numbers(side: Side, numbers: list[float]) -> None:
    spread = Spread.of(side, np.array(numbers))
    assert spread.total == len(numbers)
    for k, exact in enumerate(sorted(numbers)):
        found = spread.order_statistic(k)
        near, far = (found, exact) if side is Side.LOWER else (exact, found)
        assert near <= far
        if near >= 2.0**-1022 and far < np.inf:  # subnormal numbers have fewer bits: there bins are wider
            assert far <= near * (1 + BIN_WIDTH)


@SIDES
def test_each_number_that_is_alone_in_its_bin_is_told_exactly(side: Side) -> None:
    numbers = [0.0, 0.1, 0.3, 0.7, 1.0, 5.0]
    spread = Spread.of(side, np.array(numbers[::-1]))
    assert [spread.order_statistic(k) for k in range(6)] == numbers


def test_bins_end_where_a_double_has_the_next_fraction() -> None:
    ends = [1 + k * BIN_WIDTH for k in range(4)]
    below = [float(np.nextafter(end, 0)) for end in ends[1:]]
    spread = Spread.of(Side.LOWER, np.array([*ends[:3], *below]))
    assert spread.counts.tolist() == [2, 2, 2]
    assert all(b - a == 1 for a, b in pairwise(spread.bins.tolist()))


def test_bounds_below_zero_count_as_zero() -> None:
    assert Spread.of(Side.UPPER, np.array([-1.0, -0.0, 0.0])) == Spread.of(Side.UPPER, np.zeros(3))


@SIDES
@given(parts=st.lists(st.lists(st.floats(0, 2), max_size=20), min_size=1, max_size=5), data=st.data())
def test_parts_join_to_the_spread_of_the_whole_in_any_order(
    side: Side, parts: list[list[float]], data: st.DataObject
) -> None:
    whole = Spread.of(side, np.array([value for part in parts for value in part]))
    shuffled = data.draw(st.permutations(parts))
    spreads = [Spread.of(side, np.array(part)) for part in shuffled]
    cut = data.draw(st.integers(0, len(spreads)))
    nested = [joined(some) for some in (spreads[:cut], spreads[cut:]) if some]
    assert joined(spreads) == joined(nested) == joined([Spread(side), whole]) == whole


def test_lower_and_upper_bounds_have_no_common_spread() -> None:
    with pytest.raises(ValueError, match="lower"):
        joined([Spread(Side.LOWER), Spread(Side.UPPER)])


def test_spreads_of_different_numbers_differ() -> None:
    one = Spread.of(Side.LOWER, np.array([0.25, 0.5]))
    for other in (
        Spread.of(Side.UPPER, np.array([0.25, 0.5])),
        Spread.of(Side.LOWER, np.array([0.25])),
        Spread.of(Side.LOWER, np.array([0.25, 0.5, 0.5])),
        Spread.of(Side.LOWER, np.array([0.25, np.nextafter(0.5, 1)])),
    ):
        assert one != other
    assert one != 1
