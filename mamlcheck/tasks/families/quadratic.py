"""Quadratic tasks: sample losses (w - z_ij)^T Q_ij (w - z_ij) / 2 with symmetric, possibly indefinite Q_ij.

rho = 0; every quantity but an operator norm is rational.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from mamlcheck.arithmetic import Arithmetic, Numbers, ball
from mamlcheck.arithmetic.exact import are_doubles, frozen, kept, nearest_doubles
from mamlcheck.arithmetic.linear import spectral_norm
from mamlcheck.errors import InputError
from mamlcheck.tasks.constants import MOST_EXACT_SAMPLES, by_slices, certified_constant, finite_bound, fraction_array
from mamlcheck.tasks.draws import Draws, for_all_tasks
from mamlcheck.tasks.family import CURVATURE, LENGTH, Limits, Tasks, Wanted, entries
from mamlcheck.tasks.samples import ConstantHessians, SamplesOn

MOST_EXACT_ROWS = 8  # of matrices up to which convexity is decided in exact fractions


@dataclass(frozen=True)
class QuadraticTasks(Tasks):
    """n tasks of m samples in d dimensions: `matrices` (..., n, m, d, d) symmetric, `centres` (..., n, m, d).

    `probabilities` (..., n) sum to exactly 1. All exact numbers, and read-only. Raises `InputError` when shapes or
    values do not fit.
    """

    matrices: np.ndarray = entries("task", "sample", "coordinate", "coordinate", unit=CURVATURE)
    centres: np.ndarray = entries("task", "sample", "coordinate", unit=LENGTH)
    probabilities: np.ndarray = entries("task")

    kind = "quadratic"
    pulling = ("centres",)

    def check(self) -> None:
        """Raise `InputError` for a matrix that is not symmetric."""
        if not (self.matrices == np.swapaxes(self.matrices, -1, -2)).all():
            raise InputError("a matrix is not symmetric: give (Q + Q^T) / 2, which has the same loss")

    @property
    def polynomial(self) -> bool:
        """Gradients are linear."""
        return True

    def on(self, ar: Arithmetic) -> SamplesOn:
        """The same tasks as numbers of an arithmetic."""
        return SamplesOn.of(ar, self, QuadraticAt)

    @cached_property
    def smoothness(self) -> np.ndarray:
        """L (...): the largest |mean_j Q_ij| in operator norm, as doubles not below it."""

        def bound(ar: Any) -> np.ndarray:
            def largest(matrices: np.ndarray) -> np.ndarray:
                return np.asarray(np.max(ar.upper(spectral_norm(ar, ar.mean(ar.exact(matrices), -3))), axis=-1))

            return by_slices(largest, self.matrices, axes=4)

        return certified_constant(bound, exactly=self.d == 1 and self.matrices.size <= MOST_EXACT_SAMPLES)

    @cached_property
    def hessian_lipschitz(self) -> np.ndarray:
        """rho = 0 (...): the Hessians are constant."""
        return frozen(np.zeros(self.centres.shape[:-3]))

    @cached_property
    def global_deviations(self) -> Mapping[str, np.ndarray] | None:
        """The deviations (...), the same at every w where all samples of a set have one matrix.

        None where those of any set have not: tasks or samples of different curvature have no bounded variance (theory:
        Assumption 4.5).
        """
        first = self.matrices[..., :1, :1, :, :]
        if not (self.matrices == first).all():
            return None

        def bounds(ar: Any) -> np.ndarray:
            pulled = ar.matvec(ar.exact(first[..., 0, 0, :, :])[..., None, :, :], ar.exact(self.centres))
            whole = ar.mean(pulled, -2)
            centre = ar.weighted_sum(ar.exact(self.probabilities)[..., None], whole, -2)
            of_samples = ar.mean(ar.squared_norm(pulled - whole[..., None, :]), -1)
            of_tasks = ar.weighted_sum(ar.exact(self.probabilities), ar.squared_norm(whole - centre[..., None, :]), -1)
            largest = np.max(ar.upper(of_samples), axis=-1)
            return np.stack([ar.upper(of_tasks), largest, np.zeros(largest.shape)])

        found = finite_bound(bounds, ball)
        if not np.isfinite(found).all():
            return None
        names = ("sigma", "sigma_tilde", "sigma_hessian")
        return MappingProxyType({name: frozen(np.asarray(b)) for name, b in zip(names, found, strict=True)})

    @cached_property
    def least_curvature(self) -> np.ndarray:
        """mu (...): 0 where every mean_j Q_ij is positive semidefinite, as exact fractions show; else -L."""
        return frozen(np.where(self._convex, 0.0, -self.smoothness))

    @property
    def _convex(self) -> np.ndarray:
        """Whether every f_i is known to be convex (...).

        Plain doubles pick the instances that are worth fractions: what they pass over is not known to be convex.
        """
        if self.d > MOST_EXACT_ROWS:
            return np.zeros(self.probabilities.shape[:-1], dtype=bool)
        with np.errstate(all="ignore"):
            rough = (self.matrices if are_doubles(self.matrices) else nearest_doubles(self.matrices)[0]).mean(axis=-3)
            sizes = np.abs(rough).max(axis=(-1, -2))
            good = np.isfinite(sizes)
            least = np.linalg.eigvalsh(np.where(good[..., None, None], rough, -1.0))[..., 0]
            found = np.array((good & (least >= -1e-6 * sizes)).all(axis=-1))
        for index in map(tuple, np.argwhere(found)):
            found[index] = all(map(_positive_semidefinite, fraction_array(self.matrices[index]).sum(axis=1)))
        return found

    @cached_property
    def hessian_deviation(self) -> np.ndarray | None:
        """E_j |Q_ij - Q_i|^2 <= E_j |Q_ij|^2 in Frobenius norm, the same at every w (...)."""

        def bound(ar: Any) -> np.ndarray:
            squares = ar.squared_norm(ar.exact(self.matrices).reshape(*self.matrices.shape[:-2], -1))
            return np.asarray(np.max(ar.upper(ar.mean(squares, -1)), axis=-1))

        found = finite_bound(bound, ball)
        return frozen(found) if np.isfinite(found).all() else None

    def float_constants(self) -> tuple[np.ndarray, np.ndarray] | None:
        """L and rho (...) of one-dimensional tasks by float64, proved by nothing."""
        if self.d != 1:
            return None
        smoothness = np.abs(self.matrices[..., 0, 0].mean(axis=-1)).max(axis=-1)
        return smoothness, np.zeros(self.centres.shape[:-3])

    # -- made at random ------------------------------------------------------------------------------------------
    @classmethod
    def random(cls, draws: Draws, wanted: Wanted) -> QuadraticTasks:
        """Indefinite matrices and centres on the grid; all centres are 0 where stationary tasks are wanted."""
        lead = (len(wanted.probabilities), wanted.distinct, wanted.m)
        matrices = draws.grid(-1, 1, *lead, wanted.d, wanted.d)
        matrices = matrices + np.swapaxes(matrices, -1, -2)
        centres = draws.grid(-2, 2, *lead, wanted.d) * (0.0 if wanted.stationary else 1.0)
        return cls(for_all_tasks(matrices, wanted.n), for_all_tasks(centres, wanted.n), wanted.probabilities)

    @classmethod
    def strategy(cls, limits: Limits, numbers: Any) -> Any:
        """One set of tasks without leading axes; numbers: a strategy for entries of matrices and centres."""
        from mamlcheck.tasks.drawing import draw_dimension, draw_samples, st, vector

        @st.composite
        def drawn_tasks(draw: Any) -> QuadraticTasks:
            d, at_most = draw_dimension(draw, limits)
            entries = at_most * (at_most + 1) // 2
            drawn = draw_samples(draw, st.none(), st.tuples(*vector(numbers, at_most + entries)), limits)
            rows, columns = np.tril_indices(d)
            lower = drawn.numbers[..., at_most : at_most + len(rows)]
            matrices = np.empty((*lower.shape[:-1], d, d), dtype=object)
            matrices[..., rows, columns] = lower
            matrices[..., columns, rows] = lower
            return cls(matrices, drawn.numbers[..., :d], drawn.probabilities)

        return drawn_tasks()


def _positive_semidefinite(matrix: np.ndarray) -> bool:
    """Whether a symmetric matrix of fractions is: by Gauss's elimination, where a pivot 0 needs a row of zeros."""
    rest = matrix
    while len(rest):
        pivot, row = rest[0, 0], rest[0, 1:]
        if pivot < 0 or (pivot == 0 and row.any()):
            return False
        rest = rest[1:, 1:] - (row[:, None] * (row / pivot)[None, :] if pivot else 0)
    return True


class QuadraticAt(ConstantHessians):
    """Quadratic tasks at points w."""

    @kept
    def _gaps(self) -> Numbers:
        """w - z_ij (..., n, P, m, d)."""
        return self.w[..., None, :] - self.tasks["centres"][..., None, :, :]

    def sample_values(self) -> Numbers:
        """l_ij(w) (..., n, P, m)."""
        return self.ar.sum(self._gaps * self._gradients, -1) / 2

    def sample_gradients(self) -> Numbers:
        """Q_ij (w - z_ij) (..., n, P, m, d)."""
        return self._product(self._gaps)

    def sample_products(self, v: Numbers) -> Numbers:
        """Q_ij v (..., n, P, m, d)."""
        return self._product(v[..., None, :])

    def sample_hessians(self) -> Numbers:
        """Q_ij (..., n, 1, m, d, d)."""
        return self.tasks["matrices"][..., None, :, :, :]

    def _product(self, v: Numbers) -> Numbers:
        """Q_ij v_j (..., n, P, m, d) for v (..., n, P, m or 1, d)."""
        ar = self.ar
        points = ar.transpose(v, (*range(v.ndim - 3), v.ndim - 2, v.ndim - 3, v.ndim - 1))
        moved = ar.matvec(self.tasks["matrices"], points)
        return ar.transpose(moved, (*range(moved.ndim - 3), moved.ndim - 2, moved.ndim - 3, moved.ndim - 1))
