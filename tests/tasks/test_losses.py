"""Losses: derivatives against mpmath's own differentiation, suprema, enclosures with a radius, declared
constants."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy

from mamlcheck.arithmetic import BallArray, arb, ball, float64, rational
from mamlcheck.errors import InputError
from mamlcheck.tasks.expression import variable
from mamlcheck.tasks.forms import good_form
from mamlcheck.tasks.loss import Loss
from mamlcheck.tasks.losses import builtin_losses, loss

t = variable()
mp = mpmath.mp.clone()
mp.dps = 50

PSI = {
    "quadratic": lambda x: x**2 / 2,
    "log_cosh": lambda x: mp.log(mp.cosh(x)),
    "log1p_square": lambda x: mp.log(1 + x**2),
    "welsch": lambda x: 1 - mp.exp(-(x**2) / 2),
    "geman_mcclure": lambda x: x**2 / (1 + x**2),
    "sin": mp.sin,
    "softplus": lambda x: mp.log(1 + mp.exp(x)),
    "tanh_squared": lambda x: mp.tanh(x) ** 2,
}
POINTS = [-6.5, -1.75, -0.0625, 0.0, 0.5, 1.0, 3.25]
names = pytest.mark.parametrize("name", PSI)


def test_the_built_in_losses():
    assert set(PSI) <= {each.name for each in builtin_losses()}
    assert builtin_losses()[0].name == "quadratic"  # drawn losses shrink towards it
    with pytest.raises(InputError, match=r"there are quadratic, .*log_cosh"):
        loss("logcosh")


@names
def test_values_and_derivatives(name):
    psi, each = PSI[name], loss(name)
    x = np.array(POINTS)
    both = each.first_and_second(float64, x)
    found = {0: each.value(float64, x), 1: each.first(float64, x), 2: each.second(float64, x)}
    for order, values in found.items():
        for p, v in zip(POINTS, values, strict=True):
            assert abs(v - mp.diff(psi, mp.mpf(p), order)) < 2e-15 * (1 + abs(v))
    assert np.allclose(both, (found[1], found[2]), rtol=0, atol=2e-15)


@names
def test_balls_with_a_radius_hold_every_value(name):
    psi, each = PSI[name], loss(name)
    radius = np.array([0.0, 1e-12, 0.01, 1.0, 0.5, 2.0, 1e-3])
    x = BallArray(np.array(POINTS), radius)
    fine = arb(80)
    values = (each.value(ball, x), *each.first_and_second(ball, x))
    for order, value in enumerate(values):
        low, high = ball.lower(value), ball.upper(value)
        for k, (p, r) in enumerate(zip(POINTS, radius, strict=True)):
            for share in (-1, -0.5, 0, 0.25, 1):
                truth = mp.diff(psi, mp.mpf(p) + mp.mpf(r) * share, order)
                assert low[k] - mp.mpf(10) ** -25 <= truth <= high[k] + mp.mpf(10) ** -25
    with fine.working():
        narrow = each.first(fine, fine.exact(np.array(POINTS)))
    assert all(float(v.rad()) < 1e-20 for v in narrow)


@names
def test_an_enclosure_is_no_wider_than_its_lipschitz_bound(name):
    each = loss(name)
    x = BallArray(np.array(POINTS), np.full(len(POINTS), 1e-3))
    first, second = each.first_and_second(ball, x)
    assert (first.rad <= float(each.sup_second.upper) * 1e-3 * (1 + 1e-9)).all()
    assert (second.rad <= float(each.sup_third.upper) * 1e-3 * (1 + 1e-9) + 1e-14).all()


@names
def test_suprema_bound_a_scan_and_are_attained(name):
    psi, each = PSI[name], loss(name)
    for order, supremum in ((2, each.sup_second), (3, each.sup_third)):
        scan = max(abs(mp.diff(psi, mp.mpf(k) / 20, order)) for k in range(-80, 81))
        assert scan <= mp.mpf(supremum.upper.numerator) / supremum.upper.denominator + mp.mpf(10) ** -15
        assert scan >= mp.mpf("0.98") * supremum.lower.numerator / supremum.lower.denominator
        assert supremum.upper - supremum.lower <= supremum.upper / 10**9


def test_suprema_of_closed_form():
    assert (loss("quadratic").sup_second.upper, loss("quadratic").sup_third.upper) == (1, 0)
    assert loss("quadratic").sup_first is None
    assert loss("log_cosh").sup_second.provenance == "exact"
    truth = 4 / (3 * mp.sqrt(3))
    upper = loss("log_cosh").sup_third.upper
    assert truth <= mp.mpf(upper.numerator) / upper.denominator <= truth * (1 + mp.mpf(10) ** -9)
    assert loss("softplus").sup_second.upper == Fraction(1, 4)
    assert loss("log1p_square").sup_first.upper == 1
    assert abs(float(loss("tanh_squared").sup_first.upper) - float(truth)) < 1e-12


@names
def test_far_arguments_neither_overflow_nor_lose_their_sign(name):
    x = np.array([-1e100, -800.0, 800.0, 1e100])
    with float64.working():
        first, second = loss(name).first_and_second(float64, x)
    assert np.isfinite(first).all()
    assert np.isfinite(second).all()


def test_rational_losses_run_in_fractions():
    assert [each.name for each in builtin_losses() if each.rational] == ["quadratic", "geman_mcclure"]
    first, second = loss("geman_mcclure").first_and_second(rational, rational.exact(np.array([2.0])))
    assert (str(first[0]), str(second[0])) == ("4/25", "-22/125")


def test_the_cheap_forms():
    assert loss("log_cosh").derivative(1) == sympy.tanh(t)
    assert loss("log_cosh").derivative(2) == 1 - sympy.tanh(t) ** 2
    for text in ("log(1+exp(t))", "1/(1+exp(-t))", "log(2*cosh(t/2))"):
        assert not Loss("user", text).derivative(2).has(sympy.exp, sympy.sinh, sympy.cosh)


@pytest.mark.parametrize("text", ["sinh(t)/cosh(t)**3", "exp(t)/(1+exp(t))**2", "t*sinh(t)/cosh(t)**2 + exp(-t**2)"])
def test_a_good_form_is_an_equal_form(text):
    expression = sympy.sympify(text, locals={"t": t})
    form = good_form(expression)
    for point in (sympy.Rational(-3, 2), sympy.Rational(1, 4), sympy.Integer(2)):
        assert abs(sympy.N(expression.subs(t, point), 30) - sympy.N(form.subs(t, point), 30)) < 1e-25


def test_hashable_picklable_cheap():
    each = loss("welsch")
    _ = each.sup_third, each.first(float64, np.zeros(1))
    again = pickle.loads(pickle.dumps(each))
    assert again == each
    assert hash(again) == hash(each)
    assert again.sup_third == each.sup_third
    assert len(pickle.dumps(each)) < 200
    start = time.perf_counter()
    for _ in range(1000):
        Loss("log_cosh", "log(cosh(t))")
    assert time.perf_counter() - start < 0.5


def test_import_derives_nothing():
    code = "import sys, mamlcheck.tasks.losses; assert 'sympy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


# -- a user's own --------------------------------------------------------------------------------------------
def test_from_text_and_from_sympy():
    x = sympy.Symbol("x")
    made = Loss.from_expression(sympy.sqrt(1 + x**2), name="pseudo_huber")
    assert (made.name, made.text) == ("pseudo_huber", "sqrt(t**2 + 1)")
    assert made == Loss.from_expression("sqrt(1 + t**2)", name="pseudo_huber")
    assert made.sup_second.upper == 1
    assert Loss.from_expression("t*tanh(t)").name == "t*tanh(t)"


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("t**4", "infinite"),
        ("exp(t)", "infinite"),
        (sympy.Symbol("x") * sympy.Symbol("y"), "x, y"),
        (sympy.gamma(t), "gamma"),
        (7, "int"),
        ("sin(t)+cos(sqrt(2)*t)", "declared_second"),
    ],
)
def test_what_cannot_be_certified_is_refused(expression, reason):
    with pytest.raises(InputError, match=reason):
        Loss.from_expression(expression)


def test_declared_constants_carry_their_provenance():
    with pytest.raises(InputError, match="declared_third"):
        Loss.from_expression("sin(t)+cos(sqrt(2)*t)", declared_second=3)
    made = Loss.from_expression("sin(t)+cos(sqrt(2)*t)", declared_second=3, declared_third=Fraction(4))
    assert (made.sup_second.upper, made.sup_second.provenance) == (3, "declared")
    assert made.sup_third.provenance == "declared"
    # A constant that is proved too small, or a bound of what is infinite, is no matter of trust.
    with pytest.raises(InputError, match="below the certified"):
        _ = Loss.from_expression("log(cosh(t))", declared_second=Fraction(1, 2)).sup_second
    with pytest.raises(InputError, match="infinite"):
        _ = Loss.from_expression("t**4", declared_second=5, declared_third=5).sup_second
    with pytest.raises(InputError, match="negative"):
        Loss.from_expression("t", declared_second=-1)
