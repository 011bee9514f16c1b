"""The runner: counts add up, equal inputs give equal bytes, an interrupt keeps what is done."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from mamlcheck.check import runner
from mamlcheck.check.runner import all_hold, run
from mamlcheck.check.sweeps import RandomSweep, TableSweep, instance_at, parse_id
from mamlcheck.check.verdict import judge
from mamlcheck.claims import claim_ids, load_claim, load_claims
from mamlcheck.errors import InputError
from mamlcheck.report.page import render_page
from mamlcheck.tasks.tables import read_table

GRUNFELD = read_table("grunfeld")


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return run(load_claims(), [(RandomSweep(1), 200), (TableSweep(GRUNFELD, 1), 70)], 1)


def test_all_claims_hold_on_random_and_real_tasks_and_every_verdict_is_guaranteed(
    results: dict[str, Any],
) -> None:
    assert list(results["claims"]) == list(claim_ids())
    assert all_hold(results)
    for claim in results["claims"].values():
        assert claim["violated"] == claim["undecided"] == 0
        assert claim["holds"] > 0
        assert claim["guaranteed"] is True
        assert claim["holds"] + claim["vacuous"] == 270
        assert sum(part["holds"] + part["vacuous"] for part in claim["by_source"].values()) == 270
        assert sum(claim["arithmetic"].values()) == 270


def test_equal_inputs_give_equal_bytes(results: dict[str, Any]) -> None:
    again = run(load_claims(), [(RandomSweep(1), 200), (TableSweep(GRUNFELD, 1), 70)], 1)
    one, two = ({**r, "seconds": 0} for r in (results, again))
    assert json.dumps(one) == json.dumps(two)
    assert render_page(one) == render_page(two)


def test_the_worst_instance_has_the_tightness_that_is_told(results: dict[str, Any]) -> None:
    for name, claim in results["claims"].items():
        parsed = parse_id(claim["worst_instance"])
        assert parsed is not None
        sweep = RandomSweep(1) if parsed.name == "random-1" else TableSweep(GRUNFELD, 1)
        lower, upper = judge(load_claim(name), instance_at(sweep, parsed.index)).tightness
        told = claim["tightness"]["max"]
        assert lower[0] == pytest.approx(told["lower"], rel=1e-9)
        assert upper[0] == pytest.approx(told["upper"], rel=1e-9)


def test_an_interrupt_keeps_what_is_done_and_says_partial() -> None:
    done = []

    def interrupted(instances: int) -> None:
        done.append(instances)
        if sum(done) >= 128:
            raise KeyboardInterrupt

    partial = run(load_claims(("lemma_4_8",)), [(RandomSweep(1), 640)], 1, interrupted)
    assert partial["partial"] is True
    assert partial["instances"] == 128
    claim = partial["claims"]["lemma_4_8"]
    assert claim["holds"] + claim["vacuous"] == 128
    assert "partial" in render_page(partial)


def test_a_claim_that_fails_is_counted_listed_and_not_said_to_hold() -> None:
    import dataclasses

    claim = load_claim("lemma_4_8")
    false = dataclasses.replace(claim, right=lambda x: claim.right(x) / 1024)
    results = run((false,), [(RandomSweep(1), 64)], 1)
    found = results["claims"]["lemma_4_8"]
    assert found["violated"] > 0
    assert not all_hold(results)
    assert found["failures"][0]["verdict"] == "VIOLATED"
    assert found["failures"][0]["lhs"]["lower"] > found["failures"][0]["rhs"]["upper"]
    assert len(found["failures"]) <= runner.FAILURES


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
    assert len(ours) == 7
    assert all(c.sharpens in claim_ids() and c.source.startswith("ours") for c in ours)
    assert all(c.sharpens is None for c in load_claims() if not c.id.startswith("ours."))
    with pytest.raises(InputError, match="Did you mean lemma_4_8"):
        load_claims(("lemma_4.8",))


def test_claims_come_in_the_order_of_the_paper_each_followed_by_its_sharper_forms() -> None:
    assert claim_ids() == (
        "lemma_4_8",
        "ours.lemma_4_8",
        "lemma_4_9.first_moment",
        "lemma_4_9.second_moment",
        "ours.lemma_4_9.second_moment",
        "lemma_4_10.bias",
        "ours.lemma_4_10.bias",
        "lemma_4_10.second_moment",
        "ours.lemma_4_10.second_moment",
        "theorem_4_11",
        "ours.theorem_4_11",
        "hf_error",
        "ours.hf_error.half",
        "ours.hf_error.large_step",
    )


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
