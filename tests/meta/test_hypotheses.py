"""Hypotheses as data: the exact numbers decide where they tell, and each form of a claim by its own deviations."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from extremes import instance

from mamlcheck.arithmetic import arb, ball, float64, rational
from mamlcheck.check.sweeps import RandomSweep, blocks
from mamlcheck.meta import hypotheses
from mamlcheck.meta.hypotheses import Hypothesis, Inequality, known_hypotheses
from mamlcheck.meta.instance import InstanceOn
from mamlcheck.tasks.families.quadratic import QuadraticTasks


def fractions_say(hypothesis: Hypothesis, x: InstanceOn) -> list[bool]:
    """What the numbers of each instance say, in Python's fractions."""
    found = []
    for k in range(len(x.given.alpha)):
        one = x.given[k]
        alpha, smooth = Fraction(one.alpha.item()), Fraction(one.smoothness_constant.item())
        rho, delta = Fraction(one.hessian_lipschitz_constant.item()), Fraction(one.delta.item())
        squared = sum(Fraction(c) ** 2 for c in one.v.tolist())
        found.append(
            {
                "inner_rate_at_most_one_over_l": alpha >= 0 and alpha * smooth <= 1,
                "inner_rate_at_most_one_over_6l": alpha >= 0 and 6 * alpha * smooth <= 1,
                "inner_rate_at_most_one_over_10l": alpha >= 0 and 10 * alpha * smooth <= 1,
                "small_step_factor": Fraction(one.step_factor.item()) <= Fraction(2, 5),
                "small_difference_factor": Fraction(one.difference_factor.item()) <= Fraction(1, 6),
                "positive_inner_rate": alpha > 0,
                "positive_smoothness": smooth > 0,
                "positive_hessian_lipschitz": rho > 0,
                "distinct_points": one.w.tolist() != one.u.tolist(),
                "large_step": (rho * delta) ** 2 * squared >= 4 * smooth**2,
                "convex_tasks": one.tasks.least_curvature.item() >= 0,
                "on_a_line": one.tasks.d == 1,
                "two_inner_samples": one.sizes.inner == 2,
                "three_inner_samples": one.sizes.inner >= 3,
            }[hypothesis.name]
        )
    return found


OF_MORE = (
    "convex_tasks",
    "few_inner_batches",
    "few_pairs_of_batches",
)  # of the tasks themselves, and of what can be computed
OF_NUMBERS = [h for h in known_hypotheses() if not h.name.startswith("enough") and h.name not in OF_MORE]


@pytest.mark.parametrize("ar", [ball, float64, arb(64)], ids=["ball", "float64", "arb"])
@pytest.mark.parametrize("hypothesis", OF_NUMBERS, ids=lambda h: h.name)
def test_the_exact_numbers_decide_in_every_arithmetic(hypothesis, ar):
    for _, block in blocks(RandomSweep(3), 120):
        with ar.working():
            x = block[:12].on(ar)
            assert hypothesis.holds(x).tolist() == fractions_say(hypothesis, x)


@pytest.mark.parametrize("hypothesis", OF_NUMBERS, ids=lambda h: h.name)
def test_what_seems_to_hold_is_what_holds_but_for_ties(hypothesis):
    """Ties are moved away from first: float64 may say either of them."""
    seen = set()
    for _, block in blocks(RandomSweep(3), 240):
        moved = replace(block, alpha=block.alpha * (1 - 2.0**-20), delta=block.delta * (1 + 2.0**-20))
        with float64.working():
            guess = hypothesis.seems_to_hold(moved.on(float64))
        assert guess.tolist() == fractions_say(hypothesis, moved.on(float64))
        seen |= set(guess.tolist())
    assert True in seen


def test_a_hypothesis_of_two_inequalities_seems_to_hold_only_where_both_do():
    block = RandomSweep(3).block(0)[:3]
    tasks_l = block.smoothness_constant
    some = replace(block, alpha=np.array([-0.5, 0.5, 2.0]) / tasks_l)
    assert hypotheses.inner_rate_at_most_one_over_l.seems_to_hold(some.on(float64)).tolist() == [False, True, False]


def test_each_form_of_a_claim_decides_by_its_own_deviations():
    """With bounds everywhere more is asked for than at the points: what one form decided is not the other's."""
    differ = 0
    for first in ("points", "everywhere"):
        for _, block in blocks(RandomSweep(1), 160):
            if block.tasks.global_deviations is None:
                continue
            with ball.working():
                x = block.on(ball)
                forms = {"points": x, "everywhere": x.with_global_deviations()}
                order = sorted(forms, key=lambda name: name != first)
                shared = {name: hypotheses.enough_stepsize_samples.holds(forms[name]) for name in order}
                alone = {
                    "points": hypotheses.enough_stepsize_samples.holds(block.on(ball)),
                    "everywhere": hypotheses.enough_stepsize_samples.holds(block.on(ball, everywhere=True)),
                }
            for name, answer in shared.items():
                assert answer.tolist() == alone[name].tolist()
            differ += int((shared["points"] != shared["everywhere"]).sum())
    assert differ


def test_what_was_decided_for_all_claims_cannot_be_written_into():
    x = RandomSweep(1).block(0)[:4].on(ball)
    with ball.working():
        hypotheses.positive_inner_rate.holds(x)
    (kept,) = x.evaluation.decided.values()
    with pytest.raises(ValueError, match="read-only"):
        kept[0] = 0


def test_a_root_that_is_no_fraction_stays_open_and_others_beside_it_do_not():
    """sqrt(1 + sqrt(2 phi))^2 <= 1 + sqrt(2 phi) is a tie: decided where the inner root is a fraction."""

    def inside(x):
        return 1 + x.ar.sqrt(2 * x.phi)

    tie = Inequality("tie", lambda x: x.ar.square(x.ar.sqrt(inside(x))), inside)
    block = RandomSweep(1).block(0)[:2]
    numbers = hypotheses.ExactNumbers.of(block, rational)
    numbers._given["phi"] = np.array([2.0, 1.0])
    answer = np.array([-1, -1], dtype=np.int8)
    hypotheses._settle(tie, numbers, answer)
    assert answer.tolist() == [1, -1]


def test_a_division_by_0_decides_nothing_and_raises_nothing():
    none = Inequality("none", lambda x: 1 / (x.alpha - x.alpha), lambda x: 1)
    block = RandomSweep(1).block(0)[:3]
    with ball.working():
        assert Hypothesis("none", "none", (none,)).holds(block.on(ball)).tolist() == [-1, -1, -1]


@pytest.mark.parametrize("ar", [ball, arb(64), rational, float64], ids=lambda ar: ar.name)
def test_a_tie_is_settled_on_an_instance_without_leading_axes(ar):
    """alpha L = 1/3 * 3, which balls leave open."""
    block = instance(QuadraticTasks(np.full((1, 1, 1, 1, 1), 3.0), np.zeros((1, 1, 1, 1)), np.ones((1, 1))), "1/3")
    with ar.working():
        answers = [hypotheses.inner_rate_at_most_one_over_l.holds(one.on(ar)) for one in (block, block[0])]
    assert [answer.tolist() for answer in answers] == [[1], 1]
