"""Bends psi'(t + h) - psi'(t) - psi''(t) h, in `ball`, against Arb at 512 bits: enclosed for steps of every size, and
with digits left where the step is so small that a difference has none.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest

from mamlcheck.arithmetic import BallArray, arb, ball, rational
from mamlcheck.arithmetic.ball import SMALL_STEP
from mamlcheck.tasks.families.ridge import LossesOn
from mamlcheck.tasks.families.spline import SplinesOn
from mamlcheck.tasks.loss import Loss
from mamlcheck.tasks.losses import builtin_losses

OWN = ("sin(t**2)/(1+t**2)**2", "sqrt(1+t**2)", "sin(exp(-t**2)*5)", "erf(t)*t", "t*atan(t) - 3*t**2/7", "7*t - 2")
LOSSES = [*builtin_losses(), *(Loss.from_expression(text) for text in OWN)]
FINE = arb(512)  # psi'(t) has 512 bits, of which the bend at the smallest step, 2**-70, keeps 370
STEPS = np.array([sign * 2.0**k * share for k in range(-70, 11) for sign in (1, -1) for share in (1.0, 1.37)])
by_loss = pytest.mark.parametrize("psi", LOSSES, ids=lambda psi: psi.name)


def places(psi: Loss) -> np.ndarray:
    """Near the extrema of psi'''' and its neighbours, at its zeros, at small, large and subnormal arguments."""
    grid = np.linspace(-4, 4, 129)
    with FINE.working():
        third = psi.third(FINE, FINE.exact(grid))
        sizes = np.array([abs(float(v.mid())) for v in third])
    turns = grid[1:-1][(sizes[1:-1] - sizes[:-2]) * (sizes[2:] - sizes[1:-1]) <= 0]
    few = np.array([0.0, 5e-324, 2.0**-40, -1.0, 0.5, 3.7, -20.0, 700.0])
    return np.concatenate([turns[:12], turns[:12] + 2.0**-9, few])


def bend_of(psi: Loss, t: BallArray, h: BallArray) -> BallArray:
    """The bend in `ball` (P, m) at arguments t and steps h, one point for each step."""
    profile = LossesOn((psi,))
    with ball.working():
        at = t[None, None, :]
        return profile.bend(ball, at, h[None, :, :], profile.first_and_second(ball, at))[0]


def truth_of(psi: Loss, t: np.ndarray, h: np.ndarray) -> np.ndarray:
    """The same at points, as balls of 512 bits (P, m), by the definition."""
    with FINE.working():
        at, step = FINE.exact(t)[None, :], FINE.exact(h)
        return np.asarray(psi.first(FINE, at + step) - psi.first(FINE, at) - psi.second(FINE, at) * step)


def outside(found: BallArray, truth: np.ndarray) -> int:
    """How many true numbers lie certainly outside of their balls."""
    low, high = ball.lower(found).ravel().tolist(), ball.upper(found).ravel().tolist()
    with FINE.working():
        return sum(bool(v < flint.arb(a) or v > flint.arb(b)) for a, v, b in zip(low, truth.flat, high, strict=True))


def radius(x: BallArray) -> np.ndarray:
    return np.zeros(x.shape) if x.rad is None else x.rad


@by_loss
def test_bends_are_enclosed_for_steps_of_every_size(psi: Loss) -> None:
    t = places(psi)
    h = np.broadcast_to(STEPS[:, None], (len(STEPS), len(t)))
    assert outside(bend_of(psi, ball.exact(t), ball.exact(h)), truth_of(psi, t, h)) == 0


@by_loss
@pytest.mark.parametrize(("of_argument", "of_step"), [(2.0**-52, 0.0), (2.0**-20, 2.0**-50), (0.25, 0.5)])
def test_bends_are_enclosed_from_end_to_end_of_arguments_and_steps(
    psi: Loss, of_argument: float, of_step: float
) -> None:
    t, steps = places(psi), STEPS[::11]
    h = np.broadcast_to(steps[:, None], (len(steps), len(t)))
    found = bend_of(psi, BallArray(t, np.full(t.shape, of_argument)), BallArray(h, np.abs(h) * of_step))
    for a in (-1.0, 1.0):
        moved = t + a * of_argument  # a double, or rounded to t: in the ball
        for s in (-0.75, 0.0, 0.75):  # what is left to 1 holds the rounding of the sum
            assert outside(found, truth_of(psi, moved, h + s * np.abs(h) * of_step)) == 0


@pytest.mark.parametrize("psi", [psi for psi in LOSSES if not psi.quadratic], ids=lambda psi: psi.name)
def test_small_steps_keep_digits(psi: Loss) -> None:
    """The error is that of Taylor's theorem, next to which the rounding errors of the leading term hardly count: 2**-40
    of it covers them, with 13 bits to spare for what psi''' itself loses."""
    t, steps = places(psi), np.array([2.0**-k for k in range(25, 70, 5)])
    h = np.broadcast_to(steps[:, None], (len(steps), len(t)))
    found = bend_of(psi, ball.exact(t), ball.exact(h))
    third, fourth = float(psi.sup_third.upper), float(psi.sup_fourth.upper) if psi.sup_fourth else np.nan
    assert (radius(found) <= fourth * h**3 / 6 * (1 + 2.0**-40) + 2.0**-40 * max(third, 1.0) * h**2).all()
    steep = np.abs(np.array([float(v.mid()) for v in truth_of(psi, t, h).flat]).reshape(h.shape)) > third * h**2 / 8
    assert steep.any()
    assert (radius(found)[steep] < 2.0**-15 * np.abs(found.mid[steep])).all()


@by_loss
def test_no_bend_is_wider_than_the_difference(psi: Loss) -> None:
    t = places(psi)
    h = np.broadcast_to(STEPS[:, None], (len(STEPS), len(t)))
    found = bend_of(psi, ball.exact(t), ball.exact(h))
    with ball.working():
        at, step = ball.exact(t), ball.exact(h)
        first, second = psi.first_and_second(ball, at)
        plain = psi.first(ball, at + step) - first - second * step
    assert (radius(found) <= radius(plain)).all()
    if not psi.quadratic:
        large = np.abs(h).max(axis=-1) > SMALL_STEP
        assert (found.mid[large] == plain.mid[large]).all()


def test_quadratic_losses_have_no_bend() -> None:
    for psi in LOSSES:
        found = bend_of(psi, ball.exact(np.array([0.3, -7.0])), ball.exact(STEPS[:, None] * np.ones(2)))
        assert psi.quadratic == bool((found.mid == 0).all() and (radius(found) == 0).all())
    assert [psi.name for psi in LOSSES if psi.quadratic] == ["quadratic", "7*t - 2"]


# -- without a certificate of the fourth derivative ------------------------------------------------------------------
UNCERTIFIED = Loss.from_expression("sin(t)+cos(sqrt(2)*t)", declared_second=3, declared_third=4)


def test_a_loss_without_a_certified_fourth_derivative_keeps_the_difference() -> None:
    """Not even for the losses beside it in a block is the expansion taken: tasks are not told apart."""
    assert UNCERTIFIED.sup_fourth is None
    t, h = np.array([0.5, -1.0]), np.full((3, 2), 2.0**-30)
    h[1] = 2.0**-3
    found = bend_of(UNCERTIFIED, ball.exact(t), ball.exact(h))
    assert outside(found, truth_of(UNCERTIFIED, t, h)) == 0
    assert (radius(found) > 2.0**-56).all()
    both = LossesOn((UNCERTIFIED, builtin_losses()[1]))
    with ball.working():
        at = ball.exact(np.broadcast_to(t, (2, 1, 2)))
        found = both.bend(ball, at, ball.exact(np.broadcast_to(h, (2, 3, 2))), both.first_and_second(ball, at))
    assert (radius(found) > 2.0**-56).all()


def test_a_declared_constant_does_not_make_a_loss_quadratic() -> None:
    """The declaration is wrong, and a bend of 0 that rested on it would hide what is there."""
    wrong = Loss.from_expression("sin(t)+cos(sqrt(2)*t)", declared_second=3, declared_third=0)
    found = bend_of(wrong, ball.exact(np.array([0.5])), ball.exact(np.array([[0.5]])))
    assert not wrong.quadratic
    assert ball.lower(found)[0, 0] > 0.1
    declared = Loss.from_expression("t**2/2", declared_second=2, declared_third=9)
    assert declared.quadratic


# -- splines ---------------------------------------------------------------------------------------------------------
KNOTS = np.array([-1.0, -0.125, 0.5, 2.0])
HEIGHTS = np.array([0.75, -1.0, 0.25, 0.5])


def spline_bend(ar: Any, t: Any, h: Any) -> tuple[Any, Any]:
    """The bend of a spline in an arithmetic (P, m), and the same by the definition."""
    m = t.shape[-1]
    of = SplinesOn.of(ar, *(np.broadcast_to(x, (1, m, 4)) for x in (KNOTS, HEIGHTS)), np.full((1, m), 0.375))
    at, step = t[None, None, :], h[None, :, :]
    first, second = of.first_and_second(ar, at)
    plain = of.first(ar, at + step) - first - second * step
    return of.bend(ar, at, step, (first, second))[0], plain[0]


def spline_places() -> np.ndarray:
    """At knots, a step before and behind them, between them, and beyond all of them."""
    steps = [0.0, *(s * 2.0**-k for k in (70, 53, 30, 12, 3) for s in (-1, 1))]
    return np.unique([*(k + s for k in KNOTS for s in steps), -8.0, 0.3, 900.0])


def test_bends_of_splines_are_those_of_the_definition() -> None:
    """In fractions, for steps before, onto, over and back over knots."""
    t = spline_places()
    steps = np.array([0.0, *(s * 2.0**-k for k in (70, 53, 30, 12, 3, 0, -2, -10) for s in (-1, 1, 1.5))])
    with rational.working():
        found, plain = spline_bend(rational, rational.exact(t), rational.exact(np.repeat(steps[:, None], len(t), 1)))
    assert (found == plain).all()


@pytest.mark.parametrize("of_argument", [0.0, 2.0**-53, 2.0**-20, 0.5])
def test_bends_of_splines_are_enclosed_and_keep_digits(of_argument: float) -> None:
    t = spline_places()
    h = np.repeat(STEPS[:, None], len(t), axis=1)
    with ball.working():
        at = BallArray(t, np.full(t.shape, of_argument)) if of_argument else ball.exact(t)
        found, _ = spline_bend(ball, at, ball.exact(h))
    for sign in (-1, 0, 1):
        moved = np.array([Fraction(x) + sign * Fraction(of_argument) for x in t.tolist()], dtype=object)
        with rational.working():
            truth, _ = spline_bend(rational, rational.exact(moved), rational.exact(h))
            low, high = (rational.exact(bound(found)) for bound in (ball.lower, ball.upper))
            assert bool((low <= truth).all())
            assert bool((truth <= high).all())
    if of_argument == 0:  # kinks, 4 at most, are below 4 in size: each term h^2 / 2 of their sum is rounded
        assert (radius(found) <= 2.0**-45 * h**2 + 2.0**-900).all()
