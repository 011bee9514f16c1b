"""Moments of a reciprocal: against brute force, 50-digit quadrature and Arb's own integration."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
from fractions_drawn import as_fraction, fractions

from mamlcheck.arithmetic import NotExact, arb, ball, float64, rational
from mamlcheck.arithmetic.symbolic import Symbolic
from mamlcheck.errors import InputError
from mamlcheck.meta import reciprocal as module
from mamlcheck.meta.reciprocal import reciprocal_moments

RIGOROUS = [ball, arb(64), arb(128)]


def bounds(ar, x):
    return ar.lower(x).reshape(-1).tolist(), ar.upper(x).reshape(-1).tolist()


def encloses(ar, x, truth):
    """Whether each ball of x holds the corresponding true number, compared exactly."""
    low, high = bounds(ar, x)
    truth = [truth] if isinstance(truth, Fraction) else truth
    return all(
        (low_ == -math.inf or Fraction(low_) <= t) and (high_ == math.inf or t <= Fraction(high_))
        for low_, high_, t in zip(low, high, truth, strict=True)
    )


def relative_radius(ar, x):
    low, high = bounds(ar, x)
    return max((h - lo) / (h + lo) for lo, h in zip(low, high, strict=True))


def brute_moments(c, values, probabilities, draws):
    """Both moments over all K**draws sequences, in exact fractions."""
    first = second = Fraction(0)
    for sequence in itertools.product(range(len(values)), repeat=draws):
        chance = math.prod(probabilities[k] for k in sequence)
        inverse = 1 / (c + sum(values[k] for k in sequence) / Fraction(draws))
        first += chance * inverse
        second += chance * inverse**2
    return first, second


def mp_moments(c, values, probabilities, draws, cuts):
    """Both moments from the Laplace transform by mpmath's quadrature, as fractions good to some 30 digits."""
    with mpmath.workdps(50):
        y = [mpmath.mpf(v.numerator) / v.denominator for v in values]
        p = [mpmath.mpf(v.numerator) / v.denominator for v in probabilities]

        def transform(t):
            phi = mpmath.fsum(q * mpmath.exp(-t * v / draws) for q, v in zip(p, y, strict=True))
            return mpmath.exp(-mpmath.mpf(c) * t) * phi**draws

        first = mpmath.quad(transform, cuts)
        second = mpmath.quad(lambda t: t * transform(t), cuts)
        return first, second


def mp_encloses(x, truth, digits=25):
    """An arb ball against an mpf that is good to `digits` digits."""
    with mpmath.workdps(50), flint.ctx.workprec(200):
        scale = flint.arb(mpmath.nstr(abs(truth), 45)) * flint.arb(10) ** (-digits)
        return x.overlaps(flint.arb(mpmath.nstr(truth, 45)) + flint.arb(0, scale))


# -- reciprocal moments ------------------------------------------------------------------------------------
CASES = {
    "plain": (Fraction(4), ["1/3", 2, "7/5"], ["1/2", "1/3", "1/6"]),
    "all zero": (Fraction(3, 7), [0, 0, 0], ["1/2", "1/4", "1/4"]),
    "all equal": (Fraction(3, 7), ["5/3", "5/3"], ["2/3", "1/3"]),
    "one atom": (Fraction(1, 3), ["1/10"], [1]),
    "spread": (Fraction(1), [0, 1, 1000000], ["1/3", "1/3", "1/3"]),
    "spread, rare": (Fraction(1), [0, 1, 1000000], ["1/1000000000", "1/2", "499999999/1000000000"]),
    "never": (Fraction(2), [0, 3, 5], [0, "1/2", "1/2"]),
    "far from c": (Fraction(1, 1000000), [1, 2, "3/2"], ["1/3", "1/3", "1/3"]),
    "tiny": (Fraction(1, 10**30), ["1/1000000000000000000000000000000", 0], ["1/2", "1/2"]),
    "huge": (Fraction(10**30), [10**30, 3 * 10**31], ["1/2", "1/2"]),
}


def inputs(ar, case):
    c, values, probabilities = CASES[case]
    return ar.exact(c), ar.exact(fractions(values)), ar.exact(fractions(probabilities))


def by_transform(ar, c, values, probabilities, draws, rule=None):
    """The transform for one instance, whatever its size."""
    with ar.working():
        return module._transform_chunk(ar, c.reshape(1), values[None, :], probabilities[None, :], draws, rule)


@pytest.mark.parametrize("draws", [1, 2, 3, 5])
@pytest.mark.parametrize("case", CASES)
def test_reciprocal_moments_enclose_the_exact_enumeration(case, draws):
    c, values, probabilities = CASES[case]
    truth = brute_moments(c, fractions(values).tolist(), fractions(probabilities).tolist(), draws)
    exact = reciprocal_moments(rational, *inputs(rational, case), draws)
    assert tuple(as_fraction(v.item()) for v in exact) == truth
    for ar in RIGOROUS:
        with ar.working():
            arguments = inputs(ar, case)
            for moments in (reciprocal_moments(ar, *arguments, draws), by_transform(ar, *arguments, draws)):
                for moment, true in zip(moments, truth, strict=True):
                    assert encloses(ar, moment, true)
                    assert relative_radius(ar, moment) < 1e-11
    near = reciprocal_moments(float64, *inputs(float64, case), draws)
    assert np.allclose([float(v) for v in near], [float(v) for v in truth], rtol=1e-12, atol=0)


def test_symbolic_moments_are_the_rational_ones():
    exact = reciprocal_moments(rational, *inputs(rational, "plain"), 3)
    expressions = reciprocal_moments(Symbolic(), *inputs(Symbolic(), "plain"), 3)
    for expression, value in zip(expressions, exact, strict=True):
        assert str(expression.item()) == str(value.item())


@pytest.mark.parametrize("bits", [64, 128, 200])
def test_arb_moments_are_as_tight_as_their_precision(bits):
    ar = arb(bits)
    with ar.working():
        for case in ("plain", "spread", "far from c"):
            for draws in (2, 1000):
                for moment in by_transform(ar, *inputs(ar, case), draws):
                    x = moment.item()
                    assert x.rad() < abs(x.mid()) * flint.arb(2) ** (20 - bits)


@pytest.mark.parametrize("draws", [2, 7, 100, 10_000, 1_000_000])
@pytest.mark.parametrize("case", ["plain", "spread", "far from c"])
def test_reciprocal_moments_agree_with_50_digit_quadrature(case, draws):
    c, values, probabilities = CASES[case]
    cuts = [
        0,
        *(10.0**k for k in range(-7 if case != "plain" else -1, 3 if case != "far from c" else 9)),
        mpmath.inf,
    ]
    truth = mp_moments(
        mpmath.mpf(c.numerator) / c.denominator, fractions(values), fractions(probabilities), draws, cuts
    )
    for ar in (ball, arb(100)):
        moments = reciprocal_moments(ar, *inputs(ar, case), draws)
        for moment, true in zip(moments, truth, strict=True):
            low, high = bounds(ar, moment)
            x = moment.item() if ar is not ball else flint.arb(low[0]).union(flint.arb(high[0]))
            assert mp_encloses(x, true, 20)
            assert relative_radius(ar, moment) < 1e-11


@pytest.mark.parametrize("draws", [3, 50])
def test_reciprocal_moments_agree_with_arb_integration(draws):
    c, values, probabilities = CASES["plain"]
    end = 60  # exp(-4 * 60) < 1e-104 bounds what is left out
    with flint.ctx.workprec(150):
        y = [flint.acb(flint.arb(flint.fmpq(v.numerator, v.denominator))) for v in fractions(values)]
        p = [flint.acb(flint.arb(flint.fmpq(v.numerator, v.denominator))) for v in fractions(probabilities)]

        def transform(t, _):
            phi = sum((q * (-t * v / draws).exp() for q, v in zip(p, y, strict=True)), flint.acb(0))
            return (-t * int(c)).exp() * phi**draws

        tail = flint.arb(0, 1e-100)
        truth = [
            flint.acb.integral(transform, 0, end).real + tail,
            flint.acb.integral(lambda t, _: t * transform(t, _), 0, end).real + tail,
        ]
        moments = by_transform(arb(150), *inputs(arb(150), "plain"), draws)
    for moment, true in zip(moments, truth, strict=True):
        assert moment.item().overlaps(true)
        assert true.rad() < 1e-35
        assert moment.item().rad() < 1e-35


def test_leading_axes_are_batched_and_broadcast():
    rng = np.random.Generator(np.random.Philox(3))
    values = rng.random((4, 3, 40)) * np.exp2(rng.integers(-20, 20, size=(4, 3, 1)))
    c = np.exp2(rng.integers(-5, 5, size=(3,)).astype(float))
    probabilities = fractions([Fraction(k + 1, 820) for k in range(40)])
    first, second = reciprocal_moments(ball, ball.exact(c), ball.exact(values), ball.exact(probabilities), 50)
    assert first.shape == second.shape == (4, 3)
    for i, j in np.ndindex(4, 3):
        alone = reciprocal_moments(ball, ball.exact(c[j]), ball.exact(values[i, j]), ball.exact(probabilities), 50)
        for batch, single in zip((first, second), alone, strict=True):
            assert single.shape == ()
            assert ball.less_equal(batch[i, j], single) == -1  # they overlap
            assert relative_radius(ball, batch[i, j]) < 1e-11


def test_more_instances_than_a_chunk_and_none_at_all(monkeypatch):
    values = np.random.Generator(np.random.Philox(4)).random((7, 40))
    arguments = ball.exact(np.full(7, 4.0)), ball.exact(values), ball.exact(fractions([Fraction(1, 40)] * 40))
    whole = reciprocal_moments(ball, *arguments, 50)
    monkeypatch.setattr(module, "EXPONENTIALS_AT_ONCE", 2 * 64 * 40)
    parts = reciprocal_moments(ball, *arguments, 50)
    for a, b in zip(whole, parts, strict=True):
        assert (ball.less_equal(a, b) == -1).all()
        assert relative_radius(ball, b) < 1e-11
    empty = reciprocal_moments(ball, arguments[0][:0], arguments[1][:0], arguments[2], 50)
    assert empty[0].shape == empty[1].shape == (0,)


def test_values_known_only_to_be_in_a_ball_give_moments_for_all_of_them():
    with ball.working():
        blur = ball.from_arb(np.array([flint.arb(0, 1e-3)], dtype=object))
        c, values, probabilities = inputs(ball, "plain")
        moments = by_transform(ball, c, values + blur, probabilities, 4)
    for shift in (Fraction(-1, 1000), Fraction(0), Fraction(1, 1000)):
        truth = brute_moments(
            CASES["plain"][0],
            [v + shift for v in fractions(CASES["plain"][1])],
            fractions(CASES["plain"][2]).tolist(),
            4,
        )
        assert encloses(ball, moments[0], truth[0])
        assert encloses(ball, moments[1], truth[1])
    assert relative_radius(ball, moments[0]) < 0.05


def test_what_is_not_known_stays_unknown():
    with ball.working():
        c, values, probabilities = inputs(ball, "plain")
        unknown = ball.exact(fractions([1])) / (values[:1] - values[:1])
        worse = ball.concatenate([values[:2], unknown], 0)
        wide = ball.exact(0.5) + ball.from_arb(np.array([flint.arb(0, 0.6)], dtype=object))[0]  # may be <= 0
        for arguments in ((c, worse, probabilities), (wide, values * 0, probabilities)):
            first, second = by_transform(ball, *arguments, 9)
            assert np.isinf(ball.upper(first)).all()
            assert np.isinf(ball.upper(second)).all()


EXTREMES = [5e-324, 1.5e-323, 1e-320, 1e-310, 2.2250738585072014e-308, 1e-300, 1e-200, 1e200, 1e307]


@pytest.mark.parametrize("ar", [*RIGOROUS, float64], ids=repr)
def test_c_from_the_least_double_to_the_largest(ar):
    """The last node of the rule is where it has to be, whatever overflows: nothing is cast from an infinity."""
    finite = 0
    for c, scale in itertools.product(EXTREMES, (0.0, 5e-324, 1e-310, 1.0, 1e300)):
        values = fractions([0, Fraction(scale), 3 * Fraction(scale)])
        chances = fractions(["1/2", "1/3", "1/6"])
        arguments = ar.exact(c), ar.exact(values), ar.exact(chances)
        with np.errstate(all="ignore"):
            shift = module._shift(ar, *(a[None] for a in arguments[:2]))
        with np.errstate(invalid="raise"):
            rule = module._choose_rule(ar, *(a[None] for a in arguments), 3, shift)
        last = float((rule.first[0] + rule.count - 1) * rule.step)
        assert last + math.log(float(shift.rate[0])) > math.log(4)
        if ar is float64:
            by_transform(ar, *arguments, 3)  # the numbers may be lost, the program not
            continue
        truth = brute_moments(Fraction(c), values.tolist(), chances.tolist(), 3)
        for moment, true in zip(by_transform(ar, *arguments, 3), truth, strict=True):
            assert encloses(ar, moment, true)
            finite += bool(np.isfinite(ar.upper(moment)).all())
    assert ar is float64 or finite > 20


def test_teeth_a_last_node_out_of_reach_leaves_nothing_known(monkeypatch):
    """Given rate t > 2 the rest on the right is bounded; a rule that ends before says that it knows nothing."""
    truth = guard_case("plain", 3)
    for last in (-40, -6, -4):
        with ball.working():
            arguments = inputs(ball, "plain")
            first, second = by_transform(ball, *arguments, 3, coarse(last=last))
            assert np.isinf(ball.upper(ball.concatenate([first, second], 0))).all()
    monkeypatch.setattr(module, "_known", lambda *_: None)
    with ball.working():
        first, second = by_transform(ball, *arguments, 3, coarse(last=-6))
    assert not (encloses(ball, first, truth[0]) and encloses(ball, second, truth[1]))


def test_many_equal_atoms_stay_exact_in_rational():
    c = rational.exact(Fraction(1, 3))
    values = rational.exact(fractions([Fraction(1, 7)] * 300 + [2] * 180))
    probabilities = rational.exact(fractions([Fraction(1, 480)] * 480))
    truth = brute_moments(Fraction(1, 3), [Fraction(1, 7), Fraction(2)], [Fraction(300, 480), Fraction(180, 480)], 6)
    assert tuple(as_fraction(v.item()) for v in reciprocal_moments(rational, c, values, probabilities, 6)) == truth
    flat = rational.exact(fractions([5] * 480))
    first, second = reciprocal_moments(rational, c, flat, probabilities, 10**6)
    assert (as_fraction(first.item()), as_fraction(second.item())) == (Fraction(3, 16), Fraction(9, 256))


def test_rational_says_so_when_there_are_too_many_multisets():
    c, values, probabilities = inputs(rational, "plain")
    with pytest.raises(NotExact, match=r"1000 draws from 3 samples make 501501 .*ball and arb"):
        reciprocal_moments(rational, c, values, probabilities, 1000)


@pytest.mark.parametrize(
    ("c", "values", "probabilities", "text"),
    [
        (0, [1, 2], ["1/2", "1/2"], "c <= 0"),
        (-1, [1, 2], ["1/2", "1/2"], "c <= 0"),
        (1, [-1, 2], ["1/2", "1/2"], "a value is negative"),
        (1, [1, 2], ["3/2", "-1/2"], "a probability is negative"),
        (1, [1, 2], ["1/2", "1/3"], "do not sum to 1"),
        (1, [1, 2], ["1/2", "2/3"], "do not sum to 1"),
        (1, [1, 2], ["1/2", "1/4", "1/4"], "2 values and 3 probabilities"),
    ],
)
def test_impossible_inputs_are_refused(c, values, probabilities, text):
    for ar in (ball, arb(64), rational):
        with pytest.raises(InputError, match=text):
            reciprocal_moments(ar, ar.exact(c), ar.exact(fractions(values)), ar.exact(fractions(probabilities)), 3)


@pytest.mark.parametrize("bad", [0, -1, 2.0, True, "3", None])
def test_the_number_of_draws_must_be_a_positive_whole_number(bad):
    with pytest.raises(InputError, match="draws = "):
        reciprocal_moments(float64, np.ones(()), np.ones(2), np.full(2, 0.5), bad)


# -- every error term counts: a coarse rule encloses, and without the term it does not ---------------------
def coarse(step=1 / 4, first=-60, last=16, order=6):
    return module._Rule(step, np.array([round(first)]), round(last - first) + 1, order)


def guard_case(case, draws):
    c, values, probabilities = CASES[case]
    return brute_moments(c, fractions(values).tolist(), fractions(probabilities).tolist(), draws)


COARSE = {
    "_aliasing": ("plain", coarse(step=1.0, first=-20, last=4)),
    "_aliasing, spread": ("spread", coarse(step=1.0, first=-40, last=4)),
    "_right": ("plain", coarse(last=1)),
    "_right, spread": ("spread", coarse(first=-100, last=6)),
    "_remainder": ("plain", coarse(first=-3, order=3)),
    "_left": ("plain", coarse(first=-20, order=1)),
}


@pytest.mark.parametrize("ar", [ball, arb(100)], ids=["ball", "arb"])
@pytest.mark.parametrize("guard", COARSE)
def test_a_coarse_rule_encloses_only_with_each_error_term(guard, ar, monkeypatch):
    case, rule = COARSE[guard]
    truth = guard_case(case, 3)
    name = guard.split(",")[0]
    with ar.working():
        arguments = inputs(ar, case)
        nothing = flint.arb(0) if name == "_aliasing" else ar.exact(np.zeros(1))
        moments = by_transform(ar, *arguments, 3, rule)
        monkeypatch.setattr(module, name, lambda *_: nothing)
        without = by_transform(ar, *arguments, 3, rule)
    for moment, short, true in zip(moments, without, truth, strict=True):
        assert encloses(ar, moment, true)
        assert relative_radius(ar, moment) < 1
        assert not encloses(ar, short, true)


def test_a_coarse_rule_is_wide_and_its_bound_is_not_far_off():
    truth = guard_case("plain", 3)
    first, _ = by_transform(arb(100), *inputs(arb(100), "plain"), 3, coarse(step=1.0, first=-20, last=4))
    error = module._aliasing(1.0, 1)
    assert float(error) < 2e-3
    assert abs(Fraction(bounds(arb(100), first)[1][0]) / truth[0] - 1) < 3 * Fraction(float(error))


@pytest.mark.parametrize("step", [0.125, 0.25, 0.5, 1.0])
@pytest.mark.parametrize("j", [1, 2])
def test_the_aliasing_bound_covers_the_gamma_series_and_the_worst_s(step, j):
    with mpmath.workdps(50):
        series = 2 * mpmath.nsum(lambda k: abs(mpmath.gamma(mpmath.mpc(j, 2 * mpmath.pi * k / step))), [1, 6])
        bound = mpmath.mpf(float(module._aliasing(step, j)))
        assert series <= bound <= 3 * series
        for s in (1, mpmath.e ** (step / 3), mpmath.e ** (step / 2), mpmath.mpf("0.7")):
            nodes = [mpmath.e ** (k * mpmath.mpf(step)) for k in range(int(-130 / step), int(6 / step))]
            total = step * mpmath.fsum(t**j * mpmath.exp(-s * t) for t in nodes)
            assert abs(total * mpmath.mpf(s) ** j - 1) <= bound


@pytest.mark.parametrize("copies", [1, 480])
def test_a_transform_that_nearly_vanishes_is_bounded_not_guessed(copies):
    """phi falls to 1e-30, far below what 1 + (phi - 1) can hold; many atoms blur it further."""
    rare = Fraction(1, 10**30)
    values, probabilities = [0] + [1] * copies, [rare] + [(1 - rare) / copies] * copies
    c = Fraction(1, 1000)
    truth = brute_moments(c, [Fraction(0), Fraction(1)], [rare, 1 - rare], 2)
    for ar in (ball, arb(64)):
        with ar.working():
            arguments = ar.exact(c), ar.exact(fractions(values)), ar.exact(fractions(probabilities))
            moments = by_transform(ar, *arguments, 2)
            assert all(encloses(ar, m, t) for m, t in zip(moments, truth, strict=True))
            assert all(relative_radius(ar, m) < 1e-11 for m in moments)


@pytest.mark.parametrize("ar", [ball, arb(64)], ids=["ball", "arb"])
def test_the_transform_is_enclosed_where_it_nearly_vanishes(ar):
    rare = Fraction(1, 10**30)
    with ar.working():
        t = ar.exact(np.array([[1.0, 50.0, 100.0, 1000.0]]))
        g = module._transform(
            ar,
            t,
            ar.exact(np.zeros(1)),
            ar.exact(np.array([[0.0, 1.0]])),
            ar.exact(fractions([rare, 1 - rare]))[None],
            2,
        )
    low, high = bounds(ar, g)
    with mpmath.workdps(50):
        p = mpmath.mpf(10) ** -30
        for k, s in enumerate((1, 50, 100, 1000)):
            truth = (p + (1 - p) * mpmath.exp(-mpmath.mpf(s) / 2)) ** 2
            assert low[k] <= truth <= high[k] < truth + 1e-25 + 1e-14 * truth
