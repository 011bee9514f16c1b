"""What a plan promises is kept: exactly on quadratic tasks of one curvature, and by simulation on ridge tasks.

The exact E|grad F(w_K)|^2 is derived here by hand, in fractions and 60 digits, and shares nothing with the plans. Each
promise is also tested with wrong constants, which must break it: so the tests would notice a plan that is too cheap.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import numpy as np
import pytest

import mamlcheck
from mamlcheck.arithmetic import arb
from mamlcheck.formats.plans import PlanDocument, PlannedRun
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.plans import making
from mamlcheck.plans.making import Goal, plan_for_tasks
from mamlcheck.runs.constants import Constant, Constants, constants_of
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.losses import loss

PROBLEMS = 200
FACTORS = {"maml": Fraction(1, 12), "fo-maml": Fraction(1, 18), "hf-maml": Fraction(1, 25)}
KEYS = {"maml": "maml_run", "fo-maml": "fo_maml_run", "hf-maml": "hf_maml_run"}


# -- quadratic tasks of one curvature ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Quadratics:
    """n tasks of m centres in d dimensions, all of curvature h, from w."""

    h: Fraction
    centres: list[list[list[Fraction]]]
    w: list[Fraction]
    accuracy: Fraction

    @property
    def instance(self) -> Instances:
        centres = np.array(self.centres, dtype=object)
        n, m, d = centres.shape
        matrices = np.broadcast_to(np.eye(d, dtype=int) * self.h, (n, m, d, d))
        equal = np.array([Fraction(1, n)] * n, dtype=object)
        w = np.array(self.w, dtype=object)
        return Instances(
            QuadraticTasks(matrices, centres, equal), np.array(Fraction(1, 10), dtype=object), w, w, w, np.array(1.0),
            np.array(1.0),
        )  # fmt: skip


def drawn(k: int) -> Quadratics:
    """One of the random problems: some start far away, some at the minimum nearly, where noise is all there is."""
    rng = np.random.default_rng(k)
    n, m, d = (int(x) for x in rng.integers(1, 4, size=3))

    def fraction(low: int, high: int) -> Fraction:
        return Fraction(int(rng.integers(low, high + 1)), 8)

    centres = [[[fraction(-16, 16) for _ in range(d)] for _ in range(m)] for _ in range(n)]
    far = int(rng.choice([1, 8, 64]))
    return Quadratics(
        fraction(1, 24), centres, [fraction(-16, 16) * far for _ in range(d)], Fraction(1, int(rng.integers(1, 6)))
    )


def moments(problem: Quadratics) -> tuple[list[Fraction], Fraction, Fraction]:
    """The mean centre c, E_i |c_i - c|^2 and E_i E_j |z_ij - c_i|^2."""
    n, m, d = np.array(problem.centres, dtype=object).shape
    own = [[sum(z[k] for z in task) / Fraction(m) for k in range(d)] for task in problem.centres]
    c = [sum(one[k] for one in own) / Fraction(n) for k in range(d)]
    between = sum(sum((one[k] - c[k]) ** 2 for k in range(d)) for one in own) / Fraction(n)
    within = sum(
        sum((z[k] - one[k]) ** 2 for k in range(d))
        for task, one in zip(problem.centres, own, strict=True)
        for z in task
    ) / Fraction(n * m)
    return c, Fraction(between), Fraction(within)


def mean_square(name: str, problem: Quadratics, run: PlannedRun, alpha: Fraction) -> Any:
    """E|grad F(w_K)|^2, to 60 digits, after the planned steps with the planned batches.

    v = h ((1 - s)(w - c_i) + s (z_in - c_i) - (z_o - c_i)), s = alpha h, is the gradient at the adapted parameter, with
    the means z of batches. Its product with 1 - s is MAML's direction, itself FO-MAML's. HF-MAML's difference is
    exact, and a Hessian batch has no noise. rho = 0, so that beta = c / (4L); in several dimensions the certified L is
    h rounded up.
    """
    h, s = problem.h, alpha * problem.h
    c, between, within = moments(problem)
    outer = Fraction(1) if name == "fo-maml" else 1 - s
    covariance = (outer * h) ** 2 * (
        (1 - s) ** 2 * between + within * (s**2 / run.sizes.inner + Fraction(1, run.sizes.outer))
    )
    pull, beta = outer * (1 - s) * h, FACTORS[name] / (4 * Fraction(float(problem.instance.smoothness_constant)))
    gradient_square = ((1 - s) ** 2 * h) ** 2 * sum((x - y) ** 2 for x, y in zip(problem.w, c, strict=True))
    with mpmath.workdps(60):
        q2 = exact((1 - beta * pull) ** 2)
        steps = run.sizes.steps
        shrunk = (1 - q2**steps) / (1 - q2) / steps
        noise = exact(((1 - s) ** 2 * h * beta) ** 2 * covariance / run.sizes.tasks) * (1 - shrunk) / (1 - q2)
        return exact(gradient_square) * shrunk + noise


def exact(value: Fraction) -> Any:
    return mpmath.mpf(value.numerator) / value.denominator


def plan_of(problem: Quadratics) -> PlanDocument:
    return plan_for_tasks(problem.instance, "a test", Goal(problem.accuracy))


@cache
def right_plan(k: int) -> PlanDocument:
    """The plan of a problem, with the constants as they are."""
    return plan_of(drawn(k))


def kept_and_broken(problems: range, plan_for: Callable[[int], PlanDocument]) -> tuple[int, int, float]:
    """How many planned runs keep their promise, how many break it, and the largest share of eps that is reached."""
    kept = broken = 0
    largest = 0.0
    for k in problems:
        problem = drawn(k)
        plan = plan_for(k)
        for name, one in plan.algorithms.items():
            if one.run is None:
                continue
            share = mpmath.sqrt(mean_square(name, problem, one.run, Fraction(plan.alpha))) / exact(problem.accuracy)
            largest = max(largest, float(share))
            kept, broken = kept + (share <= 1), broken + (share > 1)
    return kept, broken, largest


def test_planned_runs_reach_eps_exactly() -> None:
    """In root mean square even, which is more than the mean that is promised."""
    kept, broken, largest = kept_and_broken(range(PROBLEMS), right_plan)
    assert broken == 0
    assert kept > 2 * PROBLEMS  # FO-MAML has no plan for some
    assert largest > 0.3  # else the promise would be far from what happens, and the test of little force


def test_plans_of_these_problems_are_guaranteed() -> None:
    for k in range(PROBLEMS):
        plan = right_plan(k)
        assert plan.guaranteed, plan.constants
        assert all(one.run is not None for name, one in plan.algorithms.items() if name != "fo-maml")
        assert all(one.run is None or one.run.sure <= Fraction(plan.accuracy) for one in plan.algorithms.values())


@pytest.mark.parametrize("name", list(FACTORS))
def test_the_exact_run_by_hand_is_that_of_the_claims(name: str) -> None:
    """Where batches are small enough to be listed: two derivations of one number."""
    for k in range(12):
        problem = drawn(k)
        run = PlannedRun(making.PlannedSizes(5, 20, 2, 2, 1, 1, 1), None, making.PlannedCost(0, 0, 0, 0), 0.0)
        sizes = BatchSizes(inner=2, outer=2, step_tasks=20, run_steps=5)
        alpha = Fraction(1, 11) / problem.h
        instance = replace(problem.instance, sizes=sizes, alpha=np.array(alpha, dtype=object))
        of_claims = getattr(instance.on(arb(128)), KEYS[name]).mean_square
        by_hand = mean_square(name, problem, run, alpha)
        bounds = np.asarray(of_claims, dtype=object).reshape(1)
        lower, upper = (float(end(bounds)[0]) for end in (arb(128).lower, arb(128).upper))
        assert lower <= by_hand <= upper
        assert upper - lower <= 1e-12 * upper


SABOTAGE = {
    "gap": Fraction(1, 40),  # T in proportion
    "smoothness": Fraction(1, 20),  # alpha, and T
}


@pytest.mark.parametrize("name", list(SABOTAGE))
def test_too_small_constants_break_the_promise(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(instance: Instances) -> Constants:
        found = constants_of(instance)
        constant = getattr(found, name)
        return replace(found, **{name: Constant(constant.value * SABOTAGE[name], constant.provenance)})

    monkeypatch.setattr(making, "constants_of", wrong)
    _, broken, _ = kept_and_broken(range(40), lambda k: plan_of(drawn(k)))
    assert broken > 10


@pytest.mark.parametrize("wrong", ["sigma", "sigma_tilde"])
def test_no_deviations_at_all_break_the_promise(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With batches of the least sizes noise alone exceeds a small eps."""

    def without(instance: Instances) -> Constants:
        return replace(constants_of(instance), **{wrong: Constant(Fraction(0), "exact")})

    far = [[[Fraction(-80)], [Fraction(80)]], [[Fraction(-80)], [Fraction(80)]]]
    apart = [[[Fraction(-80)]], [[Fraction(80)]]]
    problem = Quadratics(Fraction(1), far if wrong == "sigma_tilde" else apart, [Fraction(100)], Fraction(1, 4))
    assert reached(problem) <= 0.25
    monkeypatch.setattr(making, "constants_of", without)
    assert reached(problem) > 0.25


def reached(problem: Quadratics) -> float:
    """The root of E|grad F(w_K)|^2 of MAML as planned."""
    plan = plan_of(problem)
    run = plan.algorithms["maml"].run
    assert run is not None
    return float(mpmath.sqrt(mean_square("maml", problem, run, Fraction(plan.alpha))))


# -- ridge tasks, by simulation ----------------------------------------------------------------------------------------
SEEDS = 160
DOUBT = 1e-6  # that all ten bounds together are wrong at most


def ridge(k: int) -> tuple[Instances, float]:
    """A one-dimensional problem whose start is far away, and a bound of |grad F| at all points.

    |grad F| <= (1 + a) E_i sup|grad f_i|, and sup|grad f_i| <= mean_j |c_ij a_ij| sup|psi'|, sup|psi'| = 1.
    """
    rng = np.random.default_rng(1000 + k)
    n, m = int(rng.integers(2, 5)), int(rng.integers(2, 6))
    a = rng.integers(12, 20, size=(n, m, 1)) / 16
    b = rng.integers(-16, 16, size=(n, m)) / 16
    c = np.ones((n, m))
    equal = np.array([Fraction(1, n)] * n, dtype=object)
    tasks = RidgeTasks(a, b, c, np.array(0.0), equal, (loss("log_cosh"),) * n)
    w = np.array([3.0])
    instance = Instances(tasks, np.array(0.05), w, w, w, np.array(1.0), np.array(1.0))
    return instance, 1.1 * float(a.mean())


def simulated(plan: PlanDocument, name: str) -> np.ndarray:
    """The mean of |grad F(w_k)| over the steps, for each seed."""
    found = mamlcheck.run(plan=plan, algorithms=[name], seeds=SEEDS)
    return np.array([one.mean_gradient_norm for one in found.algorithms[name].runs])


def upper_bound(values: np.ndarray, largest: float, doubt: float) -> float:
    """Of the expectation of values in [0, largest], at confidence 1 - doubt (Maurer and Pontil 2009, Theorem 4)."""
    n, log = len(values), math.log(2 / doubt)
    spread = float(np.var(values, ddof=1))
    return float(values.mean()) + math.sqrt(2 * spread * log / n) + 7 * largest * log / (3 * (n - 1))


@pytest.mark.parametrize("k", range(10))
def test_planned_runs_of_ridge_tasks_reach_eps_at_confidence(k: int) -> None:
    """One algorithm for each problem, in turn; all ten hold together at confidence 1 - 1e-6."""
    instance, largest = ridge(k)
    name = list(FACTORS)[k % 3]
    goal = Goal(Fraction(3, 4), algorithms=(name,))
    plan = plan_for_tasks(instance, "a test", goal)
    assert plan.guaranteed
    assert upper_bound(simulated(plan, name), largest, DOUBT / 10) <= 0.75


def test_ridge_tasks_with_a_wrong_gap_miss_eps(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(instance: Instances) -> Constants:
        found = constants_of(instance)
        assert found.gap is not None
        return replace(found, gap=Constant(found.gap.value / 40, found.gap.provenance))

    monkeypatch.setattr(making, "constants_of", wrong)
    instance, _ = ridge(0)
    plan = plan_for_tasks(instance, "a test", Goal(Fraction(3, 4), algorithms=("maml",)))
    assert simulated(plan, "maml").mean() > 0.75
