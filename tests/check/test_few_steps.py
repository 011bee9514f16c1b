"""Small instances with an exact E F(w+), and the descent of one step with numbers held against them.

The descent's right side is computed from its own definitions, by `tests/helpers/steps_in_fractions.py`, in fractions.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from dataclasses import replace
from fractions import Fraction

import pytest
from fractions_drawn import as_fraction
from steps_in_fractions import Step, mean

from mamlcheck.arithmetic import arb, rational
from mamlcheck.check.few_steps import STEPS, few_step_instance, few_step_tasks
from mamlcheck.check.sweeps import RandomSweep
from mamlcheck.check.verdict import HOLDS, VACUOUS, judge
from mamlcheck.claims import load_claim
from mamlcheck.errors import TooManyBatches
from mamlcheck.meta import outcome
from mamlcheck.meta.descent import sure_decrease
from mamlcheck.meta.directions import AtRest
from mamlcheck.meta.hypotheses import enough_stepsize_samples, enough_stepsize_tasks

ALGORITHMS = list(outcome.ALGORITHMS)
DESCENTS = int(os.environ.get("MAMLCHECK_DESCENTS", "40"))  # instances for each algorithm
SEED = int(os.environ.get("MAMLCHECK_DESCENTS_SEED", "1"))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_few_step_tasks_are_as_they_say(algorithm):
    rates = set()
    for given in few_step_tasks(algorithm, 1, 60):
        step, x = Step.of(given), given.on(rational)
        assert step.sizes.step_tasks == 20
        assert step.factor == STEPS[algorithm].factor
        assert given.guaranteed
        assert 0 < step.alpha * step.smoothness <= STEPS[algorithm].rate
        rates.add(step.alpha * step.smoothness)
        assert all((hypothesis.holds(x) == 1).all() for hypothesis in (enough_stepsize_tasks, enough_stepsize_samples))
        assert given.tasks.n <= 2
        assert given.tasks.m <= 2
        if given.tasks.hessian_lipschitz[0] > 0:
            assert outcome.task_direction(x, algorithm).size <= 4
    assert STEPS[algorithm].rate in rates


def test_few_step_instances_are_functions_of_their_index():
    there = list(few_step_tasks("maml", 5, 4))
    assert [given.as_python() for given in there] == [few_step_instance("maml", 5, k).as_python() for k in range(4)]
    assert len({few_step_instance(name, 5, 0).as_python() for name in ALGORITHMS}) == 3
    assert few_step_instance("maml", 6, 0).as_python() != there[0].as_python()


@pytest.mark.parametrize(
    ("algorithm", "digest"),
    [("maml", "1e1bbace435a4dc0"), ("fo_maml", "3e29eec202476993"), ("hf_maml", "2e0afbf7c6e34824")],
)
def test_few_step_instances_keep_their_meaning(algorithm, digest):
    """Pinned: what has been said of an instance by its index stays true of it."""
    steps = map(Step.of, few_step_tasks(algorithm, 1, 20))
    numbers = [
        (
            x.losses,
            x.shares,
            x.w,
            x.alpha,
            x.smoothness,
            x.rho,
            x.factor,
            x.eta,
            x.sizes.stepsize_tasks,
            x.sizes.stepsize,
        )
        for x in steps
    ]
    written = repr(numbers)
    assert hashlib.sha256(written.encode()).hexdigest()[:16] == digest


def variance(numbers, shares):
    """E |y - E y|^2."""
    centre = sum(p * y for p, y in zip(shares, numbers, strict=True))
    return sum(p * (y - centre) ** 2 for p, y in zip(shares, numbers, strict=True))


def deviations(step):
    """sigma^2, s^2 and t^2 where the descent uses them, convergence.md 3 from Assumptions 4.5 and 4.6."""
    tasks = range(len(step.shares))

    def between(t):
        return variance([step.slope(i, t) for i in tasks], step.shares)

    def within(i, t):
        return variance(
            [loss.slope(t) for loss in step.losses[i]], [Fraction(1, len(step.losses[i]))] * len(step.losses[i])
        )

    def noisy(i):
        batches = step.batches(i, step.sizes.inner)
        return mean(
            [within(i, step.w - step.alpha * mean([loss.slope(step.w) for loss in batch])) for batch in batches]
        )

    everywhere = step.w - step.alpha * step.over_tasks(lambda i: step.slope(i, step.w))
    sigma = max(between(step.w), between(everywhere))
    inner = step.over_tasks(lambda i: within(i, step.w)) / step.sizes.inner
    return sigma, inner, step.over_tasks(noisy) / step.sizes.outer


def ten_thousandths(*numbers):
    return [Fraction(number, 10_000) for number in numbers]


def share_and_remainder(step, algorithm):
    """c1 and R of the descent with numbers."""
    sigma, inner, outer = deviations(step)
    count = step.sizes.step_tasks
    of_batches = (sigma / count, outer / count, inner)
    rate = step.alpha * step.smoothness
    if algorithm == "maml":
        share, bias, factors = Fraction(1, 21), 0, ten_thousandths(353, 120, 40)
    elif algorithm == "fo_maml":
        share, bias, factors = Fraction(1, 49), Fraction(2034, 10_000) * rate**2 * sigma, ten_thousandths(71, 29, 14)
    else:
        first, second = ten_thousandths(1574, 803)
        share, bias = Fraction(1, 42), step.eta**2 * (first * sigma + second * outer)
        factors = ten_thousandths(82, 28, 140)
    return share, bias + sum(x * y for x, y in zip(factors, of_batches, strict=True))


def descent(given, algorithm):
    """(slack, tightness): of E F(w+) <= F(w) - (c1 N^2 - R) / L(w), and (L(w) (E F(w+) - F(w)) + c1 N^2) / R.

    Exact fractions; without noise R = 0, and the tightness is None.
    """
    step = Step.of(given)
    gained = (
        as_fraction(outcome.expected(given.on(rational), algorithm)[0]) - step.objective(step.w)
    ) * step.growing_smoothness()
    share, remainder = share_and_remainder(step, algorithm)
    used = gained + share * step.meta_gradient() ** 2
    return remainder - used, used / remainder if remainder else None


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_descent_with_numbers(algorithm):
    """Also in the hypotheses that the instances do not name: D_h = 1 is at least 2 alpha^2 sigma_H^2."""
    tightest, noisy = (Fraction(-1), -1), 0
    least = None
    for k, given in enumerate(few_step_tasks(algorithm, SEED, DESCENTS)):
        step = Step.of(given)
        assert enough_hessians(step, algorithm)
        slack, tightness = descent(given, algorithm)
        assert slack >= 0, f"few_step_instance({algorithm!r}, {SEED}, {k}): {slack}"
        least = slack if least is None else min(least, slack)
        if tightness is not None:
            noisy += 1
            tightest = max(tightest, (tightness, k))
    print(f"\n{algorithm}: slack >= {float(least):.3g}, tightness {float(tightest[0]):.4g} at {tightest[1]}")
    assert noisy >= DESCENTS / 2


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_step_gains_what_claims_call_sure(algorithm):
    """The sure decrease of the descent claims is at most L(w) (F(w) - E F(w+)), the true one."""
    shares = []
    for k, given in enumerate(few_step_tasks(algorithm, SEED, DESCENTS)):
        step, x = Step.of(given), given.on(rational)
        sure = as_fraction(sure_decrease(x, x.step_factor, getattr(x, algorithm))[0])
        true = (step.objective(step.w) - as_fraction(outcome.expected(x, algorithm)[0])) * step.growing_smoothness()
        assert sure <= true, f"few_step_instance({algorithm!r}, {SEED}, {k}): {sure} > {true}"
        shares += [sure / true] if true > 0 else []
    print(f"\n{algorithm}: up to {float(max(shares)):.5g} of the true decrease is sure")
    assert max(shares) > Fraction(9, 10)


@pytest.mark.parametrize(("algorithm", "index"), [("maml", 92), ("fo_maml", 56), ("hf_maml", 60)])
def test_descent_with_a_larger_share_is_false(algorithm, index):
    """A step gains little more than c N^2 / L(w), on instances where noise plays no part: c1 = c is too much."""
    given = few_step_instance(algorithm, 1, index)
    slack, _ = descent(given, algorithm)
    step = Step.of(given)
    share, _ = share_and_remainder(step, algorithm)
    assert slack - (step.factor - share) * step.meta_gradient() ** 2 < 0 < slack


def enough_hessians(step, algorithm):
    """1 >= 2 alpha^2 sigma_H,i^2, or what stands for it in HF-MAML: 2 alpha^2 E |d(D_h) - d|^2 <= |v|^2 at every v."""
    if algorithm == "fo_maml":
        return True
    for i, losses in enumerate(step.losses):
        equally = [Fraction(1, len(losses))] * len(losses)
        if algorithm == "maml":
            if 2 * step.alpha**2 * variance([loss.bend(step.w) for loss in losses], equally) > 1:
                return False
            continue
        for inner, outer in itertools.product(step.batches(i, step.sizes.inner), step.batches(i, step.sizes.outer)):
            v = mean([loss.slope(step.w - step.alpha * mean([each.slope(step.w) for each in inner])) for loss in outer])
            if v:
                delta = step.eta / (step.rho * step.alpha * abs(v))
                apart = [
                    (loss.slope(step.w + delta * v) - loss.slope(step.w - delta * v)) / (2 * delta) for loss in losses
                ]
                if 2 * step.alpha**2 * variance(apart, equally) > v**2:
                    return False
    return True


@pytest.mark.parametrize("number", [341, 378])
def test_where_no_sample_has_a_gradient_no_batch_makes_a_step(number):
    """0 <= 0, which moments in balls leave open: it is seen without a list of the batches, which are too many."""
    block = RandomSweep(1).block(number)[:16]
    codes = judge(load_claim("ours.descent.hf_maml"), block).codes.tolist()
    assert {HOLDS, VACUOUS} == set(codes)
    still = block[codes.index(HOLDS)][None]
    with arb(64).working():
        assert isinstance(still.on(arb(64)).hf_maml, AtRest)
        moved = replace(still, w=still.w + 1)
        with pytest.raises(TooManyBatches):
            _ = moved.on(arb(64)).hf_maml
