"""Certified suprema against closed forms and a dense search at 50 digits by mpmath."""

from __future__ import annotations

import pickle
from fractions import Fraction

import flint
import mpmath
import pytest
import sympy
from flint import fmpq

from mamlcheck.tasks import certificate, scales, tails
from mamlcheck.tasks.certificate import NotCertified, Supremum, certified_supremum
from mamlcheck.tasks.expression import parse_expression, variable
from mamlcheck.tasks.program import compile_expression

t = variable()
GAP = Fraction(1, 10**9)

mp = mpmath.mp.clone()
mp.dps = 50


def certify(text: str) -> Supremum:
    return certified_supremum(parse_expression(text), t)


def holds(supremum: Supremum, truth) -> bool:
    """lower <= truth <= upper up to 1e-40, and the gap is as promised."""
    slack = mp.mpf(10) ** -40 * (1 + abs(truth))
    low = mp.mpf(supremum.lower.numerator) / supremum.lower.denominator
    high = mp.mpf(supremum.upper.numerator) / supremum.upper.denominator
    return low - slack <= truth <= high + slack and supremum.upper - supremum.lower <= GAP * supremum.upper


CLOSED = {
    "1-tanh(t)**2": lambda: mp.mpf(1),
    "(2*tanh(t)**2-2)*tanh(t)": lambda: 4 / (3 * mp.sqrt(3)),
    "(1-t**2)*exp(-t**2/2)": lambda: mp.mpf(1),
    "t*exp(-t**2/2)": lambda: mp.exp(mp.mpf(-1) / 2),
    "2*(1-t**2)/(1+t**2)**2": lambda: mp.mpf(2),
    "t/(1+t**2)": lambda: mp.mpf(1) / 2,
    "sin(t)": lambda: mp.mpf(1),
    "sin(t) + cos(t)": lambda: mp.sqrt(2),
    "sin(t)/(2+cos(t))": lambda: 1 / mp.sqrt(3),
    "-1/4 + t*0": lambda: mp.mpf(1) / 4,
    "sqrt(2)": lambda: mp.sqrt(2),
    # approached at infinity only
    "tanh(t)": lambda: mp.mpf(1),
    "atan(t)": lambda: mp.pi / 2,
    "t**2/(1+t**2)": lambda: mp.mpf(1),
    "1/(1+exp(t))": lambda: mp.mpf(1),
    "t/sqrt(1+t**2)": lambda: mp.mpf(1),
    "exp(-1/(1+t**2))": lambda: mp.mpf(1),
    "tanh(t**3+t)": lambda: mp.mpf(1),
    # far out, or narrow
    "exp(-(t-1000)**2)": lambda: mp.mpf(1),
    "exp(-(t+1000)**2)": lambda: mp.mpf(1),
    "t/(1+t**2/1000000000000)": lambda: mp.mpf(500000),
    "1/(1+1000000000000*(t-3.14159)**2)": lambda: mp.mpf(1),
    # a polynomial against an exponential
    "t*exp(-sqrt(1+t**2))": lambda: mp.sqrt(mp.phi) * mp.exp(-mp.sqrt(1 + mp.phi)),
    "log(1+t**2)/(1+t**2)": lambda: mp.exp(-1),
    "t**4*exp(-t**2)": lambda: 4 * mp.exp(-2),
    "sin(1/(1+t**2))": lambda: mp.sin(1),
    "1-1/(1+t**8)": lambda: mp.mpf(1),
}


@pytest.mark.parametrize("text", CLOSED)
def test_closed_forms(text):
    assert holds(certify(text), CLOSED[text]())


def test_a_narrow_bump_below_a_wide_step():
    centre, reach = mp.mpf("0.7"), mp.mpf(10) ** -6

    def f(x):
        return 1 / (1 + mp.mpf(10) ** 12 * (x - centre) ** 2) + mp.tanh(x) / 2

    truth = f(_ternary(f, centre - reach, centre + reach))
    assert holds(certify("tanh(t)/2 + 1/(1+1000000000000*(t-0.7)**2)"), truth)


def _ternary(f, a, b):
    for _ in range(200):
        x, y = a + (b - a) / 3, b - (b - a) / 3
        a, b = (x, b) if f(x) < f(y) else (a, y)
    return (a + b) / 2


@pytest.mark.parametrize(
    "text",
    [
        "4*t*(t**2-3)/(1+t**2)**3",
        "t*(t**2-3)*exp(-t**2/2)",
        "-24*t*(t**2-1)/(1+t**2)**4",
        "((40 - 24*tanh(t)**2)*tanh(t)**2 - 16)*tanh(t)",
        "t*(1-tanh(t)**2) + tanh(t)",
        "sin(t)*exp(-t**2)",
        "sin(t) + cos(2*t/3)",
        "tanh(t) - 3*exp(-(t-1)**2)",
        "(t-1)/(2+t**2) - atan(t)/5",
    ],
)
def test_dense_search(text):
    found = certify(text)
    f = sympy.lambdify(t, parse_expression(text), modules="mpmath")
    with mpmath.workdps(50):
        scan = [mpmath.mpf(k) / 64 for k in range(-64 * 20, 64 * 20 + 1)]
        values = [abs(f(x)) for x in scan]
        k = max(range(1, len(scan) - 1), key=values.__getitem__)
        peak = abs(f(_ternary(lambda x: abs(f(x)), scan[k - 1], scan[k + 1])))
    assert holds(found, mp.mpf(peak))


def test_both_signs_count():
    assert certify("-3/(1+t**2)").upper == 3
    assert certify("1/(1+t**2) - 3*exp(-(t-9)**2)").lower > 2


@pytest.mark.parametrize(
    "text", ["t", "-t", "t**2*exp(-t)", "t-t*tanh(t)", "cosh(t)", "t**3/(1+t**2)", "sqrt(1+t**2)", "log(1+t**2)"]
)
def test_infinite_suprema_are_refused_as_infinite(text):
    with pytest.raises(NotCertified, match="infinite") as error:
        certify(text)
    assert error.value.refuted
    assert pickle.loads(pickle.dumps(error.value)).refuted


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1/t", "near t = "),
        ("atan(1/t)", "near t = "),
        ("tanh(1/(3*t-1))", "near t = "),
        ("1/(t-2)", "near t = "),
        ("t*sin(t)", "large t"),
        ("sin(t**2)", "large t"),
    ],
)
def test_what_no_rule_settles_is_refused(text, reason):
    with pytest.raises(NotCertified, match=reason):
        certify(text)


def test_exact_where_attained_at_an_exact_point():
    assert certify("1-tanh(t)**2") == Supremum(Fraction(1), Fraction(1), "exact")
    assert certify("7/3 + 0*t").provenance == "certified"  # 7/3 is no dyadic number
    assert certify("5").provenance == "exact"
    assert certify("(2*tanh(t)**2-2)*tanh(t)").provenance == "certified"


def test_precision_is_put_back():
    before = flint.ctx.prec
    certify("tanh(t)")
    with pytest.raises(NotCertified):
        certify("t")
    assert flint.ctx.prec == before


# Each rule is missed when it is gone.
def test_without_the_tail_bound_nothing_is_certified(monkeypatch):
    monkeypatch.setattr(certificate._TailBound, "at", lambda self, start: (flint.arb(0), flint.arb("inf"), False))
    with pytest.raises(NotCertified):
        certify("1/(1+t**2)")


def test_without_the_limit_a_supremum_at_infinity_is_not_reached(monkeypatch):
    monkeypatch.setattr(certificate, "MOST_TAIL_DOUBLINGS", 24)
    assert holds(certify("1-1/(1+t**2)"), mp.mpf(1))
    monkeypatch.setattr(certificate._TailBound, "_limit", lambda self, form, scale: flint.arb(0))
    with pytest.raises(NotCertified):
        certify("1-1/(1+t**2)")


T, EXP = scales.Scale((fmpq(1),)), scales.Scale((), ((scales.Scale((fmpq(1),)), fmpq(-1)),))


def test_a_falling_term_is_bounded_only_where_it_falls():
    # t^4 exp(-t) rises up to t = 4: bounding it by its value at 1 would be wrong.
    scale = scales.Scale((fmpq(4),), ((T, fmpq(1)),))
    with pytest.raises(scales.TooNearError):
        scale.over(flint.arb(1))
    assert scale.over(flint.arb(8)).contains(0)
    # exp(-t^2 + 2000 t) rises up to 1000
    bump = scales.Scale((), ((T.times(T), fmpq(1)), (T, fmpq(-2000))))
    with pytest.raises(scales.TooNearError):
        bump.over(flint.arb(512))
    assert bump.over(flint.arb(1024)).is_finite()
    # log(t)^9 / t rises up to e^9 = 8103
    slow = scales.Scale((fmpq(-1), fmpq(9)))
    with pytest.raises(scales.TooNearError):
        slow.over(flint.arb(8000))
    assert slow.over(flint.arb(8200)).is_finite()


def test_scales_are_in_the_order_of_their_growth():
    log = scales.Scale((fmpq(0), fmpq(1)))
    loglog = scales.Scale((fmpq(0), fmpq(0), fmpq(1)))
    twice = scales.Scale((), ((EXP, fmpq(-1)),))  # exp(exp(t))
    squared = scales.Scale((), ((log.times(log), fmpq(-1)),))  # exp(log(t)^2)
    order = [
        scales.ONE,
        loglog,
        log,
        T.to_the(fmpq(1, 9)),
        T,
        T.to_the(fmpq(9)),
        squared,
        EXP,
        scales.Scale((), ((T.times(T), fmpq(-1)),)),
        twice,
    ]
    for k, small in enumerate(order):
        for large in order[k + 1 :]:
            assert large.times(small, -1).trend == 1
            assert small.times(large, -1).trend == -1
    assert EXP.times(EXP, -1) == scales.ONE


@pytest.mark.parametrize(
    "text",
    [
        "t*tanh(t/5)", "exp(-exp(t/9))*t**3", "log(1+t**2)/sqrt(1+t**2)", "t**2*(cos(1/t)-1)", "erf(t/3)", "asinh(t)/t",
        "atan(t)*t/(2+t)", "log(1+log(1+t**2))/log(2+t**2)", "(1+t**2)**0.3/(1+t)", "1-exp(-exp(-t))", "exp(sin(t)/t)",
        "exp(t)/(exp(t)+t**2)", "log(exp(t)+exp(t/2))-t", "exp(-(1+t**4)**0.25)*t", "t**3/(1+t**2)-t", "exp(1/t)-1",
        "(t**2+t*atan(t)+3)/(t+5+1/t**3)", "exp(-(t**3+atan(t))/(t**2+t+1))", "(t*atan(t)+1)/(t-7)**3",
        "(t**2+t*asinh(t)+atan(t)+3)/(t+log(1+t**2)+tanh(t))", "(t+log(t)+atan(t)+1/t+exp(1/t))*(t-log(t)+1+sin(t)/t)",
    ],
)  # fmt: skip
@pytest.mark.parametrize("order", certificate.EXPANSION_ORDERS)
@pytest.mark.parametrize("kept", [tails.SHORT_SUM_TERMS, 2, 3])
def test_a_tail_holds_every_value_beyond(text, order, kept, monkeypatch):
    if kept < tails.SHORT_SUM_TERMS:  # every quotient with a ball becomes a sum of so few terms
        monkeypatch.setattr(tails, "MOST_PRODUCTS", 1)
        monkeypatch.setattr(tails, "SHORT_SUM_TERMS", kept)
    f = sympy.lambdify(t, parse_expression(text), modules="mpmath")
    program = compile_expression([parse_expression(text)], t, stable=False)
    for start in (16, 64):
        with flint.ctx.workprec(192):
            ar = tails.Tails(flint.arb(start), 1, scales.Work(10**6), order)
            try:
                c, scale = ar.lead(ar.one.of(program.values(ar, ar.variable)[0]))
            except scales.TooNearError:
                continue
            for times in (1, 1.5, 4):
                x = flint.arb(start * times)
                enclosed = c * scale.at(x)
                with mpmath.workdps(400):
                    truth = f(mpmath.mpf(start * times))
                    low, high = (_mpf(e) for e in (enclosed.lower(), enclosed.upper()))
                    assert low * (1 - mpmath.sign(low) * mpmath.mpf(10) ** -50) <= truth
                    assert truth <= high * (1 + mpmath.sign(high) * mpmath.mpf(10) ** -50)


def _mpf(exact):
    mantissa, exponent = exact.man_exp()
    return mpmath.ldexp(mpmath.mpf(int(mantissa)), int(exponent))


def test_work_runs_out_with_the_word_time(monkeypatch):
    monkeypatch.setattr(certificate, "SUPREMUM_OPERATIONS", 100)
    with pytest.raises(NotCertified, match="more time") as error:
        certify("sin(t)*exp(-t**2)")
    assert not error.value.refuted


def test_both_sides_are_looked_at():
    assert holds(certify("exp(-(t+1000)**2) + exp(-(t-1)**2)/2"), 1 + mp.exp(-(mp.mpf(1001) ** 2)) / 2)


def test_without_the_period_a_wave_is_refused(monkeypatch):
    assert holds(certify("sin(t)*cos(3*t/2)+cos(t/2)"), _wave())
    monkeypatch.setattr(certificate, "period", lambda *args: None)
    with pytest.raises(NotCertified):
        certify("sin(t)")


def test_only_multiples_of_t_make_a_period():
    for text in ("sin(t*tanh(t))", "sin(t)/(2+t)", "sin(t**2)", "sin(t)+sin(sqrt(2)*t)"):
        assert certificate.period(parse_expression(text), t) is None


def _wave():
    f = lambda x: abs(mp.sin(x) * mp.cos(3 * x / 2) + mp.cos(x / 2))  # noqa: E731
    best = max((mp.mpf(k) / 200 for k in range(-2600, 2600)), key=f)
    return f(_ternary(f, best - mp.mpf(1) / 200, best + mp.mpf(1) / 200))
