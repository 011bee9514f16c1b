"""Directions that subjects are held against, with a bound of what they are off by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mamlcheck.arithmetic import pairs
from mamlcheck.arithmetic.protocol import Arithmetic, DirectionArithmetic, Numbers

Formula = Callable[[DirectionArithmetic], Numbers]  # a direction (n,) over an arithmetic


@dataclass(frozen=True)
class Enclosure:
    """A direction: within `finer_radius` of midpoint + rest in each component, all of them float64 (n,).

    certified: whether that is proved. If not, the direction was measured in a finer precision, of whose error nothing
    is proved, and `finer_radius` is 0; or nothing could be proved, for the reason `why`, and it is infinite.
    """

    midpoint: np.ndarray
    rest: np.ndarray
    finer_radius: np.ndarray
    certified: bool = True
    why: str = ""

    @property
    def radius(self) -> np.ndarray:
        """Within which the direction is of the midpoint alone (n,)."""
        return np.asarray(np.nextafter(np.abs(self.rest) + self.finer_radius, np.inf))

    def apart(self, x: np.ndarray, factor: float = 1.0) -> np.ndarray:
        """x - factor * (midpoint + rest) for a float64 x (n,): right to a few last places of each component.

        Nothing is lost where the two nearly cancel, as they do for a subject that is right.
        """
        f = np.asarray(factor)
        with np.errstate(over="ignore", invalid="ignore"):
            high, low = pairs.multiplied(self.midpoint, self.rest, f, np.zeros_like(f))
            left: np.ndarray = pairs.subtracted(x, np.zeros_like(x), high, low)[0]
        return left


# Relative, in Euclidean norm: an enclosure as narrow as the doubles around it, up to some of their last places.
NARROW = 2.0**-50


def narrow(found: Enclosure) -> bool:
    """Whether it is as narrow as doubles allow; False where nothing is known."""
    size = float(np.linalg.norm(found.midpoint))
    return bool(np.isfinite(size) and np.linalg.norm(found.radius) <= NARROW * size)


def enclosed_by(ar: Arithmetic, formula: Formula) -> Enclosure:
    """The direction, enclosed by a rigorous arithmetic."""
    with ar.working():
        result = formula(ar)
        midpoint = ar.midpoint(result)
        finite = np.isfinite(midpoint)
        left = result - ar.exact(np.where(finite, midpoint, 0.0))
        rest = np.where(finite, ar.midpoint(left), 0.0)
        lower, upper = ar.lower(left), ar.upper(left)
    # Twice, as the two subtractions round.
    with np.errstate(invalid="ignore"):
        radius = 2 * np.maximum(upper - rest, rest - lower)
    return Enclosure(midpoint, rest, np.where(finite & ~np.isnan(radius), radius, np.inf))
