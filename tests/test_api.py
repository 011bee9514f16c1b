"""The Python interface: what it accepts, what it refuses, and that every path leads to the same instance."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis.vendor.pretty import pretty

import mamlcheck
from mamlcheck.check.certified import certified
from mamlcheck.check.sweeps import RandomSweep, TableSweep
from mamlcheck.check.verdict import Verdict
from mamlcheck.claims import claim_ids, load_claim
from mamlcheck.errors import InputError
from mamlcheck.hunt.search import hunt
from mamlcheck.meta.files import instance_text
from mamlcheck.meta.hypotheses import Hypothesis, Inequality
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.tasks.constants import check_probabilities
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.tables import read_table


def exactly(*values: Any) -> np.ndarray:
    return np.array([Fraction(v) for v in values], dtype=object)


def quadratic(alpha: Any, curvature: int = 2, **other: Any) -> Instances:
    """f(w) = curvature w^2 / 2, one task of one sample, at w = 1 and u = 0: a block of one with L = curvature."""
    tasks = QuadraticTasks(np.full((1, 1, 1, 1, 1), float(curvature)), np.zeros((1, 1, 1, 1)), np.ones((1, 1)))
    one = exactly(1)
    points = {"w": one[:, None], "u": 0 * one[:, None], "v": one[:, None]}
    return Instances(tasks, exactly(alpha), **points, delta=one, phi=one, **other)


def test_the_docstring_works_in_a_fresh_process() -> None:
    """Whatever is imported first, the names are there."""
    lines = [
        "import mamlcheck",
        "instance = mamlcheck.instance('random-2/1/123')",
        "print(mamlcheck.check_claim('lemma_4_8', instance).verdict)",
        "from mamlcheck import check_claim, strategies",
        "print(check_claim('lemma_4_8', instance).verdict)",
        "import mamlcheck.check.runner",
        "print(mamlcheck.check_claim('lemma_4_8', instance).verdict, strategies.__name__)",
    ]
    for first in (0, 5):
        text = "\n".join([lines[first], *lines])
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
        assert done.stdout.split() == ["HOLDS", "HOLDS", "HOLDS", "mamlcheck.strategies"]


def test_id_file_and_text_give_the_same_instance(tmp_path: Path) -> None:
    by_id = mamlcheck.instance("random-2/7/300")
    file = tmp_path / "one.json"
    file.write_text(instance_text(by_id))
    for again in (
        mamlcheck.instance(file),
        mamlcheck.instance(str(file)),
        mamlcheck.instance(instance_text(by_id)),
    ):
        assert instance_text(again) == instance_text(by_id)
        assert mamlcheck.check_claim("lemma_4_8", again) == mamlcheck.check_claim("lemma_4_8", by_id)


def test_an_id_is_an_instance_of_the_sweep() -> None:
    block = RandomSweep(3).block(2)
    assert instance_text(mamlcheck.instance("random-2/3/133")) == instance_text(block[133 - 128])


def test_with_or_without_a_leading_axis() -> None:
    block = mamlcheck.instance("random-2/1/9")
    assert mamlcheck.check_claim("hf_error", block) == mamlcheck.check_claim("hf_error", block[0])


def test_a_claim_of_ones_own() -> None:
    claim = load_claim("lemma_4_8")
    false = replace(claim, right=lambda x: claim.right(x) - claim.right(x))
    checked = mamlcheck.check_claim(false, quadratic(0))
    assert checked.verdict is Verdict.VIOLATED
    assert checked.failed


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "my  firms.csv"  # a name that could not stand in an id as it is
    file.write_text("firm,y,x\nA,1,2\nA,2,5\nB,1,3\nB,3,1\n")
    table = read_table(file, "firm", "y")
    name = TableSweep(table, 1).name
    assert name.startswith("my_firms-")
    instance = mamlcheck.instance(f"{name}/1/3", table)
    assert instance.tasks.n == 2
    with pytest.raises(InputError, match="which must be given too"):
        mamlcheck.instance(f"{name}/1/3")
    with pytest.raises(InputError, match=f"the table that you gave start with {name}, as it is now"):
        mamlcheck.instance("other-1/1/3", table)
    with pytest.raises(InputError, match="with these losses"):  # other losses are other instances
        mamlcheck.instance(f"{name}/1/3", table, ["sin"])
    with pytest.raises(InputError, match="give the table, too"):
        mamlcheck.instance("random-2/1/3", losses=["sin"])


WHY = {
    "alpha = 0.7 exceeds 1/L = 0.5: Lemma 4.8 needs alpha in [0, 1/L]": ("lemma_4_8", {"alpha": "0.7"}),
    "alpha = -0.125 is negative: Lemma 4.10 needs alpha in [0, 1/L]": ("lemma_4_10.bias", {"alpha": "-1/8"}),
    "alpha = -1/7 is negative: Lemma 4.9 needs alpha in [0, 1/L]": ("lemma_4_9.first_moment", {"alpha": "-1/7"}),
    "alpha = 0: Theorem 4.11 needs alpha > 0": ("theorem_4_11", {"alpha": 0}),
    "L = 0: Lemma 4.9 needs L > 0": ("lemma_4_9.second_moment", {"alpha": 1, "curvature": 0}),
}  # fmt: skip


@pytest.mark.parametrize("why", WHY)
def test_a_vacuous_verdict_says_why(why: str) -> None:
    claim, made = WHY[why]
    checked = mamlcheck.check_claim(claim, quadratic(**made))
    assert checked.verdict is Verdict.VACUOUS
    assert checked.why == why
    assert why in str(checked)
    assert not checked.failed


def test_why_w_equals_u_and_too_small_batches() -> None:
    same = quadratic("1/2")
    assert mamlcheck.check_claim("lemma_4_8", replace(same, u=same.w)).why == (
        "w = u: Lemma 4.8 needs two different points w and u"
    )
    wide = mamlcheck.instance("random-2/1/123")
    wide = replace(wide, sizes=replace(wide.sizes, stepsize=1))
    assert mamlcheck.check_claim("lemma_4_9.first_moment", wide).why == (
        "D_beta = 1 is less than 82: Lemma 4.9 needs D_beta >= max(1, (2 rho alpha sigma~ / L)^2)"
    )


def test_every_hypothesis_says_what_it_found() -> None:
    for claim in map(load_claim, claim_ids()):
        for hypothesis in claim.hypotheses:
            assert hypothesis.found is not None, hypothesis


def test_declared_constants_mark_the_verdict() -> None:
    low = quadratic("1/4", smoothness=exactly(1))
    checked = mamlcheck.check_claim("lemma_4_8", low)
    assert not checked.guaranteed
    assert "not guaranteed" in str(checked)
    assert mamlcheck.check_claim("lemma_4_8", quadratic("1/4", smoothness=exactly(2))).guaranteed


def test_instances_say_in_a_line_what_they_are_and_short_ones_print_as_python() -> None:
    block = RandomSweep(1).block(0)
    shape = f"n = {block.tasks.n}, m = {block.tasks.m}, d = {block.tasks.d}>"
    assert repr(block) == f"<Instances: 64 instances of {block.tasks.kind} tasks, {shape}"
    assert repr(block[:1]) == repr(block[3]) == f"<Instances: {block.tasks.kind} tasks, {shape}"
    assert pretty(block) == repr(block)
    assert pretty(block[3]) == block[3].as_python() == block[3:4].as_python()
    with pytest.raises(InputError, match="one, instance"):
        block.as_python()
    tasks = QuadraticTasks(np.zeros((1, 50, 7, 7)), np.zeros((1, 50, 7)), np.ones(1))
    point = np.zeros(7)
    large = Instances(tasks, exactly(0)[0], point, point, point, exactly(1)[0], exactly(1)[0])
    assert pretty(large) == repr(large) == "<Instances: quadratic tasks, n = 1, m = 50, d = 7>"
    assert instance_text(eval(large.as_python(), {"mamlcheck": mamlcheck})) == instance_text(large)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: mamlcheck.check_claim("lemma_4_88", quadratic(0)), "Did you mean lemma_4_8?"),
        (lambda: mamlcheck.check_claim("lemma_4_8", 3), "a int is not an instance"),
        (lambda: mamlcheck.check_claim("lemma_4_8", RandomSweep(1).block(0)), "block of (64,) instances"),
        (lambda: mamlcheck.instance(3), "give text such as"),
        (lambda: mamlcheck.instance("random-2/1/999999999999999"), "a sweep has"),
        (lambda: mamlcheck.instance("random-2/9999999999999999999/1"), "give an integer from 0 to"),
        (lambda: mamlcheck.instance("nosuch-2/1/1"), "no source of instances is called 'nosuch-2'"),
        (lambda: mamlcheck.instance("no/such/file"), "no file that can be read: an id is SOURCE/SEED/INDEX"),
        (lambda: mamlcheck.instance("/"), "cannot be read"),
        (lambda: mamlcheck.instance("a\0b"), "no file that can be read"),
        (lambda: quadratic(float("nan")), "cannot convert NaN"),
        (lambda: replace(quadratic(0), w=np.array([[np.inf]])), "give finite numbers only"),
        (lambda: replace(quadratic(0), phi=exactly(0)), "phi must be > 0"),
        (lambda: replace(quadratic(0), task=1), "there are 1 tasks"),
        (lambda: check_probabilities(np.array([0.3, 0.3])), "not 1 exactly"),
        (lambda: BatchSizes(inner=0), "batch size inner = 0: give an integer >= 1"),
        (lambda: BatchSizes(test=True), "batch size test = True"),
        (lambda: QuadraticTasks(np.zeros((0, 1, 1, 1)), np.zeros((0, 1, 1)), np.ones(0)), "n >= 1 tasks"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        call()


def test_too_many_batches_leave_one_claim_undecided_and_the_others_as_they_are() -> None:
    """A claim that takes an expectation by itself, of which nothing is known but by all batches."""
    small = mamlcheck.instance("random-2/1/123")
    big = replace(small, sizes=replace(small.sizes, test=50))
    known = mamlcheck.check_claim("theorem_4_11", big)
    assert (known.verdict, known.arithmetic) == (Verdict.HOLDS, "ball")

    def left(x: Any) -> Any:
        return x.ar.norm(x.at_w.stochastic_meta_gradient_error(x.batches("test"))[..., 0, :])

    checked = mamlcheck.check_claim(replace(load_claim("theorem_4_11"), left=left), big)
    assert checked.verdict is Verdict.UNDECIDED
    assert checked.arithmetic == "none"
    assert checked.why is not None
    assert "different batches" in checked.why
    assert mamlcheck.check_claim("lemma_4_8", big) == mamlcheck.check_claim("lemma_4_8", small)
    vacuous = mamlcheck.check_claim("theorem_4_11", replace(big, alpha=0 * big.alpha))
    assert vacuous.verdict is Verdict.VACUOUS


# -- sides of a claim of one's own that are not numbers ---------------------------------------------------------
NOT_NUMBERS = {
    "the root of -5": lambda x: x.ar.sqrt(x.ar.exact(-5) * x.phi),
    "a logarithm of 0": lambda x: x.ar.log(x.phi - x.phi),
    "1 / 0": lambda x: x.phi / (x.phi - x.phi),
    "0 / 0": lambda x: (x.phi - x.phi) / (x.phi - x.phi),
    "inf - inf": lambda x: x.phi / (x.phi - x.phi) - x.phi / (x.phi - x.phi),
    "the root of -5 to the power 0": lambda x: x.ar.power(x.ar.sqrt(-5 * x.phi), 0),
}


@pytest.mark.parametrize("side", ["left", "right", "left and the right"])
@pytest.mark.parametrize("name", NOT_NUMBERS)
def test_a_side_that_is_not_a_number_is_undecided_and_says_so(name: str, side: str) -> None:
    """The tasks are rational, so exact fractions are tried too: where they divide by 0 there is no traceback."""
    given = {s: NOT_NUMBERS[name] if s in side else lambda x: x.phi for s in ("left", "right")}
    claim = replace(load_claim("lemma_4_8"), hypotheses=(), **given)
    for everywhere in (False, True):
        checked = mamlcheck.check_claim(claim, quadratic(0), everywhere)
        assert checked.verdict is Verdict.UNDECIDED
        assert checked.why is not None
        assert f"the {side} side is not a number" in checked.why
    for found in (certified(claim, quadratic(0)), hunt(claim, seed=1, evaluations=256).best):
        assert found is None


def test_a_number_beyond_the_doubles_is_a_number() -> None:
    claim = replace(
        load_claim("lemma_4_8"), hypotheses=(),
        left=lambda x: x.ar.power(x.ar.exact(10) * x.phi, 400), right=lambda x: x.ar.power(x.ar.exact(10) * x.phi, 401),
    )  # fmt: skip
    assert mamlcheck.check_claim(claim, quadratic(0)).verdict is Verdict.HOLDS
    tie = replace(claim, right=lambda x: x.ar.exp(x.ar.log(claim.left(x))))
    assert mamlcheck.check_claim(tie, quadratic(0)).why == "the sides could not be told apart with 256 bits"


def test_an_undecided_hypothesis_is_named() -> None:
    root = Inequality("root", lambda x: x.ar.exp(x.ar.log(2 * x.phi)), lambda x: 2 * x.phi)
    root_of_two = Hypothesis("root_of_two", "a root of 2 whose square is at most 2", (root,))
    claim = replace(load_claim("lemma_4_8"), hypotheses=(root_of_two,))
    checked = mamlcheck.check_claim(claim, quadratic(0))
    assert checked.verdict is Verdict.UNDECIDED
    assert checked.why == "256 bits do not tell whether this instance has a root of 2 whose square is at most 2"


# -- reasons and advice ----------------------------------------------------------------------------------------------
def test_a_witness_file_can_be_shown_as_the_advice_on_it_says():
    from mamlcheck.record.reference import reference_folder
    from mamlcheck.record.witnesses import read_witness

    path = reference_folder() / "witnesses" / "hf_error.json"
    shown, kept = mamlcheck.instance(path), read_witness(path).instance
    assert shown.as_python() == kept.as_python()


def test_the_advice_on_a_drift_works_where_it_is_shown(monkeypatch, tmp_path):
    from mamlcheck.record import reference

    assert f"--reference {tmp_path}`" in reference.advice(tmp_path)
    monkeypatch.setattr(reference, "shipped", lambda name: reference.PACKAGE.parent / name)  # as in a checkout
    assert "`mamlcheck reference update`" in reference.advice()
    monkeypatch.setattr(reference, "shipped", lambda name: reference.PACKAGE / name)  # as in an installed package
    assert "reference update" not in reference.advice()
