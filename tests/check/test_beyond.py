"""Verdicts at confidence: when there are any, what they say, and that nothing takes them for certified ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import mamlcheck
from mamlcheck.arithmetic import ball
from mamlcheck.check import runner, work
from mamlcheck.check import verdict as verdict_module
from mamlcheck.check.beyond import by_moments, without_equals
from mamlcheck.check.certified import at_most, certified
from mamlcheck.check.results import Results
from mamlcheck.check.runner import judge_block, run
from mamlcheck.check.sweeps import RandomSweep
from mamlcheck.check.tally import counts_of
from mamlcheck.check.verdict import HOLDS, HOLDS_AT_CONFIDENCE, UNDECIDED, Verdict, Verdicts, judge
from mamlcheck.claims import Claim, load_claim, load_claims
from mamlcheck.cli import main
from mamlcheck.errors import TooManyBatches
from mamlcheck.formats.codec import read
from mamlcheck.formats.shared import Counts
from mamlcheck.formats.shown import ShownClaim
from mamlcheck.meta.beyond import BeyondEnumeration, HessianFreeByMoments, key_of_instance
from mamlcheck.meta.directions import AtRest
from mamlcheck.meta.files import parse_instance
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.meta.writing import instance_text
from mamlcheck.report.page import headline, render_page
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.losses import loss

SHARP = load_claim("ours.lemma_4_10.bias")
PRINTED = load_claim("lemma_4_10.bias")


def instances(m: int = 12, n: int = 1, d: int = 2, batch: int = 64, name: str = "log_cosh", seed: int = 0) -> Instances:
    """A block of one instance with batches beyond enumeration, at half the largest inner rate."""
    rng = np.random.default_rng(seed)
    a, b = (rng.integers(-64, 65, size=shape) / 32 for shape in ((1, n, m, d), (1, n, m)))
    shares = np.array([[Fraction(1, n)] * n], dtype=object)
    tasks = RidgeTasks(a, b, np.ones((1, n, m)), np.zeros(1), shares, (loss(name),) * n)
    point = rng.integers(-64, 65, size=(1, d)) / 64
    one = np.ones(1)
    sizes = BatchSizes(inner=batch, outer=batch, test=batch, stepsize=batch, stepsize_tasks=3)
    rate = np.exp2(np.floor(np.log2(0.9 / tasks.smoothness)))
    return Instances(tasks, rate, point, point + 1, point + 2, one, one, sizes=sizes)


def with_right(claim: Claim, share: Fraction) -> Claim:
    """A claim with less on the right side than it has: a share of it."""

    def right(x: Any) -> Any:
        return claim.right(x) * x.ar.exact(share)

    return replace(claim, right=right, reduced=None)


# -- which verdicts there are ------------------------------------------------------------------------------------
def test_a_claim_holds_by_moments_or_by_samples_or_not_at_all() -> None:
    block = instances()
    known = judge(PRINTED, block)
    assert (known.verdict(0), known.arithmetic[0]) == (Verdict.HOLDS, "ball")
    sampled = judge(SHARP, block)
    assert (sampled.verdict(0), sampled.arithmetic[0]) == (Verdict.HOLDS_AT_CONFIDENCE, "sampling")
    checked = mamlcheck.check_claim(SHARP, block)
    assert checked.verdict is Verdict.HOLDS_AT_CONFIDENCE
    assert not checked.failed
    assert not checked.guaranteed
    assert checked.tightness is None
    assert checked.why is not None
    assert "64 draws from 12 samples make" in checked.why
    assert checked.why.endswith("with probability at least 1 - 1e-9")
    assert str(checked).startswith("ours.lemma_4_10.bias: HOLDS at confidence, 64 draws from 12 samples")
    assert "by sampling" in checked._repr_html_()


def test_samples_refute_nothing() -> None:
    """The bound is far below the truth: it is UNDECIDED, fails, and says what was seen."""
    block, false = instances(), with_right(SHARP, Fraction(1, 1000))
    found = judge(false, block)
    assert (found.verdict(0), found.arithmetic[0]) == (Verdict.UNDECIDED, "sampling")
    assert found.left_lower[0] <= 0  # the certified side, and not the sampled one
    checked = mamlcheck.check_claim(false, block)
    assert checked.failed
    assert checked.why is not None
    assert "the left side is the larger one, with probability at least 1 - 1e-9" in checked.why
    assert "samples refute nothing" in checked.why


def test_what_samples_leave_open_is_undecided() -> None:
    share = Fraction(tightness(instances())).limit_denominator(10**6)
    checked = mamlcheck.check_claim(with_right(SHARP, share), instances())
    assert (checked.verdict, checked.arithmetic) == (Verdict.UNDECIDED, "none")
    assert checked.why is not None
    assert "neither the moments of the batches nor samples of them decide" in checked.why


def tightness(block: Instances) -> float:
    """About the left side over the right one, from many batches in plain floats."""
    from mamlcheck.arithmetic import float64

    drawn = np.random.default_rng(1).integers(0, block.tasks.m, size=(20000, block.sizes.inner))
    counts = np.stack([(drawn == j).sum(axis=1) for j in range(block.tasks.m)], axis=1)
    x = block.on(float64)
    step = x.fixed_task
    noise = step.start.gradient_deviation(counts / block.sizes.inner - 1 / block.tasks.m)
    mean = step.end.gradient_bend(-(step.alpha * noise)).mean(axis=-2)
    return float(np.linalg.norm(mean) / SHARP.right(x)[0])


def test_moments_refute_where_they_are_exact() -> None:
    """What is VIOLATED by moments is certified: here E |e|^2 of linear gradients, which is alpha^2 sigma~^2 Q^2 / D."""
    eye = np.broadcast_to(np.eye(2), (1, 1, 12, 2, 2))
    centres = np.random.default_rng(3).integers(-9, 10, size=(1, 1, 12, 2)) / 4
    one, point = np.ones(1), np.zeros((1, 2))
    tasks = QuadraticTasks(eye, centres, np.ones((1, 1)))
    block = Instances(tasks, one / 2, point, point + 1, point + 2, one, one, sizes=BatchSizes(inner=64, outer=64))
    claim = load_claim("lemma_4_10.second_moment")
    assert judge(claim, block).verdict(0) is Verdict.HOLDS
    found = judge(with_right(claim, Fraction(1, 100)), block)
    assert (found.verdict(0), found.arithmetic[0]) == (Verdict.VIOLATED, "ball")


@pytest.mark.parametrize("everywhere", [False, True])
def test_every_claim_is_decided_at_real_sizes(everywhere: bool) -> None:
    block = instances(m=1000, n=4, d=10)
    for claim in load_claims():
        if everywhere <= claim.bounds_deviations:
            found = mamlcheck.check_claim(claim, block, everywhere)
            assert found.verdict in (Verdict.HOLDS, Verdict.HOLDS_AT_CONFIDENCE, Verdict.VACUOUS), str(found)


def test_samples_that_repeat_are_enumerated() -> None:
    """999 samples, three of them different: every batch of 64 is one of 2,145, and the verdict is certified."""
    block = instances(m=999, n=1)
    kept = {"a": 2, "b": 2, "c": 2}  # the axis of samples
    repeated = {name: np.take(getattr(block.tasks, name), np.arange(999) % 3, axis) for name, axis in kept.items()}
    few = replace(block, tasks=replace(block.tasks, **repeated), alpha=block.alpha / 16)
    found = judge(SHARP, few)
    assert (found.verdict(0), found.arithmetic[0]) == (Verdict.HOLDS, "ball")
    three = {name: array[:, :, :3] for name, array in repeated.items()}
    same = judge(SHARP, replace(few, tasks=replace(block.tasks, **three)))
    assert np.allclose(found.left_upper, same.left_upper, rtol=1e-9)
    assert found.left_lower[0] > 0  # by all batches: moments know no lower bound
    thirds = replace(few, tasks=replace(few.tasks, b=np.vectorize(Fraction)(few.tasks.b) / 3))
    assert judge(SHARP, thirds).arithmetic[0] == "ball"


def test_a_hypothesis_that_fails_comes_first() -> None:
    block = instances()
    assert judge(SHARP, replace(block, alpha=64 * block.alpha)).verdict(0) is Verdict.VACUOUS


def test_instances_of_a_block_are_judged_as_they_are_alone() -> None:
    one = instances()
    two = Instances(
        replace(
            one.tasks, **{k: np.concatenate([v, v / 2 if k == "a" else v]) for k, v in one.tasks.numbers().items()}
        ),
        *(np.concatenate([getattr(one, name)] * 2) for name in ("alpha", "w", "u", "v", "delta", "phi")),
        sizes=one.sizes,
    )
    together = judge(SHARP, two)
    for k in range(2):
        alone = judge(SHARP, two[k : k + 1])
        assert (alone.codes[0], alone.left_upper[0]) == (together.codes[k], together.left_upper[k])
    assert together.left_upper[0] != together.left_upper[1]


# -- the same again ------------------------------------------------------------------------------------------------
def test_a_verdict_is_the_same_again_and_from_its_file() -> None:
    block = instances()
    first, again = judge(SHARP, block), judge(SHARP, block)
    read_again = parse_instance(instance_text(block))
    loaded = judge(SHARP, read_again if read_again.shape else read_again[None])
    for other in (again, loaded):
        for side in ("left_lower", "left_upper", "right_lower", "right_upper", "codes"):
            assert getattr(first, side).tolist() == getattr(other, side).tolist()
    assert key_of_instance(block) == key_of_instance(read_again if read_again.shape else read_again[None])
    assert key_of_instance(block) != key_of_instance(replace(block, w=block.w * 2))
    assert key_of_instance(block) != key_of_instance(replace(block, sizes=replace(block.sizes, inner=63)))


# -- nowhere among the certified -----------------------------------------------------------------------------------
def of_codes(*codes: int) -> Verdicts:
    n = len(codes)
    ones = np.ones(n)
    names = np.array(["sampling" if code == HOLDS_AT_CONFIDENCE else "ball" for code in codes], dtype=object)
    return Verdicts(np.array(codes, dtype=np.int8), ones, ones, 2 * ones, 2 * ones, names)


def test_verdicts_count_apart_and_have_no_tightness() -> None:
    verdicts = of_codes(HOLDS, HOLDS_AT_CONFIDENCE, HOLDS_AT_CONFIDENCE)
    assert counts_of(verdicts) == Counts(holds=1, at_confidence=2)
    for bound in verdicts.tightness:
        assert np.isnan(bound).tolist() == [False, True, True]


def test_counts_keep_them_apart() -> None:
    counts = Counts(at_confidence=3)
    assert (counts.holds, counts.decided, counts.judged, counts.total) == (0, 0, 3, 3)
    assert counts.status == "at confidence"
    assert Counts(holds=5, at_confidence=1).status == "at confidence"
    assert Counts(undecided=1, at_confidence=1).status == "undecided"
    assert Counts(violated=1, at_confidence=1).status == "violated"
    assert counts.all_hold  # nothing fails, and nothing more
    assert Counts.sum([counts, counts]).at_confidence == 6


def test_nothing_is_certified_of_them() -> None:
    assert certified(SHARP, instances()) is None


@pytest.fixture
def sampled_run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Results]:
    """A run over 8 random instances where every verdict that holds is one at confidence; or only those of a form."""

    def made(strong: bool = True, printed: bool = True, kept: int = 0) -> Results:
        def sampled(*arguments: Any) -> Any:
            judged = judge_block(*arguments)
            for name, (one, other) in judged.items():
                for chosen, found in ((strong, one), (printed, other)):
                    if found is not None and chosen:
                        where = np.flatnonzero(found.codes == HOLDS)[kept:]
                        found.codes[where], found.arithmetic[where] = HOLDS_AT_CONFIDENCE, "sampling"
                judged[name] = one, other
            return judged

        with monkeypatch.context() as patched:
            patched.setattr(work, "judge_block", sampled)
            return run((PRINTED, SHARP), [(RandomSweep(1), 8)], 1)

    return made


def test_results_say_them_apart(sampled_run: Callable[..., Results]) -> None:
    results = sampled_run()
    claim = results.claims[SHARP.id]
    number = claim.counts.at_confidence
    assert number
    assert claim.counts.holds == 0
    assert claim.tightness.max is None
    assert claim.worst is None
    assert not claim.scatter
    assert not claim.failures
    assert sum(claim.arithmetic.values()) == 0
    assert f"0 hold, 0 violated, 0 undecided, {claim.counts.vacuous} vacuous, {number} at confidence" in str(claim)
    assert "no instance meets" not in str(results)
    assert "at confidence only" in str(results)
    assert Results.from_json(json.loads(results.text())).claims[SHARP.id].counts.at_confidence == number
    assert json.loads(json.dumps(results.in_brief().as_json()))["claims"][SHARP.id]["counts"]["at_confidence"] == number
    assert results.measures[SHARP.id]["at_confidence"] == number
    assert results.all_hold


def test_all_hold_is_not_said_without_them(sampled_run: Callable[..., Results]) -> None:
    one_left = str(sampled_run(kept=1))
    assert "all hold, " in one_left
    assert "of the verdicts at confidence only" in one_left
    assert "at confidence" in str(sampled_run(strong=False))  # in the printed form alone


def test_the_page_says_them_apart(sampled_run: Callable[..., Results]) -> None:
    results = sampled_run()
    number = sum(claim.at_confidence for claim in results.claims.values())
    assert f"{number} verdicts at confidence only" in headline(results)
    assert "certified verdict" not in headline(results).replace("0 certified verdicts", "")
    page = render_page(results)
    assert "≈ holds at confidence" in page
    assert "HOLDS AT CONFIDENCE" in page
    assert "with probability at least 1 - 1e-9" in page
    assert f"and all {number} of them together with probability at least 1 - {number / 10:.1f}e-8" in page
    plain = render_page(sampled_run(strong=False, printed=False))
    without_its_words = plain.partition('<section id="certified"')[0]  # where each word of pages is explained
    assert "at confidence" not in without_its_words.replace("at-confidence", "")


def test_the_page_counts_the_printed_form_apart(sampled_run: Callable[..., Results]) -> None:
    page = render_page(sampled_run(strong=False))
    assert "at confidence only, with deviations bounded at all points" in page
    assert "≈ holds at confidence" in page


@pytest.mark.parametrize("form", ["strong", "printed"])
def test_the_terminal_says_them_apart(
    sampled_run: Callable[..., Results], monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    results = sampled_run(strong=form == "strong", printed=form == "printed")
    number = sum(claim.at_confidence for claim in results.claims.values())
    monkeypatch.setattr(runner, "run", lambda *_: results)
    done = CliRunner().invoke(main, ["check", PRINTED.id, SHARP.id], env={"COLUMNS": "200"})
    assert done.exit_code == 0  # nothing is violated or undecided
    assert ("at confidence" in done.output.splitlines()[0]) == (form == "strong")  # the column is of the strong form
    said = " ".join(done.output.split())
    assert f"HOLDS at confidence: by sampled batches, with probability at least 1 - 1e-9 each, and all {number}" in said
    if form == "printed":
        assert "as printed: " in said


def test_the_terminal_has_no_column_for_nothing(sampled_run: Callable[..., Results], monkeypatch: Any) -> None:
    results = sampled_run(strong=False, printed=False)
    monkeypatch.setattr(runner, "run", lambda *_: results)
    header = CliRunner().invoke(main, ["check", SHARP.id], env={"COLUMNS": "200"}).output.splitlines()[0]
    assert "holds" in header
    assert "confidence" not in header


def test_show_says_it_and_does_not_fail(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(instance_text(instances()))
    said = CliRunner().invoke(main, ["show", str(path), "--no-waterfall"], env={"COLUMNS": "250"})
    assert said.exit_code == 0, said.output
    (row,) = [line for line in said.output.splitlines() if line.startswith(SHARP.id) and "sampling" in line]
    assert "HOLDS at confidence" in row
    assert f"{SHARP.id} HOLDS at confidence: 64 draws from 12 samples" in " ".join(said.output.split())
    printed = CliRunner().invoke(main, ["show", str(path), "--no-waterfall", "--json"])
    content = json.loads(printed.output)["claims"][SHARP.id]
    assert (content["verdict"], content["arithmetic"], content["tightness"]) == (
        "HOLDS at confidence",
        "sampling",
        None,
    )
    assert read(ShownClaim, content).why is not None


def test_show_takes_the_proof_apart_as_far_as_it_can_be_computed(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(instance_text(instances()))
    said = CliRunner().invoke(main, ["show", str(path)])
    assert said.exit_code == 0, said.output
    assert said.exception is None or isinstance(said.exception, SystemExit)


def test_codes_of_a_sampled_comparison_are_never_certified(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever evaluating on samples says, HOLDS and VIOLATED come of the certified evaluation alone."""
    known = verdict_module.evaluate
    seen = []

    def evaluated(claim: Claim, x: Any) -> Verdicts:
        found = known(claim, x)
        sample = getattr(x.evaluation, "sample", None)
        if sample is not None:
            seen.append(found.verdict(0))
        return found

    monkeypatch.setattr(verdict_module, "evaluate", evaluated)
    for share in (Fraction(1), Fraction(1, 1000)):
        found = judge(with_right(SHARP, share), instances())
        assert found.codes[0] in (HOLDS_AT_CONFIDENCE, UNDECIDED)
    assert {Verdict.HOLDS, Verdict.VIOLATED} <= set(seen)


# -- a block at once -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("k", [7, 23])
def test_a_block_by_moments_is_judged_as_its_instances_one_by_one(k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    claim, block = load_claim("ours.descent.hf_maml"), RandomSweep(1).block(k)
    asked = []

    def counted(x: Any, chosen: tuple[int, ...]) -> Any:
        asked.append(len(chosen))
        return by_moments(x, chosen)

    monkeypatch.setattr(verdict_module, "by_moments", counted)
    whole = judge(claim, block)
    assert max(asked) > 5
    for j in range(len(block.alpha)):
        alone = judge(claim, block[j : j + 1])
        assert (alone.codes[0], alone.arithmetic[0]) == (whole.codes[j], whole.arithmetic[j])
        for side in ("left", "right"):  # the last bits depend on the shapes of arrays
            bounds = [getattr(alone, f"{side}_lower")[0], getattr(alone, f"{side}_upper")[0]]
            np.testing.assert_allclose(
                [getattr(whole, f"{side}_lower")[j], getattr(whole, f"{side}_upper")[j]], bounds, rtol=2.0**-40
            )


def test_instances_with_equal_samples_are_judged_alone() -> None:
    """Which samples are equal in all of a block depends on who is in it, and with it what is listed."""
    one, two = instances(m=4), instances(m=4, seed=1)
    a, b = (np.repeat(x[:, :, :1], 4, axis=2) for x in (two.tasks.a, two.tasks.b))  # type: ignore[attr-defined]
    same = replace(two, tasks=replace(two.tasks, a=a, b=b))
    assert without_equals(one.on(ball), (0,)) == (0,)
    assert without_equals(same.on(ball), (0,)) == ()


def test_balls_bound_what_arb_certifies() -> None:
    claim, block = load_claim("ours.descent.maml"), RandomSweep(1).block(7)
    found = [(certified(claim, block[j : j + 1]), at_most(claim, block[j : j + 1])) for j in range(8)]
    known = [(one, most) for one, most in found if one is not None]
    assert known
    assert all(one.tightness[0] <= most < one.tightness[1] * (1 + 2.0**-20) for one, most in known)


def test_who_goes_nowhere_is_judged_alone() -> None:
    """Of one that goes nowhere the direction is exactly 0; beside others it would be known by moments alone."""
    moving = instances()
    still = replace(moving, tasks=replace(moving.tasks, c=np.zeros((1, 1, 12))))
    twice = moving[[0, 0]]
    both = replace(twice, tasks=replace(twice.tasks, c=np.concatenate([np.ones((1, 1, 12)), np.zeros((1, 1, 12))])))
    both, moving, still = (replace(x, sizes=replace(x.sizes, inner=1)) for x in (both, moving, still))
    with ball.working():
        assert isinstance(BeyondEnumeration(moving).hf_maml, HessianFreeByMoments)
        assert isinstance(BeyondEnumeration(still).hf_maml, AtRest)
        with pytest.raises(TooManyBatches):
            _ = BeyondEnumeration(both).hf_maml
