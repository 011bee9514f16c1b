"""Hypothesis strategies for losses, tasks and instances: property tests of claims, and of code of your own.

    @given(mamlcheck.strategies.instances())
    def test_lemma_4_8(instance):
        assert not mamlcheck.check_claim("lemma_4_8", instance).failed

Everything drawn is exact, small and shrinks towards one task, one sample, one dimension, zeros and ones; a
failing `Instances` prints as Python that makes it again. Impossible arguments raise `InputError` at once, not
when drawing. What takes long the first time, such as certifying losses, is done when a strategy is built: Hypothesis
counts the time of each draw and of each example, and gives up on slow ones.

Hypothesis comes with the extra `hypothesis`; nothing else in mamlcheck imports it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from mamlcheck.arithmetic import float64
from mamlcheck.arithmetic.exact import fractions_of
from mamlcheck.check.checked import Checked, check_claim
from mamlcheck.claims import Claim, claim_ids
from mamlcheck.errors import InputError, MissingExtra
from mamlcheck.meta.expectation import multiset_count
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.meta.variables import LAST, Listed, Shape, Variable, indices, own_arrays, sizes
from mamlcheck.tasks.drawing import exact_numbers, sampled_losses
from mamlcheck.tasks.families import family_names, load_family
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.families.spline import SplineTasks
from mamlcheck.tasks.family import Limits, Tasks
from mamlcheck.tasks.loss import Loss
from mamlcheck.tasks.losses import builtin_losses, loss

try:
    from hypothesis import strategies as st
    from hypothesis import target
    from hypothesis.strategies import DrawFn, SearchStrategy
except ImportError as error:
    raise MissingExtra("hypothesis", "hypothesis") from error

__all__ = [
    "check_and_target",
    "exact_numbers",
    "instances",
    "losses",
    "quadratic_tasks",
    "ridge_tasks",
    "spline_tasks",
    "tasks",
]

LARGEST_LIMITS = {"max_tasks": 64, "max_samples": 64, "max_dimension": 64, "max_knots": 64, "max_batches": 5000}
LARGEST_BATCH = 64


# -- losses --------------------------------------------------------------------------------------------------
def losses(*names: str) -> SearchStrategy[Loss]:
    """Built-in losses: those named, else all; they shrink towards the first. `InputError` for an unknown
    name.
    """
    return sampled_losses(tuple(loss(name) for name in names) or builtin_losses())


def _numbers(numbers: SearchStrategy[Any] | None) -> SearchStrategy[Any]:
    return exact_numbers() if numbers is None else _strategy("numbers", numbers)


def _strategy(name: str, given: Any) -> Any:
    if not isinstance(given, SearchStrategy):
        raise InputError(f"{name} = {given!r}: give a Hypothesis strategy, such as those of mamlcheck.strategies")
    return given


def _limits(**limits: Any) -> Limits:
    for name, value in limits.items():
        if type(value) is not int or not 1 <= value <= LARGEST_LIMITS[name]:
            raise InputError(f"{name} = {value!r}: give an integer from 1 to {LARGEST_LIMITS[name]}")
    return Limits(**{name: value for name, value in limits.items() if name != "max_batches"})


# -- tasks ---------------------------------------------------------------------------------------------------
def ridge_tasks(
    losses: SearchStrategy[Loss] | None = None,
    *,
    max_tasks: int = 3,
    max_samples: int = 3,
    max_dimension: int = 2,
    numbers: SearchStrategy[Any] | None = None,
) -> SearchStrategy[RidgeTasks]:
    """One set of ridge tasks, without leading axes: sample losses c psi(a . w - b) + mu |w|^2 / 2.

    losses: a strategy for psi, drawn for each task (all built-in ones by default). numbers: a strategy for
    the exact entries of a, b and c, c of either sign.
    """
    limits = _limits(max_tasks=max_tasks, max_samples=max_samples, max_dimension=max_dimension)
    of_task = None if losses is None else _strategy("losses", losses)
    found: SearchStrategy[RidgeTasks] = RidgeTasks.strategy(limits, _numbers(numbers), of_task)
    return found


def quadratic_tasks(
    *,
    max_tasks: int = 3,
    max_samples: int = 3,
    max_dimension: int = 2,
    numbers: SearchStrategy[Any] | None = None,
) -> SearchStrategy[QuadraticTasks]:
    """One set of quadratic tasks, without leading axes: symmetric matrices, indefinite ones included, and
    centres.
    """
    limits = _limits(max_tasks=max_tasks, max_samples=max_samples, max_dimension=max_dimension)
    found: SearchStrategy[QuadraticTasks] = QuadraticTasks.strategy(limits, _numbers(numbers))
    return found


def spline_tasks(
    *,
    max_tasks: int = 3,
    max_samples: int = 3,
    max_knots: int = 4,
    numbers: SearchStrategy[Any] | None = None,
) -> SearchStrategy[SplineTasks]:
    """One set of 1-D tasks, without leading axes, whose second derivatives are piecewise linear."""
    limits = _limits(max_tasks=max_tasks, max_samples=max_samples, max_knots=max_knots)
    found: SearchStrategy[SplineTasks] = SplineTasks.strategy(limits, _numbers(numbers))
    return found


def tasks(
    *, max_tasks: int = 3, max_samples: int = 3, max_dimension: int = 2, families: Sequence[str] = ()
) -> SearchStrategy[Tasks]:
    """One set of tasks of any family, without leading axes: of those named, such as "ridge", or of all there are.

    `InputError` for an unknown name.
    """
    limits = _limits(max_tasks=max_tasks, max_samples=max_samples, max_dimension=max_dimension)
    return _of_families(limits, tuple(families))


def _of_families(limits: Limits, names: tuple[str, ...] = ()) -> SearchStrategy[Tasks]:
    """Tasks of the families named, or of all; they shrink towards the first by name."""
    chosen = [load_family(name) for name in names or family_names()]
    return st.one_of(*(family.strategy(limits, exact_numbers()) for family in chosen))


# -- instances -----------------------------------------------------------------------------------------------
def instances(
    tasks: SearchStrategy[Any] | None = None,
    *,
    max_tasks: int = 3,
    max_samples: int = 3,
    max_dimension: int = 2,
    max_batches: int = 64,
    numbers: SearchStrategy[Any] | None = None,
) -> SearchStrategy[Instances]:
    """Instances: a block of one, which `mamlcheck.check` takes, with everything the claims quantify over.

    tasks: a strategy for tasks, such as `spline_tasks()`; by default any family within `max_tasks`,
    `max_samples` and `max_dimension`, which only then matter. max_batches: batches of each role there may be
    to enumerate. numbers: a strategy for the coordinates of w and v. The inner rate is 0, tiny, inside [0,
    1/L] or exactly 1/L. Most instances meet the hypotheses of every claim; the others are VACUOUS where they
    fail.
    """
    limits = _limits(max_tasks=max_tasks, max_samples=max_samples, max_dimension=max_dimension, max_batches=max_batches)
    of_tasks = _of_families(limits) if tasks is None else _strategy("tasks", tasks)
    _judge_once()
    return _instances(of_tasks, max_batches, _numbers(numbers))


@cache
def _judge_once() -> None:
    """Judge every claim on w^2 / 2, so that no example has to wait until the claims and arithmetics are loaded."""
    one = np.array(Fraction(1), dtype=object)
    unit = one.reshape(1, 1, 1)
    tasks = QuadraticTasks(unit[..., None], 0 * unit, one.reshape(1))
    point = one.reshape(1)
    single = Instances(tasks=tasks, alpha=one / 2, w=point, u=2 * point, v=point, delta=one, phi=one)
    for claim in claim_ids():
        check_claim(claim, single)


@st.composite
def _instances(draw: DrawFn, of_tasks: SearchStrategy[Any], max_batches: int, numbers: Any) -> Instances:
    drawn = draw(of_tasks)
    if not isinstance(drawn, Tasks) or drawn.probabilities.ndim != 1:
        raise InputError(f"the strategy for tasks drew {drawn!r}: it must draw one set of tasks, without leading axes")
    factors = {v.name: _number(draw, v, drawn) for v in own_arrays() if not _is_apart(v)}
    chosen = {index.name: draw(st.integers(0, drawn.n - 1)) for index in indices()}
    drawn_sizes = _sizes(draw, drawn.m, max_batches)
    enough, times = draw(st.sampled_from((True, True, True, False))), draw(st.sampled_from((1, 2, 5)))
    # late, since their number changes with d
    vectors = [variable for variable in own_arrays() if variable.is_vector]
    coordinates = [draw(st.tuples(*[numbers] * len(vectors))) for _ in range(drawn.d)]
    # last, since few claims need them: what comes before is drawn, and shrinks, as if they were not there
    factors |= {v.name: _number(draw, v, drawn) for v in own_arrays() if _is_apart(v)}
    drawn_sizes |= {v.name: int(draw(st.sampled_from(v.drawn))) for v in sizes() if _is_apart(v)}
    some_sizes = BatchSizes(**drawn_sizes)
    known = {name: np.array(factor, dtype=object) for name, factor in factors.items()}
    for variable, free in zip(vectors, zip(*coordinates, strict=True), strict=True):
        start = known[variable.near] if variable.near else 0
        known[variable.name] = start + factors[variable.name] * np.array(free, dtype=object)
    one = Instances(tasks=drawn, sizes=some_sizes, **chosen, **known)
    return (replace(one, sizes=_enough(one, max_batches, times)) if enough else one)[None]


def _is_apart(variable: Variable) -> bool:
    """Whether it is a number or a count that was declared without a place among the others."""
    return variable.place == LAST and variable.shape in (Shape.NUMBER, Shape.COUNT)


def _number(draw: DrawFn, variable: Variable, drawn: Tasks) -> Fraction:
    """A number; of a point or a direction, what its free coordinates are multiplied by."""
    some: SearchStrategy[Any] = st.sampled_from([Fraction(value) for value in variable.drawn])
    if variable.drawn_between is not None:
        some = some | exact_numbers(*variable.drawn_between)
    number: Fraction = draw(some) if len(variable.drawn) > 1 or variable.drawn_between else Fraction(variable.drawn[0])
    if not variable.over_smoothness:
        return number
    (smoothness,) = fractions_of(drawn.smoothness)
    return number / smoothness if smoothness else number


def _largest_batch(m: int, max_batches: int) -> int:
    return max(D for D in range(1, LARGEST_BATCH + 1) if D == 1 or multiset_count(m, D) <= max_batches)


def _sizes(draw: DrawFn, m: int, max_batches: int) -> dict[str, int]:
    """Batch sizes by name, without those drawn apart; those whose batches are enumerated stay within `max_batches`."""
    enumerated, free = st.integers(1, _largest_batch(m, max_batches)), st.integers(1, LARGEST_BATCH)
    drawn: dict[str, int] = {}
    for size in sizes():
        if size.shape is not Shape.COUNT:
            drawn[size.name] = draw(free if size.listed is Listed.NOTHING else enumerated)
        elif not _is_apart(size):
            drawn[size.name] = int(draw(st.sampled_from(size.drawn)))
    return drawn


def _enough(one: Instances, max_batches: int, times: int) -> BatchSizes:
    """D_beta and B' as large as Lemma 4.9 asks, D_beta where it can be enumerated; B' so many times."""
    samples, tasks = _stepsize_needs(one)
    stepsize = min(max(samples, one.sizes.stepsize), _largest_batch(one.tasks.m, max_batches))
    return replace(one.sizes, stepsize=stepsize, stepsize_tasks=tasks * times)


def _stepsize_needs(one: Instances) -> tuple[int, int]:
    """D_beta and B' that Lemma 4.9 asks for, by float64: it chooses, it proves nothing; 1 beyond any use."""
    with float64.working(), np.errstate(all="ignore"):
        x = one[None].on(float64)
        slope, smooth = np.asarray(x.hessian_lipschitz * x.alpha), np.asarray(x.smoothness)
        share = np.square(slope / np.maximum(smooth, 2.0**-500))
        needs = (4 * share * x.mean_gradient_variance, share * x.task_variance / 2)
        samples, tasks = (math.ceil(1.001 * float(v[0])) if v[0] < 10**4 else 1 for v in needs)
    return max(1, samples), max(1, tasks)


# -- hunting with Hypothesis ---------------------------------------------------------------------------------
def check_and_target(claim: str | Claim, instance: Instances) -> Checked:
    """Judge a claim on a drawn instance, and make Hypothesis look for instances on which it is tighter.

    Call it once in a test for each claim: the certified tightness (its lower bound) is given to `hypothesis.target`
    under the claim's id, wherever the verdict is not VACUOUS. Returns what `mamlcheck.check_claim` returns.
    """
    checked = check_claim(claim, instance)
    if checked.tightness is not None and math.isfinite(checked.tightness[0]):
        target(checked.tightness[0], label=checked.claim)
    return checked
