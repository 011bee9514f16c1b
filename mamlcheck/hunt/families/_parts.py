"""What families share: spline tasks with w at the origin and L = 1, and everything else of an instance.

Nothing is lost by w = 0, since the claims are the same at another origin, nor by L = 1: `instances` takes the losses to
other units, in which sound claims are the same too. A claim that lost a factor alpha shows it where alpha > 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mamlcheck.hunt.families import Cube
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.tasks.families.spline import SplineTasks
from mamlcheck.tasks.family import Tasks

BELOW_ONE = 1 - 2.0**-36  # times it, alpha L and batch sizes stay within what is allowed, whatever float64 rounds
MANY_TASKS = 1024  # B: within what one step with the step sizes of the theorems asks
LARGE_OUTER_BATCH = 1024  # D_o: its noise is on both sides of Lemma 4.10 alike, and would hide the rest
LEAST_KNOT_GAP = 2.0**-20  # least distance of two knots


@dataclass(frozen=True)
class Extras:
    """What a claim quantifies over beside its tasks and w = 0 (N,); `direction` (N, d) is of length about 1."""

    share: np.ndarray  # alpha L
    unit: np.ndarray  # what all losses are multiplied by: a power of two
    apart: np.ndarray  # |w - u|, with a sign
    delta: np.ndarray
    phi: np.ndarray

    @classmethod
    def take(cls, cube: Cube) -> Extras:
        """Alpha L up to 1; |w - u| from 2**-12 to 4; delta; and phi, from 2**-6 to 2**6.

        Much larger phi is left out: without noise, the bound of Lemma 4.10 tends to its left side as phi grows, and
        that says nothing.
        """
        apart = cube.signed(-12, 2)
        unit = np.exp2(np.round(cube.between(-3, 3)))
        return cls(cube.share(), unit, np.where(apart == 0, 2.0**-12, apart), cube.scale(-4, 4), cube.scale(-6, 6))


def instances(tasks: Tasks, extras: Extras, direction: np.ndarray, sizes: BatchSizes | None = None) -> Instances:
    """The block: w = 0, u = apart * direction, v = direction (N, d); L of the tasks is about 1, or less."""
    return Instances(
        tasks=tasks.scaled(extras.unit),
        alpha=extras.share * BELOW_ONE / extras.unit,
        w=np.zeros_like(direction),
        u=extras.apart[:, None] * direction,
        v=direction,
        delta=extras.delta,
        phi=extras.phi,
        sizes=replace(sizes or BatchSizes(outer=LARGE_OUTER_BATCH), step_tasks=MANY_TASKS),
    )


def splines(knots: Any, values: Any, slopes: np.ndarray, probabilities: np.ndarray) -> SplineTasks:
    """1-D tasks from knots and values (N, n, K), the same for all samples of a task, and slopes (N, n, m) at 0.

    Values are divided by the largest: L = 1. Samples differ in slope alone, so that the noise does not raise L, which
    is certified from the samples.
    """
    largest = np.abs(values).max(axis=(1, 2), keepdims=True)
    values = values / np.where(largest > 0, largest, 1.0)
    knots = increasing(knots)
    shape = (*slopes.shape, knots.shape[-1])
    at, heights = (np.broadcast_to(x[:, :, None], shape) for x in (knots, values))
    return SplineTasks.on_a_line(at, heights, slopes, probabilities)


def increasing(knots: np.ndarray) -> np.ndarray:
    """The knots (..., K) in order, and at least a little apart."""
    knots = np.sort(knots, axis=-1)
    steps = np.maximum(np.diff(knots, axis=-1), LEAST_KNOT_GAP)
    first: np.ndarray = knots[..., :1]
    return np.concatenate([first, first + np.cumsum(steps, axis=-1)], axis=-1)


def deviations(cube: Cube, n: int, m: int) -> np.ndarray:
    """By how much the samples of a task differ from their mean (N, n, m)."""
    if m == 1:
        return np.zeros((len(cube), n, 1))
    raw = cube.between(-1, 1, n, m)
    return np.asarray((raw - raw.mean(axis=-1, keepdims=True)) * cube.scale(-4, 10, n)[..., None])


def directions(cube: Cube, d: int) -> np.ndarray:
    """Vectors (N, d), about 1 long: the first unit vector, with others added that may be 0."""
    if d == 1:
        return np.ones((len(cube), 1))
    return np.concatenate([np.ones((len(cube), 1)), cube.signed(-6, 2, d - 1)], axis=1)
