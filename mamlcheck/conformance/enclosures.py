"""Directions that subjects are held against, with a bound of what they are off by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mamlcheck.arithmetic.protocol import Arithmetic, DirectionArithmetic, Numbers

Formula = Callable[[DirectionArithmetic], Numbers]  # a direction (n,) over an arithmetic


@dataclass(frozen=True)
class Enclosure:
    """A direction: within `radius` of `midpoint` in each component, both float64 (n,).

    certified: whether that is proved. If not, the direction was measured in a finer precision, of whose error nothing
    is proved, and the radius is 0.
    """

    midpoint: np.ndarray
    radius: np.ndarray
    certified: bool = True


def enclosed_by(ar: Arithmetic, formula: Formula) -> Enclosure:
    """The direction, enclosed by a rigorous arithmetic."""
    with ar.working():
        result = formula(ar)
        midpoint, lower, upper = ar.midpoint(result), ar.lower(result), ar.upper(result)
    # Twice, as the two subtractions round.
    return Enclosure(midpoint, 2 * np.maximum(upper - midpoint, midpoint - lower))
