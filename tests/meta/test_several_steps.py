"""The meta-objective of N inner steps, against SymPy's own derivative, mpmath's, and the theory's F for N = 1."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy

from mamlcheck.arithmetic import arb, ball, filtering, float64, rational
from mamlcheck.check.sweeps import RandomSweep, blocks
from mamlcheck.check.verdict import HOLDS, VIOLATED, judge
from mamlcheck.claims import load_claim
from mamlcheck.errors import InputError
from mamlcheck.meta.instance import Instances
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.losses import builtin_losses

ALPHA = Fraction(2, 7)
LOSSES = {psi.name: psi for psi in builtin_losses()}
CLAIMS = {1: "ours.inner_steps.one", 2: "ours.inner_steps.two", 3: "ours.inner_steps.three"}
P = [Fraction(1, 3), Fraction(2, 3)]


def block_of_one(tasks, w, u, alpha=ALPHA):
    w, u = (np.array([list(map(Fraction, point))], dtype=object) for point in (w, u))
    one = np.array([Fraction(1)], dtype=object)
    block = tasks.with_numbers({name: array[None] for name, array in tasks.numbers().items()})
    return Instances(block, np.array([alpha], dtype=object), w, u, w, one, one)


def exact(values):
    out = np.empty(np.shape(values), dtype=object)
    out.reshape(-1)[:] = [Fraction(v) for v in np.array(values, dtype=object).reshape(-1)]
    return out


def curved(loss="geman_mcclure"):
    """Two tasks of two samples on a line, the losses rational functions."""
    a, b = exact([[[[1], [2]], [[Fraction(1, 2)], [-1]]]])[0], exact([[0, 1], [Fraction(1, 3), -1]])
    c = exact([[1, Fraction(-1, 2)], [Fraction(3, 4), 1]])
    return RidgeTasks(a, b, c, exact(Fraction(1, 5)), exact(P), (LOSSES[loss],) * 2)


def flat():
    """Two tasks of two samples in the plane, the matrices indefinite."""
    matrices = exact([[[[1, 2], [2, -1]], [[0, 1], [1, 3]]], [[[-2, 0], [0, 1]], [[1, -1], [-1, Fraction(1, 2)]]]])
    centres = exact([[[1, 0], [Fraction(1, 2), -1]], [[2, 1], [0, Fraction(1, 3)]]])
    return QuadraticTasks(matrices, centres, exact(P))


def rationally(x):
    return sympy.Rational(x.numerator, x.denominator)


def losses_in_symbols(tasks, w):
    """f_i as SymPy expressions, from the data alone."""
    found = []
    for i in range(tasks.n):
        total = sympy.Integer(0)
        for j in range(tasks.m):
            if isinstance(tasks, QuadraticTasks):
                gap = w - sympy.Matrix([rationally(z) for z in tasks.centres[i, j]])
                total += (gap.T * sympy.Matrix(2, 2, [rationally(q) for q in tasks.matrices[i, j].ravel()]) * gap)[
                    0
                ] / 2
            else:
                t = rationally(tasks.a[i, j, 0]) * w[0] - rationally(tasks.b[i, j])
                total += rationally(tasks.c[i, j]) * t**2 / (t**2 + 1) + rationally(tasks.mu[()]) * w[0] ** 2 / 2
        found.append(total / tasks.m)
    return found


def gradient_by_sympy(tasks, point, steps, alpha=ALPHA):
    """grad F_N: F_N is written out as one expression, and differentiated as a whole, by the chain rule of SymPy."""
    w = sympy.Matrix(sympy.symbols(f"w0:{tasks.d}"))
    total = sympy.Matrix([0] * tasks.d)
    at = dict(zip(w, map(rationally, map(Fraction, point)), strict=True))
    for p, f in zip(P, losses_in_symbols(tasks, w), strict=True):
        slope = sympy.Matrix([f.diff(s) for s in w])
        here = w
        for _ in range(steps):
            here = here - rationally(alpha) * slope.subs(dict(zip(w, here, strict=True)), simultaneous=True)
        nested = f.subs(dict(zip(w, here, strict=True)), simultaneous=True)
        total += rationally(p) * sympy.Matrix([nested.diff(s).subs(at) for s in w])
    return [Fraction(int(v.p), int(v.q)) for v in total]


@pytest.mark.parametrize(("kind", "steps"), [(curved, 1), (curved, 2), (flat, 1), (flat, 2), (flat, 3)])
def test_the_gradient_is_sympys(kind, steps):
    tasks = kind()
    w, u = ([Fraction(2, 3)], [-1]) if tasks.d == 1 else ([1, -2], [0, Fraction(1, 3)])
    with rational.working():
        computed = block_of_one(tasks, w, u).on(rational).inner_steps(steps).meta_gradient
    for k, point in enumerate((w, u)):
        found = [Fraction(str(v)) for v in np.asarray(computed[0, k]).ravel()]
        assert found == gradient_by_sympy(tasks, point, steps)


def by_mpmath(point, steps, alpha):
    """F_N' of the curved tasks with log cosh, by numerical differentiation of F_N itself, at 60 digits."""
    tasks = curved("log_cosh")

    def number(x):
        return mpmath.mpf(x.numerator) / x.denominator

    def samples(i):
        return [(number(tasks.a[i, j, 0]), number(tasks.b[i, j]), number(tasks.c[i, j])) for j in range(tasks.m)]

    def loss(i, w):
        ridge = number(tasks.mu[()]) * w**2 / 2
        return sum(c * mpmath.log(mpmath.cosh(a * w - b)) for a, b, c in samples(i)) / tasks.m + ridge

    def slope(i, w):
        ridge = number(tasks.mu[()]) * w
        return sum(c * a * mpmath.tanh(a * w - b) for a, b, c in samples(i)) / tasks.m + ridge

    def objective(w):
        total = mpmath.mpf(0)
        for i, p in enumerate(P):
            here = w
            for _ in range(steps):
                here = here - number(alpha) * slope(i, here)
            total += number(p) * loss(i, here)
        return total

    return mpmath.diff(objective, number(point))


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_the_gradient_is_enclosed_where_it_is_irrational(steps):
    w, u = Fraction(2, 3), Fraction(-1)
    block = block_of_one(curved("log_cosh"), [w], [u])
    with mpmath.workdps(60):
        truth = [by_mpmath(point, steps, ALPHA) for point in (w, u)]
        for ar in (filtering, ball, arb(128)):
            with ar.working():
                found = block.on(ar).inner_steps(steps).meta_gradient
                if ar is filtering:
                    found, of = ar.in_ball(found), ball
                else:
                    of = ar
                low, high = (np.asarray(bound(found)).astype(float)[0, :, 0] for bound in (of.lower, of.upper))
            for k in (0, 1):
                slack = mpmath.mpf(10) ** -20  # of the numerical derivative
                assert low[k] - slack <= truth[k] <= high[k] + slack
                assert high[k] - low[k] < 1e-10


def test_one_step_is_the_theorys_in_every_arithmetic():
    for _, block in blocks(RandomSweep(4), 60):
        for ar in (float64, ball):
            with ar.working():
                x = block[:8].on(ar)
                one, several = x.at_both.meta_gradient, x.inner_steps(1).meta_gradient
                assert (ar.lower(one) <= ar.upper(several) + (1e-9 if ar is float64 else 0)).all()
                assert (ar.lower(several) <= ar.upper(one) + (1e-9 if ar is float64 else 0)).all()
    with rational.working():
        x = block_of_one(curved(), [Fraction(2, 3)], [-1]).on(rational)
        assert (x.at_both.meta_gradient == x.inner_steps(1).meta_gradient).all()


# -- the claims --------------------------------------------------------------------------------------------------------
def concave():
    """f(w) = -w^2 / 2, so that a step from w leads to (1 + alpha) w."""
    return QuadraticTasks(exact([[[[-1]]]]), exact([[[0]]]), exact([1]))


@pytest.mark.parametrize("steps", CLAIMS)
def test_the_bound_is_attained_at_alpha_1_over_l(steps):
    """F_N(w) = -4^N w^2 / 2, and |w - u| = 5."""
    block, claim = block_of_one(concave(), [3], [-2], alpha=Fraction(1)), load_claim(CLAIMS[steps])
    with rational.working():
        x = block.on(rational)
        assert [str(side(x)[0]) for side in (claim.left, claim.right)] == [str(5 * 4**steps)] * 2
    assert judge(claim, block).codes.tolist() == [HOLDS]


@pytest.mark.parametrize("steps", CLAIMS)
def test_a_bound_for_fewer_steps_is_violated(steps):
    block, claim = block_of_one(concave(), [3], [-2], alpha=Fraction(1)), load_claim(CLAIMS[steps])
    few = load_claim(CLAIMS[steps - 1]) if steps > 1 else replace(claim, right=lambda x: claim.right(x) / 4)
    assert judge(replace(claim, right=few.right), block).codes.tolist() == [VIOLATED]


@pytest.mark.parametrize("steps", CLAIMS)
def test_no_random_instance_violates_it(steps):
    for _, block in blocks(RandomSweep(29), 300):
        assert set(judge(load_claim(CLAIMS[steps]), block).codes.tolist()) == {HOLDS}


@pytest.mark.parametrize("steps", [0, -1, True, 1.0, "2"])
def test_what_is_no_number_of_steps_is_refused(steps):
    with ball.working(), pytest.raises(InputError, match="inner steps: give a whole number of at least 1"):
        block_of_one(concave(), [3], [-2]).on(ball).inner_steps(steps)
