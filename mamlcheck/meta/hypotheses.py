"""Hypotheses that claims share, each decided on instances: 1 holds, 0 fails, -1 cannot be told in this arithmetic.

What can be decided on the exact numbers of an instance is decided there. A hypothesis's docstring is what people read.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from mamlcheck.arithmetic.exact import fractions_of
from mamlcheck.meta.instance import InstanceOn


def inner_rate_at_most_one_over_l(x: InstanceOn) -> np.ndarray:
    """alpha is in [0, 1/L]."""
    return _exactly(x, lambda alpha, smoothness: 0 <= alpha * smoothness <= 1 and alpha >= 0)


def positive_inner_rate(x: InstanceOn) -> np.ndarray:
    """alpha > 0."""
    return _exactly(x, lambda alpha, _: alpha > 0)


def positive_smoothness(x: InstanceOn) -> np.ndarray:
    """L > 0."""
    return _exactly(x, lambda _, smoothness: smoothness > 0)


def distinct_points(x: InstanceOn) -> np.ndarray:
    """w and u are different points."""
    return (x.given.w != x.given.u).any(axis=-1).astype(np.int8)


def enough_stepsize_tasks(x: InstanceOn) -> np.ndarray:
    """B' >= max(1, (rho alpha sigma / L)^2 / 2)."""
    needed = x.ar.square(x.hessian_lipschitz * x.alpha) * x.task_variance
    return x.ar.less_equal(needed, 2 * x.sizes.stepsize_tasks * x.ar.square(x.smoothness))


def enough_stepsize_samples(x: InstanceOn) -> np.ndarray:
    """D_beta >= max(1, (2 rho alpha sigma~ / L)^2)."""
    needed = 4 * x.ar.square(x.hessian_lipschitz * x.alpha) * x.mean_gradient_variance
    return x.ar.less_equal(needed, x.sizes.stepsize * x.ar.square(x.smoothness))


def _exactly(x: InstanceOn, holds: Callable[[Fraction, Fraction], bool]) -> np.ndarray:
    """Decide on the exact alpha and L, in fractions."""
    alphas, constants = x.given.alpha, x.given.smoothness_constant
    pairs = zip(fractions_of(alphas), fractions_of(constants), strict=True)
    return np.array([holds(a, c) for a, c in pairs], dtype=np.int8).reshape(alphas.shape)
