"""The error of a finite difference: exact numbers against the formula by hand, floats against plain Python's."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest

from mamlcheck.errors import InputError
from mamlcheck.figures.difference_errors import (
    LARGEST,
    difference,
    difference_errors,
    exactly,
    measured,
    rounding_bound,
)

FOUND = difference_errors()


def gradient(t: Fraction) -> Fraction:
    """phi'(t), integrated by hand."""
    return 6 - t / 2 + t * abs(t) / 2 if abs(t) <= 1 else 6 + (t - (1 if t > 0 else -1)) / 2


@pytest.mark.parametrize("delta", [Fraction(1, 10**9), Fraction(1, 3), Fraction(1), Fraction(7, 2), Fraction(10)])
def test_exact_numbers(delta: Fraction) -> None:
    found = exactly(delta)
    quotient = (gradient(delta) - gradient(-delta)) / (2 * delta)
    assert found.error == abs(Fraction(-1, 2) - quotient)
    assert found.printed == delta
    assert found.sharper == (delta / 2 if delta <= 1 else 1 - 1 / (2 * delta))
    assert found.error == found.sharper <= found.printed


def test_floats_are_those_of_ieee_arithmetic() -> None:
    """Plain Python's floats are doubles as well; the error is found once more with 60 digits."""
    (doubles,) = (one for one in FOUND.measured if one.precision == "float64")

    def slope(t: float) -> float:
        return 6 + (t if abs(t) <= 1 else (1.0 if t > 0 else -1.0)) * (abs(t) - 1) / 2

    with mpmath.workdps(60):
        for delta, error in doubles.points:
            quotient = (slope(delta) - slope(-delta)) / (2 * delta)
            assert error == float(abs(mpmath.mpf(quotient) + mpmath.mpf(1) / 2))


def test_floats_of_float32_are_rounded_to_24_bits() -> None:
    (singles,) = (one for one in FOUND.measured if one.precision == "float32")
    for delta, error in singles.points:
        assert np.float32(delta) == delta
        quotient = difference(np.float32(delta))
        assert isinstance(quotient, np.float32)
        assert error == abs(float(quotient) + 0.5)


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_rounding_is_within_its_proved_bound_and_no_bound_is_far_off(precision: str) -> None:
    (found,) = (one for one in FOUND.measured if one.precision == precision)
    shares = []
    for (delta, error), bound in zip(found.points, found.rounding, strict=True):
        off = abs(Fraction(error) - exactly(Fraction(delta)).error)
        assert off <= bound
        shares.append(float(off) / bound)
    assert max(shares) > 0.1  # a bound ten times too small would be exceeded


@pytest.mark.parametrize(("precision", "kind"), [("float64", np.float64), ("float32", np.float32)])
def test_the_bound_of_rounding_holds_on_many_more_deltas(precision: str, kind: type[np.floating]) -> None:
    rng = np.random.default_rng(1)
    for exponent in rng.uniform(-7 if precision == "float32" else -14, 1, 3000):
        delta = kind(min(10.0**exponent, LARGEST))
        exact = (gradient(Fraction(float(delta))) - gradient(-Fraction(float(delta)))) / (2 * Fraction(float(delta)))
        off = abs(Fraction(float(difference(delta))) - exact)
        assert off <= rounding_bound(Fraction(float(delta)), precision)  # type: ignore[arg-type]


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_the_best_delta_is_where_the_proved_bound_is_least(precision: str) -> None:
    found = measured(precision)  # type: ignore[arg-type]

    def bound(delta: float) -> Fraction:
        return Fraction(delta) / 2 + rounding_bound(Fraction(delta), precision)  # type: ignore[arg-type]

    assert all(bound(found.best) < bound(found.best * off) for off in (0.9, 1.1))


def test_what_is_told_of_the_task() -> None:
    assert FOUND.printed_delta == "1/2"  # 1 / (6 rho alpha |v|) with alpha = 1 / (6L) = 1/3
    assert list(FOUND.deltas) == sorted(set(FOUND.deltas))
    assert FOUND.error == FOUND.sharper
    for wrong in (Fraction(0), Fraction(-1)):
        with pytest.raises(InputError, match="give a number > 0"):
            exactly(wrong)
        with pytest.raises(InputError, match="rounding is bounded"):
            rounding_bound(wrong, "float64")
