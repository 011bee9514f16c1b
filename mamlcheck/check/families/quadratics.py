"""Quadratic tasks with symmetric, possibly indefinite matrices, in any dimension."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mamlcheck.check.families import Cube, Space
from mamlcheck.check.families._parts import Extras, directions, instances
from mamlcheck.meta.instance import Instances
from mamlcheck.tasks.quadratic import QuadraticTasks

TITLE = "quadratic tasks"
NAME = __name__.rpartition(".")[2]
LARGEST_DIMENSION = 8  # beyond it a space has too many coordinates to search


def spaces(dimension: int) -> tuple[Space, ...]:
    """One task or two, one sample or two."""
    if dimension > LARGEST_DIMENSION:
        return ()
    return tuple(Space.of(NAME, f"n = {n}, m = {m}", _build(n, m, dimension)) for n, m in ((1, 1), (1, 2), (2, 2)))


def _build(n: int, m: int, d: int) -> Callable[[Cube], Instances]:
    rows, columns = np.tril_indices(d)

    def build(cube: Cube) -> Instances:
        extras = Extras.take(cube)
        entries = cube.between(-1, 1, n, m, len(rows))
        matrices = np.empty((len(cube), n, m, d, d))
        matrices[..., rows, columns] = entries
        matrices[..., columns, rows] = entries
        largest = np.abs(np.linalg.eigvalsh(matrices.mean(axis=2))).max(axis=(1, 2))
        matrices = matrices / np.where(largest > 0, largest, 1.0)[:, None, None, None, None]
        tasks = QuadraticTasks(matrices, cube.signed(-6, 4, n, m, d), cube.probabilities(n))
        return instances(tasks, extras, directions(cube, d))

    return build
