"""Differential evolution of several populations side by side, each on an island of its own.

Storn and Price, "Differential Evolution", Journal of Global Optimization 11 (1997): a trial is a point of the
population moved by the difference of two others, mixed with its parent, and takes the parent's place unless it is
worse. Only the order of energies counts. All islands are evaluated as one block, since a block costs hardly more than a
single population, and they learn nothing from each other: each is a fresh start. SciPy's differential evolution evolves
one population at a time, and spends more on drawing the trials of one than an instance takes to evaluate in a block of
many. This module knows nothing of claims.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mamlcheck.tasks.draws import Draws

Energy = Callable[[np.ndarray], np.ndarray]
"""The energies (N,) of points (N, size); lower is better."""

MUTATION = (0.3, 0.9)  # a difference is multiplied by a number between these, drawn for each island and generation
RECOMBINATION = 0.8  # the share of its coordinates that a trial has from the moved point, and not from its parent


@dataclass(frozen=True)
class Islands:
    """I populations of P points of the unit cube: points (I, P, size) and their energies (I, P)."""

    points: np.ndarray
    energies: np.ndarray

    def evolved(self, energy: Energy, draws: Draws, generations: int, from_best: bool) -> Islands:
        """What so many generations make of them; I P energies are asked for in each.

        from_best: move the best point of the island ("best1bin"), which is quick, and not one drawn at random
        ("rand1bin"), which is thorough.
        """
        points, energies = self.points.copy(), self.energies.copy()
        for _ in range(generations):
            trials = _trials(points, energies, draws, from_best)
            found = energy(trials.reshape(-1, points.shape[-1])).reshape(energies.shape)
            better = found <= energies
            points[better], energies[better] = trials[better], found[better]
        return Islands(points, energies)


def _trials(points: np.ndarray, energies: np.ndarray, draws: Draws, from_best: bool) -> np.ndarray:
    """A trial for each point (I, P, size)."""
    islands, count, size = points.shape
    island = np.arange(islands)[:, None]
    first, second, third = _others(draws, islands, count)
    moved = points[island, energies.argmin(axis=1)[:, None]] if from_best else points[island, third]
    low, high = MUTATION
    factor = low + (high - low) * draws.doubles(islands, 1, 1)
    moved = moved + factor * (points[island, first] - points[island, second])
    mixed = draws.doubles(islands, count, size) < RECOMBINATION
    always = (draws.doubles(islands, count, 1) * size).astype(np.intp)
    np.put_along_axis(mixed, always, True, axis=-1)  # so that no trial is its parent
    trials = np.where(mixed, moved, points)
    outside = (trials < 0) | (trials > 1)
    trials[outside] = draws.doubles(int(outside.sum()))
    return np.asarray(trials)


def _others(draws: Draws, islands: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each point of each island the places (I, P) of three other points, all different.

    The k-th is drawn among the count - k places left, and moved past those that are taken, the smallest first.
    """
    taken = [np.broadcast_to(np.arange(count), (islands, count))]
    for _ in range(3):
        place = (draws.doubles(islands, count) * (count - len(taken))).astype(np.intp)
        for one in np.sort(taken, axis=0):
            place = place + (place >= one)
        taken.append(place)
    return taken[1], taken[2], taken[3]


__all__ = ["Energy", "Islands"]
