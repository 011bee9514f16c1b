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
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, partial
from typing import Any

import numpy as np

from mamlcheck.arithmetic import float64
from mamlcheck.arithmetic.exact import fraction, fractions_of
from mamlcheck.check.checked import Checked, check_claim
from mamlcheck.claims import Claim, claim_ids
from mamlcheck.errors import InputError, MissingExtra
from mamlcheck.meta.expectation import multiset_count
from mamlcheck.meta.instance import BatchSizes, Instances, Tasks
from mamlcheck.tasks.losses import Loss, builtin_losses, loss
from mamlcheck.tasks.profiles import Losses, Splines
from mamlcheck.tasks.quadratic import QuadraticTasks
from mamlcheck.tasks.ridge import RidgeTasks

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

DENOMINATORS = (1, 2, 3, 10)
TABLE = 10**4  # fractions up to which exact_numbers lists them all
MOST = {"max_tasks": 64, "max_samples": 64, "max_dimension": 64, "max_knots": 64, "max_batches": 5000}
LARGEST_BATCH = 64
CUT = 4  # dimensions up to which vectors are drawn at their longest
STEPS = (Fraction(1), Fraction(1, 2), Fraction(2), Fraction(1, 16), Fraction(4), Fraction(1, 2**20))
TINY = Fraction(1, 2**30)


# -- numbers and losses --------------------------------------------------------------------------------------
def exact_numbers(
    min_value: Any = -4, max_value: Any = 4, denominators: Sequence[int] = DENOMINATORS
) -> SearchStrategy[Fraction]:
    """Fractions from `min_value` to `max_value` with one of the `denominators`; they shrink towards small
    integers.

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
    if sum(last - first + 1 for first, last in ranges.values()) > TABLE:
        return st.one_of(*(st.integers(*ranges[q]).map(partial(_quotient, q)) for q in usable))
    table = dict.fromkeys(
        Fraction(p, q) for q in usable for p in sorted(range(ranges[q][0], ranges[q][1] + 1), key=_size)
    )
    return st.sampled_from(list(table))  # one choice a number: an array of them shrinks several times faster


def _quotient(denominator: int, numerator: int) -> Fraction:
    return Fraction(numerator, denominator)


def _size(numerator: int) -> tuple[int, bool]:
    return abs(numerator), numerator < 0


def losses(*names: str) -> SearchStrategy[Loss]:
    """Built-in losses: those named, else all; they shrink towards the first. `InputError` for an unknown
    name.
    """
    return _sampled(tuple(loss(name) for name in names) or builtin_losses())


def _sampled(losses: tuple[Loss, ...]) -> SearchStrategy[Loss]:
    """The losses, certified and compiled now: for all built-in ones that takes half a second, SymPy's import included,
    and longer on a busy machine.
    """
    for psi in losses:
        _certify(psi)
    return st.sampled_from(losses)


@cache
def _certify(psi: Loss) -> None:
    at = np.zeros(1)
    with float64.working():
        for compute in (psi.value, psi.first, psi.second, psi.first_and_second):
            compute(float64, at)
    _ = psi.polynomial


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


@dataclass(frozen=True)
class _Drawn:
    """What every family draws: probabilities (n,), something of each task, and numbers (n, m, width)."""

    probabilities: np.ndarray
    of_task: tuple[Any, ...]
    numbers: np.ndarray

    @classmethod
    def draw(
        cls,
        draw: DrawFn,
        of_task: SearchStrategy[Any],
        sample: SearchStrategy[Any],
        max_tasks: int,
        max_samples: int,
    ) -> _Drawn:
        """Tasks as lists of samples, each in one piece, so that Hypothesis can take tasks and samples out.

        The shortest list says what m is. Probabilities are uniform or not, zeros included, exactly 1 in sum.
        """
        samples = st.lists(sample, min_size=1, max_size=max_samples)
        one = st.tuples(st.sampled_from((1, 2, 3, 8, 0)), of_task, samples)
        weights, of_tasks, lists = zip(*draw(st.lists(one, min_size=1, max_size=max_tasks)), strict=True)
        weights = weights if any(weights) else (1,) * len(weights)
        m = min(map(len, lists))
        return cls(
            np.array([Fraction(weight, sum(weights)) for weight in weights], dtype=object),
            of_tasks,
            np.array([rows[:m] for rows in lists], dtype=object),
        )


def _vector(numbers: SearchStrategy[Any], size: int) -> tuple[SearchStrategy[Any], ...]:
    return (numbers,) * size


def _dimension(draw: DrawFn, max_dimension: int) -> tuple[int, int]:
    """A dimension, and the one to draw numbers in: more than needed, where few: it shrinks alone."""
    d = draw(st.integers(1, max_dimension))
    return d, max_dimension if max_dimension <= CUT else d


def _fractions(shape: tuple[int, ...], value: int) -> np.ndarray:
    return np.full(shape, Fraction(value), dtype=object)


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
    _limits(max_tasks=max_tasks, max_samples=max_samples, max_dimension=max_dimension)
    of_task = _sampled(builtin_losses()) if losses is None else _strategy("losses", losses)
    return _ridge_tasks(of_task, max_tasks, max_samples, max_dimension, _numbers(numbers))


@st.composite
def _ridge_tasks(
    draw: DrawFn,
    of_task: SearchStrategy[Loss],
    max_tasks: int,
    max_samples: int,
    max_dimension: int,
    numbers: Any,
) -> RidgeTasks:
    mu = np.array(draw(st.sampled_from((Fraction(0), Fraction(1), Fraction(1, 3)))), dtype=object)
    d, wide = _dimension(draw, max_dimension)
    scales = st.sampled_from((Fraction(1), Fraction(-1))) | numbers
    sample = st.tuples(scales, numbers, *_vector(numbers, wide))
    drawn = _Drawn.draw(draw, of_task, sample, max_tasks, max_samples)
    c, b, a = drawn.numbers[..., 0], drawn.numbers[..., 1], drawn.numbers[..., 2 : 2 + d]
    return RidgeTasks(a, b, c, mu, drawn.probabilities, Losses(drawn.of_task))


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
    _limits(max_tasks=max_tasks, max_samples=max_samples, max_dimension=max_dimension)
    return _quadratic_tasks(max_tasks, max_samples, max_dimension, _numbers(numbers))


@st.composite
def _quadratic_tasks(
    draw: DrawFn, max_tasks: int, max_samples: int, max_dimension: int, numbers: Any
) -> QuadraticTasks:
    d, wide = _dimension(draw, max_dimension)
    entries = wide * (wide + 1) // 2
    sample = st.tuples(*_vector(numbers, wide + entries))
    drawn = _Drawn.draw(draw, st.none(), sample, max_tasks, max_samples)
    rows, columns = np.tril_indices(d)
    lower = drawn.numbers[..., wide : wide + len(rows)]
    matrices = np.empty((*lower.shape[:-1], d, d), dtype=object)
    matrices[..., rows, columns] = lower
    matrices[..., columns, rows] = lower
    return QuadraticTasks(matrices, drawn.numbers[..., :d], drawn.probabilities)


def spline_tasks(
    *,
    max_tasks: int = 3,
    max_samples: int = 3,
    max_knots: int = 4,
    numbers: SearchStrategy[Any] | None = None,
) -> SearchStrategy[RidgeTasks]:
    """One set of 1-D tasks, without leading axes, whose second derivatives are piecewise linear."""
    _limits(max_tasks=max_tasks, max_samples=max_samples, max_knots=max_knots)
    return _spline_tasks(max_tasks, max_samples, max(2, max_knots), _numbers(numbers))


@st.composite
def _spline_tasks(draw: DrawFn, max_tasks: int, max_samples: int, max_knots: int, numbers: Any) -> RidgeTasks:
    k = draw(st.integers(2, max_knots))
    steps: SearchStrategy[Any] = st.sampled_from(STEPS)
    sample = st.tuples(*_vector(numbers, 2 + max_knots), *_vector(steps, max_knots - 1))
    drawn = _Drawn.draw(draw, st.none(), sample, max_tasks, max_samples)
    slope, first, values = drawn.numbers[..., 0], drawn.numbers[..., 1:2], drawn.numbers[..., 2 : 2 + k]
    gaps = drawn.numbers[..., 2 + max_knots : 1 + max_knots + k]
    knots = np.concatenate([first, first + np.cumsum(gaps, axis=-1)], axis=-1)
    ones, zeros = _fractions(slope.shape, 1), _fractions(slope.shape, 0)
    profile = Splines(knots, values, slope)
    return RidgeTasks(ones[..., None], zeros, ones, _fractions((), 0), drawn.probabilities, profile)


def tasks(*, max_tasks: int = 3, max_samples: int = 3, max_dimension: int = 2) -> SearchStrategy[Tasks]:
    """One set of tasks of any family: ridge, quadratic, spline."""
    return _any_tasks(max_tasks, max_samples, max_dimension)


def _any_tasks(max_tasks: int, max_samples: int, max_dimension: int) -> SearchStrategy[Tasks]:
    return st.one_of(
        ridge_tasks(max_tasks=max_tasks, max_samples=max_samples, max_dimension=max_dimension),
        quadratic_tasks(max_tasks=max_tasks, max_samples=max_samples, max_dimension=max_dimension),
        spline_tasks(max_tasks=max_tasks, max_samples=max_samples),
    )


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
    _limits(max_tasks=max_tasks, max_samples=max_samples, max_dimension=max_dimension, max_batches=max_batches)
    of_tasks = _any_tasks(max_tasks, max_samples, max_dimension) if tasks is None else _strategy("tasks", tasks)
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
    if not isinstance(drawn, (RidgeTasks, QuadraticTasks)) or drawn.probabilities.ndim != 1:
        raise InputError(f"the strategy for tasks drew {drawn!r}: it must draw one set of tasks, without leading axes")
    alpha, task = _rate(draw, drawn), draw(st.integers(0, drawn.n - 1))
    apart, delta, phi = (draw(st.sampled_from(STEPS)) for _ in range(3))
    sizes = _sizes(draw, drawn.m, max_batches)
    enough, times = draw(st.sampled_from((True, True, True, False))), draw(st.sampled_from((1, 2, 5)))
    # last, since their number changes with d
    coordinates = [draw(st.tuples(numbers, numbers, numbers)) for _ in range(drawn.d)]
    w, step, v = (np.array(x, dtype=object) for x in zip(*coordinates, strict=True))
    one = Instances(
        tasks=drawn,
        alpha=np.array(alpha, dtype=object),
        w=w,
        u=w + apart * step,
        v=v,
        delta=np.array(delta, dtype=object),
        phi=np.array(phi, dtype=object),
        task=task,
        sizes=sizes,
    )
    return (replace(one, sizes=_enough(one, max_batches, times)) if enough else one)[None]


def _rate(draw: DrawFn, drawn: Tasks) -> Fraction:
    """Alpha = share / L (share where L = 0): exactly 1/L, 0, tiny, or inside."""
    share = draw(st.sampled_from((Fraction(1), Fraction(0), TINY)) | exact_numbers(Fraction(1, 2**20), 1))
    (smoothness,) = fractions_of(drawn.smoothness)
    return share / smoothness if smoothness else share


def _largest_batch(m: int, max_batches: int) -> int:
    return max(D for D in range(1, LARGEST_BATCH + 1) if D == 1 or multiset_count(m, D) <= max_batches)


def _sizes(draw: DrawFn, m: int, max_batches: int) -> BatchSizes:
    """Batch sizes; those whose batches are enumerated stay within `max_batches`."""
    enumerated, free = st.integers(1, _largest_batch(m, max_batches)), st.integers(1, LARGEST_BATCH)
    inner, test, stepsize = (draw(enumerated) for _ in range(3))
    return BatchSizes(inner=inner, outer=draw(free), hessian=draw(free), stepsize=stepsize, test=test)


def _enough(one: Instances, max_batches: int, times: int) -> BatchSizes:
    """D_beta and B' as large as Lemma 4.9 asks, D_beta where it can be enumerated; B' so many times."""
    samples, tasks = _stepsize_needs(one)
    stepsize = min(max(samples, one.sizes.stepsize), _largest_batch(one.tasks.m, max_batches))
    return replace(one.sizes, stepsize=stepsize, stepsize_tasks=tasks * times)


def _stepsize_needs(one: Instances) -> tuple[int, int]:
    """D_beta and B' that Lemma 4.9 asks for, by float64: it chooses, it proves nothing; 1 beyond any use."""
    with float64.working(), np.errstate(all="ignore"):
        x = one[None].on(float64)
        share = np.square(x.hessian_lipschitz * x.alpha / np.maximum(x.smoothness, 2.0**-500))
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
