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
* Matrices are scaled by powers of two until their largest entry is from 2**-100 to 2**100, so that nothing overflows
  that is not garbage. What underflows is at most 2**-1074 in each of fewer than 2**60 operations, or its square root:
  less than 2**-400 together. Each bound has a summand of at least gamma_1 2**-200, of which `SLACK` leaves more over.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np

from mamlcheck.arithmetic.arrays import Doubles, Flags, Integers
from mamlcheck.arithmetic.ball import DOUBLE_ROUNDOFF, BallArray, gamma
from mamlcheck.arithmetic.filter import Filter, FilterArray
from mamlcheck.arithmetic.protocol import Arithmetic, Numbers
from mamlcheck.arithmetic.surds import NotExact

LEAST_DOUBLE = 2.0**-1074
SLACK = 1 + 2.0**-10
# (1 + 4 u)(1 - u)**3 >= 1: what two roundings lose, made whole again by a product that is rounded too.
TWO_ROUNDINGS = 2.0**-51
FAR_FROM_ONE = 100  # exponents beyond which, either way, matrices are scaled
MOST_EXPONENT = 1000  # 2**-1000 and 2**1000 are doubles; what they leave of other exponents is not far from 1
MOST_AT_ONCE = 2**18  # numbers in the matrices that are looked at together: more take much memory, and no less time
# Of the search for a largest eigenvalue: powers of matrices of so many rows, squared and multiplied so often, and how
# small the square of the relative residual is where the vector is at rest.
FEWEST_ROWS_OF_POWERS, SQUARINGS, MULTIPLICATIONS, AT_REST = 8, 6, 16, 2.0**-54
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
    middle = ar.midpoint(matrix)
    radii = _radii(ar, matrix, middle)
    with np.errstate(all="ignore"):
        scale = _Scale.of(middle, radii)
        if not ar.rigorous:
            largest = np.max(np.abs(np.linalg.eigvalsh(scale.divided(middle))), axis=-1)
            return np.where(scale.finite, np.ldexp(largest, scale.exponent), np.nan)
        low, high = _norm_bounds(scale.divided(middle))
        # The exact matrix is symmetric: it is as near to the symmetric part of the midpoint as to the midpoint.
        spread = 0.0 if radii is None else _frobenius(scale.divided(radii)) * SLACK
        low, high = (low - spread) * (1 - TWO_ROUNDINGS), (high + spread) * (1 + TWO_ROUNDINGS)
        zero = scale.size == 0
        return between(ar, np.where(zero, 0.0, scale.below(low)), np.where(zero, 0.0, scale.above(high)))


def _norm_bounds(s: Doubles) -> tuple[Doubles, Doubles]:
    """Doubles (...,) not above and not below |sym(S)|, sym(S) = (S + S^T) / 2, for S (..., d, d) that are scaled.

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
def gram_norm_above(ar: Arithmetic, vectors: Numbers, weights: Numbers) -> Doubles:
    """Doubles (...,), or inf, not below |sum_j w_j a_j a_j^T| for vectors a_j (..., m, d), weights w_j >= 0 (..., m).

    The norm is |B|^2 for the rows b_j = sqrt(w_j) a_j of B, and |B| <= |C| + |B - C|_F for any C. Here c_j is the
    product, rounded, of s_j and a'_j, the midpoints of sqrt(w_j) and a_j. The rows of B - C are the sums of

        sqrt(w_j) (a_j - a'_j),  (sqrt(w_j) - s_j) a'_j,  at most r_j / s_j |s_j a'_j| for the radius r_j of sqrt(w_j),
        and s_j a'_j - c_j, at most u |c_j|.

    What underflows in C or in the radii's product is less than `SLACK` leaves over where an entry of C or of
    that product exceeds 2**-700. Elsewhere the norm is below the least double, which `_Scale.above` adds.
    """
    roots = ar.sqrt(weights)
    s, middle = ar.midpoint(roots), ar.midpoint(vectors)
    root_radii, radii = _radii(ar, roots, s), _radii(ar, vectors, middle)
    with np.errstate(all="ignore"):
        c = s[..., None] * middle
        moved = None if radii is None else ar.upper(roots)[..., None] * radii
        scale = _Scale.of(c, moved)
        bound, trace = _square_above(scale.divided(c))
        relative = DOUBLE_ROUNDOFF if root_radii is None else DOUBLE_ROUNDOFF + _largest_quotient(root_radii, s)
        apart = relative * np.sqrt(trace)
        if moved is not None:
            apart = apart + _frobenius(scale.divided(moved))
        above = scale.above((bound + (2 * np.sqrt(bound) + apart) * apart * SLACK) * (1 + TWO_ROUNDINGS), 2)
        if (scale.size == 0).any():  # exactly, or by underflow
            known = middle != 0 if radii is None else (middle != 0) | (radii != 0)
            above = np.where(((ar.upper(roots) != 0)[..., None] & known).any(axis=(-1, -2)), above, 0.0)
        return above


def _largest_quotient(radii: Doubles, sizes: Doubles) -> Doubles:
    """The largest of m radii relative to their numbers (...,); infinite where a number is 0 and its radius is not."""
    return np.asarray(np.max(np.where(radii == 0, 0.0, radii / sizes), axis=-1))


def _square_above(c: Doubles) -> tuple[Doubles, Doubles]:
    """Doubles (...,) not below |C|^2 and |C|_F^2 for matrices C (..., m, d) that are scaled.

    Let G, k x k, be the smaller of C C^T and C^T C as it is computed from sums of l terms. It is off by at most
    gamma_l |C|_F^2 in the Frobenius norm, and so is its symmetric part. For whatever number s and matrix T,

        sym(G) = s I - T T^T - sym(s I - G - T T^T)  has no eigenvalue above  s + |s I - G - T T^T|_F.

    T is the Cholesky factor of s I - G as LAPACK sees it, with s a little above what LAPACK sees as the largest
    eigenvalue. The trace |C|_F^2 is a bound too, and the one where there is no such factor.
    """
    m, d = c.shape[-2:]
    flat = c.reshape(-1, m, d)
    length = max(1, MOST_AT_ONCE // min(m, d) ** 2)
    pieces = [_square_above_of_few(flat[k : k + length]) for k in range(0, max(len(flat), 1), length)]
    bounds, traces = (np.concatenate(found).reshape(c.shape[:-2]) for found in zip(*pieces, strict=True))
    return bounds, traces


def _square_above_of_few(c: Doubles) -> tuple[Doubles, Doubles]:
    """See `_square_above`, for matrices (N, m, d)."""
    transposed = np.swapaxes(c, -1, -2)
    left, right = (c, transposed) if c.shape[-2] < c.shape[-1] else (transposed, c)
    gram, (k, terms) = np.matmul(left, right), left.shape[-2:]
    # A sum of non-negative numbers: fl() loses gamma_{terms+k} of it, and the product a little more.
    trace = _trace(gram) * (1 + 2 * gamma(terms + k + 8))
    if k == 1:
        return trace, trace
    guess = _largest_eigenvalue(gram)
    found = _eigenvalue_above(gram, guess * (1 + k * RAISES[0]))
    for attempt, relative in enumerate(RAISES[1:]):
        missing = np.isinf(found)
        if missing.any():
            if attempt == 0:
                guess[missing] = _by_lapack(gram[missing])
            found[missing] = _eigenvalue_above(gram[missing], guess[missing] * (1 + k * relative))
    return np.minimum((found + gamma(terms) * trace * SLACK) * (1 + TWO_ROUNDINGS), trace), trace


def _largest_eigenvalue(gram: Doubles) -> Doubles:
    """The largest eigenvalues of Gram matrices (N, k, k), about as well as doubles have them: guesses, no bounds.

    The Rayleigh quotient of a vector that was multiplied by a high power of the matrix, which takes half of LAPACK's
    time for k = 32. LAPACK is asked where that vector has not come to rest, since two eigenvalues are close.
    """
    k = gram.shape[-1]
    if k < FEWEST_ROWS_OF_POWERS:
        return _by_lapack(gram)
    power = gram / _trace(gram)[..., None, None]
    for squaring in range(SQUARINGS):
        power = np.matmul(power, power)
        if squaring % 2:
            power /= _trace(power)[..., None, None]
    heaviest = np.argmax(np.diagonal(power, axis1=-2, axis2=-1), axis=-1)
    vector = np.take_along_axis(power, heaviest[..., None, None], axis=-1)
    for _ in range(MULTIPLICATIONS):
        vector = np.matmul(power, vector)
    vector /= np.sqrt(np.sum(np.square(vector), axis=-2, keepdims=True))
    image = np.matmul(gram, vector)
    quotient = np.sum(image * vector, axis=-2, keepdims=True)
    rest = np.sum(np.square(image - quotient * vector), axis=(-2, -1))
    guess = np.asarray(quotient[..., 0, 0])
    restless = np.flatnonzero(~(rest <= AT_REST * np.square(guess)))
    if len(restless):
        guess[restless] = _by_lapack(gram[restless])
    return guess


def _by_lapack(gram: Doubles) -> Doubles:
    """The largest eigenvalues as LAPACK sees them."""
    return np.asarray(np.linalg.eigvalsh(gram)[..., -1])


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
    """Lower triangular factors of matrices (..., k, k), NaN where there is none: NumPy raises for all at once."""
    try:
        return np.asarray(np.linalg.cholesky(matrices), dtype=np.float64)
    except np.linalg.LinAlgError:
        flat = matrices.reshape(-1, *matrices.shape[-2:])
        if len(flat) == 1:
            return np.full(matrices.shape, np.nan)
        half = len(flat) // 2
        return np.concatenate([_cholesky(flat[:half]), _cholesky(flat[half:])]).reshape(matrices.shape)


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


# -- doubles not far from 1 --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Scale:
    """What matrices (..., m, d) are divided by, 2**exponent (...,), for their largest entries not to be far from 1.

    size: the largest entries (...,); finite: where these are. Entries that underflow are off by 2**-1075.
    """

    size: Doubles
    exponent: Integers
    finite: Flags

    @classmethod
    def of(cls, matrices: Doubles, beside: Doubles | None) -> _Scale:
        """The scale of matrices (..., m, d), and of non-negative ones beside them."""
        size = np.asarray(np.maximum(np.max(matrices, axis=(-1, -2)), -np.min(matrices, axis=(-1, -2))))
        if beside is not None:
            size = np.asarray(np.maximum(size, np.max(beside, axis=(-1, -2))))
        finite = np.asarray(np.isfinite(size))  # NumPy's maxima of what holds a NaN are NaN
        exponent = np.frexp(np.where(finite, size, 0.0))[1]
        far = np.abs(exponent) > FAR_FROM_ONE
        return cls(size, np.where(far, np.clip(exponent, -MOST_EXPONENT, MOST_EXPONENT), 0), finite)

    def divided(self, matrices: Doubles) -> Doubles:
        """The matrices, scaled; 0 where they are not finite."""
        if self.exponent.any():
            matrices = matrices * np.ldexp(1.0, -self.exponent)[..., None, None]
        return matrices if self.finite.all() else np.where(self.finite[..., None, None], matrices, 0.0)

    def above(self, bound: Doubles, power: int = 1) -> Doubles:
        """Doubles not below the bounds times 2**(power exponent), infinite for NaN; rounded up where subnormal."""
        found = np.ldexp(bound, power * self.exponent) + LEAST_DOUBLE
        return np.where(self.finite & ~np.isnan(found), found, np.inf)

    def below(self, bound: Doubles) -> Doubles:
        """Doubles not above the bounds times 2**exponent, rounded down where they are subnormal, and not negative."""
        return np.maximum(np.ldexp(bound, self.exponent) - LEAST_DOUBLE, 0.0)


def _radii(ar: Arithmetic, matrix: Numbers, middle: Doubles) -> Doubles | None:
    """Doubles not below the distances of the numbers from their midpoints; None where all are 0."""
    if isinstance(matrix, BallArray):
        return matrix.rad
    if isinstance(matrix, FilterArray):
        return Filter().in_ball(matrix).rad
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
