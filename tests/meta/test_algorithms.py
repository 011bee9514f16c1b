"""MAML, FO-MAML and HF-MAML against their equations, written out anew in mpmath and fractions."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import fractions_drawn
import mpmath
import numpy as np
import pytest
from fractions_drawn import EXACT_KINDS, KINDS

from mamlcheck.arithmetic import arb, ball, float64, rational
from mamlcheck.errors import InputError
from mamlcheck.meta.algorithms import (
    TaskBatches,
    difference_reach,
    fo_maml_direction,
    hessian_difference,
    hessian_difference_within,
    hf_maml_direction,
    maml_direction,
    maml_direction_explicit,
    printed_delta,
)
from mamlcheck.meta.objective import InnerStep
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.losses import loss

ARITHMETICS = [float64, ball, arb(128), rational]
# Every arithmetic that can run a kind: exact fractions where psi is a rational function.
PAIRS = [
    pytest.param(kind, ar, id=f"{kind}-{ar!r}")
    for kind in KINDS
    for ar in ARITHMETICS
    if ar is not rational or kind in EXACT_KINDS or loss(kind).rational
]
LEAD, N, M, D, P = 2, 3, 3, 2, 2
DRAWN = [2, 0, 2, 1]  # B = 4, one task twice with batches of its own
ALPHA = [Fraction(1, 3), Fraction(1, 7)]
draws = partial(fractions_drawn.draws, size=8)


def random_tasks(kind, seed=0, lead=(LEAD,), n=N, m=M, d=D):
    return fractions_drawn.random_tasks(kind, seed, lead, n, m, d, size=8)


def random_weights(seed, *shape):
    """Batches of four draws, as weights over the m samples."""
    rng = np.random.default_rng(seed)
    out = np.empty((*shape, M), dtype=object)
    for index in np.ndindex(*shape):
        counts = np.bincount(rng.integers(0, M, 4), minlength=M)
        out[index] = [Fraction(int(k), 4) for k in counts]
    return out


# -- the equations, anew ---------------------------------------------------------------------------
def outer_gradient(f, alpha, w, q_in, q_out):
    """Equation (4), then grad f_i(w_i, D_o)."""
    return f.gradient(f.lift(w) - f.lift(alpha) * f.gradient(w, q_in), q_out)


def maml(f, alpha, w, q):
    """A summand of equation (5)."""
    g = outer_gradient(f, alpha, w, q["inner"], q["outer"])
    return g - f.lift(alpha) * (f.hessian(w, q["hessian"]) @ g)


def fo_maml(f, alpha, w, q):
    """A summand of equation (8)."""
    return outer_gradient(f, alpha, w, q["inner"], q["outer"])


def hf_maml(f, alpha, w, q, delta):
    """A summand of equations (10) and (11)."""
    v = outer_gradient(f, alpha, w, q["inner"], q["outer"])
    delta, w = f.lift(delta), f.lift(w)
    up, down = f.gradient(w + delta * v, q["hessian"]), f.gradient(w - delta * v, q["hessian"])
    return v - f.lift(alpha) * ((up - down) / (2 * delta))


class Drawn:
    """One draw of tasks and batches for LEAD instances, and the mean over it of a summand."""

    def __init__(self, kind):
        self.tasks = random_tasks(kind)
        self.w = draws(np.random.default_rng(1), LEAD, P, D)
        self.q = {
            name: random_weights(seed, LEAD, len(DRAWN))
            for seed, name in enumerate(("inner", "outer", "hessian"), start=2)
        }

    def batches(self, ar):
        return TaskBatches(DRAWN, **{name: ar.exact(weights) for name, weights in self.q.items()})

    def given(self, ar):
        return self.tasks.on(ar), ar.exact(np.array(ALPHA, dtype=object)), ar.exact(self.w), self.batches(ar)

    def mean(self, oracle, summand, *extra):
        """(LEAD, P, D); `extra` holds arrays (LEAD, B, P)."""
        out = np.empty((LEAD, P, D), dtype=object)
        for k in range(LEAD):
            f = oracle.tasks(self.tasks, k)
            for p in range(P):
                parts = [
                    summand(
                        f[i], ALPHA[k], self.w[k, p], {name: q[k, b] for name, q in self.q.items()},
                        *(x[k, b, p] for x in extra),
                    )
                    for b, i in enumerate(DRAWN)
                ]  # fmt: skip
                out[k, p] = sum(parts) / len(DRAWN)
        return out


@pytest.mark.parametrize(("kind", "ar"), PAIRS)
def test_maml_and_fo_maml(oracle, kind, ar):
    drawn = Drawn(kind)
    with ar.working():
        given = drawn.given(ar)
        truth = drawn.mean(oracle, maml)
        oracle.check(ar, maml_direction(ar, *given), truth)
        oracle.check(ar, maml_direction_explicit(ar, *given), truth)
        oracle.check(ar, fo_maml_direction(ar, *given), drawn.mean(oracle, fo_maml))


@pytest.mark.parametrize(("kind", "ar"), PAIRS)
def test_hf_maml(oracle, kind, ar):
    """A delta of its own for each instance, drawn task and point."""
    drawn = Drawn(kind)
    delta = np.abs(draws(np.random.default_rng(9), LEAD, len(DRAWN), P)) + Fraction(1, 16)
    with ar.working():
        found = hf_maml_direction(ar, *drawn.given(ar), ar.exact(delta))
        oracle.check(
            ar,
            found,
            drawn.mean(oracle, hf_maml, delta),
            2.0**-35 if ar.name in ("ball", "float64") else None,
        )


@pytest.mark.parametrize("kind", EXACT_KINDS)
def test_directions_without_leading_axes(oracle, kind):
    """One instance alone, in fractions, the printed delta included: what a reference for one step needs."""
    tasks = random_tasks(kind, seed=5, lead=(), d=1 if kind == "splines" else D)
    f = oracle.tasks(tasks)
    w = draws(np.random.default_rng(6), tasks.d, denominator=3)
    q = {name: random_weights(s, len(DRAWN)) for s, name in enumerate(("inner", "outer", "hessian"), start=11)}
    ar = rational
    batches = TaskBatches(DRAWN, **{name: ar.exact(x) for name, x in q.items()})
    given = (tasks.on(ar), ar.exact(ALPHA[0]), ar.exact(w[None, :]), batches)
    of = [(f[i], ALPHA[0], w, {name: x[b] for name, x in q.items()}) for b, i in enumerate(DRAWN)]
    oracle.check(ar, maml_direction(ar, *given), [sum(maml(*one) for one in of) / 4])
    oracle.check(ar, fo_maml_direction(ar, *given), [sum(fo_maml(*one) for one in of) / 4])
    delta = [Fraction(1, k + 2) for k in range(4)]
    truth = [sum(hf_maml(*one, h) for one, h in zip(of, delta, strict=True)) / 4]
    oracle.check(ar, hf_maml_direction(ar, *given, ar.exact(np.array(delta, dtype=object)[:, None])), truth)
    if kind == "splines":
        v = ar.exact(np.array([fo_maml(*one) for one in of], dtype=object)[:, None, :])
        rule = printed_delta(ar, ar.exact(Fraction(5, 3)), ar.exact(ALPHA[0]), v)
        lengths = [abs(fo_maml(*one)[0]) for one in of]
        assert min(lengths) > 0
        oracle.check(ar, rule, [[1 / (6 * Fraction(5, 3) * ALPHA[0] * n)] for n in lengths])


def test_full_batches_give_the_meta_gradient(oracle):
    """Every task once, equally likely, all batches the full data: MAML's direction is grad F."""
    tasks = random_tasks("quadratics", seed=7, lead=())
    tasks = QuadraticTasks(tasks.matrices, tasks.centres, np.array([Fraction(1, N)] * N, dtype=object))
    w = rational.exact(draws(np.random.default_rng(8), P, D))
    full = rational.exact(np.full((N, M), Fraction(1, M), dtype=object))
    alpha = rational.exact(ALPHA[0])
    on = tasks.on(rational)
    direction = maml_direction(rational, on, alpha, w, TaskBatches([0, 1, 2], full, full, full))
    assert (direction == InnerStep(rational, on, alpha, w).meta_gradient).all()


def test_hf_maml_of_quadratics_is_maml():
    """Where the Hessian is constant the finite difference is exact, whatever delta."""
    drawn = Drawn("quadratics")
    delta = rational.exact(np.full((LEAD, len(DRAWN), P), Fraction(7, 3), dtype=object))
    given = drawn.given(rational)
    assert (hf_maml_direction(rational, *given, delta) == maml_direction(rational, *given)).all()


# -- the printed delta -----------------------------------------------------------------------------
@pytest.mark.parametrize("ar", ARITHMETICS[:3], ids=repr)
def test_printed_delta_is_the_rule(oracle, ar):
    """1 / (6 rho alpha |v|), one for each instance, drawn task and point."""
    v = draws(np.random.default_rng(3), LEAD, 4, P, D) + Fraction(1, 3)
    rho, alpha = [Fraction(2), Fraction(5, 3)], ALPHA
    truth = np.empty((LEAD, 4, P), dtype=object)
    for k, b, p in np.ndindex(LEAD, 4, P):
        length = mpmath.sqrt(oracle.to_mp(v[k, b, p] @ v[k, b, p]))
        truth[k, b, p] = 1 / (oracle.to_mp(6 * rho[k] * alpha[k]) * length)
    with ar.working():
        given = (ar.exact(np.array(x, dtype=object)) for x in (rho, alpha))
        oracle.check(ar, printed_delta(ar, *given, ar.exact(v)), truth)


@pytest.mark.parametrize("ar", ARITHMETICS, ids=repr)
def test_printed_delta_where_v_is_zero(oracle, ar):
    """1 there, and nothing else is touched; d_i is then exactly 0."""
    v = np.array([[[[3, 4]], [[0, 0]], [[0, Fraction(1, 2)]]]], dtype=object)
    with ar.working():
        delta = printed_delta(ar, ar.exact([2]), ar.exact([Fraction(1, 4)]), ar.exact(v))
        oracle.check(ar, delta, [[[Fraction(1, 15)], [Fraction(1)], [Fraction(2, 3)]]])
        tasks = random_tasks("splines", lead=(1,)).on(ar).select([0, 1, 2])
        start = tasks.at(ar.exact(np.zeros((1, 1, 1, D))))
        difference = hessian_difference(ar, start, ar.exact(v), delta[..., None])
        assert ar.lower(difference)[0, 1].tolist() == ar.upper(difference)[0, 1].tolist() == [[0.0, 0.0]]
        assert np.isfinite(ar.upper(difference)).all()


@pytest.mark.parametrize("ar", ARITHMETICS, ids=repr)
@pytest.mark.parametrize(("rho", "alpha"), [([1, 0], [1, 1]), ([1, 1], [Fraction(1, 3), 0])])
def test_printed_delta_is_infinite_without_curvature_or_rate(ar, rho, alpha):
    with ar.working():
        v = ar.exact(np.ones((2, 1, 1, D)))
        with pytest.raises(InputError, match=r"infinite for rho = 0 or alpha = 0.*give a delta of your own"):
            printed_delta(ar, ar.exact(rho), ar.exact(alpha), v)


@pytest.mark.parametrize("ar", [ball, arb(64)], ids=repr)
def test_printed_delta_needs_to_know_that_v_is_not_zero(ar):
    """1/3 - 1/3 in balls is a ball around 0: no delta follows from it, and none is made up."""
    with ar.working():
        third = ar.exact(np.full((1, 1, 1, D), Fraction(1, 3), dtype=object))
        with pytest.raises(InputError, match="cannot be told from 0"):
            printed_delta(ar, ar.exact([1]), ar.exact([1]), third - third)


@pytest.mark.parametrize("ar", ARITHMETICS, ids=repr)
def test_hessian_difference_is_exactly_zero_for_a_zero_direction(ar):
    with ar.working():
        for kind in ("sin", "splines", "quadratics"):
            tasks = random_tasks(kind, lead=(1,))
            if ar.name == "rational" and not tasks.polynomial:
                continue
            start = tasks.on(ar).at(ar.exact(draws(np.random.default_rng(4), 1, 1, P, D, denominator=3)))
            found = hessian_difference(ar, start, ar.exact(np.zeros((1, N, P, D))), ar.exact([[[[Fraction(1, 3)]]]]))
            assert found.shape == (1, N, P, D)
            assert (ar.lower(found) == 0).all()
            assert (ar.upper(found) == 0).all()


# -- refusals --------------------------------------------------------------------------------------
def test_a_step_needs_a_task():
    with pytest.raises(InputError, match="B >= 1"):
        TaskBatches([], np.zeros((0, M)), np.zeros((0, M)))


@pytest.mark.parametrize("direction", [maml_direction, maml_direction_explicit, hf_maml_direction])
def test_a_hessian_batch_is_asked_for(direction):
    drawn = Drawn("sin")
    tasks, alpha, w, batches = drawn.given(float64)
    without = TaskBatches(DRAWN, batches.inner, batches.outer)
    extra = (np.ones((LEAD, len(DRAWN), P)),) if direction is hf_maml_direction else ()
    with pytest.raises(InputError, match="takes a Hessian batch"):
        direction(float64, tasks, alpha, w, without, *extra)
    assert fo_maml_direction(float64, tasks, alpha, w, without).shape == (LEAD, P, D)


# -- the rule of HF-MAML, without a delta ------------------------------------------------------------
REACH = Fraction(3, 4)


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("ar", [ball, arb(64)], ids=repr)
def test_difference_of_a_direction_that_may_be_zero_encloses(oracle, ar, d):
    """The true difference of every v in a ball around 0, of any direction; and it is no wider than the ball allows."""
    tasks = random_tasks("splines", seed=3, lead=(), n=2, d=d)
    w, small = draws(np.random.default_rng(4), d), 2.0**-10
    with ar.working():
        v = ar.between(np.full((2, 1, d), -small), np.full((2, 1, d), small))
        start = tasks.on(ar).at(ar.exact(w)[None, None, :])
        found = hessian_difference_within(ar, start, v, ar.exact([REACH]))
        low, high = ar.lower(found)[:, 0], ar.upper(found)[:, 0]
    assert (high - low <= 2**10 * small).all()
    for i, f in enumerate(oracle.tasks(tasks)):
        for sign in ([1, -1], [-1, 1], [1, 1], [-1, -1], [1, 0], [0, 1]):
            direction = oracle.numbers(sign[:d])
            if not direction.any():
                continue
            length = Fraction(mpmath.nstr(mpmath.norm([oracle.to_mp(x) for x in direction]), 50))  # near enough
            move = f.lift(REACH * direction / length)
            change = f.gradient(f.lift(w) + move) - f.gradient(f.lift(w) - move)
            truth = change * Fraction(small) * length / (2 * REACH)
            for k in range(d):
                assert low[i, k] - 1e-15 <= truth[k] <= high[i, k] + 1e-15


@pytest.mark.parametrize("ar", ARITHMETICS, ids=repr)
def test_difference_of_direction_zero_is_zero(ar):
    tasks = random_tasks("splines", seed=3, lead=(), n=2, d=2)
    with ar.working():
        start = tasks.on(ar).at(ar.exact([[[1, 2]]]))
        found = hessian_difference_within(ar, start, ar.exact(np.zeros((2, 1, 2))), ar.exact([REACH]))
        assert (ar.lower(found) == 0).all()
        assert (ar.upper(found) == 0).all()


@pytest.mark.parametrize("ar", ARITHMETICS, ids=repr)
def test_reach_is_that_of_the_rule(oracle, ar):
    with ar.working():
        given = (ar.exact([x]) for x in (Fraction(1, 8), Fraction(5, 3), Fraction(1, 7)))
        oracle.check(ar, difference_reach(ar, *given), [Fraction(21, 40)])
        with pytest.raises(InputError, match="infinite for rho = 0 or alpha = 0"):
            difference_reach(ar, ar.exact([1]), ar.exact([0]), ar.exact([1]))
