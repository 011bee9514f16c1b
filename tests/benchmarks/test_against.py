"""The comparison with the last release: a slow-down of 10 % is found, and noise is not taken for one."""

from __future__ import annotations

import random
from collections.abc import Callable

import against
import pytest
import works
from against import CannotBeDone, Times, compared


def noisy(seconds: float, seed: int) -> Callable[[], float]:
    """Samples of a work: most are a little above what it takes, one in five far above."""
    drawn = random.Random(seed)
    return lambda: seconds * (1 + drawn.expovariate(100) + (drawn.random() if drawn.random() < 0.2 else 0))


def outcome(slowed: float, seed: int) -> Times:
    return compared(lambda so_far: so_far.sampled(noisy(1.0, 2 * seed), noisy(slowed, 2 * seed + 1)))


@pytest.mark.parametrize("slowed", [1.1, 1.5])
def test_a_slow_down_of_10_percent_is_found_in_noise(slowed: float) -> None:
    assert [seed for seed in range(50) if not outcome(slowed, seed).slower] == []


@pytest.mark.parametrize("slowed", [0.5, 1.0, 1.03])
def test_noise_is_not_a_slow_down(slowed: float) -> None:
    assert [seed for seed in range(50) if outcome(slowed, seed).slower] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [((1.0, 1.5, 1.5), (1.2, 1.5, 1.5)), ((1.0, 1.0, 1.0), (1.0, 1.3, 1.3))],
    ids=["least", "median"],
)
def test_one_of_the_two_ratios_alone_calls_nothing_slower(old: tuple[float, ...], new: tuple[float, ...]) -> None:
    times = Times(old, new)
    assert max(times.ratios) > against.SLOWER
    assert not times.slower


def test_what_seems_slower_is_looked_at_again_and_only_that() -> None:
    fair, slow = Times((1.0,), (1.0,)), Times((1.0,), (1.2,))
    asked = []

    def looked(first: Times, second: Times) -> Times:
        asked.clear()
        return compared(lambda so_far: asked.append(so_far) or (second if so_far.old else first))

    assert (looked(fair, slow), len(asked)) == (fair, 1)
    assert (looked(slow, fair), asked) == (fair, [Times(), slow])
    assert looked(slow, slow).slower


def test_samples_go_on_while_the_least_comes_down() -> None:
    coming_down = iter([*range(60, 0, -1), *[1] * 200])
    times = Times().sampled(lambda: float(next(coming_down)), lambda: 1.0)
    assert len(times.old) == len(times.new) == 60 + against.QUIET_SAMPLES
    assert len(Times().sampled(lambda: 1.0, lambda: 1.0).old) == against.LEAST_SAMPLES


def test_a_version_does_a_work_in_a_process_of_its_own_or_says_why_not() -> None:
    with against.worker(against.CHECKOUT, "certifying a loss") as sample:
        assert 0 < sample() < 10
    with against.worker(against.CHECKOUT, "no such work") as sample, pytest.raises(CannotBeDone, match="KeyError"):
        sample()


def test_every_work_is_named_once_and_can_be_prepared() -> None:
    """The cheapest are done too; the others take what they take in a comparison."""
    for name in ("Lemma 4.8, L and rho given, (4, 8, 5)", "L and rho, (4, 8, 5)", "generating random instances"):
        works.WORKS[name]()()
