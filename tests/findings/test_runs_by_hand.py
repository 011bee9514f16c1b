"""The findings on FO-MAML's floor, MAML's runs and batches, worked out again: nothing of the package, SymPy for proofs.

Tasks are `Spline`s in fractions; what the findings say of all w or of all mu is proved by SymPy, or tried on grids.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import pytest
import sympy
from splines_by_hand import Spline

from mamlcheck.findings import execute, find
from mamlcheck.report.plaintext import plain_prose

HALF = Fraction(1, 2)
FOUND = ("k_shot_rate", "sigma_at_two_points", "random_iterate", "iterations_without_bounds", "fo_maml_floor",
         "second_moment_constant", "hf_hessian_batch_scale")  # fmt: skip


@pytest.fixture(scope="module")
def computed():
    """For each finding its computed values, by (case, name) as a reader sees them, in order."""
    return {
        one.finding.id: {(plain_prose(q.case), plain_prose(q.name)): q.value for q in one.example.quantities}
        for one in execute(finding for finding in find() if finding.id in FOUND)
    }


def mean(values):
    values = list(values)
    return sum(values, Fraction(0)) / len(values)


def variance(tasks, w):
    slopes = [task.slope(Fraction(w)) for task in tasks]
    return mean((s - mean(slopes)) ** 2 for s in slopes)


def adapted(task, w, alpha):
    return w - alpha * task.slope(w)


def first_order(tasks, w, alpha):
    return mean(task.slope(adapted(task, w, alpha)) for task in tasks)


def meta_gradient(tasks, w, alpha):
    return mean((1 - alpha * task.bend(w)) * task.slope(adapted(task, w, alpha)) for task in tasks)


def stepsize(tasks, w, alpha, smoothness, rho, factor):
    return factor / (4 * smoothness + 2 * rho * alpha * mean(abs(task.slope(w)) for task in tasks))


# -- Theorem 4.15 --------------------------------------------------------------------------------------------
TENTH = Fraction(1, 10)


def unlike(mu):
    """The two tasks of the finding."""
    return Spline((-2, -1, 1, 2), (mu, 1, 1, mu), 10 - mu), Spline((-2, 2), (mu, mu), -9)


def share(mu):
    tasks = unlike(mu)
    sigma = max(abs(tasks[0].slope(Fraction(w)) - tasks[1].slope(Fraction(w))) / 2 for w in (-2, 2))
    return abs(meta_gradient(tasks, Fraction(0), TENTH)) / (TENTH * sigma)


def shown(case, tasks, smoothness, rho, sigma):
    """What the finding shows of both pairs of tasks."""
    ends = [adapted(task, Fraction(0), TENTH) for task in tasks]
    gradient = meta_gradient(tasks, Fraction(0), TENTH)
    return {
        (case, "L"): smoothness,
        (case, "ρ"): rho,
        (case, "variance among tasks at w = 0"): variance(tasks, 0),
        (case, "σ, for all w"): sigma,
        (case, "f_1'(w_1') at w = 0"): tasks[0].slope(ends[0]),
        (case, "f_2'(w_2') at w = 0"): tasks[1].slope(ends[1]),
        (case, "FO-MAML's mean direction E g at w = 0"): first_order(tasks, Fraction(0), TENTH),
        (case, "∇F(0)"): gradient,
        (case, "‖∇F(0)‖ / (α L σ)"): abs(gradient) / (TENTH * sigma),
    }


def test_fo_maml_floor(computed):
    mu, case = Fraction(1, 100), "a direction that grows with w"
    tasks, sharp, other = unlike(mu), peaked(), "nearly α L σ"
    left, right = stretch()
    assert computed["fo_maml_floor"] == {
        **shown(case, tasks, 1, 1 - mu, Fraction(819, 80)),
        (case, "least derivative of E g, μ (1 - α)"): mu * Fraction(9, 10),
        (case, "the share of α L σ with μ = 1/2"): share(HALF),
        (case, "the share of α L σ with μ = 1/10"): share(TENTH),
        (case, "and as μ → 0"): Fraction(18, 41),
        **shown(other, sharp, 1, Fraction(1001, 1000), Fraction(2000009989, 19998)),
        (other, "w_2' lies in [-1, 1] from w ="): left,
        (other, "to w ="): right,
        (other, "E g at this end of it"): first_order(sharp, right, TENTH),
        (other, "E g at the other end"): first_order(sharp, left, TENTH),
    }
    assert first_order(tasks, Fraction(0), TENTH) == first_order(sharp, Fraction(0), TENTH) == 0
    assert computed["fo_maml_floor"][case, "‖∇F(0)‖ / (α L σ)"] == share(mu) > Fraction(43, 100)
    assert computed["fo_maml_floor"][other, "‖∇F(0)‖ / (α L σ)"] > Fraction(9998, 10000)
    for pair, sigma in ((tasks, Fraction(819, 80)), (sharp, Fraction(2000009989, 19998))):
        assert sigma**2 == max(variance(pair, Fraction(k, 20)) for k in range(-100, 101))


def peaked():
    """The two tasks of the second instance: f_1'(0) and f_2'(0) such that f_1'(w_1') = 10^5 = -f_2'(w_2'), by SymPy."""
    mu, s = sympy.Rational(1, 1000), sympy.Symbol("s")
    # f_1'(w_1') = s - mu s / 10 - (1 - mu) / 2 for w_1' = -s / 10 left of the peak, of height 1 - mu over mu and half a
    # width of 1; f_2'(w_2') = s - mu s / 10 + (-1 - mu) / 2 for w_2' = -s / 10 right of it, s < 0.
    (first,) = sympy.solve(s - mu * s / 10 - (1 - mu) / 2 - 10**5, s)
    (second,) = sympy.solve(s - mu * s / 10 - (1 + mu) / 2 + 10**5, s)
    least, pulls = Fraction(1, 1000), (Fraction(int(x.p), int(x.q)) for x in (first, second))
    return tuple(Spline((-1, 0, 1), (least, top, least), pull) for top, pull in zip((1, -1), pulls, strict=True))


def stretch():
    """Where w_2' is -1 and 1: it is a line in w there, known by two of its points."""
    task = peaked()[1]
    one, two = (adapted(task, Fraction(w), TENTH) for w in (-20000, -20001))
    return tuple(-20000 + (end - one) / (one - two) for end in (-1, 1))


def test_the_stretch_where_the_direction_falls():
    """E g is negative on it, left of it and right of it up to 0, and positive beyond 0; it falls somewhere on it."""
    sharp, (left, right) = peaked(), stretch()
    assert [adapted(sharp[1], w, TENTH) for w in (left, right)] == [-1, 1]
    direction = [first_order(sharp, left + (right - left) * Fraction(k, 40), TENTH) for k in range(-40, 81)]
    assert max(direction) < 0
    assert any(after < before for before, after in itertools.pairwise(direction))
    for w in (10**7, 10**5, 9000, 100, 1, Fraction(1, 1000)):
        assert first_order(sharp, Fraction(-w), TENTH) < 0 < first_order(sharp, Fraction(w), TENTH)


def exactly(value):
    """A fraction as SymPy has it."""
    return sympy.Rational(value.numerator, value.denominator)


def test_the_share_as_a_function_of_mu():
    """It falls on [0, 1], from 18/41 to 0: the least mu is best."""
    mu = sympy.Symbol("mu")
    formula = sympy.Rational(9, 10) * (10 - mu) * (1 - mu) / (sympy.Rational(41, 2) - sympy.Rational(5, 2) * mu)
    for value in (Fraction(0), Fraction(1, 100), TENTH, HALF, Fraction(9, 10)):
        assert formula.subs(mu, exactly(value)) == exactly(share(value))
    derivative = sympy.together(sympy.diff(formula, mu))
    assert sympy.Poly(sympy.numer(derivative), mu).count_roots(0, 1) == 0
    assert sympy.Poly(sympy.denom(derivative), mu).count_roots(0, 1) == 0
    assert derivative.subs(mu, sympy.Rational(1, 2)) < 0
    assert (formula.subs(mu, 0), formula.subs(mu, 1)) == (sympy.Rational(18, 41), 0)


W, U = sympy.symbols("w u")


def gradient_pieces(task, at):
    """f_i' as [(from, to, polynomial in `at`)], integrated piece by piece, each fixed by its value at a knot."""
    knots, bends = ([exactly(Fraction(x)) for x in numbers] for numbers in (task.knots, task.bends))
    lines = [bends[0]]
    for (a, b), (low, high) in zip(itertools.pairwise(knots), itertools.pairwise(bends), strict=True):
        lines.append(low + (high - low) * (at - a) / (b - a))
    lines.append(bends[-1])
    pieces = []
    for (low, high), line in zip(itertools.pairwise([-sympy.oo, *knots, sympy.oo]), lines, strict=True):
        point = low if low != -sympy.oo else high
        primitive, known = sympy.integrate(line, at), exactly(task.slope(Fraction(int(point.p), int(point.q))))
        pieces.append((low, high, sympy.expand(primitive + known - primitive.subs(at, point))))
    return pieces


def inside(a, b):
    """A number between a and b, which may be infinite."""
    if a == -sympy.oo:
        return sympy.floor(b) - 1
    return sympy.ceiling(a) + 1 if b == sympy.oo else (a + b) / 2


def derivative_pieces(task):
    """g_i' as [(from, to, polynomial in w)] on the pieces where both w and w' lie between knots."""
    for low, high, slope in gradient_pieces(task, W):
        step = sympy.expand(W - slope / 10)  # w'
        for inner_low, inner_high, outer in gradient_pieces(task, U):
            edges = {low, high}
            for end in (inner_low, inner_high):
                if abs(end) != sympy.oo:
                    edges |= {r for r in sympy.Poly(step - end, W).real_roots() if low < r < high}
            for a, b in itertools.pairwise(sorted(edges)):
                if inner_low < step.subs(W, inside(a, b)) < inner_high:
                    yield a, b, sympy.diff(sympy.expand(outer.subs(U, step)), W)


def test_the_derivative_of_fo_mamls_direction_has_its_bounds_on_every_piece():
    """mu (1 - alpha) <= g_i' <= 1 for both tasks: at the ends of each piece, and where the polynomial turns."""
    least, most = sympy.Rational(9, 1000), sympy.Integer(1)
    for task in unlike(Fraction(1, 100)):
        pieces = list(derivative_pieces(task))
        assert (pieces[0][0], pieces[-1][1]) == (-sympy.oo, sympy.oo)
        assert all(left[1] == right[0] for left, right in itertools.pairwise(pieces))  # the whole line
        for a, b, slope in pieces:
            turning = sympy.Poly(sympy.diff(slope, W), W)
            places = [inside(a, b), *(x for x in (a, b) if abs(x) != sympy.oo)]
            places += [r for r in turning.real_roots() if a < r < b] if turning.degree() > 0 else []
            assert all(least <= slope.subs(W, x) <= most for x in places)
            assert not slope.has(W) or sympy.oo not in (-a, b)  # constant where it goes on without end


@pytest.mark.parametrize("start", [Fraction(-1000), Fraction(-3), Fraction(1, 7), Fraction(1000)])
def test_fo_maml_comes_nearer_in_every_step(start):
    mu, w = Fraction(1, 100), start
    tasks = unlike(mu)
    for _ in range(4):
        beta = stepsize(tasks, w, TENTH, 1, 1 - mu, Fraction(1, 18))
        after = w - beta * first_order(tasks, w, TENTH)
        assert 0 < after / w <= 1 - beta * mu * (1 - TENTH)
        w = after


# -- Theorem 4.17 --------------------------------------------------------------------------------------------
KNOTS = (-1, -HALF, 0, HALF, 1)


def noisy(k):
    """The mean of the two samples, and each of them, times k."""
    both = [Spline(KNOTS, (k * HALF, 0, k * (-HALF + 18 * s), 0, k * HALF), 3 * k) for s in (0, 1, -1)]
    return both[0], both[1:]


def hf_steps(k):
    """w+ - w of HF-MAML from 0 with each sample as the Hessian batch; the sizes; and d of each sample, v, delta."""
    task, samples = noisy(k)
    alpha, rho = Fraction(1, 3) / k, k * Fraction(1)
    v = task.slope(adapted(task, Fraction(0), alpha))
    delta = 1 / (6 * rho * alpha * abs(v))
    d = [(sample.slope(delta * v) - sample.slope(-delta * v)) / (2 * delta) for sample in samples]
    beta = stepsize([task], Fraction(0), alpha, k * HALF, rho, Fraction(1, 25))
    return [-beta * (v - alpha * each) for each in d], d, v, delta, alpha, rho


def test_hf_hessian_batch_scale(computed):
    noise = {
        w: (noisy(Fraction(1))[1][0].slope(w) - noisy(Fraction(1))[0].slope(w)) ** 2
        for w in (Fraction(-100), -HALF, Fraction(-1, 4), Fraction(0), Fraction(1, 4), HALF, Fraction(100))
    }
    assert noise[HALF] == max(noise.values()) == Fraction(81, 4)
    expected = {("", f"variance of the gradient at w = {w}"): value for w, value in noise.items()}
    expected |= {("", "σ̃², for all w"): Fraction(81, 4), ("", "σ_H², for all w"): 324}
    for k in (Fraction(1, 9), Fraction(1), Fraction(9)):
        steps, d, v, delta, alpha, rho = hf_steps(k)
        sigma = k * Fraction(9, 2)
        printed = math.ceil(36 * (alpha * rho * sigma) ** 2)
        needed = math.ceil(72 * (alpha**2 * rho * sigma) ** 2)
        expected |= {
            (f"k = {k}", "δ ‖v‖, with the printed δ"): delta * abs(v),
            (f"k = {k}", "HF-MAML's step, the first sample as Hessian batch"): steps[0],
            (f"k = {k}", "the second"): steps[1],
            (f"k = {k}", "the printed D_h"): printed,
            (f"k = {k}", "72 (α² ρ σ̃)²"): needed,
            (f"k = {k}", "2 α² σ_H²"): math.ceil(2 * alpha**2 * (18 * k) ** 2),
        }
        assert steps == hf_steps(Fraction(1))[0]
        # All 2^D draws for the sizes that allow it, and D times less than one draw's for the others.
        of_one = mean((each - mean(d)) ** 2 for each in d)
        draws = list(itertools.product(d, repeat=4))
        assert mean((mean(draw) - mean(d)) ** 2 for draw in draws) == of_one / 4
        assert alpha**2 * of_one / needed == v**2 / 2
    assert computed["hf_hessian_batch_scale"] == expected


# -- Table 1 -------------------------------------------------------------------------------------------------
def test_k_shot_rate(computed):
    expected = {}
    for alpha in (Fraction(1, 6), Fraction(1, 60), Fraction(1, 600)):
        rho = (1 + alpha) / alpha**2
        left = 1 / rho - alpha
        task = Spline((left - 2 / rho, left, 0, 2 / rho), (1, -1, -1, 1), -1 / (alpha * rho))
        ends = [-alpha * (task.slope(Fraction(0)) + noise) for noise in (1, -1)]
        assert [task.slope(end) for end in ends] == [0, 0]
        gradient = (1 - alpha * task.bend(Fraction(0))) * task.slope(adapted(task, Fraction(0), alpha))
        assert gradient == -(1 + alpha) * (alpha - 1 / (2 * rho))
        case = f"α = {alpha}"
        expected |= {
            (case, "ρ"): rho,
            (case, "‖∇F(0)‖"): -gradient,
            (case, "as printed, σ̃ / √K"): 1,
        }
    assert computed["k_shot_rate"] == expected


def test_the_share_of_the_k_shot_error():
    """(1 + a) psi(a) with rho = (1 + a) / a^2 and L = sigma~ = 1 is a + a^2 / 2."""
    a = sympy.Symbol("a", positive=True)
    psi = a - a**2 / (2 * (1 + a))
    assert sympy.simplify((1 + a) * psi - a - a**2 / 2) == 0
    assert sympy.simplify(a * (1 + a) / a**2 - 1 - 1 / a) == 0  # rho t / L > 1: psi is in its second case


# -- Lemma 4.9 -----------------------------------------------------------------------------------------------
def test_second_moment_constant(computed):
    """The gradient 15/4 with the probability 9/11 * 44/45 = 4/5, else 0; L~ = 4 + 2 * 15/4 or 4."""
    gradient, chance, of_first = Fraction(15, 4), Fraction(9, 11), Fraction(44, 45)
    larger = chance * of_first
    first = larger / (4 + 2 * gradient) + (1 - larger) / 4
    second = larger / (4 + 2 * gradient) ** 2 + (1 - larger) / 16
    bound = 4 + 2 * larger * gradient
    assert larger == Fraction(4, 5)
    assert computed["second_moment_constant"] == {
        ("", "σ²"): chance * (1 - chance) * (of_first * gradient) ** 2,
        ("", "σ̃², in the mean over the tasks"): chance * of_first * (1 - of_first) * gradient**2,
        ("", "L(w)"): bound,
        ("", "E β̃"): first,
        ("", "E β̃²"): second,
        ("", "L(w)² E β̃²"): bound**2 * second,
        ("", "the printed constant over that"): Fraction(25, 8) / (bound**2 * second),
    }
    assert Fraction(18549, 10000) < bound**2 * second < Fraction(371, 200)


def test_the_best_constant_of_the_second_moment():
    """(4 + nu)^2 times the mean of the parabola, L = 1: its maximum over nu > 0 is 1.85496650..., near 5.89."""
    nu, x = sympy.symbols("nu x", positive=True)
    touch = (nu**2 + 9) / nu  # where the parabola touches; it meets 1/(4 + x)^2 at 0 too
    value, slope = 1 / (4 + touch) ** 2, -2 / (4 + touch) ** 3
    square = (sympy.Rational(1, 16) - value + slope * touch) / touch**2
    parabola = value + slope * (x - touch) + square * (x - touch) ** 2
    mean = sympy.expand(parabola).coeff(x, 0) + sympy.expand(parabola).coeff(x, 1) * nu
    mean += sympy.expand(parabola).coeff(x, 2) * (nu**2 + 9)
    constant = sympy.cancel(sympy.together((4 + nu) ** 2 * mean))
    formula = (4 + nu) ** 2 * (25 * nu**2 + 72 * nu + 81) / (16 * (nu**2 + 4 * nu + 9) ** 2)
    assert sympy.simplify(constant - formula) == 0
    best = [
        root for root in sympy.Poly(sympy.numer(sympy.together(sympy.diff(formula, nu))), nu).real_roots() if root > 0
    ]
    values = [formula.subs(nu, root).evalf(12) for root in best]
    assert abs(max(values) - sympy.Float("1.85496650", 12)) < 5e-9
    assert formula.subs(nu, 6) < max(values) < sympy.Rational(371, 200)


# -- Assumption 4.5 ------------------------------------------------------------------------------------------
def test_sigma_at_two_points(computed):
    expected = {}
    for case, knots, pulls in (
        ("tasks that agree at w", (-2, -1, 0), (2, 2)),
        ("tasks that agree at x", (-1, 0, 1), (Fraction(9, 4), Fraction(7, 4))),
    ):
        tasks = [Spline(knots, (HALF, top, HALF), pull) for top, pull in zip((1, 0), pulls, strict=True)]
        x = -HALF * mean(task.slope(Fraction(0)) for task in tasks)
        g = [task.slope(adapted(task, Fraction(0), HALF)) for task in tasks]
        everywhere = max(variance(tasks, Fraction(k, 8)) for k in range(-40, 41))
        of_g = mean((each - mean(g)) ** 2 for each in g)
        expected |= {
            (case, "x = w - α f'(w)"): x,
            (case, "σ(w)²"): variance(tasks, 0),
            (case, "σ(x)²"): variance(tasks, x),
            (case, "σ², for all points"): everywhere,
            (case, "variance of the g_i"): of_g,
        }
        assert (1 + HALF) * (HALF * variance(tasks, 0) + variance(tasks, x)) >= of_g > 0
        assert 0 in (variance(tasks, 0), variance(tasks, x))
    assert computed["sigma_at_two_points"] == expected


# -- Theorem 4.12, Corollary 4.13 ----------------------------------------------------------------------------
SIXTH = Fraction(1, 6)


def test_random_iterate(computed):
    task, w, sizes, values = Spline((-3, -1, 1, 3), (1, -1, -1, 1), 0), TENTH, [], []
    for _ in range(4):
        gradient = meta_gradient([task], w, SIXTH)
        sizes.append(abs(gradient))
        values.append(task.value(adapted(task, w, SIXTH)))
        w -= stepsize([task], w, SIXTH, 1, 1, Fraction(1, 12)) * gradient
    assert computed["random_iterate"] == {
        ("", "L, certified"): 1,
        ("", "ρ, certified"): 1,
        **{("", f"‖∇F(w_{k})‖"): size for k, size in enumerate(sizes)},
        ("", "ε, their mean"): mean(sizes),
    }
    assert sizes == sorted(sizes)
    assert values == sorted(values, reverse=True)


def test_iterations_without_bounds(computed):
    def tasks(pull):
        return [Spline((-4, -3, -2, 2, 3, 4), (1, 0, 1, 1, 0, 1), sign * pull) for sign in (1, -1)]

    def objective(pull, w):
        return mean(task.value(adapted(task, w, SIXTH)) for task in tasks(pull))

    expected = {}
    for pull in (Fraction(36), Fraction(360), Fraction(3600)):
        lost = stepsize(tasks(pull), Fraction(1), SIXTH, 1, 1, Fraction(1, 12)) * meta_gradient(
            tasks(pull), Fraction(1), SIXTH
        )
        case = f"σ = {pull}"
        expected |= {
            (case, "β ‖∇F(w)‖ / w, the share of w that a step takes away"): lost,
            (case, "the least T for which ‖∇F(w_T)‖ ≤ ε is possible"): math.ceil(1 / (2 * lost)),
        }
        assert objective(pull, Fraction(1)) - objective(pull, Fraction(0)) == Fraction(25, 72)
        # 0 is the minimum: F does not fall to either side, tried far beyond the dents.
        grid = [objective(pull, Fraction(k, 4)) for k in range(-80, 81)]
        assert grid[:81] == sorted(grid[:81], reverse=True)
        assert grid[80:] == sorted(grid[80:])
        for w in (Fraction(1, 3), Fraction(99, 100)):
            assert meta_gradient(tasks(pull), w, SIXTH) == Fraction(25, 36) * w
        # The mean over k < 553 in full: 25/36 (1 - (1 - lost)^553) / (553 lost).
        over_run = Fraction(25, 36) * (1 - (1 - lost) ** 553) / (553 * lost)
        assert (over_run <= Fraction(25, 72)) is (pull == 36)
    assert computed["iterations_without_bounds"] == {
        ("", "‖∇F(w_0)‖"): Fraction(25, 36),
        ("", "ε"): Fraction(25, 72),
        ("", "Δ"): Fraction(25, 72),
        ("", "T that is enough for the first of the instances"): 553,
        **expected,
    }
