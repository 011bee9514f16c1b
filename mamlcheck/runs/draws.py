"""What the steps of runs draw: tasks from p, and batches of their samples, all independent and with replacement.

Everything that a run with some seed draws in step k is a function of the seed and of k, for given sizes, by
counter-based Philox: a run can be stopped anywhere and goes on as if it had not been, and a seed draws the same alone
and among others. All algorithms draw the same, so that a comparison of them is one on equal draws.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from mamlcheck.arithmetic.exact import fractions_of, nearest_double
from mamlcheck.tasks.draws import Draws
from mamlcheck.tasks.family import Tasks
from mamlcheck.tasks.gathering import Gathering

STREAM = int.from_bytes(hashlib.sha256(b"runs of algorithms").digest()[:8], "big")  # apart from those of sweeps
MOST_STEPS = 16  # that are drawn together, which saves time
MOST_NUMBERS = 2**14  # of these steps, for each seed, unless a single step takes more


@dataclass(frozen=True)
class Sizes:
    """How many tasks and samples a step draws: B tasks with D_in, D_o and D_h samples each, and B' with D_beta."""

    tasks: int
    inner: int
    outer: int
    hessian: int
    stepsize_tasks: int
    stepsize: int

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of what a step draws, in order: tasks, their batches, tasks of the step size, their batches."""
        return (
            (self.tasks,), (self.tasks, self.inner), (self.tasks, self.outer), (self.tasks, self.hessian),
            (self.stepsize_tasks,), (self.stepsize_tasks, self.stepsize),
        )  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """What one step of S runs draws: for the direction B tasks with three batches each, for the step size B' with one.

    The tasks of the first three are the same.
    """

    inner: Gathering
    outer: Gathering
    hessian: Gathering
    stepsize: Gathering


class Lots:
    """The draws of all steps of the runs with these seeds."""

    def __init__(self, tasks: Tasks, sizes: Sizes, seeds: Sequence[int]):
        self._shapes, self._seeds, self._samples = sizes.shapes, tuple(seeds), tasks.m
        # Sums of exact probabilities, rounded once: each task has its probability up to 2**-52.
        sums = accumulate(fractions_of(tasks.probabilities))
        self._sums = np.array([nearest_double(total) for total in sums])[:-1]
        self._each = sum(int(np.prod(shape)) for shape in self._shapes)
        self._together = max(1, min(MOST_STEPS, MOST_NUMBERS // self._each))
        self._known: tuple[int, np.ndarray] | None = None

    def at(self, step: int) -> Drawn:
        """What step `step`, counted from 0, draws in each run."""
        block, place = divmod(step, self._together)
        if self._known is None or self._known[0] != block:
            shape = (self._together, self._each)
            self._known = block, np.stack([Draws(STREAM, seed, block).doubles(*shape) for seed in self._seeds], axis=1)
        return self._read(self._known[1][place])

    def _read(self, numbers: np.ndarray) -> Drawn:
        """Indices of uniform numbers (S, each) in [0, 1): m of them fall below m (see `Draws`), also when rounded."""
        parts, start = [], 0
        for shape in self._shapes:
            length = int(np.prod(shape))
            parts.append(numbers[:, start : start + length].reshape(-1, *shape))
            start += length
        tasks, inner, outer, hessian, stepsize_tasks, stepsize = parts
        chosen, for_stepsize = (np.searchsorted(self._sums, x, side="right") for x in (tasks, stepsize_tasks))
        of_inner, of_outer, of_hessian, of_stepsize = (
            (x * self._samples).astype(np.intp) for x in (inner, outer, hessian, stepsize)
        )
        return Drawn(
            Gathering(chosen, of_inner),
            Gathering(chosen, of_outer),
            Gathering(chosen, of_hessian),
            Gathering(for_stepsize, of_stepsize),
        )


__all__ = ["Drawn", "Lots", "Sizes"]
