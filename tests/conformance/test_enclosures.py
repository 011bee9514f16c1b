"""Enclosures: differences from a direction are right to their last places, and what is not finite is in none."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from mamlcheck.arithmetic import arb, ball
from mamlcheck.conformance.enclosures import Enclosure, enclosed_by, narrow


def thirds(ar):
    return ar.exact([1.0, -2.0, 0.0, 2.0**-900]) / ar.exact(3.0)


LEAST = Fraction(1, 2**990)  # balls of doubles have radii of about this at least
EXACT = [Fraction(1, 3), Fraction(-2, 3), Fraction(0), Fraction(1, 3 * 2**900)]


@pytest.mark.parametrize(("ar", "finer"), [(ball, 2.0**-49), (arb(64), 2.0**-60), (arb(128), 2.0**-104)])
def test_the_direction_lies_in_both_radii(ar, finer):
    found = enclosed_by(ar, thirds)
    there = zip(EXACT, found.midpoint, found.rest, found.radius, found.finer_radius, strict=True)
    for exact, *numbers in there:
        middle, rest, radius, within = (Fraction(float(x)) for x in numbers)
        assert abs(exact - middle) <= radius <= abs(exact) / 2**49 + LEAST
        assert abs(exact - middle - rest) <= within <= abs(exact) * Fraction(finer) + LEAST


@pytest.mark.parametrize("factor", [1.0, -1.0, 0.1, 1 / 3, 1e-9])
def test_what_is_left_is_right_to_its_last_places(factor):
    found = enclosed_by(arb(128), thirds)
    exact = [Fraction(float(factor)) * value for value in EXACT]
    x = np.array([float(value) for value in exact])
    x[1] = np.nextafter(x[1], np.inf)
    for value, near, left in zip(exact[:2], x, found.apart(x, factor), strict=False):
        off = Fraction(float(near)) - value
        assert abs(Fraction(float(left)) - off) <= abs(off) / 2**40


@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_what_is_not_finite_has_an_infinite_radius(bad):
    found = enclosed_by(arb(64), lambda ar: ar.exact([1.0, 2.0]) * ar.exact([1.0, 1.0]) / ar.exact([1.0, 0.0]))
    assert found.radius[0] < 1e-15
    assert found.radius[1] == found.finer_radius[1] == np.inf
    assert not narrow(found)
    there = Enclosure(np.array([1.0, bad]), np.zeros(2), np.array([0.0, np.inf]))
    assert not narrow(there)
    assert not np.isfinite(there.apart(np.ones(2))[1])
