"""What runs gave: means over seeds along the way, and where each run ends, certified."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from mamlcheck.arithmetic import ball
from mamlcheck.check.description import describe
from mamlcheck.formats.runs import AlgorithmRuns, Course, OverSeeds, RunResults, SeedRun
from mamlcheck.formats.shared import Enclosure
from mamlcheck.runs.algorithms import Algorithm
from mamlcheck.runs.evaluation import objective_at, points_at_once
from mamlcheck.runs.guarantee import guarantee
from mamlcheck.runs.plan import Plan, enclosed
from mamlcheck.runs.running import Runner, State, evaluated_steps

UNKNOWN = Enclosure(None, None)


def results_of(runner: Runner) -> RunResults:
    """The results of runs as they stand."""
    plan, state = runner.plan, runner.state
    ends = runner.evaluated(state.w)
    starts = runner.evaluated(np.broadcast_to(np.asarray(runner.start), (1, 1, plan.instance.tasks.d)))
    start = tuple(finite(float(x[0, 0])) for x in starts)
    return RunResults(
        partial=state.done < plan.settings.steps,
        done=state.done,
        tasks=describe(plan.instance).partition(";")[0],
        settings=plan.settings,
        constants=plan.constants,
        notes=plan.notes,
        algorithms={
            each.name: _of_algorithm(plan, each, _part(state, k), start, (ends[0][k], ends[1][k]))
            for k, each in enumerate(plan.algorithms)
        },
    )


def _part(state: State, k: int) -> State:
    """Where one of the algorithms stands, without the axis of algorithms."""
    return State(state.done, state.w[k], state.objective[k], state.gradient_norm[k])


def _of_algorithm(plan: Plan, algorithm: Algorithm, state: State, start: Any, ends: Any) -> AlgorithmRuns:
    steps = tuple(evaluated_steps(plan, state.done))
    with np.errstate(all="ignore"):
        means = state.gradient_norm.mean(axis=-1) if steps else np.full(len(state.w), np.nan)
    return AlgorithmRuns(
        title=algorithm.title,
        theorem=algorithm.theorem,
        factor=str(plan.factor(algorithm)),
        eta=str(Fraction(plan.eta)) if algorithm.rests_on_eta else None,
        start_objective=start[0],
        start_gradient_norm=start[1],
        evaluated=steps,
        objective=_course(state.objective),
        gradient_norm=_course(state.gradient_norm),
        end_objective=over_seeds(ends[0]),
        end_gradient_norm=over_seeds(ends[1]),
        mean_gradient_norm=over_seeds(means),
        guarantee=guarantee(plan, algorithm, state.done),
        runs=tuple(
            SeedRun(seed, _point(w), *certified, finite(float(mean)))
            for seed, w, certified, mean in zip(plan.seeds, state.w, _certified(plan, state.w), means, strict=True)
        ),
    )


def _course(values: np.ndarray) -> Course:
    """Values (S, K) over the seeds."""
    columns = [over_seeds(column) for column in values.T]
    return Course(tuple(one.mean for one in columns), tuple(one.spread for one in columns))


def over_seeds(values: np.ndarray) -> OverSeeds:
    """Mean and standard deviation of values (S,)."""
    with np.errstate(all="ignore"):
        spread = float(np.std(values, ddof=1)) if len(values) > 1 else math.nan
        return OverSeeds(finite(float(np.mean(values))), finite(spread))


def finite(value: float) -> float | None:
    """A number as results have it."""
    return value if math.isfinite(value) else None


def _point(w: np.ndarray) -> tuple[float, ...] | None:
    return tuple(w.tolist()) if np.isfinite(w).all() else None


def _certified(plan: Plan, w: np.ndarray) -> list[tuple[Enclosure, Enclosure]]:
    """F and |grad F| at each of the points (S, d), enclosed; points are taken as the doubles that they are."""
    known = np.isfinite(w).all(axis=-1)
    with ball.working():
        at = ball.exact(np.where(known[:, None], w, 0.0))
        tasks = plan.instance.tasks
        value, norm = objective_at(ball, tasks.on(ball), ball.exact(plan.alpha), at, points_at_once(tasks))
        return [(enclosed(value[k]), enclosed(norm[k])) if known[k] else (UNKNOWN, UNKNOWN) for k in range(len(known))]


__all__ = ["over_seeds", "results_of"]
