"""What the examples are made of: exact numbers in and out of `rational`, small tasks, blocks of one instance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from mamlcheck.arithmetic import Numbers, rational
from mamlcheck.arithmetic.arrays import Objects
from mamlcheck.arithmetic.exact import fraction
from mamlcheck.errors import InputError
from mamlcheck.meta.algorithms import TaskBatches
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.spline import SplineTasks
from mamlcheck.tasks.family import Tasks

Exact: TypeAlias = int | Fraction
ONE_OF_EACH = BatchSizes()


def numbers(values: object) -> Objects:
    """An object array of Fractions."""
    array = np.array(values, dtype=object)
    out = np.empty(array.shape, dtype=object)
    out.reshape(-1)[:] = [fraction(v) for v in array.ravel().tolist()]
    return out


def only(x: Numbers) -> Fraction:
    """The one number of an array of `rational`."""
    (value,) = np.asarray(x, dtype=object).ravel().tolist()
    return fraction(value)


def scalar_quadratics(
    curvatures: Sequence[Sequence[Exact]], centres: Sequence[Sequence[Exact]], chances: Sequence[Fraction] | None = None
) -> QuadraticTasks:
    """Tasks in one dimension, losses c_ij (w - z_ij)^2 / 2: c and z (n, m), equally likely unless their probabilities
    are given. No leading axes.
    """
    n = len(curvatures)
    chances = [Fraction(1, n)] * n if chances is None else chances
    return QuadraticTasks(numbers(curvatures)[..., None, None], numbers(centres)[..., None], numbers(chances))


def splines(
    knots: Sequence[Sequence[Sequence[Exact]]],
    values: Sequence[Sequence[Sequence[Exact]]],
    slopes: Sequence[Sequence[Exact]],
) -> SplineTasks:
    """Equally likely tasks in one dimension, by the second derivatives of their samples: `values` at `knots` (n, m, K),
    linear between, constant outside; slopes at 0 (n, m). No leading axes.
    """
    n = len(slopes)
    return SplineTasks.on_a_line(numbers(knots), numbers(values), numbers(slopes), numbers([Fraction(1, n)] * n))


def steepest(knots: Sequence[Exact], values: Sequence[Exact]) -> Fraction:
    """The least Lipschitz constant of a function that takes these values at these knots and is linear between them."""
    pairs = zip(pairwise(knots), pairwise(values), strict=True)
    return max(abs(Fraction(high - low)) / (right - left) for (left, right), (low, high) in pairs)


def block(
    tasks: Tasks,
    alpha: Exact,
    w: Sequence[Exact],
    hessian_lipschitz: Exact | None = None,
    sizes: BatchSizes = ONE_OF_EACH,
) -> Instances:
    """A block of one instance, of tasks without leading axes; hessian_lipschitz: rho, by default that of the tasks."""
    point, one = numbers(w), numbers(1)
    rho = None if hessian_lipschitz is None else numbers(hessian_lipschitz)
    return Instances(tasks, numbers(alpha), point, point + 1, point, one, one, sizes=sizes, hessian_lipschitz=rho)[None]


def single(j: int, m: int) -> list[int]:
    """The batch that holds sample j alone, as weights over m samples."""
    return [int(k == j) for k in range(m)]


def batches_of(tasks: list[int], *roles: Sequence[Sequence[Exact]]) -> TaskBatches:
    """What one step draws, in `rational`: inner, outer and, if given, Hessian weights (B, m)."""
    return TaskBatches(tasks, *(rational.exact(numbers(role)) for role in roles))


def full(count: int, m: int) -> list[list[Fraction]]:
    """The full data as the batch of `count` tasks."""
    return [[Fraction(1, m)] * m] * count


def refusal(attempt: Callable[[], object]) -> str:
    """What comes of `attempt`: 'refused' and why, by the `InputError` that it raises, or 'accepted'."""
    try:
        attempt()
    except InputError as error:
        return f"refused: {error}"
    return "accepted"


def outcome(refusal: str) -> str:
    """Its first word."""
    return refusal.partition(":")[0]


def decided(answer: object) -> str:
    """'yes' or 'no'."""
    return "yes" if answer else "no"
