"""Directions in doubles as functions of weights of single samples and of rates of tensors, for searches.

Each task takes its inner steps on a weighted sum of the losses of single samples, its own and those of the other tasks.
What an outer loss of each of several weightings adds to the direction is a column of its own, as the direction is
linear in these. Built-in kinds alone can be asked for single samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from mamlcheck.arithmetic import float64
from mamlcheck.conformance import networks
from mamlcheck.conformance.data import ROLES, Task
from mamlcheck.conformance.diagnosis.parts.form import Sample, Samples, batch, own_samples
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.problems.tasks import NetworkTasks

if TYPE_CHECKING:
    from mamlcheck.conformance.problems.kinds import ProblemKind

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
    """A problem taken apart into samples; `there` says which, in order.

    Points w (..., B, n) have a row for each task, and weights (..., S) an entry for each sample.
    """

    problem: Problem
    there: Samples

    @cached_property
    def _tasks(self) -> NetworkTasks:
        """Each with all of the samples as one set, in order."""
        tasks = self.problem.tasks
        turns = [[tasks[(i + shift) % len(tasks)] for shift in range(len(tasks))] for i in range(len(tasks))]
        sets = [batch(turn, self.there) for turn in turns]
        return cast("ProblemKind", self.problem.kind).over(float64, [Task(one, one, one) for one in sets])

    @cached_property
    def start(self) -> Array:
        """The initial parameters of each task (B, n)."""
        flat = np.concatenate([a.ravel() for a in self.problem.parameters.values()])
        return np.broadcast_to(flat, (len(self.problem.tasks), flat.size))

    def _times(self, weights: Array) -> Array:
        """What the mean over all samples is to count each of them by, to be a sum with these weights: (..., 1, S)."""
        return len(self.there) * weights[..., None, :]

    def gradient(self, w: Array, weights: Array) -> Array:
        """The gradient of the weighted loss at w: (..., B, n)."""
        t = self._tasks
        found = networks.gradient(t.ar, t.network, t.criterion, w, *t.data["inner"], self._times(weights))
        return np.asarray(found)

    def product(self, w: Array, v: Array, weights: Array) -> Array:
        """The Hessian of the weighted loss at w, times v (..., B, n)."""
        t = self._tasks
        at = np.broadcast_to(w, v.shape)
        found = networks.hessian_vector(t.ar, t.network, t.criterion, at, v, *t.data["inner"], self._times(weights))
        return np.asarray(found)

    def columns(self, inner: Sequence[Array], outer: Array, moved: Array | None = None, exact: bool = True) -> Array:
        """The directions (..., L, B, n) of each task, of outer losses with weights (L, S).

        inner: the weights (..., S) of each inner step. moved: the rates of the parameters over alpha (..., n), where
        they are not 1. exact: whether they go back through the inner steps.
        """
        rate = self.problem.alpha * (np.ones(self.start.shape[-1]) if moved is None else moved)[..., None, None, :]
        with float64.working():
            w, points = self.start[None], []  # for each of the outer losses alike: (..., 1, B, n)
            for weights in inner:
                points.append(w)
                w = w - rate * self.gradient(w, weights[..., None, :])
            g = self.gradient(w, outer)
            for at, weights in zip(reversed(points), reversed(inner), strict=True) if exact else ():
                g = g - self.product(at, rate * g, weights[..., None, :])
            return g


def all_roles(shifts: int, there: Sequence[Sample]) -> dict[tuple[int, str], Array]:
    """The weights of the mean over each set."""
    return {
        (shift, role): weights_of(own_samples(role, shift), tuple(there)) for shift in range(shifts) for role in ROLES
    }
