"""mu, the least curvature that is certified: never above what the Hessians are, and >= 0 for tasks that are convex."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy

from mamlcheck.arithmetic import ball
from mamlcheck.check.sweeps import RandomSweep, blocks
from mamlcheck.tasks.certificate import NotCertified
from mamlcheck.tasks.convexity import certainly_nonnegative
from mamlcheck.tasks.expression import variable
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.families.spline import SplineTasks
from mamlcheck.tasks.family import Tasks
from mamlcheck.tasks.loss import Loss, _Calculus
from mamlcheck.tasks.losses import builtin_losses, loss

CONVEX = {"quadratic", "log_cosh", "softplus"}
T = variable()


def exact(values):
    out = np.empty(np.shape(np.array(values, dtype=object)), dtype=object)
    out.reshape(-1)[:] = [Fraction(v) for v in np.array(values, dtype=object).reshape(-1)]
    return out


# -- losses ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("psi", builtin_losses(), ids=lambda psi: psi.name)
def test_a_built_in_loss_is_known_to_be_convex_exactly_where_it_is(psi):
    """By second differences of mpmath's own: one below 0 refutes, and none shows on the convex ones."""
    value = sympy.lambdify(T, psi.expression, "mpmath")
    with mpmath.workdps(40):
        h = mpmath.mpf(1) / 1000
        bends = [value(t + h) - 2 * value(t) + value(t - h) for t in mpmath.linspace(-9, 9, 199)]
    assert (min(bends) >= 0) == (psi.name in CONVEX) == psi.convex


@pytest.mark.parametrize(
    ("text", "convex"),
    [
        ("t**2/4 - cos(t)/4 + sin(t)/5", True),  # 1/2 + cos(t)/4 - sin(t)/5
        ("t**2/2 + sin(t)*1000001/1000000", False),  # below 0 on a short piece
        ("log(cosh(t)) - t**2/2000000", False),  # below 0 in both tails alone
        ("t/2 + log(2*cosh(t/2)) + log(t**2 + 1)/1000", False),  # the slower term counts for large |t|
        ("sqrt(t**2 + 1)", True),
        ("-t**2/2", False),
        ("3*t + 1", True),
    ],
)
def test_a_loss_of_your_own(text, convex):
    assert Loss.from_expression(text).convex is convex


@pytest.mark.parametrize(
    ("f", "holds"),
    [
        (1 / (1 + T**2), True),
        (2 + sympy.tanh(T), True),
        (sympy.tanh(T), False),  # below 0 on the left
        (-sympy.tanh(T), False),  # and on the right
        (sympy.exp(-(T**2)) - sympy.Rational(1, 10**9), False),
        (T**2 - sympy.Rational(1, 10**12), False),
        ((T - sympy.Rational(1, 3)) ** 2 - sympy.Rational(1, 10**12), False),  # at no place that is looked at first
        ((100 + T) / (1 + T**2), False),  # below 0 far on the left alone
        ((100 - T) / (1 + T**2), False),
        (sympy.Integer(0), True),
        (sympy.Rational(-1, 10**30), False),
        (T**2, True),
        (1 - sympy.cos(T), False),  # it is, and 0 at many places: not known
    ],
)
def test_a_function_is_certainly_nonnegative(f, holds):
    assert certainly_nonnegative(sympy.sympify(f), T) is holds


def test_a_loss_that_is_not_proved_smooth_is_not_known_to_be_convex():
    """What the derivative says away from kinks tells nothing of them."""
    calculus = _Calculus("t**2/2")
    assert calculus.convex
    rough = _Calculus("t**2/2")
    rough.__dict__["_broken"] = NotCertified("not shown")
    assert not rough.convex


# -- families ----------------------------------------------------------------------------------------------------------
def quadratics(*matrices):
    """One task of as many samples."""
    d = len(matrices[0])
    return QuadraticTasks(exact([list(matrices)]), exact([[[0] * d] * len(matrices)]), exact([1]))


@pytest.mark.parametrize(
    ("tasks", "convex"),
    [
        (quadratics([[1, 2], [2, 4]]), True),  # singular
        (quadratics([[1, 2], [2, 4 - Fraction(1, 10**40)]]), False),
        (quadratics([[0, 0], [0, 0]]), True),
        (quadratics([[0, Fraction(1, 10**40)], [Fraction(1, 10**40), 1]]), False),
        (quadratics([[0, 0, 0], [0, 1, -1], [0, -1, 1]]), True),
        (quadratics([[-1, 0], [0, 2]], [[1, 0], [0, -2]]), True),  # the mean counts
        (quadratics([[-1]], [[Fraction(999, 1000)]]), False),
        (quadratics([[5e-324]], [[-5e-324]]), True),
        (quadratics([[Fraction(10) ** 400]]), False),  # beyond doubles: not known
    ],
)
def test_quadratics_are_convex_where_their_mean_matrices_are_semidefinite(tasks, convex):
    assert tasks._convex[()] == convex
    if np.isfinite(tasks.smoothness):
        assert tasks.least_curvature[()] == (0 if convex else -tasks.smoothness)


def spline(values, c=(1, 1), mu=0, of=Fraction):
    knots = exact([[[0, 1, 2], [-1, 0, 3]]])
    one = exact([[1, 1]])
    c, values = (exact([x]) if of is Fraction else np.array([x], dtype=float) for x in (c, values))
    return SplineTasks(one[..., None], 0 * one, c, exact(mu), exact([1]), knots, values, 0 * one)


@pytest.mark.parametrize(
    ("tasks", "mu"),
    [
        (spline([[0, 1, 0], [2, 0, 1]]), 0),
        (spline([[0, 1, 0], [2, 0, 1]], mu=Fraction(1, 3)), Fraction(1, 3)),
        (spline([[0, 1, 0], [-2, 0, -1]], c=(1, -1)), 0),
        (spline([[0, 1, 0], [-2, 0, -1]]), None),
        (spline([[0, 1, 0], [-2, 5, -1]], c=(1, 0)), 0),
        (spline([[0, 1, -5e-324], [0, 0, 0]], c=(0.25, 1), of=float), None),  # a product that is rounded to 0
    ],
)
def test_splines_are_convex_where_no_value_is_below_0(tasks, mu):
    found = Fraction(float(tasks.least_curvature))
    if mu is None:
        assert found == -Fraction(float(tasks.smoothness)) < 0
    else:
        assert mu - Fraction(1, 10**16) < found <= mu


def ridge(names, c, mu=0):
    a = exact([[[1, 2], [0, 1]], [[1, 0], [1, 1]]])
    return RidgeTasks(a, exact([[0, 1], [1, 0]]), exact(c), exact(mu), exact([1, 0]), tuple(map(loss, names)))


@pytest.mark.parametrize(
    ("tasks", "mu"),
    [
        (ridge(("log_cosh", "softplus"), [[1, 2], [3, 0]]), 0),
        (ridge(("log_cosh", "softplus"), [[1, 2], [3, 0]], Fraction(1, 2)), Fraction(1, 2)),
        (ridge(("log_cosh", "softplus"), [[1, 2], [3, -1]], 100), None),  # convex by its ridge: not known
        (ridge(("log_cosh", "sin"), [[1, 2], [3, 0]]), None),
        (ridge(("log_cosh", "sin"), [[1, 2], [0, 0]]), 0),
    ],
)
def test_ridge_tasks_are_convex_where_all_samples_are(tasks, mu):
    assert tasks.least_curvature[()] == (mu if mu is not None else -tasks.smoothness)


def test_no_hessian_is_below_it():
    """At random points, by eigenvalues of Hessians in doubles; what these may be off by is far below their size."""
    found = 0
    for _, block in blocks(RandomSweep(13), 1500):
        mu = np.asarray(block.tasks.least_curvature)
        with ball.working():
            x = block.on(ball)
            hessians = ball.midpoint(x.at_both.start.hessian())
        least = np.linalg.eigvalsh(hessians).min(axis=(-1, -2, -3))
        assert (least >= mu - 1e-12 * (1 + np.asarray(block.tasks.smoothness))).all()
        found += int((mu >= 0).sum())
    assert found > 100


def test_a_family_that_says_nothing_says_minus_l():
    tasks = ridge(("log_cosh", "softplus"), [[1, 2], [3, 0]])
    default = Tasks.least_curvature.fget(tasks)
    assert default[()] == -tasks.smoothness
    assert not default.flags.writeable
