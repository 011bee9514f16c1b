"""Hypothesis strategies for losses, tasks and instances: property tests of claims, and of code of your own.

    from hypothesis import given
    import mamlcheck
    from mamlcheck import strategies

    @given(strategies.instances())
    def test_lemma_4_8(instance):
        assert str(mamlcheck.check("lemma_4_8", instance)) ...

Everything drawn is exact, small and shrinks towards one task, one sample, one dimension, zeros and ones; a failing
`Instances` prints as Python that makes it again. Impossible arguments raise `InputError` at once, not when drawing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from mamlcheck.arithmetic import float64
from mamlcheck.arithmetic.exact import fraction, fractions_of
from mamlcheck.errors import InputError
from mamlcheck.meta.expectation import multiset_count
from mamlcheck.meta.instance import BatchSizes, Instances, Tasks
from mamlcheck.tasks.losses import Loss, builtin_losses, loss
from mamlcheck.tasks.profiles import Losses, Splines
from mamlcheck.tasks.quadratic import QuadraticTasks
from mamlcheck.tasks.ridge import RidgeTasks

__all__ = ["exact_numbers", "instances", "losses", "quadratic_tasks", "ridge_tasks", "spline_tasks", "tasks"]

DENOMINATORS = (1, 2, 4, 3, 10, 2**20)
MOST = {"max_tasks": 64, "max_samples": 64, "max_dimension": 64, "max_knots": 64, "max_batches": 5000}
LARGEST_BATCH = 64
STEPS = (Fraction(1), Fraction(1, 2), Fraction(2), Fraction(1, 16), Fraction(4), Fraction(1, 2**20))
TINY = Fraction(1, 2**30)

_T = TypeVar("_T")


# -- numbers and losses ------------------------------------------------------------------------------------------
def exact_numbers(
    min_value: Any = -4, max_value: Any = 4, denominators: Sequence[int] = DENOMINATORS
) -> SearchStrategy[Fraction]:
    """Fractions from `min_value` to `max_value` with one of the `denominators`; they shrink towards small integers.

    Raises `InputError` for bounds that are not exact numbers, or that no such fraction lies between.
    """
    low, high = fraction(min_value), fraction(max_value)
    if low > high:
        raise InputError(f"min_value = {low} exceeds max_value = {high}: swap them")
    if not denominators or not all(type(q) is int and q >= 1 for q in denominators):
        raise InputError(f"denominators = {denominators!r}: give integers >= 1, at least one")
    ranges = {q: (math.ceil(low * q), math.floor(high * q)) for q in denominators}
    usable = [q for q in denominators if ranges[q][0] <= ranges[q][1]]
    if not usable:
        raise InputError(f"no fraction with a denominator of {tuple(denominators)} lies in [{low}, {high}]: widen it")
    return st.sampled_from(usable).flatmap(lambda q: st.integers(*ranges[q]).map(lambda p: Fraction(p, q)))


def losses(*names: str) -> SearchStrategy[Loss]:
    """Built-in losses: those named, else all; they shrink towards the first. `InputError` for an unknown name."""
    return st.sampled_from([loss(name) for name in names] or list(builtin_losses()))


def _numbers(numbers: SearchStrategy[Any] | None) -> SearchStrategy[Any]:
    return exact_numbers() if numbers is None else _strategy("numbers", numbers)


def _strategy(name: str, given: Any) -> Any:
    if not isinstance(given, SearchStrategy):
        raise InputError(f"{name} = {given!r}: give a Hypothesis strategy, such as those of mamlcheck.strategies")
    return given


def _limits(**limits: Any) -> None:
    for name, value in limits.items():
        if type(value) is not int or not 1 <= value <= MOST[name]:
            raise InputError(f"{name} = {value!r}: give an integer from 1 to {MOST[name]}")


def _array(draw: DrawFn, numbers: SearchStrategy[Any], *shape: int) -> np.ndarray:
    """An exact array of drawn numbers."""
    size = math.prod(shape)
    out = np.empty(size, dtype=object)
    out[:] = draw(st.lists(numbers, min_size=size, max_size=size))
    return out.reshape(shape)


def _fractions(shape: tuple[int, ...], value: int) -> np.ndarray:
    return np.full(shape, Fraction(value), dtype=object)


def _probabilities(draw: DrawFn, n: int) -> np.ndarray:
    """Probabilities (n,), exactly 1 in sum: uniform, or not, zeros included."""
    weights = draw(st.lists(st.sampled_from((1, 2, 3, 8, 0)), min_size=n, max_size=n))
    weights = weights if any(weights) else [1] * n
    return np.array([Fraction(weight, sum(weights)) for weight in weights], dtype=object)


# -- tasks -------------------------------------------------------------------------------------------------------
def ridge_tasks(
    losses: SearchStrategy[Loss] | None = None,
    *,
    max_tasks: int = 3,
    max_samples: int = 3,
    max_dimension: int = 2,
    numbers: SearchStrategy[Any] | None = None,
) -> SearchStrategy[RidgeTasks]:
    """One set of ridge tasks, without leading axes: sample losses c psi(a . w - b) + mu |w|^2 / 2.

    losses: a strategy for psi, drawn for each task (all built-in ones by default). numbers: a strategy for the exact
    entries of a, b and c, c of either sign.
    """
    _limits(max_tasks=max_tasks, max_samples=max_samples, max_dimension=max_dimension)
    of_task = st.sampled_from(list(builtin_losses())) if losses is None else _strategy("losses", losses)
    return _ridge_tasks(of_task, max_tasks, max_samples, max_dimension, _numbers(numbers))


@st.composite
def _ridge_tasks(
    draw: DrawFn, of_task: SearchStrategy[Loss], max_tasks: int, max_samples: int, max_dimension: int, numbers: Any
) -> RidgeTasks:
    n, m, d = (draw(st.integers(1, most)) for most in (max_tasks, max_samples, max_dimension))
    probabilities = _probabilities(draw, n)
    profile = Losses(tuple(draw(st.lists(of_task, min_size=n, max_size=n))))
    scales = st.sampled_from((Fraction(1), Fraction(-1))) | numbers
    mu = np.array(draw(st.sampled_from((Fraction(0), Fraction(1), Fraction(1, 3)))), dtype=object)
    a, b = _array(draw, numbers, n, m, d), _array(draw, numbers, n, m)
    return RidgeTasks(a, b, _array(draw, scales, n, m), mu, probabilities, profile)


def quadratic_tasks(
    *,
    max_tasks: int = 3,
    max_samples: int = 3,
    max_dimension: int = 2,
    numbers: SearchStrategy[Any] | None = None,
) -> SearchStrategy[QuadraticTasks]:
    """One set of quadratic tasks, without leading axes: symmetric matrices, indefinite ones included, and centres."""
    _limits(max_tasks=max_tasks, max_samples=max_samples, max_dimension=max_dimension)
    return _quadratic_tasks(max_tasks, max_samples, max_dimension, _numbers(numbers))


@st.composite
def _quadratic_tasks(
    draw: DrawFn, max_tasks: int, max_samples: int, max_dimension: int, numbers: Any
) -> QuadraticTasks:
    n, m, d = (draw(st.integers(1, most)) for most in (max_tasks, max_samples, max_dimension))
    probabilities = _probabilities(draw, n)
    rows, columns = np.triu_indices(d)
    upper = _array(draw, numbers, n, m, len(rows))
    matrices = np.empty((n, m, d, d), dtype=object)
    matrices[..., rows, columns] = upper
    matrices[..., columns, rows] = upper
    return QuadraticTasks(matrices, _array(draw, numbers, n, m, d), probabilities)


def spline_tasks(
    *,
    max_tasks: int = 3,
    max_samples: int = 3,
    max_knots: int = 4,
    numbers: SearchStrategy[Any] | None = None,
) -> SearchStrategy[RidgeTasks]:
    """One set of tasks in one dimension, without leading axes, whose second derivatives are piecewise linear."""
    _limits(max_tasks=max_tasks, max_samples=max_samples, max_knots=max_knots)
    return _spline_tasks(max_tasks, max_samples, max(2, max_knots), _numbers(numbers))


@st.composite
def _spline_tasks(draw: DrawFn, max_tasks: int, max_samples: int, max_knots: int, numbers: Any) -> RidgeTasks:
    n, m, k = (draw(st.integers(*r)) for r in ((1, max_tasks), (1, max_samples), (2, max_knots)))
    probabilities = _probabilities(draw, n)
    first, gaps = _array(draw, numbers, n, m, 1), _array(draw, st.sampled_from(STEPS), n, m, k - 1)
    knots = np.concatenate([first, first + np.cumsum(gaps, axis=-1)], axis=-1)
    profile = Splines(knots, _array(draw, numbers, n, m, k), _array(draw, numbers, n, m))
    ones, zeros = _fractions((n, m), 1), _fractions((n, m), 0)
    return RidgeTasks(ones[..., None], zeros, ones, _fractions((), 0), probabilities, profile)


def tasks(*, max_tasks: int = 3, max_samples: int = 3, max_dimension: int = 2) -> SearchStrategy[Tasks]:
    """One set of tasks of any family: ridge, quadratic, spline."""
    few: dict[str, int] = {"max_tasks": max_tasks, "max_samples": max_samples}
    return st.one_of(
        ridge_tasks(max_dimension=max_dimension, **few),
        quadratic_tasks(max_dimension=max_dimension, **few),
        spline_tasks(**few),
    )


# -- instances ---------------------------------------------------------------------------------------------------
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

    tasks: a strategy for tasks, such as `spline_tasks()`; by default any family within `max_tasks`, `max_samples` and
    `max_dimension`, which only then matter. max_batches: batches of each role there may be to enumerate. numbers: a
    strategy for the coordinates of w and v. The inner rate is 0, tiny, inside [0, 1/L] or exactly 1/L. Most
    instances meet the hypotheses of every claim; the others are VACUOUS where they fail.
    """
    _limits(max_tasks=max_tasks, max_samples=max_samples, max_dimension=max_dimension, max_batches=max_batches)
    if tasks is None:
        few = {"max_tasks": max_tasks, "max_samples": max_samples}
        of_tasks: Any = st.one_of(
            ridge_tasks(max_dimension=max_dimension, **few),
            quadratic_tasks(max_dimension=max_dimension, **few),
            spline_tasks(**few),
        )
    else:
        of_tasks = _strategy("tasks", tasks)
    return _instances(of_tasks, max_batches, _numbers(numbers))


@st.composite
def _instances(draw: DrawFn, of_tasks: SearchStrategy[Any], max_batches: int, numbers: Any) -> Instances:
    drawn = draw(of_tasks)
    if not isinstance(drawn, (RidgeTasks, QuadraticTasks)) or drawn.probabilities.ndim != 1:
        raise InputError(f"the strategy for tasks drew {drawn!r}: it must draw one set of tasks, without leading axes")
    d = drawn.d
    w, step = _array(draw, numbers, d), _array(draw, numbers, d)
    one = Instances(
        tasks=drawn,
        alpha=np.array(_rate(draw, drawn), dtype=object),
        w=w,
        u=w + draw(st.sampled_from(STEPS)) * step,
        v=_array(draw, numbers, d),
        delta=np.array(draw(st.sampled_from(STEPS)), dtype=object),
        phi=np.array(draw(st.sampled_from(STEPS)), dtype=object),
        task=draw(st.integers(0, drawn.n - 1)),
    )
    return replace(one, sizes=_sizes(draw, one, max_batches))[None]


def _rate(draw: DrawFn, drawn: Tasks) -> Fraction:
    """alpha = share / L (share where L = 0): 0, exactly 1/L, tiny, or inside."""
    share = draw(st.sampled_from((Fraction(0), Fraction(1), TINY)) | exact_numbers(0, 1))
    (smoothness,) = fractions_of(drawn.smoothness)
    return share / smoothness if smoothness else share


def _sizes(draw: DrawFn, one: Instances, max_batches: int) -> BatchSizes:
    """Batch sizes whose batches can be enumerated; D_beta and B' mostly as large as Lemma 4.9 asks, where they can."""
    m = one.tasks.m
    most = max(D for D in range(1, LARGEST_BATCH + 1) if D == 1 or multiset_count(m, D) <= max_batches)
    enumerated, free = st.integers(1, most), st.integers(1, LARGEST_BATCH)
    samples, tasks = _stepsize_needs(one) if draw(st.sampled_from((True, True, True, False))) else (1, 1)
    return BatchSizes(
        inner=draw(enumerated),
        outer=draw(free),
        hessian=draw(free),
        test=draw(enumerated),
        stepsize=draw(st.integers(min(samples, most), most)),
        stepsize_tasks=tasks * draw(st.sampled_from((1, 2, 5))),
    )


def _stepsize_needs(one: Instances) -> tuple[int, int]:
    """D_beta and B' that Lemma 4.9 asks for, by float64, which chooses but proves nothing; 1 beyond any use."""
    with float64.working(), np.errstate(all="ignore"):
        x = one[None].on(float64)
        share = np.square(x.hessian_lipschitz * x.alpha / np.maximum(x.smoothness, 2.0**-500))
        needs = (4 * share * x.mean_gradient_variance, share * x.task_variance / 2)
        samples, tasks = (math.ceil(1.001 * float(v[0])) if v[0] < 10**4 else 1 for v in needs)
    return max(1, samples), max(1, tasks)
