"""Bounds of operator norms against exact fractions, with a LAPACK and a BLAS that are as bad as they may be.

The oracle decides exactly whether a symmetric matrix is positive semidefinite: a bound h of the norm of M is right if
h I - M and h I + M are, and a lower bound l if not both are definite.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import flint
import numpy as np
import pytest

from mamlcheck.arithmetic import BallArray, arb, ball, float64
from mamlcheck.arithmetic import linear as module
from mamlcheck.arithmetic.linear import between, coordinates, gram_norm_above, spectral_norm

RIGOROUS = [ball, arb(64)]
U = 2.0**-53
LARGEST = Fraction(float(np.finfo(np.float64).max))


# -- the oracle --------------------------------------------------------------------------------------------------
def exact(values: Any) -> np.ndarray:
    """An array of fractions."""
    values = np.asarray(values)
    out = np.empty(values.shape, dtype=object)
    out.reshape(-1)[:] = [Fraction(v) for v in values.ravel().tolist()]
    return out


def semidefinite(matrix: np.ndarray) -> bool:
    """Whether a symmetric matrix of fractions has no negative eigenvalue: symmetric elimination, exactly."""
    m = matrix.copy()
    for k in range(len(m)):
        if m[k, k] < 0 or (m[k, k] == 0 and m[k, k:].any()):
            return False
        if m[k, k]:
            m[k + 1 :, k + 1 :] = m[k + 1 :, k + 1 :] - np.outer(m[k + 1 :, k], m[k, k + 1 :]) / m[k, k]
    return True


def identity(size: int) -> np.ndarray:
    return exact(np.eye(size, dtype=int))


def norm_at_most(matrix: np.ndarray, bound: Fraction) -> bool:
    """Whether the norm of a symmetric matrix of fractions is at most `bound`."""
    one = identity(len(matrix)) * bound
    return semidefinite(one - matrix) and semidefinite(one + matrix)


def square_above(ar: Any, rows: Any) -> np.ndarray:
    """The bound of the norms of the Gram matrices of rows, all of weight 1."""
    return gram_norm_above(ar, rows, ar.exact(np.ones(rows.shape[:-1])))


def gram(rows: np.ndarray) -> np.ndarray:
    """The smaller Gram matrix of exact rows."""
    return rows @ rows.T if len(rows) < len(rows.T) else rows.T @ rows


def test_the_oracle_decides_exactly():
    """By determinants of two by two matrices and by known eigenvalues."""
    for a, b, c in product(range(-2, 3), repeat=3):
        assert semidefinite(exact([[a, b], [b, c]])) == (a >= 0 and c >= 0 and a * c >= b * b)
    ones = exact(np.ones((4, 4), dtype=int))
    assert norm_at_most(ones, Fraction(4))
    assert not norm_at_most(ones, 4 - Fraction(1, 10**40))
    assert not norm_at_most(-ones, 4 - Fraction(1, 10**40))


# -- Gram matrices: what they are tried on -----------------------------------------------------------------------
def cluster(rng: np.random.Generator, m: int, d: int) -> np.ndarray:
    """Nearly orthonormal rows or columns: all eigenvalues of the Gram matrix within 1e-14 of each other."""
    return (
        np.linalg.qr(rng.standard_normal((max(m, d), min(m, d))))[0].reshape(max(m, d), min(m, d)).T[:m, :d]
        if (m <= d)
        else np.linalg.qr(rng.standard_normal((m, d)))[0]
    )


KINDS: dict[str, Callable[[np.random.Generator, int, int], np.ndarray]] = {
    "random": lambda rng, m, d: rng.standard_normal((m, d)),
    "cluster": cluster,
    "rank one": lambda rng, m, d: np.outer(rng.standard_normal(m), rng.standard_normal(d)),
    "equal rows": lambda rng, m, d: np.broadcast_to(rng.standard_normal(d), (m, d)).copy(),
    "scaled rows": lambda rng, m, d: rng.standard_normal((m, d)) * 10.0 ** rng.integers(-150, 151, (m, 1)),
    "scaled entries": lambda rng, m, d: rng.standard_normal((m, d)) * 10.0 ** rng.integers(-150, 151, (m, d)),
    "graded": lambda rng, m, d: rng.standard_normal((m, d)) * 2.0 ** -np.arange(m)[:, None] * 2.0 ** np.arange(d),
    "integers": lambda rng, m, d: rng.integers(-3, 4, (m, d)).astype(float),
    "sparse": lambda rng, m, d: rng.standard_normal((m, d)) * (rng.random((m, d)) < 0.3),
    "subnormal squares": lambda rng, m, d: rng.standard_normal((m, d)) * 2.0**-530,
    "squares below all doubles": lambda rng, m, d: rng.standard_normal((m, d)) * 2.0**-545,
    "subnormal": lambda rng, m, d: rng.integers(-9, 10, (m, d)) * 2.0**-1074,
    "nearly overflowing": lambda rng, m, d: rng.uniform(0.5, 1, (m, d)) * 2.0**508,
    "zero": lambda rng, m, d: np.zeros((m, d)),
}
SHAPES = [(1, 1), (1, 5), (5, 1), (2, 2), (3, 2), (2, 3), (4, 6), (6, 4), (3, 40), (9, 12)]


@pytest.mark.parametrize("ar", RIGOROUS, ids=repr)
@pytest.mark.parametrize("kind", KINDS)
def test_the_norm_of_a_gram_matrix_is_never_below_and_hardly_above(kind, ar):
    rng = np.random.default_rng(1)
    for (m, d), _ in product(SHAPES, range(3)):
        rows = KINDS[kind](rng, m, d)
        with ar.working():
            bound = Fraction(float(square_above(ar, ar.exact(rows))))
        matrix = gram(exact(rows))
        assert norm_at_most(matrix, bound), (kind, m, d)
        below = bound * (1 - Fraction(1, 2**43)) - Fraction(1, 2**1073)
        assert bound == 0 or not norm_at_most(matrix, below), (kind, m, d)
        assert bound > 0 or not rows.any()


def test_a_block_has_the_norms_of_its_matrices():
    rng = np.random.default_rng(2)
    rows = np.stack([np.stack([KINDS[k](rng, 3, 5) for k in ("random", kind)]) for kind in KINDS])
    with ball.working():
        found = square_above(ball, ball.exact(rows))
        assert found.shape == (len(KINDS), 2)
        for index in np.ndindex(found.shape):
            assert found[index] == square_above(ball, ball.exact(rows[index]))


@pytest.mark.parametrize("ar", RIGOROUS, ids=repr)
def test_what_no_double_bounds_is_infinite(ar):
    """From a truth of 2**1024 on; and infinity is no bound of what is finite beside it."""
    rows = np.stack([np.full((2, 3), 2.0**600), np.ones((2, 3)), np.full((2, 3), 2.0**511)])
    with ar.working():
        found = square_above(ar, ar.exact(rows))
    assert found[0] == found[2] == np.inf
    assert 6 <= found[1] < 6 + 2.0**-40


def test_of_unbounded_vectors_nothing_is_known():
    mid = np.ones((4, 2, 3))
    rad = np.zeros((4, 2, 3))
    mid[0, 0, 0], rad[0, 0, 0] = np.nan, np.nan
    rad[1, 1, 1] = np.inf
    mid[2, 0, 1], rad[2, 0, 1] = np.inf, np.inf
    with ball.working():
        found = square_above(ball, BallArray(mid, rad))
        norms = spectral_norm(ball, BallArray(mid[:, :, :2], rad[:, :, :2]))
        assert ball.upper(norms)[[0, 1, 2]].tolist() == [np.inf] * 3
        assert ball.lower(norms)[[0, 1, 2]].max() <= 0
    assert found[:3].tolist() == [np.inf] * 3
    assert 6 <= found[3] < 6 + 2.0**-40
    entries = np.array([[flint.arb("nan"), flint.arb(1)], [flint.arb(1), flint.arb(1)]], dtype=object)
    with arb(64).working():
        assert square_above(arb(64), entries) == np.inf
        assert arb(64).upper(spectral_norm(arb(64), entries)) == np.inf


@pytest.mark.parametrize("ar", RIGOROUS, ids=repr)
@pytest.mark.parametrize("radius", [2.0**-1074, 2.0**-600, 2.0**-40, 0.25, 3.0])
@pytest.mark.parametrize("scale", [0.0, 2.0**-560, 1.0, 2.0**300])
def test_every_member_of_a_ball_of_vectors_is_bounded(ar, radius, scale):
    """Corners of the box included, the worst one above all: along the signs of a rank-one matrix."""
    m, d = 3, 2
    middle = np.outer([1, -1, 1], [1, 1]) * scale
    balls = np.empty((m, d), dtype=object)
    balls.reshape(-1)[:] = [flint.arb(v, radius) for v in middle.ravel().tolist()]
    signs = np.outer([1, -1, 1], [1, 1])
    with ar.working():
        bound = Fraction(float(square_above(ar, ar.from_arb(balls))))
    assert norm_at_most(gram(exact(middle) + exact(signs) * Fraction(radius)), bound)
    # Frobenius norms: of the radii sqrt(m d) radius
    assert bound <= m * d * (Fraction(scale) + Fraction(radius)) ** 2 * (1 + Fraction(1, 2**8)) + Fraction(1, 2**1073)


def weighted(vectors: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The sum of w_j a_j a_j^T, exactly."""
    return vectors.T @ (weights[:, None] * vectors)


WEIGHTS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "random": lambda rng, m: rng.random(m),
    "some zero": lambda rng, m: rng.random(m) * (rng.random(m) < 0.5),
    "of all sizes": lambda rng, m: 10.0 ** rng.integers(-300, 301, m),
    "subnormal": lambda rng, m: rng.integers(0, 9, m) * 2.0**-1074,
}


@pytest.mark.parametrize("ar", RIGOROUS, ids=repr)
@pytest.mark.parametrize("kind", ["random", "scaled rows", "scaled entries", "subnormal", "rank one", "zero"])
@pytest.mark.parametrize("weight", WEIGHTS)
def test_a_weighted_sum_is_never_below_and_hardly_above(kind, weight, ar):
    rng = np.random.default_rng(20)
    for (m, d), _ in product([(1, 2), (2, 3), (4, 2)], range(4)):
        vectors, weights = KINDS[kind](rng, m, d), WEIGHTS[weight](rng, m)
        with ar.working():
            found = float(gram_norm_above(ar, ar.exact(vectors), ar.exact(weights)))
        truth = weighted(exact(vectors), exact(weights))
        if np.isinf(found):
            assert max(np.diag(truth)) > LARGEST / 2**10
            continue
        assert norm_at_most(truth, Fraction(found))
        below = Fraction(found) * (1 - Fraction(1, 2**43)) - Fraction(1, 2**1073)
        assert found == 0 or not norm_at_most(truth, below)
        assert (found == 0) == (not truth.any())


@pytest.mark.parametrize("ar", RIGOROUS, ids=repr)
@pytest.mark.parametrize("scale", [1.0, 2.0**-700, 2.0**700])
def test_every_member_of_balls_of_weights_and_vectors_is_bounded(ar, scale):
    """The farthest one: all weights and all vectors as large as they may be."""
    for weight, weight_radius, radius in product((0.0, 1.0, 4.0), (0.0, 2.0**-40, 0.5, 1.0), (0.0, 2.0**-40, 3.0)):
        vectors, weights = np.empty((2, 3), dtype=object), np.empty(2, dtype=object)
        vectors.reshape(-1)[:] = [flint.arb(v / scale, radius / scale) for v in (1.0, 1, 2, 0, 1, 1)]
        weights[:] = [flint.arb(weight * scale, weight_radius * scale), flint.arb(scale)]
        with ar.working():
            found = float(gram_norm_above(ar, ar.from_arb(vectors), ar.from_arb(weights)))
        farthest = (exact([[1, 1, 2], [0, 1, 1]]) + Fraction(radius)) / Fraction(scale)
        heaviest = exact([weight + weight_radius, 1.0]) * Fraction(scale)
        truth = weighted(farthest, heaviest)
        assert np.isinf(found) or norm_at_most(truth, Fraction(found))
        assert np.isfinite(found) or weight <= weight_radius > 0
        if weight > 2 * weight_radius:
            assert found <= float(4 * sum(np.diag(truth)))


def test_what_is_unknown_of_a_weight_of_nothing_is_unknown():
    """A vector that is exactly 0 has no part in the sum; a weight of which nothing is known has."""
    vectors = np.zeros((3, 2, 2))
    vectors[:, 1] = 1.0
    weights = BallArray(np.array([[0.0, 0], [0, 1], [0, 1]]), np.array([[0, np.nan], [np.nan, 0], [np.inf, 0]]))
    with ball.working():
        found = gram_norm_above(ball, ball.exact(vectors), weights)
        zero = gram_norm_above(ball, ball.exact(vectors), ball.exact(np.array([1.0, 0.0])[None]))
        unknown = gram_norm_above(ball, BallArray(0 * vectors, vectors * np.inf), ball.exact(np.ones((3, 2))))
        # With a weight of 0 +- 1, and with a vector of 0 +- 2**-1074 weighed by as little:
        near = BallArray(np.array([[0.0, 0]]), np.array([[1.0, 0]]))
        assert 2 <= gram_norm_above(ball, ball.exact(vectors[:1] + 1), near) < 2.01
        least = BallArray(np.zeros((1, 2)), np.full((1, 2), 2.0**-1074))
        assert gram_norm_above(ball, least, ball.exact(np.array([2.0**-1074]))) > 0
    assert found[0] == np.inf
    assert unknown.tolist() == [np.inf] * 3
    assert zero.tolist() == [0.0] * 3


# -- a LAPACK that returns anything ------------------------------------------------------------------------------
def raises(*_: Any) -> Any:
    raise np.linalg.LinAlgError("Matrix is not positive definite")


FACTORS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "none": raises,
    "zero": np.zeros_like,
    "half": lambda a: np.broadcast_to(0.5 * np.eye(a.shape[-1]), a.shape),
    "garbage": lambda a: np.full(a.shape, 1e3),
    "huge": lambda a: np.full(a.shape, 1e300),
    "nan": lambda a: np.full(a.shape, np.nan),
}


@pytest.mark.parametrize("guessed", [0.0, 0.5, 0.99, 1 - 2.0**-40, 1.5, -3.0])
@pytest.mark.parametrize("factor", FACTORS)
def test_a_gram_norm_trusts_neither_eigenvalues_nor_factors(monkeypatch, guessed, factor):
    rng = np.random.default_rng(3)
    rows = np.stack([KINDS[kind](rng, 4, 6) for kind in ("random", "cluster", "rank one", "integers", "zero")])
    eigvalsh = np.linalg.eigvalsh
    monkeypatch.setattr(module.np.linalg, "eigvalsh", lambda x: guessed * eigvalsh(x))
    monkeypatch.setattr(module.np.linalg, "cholesky", FACTORS[factor])
    with ball.working():
        found = square_above(ball, ball.exact(rows))
    for bound, each in zip(found.tolist(), rows, strict=True):
        matrix = gram(exact(each))
        assert norm_at_most(matrix, Fraction(bound))
        assert Fraction(bound) <= sum(np.diag(matrix)) * (1 + Fraction(1, 2**40)), "the trace is a bound"


@pytest.mark.parametrize("k", [8, 11, 32])
@pytest.mark.parametrize("kind", KINDS)
def test_largest_eigenvalues_by_powers_are_those_of_lapack(kind, k):
    rng = np.random.default_rng(5)
    rows = np.stack([KINDS[kind](rng, k, k + 9) for _ in range(6)])
    rows = np.ldexp(rows, -np.frexp(np.max(np.abs(rows), axis=(-1, -2), keepdims=True))[1])  # as `_Scale` does
    grams = rows @ np.swapaxes(rows, -1, -2)
    wanted = np.linalg.eigvalsh(grams)[..., -1]
    with np.errstate(all="ignore"):  # as where it is called
        found = module._largest_eigenvalue(grams)
    np.testing.assert_allclose(found, wanted, rtol=2e-14 * k, atol=0)


def test_lapack_is_asked_for_close_eigenvalues_alone(monkeypatch):
    """1 and 1 - 2**-10 are close: a vector of powers keeps a part of the second, and says so."""
    spectra = {"apart": [1, 0.5], "close": [1, 1 - 2.0**-10], "equal": [1, 1]}
    basis = np.linalg.qr(np.random.default_rng(6).standard_normal((8, 8)))[0]
    grams = np.stack([basis @ np.diag([*two, *[0.1] * 6]) @ basis.T for two in spectra.values()])
    asked, eigvalsh = [], np.linalg.eigvalsh
    monkeypatch.setattr(module.np.linalg, "eigvalsh", lambda x: asked.extend(x) or eigvalsh(x))
    np.testing.assert_allclose(module._largest_eigenvalue(grams), 1, rtol=1e-14)
    assert len(asked) == 1
    assert (asked[0] == grams[1]).all()


@pytest.mark.parametrize("guessed", [0.5, 1 - 1e-9, np.nan, np.inf, -1.0])
def test_a_guess_that_is_too_small_is_replaced_by_that_of_lapack(monkeypatch, guessed):
    rng = np.random.default_rng(7)
    rows = rng.standard_normal((5, 8, 12))
    with ball.working():
        alone = square_above(ball, ball.exact(rows))
        powers = module._largest_eigenvalue

        def wrong_in_one(grams: np.ndarray) -> np.ndarray:
            found = powers(grams)
            found[3] *= guessed
            return found

        monkeypatch.setattr(module, "_largest_eigenvalue", wrong_in_one)
        found = square_above(ball, ball.exact(rows))
    others = [0, 1, 2, 4]
    assert found[others].tolist() == alone[others].tolist()
    assert norm_at_most(gram(exact(rows[3])), Fraction(float(found[3])))
    assert found[3] <= alone[3] * (1 + 2.0**-40)


def test_many_matrices_are_bounded_in_pieces(monkeypatch):
    rows = np.random.default_rng(8).standard_normal((3, 5, 4, 6))
    with ball.working():
        whole = square_above(ball, ball.exact(rows))
        monkeypatch.setattr(module, "MOST_AT_ONCE", 2 * 4**2)
        assert square_above(ball, ball.exact(rows)).tolist() == whole.tolist()


def test_a_matrix_without_a_factor_leaves_the_others_alone(monkeypatch):
    """NumPy raises for the whole batch: each matrix that has a factor gets it, and the others a larger shift."""
    rng = np.random.default_rng(4)
    rows = rng.standard_normal((7, 3, 5))
    with ball.working():
        alone = square_above(ball, ball.exact(rows))
        cholesky, tried = np.linalg.cholesky, []

        def fails_at_first(a: np.ndarray) -> np.ndarray:
            for each in a:
                if abs(each[0, 1] + rows[2][0] @ rows[2][1]) < 1e-12 and len(tried) < 4:
                    tried.append(1)
                    raise np.linalg.LinAlgError("Matrix is not positive definite")
            return cholesky(a)

        monkeypatch.setattr(module.np.linalg, "cholesky", fails_at_first)
        found = square_above(ball, ball.exact(rows))
    assert len(tried) == 4
    others = [k for k in range(7) if k != 2]
    assert found[others].tolist() == alone[others].tolist()
    assert alone[2] <= found[2] <= alone[2] * (1 + 2.0**-44)


@pytest.mark.parametrize("ar", RIGOROUS, ids=repr)
@pytest.mark.parametrize("basis", ["tilted", "halved", "singular", "zero", "garbage", "huge", "nan"])
def test_a_spectral_norm_trusts_no_eigenbasis(monkeypatch, ar, basis):
    """With a bad basis the bounds may be useless, never wrong."""
    d = 3
    bad = {
        "tilted": np.eye(d) + 0.05 * np.ones((d, d)),
        "halved": 0.5 * np.eye(d),
        "singular": np.diag([1.0, 1.0, 0.0]),
        "zero": np.zeros((d, d)),
        "garbage": np.full((d, d), 1e3),
        "huge": np.full((d, d), 1e300),
        "nan": np.full((d, d), np.nan),
    }[basis]
    matrices = np.stack([np.diag([1.0, -2, 5]), np.zeros((d, d)), np.diag([0.0, 0, -7]), np.ones((d, d))])
    eigvalsh = np.linalg.eigvalsh
    for factor in (0.0, 0.5, 1.0, 2.0):
        monkeypatch.setattr(
            module.np.linalg, "eigh", lambda x, f=factor: (f * eigvalsh(x), np.broadcast_to(bad, x.shape))
        )
        with ar.working():
            found = spectral_norm(ar, ar.exact(matrices))
        low, high = ar.lower(found), ar.upper(found)
        for k, truth in enumerate((5, 0, 7, 3)):
            assert low[k] <= truth <= high[k], (basis, factor, low, high)
        assert np.isfinite(high).all() == (basis not in ("huge", "nan")) or high[1] == 0


# -- a BLAS that is off by as much as it may be ------------------------------------------------------------------
def erring(targets: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """A product of matrices X and Y: doubles within gamma_k |X||Y| of it, as near to targets(X, Y) as that allows."""

    def matmul(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        lead = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
        x, y = np.broadcast_to(x, lead + x.shape[-2:]), np.broadcast_to(y, lead + y.shape[-2:])
        wanted = targets(x, y)
        out = np.empty((*lead, x.shape[-2], y.shape[-1]))
        k = x.shape[-1]
        gamma = Fraction(k, 2**53) / (1 - Fraction(k, 2**53))
        for index in np.ndindex(*lead):
            first, second = exact(x[index]), exact(y[index])
            truth, room = first @ second, gamma * (abs(first) @ abs(second))
            for i, j in np.ndindex(truth.shape):
                value = float(np.clip(wanted[(*index, i, j)], -1e300, 1e300))
                low, high = truth[i, j] - room[i, j], truth[i, j] + room[i, j]
                if not low <= Fraction(value) <= high:
                    value = float(low if Fraction(value) < low else high)
                    if not low <= Fraction(value) <= high:
                        value = float(np.nextafter(value, float(truth[i, j])))
                out[(*index, i, j)] = value
        return out

    return matmul


@pytest.mark.parametrize(("m", "d"), [(2, 64), (2, 200), (64, 2), (1, 100)])
def test_the_rounding_of_a_gram_matrix_is_covered(monkeypatch, m, d):
    """All entries as far below as gamma allows: a Gram matrix of rank one whose eigenvalue is gamma of it too small."""
    rng = np.random.default_rng(5)
    for _ in range(3):
        rows = np.outer(rng.uniform(0.5, 1, m), rng.uniform(0.5, 1, d))
        with ball.working(), monkeypatch.context() as patched:
            patched.setattr(module.np, "matmul", erring(lambda x, y: np.full((*x.shape[:-1], y.shape[-1]), -np.inf)))
            bound = square_above(ball, ball.exact(rows))
        assert norm_at_most(gram(exact(rows)), Fraction(float(bound)))


@pytest.mark.parametrize("k", [4, 6, 8])
def test_the_rounding_of_the_factors_product_is_covered(monkeypatch, k):
    """The product of T and T^T, within gamma of it, seems to be s I - G, which has a negative eigenvalue."""
    signs = np.where(np.arange(k) % 2, -1.0, 1.0)
    factor = np.zeros((1, k, k))
    factor[..., 0] = 1.0
    shifted = 1 - k * U * np.outer(signs, signs)  # within gamma_k of T T^T = 1, and -k^2 u along `signs`
    found = np.eye(k) - shifted
    monkeypatch.setattr(module.np.linalg, "cholesky", lambda a: factor)
    with ball.working(), monkeypatch.context() as patched:
        patched.setattr(module.np, "matmul", erring(lambda x, y: shifted[None]))
        bound = module._eigenvalue_above(found[None], np.ones(1))
    assert semidefinite(identity(k) * Fraction(float(bound[0])) - exact(found))
    assert not semidefinite(identity(k) * (1 + (k**2 - 1) * Fraction(U)) - exact(found))
    assert bound[0] < 1 + 2 * k**2 * U


HADAMARD = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [-1, 1, 1, -1]]) / 2
"""Orthonormal, with H v = (1, 1, 1, 1) for the signs v of `SIGNS`."""
SIGNS = 2 * HADAMARD.sum(axis=0) / np.abs(2 * HADAMARD.sum(axis=0))


def test_the_rounding_of_a_spectral_norm_is_covered_above(monkeypatch):
    """A basis that is not orthonormal by gamma, and a product that is off by gamma, both in the same direction."""
    assert (np.eye(4) == HADAMARD @ HADAMARD.T).all()
    assert (HADAMARD @ SIGNS == 1).all()
    basis = HADAMARD + 2 * U * np.outer(np.ones(4), SIGNS)
    matrix = np.eye(4) + 8 * U  # 1 + 32 u along (1, 1, 1, 1)
    assert not norm_at_most(exact(matrix), 1 + 31 * Fraction(U))
    low, high = bounds_by(monkeypatch, np.ones(4), basis, matrix)
    assert norm_at_most(exact(matrix), high)
    assert not norm_at_most(exact(matrix), low - Fraction(1, 2**200))
    assert high < 1 + 48 * Fraction(U)


def test_the_rounding_of_a_spectral_norm_is_covered_below(monkeypatch):
    """The same for one eigenvector, shorter than it seems."""
    basis = HADAMARD.copy()
    basis[:3, 0], basis[3, 0] = 0.5 - U, -0.5 + U
    x = np.array([1, 1, 1, -1])
    matrix = np.outer(x, x) * (0.25 - 2 * U)
    low, high = bounds_by(monkeypatch, np.array([1.0, 0, 0, 0]), basis, matrix)
    assert low <= 1 - 8 * Fraction(U) <= high


def bounds_by(monkeypatch, values, basis, matrix) -> tuple[Fraction, Fraction]:
    """Bounds of the norm found with these eigenvectors, where V^T V seems to be I, and V W V^T the matrix."""
    monkeypatch.setattr(module.np.linalg, "eigh", lambda x: (values, basis))

    def targets(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.eye(4) if np.array_equal(x, basis.T) else matrix

    with ball.working(), monkeypatch.context() as patched:
        patched.setattr(module.np, "matmul", erring(targets))
        low, high = module._norm_bounds(matrix)
    return Fraction(float(low)), Fraction(float(high))


# -- symmetric matrices ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("ar", RIGOROUS, ids=repr)
@pytest.mark.parametrize("kind", KINDS)
def test_the_norm_of_an_indefinite_matrix_is_enclosed(kind, ar):
    rng = np.random.default_rng(6)
    for d, _ in product([1, 2, 3, 6], range(3)):
        half = KINDS[kind](rng, d, d)
        matrix = np.tril(half) + np.tril(half, -1).T
        with ar.working():
            norm = spectral_norm(ar, ar.exact(matrix))
            low, high = Fraction(float(ar.lower(norm))), Fraction(float(ar.upper(norm)))
        assert norm_at_most(exact(matrix), high)
        assert low <= 0 or not norm_at_most(exact(matrix), low - Fraction(1, 2**1075))
        assert high - low <= high / 2**42 + Fraction(1, 2**1072)


@pytest.mark.parametrize("ar", RIGOROUS, ids=repr)
def test_what_is_not_symmetric_by_rounding_is_what_its_balls_hold(ar):
    """Midpoints on both sides of the diagonal differ by as much as the radii let them."""
    middle = np.array([[1.0, 2.0, 0.5], [2.5, -1.0, 0.25], [0.0, 0.75, 3.0]])
    truth = exact([[1, 2.25, 0.25], [2.25, -1, 0.5], [0.25, 0.5, 3]])
    balls = np.empty((3, 3), dtype=object)
    balls.reshape(-1)[:] = [flint.arb(v, 0.25) for v in middle.ravel().tolist()]
    with ar.working():
        found = spectral_norm(ar, ar.from_arb(balls))
        low, high = Fraction(float(ar.lower(found))), Fraction(float(ar.upper(found)))
    assert norm_at_most(truth, high)
    assert not norm_at_most(truth, low)


@pytest.mark.parametrize("ar", RIGOROUS, ids=repr)
@pytest.mark.parametrize("radius", [2.0**-30, 0.5, 3.0])
def test_the_norms_of_the_farthest_members_are_enclosed(ar, radius):
    """Along (1, -1): from 2 - 2 r to 2 + 2 r, or from 0."""
    balls = np.empty((2, 2), dtype=object)
    balls.reshape(-1)[:] = [flint.arb(v, radius) for v in (1, -1, -1, 1)]
    with ar.working():
        found = spectral_norm(ar, ar.from_arb(balls))
        low, high = Fraction(float(ar.lower(found))), Fraction(float(ar.upper(found)))
    assert low <= max(0, 2 - 2 * Fraction(radius))
    assert low >= -high / 2**29  # from 0, but for the rounding of balls
    assert radius > 1 or low >= 2 - 2 * Fraction(radius) * (1 + Fraction(1, 2**9)) - Fraction(1, 2**45)
    assert 2 + 2 * Fraction(radius) <= high <= 2 + 2 * Fraction(radius) * (1 + Fraction(1, 2**9)) + Fraction(1, 2**45)


def test_norms_that_are_subnormal_are_rounded_outward():
    """Norms between two doubles: sqrt(a^2 + b^2) of small multiples of the least one."""
    for a, b in product(range(1, 12), repeat=2):
        matrix = np.array([[a, b], [b, -a]]) * 2.0**-1074
        with np.errstate(all="ignore"):
            scale = module._Scale.of(matrix, None)
            below, above = module._norm_bounds(scale.divided(matrix))
            low, high = (float(x) * 2.0**1000 * 2.0**74 for x in (scale.below(below), scale.above(above)))
        assert low**2 <= a * a + b * b <= high**2
        assert high - low <= 4


def test_floats_find_the_same_norms():
    rng = np.random.default_rng(7)
    half = rng.standard_normal((5, 4, 4))
    matrices = (half + np.swapaxes(half, -1, -2)) * np.array([1e-200, 1e-3, 1, 1e3, 1e200])[:, None, None]
    with ball.working():
        found = spectral_norm(ball, ball.exact(matrices))
        low, high = ball.lower(found), ball.upper(found)
    with float64.working():
        near = spectral_norm(float64, matrices)
        assert np.isnan(spectral_norm(float64, np.array([[np.inf, 0], [0, 1.0]])))
    assert (np.abs(near - low) <= 2.0**-44 * near).all()
    assert (low <= high).all()


# -- coordinates of few vectors ----------------------------------------------------------------------------------
def enclosed_norm(ar: Any, few: Any, x: np.ndarray) -> tuple[Fraction, Fraction]:
    """The norm of sum_j x_j a_j a_j^T by the coordinates of the a_j, as `Coordinates` says."""
    r = few.vectors
    norm = spectral_norm(ar, ar.exact(((r.T * x) @ r)[None]))
    above = float(np.sum(np.abs(x) * few.missed) * (1 + 2.0**-40))
    factor = 1 + between(ar, -few.defect, few.defect)
    found = norm * factor + between(ar, np.array(-above), np.array(above))
    return Fraction(float(ar.lower(found)[0])), Fraction(float(ar.upper(found)[0]))


@pytest.mark.parametrize("ar", RIGOROUS, ids=repr)
@pytest.mark.parametrize("made", ["by LAPACK", "tilted", "zero", "short", "far", "nan"])
def test_a_sum_of_squares_has_its_norm_in_coordinates(monkeypatch, ar, made):
    """Also in a basis that spans something else, or is none: what it misses is measured."""
    rng = np.random.default_rng(8)
    bad = {
        "tilted": lambda q, r: (q + 0.01 * rng.standard_normal(q.shape), r + 0.01),
        "zero": lambda q, r: (0 * q, r),
        "short": lambda q, r: (0.5 * q, r),
        "far": lambda q, r: (q, 100 * r),
        "nan": lambda q, r: (q + np.nan, r),
        "by LAPACK": lambda q, r: (q, r),
    }[made]
    qr = np.linalg.qr
    monkeypatch.setattr(module.np.linalg, "qr", lambda x: bad(*qr(x)))
    for m, d in [(1, 2), (2, 3), (3, 7)]:
        for x in (np.ones(m), np.array([1.0, -1, 1][:m]), np.array([1.0, 0, -3][:m])):
            vectors = rng.integers(-3, 4, (m, d)).astype(float)
            with ar.working():
                few = coordinates(ar, ar.exact(vectors))
                assert few.vectors.shape == (m, m)
                low, high = enclosed_norm(ar, few, x)
            a = exact(vectors)
            truth = a.T @ (exact(x)[:, None] * a)
            assert norm_at_most(truth, high + Fraction(1, 2**40))
            assert low <= Fraction(1, 2**40) or not norm_at_most(truth, low - Fraction(1, 2**40))
            if made == "by LAPACK":
                assert high - low <= Fraction(1, 2**40) * (1 + high)
                assert few.defect < 2.0**-46
