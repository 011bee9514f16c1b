"""Quadratic tasks with symmetric, possibly indefinite matrices, in any dimension."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mamlcheck.hunt.families import Cube, Space
from mamlcheck.hunt.families._parts import Extras, directions, instances
from mamlcheck.meta.instance import Instances
from mamlcheck.tasks.families.quadratic import QuadraticTasks

TITLE = "quadratic tasks"
NAME = __name__.rpartition(".")[2]
LARGEST_DIMENSION = 8  # beyond it a space has too many coordinates to search


def spaces(dimension: int) -> tuple[Space, ...]:
    """One task or two, one sample or two."""
    if dimension > LARGEST_DIMENSION:
        return ()
    return tuple(Space.of(NAME, f"n = {n}, m = {m}", _build(n, m, dimension)) for n, m in ((1, 1), (1, 2), (2, 2)))


def _build(n: int, m: int, d: int) -> Callable[[Cube], Instances]:
    rows, _ = np.tril_indices(d)

    def build(cube: Cube) -> Instances:
        extras = Extras.take(cube)
        means = _symmetric(cube.between(-1, 1, n, 1, len(rows)), d)
        largest = np.abs(np.linalg.eigvalsh(means)).max(axis=(1, 2, 3))
        matrices = means / np.where(largest > 0, largest, 1.0)[:, None, None, None, None]
        if m > 1:  # samples differ by matrices of mean 0, at most 64 L in size
            apart = _symmetric(cube.between(-1, 1, n, m, len(rows)), d)
            matrices = (
                matrices + (apart - apart.mean(axis=2, keepdims=True)) * cube.scale(-6, 6)[:, None, None, None, None]
            )
        tasks = QuadraticTasks(matrices, cube.signed(-6, 4, n, m, d), cube.probabilities(n))
        return instances(tasks, extras, directions(cube, d))

    return build


def _symmetric(entries: np.ndarray, d: int) -> np.ndarray:
    """Matrices (..., d, d) from their lower halves (..., d (d + 1) / 2)."""
    rows, columns = np.tril_indices(d)
    matrices = np.empty((*entries.shape[:-1], d, d))
    matrices[..., rows, columns] = entries
    matrices[..., columns, rows] = entries
    return matrices
