"""The one judge: what it says where a side of a claim does not exist."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mamlcheck.arithmetic import ball, filtering
from mamlcheck.check.sweeps import RandomSweep
from mamlcheck.check.verdict import HOLDS, VACUOUS, judge, judge_on
from mamlcheck.claims import claim_ids, load_claim
from mamlcheck.errors import InputError
from mamlcheck.hunt.tightness import float_tightness
from mamlcheck.meta.hypotheses import Hypothesis, Inequality
from mamlcheck.meta.instance import Instances
from mamlcheck.tasks.families.quadratic import QuadraticTasks

BLOCK = RandomSweep(1).block(0)[:3]


def without_a_side(x: Any) -> Any:
    raise InputError("this side does not exist")


def test_a_side_that_does_not_exist_where_the_hypotheses_hold_is_an_error() -> None:
    claim = replace(load_claim("lemma_4_8"), hypotheses=(), left=without_a_side)
    with pytest.raises(InputError, match="this side does not exist"):
        judge(claim, BLOCK)


def test_a_side_that_does_not_exist_where_a_hypothesis_fails_is_vacuous() -> None:
    fails = Hypothesis("fails", "1 <= 0", (Inequality("fails", lambda x: 1, lambda x: 0),))
    claim = replace(load_claim("lemma_4_8"), hypotheses=(fails,), left=without_a_side)
    assert judge(claim, BLOCK).codes.tolist() == [VACUOUS] * 3


def test_an_instance_without_a_side_leaves_the_others_of_its_block_as_they_are() -> None:
    """Lemma 4.9 needs L > 0, and where L = 0 its step size 1 / L~(w) need not exist."""
    claim = load_claim("lemma_4_9.first_moment")
    block = constants((0, 1, 0, 2))
    verdicts = judge(claim, block)
    assert verdicts.codes.tolist() == [VACUOUS, HOLDS, VACUOUS, HOLDS]
    guided = float_tightness(claim, block)
    assert np.isnan(guided).tolist() == [True, False, True, False]
    for k in (1, 3):
        assert verdicts.tightness[0][k] == judge(claim, block[k : k + 1]).tightness[0][0]
        assert guided[k] == float_tightness(claim, block[k : k + 1])[0]


def constants(smoothness: tuple[float, ...]) -> Instances:
    """Instances of one task L w^2 / 2, one for each L."""
    block = len(smoothness)
    matrices = np.array(smoothness, dtype=float).reshape(block, 1, 1, 1, 1)
    tasks = QuadraticTasks(matrices, np.zeros((block, 1, 1, 1)), np.ones((block, 1)))
    point, number = np.ones((block, 1)), np.ones(block)
    return Instances(tasks, number / 4, point, 2 * point, point, number, number)


def ties(alpha: tuple[float, ...]) -> Instances:
    """Instances of f = -w^2 / 2: Lemma 4.8 is attained at alpha = 1/L = 1."""
    block = len(alpha)
    tasks = QuadraticTasks(-np.ones((block, 1, 1, 1, 1)), np.zeros((block, 1, 1, 1)), np.ones((block, 1)))
    point, number = np.ones((block, 1)) / 3, np.ones(block)
    return Instances(tasks, np.array(alpha), point, 2 * point, point, number, number)


def test_ball_is_asked_together_for_what_the_filter_leaves_open_and_once_for_all_claims() -> None:
    block = ties((1, 0.5, 1, 0.25))
    with filtering.working():
        x = block.on(filtering)
        for name in ("one claim", "another"):
            verdicts = judge_on(replace(load_claim("lemma_4_8"), id=name), x)
            assert verdicts.codes.tolist() == [HOLDS] * 4
            assert verdicts.arithmetic[[1, 3]].tolist() == ["filter"] * 2
            assert "filter" not in verdicts.arithmetic[[0, 2]].tolist()
    assert list(x.evaluation._some) == [((0, 2), ball)]


def test_what_the_filter_cannot_carry_is_judged_in_ball() -> None:
    claim = replace(load_claim("lemma_4_8"), left=lambda x: x.ar.exp(x.alpha), right=lambda x: x.ar.exp(x.alpha) + 1)
    verdicts = judge(claim, ties((0.5, 1)))
    assert verdicts.codes.tolist() == [HOLDS] * 2
    assert verdicts.arithmetic.tolist() == ["ball"] * 2


def test_filter_and_ball_say_the_same() -> None:
    for name in claim_ids():
        claim = load_claim(name)
        with ball.working():
            first, second = judge_on(claim, BLOCK.on(filtering)), judge_on(claim, BLOCK.on(ball))
        assert first.codes.tolist() == second.codes.tolist()
        assert (first.left_lower <= second.left_upper).all()
        assert (second.right_lower <= first.right_upper).all()
