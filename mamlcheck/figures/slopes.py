"""How iterations and samples grow with 1/eps: fitted from runs that are known exactly, beside what theorems ask for.

On quadratic tasks of one curvature h, E|grad F(w_K)|^2 is known for every T and B (`mamlcheck.meta.exact_run`), K
uniform. For each eps of a ladder the least T is sought such that what is left of the start is at most eps^2 / 2, and
then the least B such that both together are at most eps^2; each is certified by balls. Powers are slopes of straight
lines through logarithms, floats.

Gradients are linear here, so that noise of an inner batch bends nothing and D_in = 1 serves: T grows as eps^-2, the
samples of a step as eps^-2. The theorems, which hold for all tasks, ask for D_in and B of order eps^-2 together, so
that their samples of a step grow as eps^-4, as Table 1 has it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from mamlcheck.arithmetic import Arithmetic, Numbers, ball
from mamlcheck.arithmetic.exact import exact_array
from mamlcheck.formats.table1 import Slope, Slopes
from mamlcheck.meta.exact_run import ExactRun
from mamlcheck.meta.instance import Instances
from mamlcheck.runs.algorithms import ALGORITHMS, Algorithm
from mamlcheck.tasks.families.quadratic import QuadraticTasks

BALLS: Arithmetic = ball
ALPHA = Fraction(1, 10)  # 1 / (10 L): all three theorems allow it
CENTRES = ((20, 60), (-30, -70))  # of the two samples of two tasks, with the curvature 1
START = 8
ACCURACIES = tuple(Fraction(1, 2**k) for k in range(6))
RUNS = {"maml": "maml_run", "fo-maml": "fo_maml_run", "hf-maml": "hf_maml_run"}
MOST = 2**60  # of a T or a B that is sought


@dataclass(frozen=True)
class Needed:
    """The least T and B of a run that reaches an accuracy."""

    accuracy: Fraction
    steps: int
    tasks: int

    @property
    def a_step(self) -> int:
        """Sample gradients, of B tasks with D_in = D_o = 1."""
        return 2 * self.tasks

    @property
    def in_all(self) -> int:
        """Those of all steps."""
        return self.steps * self.a_step


def instance() -> Instances:
    """Two tasks of two samples (w - z)^2 / 2, from one start; batches of one sample."""
    centres = exact_array([[[z] for z in row] for row in CENTRES])
    tasks = QuadraticTasks(np.ones((2, 2, 1, 1)), centres, exact_array([Fraction(1, 2)] * 2))
    w = exact_array([START])
    return Instances(tasks, exact_array(ALPHA), w, w + 1, w, exact_array(1), exact_array(1))


def least_needed(algorithm: Algorithm, accuracies: Sequence[Fraction] = ACCURACIES) -> tuple[Needed, ...]:
    """The least T and B for each accuracy, certified."""
    with ball.working():
        run: ExactRun = getattr(instance()[None].on(ball), RUNS[algorithm.name])
        return tuple(_needed(run, accuracy) for accuracy in accuracies)


def _needed(run: ExactRun, accuracy: Fraction) -> Needed:
    square = BALLS.exact(exact_array([accuracy**2]))

    def within(value: Numbers, bound: Numbers) -> bool:
        return bool((BALLS.less_equal(value, bound) == 1).all())

    steps = _least(lambda count: within(replace(run, steps=count).square_of_means, square / 2))
    tasks = _least(lambda count: within(replace(run, steps=steps, tasks=count).mean_square, square))
    return Needed(accuracy, steps, tasks)


def _least(serves: Callable[[int], bool]) -> int:
    """The least count >= 1 that serves; every larger one does."""
    high = 1
    while not serves(high) and high < MOST:
        high *= 2
    low = high // 2  # which does not serve, or is 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if serves(middle) else (middle, high)
    return high


def power(accuracies: Sequence[Fraction], counts: Sequence[int]) -> float:
    """The p of counts ~ eps^-p: minus the slope of the straight line through the logarithms."""
    logs = [(math.log(a), math.log(c)) for a, c in zip(accuracies, counts, strict=True)]
    return -float(np.polyfit([x for x, _ in logs], [y for _, y in logs], 1)[0])


def slopes(algorithm: Algorithm, planned: Sequence[tuple[int, int]] | None) -> Slopes:
    """Powers of T, of the samples of a step and of all samples. planned: (T, samples of a step) that a theorem asks for
    at each of `ACCURACIES`, None where it asks for no eps.
    """
    found = least_needed(algorithm)
    theory: list[list[int]] = [[], [], []]
    for steps, a_step in planned or ():
        for column, count in zip(theory, (steps, a_step, steps * a_step), strict=True):
            column.append(count)
    rows = zip(
        ("iterations T", "samples a step", "samples in all"),
        ([one.steps for one in found], [one.a_step for one in found], [one.in_all for one in found]),
        theory,
        strict=True,
    )
    return Slopes(
        algorithm.title,
        tuple(float(x) for x in ACCURACIES),
        tuple(one.steps for one in found),
        tuple(one.tasks for one in found),
        tuple(
            Slope(name, power(ACCURACIES, asked) if asked else None, power(ACCURACIES, least))
            for name, least, asked in rows
        ),
    )


__all__ = ["ACCURACIES", "ALGORITHMS", "Needed", "instance", "least_needed", "power", "slopes"]
