"""Rigorous bounds of linear algebra, written over an arithmetic: operator norms of symmetric matrices.

A float eigenbasis V guides the bound and proves nothing; the proof is Gershgorin's theorem for V^T M V and
the measured defect of V's orthogonality (Rump, "Verification methods", Acta Numerica 19, 2010, section 10.4).
"""

from __future__ import annotations

from functools import reduce

import numpy as np

from mamlcheck.arithmetic.arrays import Doubles
from mamlcheck.arithmetic.protocol import Arithmetic, Numbers
from mamlcheck.arithmetic.rational import NotExact


def spectral_norm(ar: Arithmetic, matrix: Numbers) -> Numbers:
    """Enclosure of the operator norm of symmetric matrices (..., d, d); exact for d = 1, and in `rational`.

    With x = V y: |x^T M x| / |x|^2 = |y^T B y| / (y^T V^T V y), B = V^T M V. If |V^T V - I| <= e < 1 in the
    maximum row sum, |B| / (1 + e) <= |M| <= |B| / (1 - e), and max_i |B_ii| <= |B| <= max_i sum_j |B_ij|.
    Raises `NotExact` in rational arithmetic for matrices that are not diagonal.
    """
    if matrix.shape[-1] == 1:
        return ar.abs(matrix[..., 0, 0])
    diagonal = np.arange(matrix.shape[-1])
    if ar.name == "rational" and _is_diagonal(ar, matrix):
        return reduce(ar.maximum, (ar.abs(matrix[..., k, k]) for k in diagonal.tolist()))
    if ar.name in ("rational", "symbolic"):
        raise NotExact("the operator norm of a matrix is not rational in general: use arb")
    middle = ar.midpoint(matrix)
    finite = np.asarray(np.isfinite(middle).all(axis=(-1, -2), keepdims=True))
    middle = np.where(finite, 0.5 * middle + 0.5 * np.swapaxes(middle, -1, -2), 0.0)  # halved first: no overflow
    if not ar.rigorous:
        return np.where(finite[..., 0, 0], np.max(np.abs(np.linalg.eigvalsh(middle)), axis=-1), np.nan)
    basis = np.linalg.eigh(middle)[1]
    v = ar.exact(basis)
    vt = ar.exact(np.ascontiguousarray(np.swapaxes(basis, -1, -2)))
    rotated = ar.rmatvec(ar.rmatvec(v, matrix), vt)
    defect = ar.rmatvec(v, vt) - ar.exact(np.eye(matrix.shape[-1]))
    e = ar.upper(_row_sums(ar, defect)).max(axis=-1)
    high = ar.upper(_row_sums(ar, rotated)).max(axis=-1)
    low = ar.lower(ar.abs(rotated[..., diagonal, diagonal])).max(axis=-1)
    with np.errstate(all="ignore"):
        # A sum, a division and a product: three roundings, fewer than the factor 1 -+ 2**-50 makes good;
        # 2**-1060 covers their underflow.
        low = np.maximum(low / (1 + e) * (1 - 2.0**-50) - 2.0**-1060, 0.0)
        raised = np.where(e < 1, high / (1 - e) * (1 + 2.0**-50) + 2.0**-1060, np.inf)
        high = np.where((high == 0) & (e < 1), 0.0, raised)  # B = 0 says nothing where V is singular
    return between(ar, low, high)


def _is_diagonal(ar: Arithmetic, matrix: Numbers) -> bool:
    beside = ar.abs(matrix[..., ~np.eye(matrix.shape[-1], dtype=bool)])
    return bool((ar.less_equal(beside, 0 * beside) == 1).all())


def _row_sums(ar: Arithmetic, matrix: Numbers) -> Numbers:
    return ar.sum(ar.abs(matrix), -1)


def between(ar: Arithmetic, low: Doubles, high: Doubles) -> Numbers:
    """Numbers of a rigorous arithmetic known to lie in [low, high], doubles."""
    return ar.between(low, high)
