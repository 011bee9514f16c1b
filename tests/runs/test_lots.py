"""What steps draw: a function of seed and step, the tasks from p, and every batch apart from every other."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from mamlcheck.runs.draws import Lots, Sizes
from mamlcheck.tasks.families.quadratic import QuadraticTasks

SIZES = Sizes(tasks=3, inner=2, outer=4, hessian=1, stepsize_tasks=2, stepsize=5)
ROLES = ("inner", "outer", "hessian", "stepsize")


def tasks_with(probabilities: tuple[Fraction, ...], m: int) -> QuadraticTasks:
    n = len(probabilities)
    return QuadraticTasks(np.ones((n, m, 1, 1)), np.zeros((n, m, 1)), np.array(probabilities, dtype=object))


THIRDS = tasks_with((Fraction(1, 3), Fraction(1, 2), Fraction(1, 6)), 4)


def numbers(lots: Lots, step: int) -> list[np.ndarray]:
    drawn = lots.at(step)
    return [getattr(getattr(drawn, role), kind) for role in ROLES for kind in ("tasks", "samples")]


def test_shapes_and_one_set_of_tasks_for_the_direction() -> None:
    drawn = Lots(THIRDS, SIZES, range(1, 8)).at(3)
    assert drawn.inner.tasks.shape == (7, 3)
    assert [getattr(drawn, role).samples.shape for role in ROLES] == [(7, 3, 2), (7, 3, 4), (7, 3, 1), (7, 2, 5)]
    for role in ("outer", "hessian"):
        assert np.array_equal(getattr(drawn, role).tasks, drawn.inner.tasks)


@pytest.mark.parametrize("sizes", [SIZES, Sizes(20, 30, 30, 30, 1, 1), Sizes(1, 1, 1, 1, 200, 100)])
def test_a_step_is_a_function_of_seed_and_step(sizes: Sizes) -> None:
    """In whatever order steps are asked for, and whoever else draws; 40 steps lie in more than one block."""
    together, alone = Lots(THIRDS, sizes, range(4, 9)), Lots(THIRDS, sizes, (6,))
    forwards = [numbers(together, step) for step in range(40)]
    for step in (39, 0, 17, 16, 15):
        for found, again in zip(forwards[step], numbers(alone, step), strict=True):
            assert np.array_equal(found[2:3], again)
    assert not np.array_equal(forwards[0][1], forwards[16][1])
    assert not np.array_equal(forwards[0][1][0], forwards[0][1][1])


def counted(values: np.ndarray, length: int) -> np.ndarray:
    return np.bincount(values.reshape(-1), minlength=length) / values.size


def hoeffding(count: int) -> float:
    """No mean of `count` independent numbers from 0 to 1 is off by more, but for one chance in 10**9 (Hoeffding)."""
    return float(np.sqrt(np.log(2e9) / (2 * count)))


@pytest.mark.parametrize("role", ["inner", "stepsize"])
def test_tasks_come_from_p(role: str) -> None:
    lots = Lots(THIRDS, SIZES, range(500))
    drawn = np.stack([getattr(lots.at(step), role).tasks for step in range(20)])
    truth = [1 / 3, 1 / 2, 1 / 6]
    assert np.abs(counted(drawn, 3) - truth).max() < hoeffding(drawn.size)


@pytest.mark.parametrize("role", ROLES)
def test_samples_are_uniform_and_with_replacement(role: str) -> None:
    lots = Lots(THIRDS, SIZES, range(500))
    drawn = np.stack([getattr(lots.at(step), role).samples for step in range(20)])
    assert np.abs(counted(drawn, 4) - 1 / 4).max() < hoeffding(drawn.size)
    if drawn.shape[-1] > 1:
        pairs = drawn[..., 0] * 4 + drawn[..., 1]
        assert np.abs(counted(pairs, 16) - 1 / 16).max() < hoeffding(pairs.size)


def test_every_two_batches_are_independent() -> None:
    """Of one task, of two tasks, and of the direction and the step size: all pairs of samples are equally likely."""
    lots = Lots(THIRDS, SIZES, range(1000))
    drawn = [lots.at(step) for step in range(20)]

    def first(role: str, task: int) -> np.ndarray:
        return np.stack([getattr(one, role).samples[:, task, 0] for one in drawn])

    columns: list[Any] = [first(role, 0) for role in ROLES] + [first("inner", 1)]
    for k, one in enumerate(columns):
        for other in columns[:k]:
            assert np.abs(counted(one * 4 + other, 16) - 1 / 16).max() < hoeffding(one.size)
    tasks = np.stack([one.inner.tasks[:, 0] * 3 + one.stepsize.tasks[:, 0] for one in drawn])
    p = np.array([1 / 3, 1 / 2, 1 / 6])
    assert np.abs(counted(tasks, 9) - np.outer(p, p).reshape(-1)).max() < hoeffding(tasks.size)


def test_a_task_of_probability_zero_is_never_drawn_and_one_alone_always() -> None:
    never = tasks_with((Fraction(0), Fraction(1), Fraction(0)), 2)
    assert (Lots(never, SIZES, range(100)).at(0).inner.tasks == 1).all()
    assert (Lots(tasks_with((Fraction(1),), 1), SIZES, range(100)).at(0).inner.samples == 0).all()


def test_what_is_drawn_for_a_seed_never_changes() -> None:
    """Kept results of a person mean the same runs with every version."""
    drawn = Lots(THIRDS, SIZES, (1,)).at(17)
    assert drawn.inner.tasks.tolist() == [[1, 1, 0]]
    assert drawn.stepsize.samples.tolist() == [[[1, 3, 2, 3, 3], [2, 3, 3, 1, 2]]]
