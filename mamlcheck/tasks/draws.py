"""Uniform draws that sweeps and families make random instances of: the same on every machine, and for ever.

Only uniform integers and doubles are drawn, from counter-based Philox, and data lie on a grid of small dyadic numbers:
exact in every arithmetic, and readable.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

GRID = 2.0**-12  # step of the grid that data lie on


class Draws:
    """Uniform draws from Philox for one block of one sweep."""

    def __init__(self, stream: int, seed: int, block: int):
        key = np.array([seed, stream], dtype=np.uint64)
        counter = np.array([0, 0, block, 0], dtype=np.uint64)
        self._raw = np.random.Philox(key=key, counter=counter)

    def doubles(self, *shape: int) -> np.ndarray:
        """Uniform in [0, 1), from the raw bits: no method whose stream may change between NumPy versions."""
        size = math.prod(shape)
        bits = self._raw.random_raw(size) if size else np.zeros(0, dtype=np.uint64)
        bits = np.asarray(bits, dtype=np.uint64)
        bits >>= np.uint64(11)  # in place, here and below: a block of the largest tasks takes much memory
        numbers = bits.astype(np.float64).reshape(shape)
        numbers *= 2.0**-53
        return numbers

    def grid(self, low: float, high: float, *shape: int) -> np.ndarray:
        """Uniform on the multiples of GRID in [low, high)."""
        numbers = self.doubles(*shape)
        numbers *= high - low
        numbers += low
        numbers /= GRID
        np.floor(numbers, out=numbers)
        numbers *= GRID
        return numbers

    def integer(self, low: int, high: int) -> int:
        """One integer in [low, high]."""
        return low + int(self.doubles(1)[0] * (high - low + 1))

    def pick(self, choices: Any) -> Any:
        """One of the choices."""
        return choices[self.integer(0, len(choices) - 1)]

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return bool(self.doubles(1)[0] < probability)

    def picks(self, choices: np.ndarray, size: int) -> np.ndarray:
        """`size` of the choices, independently."""
        return choices[(self.doubles(size) * len(choices)).astype(np.intp)]


def for_all_tasks(x: np.ndarray, n: int) -> np.ndarray:
    """(N, 1 or n, ...) as (N, n, ...): identical tasks share their data."""
    return np.ascontiguousarray(np.broadcast_to(x, (x.shape[0], n, *x.shape[2:])))
