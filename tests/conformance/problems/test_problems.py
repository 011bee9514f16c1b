"""The numbers of the problems, what a problem is made of, and what a file of a new kind has to say."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest

from mamlcheck.conformance import problem
from mamlcheck.conformance.data import ROLES
from mamlcheck.conformance.problems.kinds import kinds
from mamlcheck.conformance.problems.problem import catalogue, made
from mamlcheck.errors import InputError


def test_problems_are_exact_in_float32_and_their_sizes_differ():
    for given in catalogue():
        arrays = [*given.parameters.values()]
        arrays += [a for t in given.tasks for role in ROLES for a in t.batch(role)]
        assert all(np.array_equal(a.astype(np.float32), a) for a in arrays)
        counts = [len(given.tasks), *(len(given.tasks[0].batch(role)[0]) for role in ROLES)]
        assert len(set(counts)) == len(counts)
        if given.kind.criterion.of_labels:
            assert all(np.array_equal(np.sort(t.inner[1]), t.inner[1]) for t in given.tasks)


def test_a_problem_is_made_again_from_its_key():
    for given in catalogue():
        again = made(given.key)
        assert again.id == given.id
        assert all(np.array_equal(again.parameters[k], v) for k, v in given.parameters.items())


def test_the_numbers_of_a_problem_are_the_same_for_ever():
    """A subject that conformed is held against the same numbers next year."""
    given = problem("tanh-cross-entropy")
    assert given.parameters["hidden.bias"].tolist() == [-0.5, -0.3125, -0.25, -0.0625]
    assert given.tasks[0].inner[1].tolist() == [0, 0, 0, 1, 1]


def test_a_problem_but_for_something():
    given = problem("linear-robust", offset=1.0)
    other = given.but(alpha=0.05, steps=2, tasks=(1,))
    assert other.id == "linear-robust,alpha=0.05,steps=2,float64,tasks=1,offset=1"
    assert given.id == "linear-robust,alpha=0.4,steps=1,float64,offset=1"
    assert given.but(name="tanh-cross-entropy").kind.network == kinds()["tanh-cross-entropy"].network


def test_no_problem_shares_its_arrays_with_another():
    given = problem("linear-robust")
    given.tasks[0].inner[0][0, 0] += 1
    given.parameters["weight"][0, 0] += 1
    again = problem("linear-robust")
    assert given.tasks[0].inner[0][0, 0] == again.tasks[0].inner[0][0, 0] + 1
    assert given.parameters["weight"][0, 0] == again.parameters["weight"][0, 0] + 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"name": "none"}, "choose one of"),
        ({"name": "linear-robust", "alpha": -1}, "inner rate >= 0"),
        ({"name": "linear-robust", "steps": 0}, "whole number"),
        ({"name": "linear-robust", "dtype": "int8"}, "choose one of float64"),
        ({"name": "linear-robust", "tasks": ()}, "give indices"),
        ({"name": ["linear-robust"]}, "choose one of"),
        ({"name": "linear-robust", "alpha": "x"}, "inner rate >= 0"),
        ({"name": "linear-robust", "alpha": 10**400}, "inner rate >= 0"),
        ({"name": "linear-robust", "steps": np.nan}, "whole number"),
        ({"name": "linear-robust", "steps": np.inf}, "whole number"),
        ({"name": "linear-robust", "dtype": np.float64}, "choose one of float64"),
        ({"name": "linear-robust", "tasks": 1}, "give indices"),
        ({"name": "linear-robust", "tasks": ([0],)}, "give indices"),
        ({"name": "linear-robust", "offset": np.nan}, "the number that is added"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_problems_are_refused(arguments, said):
    with pytest.raises(InputError, match=said):
        problem(**arguments)
    with pytest.raises(InputError, match=said):
        problem("linear-robust").but(**arguments)


def test_the_key_of_a_problem_is_of_plain_numbers():
    """So that it can be written down, whatever numbers it was made of."""
    given = problem("linear-robust", steps=2.0, tasks=np.array([2.0, 1.0]), alpha=np.float32(0.5))
    for key in (given.key, given.but(steps=np.int64(2), tasks=[2, 1]).key):
        assert json.loads(json.dumps(asdict(key))) == {**asdict(key), "tasks": [2, 1]}
