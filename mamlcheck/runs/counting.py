"""What a step costs, counted: each sample's gradient, and each product of a sample's Hessian with a vector, that is
asked for while a step is made.

`Counted` stands before the tasks that a step draws from, and passes on what they answer. So it is `mamlcheck run`'s own
steps that are counted, and not a copy of them. A batch of D samples that is asked for its gradient at P points of B
tasks evaluates B P D sample gradients; a difference of gradients is two of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

from mamlcheck.arithmetic import Numbers
from mamlcheck.runs.algorithms import Algorithm
from mamlcheck.runs.draws import Sizes
from mamlcheck.runs.plan import Plan
from mamlcheck.runs.running import Runner
from mamlcheck.tasks.family import TasksOn
from mamlcheck.tasks.gathering import Gathering


@dataclass(frozen=True)
class Cost:
    """Gradients of single samples, and products of single samples' Hessians with a vector."""

    gradients: int
    products: int


@dataclass
class Tally:
    """What was evaluated so far."""

    gradients: int = 0
    products: int = 0


@dataclass(frozen=True)
class Counted:
    """Tasks that note in a tally what is asked of them, and of batches drawn from them."""

    tasks: TasksOn
    tally: Tally

    def drawn(self, rows: Gathering) -> Counted:
        """As `TasksOn`."""
        return Counted(self.tasks.drawn(rows), self.tally)

    def at(self, w: Numbers) -> CountedAt:
        """As `TasksOn`."""
        return CountedAt(self.tasks.at(w), self.tally)


@dataclass(frozen=True)
class CountedAt:
    """The same at points w: all of the samples of a batch are evaluated, at each point of each task."""

    points: Any
    tally: Tally

    def gradient(self) -> Numbers:
        """As `TasksAt`."""
        found: Numbers = self.points.gradient()
        self.tally.gradients += self._samples(found)
        return found

    def hessian_vector(self, v: Numbers) -> Numbers:
        """As `TasksAt`."""
        found: Numbers = self.points.hessian_vector(v)
        self.tally.products += self._samples(found)
        return found

    def gradient_across(self, move: Numbers) -> Numbers:
        """As `TasksAt`: gradients at two points."""
        found: Numbers = self.points.gradient_across(move)
        self.tally.gradients += 2 * self._samples(found)
        return found

    def _samples(self, found: Numbers) -> int:
        """How many samples stand behind vectors (..., n, P, d)."""
        count = int(self.points.m)
        for length in found.shape[:-1]:
            count *= int(length)
        return count


def counted_step(plan: Plan, algorithm: Algorithm) -> Cost:
    """What the first step of a run of this algorithm evaluates, its step size included."""
    settings = replace(plan.settings, algorithms=(algorithm.name,), steps=1, seeds=1)
    tally = Tally()
    runner = Runner(replace(plan, settings=settings), through=lambda tasks: cast(TasksOn, Counted(tasks, tally)))
    runner.run()
    return Cost(tally.gradients, tally.products)


def cost_by_formula(algorithm: Algorithm, sizes: Sizes, bent: bool) -> Cost:
    """The same by the formula of Table 1.

    bent: whether rho > 0. Where rho = 0, L~ is 4L, and nothing is drawn for the step size.
    """
    gradients = sizes.tasks * (sizes.inner + sizes.outer)
    if bent:
        gradients += sizes.stepsize_tasks * sizes.stepsize
    if algorithm.product is None:
        return Cost(gradients, 0)
    hessian = sizes.tasks * sizes.hessian
    return Cost(gradients + 2 * hessian, 0) if algorithm.rests_on_eta else Cost(gradients, hessian)


__all__ = ["Cost", "Counted", "Tally", "cost_by_formula", "counted_step"]
