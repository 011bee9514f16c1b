"""Tasks drawn in rows with batches of their samples: what they are by `select` and weights, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mamlcheck.arithmetic import arb, ball, float64, rational, symbolic
from mamlcheck.check.sweeps import FamilySweep, instance_at
from mamlcheck.errors import InputError
from mamlcheck.meta.models import SymbolicTasks
from mamlcheck.tasks.families import family_names
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.gathering import Gathering
from mamlcheck.tasks.losses import loss
from mamlcheck.tasks.ridge_sums import ridge_on

TASKS = np.array([[2, 0, 2], [1, 1, 0]])  # S = 2 rows of B = 3
SAMPLES = np.array([[[0, 1], [1, 1], [0, 0]], [[1, 0], [1, 1], [0, 1]]])  # D = 2
HALVES = np.apply_along_axis(lambda batch: np.bincount(batch, minlength=2) / 2, -1, SAMPLES)


def tasks_of(family: str) -> Any:
    """Three tasks of two samples or more, without leading axes."""
    found = (instance_at(FamilySweep(family, seed), k).tasks[0] for seed in range(1, 9) for k in range(0, 2000, 128))
    return next(tasks for tasks in found if tasks.n >= 3 and tasks.m >= 2)


def mixed() -> RidgeTasks:
    """Ridge tasks of different losses, which rows draw in any order."""
    rng = np.random.default_rng(0)
    names = ("log_cosh", "quadratic", "sin")
    return RidgeTasks(
        rng.integers(-4, 5, (3, 2, 2)) / 4, rng.integers(-4, 5, (3, 2)) / 4, np.ones((3, 2)), np.array(0.5),
        np.array([0.5, 0.25, 0.25]), tuple(map(loss, names)),
    )  # fmt: skip


CASES = dict.fromkeys(family_names(), tasks_of) | {"mixed losses": lambda _: mixed()}


@pytest.mark.parametrize("ar", [float64, ball, arb(128), rational], ids=repr)
@pytest.mark.parametrize("case", CASES)
def test_drawn_tasks_are_those_selected_with_weights(case: str, ar: Any) -> None:
    tasks = CASES[case](case)
    if ar is rational and not tasks.polynomial:
        ar = arb(256)
    rng = np.random.default_rng(1)
    w, v = rng.integers(-8, 9, (2, 2, 3, 1, tasks.d)) / 8  # (S, B, P, d)
    weights = np.concatenate([HALVES, np.zeros((2, 3, tasks.m - 2))], axis=-1)
    with ar.working():
        on = tasks.on(ar)
        at = on.drawn(Gathering(TASKS, SAMPLES)).at(ar.exact(w)).with_curvature()
        for row in range(2):
            chosen = on.select(TASKS[row].tolist()).at(ar.exact(w[row])).with_curvature()
            q, along = ar.exact(weights[row][:, None, :]), ar.exact(v)
            pairs = (
                (at.value(), chosen.value(q)),
                (at.gradient(), chosen.gradient(q)),
                (at.hessian_vector(along), chosen.hessian_vector(along[row], q)),
                (at.gradient_across(along), chosen.gradient_across(along[row], q)),
                (at.gradient_change(along), chosen.gradient_change(along[row], q)),
            )
            for drawn, selected in pairs:
                assert_meet(ar, drawn[row], selected)
            np.testing.assert_array_equal(
                ar.midpoint(on.drawn(Gathering(TASKS, SAMPLES)).probabilities[row]),
                ar.midpoint(on.probabilities)[TASKS[row]],
            )


def assert_meet(ar: Any, x: Any, y: Any) -> None:
    """Both are the same numbers: their enclosures meet, and are narrow; floats differ by roundings."""
    slack = 0.0 if ar.rigorous else 2.0**-44 * (1 + np.abs(ar.midpoint(y)))  # fewer than 2**8 roundings
    assert (ar.lower(x) <= ar.upper(y) + slack).all()
    assert (ar.lower(y) <= ar.upper(x) + slack).all()
    assert (ar.upper(x) - ar.lower(x) <= 2.0**-30 * (1 + np.abs(ar.midpoint(x)))).all()


def test_bends_of_mixed_losses_are_those_of_the_tasks() -> None:
    tasks, ar = mixed(), arb(128)
    samples = np.broadcast_to(np.arange(2), (2, 3, 2))  # the full data
    w, step = np.random.default_rng(2).integers(-8, 9, (2, 2, 3, 1, 2)) / 8
    with ar.working():
        on = tasks.on(ar)
        drawn = on.drawn(Gathering(TASKS, samples)).at(ar.exact(w)).gradient_bend(ar.exact(step))
        for row in range(2):
            alone = on.select(TASKS[row].tolist()).at(ar.exact(w[row])).gradient_bend(ar.exact(step[row]))
            assert_meet(ar, drawn[row], alone)


def test_tasks_of_equal_samples_have_no_noise_when_drawn_either() -> None:
    tasks = QuadraticTasks(np.ones((1, 2, 1, 1)), np.ones((1, 2, 1)), np.ones(1))
    rows = Gathering(np.array([[0]]), np.array([[[0, 1]]]))
    with ball.working():
        at = tasks.on(ball).drawn(rows).at(ball.exact(np.full((1, 1, 1, 1), 1 / 3)))
        noise = at.gradient_deviation(ball.exact(np.array([[0.5, -0.5]])))
    assert (ball.lower(noise) == 0).all()
    assert (ball.upper(noise) == 0).all()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match=r"samples of shape \(2, 2, 2\) for tasks of shape \(2, 3\): give each task"):
        Gathering(TASKS, SAMPLES[:, :2])
    rows = Gathering(TASKS, SAMPLES)
    with pytest.raises(InputError, match="axes sample, task cannot be drawn from: let 'task' come first"):
        rows.of(float64, np.zeros((2, 3)), ("sample", "task"))
    with pytest.raises(InputError, match="axes sample cannot be drawn from"):
        rows.of(float64, np.zeros(2), ("sample",))


def test_a_symbolic_step_has_no_rows() -> None:
    with symbolic.working():
        on = ridge_on(symbolic, mixed(), None)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="there are no rows of draws"):
        SymbolicTasks(**vars(on)).drawn(Gathering(TASKS, SAMPLES))
