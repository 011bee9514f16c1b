"""Tasks that are drawn together with batches of their samples, in rows: how arrays of a family are gathered for them.

A batch of D samples is held in two ways. Where the same points see all batches, as in an expectation, it is a weight
vector over the m samples. Where each of many runs draws its own, it is the D samples themselves: the loss of a task
over a batch is the loss of a task that has these samples alone. It knows nothing of any family.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mamlcheck.arithmetic import Arithmetic, Numbers
from mamlcheck.errors import InputError


@dataclass(frozen=True)
class Gathering:
    """Which task and which samples stand at each place: indices `tasks` (S, B) and `samples` (S, B, D)."""

    tasks: np.ndarray
    samples: np.ndarray

    def __post_init__(self) -> None:
        if self.samples.ndim != self.tasks.ndim + 1 or self.samples.shape[:-1] != self.tasks.shape:
            raise InputError(
                f"samples of shape {self.samples.shape} for tasks of shape {self.tasks.shape}: give each task that is "
                "drawn its batch, indices (..., B) and (..., B, D)"
            )

    def of(self, ar: Arithmetic, x: Numbers, axes: Sequence[str]) -> Numbers:
        """An array with these axes, without leading ones, as the drawn tasks have it: (S, B, D, ...) or (S, B, ...).

        An array that no task has for itself stays as it is. Raises `InputError` for one that belongs to samples, and
        to no task.
        """
        if tuple(axes[:2]) == ("task", "sample"):
            m, rest = int(x.shape[1]), x.shape[2:]
            found = ar.take(x.reshape((int(x.shape[0]) * m, *rest)), self._flat(m), 0)
            return found.reshape((*self.samples.shape, *rest))
        if tuple(axes[:1]) == ("task",) and "sample" not in axes:
            return ar.take(x, self.tasks.reshape(-1), 0).reshape((*self.tasks.shape, *x.shape[1:]))
        if "task" in axes or "sample" in axes:
            raise InputError(
                f"an array with the axes {', '.join(axes)} cannot be drawn from: let 'task' come first, then 'sample'"
            )
        return x

    def _flat(self, m: int) -> np.ndarray:
        """Places in an array whose axes of tasks and samples are one."""
        places: np.ndarray = self.tasks[..., None] * m + self.samples
        return places.reshape(-1)


__all__ = ["Gathering"]
