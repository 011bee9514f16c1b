"""Rigorous bounds of linear algebra, written over an arithmetic: operator norms, and coordinates of few vectors.

LAPACK guides the bounds and proves nothing: whatever eigenvalues, eigenvectors, triangular factors or bases it
returns, what they miss is measured by products of matrices. So no LAPACK, however it rounds or divides, can make a
bound wrong; a bad one makes it wide. The bound of a Gram matrix is a verification of positive definiteness (Rump,
"Verification of positive definiteness", BIT 46, 2006) in which the Cholesky factor's residual is measured as well.

Errors are bounded norm-wise; |X| is the operator norm of a matrix, |X|_F the Frobenius norm, which is never below it.

* A product of matrices with k inner terms is off by at most gamma_k = k u / (1 - k u) times the product of the matrices
  of absolute values, entry by entry, in every order of summation and with fused multiply-add (see
  `mamlcheck.arithmetic.ball`), hence by at most gamma_k |X|_F |Y|_F in the Frobenius norm.
* Bounds of such errors are sums and roots of non-negative numbers, which fewer than 2**40 roundings diminish by less
  than a factor 1 - 2**-13. Multiplied by `SLACK` they are whole again, and 2**-11 of them is left over. That covers the
  rounding of a difference whose size is one of the summands, too.
* Matrices are scaled by powers of two until their largest entry is near 1, from 2**-75 to 2**25, so that nothing
  overflows that is not garbage. What underflows is at most 2**-1074 in each of fewer than 2**60 operations, or its
  square root: less than 2**-400 together. Each bound has a summand of at least gamma_1 2**-150, of which `SLACK`
  leaves more over.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np

from mamlcheck.arithmetic.arrays import Doubles, Flags, Integers
from mamlcheck.arithmetic.ball import BallArray, gamma
from mamlcheck.arithmetic.protocol import Arithmetic, Numbers
from mamlcheck.arithmetic.rational import NotExact

LEAST_DOUBLE = 2.0**-1074
SLACK = 1 + 2.0**-10
# (1 + 4 u)(1 - u)**3 >= 1: what two roundings lose, made whole again by a product that is rounded too.
TWO_ROUNDINGS = 2.0**-51
MOST_EXPONENT = 1000  # 2**-1000 and 2**1000 are doubles; numbers that need more to be near 1 are near enough
RAISES = (2.0**-51, 2.0**-48, 2.0**-45, 2.0**-42)  # relative to a guessed eigenvalue, for each row of the matrix


# -- symmetric matrices ------------------------------------------------------------------------------------------
def spectral_norm(ar: Arithmetic, matrix: Numbers) -> Numbers:
    """Enclosure of the operator norm of symmetric matrices (..., d, d); exact for d = 1, and in `rational`.

    Raises `NotExact` in rational arithmetic for matrices that are not diagonal.
    """
    if matrix.shape[-1] == 1:
        return ar.abs(matrix[..., 0, 0])
    if ar.name == "rational" and _is_diagonal(ar, matrix):
        return reduce(ar.maximum, (ar.abs(matrix[..., k, k]) for k in range(matrix.shape[-1])))
    if ar.name in ("rational", "symbolic"):
        raise NotExact("the operator norm of a matrix is not rational in general: use arb")
    with np.errstate(all="ignore"):
        scaled = _Scaled.of(ar, matrix)
        if not ar.rigorous:
            largest = np.max(np.abs(np.linalg.eigvalsh(scaled.middle)), axis=-1)
            return np.where(scaled.finite, np.ldexp(largest, scaled.exponent), np.nan)
        low, high = _norm_bounds(scaled.middle)
        # The exact matrix is symmetric: it is as near to the symmetric part of the midpoint as to the midpoint.
        low, high = (low - scaled.spread) * (1 - TWO_ROUNDINGS), (high + scaled.spread) * (1 + TWO_ROUNDINGS)
        return between(ar, scaled.unscaled_below(low), scaled.unscaled_above(high))


def _norm_bounds(s: Doubles) -> tuple[Doubles, Doubles]:
    """Doubles (...,) not above and not below |sym(S)|, sym(S) = (S + S^T) / 2, for S (..., d, d) near 1 in size.

    Let V and w be the eigenvectors and eigenvalues as LAPACK sees them, W = diag(w), and |V^T V - I| <= e. Then
    (1 - e) max|w| <= |V W V^T| <= (1 + e) max|w|: where e < 1 the norm of V^-1 is at most (1 - e)**(-1/2). And sym(S)
    differs from V W V^T by the symmetric part of S - V W V^T, whose norm is at most that of the whole.
    """
    values, basis = np.linalg.eigh(s)
    e, lengths = _defect(basis)
    sizes = np.abs(values)
    missed = _frobenius(s - np.matmul(basis * values[..., None, :], np.swapaxes(basis, -1, -2)))
    # |fl(V W V^T) - V W V^T|_F <= gamma_{d+1} sum_i |w_i| |v_i|^2: sums of d products, one factor of which was rounded
    # before.
    rounded = gamma(s.shape[-1] + 1) * np.sum(sizes * lengths, axis=-1)
    largest = np.max(sizes, axis=-1)
    rest = (missed + rounded + e * largest) * SLACK
    return (largest - rest) * (1 - TWO_ROUNDINGS), (largest + rest) * (1 + TWO_ROUNDINGS)


def _defect(basis: Doubles) -> tuple[Doubles, Doubles]:
    """For matrices V (..., k, d) of d columns: doubles not below |V^T V - I| (...,) and |v_i|^2 (..., d)."""
    products = np.matmul(np.swapaxes(basis, -1, -2), basis)
    squares = np.diagonal(products, axis1=-2, axis2=-1) * SLACK
    missed = _frobenius(products - np.eye(basis.shape[-1]))
    return (missed + gamma(basis.shape[-2]) * np.sum(squares, axis=-1)) * SLACK, squares


def _is_diagonal(ar: Arithmetic, matrix: Numbers) -> bool:
    beside = ar.abs(matrix[..., ~np.eye(matrix.shape[-1], dtype=bool)])
    return bool((ar.less_equal(beside, 0 * beside) == 1).all())


# -- Gram matrices -----------------------------------------------------------------------------------------------
def gram_norm_above(ar: Arithmetic, rows: Numbers) -> Doubles:
    """Doubles (...,), or inf, not below |sum_j b_j b_j^T| = |B|^2 for vectors b_j, the rows of B (..., m, d)."""
    with np.errstate(all="ignore"):
        scaled = _Scaled.of(ar, rows)
        bound = _square_above(scaled.middle)
        # |B| <= |C| + r for the midpoint C and the Frobenius norm r of the radii.
        more = (2 * np.sqrt(bound) + scaled.spread) * scaled.spread * SLACK
        return scaled.unscaled_above((bound + more) * (1 + TWO_ROUNDINGS), 2)


def _square_above(c: Doubles) -> Doubles:
    """Doubles (...,) not below |C|^2, the largest eigenvalue of C C^T and of C^T C, for C (..., m, d) near 1 in size.

    Let G, k x k, be the smaller of the two as it is computed from sums of l terms. It is off by at most
    gamma_l |C|_F^2 in the Frobenius norm, and so is its symmetric part. For whatever number s and matrix T,

        sym(G) = s I - T T^T - sym(s I - G - T T^T)  has no eigenvalue above  s + |s I - G - T T^T|_F.

    T is the Cholesky factor of s I - G as LAPACK sees it, with s a little above what LAPACK sees as the largest
    eigenvalue. The trace |C|_F^2 is a bound too, and the one where there is no such factor.
    """
    wide = c.shape[-2] < c.shape[-1]
    left, right = (c, np.swapaxes(c, -1, -2)) if wide else (np.swapaxes(c, -1, -2), c)
    gram, (k, terms) = np.matmul(left, right), left.shape[-2:]
    # A sum of non-negative numbers: fl() loses gamma_{terms+k} of it, and the product a little more.
    trace = _trace(gram) * (1 + 2 * gamma(terms + k + 8))
    if k == 1:
        return trace
    found = np.full(trace.shape, np.inf)
    guess = np.linalg.eigvalsh(gram)[..., -1]
    for relative in RAISES:
        missing = ~np.isfinite(found)
        if missing.any():
            found[missing] = _eigenvalue_above(gram[missing], guess[missing] * (1 + k * relative))
    return np.minimum((found + gamma(terms) * trace * SLACK) * (1 + TWO_ROUNDINGS), trace)


def _eigenvalue_above(gram: Doubles, s: Doubles) -> Doubles:
    """Doubles (...,) not below s + |s I - G - T T^T|_F for G (..., k, k), inf where no factor T is found.

    Let A = fl(s I - G), P = fl(T T^T) and R = fl(A - P). Then |P - T T^T|_F <= gamma_k |T|_F^2, which the trace of P is
    but for roundings; |A - P - R|_F <= u |R|_F; and |s I - G - A| <= u max_i |A_ii|, since only the diagonal is
    rounded, at most u times the trace of P and |R|_F.
    """
    k = gram.shape[-1]
    shifted = -gram
    diagonal = np.arange(k)
    shifted[..., diagonal, diagonal] += s[..., None]
    factor = _cholesky(shifted)
    product = np.matmul(factor, np.swapaxes(factor, -1, -2))
    rest = (_frobenius(shifted - product) + gamma(k + 1) * _trace(product)) * SLACK
    bound = (s + rest) * (1 + TWO_ROUNDINGS)
    return np.where(np.isfinite(bound), bound, np.inf)


def _cholesky(matrices: Doubles) -> Doubles:
    """Lower triangular factors of matrices (N, k, k), NaN where there is none: NumPy raises for all at once."""
    try:
        return np.asarray(np.linalg.cholesky(matrices), dtype=np.float64)
    except np.linalg.LinAlgError:
        if len(matrices) == 1:
            return np.full(matrices.shape, np.nan)
        half = len(matrices) // 2
        return np.concatenate([_cholesky(matrices[:half]), _cholesky(matrices[half:])])


# -- few vectors -------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Coordinates:
    """Vectors a_j (..., m, d) as m coordinates r_j each: a_j = Q r_j + f_j, Q (..., d, m), |Q^T Q - I| <= e.

    vectors: r_j (..., m, m), doubles. defect: e (...,). missed: doubles (..., m) not below |f_j| (2 |a_j| + 3 |f_j|).
    |sum_j x_j a_j a_j^T| is (1 -+ e) |sum_j x_j r_j r_j^T| -+ sum_j |x_j| missed_j for all numbers x_j.
    """

    vectors: Doubles
    defect: Doubles
    missed: Doubles


def coordinates(ar: Arithmetic, vectors: Numbers) -> Coordinates:
    """Coordinates of vectors (..., m, d), m < d, in a basis of their span that a QR factorisation finds.

    X = sum_j x_j a_j a_j^T differs from Q Y Q^T, where Y = sum_j x_j r_j r_j^T, by the sum of the matrices
    x_j (Q r_j f_j^T + f_j (Q r_j)^T + f_j f_j^T), of norms at most |x_j| |f_j| (2 |Q r_j| + |f_j|); and |Q r_j| is at
    most |a_j| + |f_j|. And (1 - e) |Y| <= |Q Y Q^T| <= (1 + e) |Y|.
    """
    middle = _finite(ar.midpoint(vectors))
    with np.errstate(all="ignore"):
        basis, triangle = (_finite(found) for found in np.linalg.qr(np.swapaxes(middle, -1, -2)))
        found = np.ascontiguousarray(np.swapaxes(triangle, -1, -2))
        if not ar.rigorous:
            return Coordinates(found, np.zeros(found.shape[:-2]), np.zeros(found.shape[:-1]))
        rest = ar.norm(vectors - ar.rmatvec(ar.exact(np.swapaxes(basis, -1, -2)), ar.exact(found)))
        missed = ar.upper(rest * (2 * ar.norm(vectors) + 3 * rest))
        return Coordinates(found, _defect(basis)[0], missed)


def _finite(x: Doubles) -> Doubles:
    return x if np.isfinite(x).all() else np.where(np.isfinite(x), x, 0.0)


# -- doubles near 1 in size --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Scaled:
    """Matrices (..., m, d) of an arithmetic, divided by 2**exponent (...): their midpoints near 1, or 0.

    spread: doubles (...,) not below the Frobenius norm of the divided radii. finite and zero: where the matrices are
    bounded, and where they are exactly 0.
    """

    middle: Doubles
    spread: Doubles
    exponent: Integers
    finite: Flags
    zero: Flags

    @classmethod
    def of(cls, ar: Arithmetic, matrix: Numbers) -> _Scaled:
        middle = ar.midpoint(matrix)
        radii = _radii(ar, matrix, middle)
        finite = np.asarray(np.isfinite(middle).all(axis=(-1, -2)))
        size = np.max(np.abs(middle), axis=(-1, -2))
        if radii is not None:
            finite = np.asarray(finite & np.isfinite(radii).all(axis=(-1, -2)))
            size = np.maximum(size, np.max(radii, axis=(-1, -2)))
        exponent = np.clip(np.frexp(np.where(finite, size, 0.0))[1], -MOST_EXPONENT, MOST_EXPONENT)
        factor = np.ldexp(1.0, -exponent)[..., None, None]
        if not finite.all():
            factor = np.where(finite[..., None, None], factor, 0.0)
            middle = np.where(finite[..., None, None], middle, 0.0)
        spread = np.zeros(size.shape)
        if radii is not None:
            radii = np.where(finite[..., None, None], radii, 0.0)
            spread = _frobenius(radii * factor) * SLACK
        return cls(middle * factor, spread, exponent, finite, size == 0)

    def unscaled_above(self, bound: Doubles, power: int = 1) -> Doubles:
        """Doubles not below the bounds times 2**(power exponent), rounded up where they are subnormal."""
        above = np.ldexp(bound, power * self.exponent) + LEAST_DOUBLE
        return np.where(self.zero, 0.0, np.where(self.finite, above, np.inf))

    def unscaled_below(self, bound: Doubles) -> Doubles:
        """Doubles not above the bounds times 2**exponent, rounded down where they are subnormal, and not negative."""
        return np.maximum(np.ldexp(bound, self.exponent) - LEAST_DOUBLE, 0.0)


def _radii(ar: Arithmetic, matrix: Numbers, middle: Doubles) -> Doubles | None:
    """Doubles not below the distances of the numbers from their midpoints; None where all are 0."""
    if isinstance(matrix, BallArray):
        return matrix.rad
    if not ar.rigorous:
        return None
    return ar.upper(ar.abs(matrix - ar.exact(_finite(middle))))


def _frobenius(x: Doubles) -> Doubles:
    """|X|_F of matrices (..., m, d), but for its rounding errors, which `SLACK` covers."""
    return np.asarray(np.sqrt(np.einsum("...ij,...ij->...", x, x)))


def _trace(x: Doubles) -> Doubles:
    return np.asarray(np.trace(x, axis1=-2, axis2=-1))


def between(ar: Arithmetic, low: Doubles, high: Doubles) -> Numbers:
    """Numbers of a rigorous arithmetic known to lie in [low, high], doubles."""
    return ar.between(low, high)
