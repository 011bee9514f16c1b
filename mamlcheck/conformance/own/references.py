"""The directions that a gradient of an own model is held against: measured in double-double, or certified by Arb.

Balls of doubles are too weak here: each layer multiplies the radius, and each inner step pays that again. Arb's
precision is doubled until every branch is decided and the radius is small.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np

from mamlcheck.arithmetic import arb
from mamlcheck.arithmetic.double_double import DoubleDouble, DoubleDoubleArray
from mamlcheck.conformance.enclosures import Enclosure, Formula, enclosed_by
from mamlcheck.programs.undecided import Undecided

FIRST_BITS, MOST_BITS = 128, 2048
# Of the norm of the direction: a hundredth of one rounding in double precision, which no subject's tolerance is below.
WANTED_RADIUS = 2.0**-53 / 100


def measured(formula: Formula) -> Enclosure:
    """The direction in double-double, rounded to doubles."""
    double_double = DoubleDouble()
    with double_double.working():
        result = formula(double_double)
        midpoint = np.asarray(double_double.midpoint(cast("DoubleDoubleArray", result)))
    return Enclosure(midpoint, np.zeros(midpoint.shape), certified=False)


def beyond_rounding(found: Enclosure) -> np.ndarray:
    """What of the radius (n,) is more than the rounding of the midpoint to doubles."""
    return np.asarray(np.maximum(found.radius - np.abs(found.midpoint) * 2.0**-51, 0))


def certified(formula: Formula, bits: int = FIRST_BITS, again: Callable[[], None] = lambda: None) -> Enclosure:
    """The direction, enclosed by Arb; with an infinite radius and the reason, where no precision that is tried decides.

    bits: of the first attempt; each has twice those of the one before. again: is called before each.
    """
    why = ""
    while bits <= MOST_BITS:
        again()
        try:
            found = enclosed_by(arb(bits), formula)
        except Undecided as error:
            why = str(error)
        else:
            size = float(np.linalg.norm(found.midpoint))
            if np.isfinite(size) and float(np.linalg.norm(beyond_rounding(found))) <= WANTED_RADIUS * size:
                return found
            why = "its enclosure stays wide"
        bits *= 2
    midpoint = measured(formula).midpoint
    said = f"Arb at {MOST_BITS} bits does not decide it: {why}"
    return Enclosure(midpoint, np.full(midpoint.shape, np.inf), certified=False, why=said)
