"""Powers of 1/eps: the least T and B by a recursion of moments, and slopes of straight lines."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import pytest

from mamlcheck.figures import slopes as figure
from mamlcheck.figures.slopes import ACCURACIES, ALPHA, CENTRES, START, least_needed, power
from mamlcheck.figures.table_1 import fitted_slopes
from mamlcheck.runs.algorithms import algorithms_named

FACTORS = {"maml": Fraction(1, 12), "fo-maml": Fraction(1, 18), "hf-maml": Fraction(1, 25)}
TOLERANCE = 0.02  # of powers: B is rounded up to a whole number


def mean_squares(name: str, steps: int, tasks: int) -> tuple[mpmath.mpf, mpmath.mpf]:
    """The mean over k of |E grad F(w_k)|^2, and of E|grad F(w_k)|^2, step by step; f_ij = (w - z_ij)^2 / 2.

    w_i = w - alpha (w - z), and the outer gradient is (1 - alpha) w + alpha z - z', z and z' two samples of one task,
    which MAML multiplies by 1 - alpha: a mean and a variance, listed over both tasks and all pairs of samples.
    """
    with mpmath.workdps(40):
        pull = Fraction(1) if name == "fo-maml" else 1 - ALPHA
        noise = [pull * (ALPHA * z - other) for row in CENTRES for z in row for other in row]
        centre = sum(noise, Fraction(0)) / len(noise)
        spread = sum(((x - centre) ** 2 for x in noise), Fraction(0)) / len(noise)
        bend = (1 - ALPHA) ** 2
        rest = sum((z for row in CENTRES for z in row), 0) / Fraction(4)
        beta = FACTORS[name] / 4
        own = pull * (1 - ALPHA)  # of the mean direction, own (w - rest)
        ratio, added = mpmath.mpf(1) - _mp(beta * own), _mp(beta**2 * spread / tasks)
        mean, variance, total, still = _mp(START - rest), mpmath.mpf(0), mpmath.mpf(0), mpmath.mpf(0)
        for _ in range(steps):
            still += _mp(bend) ** 2 * mean**2
            total += _mp(bend) ** 2 * (mean**2 + variance)
            mean, variance = ratio * mean, ratio**2 * variance + added
        return still / steps, total / steps


def _mp(x: Fraction) -> mpmath.mpf:
    return mpmath.mpf(x.numerator) / x.denominator


@pytest.mark.parametrize("name", ["maml", "fo-maml", "hf-maml"])
def test_the_least_that_serves_is_the_least(name: str) -> None:
    (algorithm,) = algorithms_named([name])
    (found,) = least_needed(algorithm, [Fraction(1)])
    still, total = mean_squares(name, found.steps, found.tasks)
    assert still <= 0.5
    assert total <= 1
    assert mean_squares(name, found.steps - 1, found.tasks)[0] > 0.5
    assert mean_squares(name, found.steps, found.tasks - 1)[1] > 1


def test_a_power_is_the_slope_of_a_line() -> None:
    assert power(ACCURACIES, [7 * 2 ** (3 * k) for k in range(6)]) == pytest.approx(3)
    assert power(ACCURACIES, [5] * 6) == pytest.approx(0)


def test_powers_are_those_of_the_theory() -> None:
    """T as eps^-2, and samples of a step as the theorem sizes them as eps^-4: Table 1. What linear gradients need:
    eps^-2 a step, and so eps^-4 in all.
    """
    found = {one.title: one for one in fitted_slopes()}
    assert list(found) == ["MAML", "FO-MAML", "HF-MAML"]
    for title, one in found.items():
        asked = [slope.by_theorem for slope in one.slopes]
        least = [slope.found for slope in one.slopes]
        assert [slope.quantity for slope in one.slopes] == ["iterations T", "samples a step", "samples in all"]
        assert least == pytest.approx([2, 2, 4], abs=TOLERANCE)
        if title == "FO-MAML":
            assert asked == [None] * 3
        else:
            assert asked == pytest.approx([2, 4, 6], abs=TOLERANCE)


def test_what_is_sought_is_found_by_halving() -> None:
    for least in (1, 2, 3, 7, 8, 9, 1000, 1025):
        assert figure._least(lambda count, least=least: count >= least) == least
