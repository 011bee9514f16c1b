"""Small random instances of which E F(w+) is computed exactly in fractions, for B = 20 tasks a step and in little time.

They are for the descent of one step with numbers: alpha up to the largest rate that it allows, its c, and the B' and
D_beta of Lemma 4.9. Tasks lie on a line. Splines have few different directions, 4 at most, since every mean of 20 of
them is a point where F is evaluated; quadratic tasks may have as many as they like.

Instance k is a function of (algorithm, seed, k), and of nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from mamlcheck.arithmetic import rational
from mamlcheck.arithmetic.exact import fraction, fractions_of
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.meta.outcome import task_direction
from mamlcheck.tasks.draws import Draws
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.spline import SplineTasks
from mamlcheck.tasks.family import Tasks

STEP_TASKS = 20  # B
MOST_DIRECTIONS = 4  # of tasks where F is not quadratic: C(23, 3) = 1771 means
MOST_STEPSIZE_TASKS = 3  # B': more of them make many step sizes
MOST_STEPSIZE_SAMPLES = 2  # D_beta
SHARES = (1, 1, Fraction(1, 2), Fraction(3, 4), Fraction(1, 8))  # of the largest rate
DIFFERENCE_FACTORS = (Fraction(1, 6), Fraction(1, 8), Fraction(1, 64))  # eta


@dataclass(frozen=True)
class Rule:
    """What the descent of an algorithm's step with numbers asks for: alpha L at most `rate`, and c = `factor`.

    needs_bend: whether rho has to be positive.
    """

    stream: int
    rate: Fraction
    factor: Fraction
    needs_bend: bool = False


STEPS = {
    "maml": Rule(1, Fraction(1, 6), Fraction(1, 12)),
    "fo_maml": Rule(2, Fraction(1, 10), Fraction(1, 18)),
    "hf_maml": Rule(3, Fraction(1, 6), Fraction(1, 25), needs_bend=True),
}


def few_step_tasks(algorithm: str, seed: int, count: int) -> Iterator[Instances]:
    """The first `count` instances for an algorithm: 'maml', 'fo_maml' or 'hf_maml'. Each is a block of one."""
    return (few_step_instance(algorithm, seed, k) for k in range(count))


def few_step_instance(algorithm: str, seed: int, index: int) -> Instances:
    """Instance `index`, see `few_step_tasks`: drawn until few directions are left, a small B' and D_beta are
    enough for Lemma 4.9, and D_h = 1 is for the descent.
    """
    step = STEPS[algorithm]
    draws = Draws(STREAM + step.stream, seed, index)
    while True:
        found = _with_enough_draws(_drawn(draws, step))
        if found is not None and _few_directions(found, algorithm):
            return found


STREAM = 0xFE3  # of random numbers, together with that of the algorithm


def _drawn(draws: Draws, step: Rule) -> Instances:
    """An instance whose sizes are 1, but for B."""
    tasks: Tasks = draws.pick((_quadratics, _plain_splines, _plain_splines, _noisy_spline, _noisy_end))(draws)
    smoothness = fraction(np.asarray(tasks.smoothness).item())
    # With rho = 0 HF-MAML's delta is infinite. Any larger one is right as well, and makes beta~ random.
    declared = Fraction(draws.integer(1, 8), 4) if _constant_hessians(tasks) and step.needs_bend else None
    rate = draws.pick(SHARES) * step.rate / smoothness
    w = Fraction(draws.integer(-8, 8), 4) if draws.chance(0.5) else Fraction(0)
    point, one = _exact([[w]]), np.ones(1)
    rest: dict[str, Any] = {} if declared is None else {"hessian_lipschitz": _exact([declared])}
    return Instances(
        tasks=tasks, alpha=_exact([rate]), w=point, u=point, v=np.ones((1, 1)), delta=one, phi=one,
        sizes=BatchSizes(step_tasks=STEP_TASKS), step_factor=_exact([step.factor]),
        difference_factor=_exact([draws.pick(DIFFERENCE_FACTORS)]), **rest,
    )  # fmt: skip


def _with_enough_draws(given: Instances) -> Instances | None:
    """The instance with the least B' and D_beta for Lemma 4.9; None where these are many, or D_h = 1 is too few."""
    x = given.on(rational)
    smoothness, rho, alpha = (fraction(part[0]) for part in (x.smoothness, x.hessian_lipschitz, x.alpha))
    bend = (rho * alpha / smoothness) ** 2
    tasks = max(1, math.ceil(bend * fraction(x.task_variance[0]) / 2))
    samples = max(1, math.ceil(4 * bend * fraction(x.mean_gradient_variance[0])))
    hessians = max(fractions_of(np.asarray(x.hessian_variances)))
    if tasks > MOST_STEPSIZE_TASKS or samples > MOST_STEPSIZE_SAMPLES or 2 * alpha**2 * hessians > 1:
        return None
    parts = {variable.name: getattr(given, variable.name) for variable in given.FIELDS if variable.is_array}
    sizes = BatchSizes(step_tasks=STEP_TASKS, stepsize_tasks=tasks, stepsize=samples)
    return Instances(tasks=given.tasks, sizes=sizes, **parts)


def _few_directions(given: Instances, algorithm: str) -> bool:
    """Whether E F(w+) is computed in little time: F is quadratic, or a step has few different directions."""
    return _constant_hessians(given.tasks) or task_direction(given.on(rational), algorithm).size <= MOST_DIRECTIONS


def _constant_hessians(tasks: Tasks) -> bool:
    return bool((np.asarray(tasks.hessian_lipschitz) == 0).all())


# -- tasks -----------------------------------------------------------------------------------------------------------
def _quadratics(draws: Draws) -> QuadraticTasks:
    """One or two tasks of one or two samples; every f_i has a curvature, since the first sample has more than half."""
    n, m = draws.integer(1, 2), draws.integer(1, 2)
    matrices = np.array([[draws.integer(1, 8) / 8 if j else draws.integer(9, 16) / 8 for j in range(m)]] * n)
    signs = draws.grid(0, 2, n, m) >= 1
    centres = np.array([draws.integer(-16, 16) / 2 for _ in range(n * m)]).reshape(n, m)
    matrices = np.where(signs, matrices, -matrices)
    return QuadraticTasks(matrices[None, ..., None, None], centres[None, ..., None], _probabilities(draws, n))


def _plain_splines(draws: Draws) -> SplineTasks:
    """Two tasks of one sample each: two directions. Every other time their slopes at 0 have mean 0: mostly noise."""
    probabilities = _probabilities(draws, 2)
    knots, values = _spline(draws, 2, draws.integer(2, 4))
    slopes = [Fraction(draws.integer(-32, 32), 4) for _ in range(2)]
    if draws.chance(0.5):
        slopes[1] = -slopes[0] * probabilities[0, 0] / probabilities[0, 1]
    return _on_a_line(knots[:, None], values[:, None], _exact([[slope] for slope in slopes]), probabilities)


def _noisy_spline(draws: Draws) -> SplineTasks:
    """One task of two samples that differ in their slopes alone: an inner and an outer noise, four directions."""
    knots, values = _spline(draws, 1, draws.integer(2, 3))
    slope, noise = draws.integer(-16, 16) / 4 * draws.chance(0.75), draws.integer(1, 16) / 4
    both = np.array([[slope - noise, slope + noise]])
    knots, values = (np.repeat(x[:, None], 2, 1) for x in (knots, values))
    return _on_a_line(knots, values, both, _probabilities(draws, 1))


def _noisy_end(draws: Draws) -> SplineTasks:
    """Two tasks of two samples, equal in the first task; in the second, samples are alike on one side of 0 alone.

    Where w and the inner steps lie there, the noise is that of other places, or none.
    """
    knots, values = _spline(draws, 2, 2)
    values = np.repeat(values[:, None], 2, 1)
    knots = np.stack([np.zeros((2, 2)), np.repeat(np.abs(knots[:, :1]) + 0.5, 2, 1)], axis=-1)
    values[1, 1, 1] = draws.integer(-8, 8) / 8
    slopes = np.repeat([[draws.integer(-16, 16) / 4], [draws.integer(-16, 16) / 4]], 2, 1)
    return _on_a_line(knots, values, slopes, _probabilities(draws, 2))


def _spline(draws: Draws, n: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Knots and second derivatives (n, count) of short numbers; one of these is 1, so that L > 0."""
    gaps = np.array([draws.integer(1, 6) / 2 for _ in range(n * count)]).reshape(n, count)
    values = np.array([draws.integer(-8, 8) / 8 for _ in range(n * count)]).reshape(n, count)
    values[0, 0] = 1.0
    return np.cumsum(gaps, axis=-1) - draws.integer(1, 3) * count / 2, values


def _on_a_line(knots: np.ndarray, values: np.ndarray, slopes: np.ndarray, probabilities: np.ndarray) -> SplineTasks:
    return SplineTasks.on_a_line(knots[None], values[None], slopes[None], probabilities)


def _probabilities(draws: Draws, n: int) -> np.ndarray:
    """(1, n): all of one task, or those of two that are equally likely or not."""
    first = draws.pick((Fraction(1, 2), Fraction(1, 2), Fraction(1, 4), Fraction(1, 8), Fraction(1, 3)))
    return _exact([[first, 1 - first] if n == 2 else [1]])


def _exact(values: list[Any]) -> np.ndarray:
    array = np.array(values, dtype=object)
    out = np.empty(array.shape, dtype=object)
    out.reshape(-1)[:] = [Fraction(value) for value in array.reshape(-1).tolist()]
    return out


__all__ = ["STEPS", "Rule", "few_step_instance", "few_step_tasks"]
