"""Plain data that problems hand to the views of frameworks: the sets of a task, and the precisions there are.

`real` reads a number that was handed to us.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import SupportsFloat

import numpy as np

Array = np.ndarray
Batch = tuple[Array, Array]  # inputs (m, features), and labels (m,) or targets (m, outputs)

SAMPLES_OF_ROLE = {"inner": 5, "outer": 7, "hessian": 4}  # with the number of tasks, all distinct
ROLES = tuple(SAMPLES_OF_ROLE)
# Unit roundoffs, from coarse to fine: a direction is as precise as the coarsest of its arrays.
UNIT_ROUNDOFF = {"bfloat16": 2.0**-8, "float16": 2.0**-11, "float32": 2.0**-24, "float64": 2.0**-53}


def real(value: object) -> float:
    """A number as a float; NaN, which fulfils no condition, for what is none."""
    try:
        if isinstance(value, (float, int)):  # told at once, where the protocol takes a hundred times as long
            return float(value)
        return float(value) if isinstance(value, SupportsFloat) else math.nan
    except (TypeError, ValueError, OverflowError):
        return math.nan


def coarsest(names: Iterable[str]) -> str:
    """The coarsest of precisions by name, others being passed over; empty where there is none."""
    return max((name for name in names if name in UNIT_ROUNDOFF), key=UNIT_ROUNDOFF.__getitem__, default="")


def held_in(numbers: Array) -> str:
    """The coarsest precision that holds all of these numbers, which are doubles."""
    return next(name for name in UNIT_ROUNDOFF if np.array_equal(numbers, _rounded(numbers, name)))


def _rounded(numbers: Array, precision: str) -> Array:
    """To a precision; bfloat16, which NumPy does not have, by dropping digits: what it holds stays as it is."""
    with np.errstate(over="ignore", under="ignore"):
        if precision != "bfloat16":
            return numbers.astype(precision).astype(np.float64)
        return (numbers.astype(np.float32).view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32).astype(np.float64)


@dataclass(frozen=True)
class Task:
    """The sets of a task: support data for the inner steps, query data for the outer loss, data for the Hessian."""

    inner: Batch
    outer: Batch
    hessian: Batch

    def batch(self, role: str) -> Batch:
        """The set of a role: 'inner', 'outer' or 'hessian'."""
        return {"inner": self.inner, "outer": self.outer, "hessian": self.hessian}[role]
