"""Values with places that hold minus infinity, as attention masks have it: no program has such a number.

They are carried along as flags until a softmax, whose result is 0 there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from mamlcheck.arithmetic.arrays import Flags
from mamlcheck.programs.building import Value


@dataclass(frozen=True)
class Masked:
    """finite: the numbers, with any at the hidden places. hidden: where minus infinity is, in the same shape."""

    finite: Value
    hidden: Flags


def is_masked(x: Any) -> bool:
    """Whether it has minus infinity somewhere: a value, or a number."""
    return isinstance(x, Masked) or (isinstance(x, float) and x == -math.inf)


def finite_part(x: Any) -> Any:
    """The numbers of an argument, 0 for minus infinity."""
    return x.finite if isinstance(x, Masked) else 0.0 if is_masked(x) else x


def hidden_part(x: Any) -> Any:
    """A tensor with 1 where an argument has minus infinity and 0 elsewhere, or such a number; others stay."""
    if isinstance(x, Masked):
        return torch.from_numpy(x.hidden.astype(np.float64))
    if isinstance(x, Value):
        return torch.zeros(x.shape, dtype=torch.float64)
    if isinstance(x, np.ndarray):
        return torch.from_numpy(np.array(x))
    return float(is_masked(x)) if isinstance(x, float) else x
