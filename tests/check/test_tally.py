"""Tallies: of verdicts made by hand, what is told is what was put in, in whatever parts it came."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mamlcheck.check import tally as module
from mamlcheck.check.spread import BIN_WIDTH
from mamlcheck.check.sweeps import RandomSweep, instance_at, instance_id
from mamlcheck.check.tally import Tally, joined, settled, tally_of
from mamlcheck.check.verdict import HOLDS, UNDECIDED, VACUOUS, VIOLATED, Verdicts, judge
from mamlcheck.claims import load_claim
from mamlcheck.formats.shared import Counts, Enclosure
from mamlcheck.meta.instance import Instances

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
    return tally_of(SWEEP, first, changed.get("instances", block_of(len(rows))), verdicts(rows), changed.get("printed"))


@cache
def block_of(count: int) -> Instances:
    """So many instances, those of the block again and again."""
    return BLOCK[np.resize(np.arange(4), count)]


def name_of(index: int) -> str:
    return instance_id(SWEEP, index)


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
    assert not joined([added(first=128), found]).result().guaranteed
    assert joined([added(), added(first=128)]).result().guaranteed


def test_the_scatter_leaves_out_what_is_vacuous_and_shows_the_tightest_pair_that_may_be_true() -> None:
    assert [(point.left, point.right) for point in added().scatter] == [(1.5, 4.0), (7.0, 2.0), (2.0, -1.0)]


def test_failures_are_listed_by_their_ids_with_both_sides() -> None:
    found = [(f.instance.instance, f.instance.verdict, f.instance.lhs, f.instance.rhs) for f in added().failures]
    assert found == [
        (name_of(66), "VIOLATED", Enclosure(6.0, 7.0), Enclosure(2.0, 3.0)),
        (name_of(67), "UNDECIDED", Enclosure(1.0, 2.0), Enclosure(-1.0, 3.0)),
    ]


def test_of_many_failures_the_first_are_listed_whatever_came_first() -> None:
    several = [added([ROWS[2]] * 4, first) for first in range(60, -4, -4)]
    found = joined(several).failures
    assert [f.instance.instance for f in found] == [name_of(k) for k in range(module.FAILURES_LISTED)]
    assert len(added([ROWS[2]] * 64).failures) == module.FAILURES_LISTED


def test_the_worst_is_certainly_the_tightest() -> None:
    """Not the one whose enclosure reaches farthest; of two as tight, the first."""
    wide, tight = (HOLDS, 0.0, 4.0, 4.0, 5.0), (HOLDS, 2.0, 2.0, 4.0, 4.0)
    found = added([wide, tight, ROWS[0], tight])
    assert found.worst is not None
    assert found.worst.instance.instance == name_of(65)
    assert found.worst.instance.lhs == Enclosure(2.0, 2.0)
    for other in (added([ROWS[0]] * 4, 128), added([tight] * 4, 128)):
        assert joined([other, found]).worst == joined([found, other]).worst == found.worst


def test_several_sweeps_add_up() -> None:
    one, other = added(printed=verdicts([ROWS[0]] * 4)), added([ROWS[0]] * 4)
    found = joined([other, one.after(1000)]).result()
    assert found.counts == Counts(holds=5, violated=1, undecided=1, vacuous=1)
    assert found.printed_form == Counts(holds=4)
    assert one.worst is not None
    assert found.worst == one.worst.instance
    assert found.arithmetic == {"filter": 0, "ball": 8, "arb": 0, "rational": 0}
    assert joined([]).result().counts == Counts()


def test_of_equally_tight_instances_of_two_sweeps_that_of_the_first_is_the_worst() -> None:
    one, other = added(first=640), added(first=64)
    assert joined([one, other.after(1000)]).worst == one.worst
    assert joined([other.after(1000), one]).failures[:2] == one.failures


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_maximum_and_median_are_order_statistics_of_both_bounds(count: int) -> None:
    """Bounds in no order, some unknown; the upper bounds in another order than the lower ones."""
    rows = [(HOLDS, 0.5, 0.5, 1.0, 1.0), ROWS[3], (HOLDS, 0.125, 0.75, 1.0, 1.0), (HOLDS, 0.25, 0.25, 1.0, 1.0),
            (HOLDS, 0.0625, 1.0, 1.0, 1.0)]  # fmt: skip
    given = rows[: count + 1]
    lower, upper = verdicts(given).tightness
    found = joined([added(given[:1], 0), added(given[1:], 1)]).result().tightness
    middle = (count - 1) // 2
    low, high = (sorted(x[~np.isnan(x)].tolist()) for x in (lower, upper))
    assert (found.max, found.median) == (Enclosure(low[-1], high[-1]), Enclosure(low[middle], high[middle]))
    assert (found.measured, found.unmeasured) == (count, 1)


def test_the_median_of_many_is_enclosed() -> None:
    """As by sorting, and hardly wider, where bins hold several."""
    left = np.random.default_rng(1).uniform(0.5, 0.52, 999)
    rows = [(HOLDS, value, value, 1.0, 1.0) for value in left.tolist()]
    found = added(rows).result().tightness.median
    exact = float(np.median(left))
    assert found is not None
    assert found.lower is not None
    assert found.upper is not None
    assert found.lower <= exact <= found.upper <= found.lower * (1 + BIN_WIDTH) * (1 + 2.0**-50)


def test_the_histogram_is_of_the_middles_and_zero_stands_apart() -> None:
    rows = [(HOLDS, 0.0, 0.0, 1.0, 1.0), (HOLDS, 2.0**-60, 2.0**-60, 1.0, 1.0), (HOLDS, 0.9, 0.9, 1.0, 1.0),
            (VIOLATED, 20.0, 20.0, 1.0, 1.0)]  # fmt: skip
    found = added(rows).result().tightness
    assert (found.zero, found.measured) == (1, 4)
    counts = found.histogram.counts
    assert (counts[0], counts[-1], sum(counts)) == (1, 2, 3)


# -- the tightest instance ---------------------------------------------------------------------------------------
CLAIM = load_claim("lemma_4_8")


def at(index: int) -> Instances:
    return instance_at(SWEEP, index)


def test_what_is_known_too_vaguely_is_certified_again() -> None:
    """With sides known to a factor alone, the worst is still the one that `ball` finds, and so is its tightness."""
    block = SWEEP.block(0)
    sharp = judge(CLAIM, block)
    vague = replace(sharp, left_lower=0 * sharp.left_lower, left_upper=1.5 * sharp.left_upper)
    found, known = tally_of(SWEEP, 0, block, vague, None), tally_of(SWEEP, 0, block, sharp, None)
    assert found.largest == 0
    again = settled(found, CLAIM, SWEEP, at)
    assert known.worst is not None
    assert again.worst is not None
    assert again.worst.instance.instance == known.worst.instance.instance
    for told in (again.worst.instance.tightness, again.result().tightness.max):
        assert told is not None
        assert told.lower == pytest.approx(known.worst.instance.tightness.lower)
        assert told.upper == pytest.approx(known.worst.instance.tightness.upper)


def test_more_contenders_than_are_certified_again_leave_the_maximum_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONTENDERS", 2)
    block = SWEEP.block(0)[:4]
    sharp = judge(CLAIM, block)
    assert (sharp.codes == HOLDS).all()
    uppers = np.array([0.5, 0.75, 0.875, 1.0])
    vague = replace(sharp, left_lower=np.zeros(4), left_upper=uppers * sharp.right_lower)
    found = tally_of(SWEEP, 0, block, vague, None)
    assert [one.index for one in found.contenders] == [3, 2, 1]
    told = settled(found, CLAIM, SWEEP, at).result().tightness.max
    assert told is not None
    assert told.upper == pytest.approx(0.75)


def test_the_worst_is_the_first_of_those_that_are_certified_as_equally_tight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Contenders are certified widest first, whatever their places are."""
    half = SimpleNamespace(tightness=(0.5, 0.5), left=(0.5, 0.5), right=(1.0, 1.0))
    monkeypatch.setattr(module, "certified", lambda *_: half)
    monkeypatch.setattr(module, "at_most", lambda *_: 1.0)
    rows = [(HOLDS, 0.25, 0.25, 1.0, 1.0), *((HOLDS, 0.0, upper, 1.0, 1.0) for upper in (0.75, 0.625, 0.875))]
    found = added(rows)
    assert [one.index for one in found.contenders] == [67, 65, 66]
    again = settled(found, CLAIM, SWEEP, at).worst
    assert again is not None
    assert (again.index, again.certain) == (65, 0.5)


def test_what_cannot_be_certified_again_keeps_its_enclosure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "certified", lambda *_: None)
    monkeypatch.setattr(module, "at_most", lambda *_: np.inf)
    found = added()
    assert settled(found, CLAIM, SWEEP, at).result() == found.result()


def test_what_balls_know_to_be_no_tighter_is_not_certified(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(module, "certified", lambda *_: asked.append(1))
    monkeypatch.setattr(module, "at_most", lambda *_: 0.125)
    rows = [(HOLDS, 0.25, 0.25, 1.0, 1.0), *((HOLDS, 0.0, upper, 1.0, 1.0) for upper in (0.75, 0.625, 0.875))]
    found = settled(added(rows), CLAIM, SWEEP, at)
    assert found.worst is not None
    assert (found.worst.index, asked) == (64, [])
    told = found.result().tightness.max
    assert told is not None
    assert told.lower == pytest.approx(0.25)
    assert told.upper == pytest.approx(0.25)


# -- parts -------------------------------------------------------------------------------------------------------
SIDES = st.sampled_from([0.0, 2.0**-40, 0.25, 0.5, 0.5 + 2.0**-30, 0.75, 1.0, 1.5, 2.0])


@st.composite
def _row(draw: st.DrawFn) -> tuple[int, float, float, float, float]:
    """Over a right side of 1, so that a verdict allows what the left side is said to be."""
    lower, upper = sorted((draw(SIDES), draw(SIDES)))
    code = draw(st.sampled_from([HOLDS] * (lower <= 1) + [VIOLATED] * (upper >= 1) + [UNDECIDED, VACUOUS]))
    return code, lower, upper, 1.0, 1.0


ROW = _row()


@settings(deadline=None, max_examples=200)
@given(rows=st.lists(ROW, min_size=1, max_size=24), length=st.integers(1, 8), data=st.data())
def test_the_tally_of_a_range_does_not_depend_on_how_it_was_cut_nor_on_the_order_of_its_parts(
    rows: list[Any], length: int, data: st.DataObject
) -> None:
    """With lists so short that things are cut off."""
    with pytest.MonkeyPatch.context() as patch:
        for name, most in (("CONTENDERS", 2), ("FAILURES_LISTED", 3), ("SCATTER_POINTS", 5)):
            patch.setattr(module, name, most)
        blocks = [added(rows[start : start + length], start) for start in range(0, len(rows), length)]
        in_order = Tally()
        for block in blocks:
            in_order = joined([in_order, block])
        shuffled = data.draw(st.permutations(blocks))
        cut = sorted(data.draw(st.tuples(st.integers(0, len(blocks)), st.integers(0, len(blocks)))))
        parts = [shuffled[: cut[0]], shuffled[cut[0] : cut[1]], shuffled[cut[1] :]]
        assert joined(joined(part) for part in parts) == joined(shuffled) == joined([Tally(), in_order]) == in_order


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(ROW, min_size=1, max_size=24), cut=st.integers(0, 24))
def test_nothing_that_is_needed_is_cut_off(rows: list[Any], cut: int) -> None:
    """What is told of all rows, from the definitions, against parts that were cut short."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CONTENDERS", 2)
        found = joined(added(part, first) for first, part in ((0, rows[:cut]), (cut, rows[cut:])) if part)
    lower, upper = verdicts(rows).tightness
    told = found.result()
    if np.isnan(lower).all():
        assert told.worst is told.tightness.max is None
        return
    assert told.worst is not None
    assert told.worst.instance == name_of(int(np.nanargmax(lower)))
    assert told.tightness.max == Enclosure(float(np.nanmax(lower)), float(np.nanmax(upper)))
    assert told.tightness.measured == int((~np.isnan(lower)).sum())
    assert told.counts == module.counts_of(verdicts(rows))
