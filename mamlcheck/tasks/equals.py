"""Which samples of tasks are the same data: batches that differ in these alone are the same batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from mamlcheck.tasks.family import Tasks


def first_equals(tasks: Tasks) -> tuple[int, ...]:
    """For each sample the first that is the same data in all tasks and instances: itself, where no earlier one is."""
    lead, columns = tasks.probabilities.ndim - 1, []
    for name, entry in tasks.declared().items():
        if "sample" in entry.axes:
            array = np.moveaxis(getattr(tasks, name), lead + entry.axes.index("sample"), 0).reshape(tasks.m, -1)
            columns.append([_key(row) for row in array])
    found: dict[tuple[Any, ...], int] = {}
    return tuple(found.setdefault(key, j) for j, key in enumerate(zip(*columns, strict=True)))


def _key(row: np.ndarray) -> Any:
    """The same for the same numbers: bytes of doubles, with one zero, and else the numbers themselves."""
    return (row + 0.0).tobytes() if row.dtype == np.float64 else tuple(row.tolist())


__all__ = ["first_equals"]
