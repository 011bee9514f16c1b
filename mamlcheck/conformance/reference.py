"""The reference: a problem over an arithmetic, and the directions of the algorithms on it as certified enclosures.

`Run` offers what a direction is written with: inner steps, the pull-back of an outer gradient through them, gradients
and Hessian-vector products of every task at once. All of these are the equations of `mamlcheck.meta.algorithms` on the
problem's tasks. Algorithms and mutants are formulas over a `Run`, each in a file of its own, and run in every
arithmetic: `arb` certifies, `rounding` tells how far a correct implementation can be off.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from operator import add
from typing import Literal, cast

import numpy as np

from mamlcheck.arithmetic import float64
from mamlcheck.arithmetic.protocol import DirectionArithmetic, Numbers
from mamlcheck.arithmetic.rounding import PerturbedArray, bound_of, squared_error
from mamlcheck.conformance.enclosures import Enclosure
from mamlcheck.conformance.layout import Layout
from mamlcheck.conformance.problems.kind import DoesNotApply, Tasks, TasksAt
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.meta.algorithms import InnerSteps, Product, hessian_difference, inner_steps, pulled_back
from mamlcheck.meta.optimisers import OptimisedSteps, Optimiser, State, optimised_steps, pulled_through

# Over some 30 components in 8 runs, the root mean square of the rounding error is known to about a tenth.
ROUNDING_DRAWS = 240
LEAST_ROUNDING_RUNS, MOST_ROUNDING_RUNS = 2, 8


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
    own: the algorithm's own numbers by name, such as a momentum. inside: the optimiser of the inner steps; None where
    they are plain ones. times: what the rate of each inner step is multiplied by besides; empty where that is 1.
    """

    ar: DirectionArithmetic
    problem: Problem
    hessian: Hessian = "exact"
    hessian_role: str = "inner"
    own: Mapping[str, float] = field(default_factory=dict)
    inside: Optimiser | None = None
    times: tuple[float, ...] = ()

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
        """The inner rate; where the problem has `rates`, what these are multiplied by."""
        return self.number(self.problem.alpha)

    @cached_property
    def rates(self) -> tuple[Numbers, ...]:
        """What alpha is multiplied by in each inner step, for all parameters (1, 1), or by parameter (n,) or (1, n);
        empty where it is the rate itself.
        """
        further = self.times[-1:] * (self.steps - len(self.times))  # steps beyond them are as the last
        rates, times = self.problem.key.rates, [self.number(factor) for factor in (*self.times, *further)[: self.steps]]
        if rates is None:
            return tuple(times)
        own = [self.ar.exact(rates.of(k)) for k in range(self.steps)]
        return tuple(a * b for a, b in zip(own, times, strict=True)) if times else tuple(own)

    def along(self, v: Numbers, step: int) -> Numbers:
        """v (..., n) times what alpha is multiplied by in a step; in one more than there are, as in the last."""
        return self.rates[min(step, self.steps - 1)] * v if self.rates else v

    def _moved(self, first: int, count: int, mask: Numbers | None) -> tuple[Numbers, ...]:
        """What alpha is multiplied by in so many steps from the first on; mask: besides, in each of them."""
        if not self.rates:
            return () if mask is None else (mask,) * count
        own = [self.rates[min(first + k, self.steps - 1)] for k in range(count)]
        return tuple(own if mask is None else [mask * one for one in own])

    @cached_property
    def beta(self) -> Numbers:
        """The meta rate. Raises `DoesNotApply` where the problem has none."""
        if math.isnan(self.problem.beta):
            raise DoesNotApply("the problem has no meta rate")
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
        path = self.adapt(moved=moved)
        return self.pull_back(path, path.end.gradient("outer"))

    def adapt(
        self,
        w: Numbers | None = None,
        role: str = "inner",
        rate: Numbers | None = None,
        steps: int | None = None,
        moved: Numbers | None = None,
        first: int = 0,
    ) -> InnerSteps | OptimisedSteps:
        """Inner steps: K of them at rate alpha on the inner set, from the initial parameters, if not said otherwise.

        moved: 1 on the parameters that the inner steps move, where that is not all of them. first: which of the steps
        the first is, where these have rates of their own.
        """
        w = self.w if w is None else w
        rate = self.alpha if rate is None else rate
        count = self.steps if steps is None else steps
        rates = self._moved(first, count, moved)
        if self.inside is None:
            return inner_steps(self.tasks, w, rate, role, count, rates)
        if moved is not None:
            raise DoesNotApply("an optimiser inside moves all of the parameters: parts of them are not moved by one")
        return optimised_steps(self.ar, self.inside, self.tasks, w, rate, role, count, moved=rates)

    def path(self) -> InnerSteps:
        """K plain inner steps, for formulas that have no optimiser inside."""
        found = self.adapt()
        assert isinstance(found, InnerSteps)
        return found

    def adapt_on(self, carried: tuple[int, State]) -> OptimisedSteps:
        """Inner steps of an optimiser that has taken some before: how many, and the state that it is left in."""
        assert self.inside is not None
        rates = self._moved(0, self.steps, None)
        return optimised_steps(
            self.ar, self.inside, self.tasks, self.w, self.alpha, "inner", self.steps, carried, rates
        )

    def pull_back(
        self,
        path: InnerSteps | OptimisedSteps,
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
        rate = self.alpha if rate is None else rate
        if isinstance(path, OptimisedSteps):
            assert self.inside is not None
            return pulled_through(self.ar, self.inside, path, g, rate, product)
        return pulled_back(path, g, rate, product)

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


def enclosed(
    problem: Problem, direction: Direction, hessian: Hessian = "exact", role: str = "inner", name: str = ""
) -> Enclosure:
    """The direction (n,), as closely as problems of its kind have it. name: of the formula, if it has one."""
    rates = problem.key.rates
    beside = f"beta={problem.beta!r}, rates={'' if rates is None else rates.digest}"  # of which an id says little
    named = f"{name} at {problem.key.id}, {beside}" if name else ""
    return problem.kind.enclosed(lambda ar: direction(Run(ar, problem, hessian, role)), named)


def screened(problem: Problem, direction: Direction, hessian: Hessian = "exact", role: str = "inner") -> np.ndarray:
    """The direction (n,) in doubles, for screening: proved of nothing."""
    with float64.working():
        return np.asarray(direction(Run(float64, problem, hessian, role)))


def off_in_a_run(
    problem: Problem, direction: Direction, hessian: Hessian, role: str, value: np.ndarray, seed: int
) -> float:
    """The square of the norm of what a direction is off by in one run with rounding errors at random, from its value
    (n,) in doubles: what `arithmetic.rounding.bound_of` takes.
    """
    return squared_error(lambda ar: cast("PerturbedArray", direction(Run(ar, problem, hessian, role))), value, seed)


def rounding_runs(size: int) -> int:
    """How many runs tell the rounding error of a direction of so many components."""
    return min(MOST_ROUNDING_RUNS, max(LEAST_ROUNDING_RUNS, math.ceil(ROUNDING_DRAWS / size)))


def tolerance(problem: Problem, direction: Direction, hessian: Hessian = "exact", role: str = "inner") -> float:
    """How far, in Euclidean norm and units of its unit roundoff u, a correct subject's direction can be off."""
    value = screened(problem, direction, hessian, role)
    runs = range(rounding_runs(value.size))
    return bound_of([off_in_a_run(problem, direction, hessian, role, value, seed) for seed in runs])
