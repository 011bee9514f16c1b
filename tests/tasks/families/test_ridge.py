"""Ridge tasks against the oracle, in every arithmetic; constants that hold and are nearly reached;
refusals.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from functools import partial

import fractions_drawn
import numpy as np
import pytest

from mamlcheck.arithmetic import NotExact, arb, ball, filtering, float64, rational
from mamlcheck.arithmetic.linear import spectral_norm
from mamlcheck.errors import InputError
from mamlcheck.tasks import ridge_sums
from mamlcheck.tasks.constants import rounded_up
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.families.spline import SplineTasks
from mamlcheck.tasks.loss import Loss
from mamlcheck.tasks.losses import builtin_losses, loss

LOSSES = [psi.name for psi in builtin_losses()]
PROFILES = [*LOSSES, "splines"]
ARITHMETICS = [float64, ball, arb(128), rational]
# Every arithmetic that can run a kind: exact fractions where psi is a rational function.
PAIRS = [
    pytest.param(kind, ar, id=f"{kind}-{ar!r}")
    for kind in PROFILES
    for ar in ARITHMETICS
    if ar is not rational or kind == "splines" or loss(kind).rational
]
LEAD, N, M, P = 2, 2, 3, 2
# A scan of step 2^-12 and a difference over 2^-11, where psi is curved, stay this far below the supremum.
CERTIFICATE = 1e-4
FAR = 2.0**10


draws = partial(fractions_drawn.draws, size=12)


def random_tasks(kind, seed=0, lead=(LEAD,), n=N, m=M, d=2):
    """Tasks of fractions, thirds among them: c of both signs, a ridge, unequal probabilities."""
    rng = np.random.default_rng(seed)
    if kind == "splines":
        gaps = np.abs(draws(rng, *lead, n, m, 4)) + Fraction(1, 3)
        knots = np.cumsum(gaps, axis=-1) - 3
        made = SplineTasks
        profile = (knots, draws(rng, *lead, n, m, 4), draws(rng, *lead, n, m))
    else:
        made = RidgeTasks
        profile = ((loss(kind),) * n,)
    weights = rng.integers(1, 5, (*lead, n))
    probabilities = np.empty((*lead, n), dtype=object)
    for index in np.ndindex(*lead):
        probabilities[index] = [Fraction(int(v), int(weights[index].sum())) for v in weights[index]]
    return made(
        draws(rng, *lead, n, m, d), draws(rng, *lead, n, m), draws(rng, *lead, n, m, denominator=3, size=4),
        np.abs(draws(rng, *lead)) if lead else np.array(Fraction(3, 7), dtype=object), probabilities, *profile,
    )  # fmt: skip


def indices(*shape):
    return itertools.product(*(range(k) for k in shape))


def table(shape, entry):
    """An object array of the numbers (or vectors, or matrices) entry(*index)."""
    rows = {index: np.array(entry(*index), dtype=object) for index in np.ndindex(*shape)}
    out = np.empty((*shape, *next(iter(rows.values())).shape), dtype=object)
    for index, row in rows.items():
        out[index] = row if row.ndim else row[()]
    return out


# -- every quantity, every loss, every arithmetic --------------------------------------------------
@pytest.mark.parametrize(("kind", "ar"), PAIRS)
def test_quantities_are_those_of_the_definition(oracle, kind, ar):
    """Leading axis, two tasks, two points, full data and weights that differ from point to point."""
    tasks = random_tasks(kind)
    rng = np.random.default_rng(1)
    w, v, step = (draws(rng, LEAD, N, P, 2) for _ in range(3))
    q = draws(rng, P, M)
    with ar.working():
        at = tasks.on(ar).at(ar.exact(w))
        weights, direction = ar.exact(q), ar.exact(v)
        expected = [oracle.tasks(tasks, k) for k in range(LEAD)]

        def truth(entry):
            return table(
                (LEAD, N, P),
                lambda k, i, p: entry(expected[k][i], w[k, i, p], v[k, i, p], step[k, i, p], q[p]),
            )

        def same(computed, entry, width=None):
            oracle.check(ar, computed, truth(entry), width)

        if ar is rational and kind == "log1p_square":  # only its derivatives are rational
            with pytest.raises(NotExact):
                at.value()
        else:
            same(at.value(), lambda f, x, v, s, q: f.value(x))
            same(at.value(weights), lambda f, x, v, s, q: f.value(x, q))
        same(at.gradient(), lambda f, x, v, s, q: f.gradient(x))
        same(at.gradient(weights), lambda f, x, v, s, q: f.gradient(x, q))
        same(at.hessian(), lambda f, x, v, s, q: f.hessian(x))
        same(at.hessian(weights), lambda f, x, v, s, q: f.hessian(x, q))
        same(at.hessian_vector(direction), lambda f, x, v, s, q: f.hessian(x) @ f.lift(v))
        same(at.hessian_vector(direction, weights), lambda f, x, v, s, q: f.hessian(x, q) @ f.lift(v))
        move = ar.exact(step)
        same(at.gradient_change(move), lambda f, x, v, s, q: f.gradient(x + s) - f.gradient(x))
        same(at.gradient_change(move, weights), lambda f, x, v, s, q: f.gradient(x + s, q) - f.gradient(x, q))
        same(at.gradient_variance(), lambda f, x, v, s, q: f.gradient_variance(x))
        if ar.name == "rational":
            with pytest.raises(NotExact):
                at.hessian_variance()
        else:
            # The eigenbasis that guides the norm is one of doubles: 2^-38, whatever the precision.
            same(at.hessian_variance(), lambda f, x, v, s, q: f.hessian_variance(x), 2.0**-38)


@pytest.mark.parametrize("ar", [float64, ball, arb(64)], ids=repr)
@pytest.mark.parametrize("kind", ["quadratic", "sin", "splines"])
@pytest.mark.parametrize(("m", "d"), [(2, 3), (2, 6), (3, 5), (3, 3)])
def test_hessians_of_few_samples_vary_as_the_definition_says(oracle, kind, ar, m, d):
    """In fewer dimensions than the points have, where the samples span no more; some samples equal, or far longer."""
    tasks = random_tasks(kind, seed=60 + d, m=m, d=d)
    a = tasks.a.copy()
    a[0, 1] *= 10**6 if kind == "quadratic" else 8  # psi'' is wide where its argument is large
    a[1, 0, 1] = a[1, 0, 0] + Fraction(1, 10**9)
    a[1, 1, 0] *= 0
    tasks = replace(tasks, a=a)
    w = draws(np.random.default_rng(61), LEAD, N, P, d)
    f = [oracle.tasks(tasks, k) for k in range(LEAD)]
    with ar.working():
        found = tasks.on(ar).at(ar.exact(w)).hessian_variance()
        low, high = ar.lower(found), ar.upper(found)
    truth = table((LEAD, N, P), lambda k, i, p: f[k][i].hessian_variance(w[k, i, p]))
    if ar.rigorous:
        for value, below, above in zip(truth.ravel(), low.ravel().tolist(), high.ravel().tolist(), strict=True):
            assert oracle.to_mp(Fraction(below)) <= value <= oracle.to_mp(Fraction(above))
    assert (high - low <= 2.0**-36 * high.max()).all()
    assert (np.abs(low - truth.astype(float)) <= 2.0**-36 * high.max()).all()


@pytest.mark.parametrize("ar", [filtering, ball, arb(64)], ids=repr)
@pytest.mark.parametrize("made", ["by LAPACK", "tilted", "short", "long", "turned"])
def test_hessians_vary_as_they_do_in_whatever_basis(oracle, monkeypatch, made, ar):
    """A basis guides and proves nothing: what it misses of the samples, and of being orthonormal, is measured."""
    tilt = np.array([[0.0, 1e-3], [2e-3, 0], [0, 0], [0, -1e-3]])
    bad = {
        "by LAPACK": lambda q, r: (q, r),
        "tilted": lambda q, r: (q + tilt, r),
        "short": lambda q, r: (q * 0.999, r / 0.999),
        "long": lambda q, r: (q * 1.001, r / 1.001),
        "turned": lambda q, r: (q, r + 1e-3 * np.array([[0, 1], [1, 0]])),
    }[made]
    qr = np.linalg.qr
    monkeypatch.setattr(np.linalg, "qr", lambda x: bad(*qr(x)))
    tasks = random_tasks("quadratic", seed=70, m=2, d=4)
    w = draws(np.random.default_rng(71), LEAD, N, P, 4)
    f = [oracle.tasks(tasks, k) for k in range(LEAD)]
    with ar.working():
        found = tasks.on(ar).at(ar.exact(w)).hessian_variance()
        low, high = ar.lower(found), ar.upper(found)
    truth = table((LEAD, N, P), lambda k, i, p: f[k][i].hessian_variance(w[k, i, p]))
    for value, below, above in zip(truth.ravel(), low.ravel().tolist(), high.ravel().tolist(), strict=True):
        assert oracle.to_mp(Fraction(below)) <= value <= oracle.to_mp(Fraction(above))
    assert (high - low <= (2.0**-20 if made == "by LAPACK" else 0.5) * high.max()).all()


@pytest.mark.parametrize("ar", [ball, arb(64)], ids=repr)
def test_each_deviation_counts_what_coordinates_miss_of_all_samples(monkeypatch, ar):
    """Orthogonal samples whose coordinates are too short by 1 %: of the sample itself, and of the others."""
    qr = np.linalg.qr
    monkeypatch.setattr(np.linalg, "qr", lambda x: (qr(x)[0], 0.99 * qr(x)[1]))
    a = np.array([[[1.0, 0, 0, 0], [0, 2, 0, 0], [0, 0, 1, 0]]])
    for bends, truth in (([1.0, 0, 0], (2 / 3, 1 / 3, 1 / 3)), ([0, 1.0, 0], (4 / 3, 8 / 3, 4 / 3))):
        with ar.working():
            vectors = ar.exact(a)
            norms = ridge_sums._deviation_norms(
                ar, ar.exact(np.array([[bends]])), vectors, ridge_sums.coordinates(ar, vectors)
            )
            low, high = ar.lower(norms).ravel(), ar.upper(norms).ravel()
        assert (low < truth).all()
        assert (high > truth).all()


@pytest.mark.parametrize(("kind", "ar"), PAIRS)
def test_one_point_many_batches(oracle, kind, ar):
    """At a single point K weight vectors give K results; a deviation q - 1/m gives the difference to full
    data.
    """
    tasks = random_tasks(kind, seed=3, lead=())
    batches = oracle.sequences(M, 2)
    w, v = draws(np.random.default_rng(4), 1, 2), draws(np.random.default_rng(5), N, len(batches), 2)
    deviations = np.array(batches, dtype=object) - Fraction(1, M)
    f = oracle.tasks(tasks)
    shape = (N, len(batches))
    with ar.working():
        at = tasks.on(ar).at(ar.exact(w))
        q, r = ar.exact(np.array(batches, dtype=object)), ar.exact(deviations)
        oracle.check(ar, at.gradient(q), table(shape, lambda i, k: f[i].gradient(w[0], batches[k])))
        differences = table(shape, lambda i, k: f[i].gradient(w[0], batches[k]) - f[i].gradient(w[0]))
        oracle.check(ar, at.gradient_deviation(r), differences)
        bent = table(shape, lambda i, k: f[i].hessian(w[0], batches[k]) @ f[i].lift(v[i, k]))
        oracle.check(ar, at.hessian_vector(ar.exact(v), q), bent)
        full = table(shape, lambda i, k: f[i].hessian(w[0]) @ f[i].lift(v[i, k]))
        oracle.check(ar, at.hessian_vector_deviation(ar.exact(v), r), bent - full)
        if not (ar is rational and kind == "log1p_square"):
            oracle.check(ar, at.value(q), table(shape, lambda i, k: f[i].value(w[0], batches[k])))


@pytest.mark.parametrize("ar", ARITHMETICS, ids=repr)
@pytest.mark.parametrize("kind", ["geman_mcclure", "splines"])
def test_selected_tasks(oracle, kind, ar):
    """In the order given, repeats and all."""
    tasks = random_tasks(kind, seed=6, lead=(), n=3)
    chosen = [2, 0, 2, 1]
    w = draws(np.random.default_rng(7), 1, 2)
    f = oracle.tasks(tasks)
    with ar.working():
        selected = tasks.on(ar).select(chosen)
        truth = table((4, 1), lambda i, _: f[chosen[i]].gradient(w[0]))
        oracle.check(ar, selected.at(ar.exact(w)).gradient(), truth)
        shares = [Fraction(tasks.probabilities[i]) for i in chosen]
        oracle.check(ar, selected.probabilities, shares)


def test_mixed_losses_stay_with_their_tasks(oracle):
    names = ["sin", "quadratic", "sin", "sin", "welsch"]
    tasks = replace(random_tasks("sin", seed=8, lead=(), n=5), losses=tuple(loss(n) for n in names))
    w = draws(np.random.default_rng(9), 1, 2)
    f = oracle.tasks(tasks)
    with ball.working():
        at = tasks.on(ball).at(ball.exact(w))
        oracle.check(ball, at.gradient(), table((5, 1), lambda i, _: f[i].gradient(w[0])))
        oracle.check(ball, at.hessian(), table((5, 1), lambda i, _: f[i].hessian(w[0])))
        chosen = tasks.on(ball).select([4, 1]).at(ball.exact(w)).gradient()
        oracle.check(ball, chosen, table((2, 1), lambda i, _: f[[4, 1][i]].gradient(w[0])))


@pytest.mark.parametrize("kind", PROFILES)
def test_an_instance_out_of_a_block(oracle, kind):
    block = random_tasks(kind, seed=10)
    w = draws(np.random.default_rng(11), 1, 2)
    with ball.working():
        for k in range(LEAD):
            f = oracle.tasks(block, k)
            computed = block[k].on(ball).at(ball.exact(w)).gradient()
            oracle.check(ball, computed, table((N, 1), lambda i, _, f=f: f[i].gradient(w[0])))
            assert block[k].smoothness == block.smoothness[k]
            assert block[k].hessian_lipschitz == block.hessian_lipschitz[k]
        assert block[1:].a.shape == (LEAD - 1, N, M, 2)


def test_constants_are_carried_out_of_a_block():
    """Picked before or after the block is certified, an instance has the same constants."""
    before, after = random_tasks("sin", seed=10)[1], random_tasks("sin", seed=10)
    bounds = after.smoothness[1], after.hessian_lipschitz[1]
    assert (before.smoothness, before.hessian_lipschitz) == bounds
    assert (after[1].smoothness, after[1].hessian_lipschitz) == bounds
    assert after[1:].smoothness.tolist() == [bounds[0]]


@pytest.mark.parametrize("kind", ["welsch", "splines"])
def test_one_task_by_itself(oracle, kind):
    tasks = random_tasks(kind, seed=16)
    w = draws(np.random.default_rng(17), 1, 2)
    with ball.working():
        for i in range(N):
            alone = tasks.alone(i)
            assert alone.probabilities.tolist() == [[1.0]] * LEAD
            truth = table((LEAD, 1, 1), lambda k, *_, i=i: oracle.tasks(tasks, k)[i].gradient(w[0]))
            oracle.check(ball, alone.on(ball).at(ball.exact(w)).gradient(), truth)


# -- exact zeros -----------------------------------------------------------------------------------
@pytest.mark.parametrize("ar", [ball, arb(64)], ids=repr)
@pytest.mark.parametrize("kind", PROFILES)
def test_what_is_zero_is_exactly_zero(kind, ar):
    """A step of 0 changes nothing, one sample has no variance: radius 0, so that 0 <= 0 can be decided."""
    tasks = random_tasks(kind, seed=12, lead=())
    single = random_tasks(kind, seed=12, lead=(), m=1)
    w = draws(np.random.default_rng(13), 1, 2, denominator=3)
    with ar.working():
        zero = ar.exact(np.zeros((1, 2)))
        one = single.on(ar).at(ar.exact(w))
        for value in (
            tasks.on(ar).at(ar.exact(w)).gradient_change(zero),
            one.gradient_variance(),
            one.hessian_variance(),
            one.gradient_deviation(ar.exact(np.zeros((1, 1)))),
            one.hessian_vector_deviation(ar.exact(w), ar.exact(np.zeros((1, 1)))),
        ):
            assert (ar.lower(value) == 0).all()
            assert (ar.upper(value) == 0).all()


# -- the constants L and rho -----------------------------------------------------------------------
def curvature(tasks, w):
    """|H_i(w)| in float64, for points w (P, d): (n, P)."""
    hessians = tasks.on(float64).at(w).hessian()
    return np.abs(np.linalg.eigvalsh(hessians)).max(axis=-1)


def difference_quotients(tasks, w, u):
    """|H_i(w) - H_i(u)| / |w - u| in float64: (n, P)."""
    on = tasks.on(float64)
    gap = on.at(w).hessian() - on.at(u).hessian()
    return np.abs(np.linalg.eigvalsh(gap)).max(axis=-1) / np.linalg.norm(w - u, axis=-1)


def climb(measure, start, rng, rounds=10):
    """Random search from the best of `start` (P, d): the best value of `measure` over tasks and points."""
    best_point, best = start[0], -np.inf
    points, spread = start, 1.0
    for _ in range(rounds):
        values = measure(points).max(axis=0)
        k = int(values.argmax())
        if values[k] > best:
            best, best_point = values[k], points[k]
        points = best_point + spread * rng.standard_normal((300, len(best_point)))
        spread *= 0.5
    return best, best_point


@pytest.mark.parametrize("kind", PROFILES)
@pytest.mark.parametrize("d", [1, 2, 4])
def test_no_search_beats_the_constants(kind, d):
    """The largest |H| and the steepest change of H that a search finds, confirmed by arb at the points
    found.
    """
    rng = np.random.default_rng(14)
    tasks = random_tasks(kind, seed=15 + d, lead=(), n=2, m=3, d=d)
    start = np.concatenate([6 * rng.standard_normal((600, d)), np.zeros((1, d))])
    best, w = climb(lambda x: curvature(tasks, x), start, rng)
    steepest, u = climb(
        lambda x: difference_quotients(tasks, x[:, :d], x[:, d:]), np.hstack([start, start[::-1] + 0.01]), rng
    )
    ar = arb(128)
    with ar.working():
        on = tasks.on(ar)
        norms = spectral_norm(ar, on.at(ar.exact(w[None, :])).hessian())
        assert (ar.less_equal(norms, ar.exact(tasks.smoothness)) != 0).all()
        gap = on.at(ar.exact(u[None, :d])).hessian() - on.at(ar.exact(u[None, d:])).hessian()
        bound = ar.exact(tasks.hessian_lipschitz) * ar.norm(ar.exact(u[:d]) - ar.exact(u[d:]))
        assert (ar.less_equal(spectral_norm(ar, gap), bound) != 0).all()
    assert best > 0.05 * float(tasks.smoothness)  # the search is one: it is not stuck on a plateau
    assert steepest > 0.05 * float(tasks.hessian_lipschitz) or kind == "quadratic"


@pytest.mark.parametrize("kind", PROFILES)
@pytest.mark.parametrize("d", [1, 3])
def test_constants_are_reached_by_a_single_sample(kind, d):
    """L = |c| sup|psi''| |a|^2 and rho = |c| sup|psi'''| |a|^3 come within the certificate of being
    attained.
    """
    tasks = random_tasks(kind, seed=20 + d, lead=(), n=1, m=1, d=d)
    tasks = replace(tasks, mu=np.array(0.0))
    a = tasks.a[0, 0].astype(float)
    line = np.linspace(-FAR, FAR, 2**16 + 1) / 2**6  # of arguments t
    line = np.concatenate([line, *(float(k) + np.linspace(-1e-3, 1e-3, 9) for k in _knots(tasks))])
    points = (line + float(tasks.b[0, 0]))[:, None] * a / (a @ a)
    assert curvature(tasks, points).max() >= (1 - CERTIFICATE) * tasks.smoothness
    h = 2.0**-12 * a / np.linalg.norm(a)
    assert difference_quotients(tasks, points - h, points + h).max() >= (1 - CERTIFICATE) * tasks.hessian_lipschitz
    if kind == "quadratic":
        assert tasks.hessian_lipschitz == 0


def _knots(tasks):
    return tasks.knots[0, 0] if isinstance(tasks, SplineTasks) else []


def test_constants_of_a_known_case():
    """sin in two dimensions by hand: |a| = 5, |c| = 2, m = 1, mu = 1/2: L = 50 + 1/2, rho = 250."""
    tasks = RidgeTasks(
        np.array([[[3.0, 4.0]]]), np.zeros((1, 1)), np.array([[-2.0]]), np.array(0.5), np.array([1.0]),
        (loss("sin"),),
    )  # fmt: skip
    assert 50.5 <= tasks.smoothness <= 50.5 * (1 + CERTIFICATE)
    assert 250 <= tasks.hessian_lipschitz <= 250 * (1 + CERTIFICATE)


def test_constants_are_rounded_up():
    """To 40 bits, never down; what has 40 bits stays, whatever its size."""
    rng = np.random.default_rng(19)
    given = rng.uniform(0.5, 1, 200) * 2.0 ** rng.integers(-300, 300, 200)
    found = rounded_up(given)
    for a, b in zip(given.tolist(), found.tolist(), strict=True):
        assert Fraction(a) <= Fraction(b) <= Fraction(a) * (1 + Fraction(1, 2**39))
        assert Fraction(b).numerator.bit_length() <= 40 or Fraction(b).denominator == 1
    kept = np.array([0.0, 0.5, 3.0, 1 + 2.0**-39, 2.0**-1074, 2.0**1000, np.inf])
    assert rounded_up(kept).tolist() == kept.tolist()


def test_constants_of_the_smallest_tasks_are_exact():
    """One dimension, simple numbers: the worst splines reach L = 1/2 and rho = 1 without a rounding."""
    tasks = SplineTasks(
        np.ones((1, 1, 1)), np.zeros((1, 1)), np.ones((1, 1)), np.array(0.0), np.array([1.0]),
        objects([[[-1, 0, 1]]]), objects([[["1/2", "-1/2", "1/2"]]]), objects([[6]]),
    )  # fmt: skip
    assert (tasks.smoothness, tasks.hessian_lipschitz) == (0.5, 1.0)


def objects(values):
    array = np.array(values, dtype=object)
    out = np.empty(array.shape, dtype=object)
    out.reshape(-1)[:] = [Fraction(v) for v in array.ravel()]
    return out


def test_constants_are_those_of_the_worst_task():
    """The larger of the tasks alone, for each constant; and rho by the Gram bound where samples are
    orthogonal.
    """
    pair = random_tasks("sin", seed=30, lead=(), n=2, m=2, d=2)
    alone = [
        replace(pair, a=pair.a[i : i + 1], b=pair.b[i : i + 1], c=pair.c[i : i + 1],
                probabilities=np.array([1.0]), losses=(loss("sin"),))
        for i in range(2)
    ]  # fmt: skip
    assert pair.smoothness == max(t.smoothness for t in alone)
    assert pair.hessian_lipschitz == max(t.hessian_lipschitz for t in alone)
    orthogonal = RidgeTasks(
        np.eye(4)[None],
        np.zeros((1, 4)),
        np.ones((1, 4)),
        np.array(0.0),
        np.array([1.0]),
        (loss("sin"),),
    )
    assert 0.25 <= orthogonal.smoothness <= 0.25 * (1 + CERTIFICATE)
    assert 0.25 <= orthogonal.hessian_lipschitz <= 0.25 * (1 + CERTIFICATE)


# -- bounds of the deviations that hold everywhere -------------------------------------------------
def sigma_squared(ar, tasks, w):
    """E_i |grad f_i(w) - grad f(w)|^2 (P,)."""
    on = tasks.on(ar)
    gradients = on.at(w).gradient()
    shares = on.probabilities[..., None, None]
    mean = ar.sum(shares * gradients, -3)
    return ar.sum(shares[..., 0] * ar.squared_norm(gradients - mean), -2)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("mu", [0, Fraction(1, 3)])
def test_global_deviations_bound_every_point(name, mu):
    tasks = replace(random_tasks(name, seed=40, lead=()), mu=np.array(Fraction(mu), dtype=object))
    bounds = tasks.global_deviations
    if loss(name).sup_first is None:
        assert bounds is None
        return
    rng = np.random.default_rng(41)
    w = np.concatenate([rng.standard_normal((40, 2)) * scale for scale in (0.1, 3, 30)])
    with ball.working():
        at = tasks.on(ball).at(ball.exact(w))

        def at_most(variance, bound):
            return (ball.less_equal(variance, ball.exact(bounds[bound])) == 1).all()

        assert at_most(at.gradient_variance(), "sigma_tilde")
        assert at_most(at.hessian_variance(), "sigma_hessian")
        assert at_most(sigma_squared(ball, tasks, ball.exact(w)), "sigma")


@pytest.mark.parametrize("name", [n for n in LOSSES if n != "quadratic"])
def test_global_deviations_are_reached_by_opposite_samples(name):
    """Two samples c = 1, -1 with the same a are where the second moment is the variance."""
    losses = (loss(name),)
    samples = RidgeTasks(
        np.full((1, 2, 1), 3.0),
        np.zeros((1, 2)),
        np.array([[2.0, -2.0]]),
        np.array(1.0),
        np.array([1.0]),
        losses,
    )
    pair = RidgeTasks(
        np.full((2, 1, 1), 3.0), np.zeros((2, 1)), np.array([[2.0], [-2.0]]), np.array(1.0),
        np.array([0.5, 0.5]), losses * 2,
    )  # fmt: skip
    line = np.concatenate([np.linspace(-8, 8, 4001), [-FAR, FAR]])[:, None]
    at = samples.on(float64).at(line)
    found = {
        "sigma_tilde": at.gradient_variance().max(),
        "sigma_hessian": at.hessian_variance().max(),
        "sigma": sigma_squared(float64, pair, line).max(),
    }
    rounding = 2.0**-40  # of float64, which found them
    for deviation, value in found.items():
        bound = (pair if deviation == "sigma" else samples).global_deviations[deviation]
        assert (1 - 10 * CERTIFICATE) * bound <= value <= (1 + rounding) * bound


def test_splines_have_no_global_deviations():
    assert random_tasks("splines").global_deviations is None


# -- refusals --------------------------------------------------------------------------------------
def plain(**changes):
    parts = {
        "a": np.ones((2, 3, 1)), "b": np.zeros((2, 3)), "c": np.ones((2, 3)), "mu": np.array(0.0),
        "probabilities": np.array([0.5, 0.5]), "losses": (loss("sin"),) * 2,
    }  # fmt: skip
    return RidgeTasks(**(parts | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"a": np.ones((3, 1))}, "give n >= 1 tasks"),
        ({"a": np.ones((2, 0, 1))}, "m >= 1 samples"),
        ({"b": np.zeros((2, 2))}, r"b has shape \(2, 2\)"),
        ({"c": np.zeros((3, 2))}, r"c has shape \(3, 2\)"),
        ({"mu": np.zeros(2)}, r"mu has shape \(2,\)"),
        ({"mu": np.array(-1.0)}, "mu >= 0"),
        ({"probabilities": np.array([0.5, 0.25])}, "sum to 3/4"),
        ({"probabilities": np.array([1 / 3, 2 / 3])[[0, 0]]}, "not 1 exactly"),
        ({"probabilities": np.array([1.5, -0.5])}, "a probability is -1/2"),
        ({"probabilities": np.ones(1)}, "probabilities has shape"),
        ({"losses": (loss("sin"),)}, "1 losses for 2 tasks"),
        ({"b": np.full((2, 3), np.nan)}, "NaN"),
        ({"c": np.full((2, 3), np.inf)}, "infinite"),
    ],
)
def test_tasks_refuse_what_does_not_fit(changes, message):
    assert plain().n == 2
    with pytest.raises(InputError, match=message):
        plain(**changes)


def test_rational_needs_rational_losses(oracle):
    tasks = plain()
    assert not tasks.polynomial
    with pytest.raises(NotExact):
        tasks.on(rational).at(rational.exact(np.zeros((1, 1)))).gradient()
    assert random_tasks("splines").polynomial


# -- what one loss of several decides --------------------------------------------------------------------------------
def of_losses(*losses):
    n = len(losses)
    probabilities = np.array([Fraction(1, n)] * n, dtype=object)
    return RidgeTasks(np.ones((n, 2, 1)), np.zeros((n, 2)), np.ones((n, 2)), np.array(0.0), probabilities, losses)


@pytest.mark.parametrize("order", ["declared_second", "declared_third"])
def test_one_declared_supremum_is_enough_for_declared_tasks(order):
    word = Loss.from_expression("t**2/2 + cos(t)", **{order: 9})
    assert of_losses(loss("sin"), word).provenance == "declared"


def test_one_loss_of_unbounded_slope_leaves_no_global_deviations():
    assert of_losses(loss("sin"), loss("sin")).global_deviations is not None
    assert of_losses(loss("sin"), loss("quadratic")).global_deviations is None
