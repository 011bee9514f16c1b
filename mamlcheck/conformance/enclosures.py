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
    is proved, and the radius is 0; or nothing could be proved, for the reason `why`, and it is infinite.
    """

    midpoint: np.ndarray
    radius: np.ndarray
    certified: bool = True
    why: str = ""


# Relative, in Euclidean norm: an enclosure as narrow as the doubles around it, up to some of their last places.
NARROW = 2.0**-50


def narrow(found: Enclosure) -> bool:
    """Whether it is as narrow as doubles allow; False where nothing is known."""
    return bool(np.linalg.norm(found.radius) <= NARROW * np.linalg.norm(found.midpoint))


def enclosed_by(ar: Arithmetic, formula: Formula) -> Enclosure:
    """The direction, enclosed by a rigorous arithmetic."""
    with ar.working():
        result = formula(ar)
        midpoint, lower, upper = ar.midpoint(result), ar.lower(result), ar.upper(result)
    # Twice, as the two subtractions round.
    return Enclosure(midpoint, 2 * np.maximum(upper - midpoint, midpoint - lower))
