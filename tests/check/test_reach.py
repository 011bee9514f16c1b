"""Long tasks: the work of an expectation over batches is bounded, and memory; what is out of reach is said first."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import mamlcheck
from mamlcheck import api
from mamlcheck.arithmetic import arb, ball, rational
from mamlcheck.check import judging, runner
from mamlcheck.check import plan as plan_module
from mamlcheck.check.judging import judge_block
from mamlcheck.check.plan import AVERAGE_NUMBERS, plan
from mamlcheck.check.runner import run
from mamlcheck.check.sweeps import (
    BATCH_NUMBERS,
    DIMENSIONS,
    RandomSweep,
    TableSweep,
    blocks,
    instance_at,
)  # fmt: skip
from mamlcheck.check.verdict import Verdict, judge
from mamlcheck.claims import Claim, claim_ids, load_claim, load_claims
from mamlcheck.cli import main
from mamlcheck.errors import TooManyBatches
from mamlcheck.meta import evaluation as evaluation_module
from mamlcheck.meta.expectation import multiset_count, multisets
from mamlcheck.meta.reach import MOST_LISTED, MOST_POINT_NUMBERS, few_drawn, refusal
from mamlcheck.report.page import render_page
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.tables import Table, read_table


def long_table(folder: Path, rows: int, tasks: int = 5, features: int = 7) -> Path:
    rng = np.random.default_rng(5)
    lines = ["site,y," + ",".join(f"x{k}" for k in range(features))]
    for task in range(tasks):
        x = rng.normal(size=(rows, features)).round(3)
        y = (x @ rng.normal(size=features) + rng.normal(size=rows)).round(3)
        lines += [f"s{task},{t}," + ",".join(map(str, r)) for r, t in zip(x, y, strict=True)]
    path = folder / f"long{rows}.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def steps_every_task(claim: Claim) -> bool:
    """Whether a claim takes inner steps of every task with each of its batches."""
    return "D_test" in claim.quantifies or ("D_in" in claim.quantifies and "i" not in claim.quantifies)


def long_tasks(folder: Path, rows: int, **shape: int) -> Table:
    return read_table(long_table(folder, rows, **shape), task="site", target="y")


# -- memory and time -----------------------------------------------------------------------------------------
@pytest.mark.alike
def test_five_tasks_of_two_thousand_rows_take_little_memory_and_time(tmp_path: Path) -> None:
    """In a process of its own, whose memory and time can be measured: a tenth of what a report takes."""
    path = long_table(tmp_path, 2000)
    script = (
        "import json, pathlib, re, resource\n"
        "from mamlcheck.check.runner import run\n"
        "from mamlcheck.check.sweeps import TableSweep\n"
        "from mamlcheck.claims import load_claims\n"
        "from mamlcheck.tasks.tables import read_table\n"
        f"table = read_table({str(path)!r}, task='site', target='y')\n"
        "found = run(load_claims(), [(TableSweep(table, 1), 64 + 1)], 1)\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        # On Linux what `resource` says of memory includes that of the tests' process, from which this one was forked.
        "status = pathlib.Path('/proc/self/status')\n"
        "own = re.search(r'VmHWM:\\s*(\\d+)', status.read_text() if status.exists() else '')\n"
        "memory = int(own[1]) if own else used.ru_maxrss\n"
        "counts = {k: [v.counts.holds, v.counts.undecided, v.counts.vacuous] for k, v in found.claims.items()}\n"
        "print(json.dumps([memory, used.ru_utime + used.ru_stime, counts, found.sources[0].description]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(mamlcheck.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    memory, seconds, counts, description = json.loads(done.stdout)
    assert memory * (1 if sys.platform == "darwin" else 1024) < 2**30
    assert seconds < 40
    assert "lemma_4_10.bias, ours.lemma_4_10.bias" in description.lower()
    assert "judged on 1 of the 65 instances there: each takes 4,000,000 numbers" in description
    assert "not judged there: 2,000 different batches of 1 sample, with all 2,000 samples of 5 tasks" in description
    for name, (holds, undecided, vacuous) in counts.items():
        judged = 0 if steps_every_task(load_claim(name)) else 1 if "4_10" in name else 65
        assert holds + undecided + vacuous == judged, name
        assert undecided <= (1 if "4_10" in name else 0), name


@pytest.mark.parametrize("k", [0, 3, 5, 11])
def test_slices_of_a_block_are_judged_as_the_whole(k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    block = RandomSweep(1).block(k)
    whole = judge_block(load_claims(), block)
    monkeypatch.setattr(judging, "LARGEST_ARRAY_NUMBERS", 7 * judging.largest_array(load_claims(), block))
    sliced = judge_block(load_claims(), block)
    assert list(whole) == list(sliced)
    for name, forms in whole.items():
        for one, other in zip(forms, sliced[name], strict=True):
            assert (one is None) == (other is None)
            if one is not None:
                assert one.codes.tolist() == other.codes.tolist()
                for side in ("left", "right"):  # the last bits depend on the shapes of arrays
                    assert (getattr(one, f"{side}_lower") <= getattr(other, f"{side}_upper")).all()
                    assert (getattr(other, f"{side}_lower") <= getattr(one, f"{side}_upper")).all()


# -- the gradients of the samples that are drawn ---------------------------------------------------------------
def some_tasks(kind: str, m: int) -> Any:
    rng = np.random.default_rng(m)

    def numbers(*shape: int) -> np.ndarray:
        return rng.integers(-8, 9, size=shape) / 4

    if kind == "quadratic":
        half = numbers(2, m, 2, 2)
        return QuadraticTasks(half + np.swapaxes(half, -1, -2), numbers(2, m, 2), np.full(2, Fraction(1, 2)))
    spline = next(b for b in map(RandomSweep(1).block, range(200)) if b.tasks.kind == "ridge" and b.tasks.m == m)
    return spline.tasks[0]


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("kind", ["quadratic", "ridge"])
def test_gradients_of_drawn_samples_are_those_of_their_weights(kind: str, size: int) -> None:
    tasks, batches = some_tasks(kind, 5), multisets(5, size)
    w = np.full((1, 1, tasks.d), 0.375)
    for ar in (ball, arb(128)) + ((rational,) if tasks.polynomial else ()):
        with ar.working():
            at = tasks.on(ar).at(ar.exact(w))
            drawn, weighted = at.gradient_of_drawn(batches.drawn), at.gradient(batches.weights(ar))
            assert drawn.shape == weighted.shape
            assert (ar.lower(drawn) <= ar.upper(weighted)).all()
            assert (ar.lower(weighted) <= ar.upper(drawn)).all()
            if ar is rational:
                assert (drawn == weighted).all()


def test_batches_hold_what_they_count() -> None:
    for m, size in ((1, 1), (4, 1), (4, 3), (3, 5)):
        batches = multisets(m, size)
        counts = [[row.count(k) for k in range(m)] for row in batches.drawn.tolist()]
        assert counts == batches.counts.tolist()
        assert counts == sorted(counts)


def test_step_sizes_of_long_tasks_are_those_of_all_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    block = instance_at(TableSweep(long_tasks(tmp_path, 40, tasks=2, features=2), 1), 70)
    assert few_drawn(40, 1)
    with ball.working():
        by_samples = block.on(ball).stepsize_moments
        monkeypatch.setattr(evaluation_module, "few_drawn", lambda m, size: False)
        by_weights = block.on(ball).stepsize_moments
        for one, other in zip(by_samples, by_weights, strict=True):
            assert ball.lower(one)[0] <= ball.upper(other)[0]
            assert ball.lower(other)[0] <= ball.upper(one)[0]
            assert one.rad[0] < 1e-12 * one.mid[0]


# -- what is out of reach --------------------------------------------------------------------------------------
def advised(why: str) -> int:
    found = re.search(r"at most ([\d,]+) samples", why)
    assert found, why
    return int(found[1].replace(",", ""))


def test_the_advice_about_rows_is_the_last_number_that_works(tmp_path: Path) -> None:
    sweep = TableSweep(long_tasks(tmp_path, 1600, tasks=2, features=1), 1)
    (part,) = plan(load_claims(("theorem_4_11",)), sweep, 500)
    most = advised(part.why)
    assert (part.count, most) == (0, 1448)
    for rows in (most + 1, most):
        sweep = TableSweep(long_tasks(tmp_path, rows, tasks=2, features=1), 1)
        one = instance_at(sweep, 5)
        assert (plan(load_claims(("theorem_4_11",)), sweep, 500)[0].count > 0) == (rows == most)
        if rows == most:
            assert one.on(ball).batches("test").m == most
        else:
            with pytest.raises(TooManyBatches) as refused:
                one.on(ball).batches("test")
            assert advised(str(refused.value)) == most
        checked = api.check_claim("theorem_4_11", one)  # by all batches, or by their moments
        assert (checked.verdict, checked.arithmetic) == (Verdict.HOLDS, "filter" if rows == most else "ball")


@pytest.mark.parametrize("rows", [100, 300, 1000, 2000, 6000])
def test_the_work_on_a_table_is_that_of_a_short_one(tmp_path: Path, rows: int) -> None:
    sweep, count = TableSweep(long_tasks(tmp_path, rows, features=1), 1), 500
    parts = plan(load_claims(), sweep, count)
    assert sorted(claim.id for part in parts for claim in part.claims) == sorted(claim_ids())
    for part in parts:
        assert bool(part.why) == (part.count < count)
        for claim in part.claims:
            tasks = 5 if steps_every_task(claim) else 1 if "D_in" in claim.quantifies else 0
            assert tasks * rows**2 * part.count <= max(AVERAGE_NUMBERS * count, tasks * rows**2)
            if not tasks:
                assert part.count == (0 if rows > MOST_LISTED and "D_beta" in claim.quantifies else count)
            elif part.count == 0:
                assert refusal(tasks, rows, 1, 1)


@pytest.mark.parametrize("most", [50, 75])
def test_a_plan_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Counts of what is judged on fewer instances, over the border of a block; what is judged on all stays the same."""
    sweep = TableSweep(long_tasks(tmp_path, 40, tasks=2, features=2), 1)
    whole = run(load_claims(), [(sweep, 100)], 1)
    monkeypatch.setattr(plan_module, "AVERAGE_NUMBERS", 2 * 40**2 * most // 100)
    fewer = run(load_claims(), [(sweep, 100)], 1)
    for name, claim in fewer.claims.items():
        judged = claim.counts.total
        assert judged == (most if steps_every_task(load_claim(name)) else 100)
        if judged == 100:
            assert claim == whole.claims[name]
    judged_on = rf"Theorem_4_11, ours\.theorem_4_11[^:]*: judged on {most} of the 100 instances"
    assert re.search(judged_on, fewer.sources[0].description)
    assert "judged on" not in whole.sources[0].description
    render_page(fewer)


def test_where_arb_is_out_of_reach_ball_has_the_last_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = TableSweep(long_tasks(tmp_path, 40, tasks=2, features=2), 1)
    block, printed = sweep.block(0), load_claim("lemma_4_10.second_moment")
    # A right side that is nearer to the left one than any enclosure of `ball`.
    claim = replace(printed, right=lambda x: printed.left(x) * x.ar.exact(1 + 2.0**-50), reduced=None)
    with_arb = judge(claim, block)
    monkeypatch.setattr(evaluation_module, "MOST_POINT_OBJECTS", 1000)
    without = judge(claim, block)
    settled = with_arb.arithmetic == "arb"
    assert settled.any()
    assert [without.verdict(k) for k in np.flatnonzero(settled)] == [Verdict.UNDECIDED] * settled.sum()
    assert (without.codes[~settled] == with_arb.codes[~settled]).all()
    assert np.isfinite(without.left_upper).all()  # what ball knows is kept
    checked = api.check_claim(claim, block[int(np.flatnonzero(settled)[0])])
    assert checked.why is not None
    assert checked.why.startswith("ball cannot tell the sides apart, and for Arb 40 different batches of 1 sample")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 400])
@pytest.mark.parametrize(("n", "width"), [(1, 1), (5, 1), (3, 40), (2000, 30)])
def test_what_a_refusal_advises_is_the_most_that_is_not_refused(n: int, width: int, size: int) -> None:
    for m in (2, 20, 60, 300, 1500, 6000):
        why = refusal(n, m, width, size)
        assert bool(why) == (
            multiset_count(m, size) > MOST_LISTED or n * multiset_count(m, size) * m * width > MOST_POINT_NUMBERS
        )
        if why:
            assert ("or smaller batches" in why) == (size > 1)
            assert not refusal(n, advised(why), width, size)
            assert refusal(n, advised(why) + 1, width, size)


def test_inner_batches_of_a_claim_of_no_fixed_task_are_listed_for_every_task(tmp_path: Path) -> None:
    """Its arrays are n times as large, and it is judged on as many times fewer instances of a table."""
    fixed = load_claim("lemma_4_10.bias")
    of_all = replace(fixed, id="of_all", quantifies=("tasks", "alpha", "w", "D_in"))
    block = next(b for _, b in blocks(RandomSweep(3), 4000) if b.tasks.n == 3 and b.sizes.inner > 2 and b.tasks.m > 2)
    n, m, largest = block.tasks.n, block.tasks.m, judging.largest_array
    listed = n * m * multiset_count(m, block.sizes.inner)
    assert largest((of_all,), block) == listed
    assert largest((fixed,), block) == max(listed // n, block.tasks.largest_array, n * m * block.tasks.d**2)
    assert largest((of_all, fixed), block) == listed
    sweep = TableSweep(long_tasks(tmp_path, 500, features=1), 1)
    counts = {part.claims[0].id: part.count for part in plan((fixed, of_all), sweep, 500)}
    assert counts == {fixed.id: 500 * AVERAGE_NUMBERS // 500**2, of_all.id: 500 * AVERAGE_NUMBERS // (5 * 500**2)}


def test_pairs_of_batches_are_counted_where_hf_maml_lists_them() -> None:
    """Of claims that quantify over D_in, D_o and eta; not where they are too many, and are not listed."""
    fixed = load_claim("lemma_4_10.second_moment")
    pairs = replace(fixed, id="pairs", quantifies=("tasks", "alpha", "w", "D_in", "D_o", "eta"))
    block = next(b for _, b in blocks(RandomSweep(3), 4000) if b.tasks.n == 3 and b.tasks.m == 3)
    for inner, outer, listed in ((2, 3, 6 * 10), (2, 40, 6 * 861), (1, 40, 3 * 861), (2, 500, 6)):
        one = replace(block, sizes=replace(block.sizes, inner=inner, outer=outer))
        found = judging.largest_array((fixed, pairs), one)
        expected = 9 * (listed if listed <= MOST_LISTED else 6)
        assert found == max(expected, block.tasks.largest_array, 9 * block.tasks.d**2)
        assert judging.largest_array((fixed,), one) <= 9 * max(6, block.tasks.d**2)


def test_too_many_batches_never_advise_what_no_claim_does() -> None:
    for m, size in ((10, 10), (6000, 1)):
        with pytest.raises(TooManyBatches) as refused:
            multisets(m, size, cap=1000)
        assert "draw_batches" not in str(refused.value)
        assert ("smaller batch" in str(refused.value)) == (size > 1)


def test_what_sweeps_draw_is_within_reach() -> None:
    grunfeld = TableSweep(read_table("grunfeld"), 1)
    for sweep in (RandomSweep(1), grunfeld):
        (part,) = plan(load_claims(), sweep, 10**6)
        assert (part.claims, part.count, part.why) == (load_claims(), 10**6, "")
    assert (
        BATCH_NUMBERS * max(d for pair in DIMENSIONS for d in pair) <= MOST_POINT_NUMBERS
    )  # quadratics: d numbers a sample


def test_a_refusal_is_no_traceback_in_any_claim(tmp_path: Path) -> None:
    one = instance_at(TableSweep(long_tasks(tmp_path, 2100, tasks=2, features=1), 1), 3)
    for claim in claim_ids():
        for everywhere in (False, True) if load_claim(claim).bounds_deviations else (False,):
            assert judge(load_claim(claim), one, everywhere).codes.shape == (1,)


def test_it_is_said_before_anything_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "run", stopped)
    path = long_table(tmp_path, 2100, features=1)
    line = ["report", "--data", str(path), "--task", "site", "--target", "y", "--out", str(tmp_path / "out")]
    said = " ".join(CliRunner().invoke(main, line).stderr.split())
    assert "lemma_4_10.bias, ours.lemma_4_10.bias" in said
    assert "not judged there: 2,100 different batches of 1 sample, with all 2,100 samples of one task" in said
    assert "take at most 2,048 samples (rows) of each task" in said
    assert re.search(r"theorem_4_11, ours\.theorem_4_11[^:]*: not judged there", said)
    assert "take at most 915 samples (rows) of each task" in said
    assert "lemma_4_9" not in said
