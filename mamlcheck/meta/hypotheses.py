"""Hypotheses that claims share, each decided on instances: 1 holds, 0 fails, -1 cannot be told in this
arithmetic.

What can be decided on the exact numbers of an instance is decided there. A hypothesis's docstring is what
people read, after "needs"; its `finding` says what a block of one instance has instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from mamlcheck.arithmetic.exact import fractions_of, nearest_double
from mamlcheck.meta.instance import InstanceOn, Instances

Array = Any
Hypothesis = Callable[[InstanceOn], np.ndarray]


def finding(describe: Callable[[InstanceOn], str]) -> Callable[[Hypothesis], Hypothesis]:
    """Give a hypothesis its `finding`: what an instance on which it fails has, such as "alpha = 0"."""

    def mark(hypothesis: Hypothesis) -> Hypothesis:
        hypothesis.__dict__["finding"] = describe
        return hypothesis

    return mark


def _rate_found(x: InstanceOn) -> str:
    alpha, smoothness = _only(x.given.alpha), _only(x.given.smoothness_constant)
    if alpha < 0:
        return f"alpha = {number_text(alpha)} is negative"
    return f"alpha = {number_text(alpha)} exceeds 1/L = {number_text(1 / smoothness)}"


@finding(_rate_found)
def inner_rate_at_most_one_over_l(x: InstanceOn) -> np.ndarray:
    """alpha in [0, 1/L]."""
    alpha, smoothness = x.given.alpha, x.given.smoothness_constant
    if alpha.dtype == smoothness.dtype == np.float64 and alpha.size > 1:
        with np.errstate(all="ignore"):
            rate = alpha * smoothness
        # One rounding: a product of doubles is within 2**-53 of itself, or below the smallest normal double.
        if (np.abs(rate - 1) > 2.0**-50).all() and (alpha >= 0).all():
            within: np.ndarray = (rate < 1).astype(np.int8)
            return within
    return _exactly(x, lambda alpha, smoothness: 0 <= alpha * smoothness <= 1 and alpha >= 0)


@finding(lambda x: f"alpha = {number_text(_only(x.given.alpha))}")
def positive_inner_rate(x: InstanceOn) -> np.ndarray:
    """alpha > 0."""
    return _exactly(x, lambda alpha, _: alpha > 0)


@finding(lambda x: f"L = {number_text(_only(x.given.smoothness_constant))}")
def positive_smoothness(x: InstanceOn) -> np.ndarray:
    """L > 0."""
    return _exactly(x, lambda _, smoothness: smoothness > 0)


@finding(lambda x: "w = u")
def distinct_points(x: InstanceOn) -> np.ndarray:
    """two different points w and u."""
    answer: np.ndarray = (x.given.w != x.given.u).any(axis=-1).astype(np.int8)
    return answer


def _needed_tasks(x: InstanceOn) -> Array:
    """(rho alpha sigma)^2: B' has to be at least this / (2 L^2)."""
    return x.ar.square(x.hessian_lipschitz * x.alpha) * x.task_variance


def _needed_samples(x: InstanceOn) -> Array:
    """(2 rho alpha sigma~)^2: D_beta has to be at least this / L^2."""
    return 4 * x.ar.square(x.hessian_lipschitz * x.alpha) * x.mean_gradient_variance


def _size_found(name: str, size: int, x: InstanceOn, needed: Array) -> str:
    least = float(x.ar.lower(needed / x.ar.square(x.smoothness))[0])
    return f"{name} = {size} is less than {math.ceil(least):,}" if 0 < least < 2**53 else f"{name} = {size} is too few"


@finding(lambda x: _size_found("B'", x.sizes.stepsize_tasks, x, _needed_tasks(x) / 2))
def enough_stepsize_tasks(x: InstanceOn) -> np.ndarray:
    """B' >= max(1, (rho alpha sigma / L)^2 / 2)."""
    given = 2 * x.sizes.stepsize_tasks * x.ar.square(x.smoothness)
    answer: np.ndarray = x.ar.less_equal(_needed_tasks(x), given)
    return answer


@finding(lambda x: _size_found("D_beta", x.sizes.stepsize, x, _needed_samples(x)))
def enough_stepsize_samples(x: InstanceOn) -> np.ndarray:
    """D_beta >= max(1, (2 rho alpha sigma~ / L)^2)."""
    answer: np.ndarray = x.ar.less_equal(_needed_samples(x), x.sizes.stepsize * x.ar.square(x.smoothness))
    return answer


def _squared_reach(x: InstanceOn) -> Array:
    """T^2 = (rho delta |v|)^2: the Hessian changes by at most T over the step delta v."""
    return x.ar.square(x.hessian_lipschitz * x.delta) * x.ar.squared_norm(x.v)


def _step_found(x: InstanceOn) -> str:
    step, twice = (float(x.ar.midpoint(y)[0]) for y in (_squared_reach(x), 2 * x.smoothness))
    return f"rho delta |v| = {math.sqrt(step):.6g} is less than 2L = {twice:.6g}"


@finding(_step_found)
def large_step(x: InstanceOn) -> np.ndarray:
    """rho delta |v| >= 2L."""
    answer: np.ndarray = x.ar.less_equal(4 * x.ar.square(x.smoothness), _squared_reach(x))
    for k in zip(*np.nonzero(answer < 0), strict=True):  # close to a tie: decided on the exact numbers
        answer[k] = _is_large_step(x.given[k])
    return answer


def _is_large_step(one: Instances) -> bool:
    lipschitz, delta, smoothness = (
        _only(v) for v in (one.hessian_lipschitz_constant, one.delta, one.smoothness_constant)
    )
    return (lipschitz * delta) ** 2 * sum(v * v for v in fractions_of(one.v)) >= 4 * smoothness**2


def _only(values: np.ndarray) -> Fraction:
    """The one number of a block of one instance."""
    (value,) = fractions_of(values)
    return value


def number_text(value: Fraction) -> str:
    """An exact number as a short decimal where it has one, else as a fraction, or, if that is long, about."""
    if max(abs(value.numerator), value.denominator) > 10**24:
        return f"about {nearest_double(value):.6g}"
    for digits in range(13):
        if (value * 10**digits).denominator == 1:
            text = f"{abs(value) * 10**digits}".rjust(digits + 1, "0")
            whole, rest = text[: len(text) - digits], text[len(text) - digits :]
            return ("-" if value < 0 else "") + whole + (f".{rest}" if rest else "")
    return str(value)


def _exactly(x: InstanceOn, holds: Callable[[Fraction, Fraction], bool]) -> np.ndarray:
    """Decide on the exact alpha and L, in fractions."""
    alphas, constants = x.given.alpha, x.given.smoothness_constant
    pairs = zip(fractions_of(alphas), fractions_of(constants), strict=True)
    return np.array([holds(a, c) for a, c in pairs], dtype=np.int8).reshape(alphas.shape)
