"""The directions that a gradient of an own model is held against: measured in double-double, or certified by Arb.

Balls of doubles are too weak here: each layer multiplies the radius, and each inner step pays that again. Arb's
precision is doubled until every branch is decided and the radius is small.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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
    """The direction in double-double."""
    double_double = DoubleDouble()
    with double_double.working():
        high, low = cast("DoubleDoubleArray", formula(double_double)).pair
    return Enclosure(high, low, np.zeros(high.shape), certified=False)


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
            if np.isfinite(size) and float(np.linalg.norm(found.finer_radius)) <= WANTED_RADIUS * size:
                return found
            why = "its enclosure stays wide"
        bits *= 2
    near = measured(formula)
    said = f"Arb at {MOST_BITS} bits does not decide it: {why}"
    return replace(near, finer_radius=np.full(near.midpoint.shape, np.inf), why=said)
