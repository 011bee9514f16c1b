"""Dual numbers against SymPy's derivative; the rounding analysis against errors that really happen."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from mamlcheck.arithmetic import arb, ball, float64
from mamlcheck.arithmetic.dual import Dual, DualArray
from mamlcheck.arithmetic.rounding import Rounding, rounding_error


def formula(ar, x, y):
    return ar.log(1 + ar.exp(x)) / (2 + ar.square(ar.tanh(y))) - 3 * x * y + 1 / (4 + x)


def test_tangents_are_sympys_derivatives():
    x, y = sympy.symbols("x y")
    value = sympy.log(1 + sympy.exp(x)) / (2 + sympy.tanh(y) ** 2) - 3 * x * y + 1 / (4 + x)
    at, along = (0.75, -1.25), (0.5, 2.0)
    slope = sum(sympy.diff(value, s) * sympy.Rational(c) for s, c in zip((x, y), along, strict=True))
    exact = float(slope.subs({x: sympy.Rational(at[0]), y: sympy.Rational(at[1])}).evalf(30))
    for ar in (float64, ball, arb(128)):
        with ar.working():
            duals = [DualArray(ar.exact([v]), ar.exact([t])) for v, t in zip(at, along, strict=True)]
            tangent = formula(Dual(ar), *duals).tangent
            assert abs(float(ar.midpoint(tangent)[0]) - exact) < 1e-14
            assert ar.lower(tangent)[0] - 1e-15 <= exact <= ar.upper(tangent)[0] + 1e-15


def test_linear_and_bilinear_operations():
    random = np.random.default_rng(1)
    a, da, x, dx = (random.normal(size=s) for s in [(4, 3), (4, 3), (5, 3), (5, 3)])
    d = Dual(float64)
    one, other = DualArray(a, da), DualArray(x, dx)
    np.testing.assert_allclose(d.matvec(one, other).tangent, dx @ a.T + x @ da.T)
    y, dy = random.normal(size=(5, 4)), random.normal(size=(5, 4))
    np.testing.assert_allclose(d.rmatvec(one, DualArray(y, dy)).tangent, dy @ a + y @ da)
    np.testing.assert_allclose(d.rmatvec(DualArray(a), DualArray(y, dy)).tangent, dy @ a)
    np.testing.assert_allclose(d.mean(other, 0).tangent, dx.mean(0))
    np.testing.assert_allclose(d.concatenate([other, DualArray(x)], 0).tangent, np.concatenate([dx, 0 * x]))
    assert (1 - other)[0].shape == (3,)
    np.testing.assert_allclose((2 / other).tangent, -2 * dx / x**2)


def test_constants_have_no_tangent():
    d = Dual(float64)
    assert d.tanh(DualArray(np.ones(3))).tangent is None
    assert (DualArray(np.ones(3)) / 2).tangent is None


# -- rounding --------------------------------------------------------------------------------------------------------
def in_float32(formula, *arrays):
    """The formula in float32 arrays; `float64` keeps the type of what it is given."""
    return np.asarray(formula(float64, *[a.astype(np.float32) for a in arrays]), dtype=np.float64)


FORMULAS = {
    "sum": lambda ar, x, y: ar.sum(x, -1),
    "product": lambda ar, x, y: ar.matvec(y, x),
    "cancellation": lambda ar, x, y: (1 + x) - (1 + x * (1 + x)),
    "functions": formula,
    "quotient": lambda ar, x, y: x / (1 + ar.square(y)) - ar.tanh(ar.exp(x)),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_real_errors_stay_below_the_bound(name):
    """In float32, against float64, over many inputs; and the bound is not wildly above them."""
    worst = 0.0
    for seed in range(40):
        random = np.random.default_rng(seed)
        x, y = (random.normal(size=(6, 6)).astype(np.float32).astype(np.float64) for _ in range(2))
        exact = FORMULAS[name](float64, x, y)
        error = np.linalg.norm(in_float32(FORMULAS[name], x, y) - exact)

        def perturbed(ar, x=x, y=y):
            return FORMULAS[name](ar, ar.exact(x), ar.exact(y))

        bound = rounding_error(perturbed, exact, 8) * 2.0**-24
        assert error <= bound
        worst = max(worst, error / bound)
    assert worst > 1e-3


def test_lost_digits_are_seen():
    """A difference over delta loses 1 / delta of its digits."""

    def difference(delta):
        def quotient(ar):
            x, h = ar.exact([0.5]), ar.exact([delta])
            return (ar.exp(x + h) - ar.exp(x - h)) / (2 * h)

        return quotient

    exact = {d: np.array([(np.exp(0.5 + d) - np.exp(0.5 - d)) / (2 * d)]) for d in (2.0**-4, 2.0**-12)}
    errors = {d: rounding_error(difference(d), exact[d], 32) for d in exact}
    assert 100 < errors[2.0**-12] / errors[2.0**-4] < 1000


def test_perturbations_are_a_function_of_the_seed():
    a, b, c = (Rounding(s) for s in (1, 1, 2))
    x = np.arange(1.0, 5.0)
    values = [(ar.exact(x) * ar.exact(x)).value for ar in (a, b, c)]
    assert np.array_equal(values[0], values[1])
    assert not np.array_equal(values[0], values[2])
