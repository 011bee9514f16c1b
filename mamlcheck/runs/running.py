"""The runs themselves, in float64 and all seeds at once: w_{k+1} = w_k - beta_k Gbar_k with beta_k = c beta~(w_k).

beta~ = 1 / L~(w_k) comes from tasks and batches of its own, independent of those of the direction (Lemma 4.9 and
equations (5), (8), (10)-(11)). Along the way F and |grad F| are computed of all tasks and all data: floats, but no
estimates.

A seed alone gives the same path as among others, to the bit where NumPy gives a number the same result wherever it
stands in an array, which it does on the machines that we have tried, and else to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from mamlcheck.arithmetic import float64
from mamlcheck.meta.objective import stochastic_smoothness
from mamlcheck.runs.algorithms import Batches, Rates
from mamlcheck.runs.draws import Lots
from mamlcheck.runs.evaluation import drawn_smoothness, objective_at, points_at_once
from mamlcheck.runs.plan import Plan
from mamlcheck.tasks.family import TasksOn

Progress = Callable[[int], None]
Through = Callable[[TasksOn], TasksOn]
NOTHING = float64.exact(0)


@dataclass(frozen=True)
class State:
    """Where A algorithms stand with S seeds each: after `done` steps at points w (A, S, d).

    objective, gradient_norm: F and |grad F| (A, S, K) at the K steps that were evaluated. A state is never changed: it
    is replaced by the next one at once, so that whenever a run is stopped it holds a whole number of steps.
    """

    done: int
    w: np.ndarray
    objective: np.ndarray
    gradient_norm: np.ndarray


class Runner:
    """Makes the runs of a plan. `state` is where they stand: `run` goes on from there, and can be stopped anywhere."""

    def __init__(self, plan: Plan, state: State | None = None, through: Through = lambda tasks: tasks):
        """through: what steps look at the tasks through, such as what counts; F and its gradient are not seen so."""
        self.plan = plan
        self._through = through
        self._rows: list[tuple[np.ndarray, np.ndarray]] = []  # evaluated since `_base`, which holds all earlier ones
        self._base = _start(plan) if state is None else state
        self._now = self._base.done, self._base.w, 0

    @property
    def state(self) -> State:
        """Where the runs stand."""
        done, w, count = self._now
        rows = self._rows[:count]
        if not rows:
            return replace(self._base, done=done, w=w)
        objective, norms = (np.stack(column, axis=-1) for column in zip(*rows, strict=True))
        return State(
            done, w, np.concatenate([self._base.objective, objective], -1),
            np.concatenate([self._base.gradient_norm, norms], -1),
        )  # fmt: skip

    @property
    def start(self) -> np.ndarray:
        """Where all runs start (d,)."""
        return float64.exact(self.plan.instance.w)

    def run(self, progress: Progress = lambda done: None, after: Callable[[], None] = lambda: None) -> None:
        """Make all steps that are wanted. after: called after each of them."""
        with float64.working():
            while self._now[0] < self.plan.settings.steps:
                self._step()
                progress(1)
                after()

    def _step(self) -> None:
        k, w, count = self._now
        if k % self.plan.settings.every == 0:
            self._rows[count:] = [self.evaluated(w)]
            count += 1
        self._now = k + 1, self._next(k, w), count

    # -- one step --------------------------------------------------------------------------------------------------
    def _next(self, k: int, w: np.ndarray) -> np.ndarray:
        """The points (A, S, d) after step k."""
        drawn = self._lots.at(k)
        tasks = self._drawn_from
        hessian = tasks.drawn(drawn.hessian) if self._curved else None
        batches = Batches(tasks.drawn(drawn.inner), tasks.drawn(drawn.outer), hessian)
        stepsize = tasks.drawn(drawn.stepsize) if self._rates.bent else None
        moved = []
        for algorithm, factor, start in zip(self.plan.algorithms, self._factors, w, strict=True):
            points = start[:, None, :]
            direction = np.asarray(algorithm.direction(float64, self._rates, points, batches))
            moved.append(start - (factor / self._drawn_smoothness(stepsize, points)) * direction[:, 0])
        return np.stack(moved)

    def _drawn_smoothness(self, stepsize: TasksOn | None, points: Any) -> np.ndarray:
        """L~ (S, 1) at points (S, 1, d); for rho = 0, where nothing is drawn for it, it is 4L."""
        if stepsize is None:
            rates = self._rates
            return np.asarray(stochastic_smoothness(self._smoothness, rates.hessian_lipschitz, rates.alpha, NOTHING))
        return np.asarray(drawn_smoothness(float64, self._smoothness, self._rates, stepsize, points))

    # -- F and its gradient, of all data -----------------------------------------------------------------------------
    def evaluated(self, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """F and |grad F| (A, S) at points (A, S, d)."""
        points: Any = w.reshape(-1, w.shape[-1])
        with float64.working():
            objective, norms = objective_at(float64, self._tasks, self._rates.alpha, points, self._at_once)
        return np.asarray(objective).reshape(w.shape[:-1]), np.asarray(norms).reshape(w.shape[:-1])

    # -- the plan in float64 -----------------------------------------------------------------------------------------
    @cached_property
    def _tasks(self) -> TasksOn:
        return self.plan.instance.tasks.on(float64)

    @cached_property
    def _drawn_from(self) -> TasksOn:
        return self._through(self._tasks)

    @cached_property
    def _at_once(self) -> int:
        return points_at_once(self.plan.instance.tasks)

    @cached_property
    def _smoothness(self) -> np.ndarray:
        return float64.exact(self.plan.instance.smoothness_constant)

    @cached_property
    def _rates(self) -> Rates:
        bend = float64.exact(self.plan.instance.hessian_lipschitz_constant)
        return Rates(float64.exact(self.plan.alpha), bend, float64.exact(self.plan.eta), bool(bend > 0))

    @cached_property
    def _factors(self) -> tuple[float, ...]:
        return tuple(float(self.plan.factor(each)) for each in self.plan.algorithms)

    @cached_property
    def _curved(self) -> bool:
        """Whether an algorithm has Hessian batches."""
        return any(each.product is not None for each in self.plan.algorithms)

    @cached_property
    def _lots(self) -> Lots:
        return Lots(self.plan.instance.tasks, self.plan.sizes, self.plan.seeds)


def _start(plan: Plan) -> State:
    """All runs at the start."""
    lead = (len(plan.algorithms), plan.settings.seeds)
    w = np.broadcast_to(float64.exact(plan.instance.w), (*lead, plan.instance.tasks.d))
    return State(0, w, np.zeros((*lead, 0)), np.zeros((*lead, 0)))


def evaluated_steps(plan: Plan, done: int) -> range:
    """The steps, of so many that are done, at which F and |grad F| were evaluated."""
    return range(0, done, plan.settings.every)


__all__ = ["Progress", "Runner", "State", "evaluated_steps"]
