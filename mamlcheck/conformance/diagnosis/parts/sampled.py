"""Directions in doubles as functions of weights of single samples and of rates of tensors, for searches.

Each task takes its inner steps on a weighted sum of the losses of single samples, its own and those of the other tasks.
What an outer loss of each of several weightings adds to the direction is a column of its own, as the direction is
linear in these. Built-in kinds alone can be asked for single samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mamlcheck.arithmetic import float64
from mamlcheck.conformance.data import ROLES, Task
from mamlcheck.conformance.diagnosis.parts.form import Sample, Samples, batch, own_samples
from mamlcheck.conformance.problems.kind import Tasks
from mamlcheck.conformance.problems.problem import Problem

Array = np.ndarray


def samples_of(shifts: int) -> Samples:
    """All samples of a task, and of so many tasks in turn."""
    return tuple(s for shift in range(shifts) for role in ROLES for s in own_samples(role, shift))


def weights_of(samples: Samples, there: Samples) -> Array:
    """The weights (len(there),) of a mean over samples."""
    found = np.zeros(len(there))
    for s in samples:
        found[there.index(s)] += 1 / len(samples)
    return found


@dataclass(frozen=True)
class Sampled:
    """A problem taken apart into samples; `there` says which, in order."""

    problem: Problem
    there: Samples

    @cached_property
    def _tasks(self) -> Tasks:
        """One for each sample of each task, the samples of a task next to each other."""
        tasks = self.problem.tasks
        turns = [[tasks[(i + shift) % len(tasks)] for shift in range(len(tasks))] for i in range(len(tasks))]
        singles = [batch(turn, [s]) for turn in turns for s in self.there]
        return self.problem.kind.over(float64, [Task(one, one, one) for one in singles])

    @cached_property
    def start(self) -> Array:
        """The initial parameters of each task (B, n)."""
        flat = np.concatenate([a.ravel() for a in self.problem.parameters.values()])
        return np.broadcast_to(flat, (len(self.problem.tasks), flat.size))

    def _summed(self, rows: Array, weights: Array) -> Array:
        """Rows (..., B S, n) and weights (..., S) of samples: (..., B, n)."""
        by_task = rows.reshape(*rows.shape[:-2], len(self.problem.tasks), len(self.there), rows.shape[-1])
        return np.asarray(np.matmul(weights[..., None, None, :], by_task)[..., 0, :])

    def gradient(self, w: Array, weights: Array) -> Array:
        """The gradient of the weighted loss at w (B, n), weights (..., S): (..., B, n)."""
        rows = np.asarray(self._tasks.at(np.repeat(w, len(self.there), axis=0)).gradient("inner"))
        return self._summed(rows, weights)

    def product(self, w: Array, v: Array, weights: Array) -> Array:
        """The Hessian of the weighted loss at w (B, n), weights (S,), times v (L, B, n)."""
        along = np.repeat(v, len(self.there), axis=1)
        everywhere = np.broadcast_to(np.repeat(w, len(self.there), axis=0), along.shape)
        return self._summed(np.asarray(self._tasks.at(everywhere).hessian_vector(along, "inner")), weights)

    def columns(self, inner: Sequence[Array], outer: Array, moved: Array | float = 1.0, exact: bool = True) -> Array:
        """The directions (L, B, n) of each task, of outer losses with weights (L, S).

        inner: the weights (S,) of each inner step. moved: the rates of the parameters over alpha, (n,). exact: whether
        they go back through the inner steps.
        """
        with float64.working():
            w, points = self.start, []
            for weights in inner:
                points.append(w)
                w = w - self.problem.alpha * moved * self.gradient(w, weights)
            g = self.gradient(w, outer)
            for at, weights in zip(reversed(points), reversed(inner), strict=True) if exact else ():
                g = g - self.problem.alpha * self.product(at, moved * g, weights)
            return g


def all_roles(shifts: int, there: Sequence[Sample]) -> dict[tuple[int, str], Array]:
    """The weights of the mean over each set."""
    return {
        (shift, role): weights_of(own_samples(role, shift), tuple(there)) for shift in range(shifts) for role in ROLES
    }
