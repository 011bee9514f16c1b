r"""Figure 1: where problems (1) and (2) put the point to start from, for an easy, a hard and a middle task; exactly.

Three equally likely quadratics f_i = (lambda_i / 2) |w - c_i|^2 in the plane. A gradient step keeps the share
(1 - alpha lambda_i)^2 of f_i: with alpha = 4/5 an easy task is as good as learned in one, a hard one is not. After K
steps the mean loss is E_i (lambda_i / 2) (1 - alpha lambda_i)^(2K) |w - c_i|^2, so each problem has one minimiser, a
mean of the centres: problem (1) is K = 0, problem (2) is K = 1. All of it is computed by the formulas that claims and
algorithms are made of, in fractions.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from mamlcheck.arithmetic import Arithmetic, Numbers, rational
from mamlcheck.arithmetic.exact import exact_array, fraction
from mamlcheck.errors import InputError
from mamlcheck.findings import Example, Quantity, Relation
from mamlcheck.meta.algorithms import inner_steps, task_directions
from mamlcheck.meta.objective import InnerStep, per_point, per_task
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.family import TasksOn

Point: TypeAlias = tuple[Fraction, Fraction]

EXACT: Arithmetic = rational
ALPHA = Fraction(4, 5)
NAMES = ("easy", "hard", "middle")
CURVATURES = (Fraction(1), Fraction(1, 4), Fraction(1, 2))
CENTRES = ((0, 0), (12, 0), (0, 10))
MOST_STEPS = 2  # inner steps that the figure is about


@dataclass(frozen=True)
class Start:
    """A point to start from, and the losses of the tasks after 0, 1, ..., MOST_STEPS gradient steps from it.

    `steps`: it minimises the mean loss after as many, 0 in problem (1) and 1 in problem (2). `losses`: one row for each
    number of steps, one number for each task.
    """

    steps: int
    point: Point
    losses: tuple[tuple[Fraction, ...], ...]

    @property
    def mean_losses(self) -> tuple[Fraction, ...]:
        """The mean over the tasks, for each number of steps."""
        return tuple(sum(row, Fraction(0)) / len(row) for row in self.losses)


def tasks() -> QuadraticTasks:
    """The three tasks, one sample each, equally likely."""
    matrices = [[curvature * np.eye(2, dtype=int)] for curvature in CURVATURES]
    chances = exact_array([Fraction(1, len(CURVATURES))] * len(CURVATURES))
    return QuadraticTasks(exact_array(matrices), exact_array([[centre] for centre in CENTRES]), chances)


def starts() -> tuple[Start, ...]:
    """The minimisers of the mean loss after 0, 1, ..., MOST_STEPS inner steps."""
    points = [minimiser(steps) for steps in range(MOST_STEPS + 1)]
    rows = [tuple(losses(point, steps) for steps in range(MOST_STEPS + 1)) for point in points]
    return tuple(Start(steps, point, row) for steps, (point, row) in enumerate(zip(points, rows, strict=True)))


def minimiser(steps: int) -> Point:
    """Where the mean loss after `steps` inner steps is least.

    Hessians are multiples of the identity, so that each coordinate of the gradient is a line in that coordinate, with a
    positive slope; a line is known by its values at 0 and at 1.
    """
    at_zero, at_one = mean_gradient((0, 0), steps), mean_gradient((1, 1), steps)
    first, second = (zero / (zero - one) for zero, one in zip(at_zero, at_one, strict=True))
    return first, second


def losses(w: Point | tuple[int, int], steps: int) -> tuple[Fraction, ...]:
    """f_i after `steps` gradient steps of each task from w."""
    on, point, alpha = _at(w)
    values = inner_steps(on, point, alpha, None, _checked(steps)).end.value()
    return tuple(fraction(value) for value in np.asarray(values).ravel().tolist())


def mean_gradient(w: Point | tuple[int, int], steps: int) -> tuple[Fraction, ...]:
    """The gradient at w of the mean loss after `steps` gradient steps of each task from w."""
    on, point, alpha = _at(w)
    rows = task_directions(on, point, alpha, None, None, lambda start, v: start.hessian_vector(v), _checked(steps))
    over_tasks = np.asarray(EXACT.weighted_sum(on.probabilities[:, None, None], rows, -3))
    return tuple(fraction(value) for value in over_tasks.ravel().tolist())


def _at(w: Point | tuple[int, int]) -> tuple[TasksOn, Numbers, Numbers]:
    """The tasks, the point for each of them (1, 1, 2) and the rate against it, in fractions."""
    return tasks().on(EXACT), per_task(_point(w)), per_point(EXACT.exact(exact_array(ALPHA)))


def _point(w: Point | tuple[int, int]) -> Numbers:
    return EXACT.exact(exact_array([w]))


def _checked(steps: int) -> int:
    if type(steps) is not int or steps < 0:
        raise InputError(f"steps = {steps!r}: give the number of inner steps, an integer >= 0")
    return steps


def _distance(a: Point, b: tuple[int, int]) -> Fraction:
    """|a - b|^2."""
    return sum(((x - y) ** 2 for x, y in zip(a, b, strict=True)), Fraction(0))


def example() -> Example:
    """The minimisers of problem (1), of problem (2) and of problem (2) with two steps, and how they do."""
    plain, meta, twice = starts()
    step = InnerStep(EXACT, tasks().on(EXACT), EXACT.exact(exact_array(ALPHA)), _point(meta.point))
    value, gradient = (fraction(x) for x in (step.value[0], EXACT.squared_norm(step.meta_gradient)[0]))
    return Example(
        setting=(
            r"Three equally likely tasks $f_i = (\lambda_i / 2) \|w - c_i\|^2$ in the plane, easy, hard and middle: "
            r"$\lambda = 1, 1/4, 1/2$ and $c = (0, 0), (12, 0), (0, 10)$, $\alpha = 4/5$."
        ),
        quantities=_quantities((plain, meta, twice)),
        relations=(
            Relation(r"after one step from the solution of (2) the mean loss is $F$", meta.mean_losses[1], "=", value),
            Relation(r"and $\|\nabla F\|^2 = 0$ there", gradient, "=", 0),
            *_shares(),
            *_comparisons(plain, meta),
            Relation("for two steps the best start is another one", twice.mean_losses[2], "<", meta.mean_losses[2]),
            Relation("which is worse after one", twice.mean_losses[1], ">", meta.mean_losses[1]),
            Relation(
                "and nearer still to the hard task",
                _distance(twice.point, CENTRES[1]),
                "<",
                _distance(meta.point, CENTRES[1]),
            ),
        ),
    )


def _quantities(found: tuple[Start, ...]) -> tuple[Quantity, ...]:
    cases = ("problem (1)", "problem (2)", "problem (2) with two inner steps")
    quantities = []
    for case, start in zip(cases, found, strict=True):
        quantities += [Quantity(f"coordinate {k}", x, case) for k, x in enumerate(start.point, start=1)]
        for steps, (row, mean) in enumerate(zip(start.losses, start.mean_losses, strict=True)):
            after = f"after {steps} step{'s' * (steps != 1)}"
            quantities += [Quantity(f"{name} task, {after}", loss, case) for name, loss in zip(NAMES, row, strict=True)]
            quantities.append(Quantity(f"mean loss, {after}", mean, case))
    return tuple(quantities)


def _shares() -> list[Relation]:
    """What a step leaves of each loss, and with it the weight of each task in (1) and in (2)."""
    left = [(1 - ALPHA * curvature) ** 2 for curvature in CURVATURES]
    weights = [curvature * share for curvature, share in zip(CURVATURES, left, strict=True)]
    easy, hard, middle = left
    return [
        Relation("a step leaves less of the easy task's loss than of the middle one's", easy, "<", middle),
        Relation("and less of that than of the hard one's", middle, "<", hard),
        Relation("in (1) the easy task has the largest weight", max(CURVATURES), "=", CURVATURES[0]),
        Relation("and the hard one the least", min(CURVATURES), "=", CURVATURES[1]),
        Relation("in (2) the easy task has the least", min(weights), "=", weights[0]),
    ]


def _comparisons(plain: Start, meta: Start) -> list[Relation]:
    """The solution of problem (1) on the left sides, that of problem (2) on the right ones."""
    before, after = plain.mean_losses, meta.mean_losses
    distances = [(_distance(plain.point, c), _distance(meta.point, c)) for c in CENTRES]
    (easy, hard, middle), after_one = distances, list(zip(plain.losses[1], meta.losses[1], strict=True))
    return [
        Relation("without a step the solution of (1) is better", before[0], "<", after[0]),
        Relation("after one step that of (2) is", before[1], ">", after[1]),
        Relation("and after two", before[2], ">", after[2]),
        Relation("the solution of (1) is nearer to the easy task", easy[0], "<", easy[1]),
        Relation("that of (2) to the hard one", hard[0], ">", hard[1]),
        Relation("and to the middle one", middle[0], ">", middle[1]),
        Relation("after one step the easy task is better from (1)", after_one[0][0], "<", after_one[0][1]),
        Relation("the hard one is better from (2)", after_one[1][0], ">", after_one[1][1]),
        Relation("and so is the middle one", after_one[2][0], ">", after_one[2][1]),
        Relation("from (2) the easy task is the best after a step", min(meta.losses[1]), "=", meta.losses[1][0]),
    ]
