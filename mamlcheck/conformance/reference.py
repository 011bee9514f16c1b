"""The reference: a problem over an arithmetic, and the directions of the algorithms on it as certified enclosures.

`Run` offers what a direction is written with: gradients and Hessian-vector products of every task at once, inner steps,
the pull-back of an outer gradient through them. Algorithms and mutants are formulas over a `Run`, each in a file of its
own, and run in every arithmetic: `arb` certifies, `rounding` tells how far a correct implementation can be off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from mamlcheck.arithmetic import arb, float64
from mamlcheck.arithmetic.rounding import rounding_error
from mamlcheck.conformance import models
from mamlcheck.conformance.problems import SIZES, Problem

Array = Any

UNIT_ROUNDOFF = {"float64": 2.0**-53, "float32": 2.0**-24, "bfloat16": 2.0**-8, "float16": 2.0**-11}
BITS = 128
RUNS = 8  # of the rounding analysis: over some 30 components, the root mean square is known to about a tenth


@dataclass(frozen=True)
class Path:
    """The inner steps: w_0, ..., w_K, each (B, n); `mask` (n,) is 1 on the parameters that the steps move."""

    points: tuple[Array, ...]
    mask: Array | None = None

    @property
    def end(self) -> Array:
        """The adapted parameters w_K."""
        return self.points[-1]


@dataclass(frozen=True)
class Difference:
    """How HF-MAML takes H v: by a central difference of step `delta`, or of step delta / |v_i| (`over_norm`)."""

    delta: float
    over_norm: bool = False


Hessian = Literal["exact", "none"] | Difference


@dataclass(frozen=True)
class Run:
    """A problem over an arithmetic.

    hessian: how the pull-back applies a Hessian: "exact", "none" (first order), or a `Difference` (equation (9)).
    hessian_role: the set that Hessian is of; autodiff takes the inner one, the paper's equation (5) one of its own.
    """

    ar: Any
    problem: Problem
    hessian: Hessian = "exact"
    hessian_role: str = "inner"

    @property
    def model(self) -> models.Model:
        return self.problem.kind.model

    @property
    def count(self) -> int:
        """B, the number of tasks."""
        return len(self.problem.tasks)

    @property
    def steps(self) -> int:
        """K, the number of inner steps."""
        return self.problem.steps

    @cached_property
    def alpha(self) -> Array:
        """The inner rate."""
        return self.number(self.problem.alpha)

    @cached_property
    def beta(self) -> Array:
        """The meta rate."""
        return self.number(self.problem.beta)

    def number(self, value: Any) -> Array:
        """An exact number, as (1, 1)."""
        return self.ar.exact([[value]])

    @cached_property
    def w(self) -> Array:
        """The initial parameters, the same for each task (B, n)."""
        flat = np.concatenate([a.ravel() for a in self.problem.parameters.values()])
        return self.ar.exact(np.broadcast_to(flat, (self.count, flat.size)))

    @cached_property
    def data(self) -> dict[str, tuple[Array, Array]]:
        """By role: inputs (B, m, p) and targets (B, m, c)."""
        return {role: self._stacked(role) for role in SIZES}

    def _stacked(self, role: str) -> tuple[Array, Array]:
        batches = [getattr(task, role) for task in self.problem.tasks]
        x = np.stack([x for x, _ in batches])
        y = np.stack([y for _, y in batches])
        if self.problem.kind.labels:
            y = np.eye(self.problem.kind.outputs)[y]
        return self.ar.exact(x), self.ar.exact(y)

    def size(self, role: str) -> int:
        """The number of samples of a set."""
        return SIZES[role]

    def only(self, index: int) -> Run:
        """The same with one task."""
        return replace(self, problem=replace(self.problem, tasks=(self.problem.tasks[index],)))

    # -- gradients -------------------------------------------------------------------------------------------------
    def gradient(self, w: Array, role: str) -> Array:
        """grad f_i(w_i) over the set of a role: (B, n)."""
        return models.gradient(self.ar, self.model, self.problem.kind.loss, w, *self.data[role])

    def hessian_vector(self, w: Array, v: Array, role: str) -> Array:
        """H_i(w_i) v_i over the set of a role: (B, n), or (..., B, n) for v (..., B, n)."""
        return models.hessian_vector(self.ar, self.model, self.problem.kind.loss, w, v, *self.data[role])

    def hessian_difference(self, w: Array, v: Array, role: str, step: Difference) -> Array:
        """[grad f_i(w + delta v) - grad f_i(w - delta v)] / (2 delta), equation (9): (B, n)."""
        delta = self.step_along(v, step)
        return (self.gradient(w + delta * v, role) - self.gradient(w - delta * v, role)) / (2 * delta)

    def step_along(self, v: Array, step: Difference) -> Array:
        """delta, or delta / |v_i|: as (..., B, 1) or (1, 1)."""
        delta = self.number(step.delta)
        return delta / self.ar.norm(v)[..., None] if step.over_norm else delta

    def hessian_diagonal(self, w: Array, role: str) -> Array:
        """The diagonal of H_i(w_i) over the set of a role: (B, n)."""
        units = np.eye(self.model.size)[:, None, :]
        shape = (len(units), *w.shape)
        everywhere = self.ar.broadcast_to(w, shape)
        columns = self.hessian_vector(everywhere, self.ar.exact(np.broadcast_to(units, shape)), role)
        return self.ar.sum(columns * self.ar.exact(units), 0)

    def curvature(self, w: Array, v: Array, role: str) -> Array:
        """H_i v_i as this run takes it, exactly or by differences."""
        if isinstance(self.hessian, Difference):
            return self.hessian_difference(w, v, role, self.hessian)
        return self.hessian_vector(w, v, role)

    # -- inner steps and back ----------------------------------------------------------------------------------------
    def adapt(
        self,
        w: Array | None = None,
        role: str = "inner",
        rate: Array | None = None,
        steps: int | None = None,
        mask: Array | None = None,
    ) -> Path:
        """K inner steps w_{k+1} = w_k - alpha grad f_i(w_k), equation (4)."""
        points = [self.w if w is None else w]
        rate = self.alpha if rate is None else rate
        for _ in range(self.steps if steps is None else steps):
            slope = self.gradient(points[-1], role)
            points.append(points[-1] - rate * (slope if mask is None else mask * slope))
        return Path(tuple(points), mask)

    def pull_back(
        self,
        path: Path,
        g: Array,
        role: str | None = None,
        rate: Array | None = None,
        curvature: Callable[[Array, Array, str], Array] | None = None,
    ) -> Array:
        """(I - alpha H(w_0)) ... (I - alpha H(w_{K-1})) g: an outer gradient through the inner steps (B, n).

        The identity at first order. role: the set the Hessians are of. curvature: another product in place of H v.
        """
        if self.hessian == "none":
            return g
        rate = self.alpha if rate is None else rate
        product = self.curvature if curvature is None else curvature
        for w in reversed(path.points[:-1]):
            v = g if path.mask is None else path.mask * g
            g = g - rate * product(w, v, self.hessian_role if role is None else role)
        return g

    def mean(self, g: Array) -> Array:
        """The mean over tasks: (B, n) to (n,)."""
        return self.ar.mean(g, -2)

    @cached_property
    def head(self) -> Array:
        """1 on the parameters of the last layer, 0 on the others: (n,). A model of one layer is all head."""
        last = next(reversed(self.model.parameters)).rpartition(".")[0]
        return self._mask(lambda name: name.rpartition(".")[0] == last)

    def tensor_masks(self) -> list[Array]:
        """For each parameter tensor, 1 on it and 0 elsewhere: (n,) each."""
        return [self._mask(lambda name, one=one: name == one) for one in self.model.parameters]

    def _mask(self, chosen: Callable[..., bool]) -> Array:
        mask = np.zeros(self.model.size)
        for name, part in self.model.slices():
            mask[part] = chosen(name)
        return self.ar.exact(mask)


Direction = Callable[[Run], Array]


@dataclass(frozen=True)
class Enclosure:
    """A certified direction: within `radius` of `midpoint` in each component, both float64 (n,)."""

    midpoint: np.ndarray
    radius: np.ndarray


def certified(problem: Problem, direction: Direction, hessian: Hessian = "exact", role: str = "inner") -> Enclosure:
    """The direction (n,), enclosed by Arb with 128 bits."""
    ar = arb(BITS)
    with ar.working():
        result = direction(Run(ar, problem, hessian, role))
        midpoint, lower, upper = ar.midpoint(result), ar.lower(result), ar.upper(result)
    # twice: the two subtractions round
    return Enclosure(midpoint, 2 * np.maximum(upper - midpoint, midpoint - lower))


def screened(problem: Problem, direction: Direction, hessian: Hessian = "exact", role: str = "inner") -> np.ndarray:
    """The direction (n,) in doubles, for screening: proved of nothing."""
    with float64.working():
        return np.asarray(direction(Run(float64, problem, hessian, role)))


def tolerance(problem: Problem, direction: Direction, hessian: Hessian = "exact", role: str = "inner") -> float:
    """How far, in Euclidean norm and units of its unit roundoff u, a correct subject's direction can be off."""
    value = screened(problem, direction, hessian, role)
    return rounding_error(lambda ar: direction(Run(ar, problem, hessian, role)), value, RUNS)
