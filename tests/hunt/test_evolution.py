"""Differential evolution: trials are made of other points of the same island, and nothing gets worse."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mamlcheck.hunt.evolution import Islands, _others
from mamlcheck.tasks.draws import Draws

CORNER = np.array([0.0, 0.25, 1.0])  # where the distance is least; two coordinates lie on bounds of the cube


def distance(points: np.ndarray) -> np.ndarray:
    return np.asarray(np.abs(points - CORNER).sum(axis=-1))


def scattered(islands: int, count: int = 12) -> Islands:
    points = np.random.default_rng(1).random((islands, count, len(CORNER)))
    return Islands(points, distance(points))


def test_three_others_are_drawn_and_every_choice_of_them_is_equally_likely() -> None:
    drawn = np.stack(_others(Draws(1, 2, 3), 24_000, 5), axis=-1)
    for own in range(5):
        found = [tuple(row) for row in drawn[:, own].tolist()]
        every = list(itertools.permutations([k for k in range(5) if k != own], 3))
        counts = np.array([found.count(one) for one in every])
        assert counts.sum() == 24_000  # no other choice occurs, and no point is its own other
        assert np.abs(counts - 1000).max() <= 5 * np.sqrt(1000)  # five standard deviations of a count


@pytest.mark.parametrize("from_best", [True, False])
def test_the_least_is_found_on_the_bounds_of_the_cube(from_best: bool) -> None:
    found = scattered(3, 24).evolved(distance, Draws(1, 2, 3), 200, from_best)
    assert found.energies.min() < 1e-6
    assert found.points.shape == (3, 24, 3)
    assert ((found.points >= 0) & (found.points <= 1)).all()
    assert found.energies.tolist() == distance(found.points).tolist()


@pytest.mark.parametrize("from_best", [True, False])
def test_no_place_gets_worse_and_the_start_stays_what_it_was(from_best: bool) -> None:
    start = scattered(2)
    before = start.points.copy()
    found = start.evolved(distance, Draws(1, 2, 3), 1, from_best)
    assert (found.energies <= start.energies).all()
    assert (found.energies < start.energies).any()
    assert (start.points == before).all()


@pytest.mark.parametrize("from_best", [True, False])
def test_islands_do_not_mix(from_best: bool) -> None:
    """Where a coordinate is the same all over an island, no difference of its points changes it."""
    start = scattered(4)
    own = np.array([0.2, 0.4, 0.6, 0.8])
    start.points[..., 0] = own[:, None]
    start.energies[2] -= 10  # the best points of all are on one island
    found = start.evolved(distance, Draws(1, 2, 3), 30, from_best)
    assert (found.points[..., 0] == own[:, None]).all()


def test_every_generation_is_asked_for_as_one_block() -> None:
    asked = []

    def energy(points: np.ndarray) -> np.ndarray:
        asked.append(points.shape)
        return distance(points)

    scattered(4).evolved(energy, Draws(1, 2, 3), 7, from_best=True)
    assert asked == [(48, 3)] * 7


def test_a_trial_always_has_something_of_its_own() -> None:
    """With one coordinate, four trials out of five would be their parents if none were always taken."""
    tried: list[np.ndarray] = []
    start = Islands(np.random.default_rng(1).random((1, 400, 1)), np.zeros((1, 400)))

    def energy(points: np.ndarray) -> np.ndarray:
        tried.append(points)
        return np.ones(len(points))

    found = start.evolved(energy, Draws(1, 2, 3), 1, from_best=False)
    assert (tried[0] != start.points[0]).all()
    assert (found.points == start.points).all()  # all of them were worse


def test_the_same_draws_give_the_same_islands() -> None:
    first, again, other = (scattered(2).evolved(distance, Draws(1, 2, k), 5, from_best=False) for k in (3, 3, 4))
    assert (first.points == again.points).all()
    assert (first.points != other.points).any()
