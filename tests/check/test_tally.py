"""Tallies: of verdicts made by hand, what is told is what was put in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mamlcheck.check import tally as module
from mamlcheck.check.sweeps import RandomSweep
from mamlcheck.check.tally import Tally, distribution, merged
from mamlcheck.check.verdict import HOLDS, UNDECIDED, VACUOUS, VIOLATED, Verdicts, judge
from mamlcheck.claims import load_claim
from mamlcheck.formats.shared import Counts, Enclosure

SWEEP = RandomSweep(1)
BLOCK = SWEEP.block(0)[:4]

# A verdict, and bounds of both sides. Only the first and the third have a tightness that is known to be above 0.
ROWS = [
    (HOLDS, 1.0, 1.5, 4.0, 5.0), (VACUOUS, 9.0, 9.0, 1.0, 1.0), (VIOLATED, 6.0, 7.0, 2.0, 3.0),
    (UNDECIDED, 1.0, 2.0, -1.0, 3.0),
]  # fmt: skip


def verdicts(rows: list[Any] = ROWS, arithmetic: str = "ball") -> Verdicts:
    codes, *sides = (np.array(column) for column in zip(*rows, strict=True))
    return Verdicts(codes.astype(np.int8), *sides, np.full(len(rows), arithmetic, dtype=object))


def added(rows: list[Any] = ROWS, first: int = 64, **changed: Any) -> Tally:
    found = Tally()
    found.add(SWEEP, first, changed.get("instances", BLOCK), verdicts(rows), changed.get("printed"))
    return found


def test_each_form_of_a_claim_has_its_own_counts() -> None:
    found = added(printed=verdicts([ROWS[0]] * 4)).result()
    assert found.counts == Counts(holds=1, violated=1, undecided=1, vacuous=1)
    assert found.printed_form == Counts(holds=4)
    assert added().result().printed_form is None


def test_one_block_of_declared_constants_is_enough_for_not_guaranteed() -> None:
    declared = replace(BLOCK, smoothness=0 * BLOCK.smoothness_constant)
    assert not declared.guaranteed
    found = added(instances=declared)
    assert not found.result().guaranteed
    found.add(SWEEP, 128, BLOCK, verdicts(), None)
    assert not found.result().guaranteed
    assert not merged([added(), found]).result().guaranteed
    assert merged([added(), added()]).result().guaranteed


def test_the_scatter_leaves_out_what_is_vacuous_and_shows_the_tightest_pair_that_may_be_true() -> None:
    assert added().scatter == [(1.5, 4.0), (7.0, 2.0), (2.0, -1.0)]


def test_failures_are_listed_by_their_ids_with_both_sides() -> None:
    found = [(f.instance, f.verdict, f.lhs, f.rhs) for f in added().failures]
    assert found == [
        ("random-1/1/66", "VIOLATED", Enclosure(6.0, 7.0), Enclosure(2.0, 3.0)),
        ("random-1/1/67", "UNDECIDED", Enclosure(1.0, 2.0), Enclosure(-1.0, 3.0)),
    ]


def test_of_many_failures_the_first_are_listed() -> None:
    several = [added([ROWS[2]] * 4, first) for first in range(0, 64, 4)]
    found = merged(several).failures
    assert [f.instance for f in found] == [f"random-1/1/{k}" for k in range(module.FAILURES_LISTED)]


def test_the_worst_is_certainly_the_tightest() -> None:
    """Not the one whose enclosure reaches farthest."""
    wide, tight = (HOLDS, 0.0, 4.0, 4.0, 5.0), (HOLDS, 2.0, 2.0, 4.0, 4.0)
    found = added([wide, tight, ROWS[0], ROWS[1]])
    assert found.worst is not None
    assert found.worst.instance == "random-1/1/65"
    assert found.worst.lhs == Enclosure(2.0, 2.0)
    found.add(SWEEP, 128, BLOCK, verdicts([ROWS[0]] * 4), None)
    assert found.worst.instance == "random-1/1/65"


def test_several_sweeps_add_up() -> None:
    one, other = added(printed=verdicts([ROWS[0]] * 4)), added([ROWS[0]] * 4)
    found = merged([other, one]).result()
    assert found.counts == Counts(holds=5, violated=1, undecided=1, vacuous=1)
    assert found.printed_form == Counts(holds=4)
    assert found.worst == one.worst
    assert found.arithmetic == {"filter": 0, "ball": 8, "arb": 0, "rational": 0}
    assert merged([]).result().counts == Counts()


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_maximum_and_median_are_order_statistics_of_both_bounds(count: int) -> None:
    """Bounds in no order, some unknown; the upper bounds in another order than the lower ones."""
    lower = np.array([0.5, np.nan, 0.125, 0.25, 0.0625])[: count + 1]
    upper = np.array([0.5, np.nan, 0.75, 0.25, 1.0])[: count + 1]
    found = distribution([(lower[:1], upper[:1]), (lower[1:], upper[1:])], judged=9)
    middle = (count - 1) // 2
    low, high = (sorted(x[~np.isnan(x)].tolist()) for x in (lower, upper))
    assert (found.max, found.median) == (Enclosure(low[-1], high[-1]), Enclosure(low[middle], high[middle]))
    assert (found.measured, found.unmeasured) == (count, 9 - count)


def test_what_is_known_too_vaguely_is_certified_again() -> None:
    """With sides known to a factor alone, the worst is still the one that `ball` finds, and so is its tightness."""
    claim, block = load_claim("lemma_4_8"), SWEEP.block(0)
    sharp = judge(claim, block)
    vague = replace(sharp, left_lower=0 * sharp.left_lower, left_upper=1.5 * sharp.left_upper)
    found, known = Tally(), Tally()
    found.add(SWEEP, 0, block, vague, None)
    known.add(SWEEP, 0, block, sharp, None)
    assert found.largest == 0
    found.settle_the_worst(claim, SWEEP)
    assert known.worst is not None
    assert found.worst is not None
    assert found.worst.instance == known.worst.instance
    for told in (found.worst.tightness, found.result().tightness.max):
        assert told.lower == pytest.approx(known.worst.tightness.lower)
        assert told.upper == pytest.approx(known.worst.tightness.upper)
    ((lower, upper),) = found.tightness
    measured = ~np.isnan(lower)
    assert (lower <= sharp.tightness[1])[measured].all()
    assert (sharp.tightness[0] <= upper)[measured].all()
