"""Runs against plain loops that share nothing with them but the draws, and against exact expectations."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from mamlcheck.arithmetic import float64
from mamlcheck.check.sweeps import FamilySweep, RandomSweep, instance_at
from mamlcheck.errors import InputError
from mamlcheck.meta.instance import Instances
from mamlcheck.runs.draws import Drawn, Lots
from mamlcheck.runs.making import begun
from mamlcheck.runs.plan import Asked, Plan, plan_of
from mamlcheck.runs.results import results_of
from mamlcheck.runs.running import Runner
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.losses import loss

FACTORS = {"maml": Fraction(1, 12), "fo-maml": Fraction(1, 18), "hf-maml": Fraction(1, 25)}
# Some 2**12 roundings a step of numbers of order one, and steps that stretch errors by at most 1 + beta 2 L < 2 in all.
ROUNDING = 2.0**-40


def instance_of(tasks: Any, w: Any) -> Instances:
    d = tasks.d
    one = np.array(1.0)
    return Instances(tasks, one, np.array(w, dtype=float), np.zeros(d), np.zeros(d), one, one)


def ridge(seed: int = 0, n: int = 3, m: int = 4, d: int = 2, mu: float = 0.25) -> RidgeTasks:
    """Log-cosh tasks with coefficients of either sign, not equally likely."""
    rng = np.random.default_rng(seed)
    return RidgeTasks(
        rng.normal(size=(n, m, d)), rng.normal(size=(n, m)), rng.normal(size=(n, m)), np.array(mu),
        np.array([Fraction(2, 2 * n)] * (n - 2) + [Fraction(1, 2 * n), Fraction(3, 2 * n)], dtype=object),
        (loss("log_cosh"),) * n,
    )  # fmt: skip


def quadratic(seed: int = 0, n: int = 3, m: int = 4, d: int = 2) -> QuadraticTasks:
    rng = np.random.default_rng(seed)
    matrices = rng.normal(size=(n, m, d, d))
    matrices = (matrices + np.swapaxes(matrices, -1, -2)) / 2
    return QuadraticTasks(matrices, rng.normal(size=(n, m, d)), np.array([Fraction(1, n)] * n, dtype=object))


# -- plain loops -----------------------------------------------------------------------------------------------------
Gradient = Callable[[int, Any, np.ndarray], np.ndarray]  # of a task, a list of its samples, at a point


class RidgeByHand:
    def __init__(self, tasks: Any):
        self.a, self.b, self.c, self.mu = tasks.a, tasks.b, tasks.c, float(tasks.mu)

    def gradient(self, i: int, batch: Any, w: np.ndarray) -> np.ndarray:
        parts = [self.c[i, j] * np.tanh(self.a[i, j] @ w - self.b[i, j]) * self.a[i, j] for j in batch]
        return sum(parts) / len(parts) + self.mu * w

    def hessian(self, i: int, batch: Any, w: np.ndarray) -> np.ndarray:
        bends = [self.c[i, j] / np.cosh(self.a[i, j] @ w - self.b[i, j]) ** 2 for j in batch]
        parts = [bend * np.outer(self.a[i, j], self.a[i, j]) for j, bend in zip(batch, bends, strict=True)]
        return sum(parts) / len(parts) + self.mu * np.eye(len(w))

    def value(self, i: int, w: np.ndarray) -> float:
        logs = np.log(np.cosh(self.a[i] @ w - self.b[i]))
        return float((self.c[i] * logs).mean() + self.mu * (w @ w) / 2)


class QuadraticByHand:
    def __init__(self, tasks: Any):
        self.q, self.z = tasks.matrices, tasks.centres

    def gradient(self, i: int, batch: Any, w: np.ndarray) -> np.ndarray:
        return sum(self.q[i, j] @ (w - self.z[i, j]) for j in batch) / len(batch)

    def hessian(self, i: int, batch: Any, w: np.ndarray) -> np.ndarray:
        return sum(self.q[i, j] for j in batch) / len(batch)

    def value(self, i: int, w: np.ndarray) -> float:
        return float(np.mean([(w - z) @ q @ (w - z) / 2 for q, z in zip(self.q[i], self.z[i], strict=True)]))


def direction_by_hand(f: Any, name: str, alpha: float, rho: float, eta: float, w: Any, drawn: Any) -> Any:
    """The summand of equations (5), (8) or (10) for a task and its three batches."""
    i, inner, outer, hessian = drawn
    v = f.gradient(i, outer, w - alpha * f.gradient(i, inner, w))
    if name == "fo-maml":
        return v
    if name == "maml":
        return v - alpha * f.hessian(i, hessian, w) @ v
    length = math.sqrt(v @ v)
    if length == 0:
        return v
    delta = eta / (rho * alpha * length) if rho else 0.5
    return v - alpha * (f.gradient(i, hessian, w + delta * v) - f.gradient(i, hessian, w - delta * v)) / (2 * delta)


def loop_by_hand(f: Any, plan: Plan, name: str, row: int, lots: Lots, steps: int) -> list[np.ndarray]:
    """All points of one run."""
    smooth, rho = float(plan.instance.tasks.smoothness), float(plan.instance.tasks.hessian_lipschitz)
    alpha, eta = float(plan.alpha), float(plan.eta)
    factor = float(FACTORS[name] if plan.settings.factor is None else Fraction(plan.settings.factor))
    w = np.array(plan.instance.w, dtype=float)
    points = [w]
    for k in range(steps):
        drawn: Drawn = lots.at(k)
        batches = zip(
            drawn.inner.tasks[row], *(getattr(drawn, role).samples[row] for role in ("inner", "outer", "hessian")),
            strict=True,
        )  # fmt: skip
        each = [direction_by_hand(f, name, alpha, rho, eta, w, one) for one in batches]
        norms = [
            np.linalg.norm(f.gradient(i, batch, w))
            for i, batch in zip(drawn.stepsize.tasks[row], drawn.stepsize.samples[row], strict=True)
        ]
        beta = factor / (4 * smooth + 2 * rho * alpha * np.mean(norms))
        w = w - beta * np.mean(each, axis=0)
        points.append(w)
    return points


def objective_by_hand(f: Any, p: Any, alpha: float, m: int, w: np.ndarray) -> tuple[float, float]:
    """F and |grad F|."""
    value, gradient = 0.0, np.zeros(len(w))
    for i, share in enumerate(p):
        adapted = w - alpha * f.gradient(i, range(m), w)
        g = f.gradient(i, range(m), adapted)
        value += float(share) * f.value(i, adapted)
        gradient = gradient + float(share) * (g - alpha * f.hessian(i, range(m), w) @ g)
    return value, math.sqrt(gradient @ gradient)


KINDS: dict[str, tuple[Any, Any]] = {
    "ridge": (ridge, RidgeByHand),
    "ridge, d = 1, no ridge": (lambda: ridge(3, d=1, mu=0.0), RidgeByHand),
    "quadratic": (quadratic, QuadraticByHand),
}
ASKED = Asked(steps=24, seeds=3, seed=5, tasks=4, inner=2, outer=3, hessian=2, stepsize_tasks=3, stepsize=2)


@pytest.mark.parametrize("asked", [ASKED, replace(ASKED, factor=Fraction(1, 2), eta=Fraction(1, 50), every=5)])
@pytest.mark.parametrize("kind", KINDS)
def test_runs_are_those_of_a_plain_loop(kind: str, asked: Asked) -> None:
    make, by_hand = KINDS[kind]
    tasks = make()
    f, start = by_hand(tasks), [0.7, -1.1][: tasks.d]
    plan = plan_of(instance_of(tasks, start), "here", asked)
    runner = Runner(plan)
    runner.run()
    lots = Lots(tasks, plan.sizes, plan.seeds)
    for k, name in enumerate(FACTORS):
        for row in range(3):
            points = loop_by_hand(f, plan, name, row, lots, asked.steps)
            np.testing.assert_allclose(runner.state.w[k, row], points[-1], rtol=ROUNDING, atol=ROUNDING)
            truth = [
                objective_by_hand(f, tasks.probabilities, float(plan.alpha), tasks.m, w)
                for w in points[: asked.steps : asked.every]
            ]
            found = np.stack([runner.state.objective[k, row], runner.state.gradient_norm[k, row]], axis=-1)
            np.testing.assert_allclose(found, truth, rtol=ROUNDING, atol=ROUNDING)
    assert np.abs(runner.state.w - np.array(start)).min() > 2.0**-20  # all of them moved


# -- the expectation of one step, exactly ------------------------------------------------------------------------------
def test_a_step_has_the_expectation_of_independent_draws() -> None:
    """E (w - w+) = E beta E G by enumeration, B = B' = 1 and single samples: 2 x 8 batches, 4 step sizes.

    The tasks, found by a search, are such that gradients and step sizes that shared a draw would have another
    expectation, and so would batches that shared one: by more than the bound on the mean of 60,000 draws allows.
    """
    tasks = RidgeTasks(
        np.array([[[0.25], [0.75]], [[-1.5], [1.75]]]), np.array([[1.25, 3.0], [-2.75, -2.75]]),
        np.array([[-1.0, 0.25], [-1.25, 1.25]]), np.array(0.0), np.array([0.5, 0.5]), (loss("log_cosh"),) * 2,
    )  # fmt: skip
    f, seeds, w = RidgeByHand(tasks), 60_000, np.array([0.5])
    asked = Asked(
        steps=1, seeds=seeds, tasks=1, inner=1, outer=1, hessian=1, stepsize_tasks=1, stepsize=1,
        alpha=Fraction(1), eta=Fraction(1, 2), factor=Fraction(1),
    )  # fmt: skip
    runner = Runner(plan_of(instance_of(tasks, w), "here", asked))
    runner.run()
    smooth, rho = float(tasks.smoothness), float(tasks.hessian_lipschitz)
    two, share = range(2), math.sqrt(math.log(2e9) / (2 * seeds))
    betas = {(i, j): 1 / (4 * smooth + 2 * rho * abs(f.gradient(i, [j], w)[0])) for i in two for j in two}
    beta = sum(betas.values()) / 4
    of_task = [(betas[i, 0] + betas[i, 1]) / 2 for i in two]
    for name, ends in zip(FACTORS, runner.state.w[:, :, 0], strict=True):
        moves = {
            (i, *batch): direction_by_hand(f, name, 1, rho, 1 / 2, w, (i, *([j] for j in batch)))[0]
            for i in two
            for batch in itertools.product(two, repeat=3)
        }
        extremes = [one * move for one in betas.values() for move in moves.values()]
        off = (max(extremes) - min(extremes)) * share  # one chance in 10**9 to be further away (Hoeffding)
        truth = beta * sum(moves.values()) / 16
        assert abs((w - ends).mean() - truth) < off
        # The bound tells independent draws from ones that share the task, and from a batch that is used twice.
        shared = sum(of_task[i] * moves[i, j, k, h] for i, j, k, h in moves) / 16
        twice = beta * sum(moves[i, j, j, h] for i in two for j in two for h in two) / 8
        assert min(abs(shared - truth), abs(twice - truth)) > 2 * off


# -- stopped, resumed, alone and among others ----------------------------------------------------------------------
def whole(asked: Asked, instance: Instances | None = None) -> Runner:
    runner = Runner(plan_of(instance or instance_of(ridge(), [0.5, 1]), "here", asked))
    runner.run()
    return runner


def same(one: Runner, other: Runner) -> bool:
    return results_of(one).text() == results_of(other).text()


@pytest.mark.parametrize("every", [1, 4])
@pytest.mark.parametrize("stop", [0, 1, 7, 16, 17, 29])
def test_a_stopped_run_goes_on_to_the_bit(stop: int, every: int) -> None:
    asked = replace(ASKED, steps=30, every=every)
    runner = Runner(plan_of(instance_of(ridge(), [0.5, 1]), "here", asked))

    def stopped() -> None:
        if runner.state.done == stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner.run(lambda done: None, stopped) if stop else stopped()
    assert runner.state.done == stop
    again = Runner(runner.plan, runner.state)
    again.run()
    assert same(again, whole(asked))


def test_an_interrupt_anywhere_in_a_step_leaves_a_whole_number_of_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = replace(ASKED, steps=12)
    truth = whole(asked)
    real = Lots.at
    for after in range(12):
        for where in ("evaluated", "_next"):
            runner = Runner(truth.plan)
            inner, calls = getattr(runner, where), itertools.count()

            def interrupted(*given: Any, inner: Any = inner, calls: Any = calls, after: int = after) -> Any:
                found = inner(*given)
                if next(calls) == after:
                    raise KeyboardInterrupt
                return found

            monkeypatch.setattr(runner, where, interrupted)
            with pytest.raises(KeyboardInterrupt):
                runner.run()
            assert runner.state.done == after
            again = Runner(runner.plan, runner.state)
            again.run()
            assert same(again, truth)
            runner.run()  # nor does the interrupted one itself evaluate a step twice
            assert same(runner, truth)
    assert Lots.at is real


def test_more_steps_are_a_longer_run() -> None:
    short = whole(replace(ASKED, steps=9, every=2))
    longer = Runner(short.plan.extended(24), short.state)
    longer.run()
    assert same(longer, whole(replace(ASKED, every=2)))


def test_a_seed_alone_draws_and_goes_as_among_others() -> None:
    """Up to rounding, which is what NumPy promises: it may sum in another order where there are fewer rows."""
    among, alone = whole(ASKED), whole(replace(ASKED, seed=6, seeds=1))
    np.testing.assert_allclose(alone.state.w[:, 0], among.state.w[:, 1], rtol=ROUNDING, atol=ROUNDING)
    assert results_of(alone).algorithms["maml"].runs[0].seed == 6


def test_an_algorithm_alone_goes_as_beside_others() -> None:
    together = whole(ASKED)
    for k, name in enumerate(FACTORS):
        alone = whole(replace(ASKED, algorithms=(name,), alpha=together.plan.alpha))
        assert np.array_equal(alone.state.w[0], together.state.w[k])


@pytest.mark.parametrize("family", ["quadratic", "ridge", "spline"])
def test_every_family_runs_from_random_instances(family: str) -> None:
    for index in range(0, 700, 128):
        instance = instance_at(FamilySweep(family, 3), index)
        results = begun(plan_of(instance, "here", Asked(steps=3, seeds=2))).make()
        assert results.done == 3
        for each in results.algorithms.values():
            assert len(each.runs[0].point or ()) == instance.tasks.d


def test_a_run_of_hf_maml_without_curvature_is_one_of_maml() -> None:
    """rho = 0: any delta is exact; here to rounding, as the difference is one of gradients."""
    runner = whole(
        replace(ASKED, algorithms=("maml", "hf-maml"), factor=Fraction(1, 12)), instance_of(quadratic(), [1, 2])
    )
    np.testing.assert_allclose(runner.state.w[0], runner.state.w[1], rtol=ROUNDING)


def test_hf_maml_where_v_is_zero_does_not_move() -> None:
    instance = instance_of(replace(ridge(mu=0.0), b=np.zeros((3, 4))), [0, 0])
    runner = whole(replace(ASKED, alpha=Fraction(1, 16)), instance)
    assert not runner.state.w.any()
    assert results_of(runner).algorithms["hf-maml"].end_gradient_norm.mean == 0


def test_a_run_that_leaves_all_doubles_says_so() -> None:
    results = results_of(whole(replace(ASKED, factor=Fraction(10**60), steps=40), instance_of(quadratic(), [1, 2])))
    each = results.algorithms["maml"]
    assert each.end_objective.mean is None
    assert each.runs[0].point is None
    assert each.runs[0].objective.lower is None
    assert "no finite number" in str(results)
    assert results.text()


def test_float64_is_put_back_as_it_was() -> None:
    before = np.geterr()
    whole(ASKED)
    assert np.geterr() == before
    assert float64.name == "float64"


# -- what is asked for -------------------------------------------------------------------------------------------------
def plan(**asked: Any) -> Plan:
    return plan_of(instance_of(ridge(), [0.5, 1]), "here", Asked(**asked))


def test_the_inner_rate_is_the_largest_of_the_theorems() -> None:
    smoothness = Fraction(float(ridge().smoothness))
    assert plan().alpha == 1 / (10 * smoothness)
    assert plan(algorithms=("fo-maml",)).alpha == 1 / (10 * smoothness)
    assert plan(algorithms=("hf-maml", "maml")).alpha == 1 / (6 * smoothness)
    assert plan(algorithms=("hf-maml", "maml")).settings.algorithms == ("maml", "hf-maml")
    assert plan(alpha=Fraction(1, 7)).alpha == Fraction(1, 7)


def test_b_prime_and_d_beta_are_as_lemma_4_9_asks_at_the_start() -> None:
    """From the variances written out; alpha is large, so that they are more than one."""
    tasks, w, alpha = ridge(), np.array([0.5, 1.0]), Fraction(4)
    f, p = RidgeByHand(tasks), tasks.probabilities.astype(float)
    gradients = np.array([f.gradient(i, range(4), w) for i in range(3)])
    sigma = sum(p[i] * np.sum((gradients[i] - p @ gradients) ** 2) for i in range(3))
    tilde = sum(
        p[i] * np.mean([np.sum((f.gradient(i, [j], w) - gradients[i]) ** 2) for j in range(4)]) for i in range(3)
    )
    share = (float(tasks.hessian_lipschitz) * float(alpha) / float(tasks.smoothness)) ** 2
    found = plan_of(instance_of(tasks, w), "here", Asked(alpha=alpha))
    assert found.sizes.stepsize_tasks == math.ceil(0.5 * share * sigma) > 1
    assert found.sizes.stepsize == math.ceil(4 * share * tilde) > 1
    assert {size.symbol: size.origin for size in found.settings.sizes} == {
        "B": "default", "D_in": "default", "D_o": "default", "D_h": "default",
        "B'": "Lemma 4.9 at the start", "D_beta": "Lemma 4.9 at the start",
    }  # fmt: skip
    assert found.constants.task_variance.lower <= sigma * (1 + ROUNDING)
    assert found.constants.task_variance.upper >= sigma * (1 - ROUNDING)
    given = plan_of(instance_of(tasks, w), "here", Asked(alpha=alpha, stepsize=1, inner=2))
    assert given.sizes.stepsize == 1
    assert given.sizes.stepsize_tasks == found.sizes.stepsize_tasks
    assert {size.symbol: size.origin for size in given.settings.sizes}["D_beta"] == "given"
    assert any("D_beta = 1 is less than" in note for note in given.notes)


def test_notes_say_where_the_theorems_do_not_apply() -> None:
    assert plan().notes == ()
    smoothness = Fraction(float(ridge().smoothness))
    notes = plan(alpha=1 / (8 * smoothness), factor=Fraction(1, 18), tasks=19).notes
    assert "alpha L = 0.125 > 1/10: Theorem 4.15 (FO-MAML) does not apply" in notes
    assert not any("(MAML) does not apply" in note for note in notes)
    assert "c = 1/18, where Theorem 4.12 (MAML) has 1/12" in notes
    assert not any("Theorem 4.15 (FO-MAML) has" in note for note in notes)
    assert "B = 19 is less than 20, which the theorems ask for" in notes
    assert "eta = 1/5 > 1/6, which Theorem 4.17 (HF-MAML) has" in plan(eta=Fraction(1, 5)).notes
    assert plan(eta=Fraction(1, 7)).notes == plan(eta=Fraction(1, 5), algorithms=("maml",)).notes == ()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {"algorithms": ("mamal",)},
            "no algorithm 'mamal' to run. Did you mean maml. They are: maml, fo-maml, hf-maml",
        ),
        ({"algorithms": "maml"}, "algorithms = 'maml': give a list of names"),
        ({"steps": 0}, "steps = 0 is not a positive whole number"),
        ({"steps": 2 * 10**9}, "at most 1,000,000,000 are made"),
        ({"seeds": True}, "seeds = True is not"),
        ({"every": 0.5}, "every = 0.5 is not"),
        ({"tasks": 0}, "B = 0 is not"),
        ({"stepsize_tasks": -1}, "B' = -1 is not"),
        ({"seed": -1}, "seed = -1: give an integer from 0 to"),
        ({"seed": 2**63 - 2}, "give an integer from 0 to"),
        ({"alpha": Fraction(0)}, "alpha = 0: give a number > 0"),
        ({"eta": Fraction(-1, 6)}, "eta = -1/6: give a number > 0"),
        ({"alpha": Fraction(10**6)}, "Lemma 4.9 asks for B' of more than 1,000,000 at the start"),
    ],
)
def test_what_cannot_be_run_is_refused_in_a_sentence(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message.replace("(", r"\(").replace("?", r"\?")):
        plan(**asked)


def test_linear_losses_have_no_step_size() -> None:
    flat = QuadraticTasks(np.zeros((1, 1, 1, 1)), np.zeros((1, 1, 1)), np.ones(1))
    with pytest.raises(InputError, match="L = 0: all losses are linear"):
        plan_of(instance_of(flat, [1]), "here", Asked())


def test_the_rate_and_sizes_of_an_instance_are_not_those_of_the_runs() -> None:
    instance = instance_at(RandomSweep(1), 130)
    assert plan_of(instance, "here", Asked()).sizes.inner == 5
