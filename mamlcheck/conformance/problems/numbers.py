"""The numbers of a kind of problem: initial parameters and the data of its tasks, integers over 16 by NumPy's Philox.

float32 holds them exactly, so that a float32 and a float64 subject are given the same inputs.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from mamlcheck.conformance.data import SAMPLES_OF_ROLE, Array, Batch, Task
from mamlcheck.conformance.problems.kinds import ProblemKind

TASK_COUNT = 3
DENOMINATOR = 16
LARGEST_PARAMETER, LARGEST_INPUT, LARGEST_TARGET = 16, 28, 32  # numerators


@cache
def numbers(kind: ProblemKind) -> tuple[dict[str, Array], tuple[Task, ...]]:
    """The initial parameters by name, and the tasks; labels are sorted by class."""
    random = np.random.Generator(np.random.Philox(kind.seed))

    def sixteenths(shape: tuple[int, ...], largest: int) -> Array:
        return random.integers(-largest, largest, size=shape, endpoint=True) / DENOMINATOR

    parameters = {name: sixteenths(shape, LARGEST_PARAMETER) for name, shape in kind.network.parameters.items()}

    def batch(size: int) -> Batch:
        x = sixteenths((size, kind.features), LARGEST_INPUT)
        if kind.criterion.of_labels:
            return x, np.sort(random.integers(0, kind.outputs, size=size))
        return x, sixteenths((size, kind.outputs), LARGEST_TARGET)

    tasks = tuple(Task(**{role: batch(size) for role, size in SAMPLES_OF_ROLE.items()}) for _ in range(TASK_COUNT))
    return parameters, tasks


def copied(task: Task) -> Task:
    """The task with arrays of its own: a subject that writes into one spoils no other problem."""
    inner, outer, hessian = ((x.copy(), y.copy()) for x, y in (task.inner, task.outer, task.hessian))
    return Task(inner, outer, hessian)
