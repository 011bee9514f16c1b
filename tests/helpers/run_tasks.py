"""Small tasks to make runs of: ridge tasks of log-cosh losses, not equally likely, and quadratics."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from mamlcheck.meta.instance import Instances
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.losses import loss


def instance_of(tasks: Any, w: Any, alpha: Any = 1.0) -> Instances:
    """The tasks at w, without leading axes."""
    one, zero = np.array(1.0), np.zeros(tasks.d)
    return Instances(tasks, np.array(alpha), np.array(w, dtype=float), zero, zero, one, one)


def ridge(n: int = 3, m: int = 4, d: int = 2) -> RidgeTasks:
    """Log-cosh tasks with coefficients of either sign."""
    rng = np.random.default_rng(0)
    chances = [Fraction(1, n)] * (n - 2) + [Fraction(1, 2 * n), Fraction(3, 2 * n)]
    return RidgeTasks(
        rng.normal(size=(n, m, d)), rng.normal(size=(n, m)), rng.normal(size=(n, m)), np.array(0.25),
        np.array(chances, dtype=object), (loss("log_cosh"),) * n,
    )  # fmt: skip


def quadratic(n: int = 3, m: int = 4, d: int = 2) -> QuadraticTasks:
    """Quadratic tasks of unlike curvatures, which may be negative."""
    rng = np.random.default_rng(0)
    matrices = rng.normal(size=(n, m, d, d))
    matrices = (matrices + np.swapaxes(matrices, -1, -2)) / 2
    return QuadraticTasks(matrices, rng.normal(size=(n, m, d)), np.array([Fraction(1, n)] * n, dtype=object))
