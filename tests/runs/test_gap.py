"""The bound of Delta = F(w) - inf F: never below what a search finds, and said to be unknown where there is none."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from run_tasks import instance_of, quadratic

from mamlcheck.arithmetic import ball
from mamlcheck.runs.gap import Gap, gap_bound
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.losses import loss

ALPHA = 0.125
A = np.array([[[1.0], [-2.0]], [[0.5], [1.0]]])
B = np.array([[0.0, 1.0], [-1.0, 2.0]])
PSI: dict[str, Any] = {
    "log_cosh": (lambda t: np.log(np.cosh(t)), np.tanh),
    "sin": (np.sin, np.cos),
    "softplus": (lambda t: np.log1p(np.exp(t)), lambda t: 1 / (1 + np.exp(-t))),
}


def ridge(name: str, c: Any) -> RidgeTasks:
    half = np.array([Fraction(1, 2)] * 2, dtype=object)
    return RidgeTasks(A, B, np.array(c, dtype=float), np.array(0.0), half, (loss(name),) * 2)


def bound(tasks: Any, w: float) -> Gap:
    with ball.working():
        return gap_bound(instance_of(tasks, [w], ALPHA)[None].on(ball))


def objective(name: str, c: Any, w: float) -> float:
    """F by NumPy, from the definition."""
    psi, slope = PSI[name]
    total = 0.0
    for a, b, weights in zip(A[..., 0], B, np.array(c, dtype=float), strict=True):
        moved = w - ALPHA * np.mean(weights * slope(a * w - b) * a)
        total += np.mean(weights * psi(a * moved - b)) / 2
    return float(total)


@pytest.mark.parametrize(
    ("name", "c", "least"),
    [
        ("log_cosh", [[1, 2], [3, 1]], 0.0),
        ("softplus", [[1, 2], [3, 1]], 0.0),
        ("sin", [[1, 2], [3, 1]], -(3 + 4) / 4),
        ("sin", [[1, -2], [3, -1]], -(3 + 4) / 4),
    ],
)
def test_it_is_f_less_the_least_that_samples_can_be(name: str, c: Any, least: float) -> None:
    for w in (-1.5, 0.25, 4.0):
        found = bound(ridge(name, c), w)
        assert found.upper is not None
        assert found.upper == pytest.approx(objective(name, c, w) - least, rel=1e-12)
        best = min(objective(name, c, float(x)) for x in np.linspace(-20, 20, 801))
        assert found.upper >= objective(name, c, w) - best - 1e-12


@pytest.mark.parametrize(("name", "c"), [("log_cosh", [[1, -2], [3, 1]]), ("softplus", [[1, 2], [3, -1]])])
def test_what_falls_without_bound_has_none(name: str, c: Any) -> None:
    found = bound(ridge(name, c), 0.5)
    assert found.upper is None
    assert "--gap" in found.told


def test_a_sample_that_counts_for_nothing_needs_no_bound() -> None:
    assert bound(ridge("log_cosh", [[1, 0], [0, 2]]), 0.5).upper is not None


def test_quadratics() -> None:
    """Of one curvature h: F - min F = (1 - alpha h)^2 h |w - mean|^2 / 2, min F that of the mean task."""
    h, centres = 2, np.array([[[1.0], [3.0]], [[-2.0], [0.0]]])
    half = np.array([Fraction(1, 2)] * 2, dtype=object)
    tasks = QuadraticTasks(np.full((2, 2, 1, 1), float(h)), centres, half)
    exact = Fraction(3, 4) ** 2 * h * (4 - Fraction(1, 2)) ** 2 / 2
    found = bound(tasks, 4.0)
    assert found.upper is not None
    assert float(exact) <= found.upper <= float(exact) * (1 + 1e-12)
    assert bound(quadratic(d=1), 4.0).upper is None
