"""F and |grad F|, and the step size's L~, at points of runs, over an arithmetic."""

from __future__ import annotations

from mamlcheck.arithmetic import Arithmetic, Numbers
from mamlcheck.meta.objective import InnerStep, per_task, stochastic_smoothness
from mamlcheck.runs.algorithms import Rates
from mamlcheck.tasks.family import Tasks, TasksOn

MOST_NUMBERS = 2**22  # that the data of all tasks make at the points that are looked at together


def points_at_once(tasks: Tasks) -> int:
    """At how many points F is computed together: memory is the limit where there are many data."""
    return max(1, MOST_NUMBERS // tasks.largest_array)


def objective_at(ar: Arithmetic, tasks: TasksOn, alpha: Numbers, w: Numbers, at_once: int) -> tuple[Numbers, Numbers]:
    """F and |grad F| (P,) of all tasks and all data, at points w (P, d), so many of them at once."""
    steps = [InnerStep(ar, tasks, alpha, w[k : k + at_once]) for k in range(0, w.shape[0], at_once)]
    values, norms = zip(*((step.value, ar.norm(step.meta_gradient)) for step in steps), strict=True)
    return ar.concatenate(values, 0), ar.concatenate(norms, 0)


def drawn_smoothness(ar: Arithmetic, smoothness: Numbers, rates: Rates, stepsize: TasksOn, w: Numbers) -> Numbers:
    """L~(w) (S, P) of Lemma 4.9 at points w (S, P, d), from the B' tasks that each row draws with batches D_beta."""
    norms = ar.norm(stepsize.at(per_task(w)).gradient())
    return stochastic_smoothness(smoothness, rates.hessian_lipschitz, rates.alpha, ar.mean(norms, -2))


__all__ = ["drawn_smoothness", "objective_at", "points_at_once"]
