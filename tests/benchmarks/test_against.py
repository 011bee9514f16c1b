"""The comparison with the last release: a slow-down of 10 % is found, and noise is not taken for one."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import against
import pytest
import works
from against import CannotBeDone, Ratios, compared


def noisy(seconds: float, seed: int) -> Callable[[], float]:
    """Samples of a work: most are a little above what it takes, one in five far above."""
    drawn = random.Random(seed)
    return lambda: seconds * (1 + drawn.expovariate(100) + (drawn.random() if drawn.random() < 0.2 else 0))


def outcome(slowed: float, seed: int) -> Ratios:
    return compared(lambda so_far: so_far.sampled(noisy(1.0, 2 * seed), noisy(slowed, 2 * seed + 1)))


@pytest.mark.parametrize("slowed", [1.1, 1.5])
def test_a_slow_down_of_10_percent_is_found_in_noise(slowed: float) -> None:
    assert [seed for seed in range(50) if not outcome(slowed, seed).slower] == []


@pytest.mark.parametrize("slowed", [0.5, 1.0, 1.03])
def test_noise_is_not_a_slow_down(slowed: float) -> None:
    assert [seed for seed in range(50) if outcome(slowed, seed).slower] == []


def test_what_seems_slower_is_looked_at_again_and_only_that() -> None:
    fair, slow = Ratios((1.0,)), Ratios((1.2,))
    asked = []

    def looked(first: Ratios, second: Ratios) -> Ratios:
        asked.clear()
        return compared(lambda so_far: asked.append(so_far) or (second if so_far.each else first))

    assert (looked(fair, slow), len(asked)) == (fair, 1)
    assert (looked(slow, fair), asked) == (fair, [Ratios(), slow])
    assert looked(slow, slow).slower


def test_samples_go_on_until_the_median_is_known() -> None:
    steady, uneven = iter([1.0] * 500), iter([1.0, 1.5] * 500)
    assert len(Ratios().sampled(lambda: 1.0, lambda: next(steady)).each) == against.LEAST_SAMPLES
    assert len(Ratios().sampled(lambda: 1.0, lambda: next(uneven)).each) == against.MOST_SAMPLES


def test_the_interval_has_the_median_in_it_95_times_of_100() -> None:
    """A thousand times 25 exponential numbers, whose median is log 2."""
    drawn = random.Random(1)
    inside = 0
    for _ in range(1000):
        ratios = sorted(drawn.expovariate(1) for _ in range(25))
        below = [k for k in range(12) if (ratios[24 - k] - ratios[k]) / 2 == Ratios(tuple(ratios)).uncertainty]
        inside += ratios[below[0]] <= math.log(2) <= ratios[24 - below[0]]
    assert inside >= 950 - 3 * 7  # three standard deviations of a count below 95 %


def test_a_version_does_a_work_in_a_process_of_its_own_or_says_why_not() -> None:
    with against.Worker(against.CHECKOUT, "certifying a loss") as worker:
        assert worker.repeats >= 1
        assert 0 < worker.sample(1) < worker.sample(50)
    with pytest.raises(CannotBeDone, match="KeyError"), against.Worker(against.CHECKOUT, "no such work"):
        pass


def test_every_work_is_named_once_and_can_be_prepared() -> None:
    """The cheapest are done too; the others take what they take in a comparison."""
    for name in ("Lemma 4.8, L and rho given, (4, 8, 5)", "L and rho, (4, 8, 5)", "generating random instances"):
        works.WORKS[name]()()
