"""F and |grad F|, and the step size's L~, at points of runs, over an arithmetic."""

from __future__ import annotations

from mamlcheck.arithmetic import Arithmetic, Numbers
from mamlcheck.meta.objective import InnerStep, per_task, stochastic_smoothness
from mamlcheck.runs.algorithms import Rates
from mamlcheck.tasks.family import TasksOn


def objective_at(ar: Arithmetic, tasks: TasksOn, alpha: Numbers, w: Numbers) -> tuple[Numbers, Numbers]:
    """F and |grad F| (P,) of all tasks and all data, at points w (P, d)."""
    step = InnerStep(ar, tasks, alpha, w)
    return step.value, ar.norm(step.meta_gradient)


def drawn_smoothness(ar: Arithmetic, smoothness: Numbers, rates: Rates, stepsize: TasksOn, w: Numbers) -> Numbers:
    """L~(w) (S, P) of Lemma 4.9 at points w (S, P, d), from the B' tasks that each row draws with batches D_beta."""
    norms = ar.norm(stepsize.at(per_task(w)).gradient())
    return stochastic_smoothness(smoothness, rates.hessian_lipschitz, rates.alpha, ar.mean(norms, -2))


__all__ = ["drawn_smoothness", "objective_at"]
