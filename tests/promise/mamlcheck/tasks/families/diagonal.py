"""Diagonal tasks: sample losses sum_k c_ijk (w_k - z_ijk)^2 / 2, with curvatures c_ijk of either sign; exact."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mamlcheck.arithmetic import Arithmetic
from mamlcheck.arithmetic.exact import frozen
from mamlcheck.tasks.constants import certified_constant
from mamlcheck.tasks.draws import Draws, for_all_tasks
from mamlcheck.tasks.family import CURVATURE, LENGTH, Limits, Tasks, Wanted, entries
from mamlcheck.tasks.samples import ConstantHessians, SamplesOn

Array = Any


@dataclass(frozen=True)
class DiagonalTasks(Tasks):
    """n tasks of m samples in d dimensions: `curvatures` and `centres` (..., n, m, d), `probabilities` (..., n)."""

    curvatures: np.ndarray = entries("task", "sample", "coordinate", unit=CURVATURE)
    centres: np.ndarray = entries("task", "sample", "coordinate", unit=LENGTH)
    probabilities: np.ndarray = entries("task")

    kind = "diagonal"
    pulling = ("centres",)

    @property
    def polynomial(self) -> bool:
        """Gradients are linear."""
        return True

    @cached_property
    def smoothness(self) -> np.ndarray:
        """L (...): the largest |mean_j c_ijk|, as doubles not below it."""

        def bound(ar: Any) -> np.ndarray:
            return np.asarray(ar.upper(ar.abs(ar.mean(ar.exact(self.curvatures), -2))).max(axis=(-1, -2)))

        return certified_constant(bound, exactly=True)

    @cached_property
    def hessian_lipschitz(self) -> np.ndarray:
        """rho = 0 (...): the Hessians are constant."""
        return frozen(np.zeros(self.centres.shape[:-3]))

    def on(self, ar: Arithmetic) -> SamplesOn:
        """The same tasks as numbers of an arithmetic."""
        return SamplesOn.of(ar, self, DiagonalAt)

    @classmethod
    def random(cls, draws: Draws, wanted: Wanted) -> DiagonalTasks:
        """Curvatures of either sign and centres on the grid; all centres are 0 where stationary tasks are wanted."""
        shape = (len(wanted.probabilities), wanted.distinct, wanted.m, wanted.d)
        curvatures = draws.grid(-1, 1, *shape)
        centres = draws.grid(-2, 2, *shape) * (0.0 if wanted.stationary else 1.0)
        return cls(for_all_tasks(curvatures, wanted.n), for_all_tasks(centres, wanted.n), wanted.probabilities)

    @classmethod
    def strategy(cls, limits: Limits, numbers: Any) -> Any:
        """One set of tasks without leading axes; numbers: a strategy for curvatures and centres."""
        from mamlcheck.tasks.drawing import draw_dimension, draw_samples, st, vector

        @st.composite
        def drawn_tasks(draw: Any) -> DiagonalTasks:
            d, most = draw_dimension(draw, limits)
            drawn = draw_samples(draw, st.none(), st.tuples(*vector(numbers, 2 * most)), limits)
            return cls(drawn.numbers[..., :d], drawn.numbers[..., most : most + d], drawn.probabilities)

        return drawn_tasks()


class DiagonalAt(ConstantHessians):
    """Diagonal tasks at points w."""

    def sample_values(self) -> Array:
        """l_ij(w) (..., n, P, m)."""
        gaps = self.w[..., None, :] - self.tasks["centres"][..., None, :, :]
        return self.ar.sum(self.tasks["curvatures"][..., None, :, :] * self.ar.square(gaps), -1) / 2

    def sample_gradients(self) -> Array:
        """c_ij (w - z_ij), elementwise (..., n, P, m, d)."""
        return self.sample_products(self.w) - (self.tasks["curvatures"] * self.tasks["centres"])[..., None, :, :]

    def sample_products(self, v: Array) -> Array:
        """c_ij v, elementwise (..., n, P, m, d)."""
        return self.tasks["curvatures"][..., None, :, :] * v[..., None, :]

    def sample_hessians(self) -> Array:
        """Diagonal matrices of the c_ij (..., n, 1, m, d, d)."""
        identity = self.ar.exact(np.eye(int(self.w.shape[-1])))
        return (self.tasks["curvatures"][..., None] * identity)[..., None, :, :, :]
