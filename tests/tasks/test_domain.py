"""Smoothness of what is written, against mpmath; each rule is missed when it is gone."""

from __future__ import annotations

import itertools
import pickle

import flint
import mpmath
import pytest
import sympy

from mamlcheck.tasks import domain
from mamlcheck.tasks.certificate import NotCertified
from mamlcheck.tasks.domain import require_smooth
from mamlcheck.tasks.expression import parse_expression, read_expression, variable

SMOOTH = [
    "t/(1+t**2)", "log(cosh(t))", "log(exp(t)-t)", "log(t**2-t+1)", "1/(t**2-6*t+9.000001)", "1/(2+sin(t)+cos(t))",
    "log(exp(-t**2/2) + exp(-t**2/18)/3)", "(1+log(1+t**2))**0.3", "1/(exp(-t**2)+1e-30)", "1/(1e-30+(t-7/3)**2)",
    "log(1-exp(-exp(t)))", "log(1-tanh(t))", "1/(pi/2 + 0.01 - atan(t))", "1/(2-erf(t))", "log1p(sin(t)/2)",
    "1/(sin(t)+sin(sqrt(2)*t)-3)", "sqrt(1+sqrt(1+t**2))", "log(log(2+t**2))", "(2-tanh(t))**(-1/3)",
    "1/(1+exp(t)-exp(t))",
    "1/(asinh(t)**2+softplus(t))", "log(sigmoid(t))", "logaddexp(t, -t)**-2", "1/(expm1(t)+2)", "1/(t*t+1)",
]  # fmt: skip
BROKEN = {
    "t/t": "0 at t = 0", "1/(t-1000)": "0 at t = 1000", "1/(t+1/7)": "0 at t = -1/7",
    "1/(t**3-2)": "0 near t = 1.25992",
    "log(1-tanh(t)-0.1)": "negative at t =", "1/(exp(t)-3)": "0 near t = 1.09861", "sqrt(cos(t))": "negative at t =",
    "1/sin(t)": "0 at t = 0", "log(log(1+t**2))": "0 at t = 0", "(t-5)**-2": "0 at t = 5", "log1p(-t)": "0 at t = 1",
    "1/(1-1/t)": "a division by t, which is 0 at t = 0", "0/(t-3)": "0 at t = 3", "1/(t**2-1e-8)": "0 at t = 1/10000",
}  # fmt: skip
UNKNOWN = ["(1+sin(t))**0.5", "1/(sin(t)+sin(sqrt(2)*t)-2)", "log(sin(t)**2+cos(t)**2-1+exp(-t**2)/1e99)"]


@pytest.mark.parametrize("text", SMOOTH)
def test_what_is_smooth_is_shown_to_be(text):
    assert require_smooth(read_expression(text)) is None


@pytest.mark.parametrize("text", BROKEN)
def test_a_place_is_named_where_it_is_proved(text):
    with pytest.raises(NotCertified) as error:
        require_smooth(read_expression(text))
    assert BROKEN[text] in str(error.value)
    assert error.value.refuted
    assert pickle.loads(pickle.dumps(error.value)).refuted


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_is_not_shown_is_not_called_broken(text):
    with pytest.raises(NotCertified, match=r"could not show|more time") as error:
        require_smooth(read_expression(text))
    assert not error.value.refuted


def test_the_work_is_bounded(monkeypatch):
    monkeypatch.setattr(domain, "DOMAIN_OPERATIONS", 50)
    with pytest.raises(NotCertified, match="time"):
        require_smooth(read_expression("1/(t**2-6*t+9.000001)"))


def test_precision_is_put_back():
    before = flint.ctx.prec
    require_smooth(read_expression("log(exp(t)-t)"))
    with pytest.raises(NotCertified):
        require_smooth(read_expression("1/t"))
    assert flint.ctx.prec == before


ENDS = ["-oo", "-7", "-0.75", "0", "0.3", "2", "40", "oo"]
RANGED = [
    "t**2", "t**3",
    "t*t", "t*(t-1)", "t-t**2", "exp(t)", "expm1(t)", "tanh(t)", "atan(t)", "asinh(t)", "erf(t)",
    "sinh(t)", "cosh(t)", "sin(t)", "cos(t)", "sigmoid(t)", "softplus(t)", "logaddexp(t, 2*t)", "1/(1+t**2)",
    "t/(2+exp(t))", "(1+t**2)**0.3", "(1+exp(t))**-2", "log(1+t**2)", "sqrt(1+t**2)-t", "log1p(exp(t))", "pi-E*t",
    "exp(t)+exp(-t)", "exp(t)*exp(-t)", "-exp(t)", "exp(-exp(t))", "t**0",
]  # fmt: skip


@pytest.mark.parametrize("text", RANGED)
def test_ranges_hold_every_value(text):
    f = sympy.lambdify(variable(), parse_expression(text), modules="mpmath")
    tree = read_expression(text)
    for low, high in itertools.combinations(ENDS, 2):
        a, b = (flint.arb(e.replace("oo", "inf")) for e in (low, high))
        found = domain._value(tree, domain._RANGES, domain._Range(a, b), {})
        found = found if isinstance(found, domain._Range) else domain._range(found)
        with mpmath.workdps(60):
            start = mpmath.mpf(-90) if low == "-oo" else mpmath.mpf(low)
            end = mpmath.mpf(90) if high == "oo" else mpmath.mpf(high)
            for k in range(13):
                x = start + (end - start) * k / 12
                value = mpmath.mpf(f(x))
                slack = abs(value) * mpmath.mpf(10) ** -50 + mpmath.mpf(10) ** -52
                assert _mp(found.low) - slack <= value <= _mp(found.high) + slack
                if found.sign:
                    assert value * found.sign > -slack


def _mp(x):
    if not x.is_finite():
        return mpmath.inf if x > 0 else -mpmath.inf
    mantissa, exponent = x.man_exp()
    return mpmath.ldexp(mpmath.mpf(int(mantissa)), int(exponent))


# Each guard bites.
def test_a_known_sign_is_no_sign_of_another_part():
    # sqrt asks t + 3 > 0, whatever was shown of t**2 + 3
    with pytest.raises(NotCertified, match=r"negative|is 0"):
        require_smooth(read_expression("sqrt(t**2 + 3) + sqrt(t + 3)"))
    # what pi's power stands for is a product with a log inside, of another sign than the power
    with pytest.raises(NotCertified):
        require_smooth(read_expression("log((1+t**2)**pi - 2)"))


def test_a_divisor_that_only_grows_small_is_not_0():
    require_smooth(read_expression("t/(exp(-t**2))"))
    require_smooth(read_expression("1/(sqrt(1+t**2)-t)"))
