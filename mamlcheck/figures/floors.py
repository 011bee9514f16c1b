"""The floors of FO-MAML and of HF-MAML with the printed delta, seen in runs: |grad F| against steps.

The tasks are those of two findings, exact splines with all assumptions, and each step takes both tasks and all of their
data, with the step size of the theorem: nothing is drawn, so what is left at the end is no noise. MAML goes on to
grad F = 0; FO-MAML, and HF-MAML with eta = 1/6, tend to a point where their direction is exactly 0 and grad F is not;
HF-MAML with a smaller eta goes below. The way is made in float64; where it ends |grad F| is certified, for that double.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from mamlcheck.arithmetic import Arithmetic, Numbers, ball, float64, rational
from mamlcheck.arithmetic.exact import exact_array, fraction
from mamlcheck.errors import InputError
from mamlcheck.findings import fo_maml_floor, hf_fixed_relative_error
from mamlcheck.formats.shared import Enclosure
from mamlcheck.formats.table1 import FloorCourse, FloorSeen
from mamlcheck.meta.algorithms import task_directions
from mamlcheck.meta.objective import InnerStep, per_point, per_task, stochastic_smoothness
from mamlcheck.runs.algorithms import Algorithm, Rates, algorithms_named
from mamlcheck.tasks.family import Tasks, TasksOn

FLOATS: Arithmetic = float64
BALLS: Arithmetic = ball
PRINTED_ETA = Fraction(1, 6)
SMALL_ETA = Fraction(1, 60)
STEPS = 1000
POINTS = 80  # of a course


@dataclass(frozen=True)
class FloorCase:
    """Tasks of a finding without leading axes, with alpha, L and rho, and a start.

    Full-batch runs of `floored`, with `eta` where that matters, tend to `rest`. others: algorithms beside
    it, with their eta.
    """

    name: str
    finding: str
    tasks: Tasks
    alpha: Fraction
    smoothness: Fraction
    bend: Fraction
    start: Fraction
    rest: Fraction
    floored: str
    eta: Fraction
    others: tuple[tuple[str, Fraction], ...]


def cases() -> tuple[FloorCase, ...]:
    """FO-MAML's floor, and that of HF-MAML with the printed delta."""
    pair = fo_maml_floor.growing()
    return (
        FloorCase(
            "FO-MAML", "fo_maml_floor", pair.block(0)[0].tasks, fo_maml_floor.ALPHA, pair.smoothness, pair.rho,
            Fraction(1, 2), Fraction(0), "fo-maml", PRINTED_ETA, (("maml", PRINTED_ETA),),
        ),
        FloorCase(
            "HF-MAML with the printed delta", "hf_fixed_relative_error", hf_fixed_relative_error.refuting(),
            hf_fixed_relative_error.ALPHA, Fraction(1, 2), Fraction(1), Fraction(-1, 20), Fraction(0), "hf-maml",
            PRINTED_ETA, (("maml", PRINTED_ETA), ("hf-maml", SMALL_ETA)),
        ),
    )  # fmt: skip


def floors_seen(steps: int = STEPS) -> tuple[FloorSeen, ...]:
    """Runs of so many steps on each of the cases, MAML first."""
    return tuple(floor_seen(case, steps) for case in cases())


def floor_seen(case: FloorCase, steps: int = STEPS) -> FloorSeen:
    """The runs of one case. Raises `InputError` for less than a step."""
    (floored,) = algorithms_named([case.floored])
    chosen = [(name, eta) for name, eta in case.others if name == "maml"]
    chosen += [(case.floored, case.eta), *((name, eta) for name, eta in case.others if name != "maml")]
    return FloorSeen(
        name=case.name,
        finding=case.finding,
        of=_titled(floored, case.eta),
        start=str(case.start),
        alpha=str(case.alpha),
        rest=str(case.rest),
        floor=str(abs(meta_gradient(case, case.rest))),
        courses=tuple(course(case, name, eta, steps) for name, eta in chosen),
    )


def course(case: FloorCase, name: str, eta: Fraction, steps: int = STEPS) -> FloorCourse:
    """A run of an algorithm in float64 from the start of a case, evaluated at some of its steps and at its end."""
    if type(steps) is not int or steps < 1:
        raise InputError(f"steps = {steps!r}: give the number of steps, an integer >= 1")
    (algorithm,) = algorithms_named([name])
    marked, path = places(steps), [float(case.start)]
    with float64.working():
        step = _Stepping.of(FLOATS, case, algorithm, eta)
        w, points = FLOATS.exact(np.array([[path[0]]])), []
        for before, after in pairwise((0, *marked)):
            for _ in range(after - before):
                w = w - step.beta(w, algorithm.factor) * step.direction(w)
            points.append(float(np.asarray(w)[0, 0]))
        at = step.inner(FLOATS.exact(np.array(points)[:, None]))
        norms = np.asarray(FLOATS.norm(at.meta_gradient)).tolist()
    with ball.working():
        last = _Stepping.of(BALLS, case, algorithm, eta).inner(BALLS.exact(np.array([[points[-1]]])))
        norm = BALLS.norm(last.meta_gradient)
        end = Enclosure.of((float(BALLS.lower(norm)[0]), float(BALLS.upper(norm)[0])))
    return FloorCourse(
        algorithm.title, str(eta) if algorithm.rests_on_eta else None, marked, tuple(norms), points[-1], end
    )


def places(steps: int) -> tuple[int, ...]:
    """At most so many of the steps 0, ..., steps, at equal distances, the first and the last among them."""
    return tuple(sorted({round(k * steps / (POINTS - 1)) for k in range(POINTS)}))


def meta_gradient(case: FloorCase, w: Fraction) -> Fraction:
    """grad F(w), exactly."""
    return _only(_Stepping.of(rational, case, algorithms_named(["maml"])[0], case.eta).inner(_point(w)).meta_gradient)


def direction(case: FloorCase, name: str, eta: Fraction, w: Fraction) -> Fraction:
    """The full-batch direction of an algorithm at w, exactly."""
    return _only(_Stepping.of(rational, case, algorithms_named([name])[0], eta).direction(_point(w)))


@dataclass(frozen=True)
class _Stepping:
    """The tasks of a case and an algorithm's direction in one arithmetic, with all tasks and all data."""

    ar: Arithmetic
    tasks: TasksOn
    rates: Rates
    smoothness: Numbers
    algorithm: Algorithm

    @classmethod
    def of(cls, ar: Arithmetic, case: FloorCase, algorithm: Algorithm, eta: Fraction) -> _Stepping:
        alpha, bend, share, smoothness = (
            ar.exact(exact_array(x)) for x in (case.alpha, case.bend, eta, case.smoothness)
        )
        return cls(ar, case.tasks.on(ar), Rates(alpha, bend, share, case.bend > 0), smoothness, algorithm)

    def inner(self, w: Numbers) -> InnerStep:
        """All tasks after one inner step from points w (P, 1)."""
        return InnerStep(self.ar, self.tasks, self.rates.alpha, w)

    def direction(self, w: Numbers) -> Numbers:
        """Equation (5), (8) or (10) with all data, the mean over the tasks, at points w (P, 1)."""
        make = self.algorithm.product
        product = None if make is None else make(self.ar, self.rates, None)
        each = task_directions(self.tasks, per_task(w), per_point(self.rates.alpha), None, None, product)
        return self.ar.weighted_sum(self.tasks.probabilities[..., None, None], each, -3)

    def beta(self, w: Numbers, factor: Fraction) -> Numbers:
        """c / (4L + 2 rho alpha E_i |grad f_i(w)|) (P, 1)."""
        own = self.rates
        slope = stochastic_smoothness(
            self.smoothness, own.hessian_lipschitz, own.alpha, self.inner(w).mean_gradient_norm
        )
        return (self.ar.exact(exact_array(factor)) / slope)[..., None]


def _titled(algorithm: Algorithm, eta: Fraction) -> str:
    return f"{algorithm.title}, eta = {eta}" if algorithm.rests_on_eta else algorithm.title


def _point(w: Fraction) -> Numbers:
    return rational.exact(exact_array([[w]]))


def _only(x: Numbers) -> Fraction:
    values: Sequence[object] = np.asarray(x, dtype=object).ravel().tolist()
    return fraction(values[0])


__all__ = ["FloorCase", "cases", "course", "direction", "floor_seen", "floors_seen", "meta_gradient", "places"]
