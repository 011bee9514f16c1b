"""Estimates of what is not bounded at all points: along gradient descent on F, in float64.

They are what the deviations were at some points, and the lowest F that was met: neither holds everywhere, so that
nothing that rests on them is guaranteed.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from mamlcheck.arithmetic import Numbers, float64
from mamlcheck.errors import InputError
from mamlcheck.meta.instance import Instances
from mamlcheck.meta.objective import InnerStep
from mamlcheck.runs.constants import Constant, Constants
from mamlcheck.tasks.family import TasksOn

PILOT_STEPS = 200  # of gradient descent on F with the step 1 / L(w)
LOOKED_AT = 11  # points of it where deviations are computed, both ends among them


def estimated(instance: Instances, constants: Constants) -> Constants:
    """The constants with estimates for those that are not known. Raises `InputError` where these are not finite."""
    if not constants.missing:
        return constants
    with float64.working():
        path, lowest, first = _descent(instance)
        squares = _deviations(instance, path[:: (len(path) - 1) // (LOOKED_AT - 1)])
    sigma, tilde, hessian = (_constant(math.sqrt(square)) for square in squares)
    return replace(
        constants,
        sigma=constants.sigma or sigma,
        sigma_tilde=constants.sigma_tilde or tilde,
        sigma_hessian=constants.sigma_hessian or hessian,
        gap=constants.gap or _constant(max(0.0, first - lowest)),
    )


def _constant(value: float) -> Constant:
    if not math.isfinite(value):
        raise InputError("an estimate of a constant is not finite in float64: give it with --constants (constants=...)")
    return Constant(Fraction(value), "estimated")


def _descent(instance: Instances) -> tuple[np.ndarray, float, float]:
    """The points (P, d) of descent from w, the lowest F there, and the first."""
    tasks = instance.tasks.on(float64)
    alpha, w = float64.exact(instance.alpha), float64.exact(instance.w)
    smoothness, bend = (float64.exact(x) for x in (instance.smoothness_constant, instance.hessian_lipschitz_constant))
    points, values = [], []
    for _ in range(PILOT_STEPS + 1):
        step = InnerStep(float64, tasks, alpha, w[None, :])
        points.append(w)
        values.append(float(np.asarray(step.value)[0]))
        slope, bound = np.asarray(step.meta_gradient), np.asarray(step.smoothness_bound(smoothness, bend))
        w = w - slope[0] / bound[0]
    return np.stack(points), min(values), values[0]


def _deviations(instance: Instances, points: np.ndarray) -> tuple[float, float, float]:
    """The largest sigma^2, sigma~^2 and sigma_H^2 at points (P, d), and at w - alpha grad f(w) and w_i' of each."""
    tasks = instance.tasks.on(float64)
    at_points: Any = points
    step = InnerStep(float64, tasks, float64.exact(instance.alpha), at_points)
    middle = step.w - step.alpha * step.over_tasks(step.gradient)[None, :, :]
    spread = max(_spread(tasks, step.w), _spread(tasks, middle))
    of_samples = max(float(np.max(np.asarray(at.gradient_variance()))) for at in (step.start, step.end))
    return spread, of_samples, float(np.max(np.asarray(step.start.hessian_variance())))


def _spread(tasks: TasksOn, w: Numbers) -> float:
    """The largest E_i |grad f_i - grad f|^2 at points w (1, P, d)."""
    gradient = np.asarray(tasks.at(w).gradient())
    p = np.asarray(tasks.probabilities)[:, None, None]
    apart = gradient - (p * gradient).sum(axis=0)
    return float((p[..., 0] * (apart**2).sum(axis=-1)).sum(axis=0).max())


__all__ = ["estimated"]
