"""The types of NumPy arrays, by what they hold; an array of any shape."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

Doubles: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Objects: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.object_]]
"""Of Python objects: fractions, or the numbers of an arithmetic."""
Flags: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
Integers: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
Answers: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.int8]]
"""Of a comparison: 1 where it certainly holds, 0 where it certainly does not, -1 where that cannot be told."""
