"""Which samples are equal: in every number of every task and instance, however these are held."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from mamlcheck.tasks.equals import first_equals
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.losses import loss

PLACES = [("a", (1, 0, 2, 1)), ("a", (0, 1, 2, 0)), ("b", (0, 0, 2)), ("c", (1, 1, 2))]


def tasks(dtype: type = float) -> RidgeTasks:
    """Two instances of two tasks of four samples in two dimensions: sample 2 is sample 0 again, and 3 is sample 1."""
    a = np.tile(np.array([[1.0, 2.0], [3.0, 0.0]]), (2, 2, 2, 1))
    b, c = np.tile(np.array([0.5, -0.0]), (2, 2, 2)), np.ones((2, 2, 4))
    halves = np.full((2, 2), Fraction(1, 2), dtype=object)
    return RidgeTasks(*(x.astype(dtype) for x in (a, b, c)), np.zeros(2), halves, (loss("sin"),) * 2)


def test_samples_that_repeat() -> None:
    assert first_equals(tasks()) == (0, 1, 0, 1)
    thirds = tasks().with_numbers({"b": np.vectorize(lambda v: Fraction(v) / 3)(tasks().b)})
    assert first_equals(thirds) == (0, 1, 0, 1)


@pytest.mark.parametrize(("name", "place"), PLACES)
def test_one_number_of_one_task_of_one_instance_makes_a_sample_another(name: str, place: tuple[int, ...]) -> None:
    array = np.array(getattr(tasks(), name))
    array[place] += 2.0**-40
    assert first_equals(tasks().with_numbers({name: array})) == (0, 1, 2, 1)


def test_zeros_are_equal_whatever_their_sign() -> None:
    b = np.array(tasks().b)
    b[:, :, 3] = 0.0
    assert first_equals(tasks().with_numbers({"b": b})) == (0, 1, 0, 1)


def test_other_families_have_other_arrays() -> None:
    matrices = np.tile(np.array([[[2.0, 1.0], [1.0, 0.0]]]), (1, 1, 3, 1, 1))
    centres = np.array([[[[1.0, 2.0], [1.0, 3.0], [1.0, 2.0]]]])
    assert first_equals(QuadraticTasks(matrices, centres, np.ones((1, 1)))) == (0, 1, 0)
    matrices[0, 0, 2, 1, 1] = 5.0
    assert first_equals(QuadraticTasks(matrices, centres, np.ones((1, 1)))) == (0, 1, 2)
