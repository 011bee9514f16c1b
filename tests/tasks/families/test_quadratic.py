"""Quadratic tasks and the operator norm of symmetric matrices, against fractions and mpmath's eigenvalues."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import flint
import fractions_drawn
import mpmath
import numpy as np
import pytest

from mamlcheck.arithmetic import BallArray, NotExact, arb, ball, float64, rational
from mamlcheck.arithmetic.linear import spectral_norm
from mamlcheck.errors import InputError
from mamlcheck.tasks.families.quadratic import QuadraticTasks

ARITHMETICS = [float64, ball, arb(128), rational]
RIGOROUS = [ball, arb(64), arb(128)]
LEAD, N, M, D, P = 2, 2, 3, 2, 2


draws = partial(fractions_drawn.draws, size=12)


def random_tasks(seed=0, lead=(LEAD,), n=N, m=M, d=D):
    rng = np.random.default_rng(seed)
    half = draws(rng, *lead, n, m, d, d, denominator=3)
    probabilities = np.empty((*lead, n), dtype=object)
    probabilities[...] = [Fraction(2 * i + 1, n * n) for i in range(n)]
    return QuadraticTasks(half + np.swapaxes(half, -1, -2), draws(rng, *lead, n, m, d), probabilities)


def table(shape, entry):
    rows = {index: np.array(entry(*index), dtype=object) for index in np.ndindex(*shape)}
    out = np.empty((*shape, *next(iter(rows.values())).shape), dtype=object)
    for index, row in rows.items():
        out[index] = row if row.ndim else row[()]
    return out


@pytest.mark.parametrize("ar", ARITHMETICS, ids=repr)
def test_quantities_are_those_of_the_definition(oracle, ar):
    tasks = random_tasks()
    rng = np.random.default_rng(1)
    w, v = draws(rng, LEAD, N, P, D), draws(rng, LEAD, N, P, D)
    q = draws(rng, P, M, denominator=7)
    expected = [oracle.tasks(tasks, k) for k in range(LEAD)]

    def truth(entry):
        return table((LEAD, N, P), lambda k, i, p: entry(expected[k][i], w[k, i, p], v[k, i, p], q[p]))

    with ar.working():
        at = tasks.on(ar).at(ar.exact(w))
        weights, direction = ar.exact(q), ar.exact(v)
        same = lambda computed, entry: oracle.check(ar, computed, truth(entry))  # noqa: E731
        same(at.value(), lambda f, x, v, q: f.value(x))
        same(at.value(weights), lambda f, x, v, q: f.value(x, q))
        same(at.gradient(), lambda f, x, v, q: f.gradient(x))
        same(at.gradient(weights), lambda f, x, v, q: f.gradient(x, q))
        same(at.hessian(weights), lambda f, x, v, q: f.hessian(x, q))
        same(at.hessian_vector(direction), lambda f, x, v, q: f.hessian(x) @ v)
        same(at.hessian_vector(direction, weights), lambda f, x, v, q: f.hessian(x, q) @ v)
        same(at.gradient_change(direction), lambda f, x, v, q: f.gradient(x + v) - f.gradient(x))
        same(at.gradient_change(direction, weights), lambda f, x, v, q: f.gradient(x + v, q) - f.gradient(x, q))
        same(at.gradient_variance(), lambda f, x, v, q: f.gradient_variance(x))
        # The Hessians are the same at every point: one entry stands for all.
        oracle.check(ar, at.hessian(), table((LEAD, N, 1), lambda k, i, _: expected[k][i].hessian(w[k, i, 0])))
        assert at.with_curvature() is at
        if ar.name == "rational":
            with pytest.raises(NotExact):
                at.hessian_variance()
        else:
            norms = table((LEAD, N, 1), lambda k, i, _: expected[k][i].hessian_variance(w[k, i, 0]))
            oracle.check(ar, at.hessian_variance(), norms, 2.0**-38)


@pytest.mark.parametrize("ar", ARITHMETICS, ids=repr)
def test_one_point_many_batches(oracle, ar):
    tasks = random_tasks(3, lead=())
    batches = oracle.sequences(M, 2)
    q = np.array(batches, dtype=object)
    w, v = draws(np.random.default_rng(4), 1, D), draws(np.random.default_rng(5), N, len(batches), D)
    f, shape = oracle.tasks(tasks), (N, len(batches))
    with ar.working():
        at = tasks.on(ar).at(ar.exact(w))
        weights, r = ar.exact(q), ar.exact(q - Fraction(1, M))
        oracle.check(ar, at.value(weights), table(shape, lambda i, k: f[i].value(w[0], batches[k])))
        gradients = table(shape, lambda i, k: f[i].gradient(w[0], batches[k]))
        oracle.check(ar, at.gradient(weights), gradients)
        full = table(shape, lambda i, k: f[i].gradient(w[0]))
        oracle.check(ar, at.gradient_deviation(r), gradients - full)
        bent = table(shape, lambda i, k: f[i].hessian(w[0], batches[k]) @ v[i, k])
        oracle.check(ar, at.hessian_vector(ar.exact(v), weights), bent)
        mean = table(shape, lambda i, k: f[i].hessian(w[0]) @ v[i, k])
        oracle.check(ar, at.hessian_vector_deviation(ar.exact(v), r), bent - mean)
        chosen = tasks.on(ar).select([1, 1, 0])
        oracle.check(ar, chosen.at(ar.exact(w)).gradient()[:, 0], [f[i].gradient(w[0]) for i in (1, 1, 0)])


def test_one_dimension_is_rational_throughout(oracle):
    tasks = random_tasks(6, d=1)
    w = draws(np.random.default_rng(7), LEAD, N, P, 1)
    found = tasks.on(rational).at(rational.exact(w)).hessian_variance()

    def variance(k, i, _):
        h = [Fraction(v) for v in tasks.matrices[k, i, :, 0, 0]]
        return sum((x - sum(h) / M) ** 2 for x in h) / M

    truth = table((LEAD, N, 1), variance)
    oracle.check(rational, found, truth)


@pytest.mark.parametrize("ar", [ball, arb(64)], ids=repr)
def test_one_sample_has_no_variance(ar):
    tasks = random_tasks(8, lead=(), m=1)
    with ar.working():
        at = tasks.on(ar).at(ar.exact(draws(np.random.default_rng(9), P, D, denominator=3)))
        for value in (
            at.gradient_variance(),
            at.hessian_variance(),
            at.gradient_change(ar.exact(np.zeros((P, D)))),
        ):
            assert (ar.lower(value) == 0).all()
            assert (ar.upper(value) == 0).all()


# -- constants -------------------------------------------------------------------------------------
@pytest.mark.parametrize("d", [1, 2, 5])
def test_smoothness_is_the_largest_norm(oracle, d):
    tasks = random_tasks(10 + d, d=d)
    for k in range(LEAD):
        truth = max(oracle.symmetric_norm(f.hessian([0] * d)) for f in oracle.tasks(tasks, k))
        certified = oracle.to_mp(Fraction(tasks.smoothness[k]))
        assert certified >= truth - mpmath.mpf(10) ** -40
        assert certified <= truth * (1 + mpmath.mpf(2) ** -38)  # constants are rounded up to 40 bits
        assert tasks[k].smoothness == tasks.smoothness[k]
    assert tasks.hessian_lipschitz.tolist() == [0.0] * LEAD
    assert tasks.global_deviations is None
    assert tasks.polynomial
    assert tasks.provenance == "certified"


def test_smoothness_in_one_dimension_is_exact():
    """+3 and -3.5 in the mean: no rounding at all."""
    tasks = QuadraticTasks(
        np.array([[[[5.0]], [[1.0]]], [[[-3.0]], [[-4.0]]]]), np.zeros((2, 2, 1)), np.array([0.5, 0.5])
    )
    assert tasks.smoothness == 3.5


def test_one_task_by_itself(oracle):
    tasks = random_tasks(20)
    w = draws(np.random.default_rng(21), 1, D)
    for i in range(N):
        alone = tasks.alone(i)
        assert alone.probabilities.tolist() == [[1.0]] * LEAD
        found = alone.on(rational).at(rational.exact(w)).gradient()
        oracle.check(rational, found, table((LEAD, 1, 1), lambda k, *_, i=i: oracle.tasks(tasks, k)[i].gradient(w[0])))


# -- operator norms --------------------------------------------------------------------------------
def reflected(eigenvalues):
    """H diag(eigenvalues) H with the Householder reflection of (1, 2, ..., d): exact fractions."""
    d = len(eigenvalues)
    v = np.array([Fraction(k + 1) for k in range(d)], dtype=object)
    h = np.array([[Fraction(int(i == j)) for j in range(d)] for i in range(d)], dtype=object)
    h = h - np.outer(v, v) * Fraction(2) / (v @ v)
    middle = np.array([[Fraction(eigenvalues[i]) * int(i == j) for j in range(d)] for i in range(d)], dtype=object)
    return h @ middle @ h


def bounds(ar, x):
    return Fraction(float(ar.lower(x))), Fraction(float(ar.upper(x)))


@pytest.mark.parametrize("ar", RIGOROUS, ids=repr)
@pytest.mark.parametrize(
    "eigenvalues",
    [
        (3,), (-3,), (1, -1), (2, 2), (2, 2, 2, 2, 2), (-1, -1, Fraction(1, 3)), (5, -5, 5, -5), (0, 0, 1),
        (1, 1 - Fraction(1, 2**40), -1 + Fraction(1, 2**45)), (7, 1, Fraction(1, 1000), -6, 0, 3),
    ],
    ids=str,
)  # fmt: skip
def test_spectral_norm_of_known_eigenvalues(ar, eigenvalues):
    with ar.working():
        low, high = bounds(ar, spectral_norm(ar, ar.exact(reflected(eigenvalues))))
    truth = max(abs(Fraction(v)) for v in eigenvalues)
    assert low <= truth <= high
    assert high - low <= truth * Fraction(1, 2**42)


@pytest.mark.parametrize("ar", [*RIGOROUS, float64], ids=repr)
@pytest.mark.parametrize("d", [1, 2, 3, 6])
def test_spectral_norm_of_random_matrices(oracle, ar, d):
    rng = np.random.default_rng(d)
    half = draws(rng, 2, 5, d, d, denominator=3)
    matrices = half + np.swapaxes(half, -1, -2)
    with ar.working():
        found = spectral_norm(ar, ar.exact(matrices))
    oracle.check(ar, found, table((2, 5), lambda i, j: oracle.symmetric_norm(matrices[i, j])), 2.0**-40)


@pytest.mark.parametrize("ar", RIGOROUS, ids=repr)
@pytest.mark.parametrize("d", [1, 2, 4])
def test_spectral_norm_of_zero_is_zero(ar, d):
    with ar.working():
        found = spectral_norm(ar, ar.exact(np.zeros((3, d, d))))
    assert ar.lower(found).tolist() == ar.upper(found).tolist() == [0.0] * 3


@pytest.mark.parametrize("scale", [-510, -400, 400, 505])
@pytest.mark.parametrize("ar", RIGOROUS, ids=repr)
def test_spectral_norm_far_from_one(ar, scale):
    """Near overflow and underflow the enclosure holds still; at -510 the norm's square is far below every
    double.
    """
    factor = Fraction(2) ** scale
    with ar.working():
        low, high = bounds(ar, spectral_norm(ar, ar.exact(reflected((3, -4, 1)) * factor)))
    assert low <= 4 * factor <= high
    assert high <= 5 * factor


@pytest.mark.parametrize("ar", RIGOROUS, ids=repr)
@pytest.mark.parametrize("radius", [2.0**-20, 0.25, 3.0])
def test_spectral_norm_of_wide_matrices_holds_every_member(oracle, ar, radius):
    """Symmetric members of a matrix known to a radius only, corners of the box included."""
    d = 3
    middle = reflected((3, -4, 1))
    balls = np.empty((d, d), dtype=object)
    balls.reshape(-1)[:] = [flint.arb(float(v), radius) for v in middle.ravel()]
    rng = np.random.default_rng(11)
    with ar.working():
        low, high = bounds(ar, spectral_norm(ar, ar.from_arb(balls)))
    for _ in range(40):
        signs = np.triu(rng.integers(-1, 2, (d, d)))
        signs = signs + np.triu(signs, 1).T
        member = np.array([[Fraction(float(x)) for x in row] for row in middle.tolist()], dtype=object)
        norm = oracle.symmetric_norm(member + signs * Fraction(radius))
        assert oracle.to_mp(low) <= norm <= oracle.to_mp(high)
    # |E| <= d radius for a symmetric E in the box, and V^T E V is at most d^2 radius in row sum
    assert high <= 4 + Fraction(radius) * d * d * 2


def test_spectral_norm_of_what_is_unbounded_is_unbounded():
    mid, rad = np.array([np.eye(2)] * 2), np.zeros((2, 2, 2))
    rad[0, 0, 0] = np.inf
    with ball.working():
        found = spectral_norm(ball, BallArray(mid, rad))
    assert ball.upper(found)[0] == np.inf
    assert ball.lower(found)[1] <= 1 <= ball.upper(found)[1] < 1.001
    ar = arb(64)
    with ar.working():
        entries = np.array([[flint.arb("nan"), flint.arb(1)], [flint.arb(1), flint.arb(1)]], dtype=object)
        assert ar.upper(spectral_norm(ar, entries)) == np.inf


def test_spectral_norm_is_not_rational():
    """Unless the matrix is diagonal; one entry beside the diagonal, in one matrix of several, is too many."""
    with pytest.raises(NotExact, match="use arb"):
        spectral_norm(rational, rational.exact([np.eye(2, dtype=int), [[1, 1], [1, 1]]]))
    diagonals = [np.diag([3, Fraction(-7, 2), 1]), np.diag([0, 0, 0])]
    assert spectral_norm(rational, rational.exact(diagonals)).tolist() == [flint.fmpq(7, 2), 0]
    assert spectral_norm(rational, rational.exact([[Fraction(-1, 3)]])) == flint.fmpq(1, 3)


# -- refusals --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"centres": np.zeros((3, 2))}, "n >= 1 tasks"),
        ({"centres": np.zeros((2, 0, 2))}, "m >= 1 samples"),
        ({"matrices": np.zeros((2, 3, 2))}, "matrices has shape"),
        ({"matrices": np.broadcast_to(np.array([[1.0, 2.0], [0.0, 1.0]]), (2, 3, 2, 2))}, "not symmetric"),
        ({"probabilities": np.array([0.5, 0.75])}, "sum to 5/4"),
        ({"probabilities": np.array([-1.0, 2.0])}, "a probability is -1"),
        ({"probabilities": np.ones(1)}, "probabilities has shape"),
        ({"centres": np.full((2, 3, 2), np.inf)}, "infinite"),
    ],
)
def test_tasks_refuse_what_does_not_fit(changes, message):
    parts = {
        "matrices": np.broadcast_to(np.eye(2), (2, 3, 2, 2)), "centres": np.zeros((2, 3, 2)),
        "probabilities": np.array([0.5, 0.5]),
    }  # fmt: skip
    assert QuadraticTasks(**parts).n == 2
    with pytest.raises(InputError, match=message):
        QuadraticTasks(**(parts | changes))
