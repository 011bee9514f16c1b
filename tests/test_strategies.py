"""The public strategies: what they draw is sound and covers the corners; failures shrink to what a person can read."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, example, find, given, settings
from hypothesis import strategies as st
from hypothesis.vendor.pretty import pretty

import mamlcheck
from mamlcheck import strategies
from mamlcheck.check.checked import Checked
from mamlcheck.check.verdict import Verdict
from mamlcheck.claims import claim_ids, load_claim
from mamlcheck.errors import InputError
from mamlcheck.meta.expectation import multiset_count
from mamlcheck.meta.files import instance_text
from mamlcheck.meta.instance import Instances

few = settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
search = settings(few, max_examples=500, derandomize=True)


# The loss is w^2 / 2, which no arithmetic sees, since it is written as a ridge with sin(0 w) in it. With alpha = 1 an
# inner step ends in 0, so that the gradient, 1/3, changes by its own size.
TIE = """{
 "format": "mamlcheck-instance", "version": 1,
 "tasks": {
  "kind": "ridge", "a": [[["0"]]], "b": [["0"]], "c": [["1"]], "mu": "1", "probabilities": ["1"],
  "profile": {"kind": "losses", "losses": [{"name": "sin"}]}
 },
 "alpha": "1", "w": ["1/3"], "u": ["1/2"], "v": ["1"], "delta": "1", "phi": "1", "task": 0,
 "sizes": {"inner": 1, "outer": 1, "hessian": 1, "stepsize": 1, "test": 1, "stepsize_tasks": 1}
}"""


@pytest.mark.parametrize("claim", claim_ids())
def test_claims_hold_on_drawn_instances(claim: str) -> None:
    @few
    @given(strategies.instances())
    @example(mamlcheck.instance(TIE))
    def holds(instance: Instances) -> None:
        checked = mamlcheck.check_claim(claim, instance)
        assert checked.verdict is not Verdict.VIOLATED
        if checked.failed:  # only a tie that no rational arithmetic settles stays open
            assert is_tie(checked)

    holds()


def is_tie(checked: Checked) -> bool:
    """Whether both sides are the same number, as far as 256 bits tell.

    As doubles, rounded outward, the ends of two such enclosures are at most two ulps apart. Of 0 = 0 they are tiny.
    """
    low, high = min(checked.left[0], checked.right[0]), max(checked.left[1], checked.right[1])
    size = max(abs(low), abs(high))
    return size < 2.0**-100 or high - low <= 2.0**-51 * size


def test_a_tie_stays_open_and_nothing_else_passes_for_one() -> None:
    """Of a claim whose sides are the same formula, and of that with other sides put in."""
    claim = load_claim("lemma_4_8")
    open_one = mamlcheck.check_claim(dataclasses.replace(claim, left=claim.right), mamlcheck.instance(TIE))
    assert open_one.verdict is Verdict.UNDECIDED
    assert open_one.left[0] > 0.1
    assert is_tie(open_one)
    for left in ((0.1, 0.2), (-0.2, -0.1), (0.2, 0.2 + 2.0**-50)):
        assert not is_tie(dataclasses.replace(open_one, left=left, right=left))


@few
@given(strategies.instances())
def test_a_drawn_instance_prints_as_python_that_makes_it(instance: Instances) -> None:
    assert instance.shape == (1,)
    assert pretty(instance) == instance.as_python()  # how Hypothesis prints what failed
    again = eval(instance.as_python(), {"mamlcheck": mamlcheck})
    assert instance_text(again) == instance_text(instance)
    assert again.sizes == instance.sizes


def test_a_false_claim_shrinks_to_a_tiny_instance() -> None:
    """Lemma 4.8 with a quarter of its bound fails on one task of one sample, with small numbers."""
    claim = load_claim("lemma_4_8")
    false = dataclasses.replace(claim, right=lambda x: claim.right(x) / 4)

    def violated(instance: Instances) -> bool:
        return mamlcheck.check_claim(false, instance).verdict is Verdict.VIOLATED

    small = find(strategies.instances(max_tasks=2, max_samples=2), violated, settings=search)
    assert (small.tasks.n, small.tasks.m) == (1, 1)
    assert small.tasks.d <= 2
    assert len(pretty(small)) < 1000
    assert violated(eval(pretty(small), {"mamlcheck": mamlcheck}))


CORNERS: dict[str, Callable[[Instances], bool]] = {
    "alpha = 0": lambda x: x.alpha[0] == 0,
    "alpha tiny": lambda x: 0 < x.alpha[0] * Fraction(x.smoothness_constant[0]) <= Fraction(1, 2**30),
    "alpha inside": lambda x: Fraction(1, 100) < x.alpha[0] * Fraction(x.smoothness_constant[0]) < 1,
    "alpha = 1/L": lambda x: x.alpha[0] * Fraction(x.smoothness_constant[0]) == 1,
    "L = 0": lambda x: x.smoothness_constant[0] == 0,
    "rho = 0 < L": lambda x: x.hessian_lipschitz_constant[0] == 0 < x.smoothness_constant[0],
    "p not uniform": lambda x: len(set(x.tasks.probabilities[0].tolist())) > 1,
    "a probability of 0": lambda x: 0 in x.tasks.probabilities[0].tolist(),
    "many tasks": lambda x: x.tasks.n == 3,
    "many samples": lambda x: x.tasks.m == 3,
    "plane": lambda x: x.tasks.d == 2,
    "large batches": lambda x: x.sizes.inner > 1 and x.sizes.test > 1,
    "w = u": lambda x: bool((x.w == x.u).all()),
    "another task": lambda x: x.task > 0,
}  # fmt: skip


@pytest.mark.parametrize("corner", CORNERS)
def test_corners_are_drawn(corner: str) -> None:
    find(strategies.instances(), CORNERS[corner], settings=settings(search, phases=[Phase.generate]))


@few
@given(strategies.instances(strategies.ridge_tasks(max_samples=6), max_batches=10))
def test_batches_can_be_enumerated(instance: Instances) -> None:
    for role in ("inner", "test", "stepsize"):
        size = getattr(instance.sizes, role)
        assert size == 1 or multiset_count(instance.tasks.m, size) <= 10


@few
@given(strategies.instances(strategies.quadratic_tasks(max_dimension=3)))
def test_a_strategy_for_tasks_is_used(instance: Instances) -> None:
    assert type(instance.tasks).__name__ == "QuadraticTasks"


@few
@given(strategies.exact_numbers(Fraction(1, 3), Fraction(2, 3)), strategies.exact_numbers(-2, 0.5, [4]))
def test_exact_numbers_stay_within_their_bounds(x: Fraction, y: Fraction) -> None:
    assert Fraction(1, 3) <= x <= Fraction(2, 3)
    assert -2 <= y <= Fraction(1, 2)
    assert (4 * y).denominator == 1


def test_exact_numbers_shrink_to_small_integers() -> None:
    assert find(strategies.exact_numbers(), lambda x: x > 1, settings=search) == 2
    assert find(strategies.exact_numbers(), lambda x: True, settings=search) == 0


@few
@given(strategies.losses("sin", "welsch"))
def test_losses_by_name(psi: Any) -> None:
    assert psi.name in ("sin", "welsch")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: strategies.exact_numbers(2, 1), "min_value = 2 exceeds max_value = 1"),
        (lambda: strategies.exact_numbers(float("nan"), 1), "finite"),
        (lambda: strategies.exact_numbers(0, 1, [0]), "denominators"),
        (lambda: strategies.exact_numbers(0, 1, []), "denominators"),
        (lambda: strategies.exact_numbers(Fraction(1, 5), Fraction(1, 5), [7]), "no fraction"),
        (lambda: strategies.losses("nosuch"), "nosuch"),
        (lambda: strategies.ridge_tasks(max_tasks=0), "max_tasks = 0: give an integer from 1 to"),
        (lambda: strategies.quadratic_tasks(max_dimension=True), "max_dimension = True"),
        (lambda: strategies.spline_tasks(max_knots=1.5), "max_knots = 1.5"),  # type: ignore[arg-type]
        (lambda: strategies.tasks(max_samples=10**9), "max_samples"),
        (lambda: strategies.instances(max_batches=-1), "max_batches = -1"),
        (lambda: strategies.instances(tasks=3), "tasks = 3: give a Hypothesis strategy"),  # type: ignore[arg-type]
        (lambda: strategies.ridge_tasks(losses=["sin"]), "losses"),  # type: ignore[arg-type]
        (lambda: strategies.spline_tasks(numbers=0), "numbers = 0"),  # type: ignore[arg-type]
    ],
)
def test_impossible_arguments_are_refused_at_once(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(InputError) as refused:
        call()
    assert words in str(refused.value)


def test_a_strategy_that_draws_no_tasks_is_refused() -> None:
    @few
    @given(strategies.instances(tasks=st.integers()))
    def draw(instance: Instances) -> None: ...

    with pytest.raises(InputError, match="must draw one set of tasks"):
        draw()


def test_drawn_numbers_are_exact() -> None:
    one = find(strategies.ridge_tasks(), lambda tasks: tasks.d == 2, settings=search)
    for array in (one.a, one.b, one.c, one.probabilities):
        assert isinstance(array, np.ndarray)
        assert array.dtype == np.float64 or all(isinstance(v, Fraction) for v in array.ravel())


# -- hunting ---------------------------------------------------------------------------------------------------
def test_the_tightness_of_a_claim_is_what_hypothesis_is_told_to_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[float, str]] = []
    monkeypatch.setattr(strategies, "target", lambda value, label: told.append((value, label)))
    instance = mamlcheck.instance("random-2/1/123")
    checked = strategies.check_and_target("lemma_4_8", instance)
    assert checked == mamlcheck.check_claim("lemma_4_8", instance)
    assert checked.tightness is not None
    assert told == [(checked.tightness[0], "lemma_4_8")]
    beyond = dataclasses.replace(instance, alpha=np.array([Fraction(10**6)], dtype=object))
    assert strategies.check_and_target("lemma_4_8", beyond).verdict is Verdict.VACUOUS
    assert len(told) == 1


def test_a_users_own_family_is_hunted_in_a_test_of_five_lines() -> None:
    """Each claim of a test has a target of its own, and what is drawn is judged as `check_claim` does."""
    seen: list[float] = []

    @few
    @given(strategies.instances(tasks=strategies.spline_tasks(max_tasks=1, max_samples=2)))
    def test_mine(instance: Instances) -> None:
        for claim in ("lemma_4_8", "lemma_4_10.bias"):
            checked = strategies.check_and_target(claim, instance)
            assert not checked.failed
            seen.append(checked.tightness[0] if checked.tightness else 0.0)

    test_mine()
    assert max(seen) > 0


# -- as a user has them ----------------------------------------------------------------------------------------
PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "own-claim.md"
BARE = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME") if name in os.environ}  # no CI: its profile
IMPORTS = """from hypothesis import given
from mamlcheck.strategies import check_and_target, instances, spline_tasks

"""
DEFAULTS = """

def test_these_are_the_default_settings():
    from datetime import timedelta
    from hypothesis import settings
    assert settings.default.deadline == timedelta(milliseconds=200)
    assert not settings.default.suppress_health_check
"""


@pytest.mark.parametrize("processes", [[], ["-n", "2"]], ids=["alone", "two processes"])
def test_the_examples_of_the_page_pass_with_default_settings(processes: list[str], tmp_path: Path) -> None:
    """In an empty folder and a fresh process, where SymPy is not imported and no loss is certified yet."""
    examples = [
        text
        for text in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
        if "@given(" in text
    ]
    assert len(examples) == 2
    for k, text in enumerate(examples):
        (tmp_path / f"test_{k}.py").write_text(IMPORTS + text + DEFAULTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *processes]
    done = subprocess.run(command, cwd=tmp_path, env=BARE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


NOTHING_IS_LEFT_FOR_THE_FIRST_EXAMPLE = """
import sys
from hypothesis import HealthCheck, given, settings
from mamlcheck import check_claim, strategies
from mamlcheck.claims import claim_ids
from mamlcheck.tasks import loss

every = {"instances()": strategies.instances, "splines": lambda: strategies.instances(strategies.spline_tasks())}
strategy = every[sys.argv[1]]()
before = set(sys.modules)
def too_late(*_):
    raise AssertionError("certified or compiled for the first time while drawing")
for name in ("certified_supremum", "compile_expression"):
    getattr(loss, name)  # still called so, or this would change nothing
    setattr(loss, name, too_late)

@settings(max_examples=30, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(strategy)
def judge(instance):
    for claim in claim_ids():
        check_claim(claim, instance)

judge()
ours = ("mamlcheck", "sympy", "mpmath", "flint", "ival")
late = sorted(name for name in set(sys.modules) - before if name.partition(".")[0] in ours)
assert not late, late
"""


@pytest.mark.parametrize("which", ["instances()", "splines"])
def test_what_takes_long_is_done_when_the_strategy_is_built(which: str) -> None:
    command = [sys.executable, "-c", NOTHING_IS_LEFT_FOR_THE_FIRST_EXAMPLE, which]
    done = subprocess.run(command, env=BARE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_without_hypothesis_only_the_strategies_are_missing() -> None:
    code = """
import sys
sys.modules["hypothesis"] = None  # as if it were not installed
import mamlcheck
assert str(mamlcheck.check_claim("lemma_4_8", mamlcheck.instance("random-2/1/9")).verdict) == "HOLDS"
try:
    mamlcheck.strategies
except ImportError as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", code], env=BARE, capture_output=True, text=True, check=True)
    assert done.stdout == "MissingExtra hypothesis is not installed: run `pip install 'mamlcheck[hypothesis]'`\n"


def test_the_plugin_costs_a_run_of_pytest_nothing() -> None:
    """It is loaded wherever mamlcheck is installed: beyond pytest itself it imports three files of ours."""
    code = """
import sys, pytest
before = set(sys.modules)
import mamlcheck.pytest_plugin
print(*sorted(set(sys.modules) - before))
"""
    done = subprocess.run([sys.executable, "-c", code], env=BARE, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["mamlcheck", "mamlcheck.pytest_plugin", "mamlcheck.version"]
