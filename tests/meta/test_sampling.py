"""Means over sampled batches: the bound is the published one, it holds, and what is drawn is what it says."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

from mamlcheck.arithmetic import ball
from mamlcheck.meta.confidence import RISK, at_confidence, together
from mamlcheck.meta.sampling import FEWEST_DRAWS, MOST_DRAWS, MOST_SAMPLED_NUMBERS, MeanAtConfidence, key_of, stages


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def best_distance(second_moment: float, draws: int, risk: Fraction) -> mpmath.mpf:
    """The least of sqrt(2 V l / N) + 2 T l / (3 N) + V / (4 T) over T, in closed form: (sqrt 2 + sqrt(2/3)) root."""
    with mpmath.workdps(50):
        levels = mpmath.log(2 / (mpmath.mpf(risk.numerator) / risk.denominator))
        return (mpmath.sqrt(2) + mpmath.sqrt(mpmath.mpf(2) / 3)) * mpmath.sqrt(second_moment * levels / draws)


@pytest.mark.parametrize("second_moment", [1.0, 3e-18, 7e20])
@pytest.mark.parametrize("draws", [64, 4096, 2**16])
@pytest.mark.parametrize("risk", [Fraction(1, 2), Fraction(1, 10**3), RISK / 12])
def test_the_distance_is_the_published_one_rounded_outward(second_moment: float, draws: int, risk: Fraction) -> None:
    with ball.working():
        found = float(MeanAtConfidence(np.array(second_moment), draws, risk).distance)
    best = best_distance(second_moment, draws, risk)
    assert best <= found <= best * (1 + mpmath.mpf(2) ** -40)


def sampled(draw: Any, dimension: int, second_moment: float, risk: Fraction, seeds: int, draws: int) -> list[float]:
    """How far the mean is from 0, over its distance, for each seed."""
    shares = []
    with ball.working():
        for seed in range(seeds):
            mean = MeanAtConfidence(np.array(second_moment), draws, risk)
            for part in np.split(draw(generator(seed), draws).reshape(draws, dimension), 4):
                mean.add(ball.exact(part))
            shares.append(float(ball.upper(ball.norm(mean.mean)) / mean.distance))
    return shares


def heavy(rng: np.random.Generator, draws: int) -> np.ndarray:
    """Mean 0, second moment 1, and rare values 50 times as long as that: +-50 with probability 1/2500 together."""
    u = rng.random(draws)
    return np.where(u < 1 / 5000, 50.0, np.where(u > 1 - 1 / 5000, -50.0, 0.0))


def lopsided(rng: np.random.Generator, draws: int) -> np.ndarray:
    """Mean 0: 1/50 with probability 2500/2501, else -50. What cutting costs is all on one side."""
    return np.where(rng.random(draws) < 2500 / 2501, 1 / 50, -50.0)


def in_the_plane(rng: np.random.Generator, draws: int) -> np.ndarray:
    angle = 2 * math.pi * rng.random(draws)
    return np.stack([np.cos(angle), np.sin(angle)], -1)


@pytest.mark.parametrize("risk", [Fraction(1, 10), Fraction(1, 1000)])
@pytest.mark.parametrize(("draw", "dimension"), [(heavy, 1), (lopsided, 1), (in_the_plane, 2)])
def test_it_fails_at_most_as_often_as_it_says(draw: Any, dimension: int, risk: Fraction) -> None:
    """300 seeds: with a risk of 1/10 at most 30 misses are expected, with 1/1000 none; 3 standard deviations are
    allowed for.
    """
    seeds = 300
    shares = sampled(draw, dimension, 1.0, risk, seeds, draws=128)
    expected = seeds * float(risk)
    assert sum(share > 1 for share in shares) <= expected + 3 * math.sqrt(expected)
    assert draw is not in_the_plane or max(shares) > 0.15  # the bound is no empty one, where little is cut


def test_long_vectors_are_cut_and_short_ones_are_not() -> None:
    with ball.working():
        mean = MeanAtConfidence(np.array(1.0), 100, RISK)
        cut = math.sqrt(3 * 100 / (8 * math.log(2 / RISK)))
        mean.add(ball.exact(np.array([[3e100, 4e100]] + [[0.25, 0.5]] * 99)))
        found = mean.mean
    assert found.mid == pytest.approx([(0.6 * cut + 99 * 0.25) / 100, (0.8 * cut + 99 * 0.5) / 100], rel=1e-12)
    assert found.rad is not None
    assert found.rad.max() < 1e-12


def test_lengths_that_overflow_are_still_cut_to_something() -> None:
    with ball.working():
        mean = MeanAtConfidence(np.array(1.0), 2, RISK)
        mean.add(ball.exact(np.array([[3e300, 4e300], [1.0, 1.0]])))
        assert (ball.lower(mean.mean) <= 0.5).all()
        assert (ball.upper(mean.mean) >= 1.0).all()


def test_as_many_draws_as_were_announced() -> None:
    with ball.working():
        mean = MeanAtConfidence(np.array(1.0), 3, RISK)
        for _ in range(2):
            mean.add(ball.exact(np.ones((1, 2))))
        with pytest.raises(ValueError, match="2 draws were added, and 3 were announced"):
            _ = mean.mean


# -- what is drawn -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("m", [1, 2, 3, 5, 8, 1000])
def test_draws_are_uniform_indices(m: int) -> None:
    (*_, sample) = stages(7, 1, 1)
    drawn = np.concatenate(list(sample.drawn(0, m, 3, 1000)))
    assert drawn.shape == (MOST_DRAWS, 3)
    counts = np.bincount(drawn.ravel(), minlength=m)
    assert len(counts) == m
    expected = drawn.size / m
    assert np.abs(counts - expected).max() <= 6 * math.sqrt(expected)
    assert abs((drawn[:, 0] == drawn[:, 1]).mean() - 1 / m) <= 6 * math.sqrt(1 / m / MOST_DRAWS)


def test_draws_do_not_depend_on_how_many_are_taken_at_once() -> None:
    sample = stages(3, 1, 1)[0]
    one, other = (np.concatenate(list(sample.drawn(1, 7, 4, at_once))) for at_once in (5, 64))
    assert one.tolist() == other.tolist()
    streams = [
        np.concatenate(list(s.drawn(k, 7, 4, 64))).tolist() for s in (sample, stages(4, 1, 1)[0]) for k in (0, 1)
    ]
    assert all(a != b for a, b in itertools.combinations(streams, 2))


def test_the_risks_of_all_stages_and_expectations_are_that_of_one_verdict() -> None:
    for numbers, expectations in ((1, 1), (1000, 3), (8000, 3), (10**6, 5)):
        found = stages(1, numbers, expectations)
        assert expectations * sum(sample.risk for sample in found) == (RISK if found else 0)
        assert all(sample.draws * numbers <= MOST_SAMPLED_NUMBERS for sample in found)
        assert [sample.draws for sample in found] == [FEWEST_DRAWS * 4**k for k in range(len(found))]
    assert stages(1, 10**6, 3) == ()


def test_keys_are_of_the_numbers_however_they_are_held() -> None:
    doubles = np.array([[0.5, -0.0], [1e300, 3.0]])
    fractions = np.array([[Fraction(1, 2), Fraction(0)], [Fraction(1e300), 3]], dtype=object)
    thirds = np.array([Fraction(1, 3)], dtype=object)
    huge = np.array([Fraction(10**400)], dtype=object)
    assert key_of([doubles]) == key_of([fractions])
    different = [[doubles], [doubles.ravel()], [doubles, doubles], [doubles * 2], [thirds], [thirds * 2], [huge], []]
    assert len({key_of(arrays) for arrays in different}) == len(different)


# -- words -------------------------------------------------------------------------------------------------------
def test_risks_are_said_and_add_up() -> None:
    assert at_confidence() == "with probability at least 1 - 1e-9"
    assert together(2) == "and all 2 of them together with probability at least 1 - 2e-9"
    assert together(25) == "and all 25 of them together with probability at least 1 - 2.5e-8"
    assert together(1234567) == "and all 1,234,567 of them together with probability at least 1 - 1.3e-3"
    assert together(10**9) == "and all 1,000,000,000 of them together with no certainty at all"
