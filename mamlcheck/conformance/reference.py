"""The reference: a problem over an arithmetic, and the directions of the algorithms on it as certified enclosures.

`Run` offers what a direction is written with: inner steps, the pull-back of an outer gradient through them, gradients
and Hessian-vector products of every task at once. All of these are the equations of `mamlcheck.meta.algorithms` on the
problem's tasks. Algorithms and mutants are formulas over a `Run`, each in a file of its own, and run in every
arithmetic: `arb` certifies, `rounding` tells how far a correct implementation can be off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import add
from typing import Literal, cast

import numpy as np

from mamlcheck.arithmetic import Arithmetic, arb, float64
from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.arithmetic.rounding import PerturbedArray, rounding_error
from mamlcheck.conformance.layout import Layout
from mamlcheck.conformance.problems.kind import Tasks, TasksAt
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.meta.algorithms import InnerSteps, Product, hessian_difference, inner_steps, pulled_back, task_directions

ENCLOSURE_BITS = 128
ROUNDING_RUNS = 8  # over some 30 components, the root mean square of the rounding error is known to about a tenth


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

    ar: DirectionArithmetic
    problem: Problem
    hessian: Hessian = "exact"
    hessian_role: str = "inner"

    @property
    def layout(self) -> Layout:
        """How the parameters lie in a flat vector."""
        return self.problem.layout

    @property
    def count(self) -> int:
        """B, the number of tasks."""
        return len(self.problem.tasks)

    @property
    def steps(self) -> int:
        """K, the number of inner steps."""
        return self.problem.steps

    @cached_property
    def alpha(self) -> Numbers:
        """The inner rate."""
        return self.number(self.problem.alpha)

    @cached_property
    def beta(self) -> Numbers:
        """The meta rate."""
        return self.number(self.problem.beta)

    def number(self, value: float) -> Numbers:
        """An exact number, as (1, 1)."""
        return self.ar.exact([[value]])

    @cached_property
    def w(self) -> Numbers:
        """The initial parameters, the same for each task (B, n)."""
        flat = np.concatenate([a.ravel() for a in self.problem.parameters.values()])
        return self.ar.exact(np.broadcast_to(flat, (self.count, flat.size)))

    @cached_property
    def tasks(self) -> Tasks:
        """The tasks as numbers of the arithmetic."""
        return self.problem.kind.over(self.ar, self.problem.tasks)

    @property
    def start(self) -> TasksAt:
        """The tasks at the initial parameters."""
        w = self.w
        return self.tasks.at(w)

    def size(self, role: str) -> Numbers:
        """The numbers of samples of a set, by task (B, 1)."""
        return self.ar.exact([[count] for count in self.problem.samples(role)])

    def only(self, index: int) -> Run:
        """The same with one task."""
        return replace(self, problem=replace(self.problem, tasks=(self.problem.tasks[index],)))

    # -- H v ---------------------------------------------------------------------------------------------------------
    def curvature(self, start: TasksAt, v: Numbers, role: str | None = None) -> Numbers:
        """H_i v_i at `start` as this run takes it, exactly or by differences (..., B, n). role: another set for it."""
        role = self.hessian_role if role is None else role
        if isinstance(self.hessian, Difference):
            return hessian_difference(self.ar, start, v, self.step_along(v, self.hessian), role)
        return start.hessian_vector(v, role)

    def step_along(self, v: Numbers, step: Difference) -> Numbers:
        """delta, or delta / |v_i|: as (..., B, 1) or (1, 1)."""
        delta = self.number(step.delta)
        return delta / self.ar.norm(v)[..., None] if step.over_norm else delta

    # -- inner steps and back ----------------------------------------------------------------------------------------
    def directions(self, moved: Numbers | None = None) -> Numbers:
        """For each task the outer gradient at the adapted parameters, pulled back through the inner steps as this run
        takes the Hessian: (B, n). moved: 1 on the parameters that the inner steps move.
        """
        w, rate = self.w, self.alpha
        product = None if self.hessian == "none" else self.curvature
        return task_directions(self.tasks, w, rate, "inner", "outer", product, self.steps, moved)

    def adapt(
        self, w: Numbers | None = None, role: str = "inner", rate: Numbers | None = None, steps: int | None = None
    ) -> InnerSteps:
        """Inner steps: K of them at rate alpha on the inner set, from the initial parameters, if not said otherwise."""
        w = self.w if w is None else w
        rate = self.alpha if rate is None else rate
        return inner_steps(self.tasks, w, rate, role, self.steps if steps is None else steps)

    def pull_back(
        self,
        path: InnerSteps,
        g: Numbers,
        role: str | None = None,
        rate: Numbers | None = None,
        curvature: Product | None = None,
    ) -> Numbers:
        """An outer gradient through the inner steps (B, n): itself, where this run is of first order.

        role: the set the Hessians are of. curvature: another product of the tasks at a point and v in place of H v.
        """
        if self.hessian == "none":
            return g
        product = curvature or (lambda start, v: self.curvature(start, v, role))
        return pulled_back(path, g, self.alpha if rate is None else rate, product)

    def mean(self, g: Numbers) -> Numbers:
        """The mean over tasks: (B, n) to (n,)."""
        return self.ar.mean(g, -2)

    # -- parts of the parameters -------------------------------------------------------------------------------------
    @cached_property
    def head(self) -> Numbers:
        """1 on the parameters of the last layer, 0 on the others: (n,). A network of one layer is all head."""
        return self._mask(lambda name: name in self.problem.head)

    def tensor_masks(self) -> list[Numbers]:
        """For each parameter tensor, 1 on it and 0 elsewhere: (n,) each."""
        return [self._mask(lambda name, one=one: name == one) for one in self.layout.shapes]

    def _mask(self, chosen: Callable[..., bool]) -> Numbers:
        mask = np.zeros(self.layout.size)
        for name, part in self.layout.slices():
            mask[part] = chosen(name)
        return self.ar.exact(mask)


Direction = Callable[[Run], Numbers]


def added(parts: Iterable[Numbers]) -> Numbers:
    """The sum of arrays."""
    return reduce(add, parts)


@dataclass(frozen=True)
class Enclosure:
    """A certified direction: within `radius` of `midpoint` in each component, both float64 (n,)."""

    midpoint: np.ndarray
    radius: np.ndarray


def enclosed(problem: Problem, direction: Direction, hessian: Hessian = "exact", role: str = "inner") -> Enclosure:
    """The direction (n,), enclosed by Arb with 128 bits."""
    ar: Arithmetic = arb(ENCLOSURE_BITS)
    with ar.working():
        result = direction(Run(ar, problem, hessian, role))
        midpoint, lower, upper = ar.midpoint(result), ar.lower(result), ar.upper(result)
    # Twice, as the two subtractions round.
    return Enclosure(midpoint, 2 * np.maximum(upper - midpoint, midpoint - lower))


def screened(problem: Problem, direction: Direction, hessian: Hessian = "exact", role: str = "inner") -> np.ndarray:
    """The direction (n,) in doubles, for screening: proved of nothing."""
    with float64.working():
        return np.asarray(direction(Run(float64, problem, hessian, role)))


def tolerance(problem: Problem, direction: Direction, hessian: Hessian = "exact", role: str = "inner") -> float:
    """How far, in Euclidean norm and units of its unit roundoff u, a correct subject's direction can be off."""
    value = screened(problem, direction, hessian, role)
    return rounding_error(
        lambda ar: cast("PerturbedArray", direction(Run(ar, problem, hessian, role))), value, ROUNDING_RUNS
    )
