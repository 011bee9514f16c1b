"""The runner: counts add up, equal inputs give equal bytes, an interrupt keeps what is done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from known import CLAIMS, seldom_met

from mamlcheck.check import engines, runner, tally
from mamlcheck.check.ids import parse_id
from mamlcheck.check.results import Results
from mamlcheck.check.runner import judge_block, run
from mamlcheck.check.sweeps import RandomSweep, TableSweep, instance_at, instance_id
from mamlcheck.check.tally import NARROW_RELATIVE_WIDTH
from mamlcheck.check.verdict import judge
from mamlcheck.check.work import Settling, settled_by
from mamlcheck.claims import claim_ids, load_claim, load_claims
from mamlcheck.errors import InputError
from mamlcheck.formats.shared import Counts
from mamlcheck.report.page import render_page
from mamlcheck.tasks.loss import Loss
from mamlcheck.tasks.tables import read_table

GRUNFELD = read_table("grunfeld")


@pytest.fixture(scope="module")
def results() -> Results:
    return run(load_claims(), [(RandomSweep(1), 200), (TableSweep(GRUNFELD, 1), 70)], 1)


def test_all_claims_hold_on_random_and_real_tasks_and_every_verdict_is_guaranteed(
    results: Results,
) -> None:
    assert list(results.claims) == list(claim_ids())
    assert results.all_hold
    for name, claim in results.claims.items():
        assert claim.counts.holds == 0 if load_claim(name).of_runs else claim.counts.holds > 0 or seldom_met(name)
        assert claim.counts.violated == claim.counts.undecided == 0
        assert claim.guaranteed is True
        assert claim.counts.holds + claim.counts.vacuous == 270
        assert Counts.sum(part.counts for part in claim.by_source.values()) == claim.counts
        assert 0 <= 270 - sum(claim.arithmetic.values()) <= claim.counts.vacuous  # batches that are not listed


@pytest.mark.alike
def test_equal_inputs_give_equal_bytes(results: Results) -> None:
    again = run(load_claims(), [(RandomSweep(1), 200), (TableSweep(GRUNFELD, 1), 70)], 1)
    one, two = (replace(r, seconds=0.0) for r in (results, again))
    assert one.text() == two.text()
    assert render_page(one) == render_page(two)


def test_the_worst_instance_has_the_tightness_that_is_told(results: Results) -> None:
    for name, claim in results.claims.items():
        if not claim.counts.holds:
            continue
        parsed = parse_id(claim.worst_instance or "")
        assert parsed is not None
        sweep = RandomSweep(1) if parsed.name == "random-2" else TableSweep(GRUNFELD, 1)
        lower, upper = judge(load_claim(name), instance_at(sweep, parsed.index)).tightness
        told = claim.tightness.max
        assert told is not None
        if name != "ours.descent.hf_maml":  # there too many batches leave what moments tell of the direction
            assert told.upper - told.lower <= NARROW_RELATIVE_WIDTH * told.upper  # or it was certified again
        assert lower[0] <= told.upper
        assert told.lower <= upper[0]


def test_one_source_with_declared_constants_leaves_the_claim_without_a_guarantee() -> None:
    declared = Loss.from_expression("sin(t)+cos(sqrt(2)*t)", declared_second=3, declared_third=4)
    sweeps = [(RandomSweep(1), 4), (TableSweep(GRUNFELD, 1, (declared,)), 4)]
    claim = run(load_claims(("lemma_4_8",)), sweeps, 1).claims["lemma_4_8"]
    assert [part.guaranteed for part in claim.by_source.values()] == [True, False]
    assert not claim.guaranteed


def test_an_interrupt_keeps_what_is_done_and_says_partial() -> None:
    done = []

    def interrupted(instances: int) -> None:
        done.append(instances)
        if sum(done) >= 128:
            raise KeyboardInterrupt

    partial = run(load_claims(("lemma_4_8",)), [(RandomSweep(1), 640)], 1, interrupted)
    assert partial.partial is True
    assert partial.completed == 128
    claim = partial.claims["lemma_4_8"]
    assert claim.counts.holds + claim.counts.vacuous == 128
    assert "partial" in render_page(partial)


def test_an_interrupt_while_the_worst_are_settled_keeps_all_verdicts_and_says_partial(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "settle", interrupted)
    partial = run(load_claims(("lemma_4_8",)), [(RandomSweep(1), 4)], 1)
    assert partial.partial is True
    assert partial.claims["lemma_4_8"].counts.total == partial.completed == 4


def test_the_tightest_instance_becomes_the_worst_although_its_enclosure_was_wide() -> None:
    claim, sweep = load_claim("lemma_4_8"), RandomSweep(1)
    block = sweep.block(0)[:8]
    verdicts = judge(claim, block)
    tightest = int(np.nanargmax(verdicts.tightness[0]))
    narrow = float(verdicts.tightness[0][tightest])
    verdicts.left_lower[tightest] = 0.0
    found = tally.tally_of(sweep, 0, block, verdicts, None)
    assert found.worst is not None
    assert found.worst.instance.instance != instance_id(sweep, tightest)
    again = settled_by(Settling(claim, sweep, found))
    assert again.worst is not None
    assert again.worst.instance.instance == instance_id(sweep, tightest)
    assert again.largest == again.worst.instance.tightness.lower == pytest.approx(narrow, rel=1e-9)


def test_a_claim_that_fails_is_counted_listed_and_not_said_to_hold() -> None:
    import dataclasses

    claim = load_claim("lemma_4_8")
    false = dataclasses.replace(claim, right=lambda x: claim.right(x) / 1024)
    results = run((false,), [(RandomSweep(1), 64)], 1)
    found = results.claims["lemma_4_8"]
    assert found.counts.violated > 0
    assert not results.all_hold
    assert found.failures[0].verdict == "VIOLATED"
    assert found.failures[0].lhs.lower > found.failures[0].rhs.upper
    assert len(found.failures) <= tally.FAILURES_LISTED


def test_families_and_unknown_claims() -> None:
    assert [c.id for c in load_claims(("lemma_4_9",))] == [
        "lemma_4_9.first_moment",
        "lemma_4_9.second_moment",
    ]
    assert [c.id for c in load_claims(("ours.lemma_4_10",))] == [
        "ours.lemma_4_10.bias",
        "ours.lemma_4_10.second_moment",
    ]
    ours = load_claims(("ours",))
    assert {c for c in CLAIMS if c.startswith("ours.")} <= {c.id for c in ours}
    assert all(c.source.startswith("ours") for c in ours)
    printed, sharpened = {c.id for c in load_claims() if c.id not in {c.id for c in ours}}, {c.sharpens for c in ours}
    assert printed & set(CLAIMS) - {"lemma_4_9.first_moment"} <= sharpened - {None} <= printed
    assert all(c.sharpens is None for c in load_claims() if not c.id.startswith("ours."))
    with pytest.raises(InputError, match="Did you mean lemma_4_8"):
        load_claims(("lemma_4.8",))


def test_claims_come_in_the_order_of_the_paper_each_followed_by_its_sharper_forms() -> None:
    assert [claim for claim in claim_ids() if claim in CLAIMS] == list(CLAIMS)
    for claim in load_claims():
        if claim.sharpens is not None:
            between = claim_ids()[claim_ids().index(claim.sharpens) + 1 : claim_ids().index(claim.id)]
            assert all(load_claim(other).sharpens == claim.sharpens for other in between)


def test_the_strong_form_implies_the_printed_one() -> None:
    """Where deviations are bounded everywhere, the printed right side is never below the strong one."""
    for k in range(12):
        block = RandomSweep(9).block(k)[:16]
        if block.tasks.global_deviations is None:
            continue
        for name in ("lemma_4_10.bias", "lemma_4_10.second_moment", "theorem_4_11"):
            strong, printed = (judge(load_claim(name), block, everywhere) for everywhere in (False, True))
            assert (printed.right_upper >= strong.right_lower).all()
            assert np.array_equal(printed.codes, strong.codes)


def test_a_verdict_bounds_the_tightness_by_1_whatever_the_enclosures_leave_open() -> None:
    """Ties that reduced sides or exact fractions decided: in `ball` the sides overlap."""
    ties = load_claim("ours.lemma_4_10.second_moment")
    instances = RandomSweep(1).block(1214 // 64)
    verdicts = judge(ties, instances)
    lower, upper = verdicts.tightness
    known = ~np.isnan(lower)
    assert (verdicts.left_upper > verdicts.right_lower)[known].any()  # without the verdict the ratio could exceed 1
    assert known.any()
    assert (lower[known] <= upper[known]).all()
    assert (upper[known] <= 1).all()


def test_a_run_judges_the_printed_form_with_deviations_bounded_everywhere() -> None:
    block = next(b for b in map(RandomSweep(9).block, range(12)) if b.tasks.global_deviations is not None)
    found = judge_block(load_claims(("lemma_4_8", "lemma_4_10.bias")), block)
    assert found["lemma_4_8"][1] is None
    strong, printed = found["lemma_4_10.bias"]
    expected = judge(load_claim("lemma_4_10.bias"), block, everywhere=True)
    assert printed is not None
    assert printed.right_lower.tolist() == expected.right_lower.tolist() != strong.right_lower.tolist()


# -- several processes -------------------------------------------------------------------------------------------
TOLD: list[str] = []


def small(engine: engines.Engine | None = None) -> str:
    """The text of a run in which blocks differ in what they take, and in which instances are certified again."""
    sweeps = [(RandomSweep(1), 500), (TableSweep(GRUNFELD, 1), 130)]
    results = run(load_claims(("lemma_4_8", "lemma_4_10")), sweeps, 1, engine=engine)
    return replace(results, seconds=0.0).text()


def test_results_are_the_same_whoever_did_the_work() -> None:
    with engines.local(2, TOLD.append) as two:
        assert small(two) == small() == small(Backwards())
    assert not TOLD


class Backwards(engines.InProcess):
    """Does the pieces from the last to the first."""

    jobs = 3

    def do(self, function: Any, pieces: Any) -> Any:
        return super().do(function, list(pieces)[::-1])


def test_a_claim_of_ones_own_is_refused_by_other_processes_in_a_sentence() -> None:
    claim = load_claim("lemma_4_8")
    own = replace(claim, id="mine")
    for made in (own, replace(claim, right=lambda x: claim.right(x) / 1024)):
        with pytest.raises(InputError, match="jobs=1"):
            run((made,), [(RandomSweep(1), 200)], 1, engine=engines.local(2, TOLD.append))
