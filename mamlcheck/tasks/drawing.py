"""What families share to draw tasks with Hypothesis: exact numbers, losses, and lists of samples that shrink well.

Hypothesis comes with the extra `hypothesis`. Families import this module where they make a strategy, and nowhere else,
so that everything else does without it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from typing import Any

import numpy as np

from mamlcheck.arithmetic import float64
from mamlcheck.arithmetic.exact import fraction
from mamlcheck.errors import InputError, MissingExtra
from mamlcheck.tasks.family import Limits
from mamlcheck.tasks.loss import Loss

try:
    from hypothesis import strategies as st
    from hypothesis.strategies import DrawFn, SearchStrategy
except ImportError as error:
    raise MissingExtra("hypothesis", "hypothesis") from error

__all__ = ["STEPS", "draw_dimension", "draw_samples", "exact_numbers", "sampled_losses", "st", "vector"]

DENOMINATORS = (1, 2, 3, 10)
LONGEST_TABLE = 10**4  # fractions up to which exact_numbers lists them all
LARGEST_PADDED_DIMENSION = 4  # up to which vectors are drawn at their longest, so that d can shrink alone
STEPS = (Fraction(1), Fraction(1, 2), Fraction(2), Fraction(1, 16), Fraction(4), Fraction(1, 2**20))


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
    if sum(last - first + 1 for first, last in ranges.values()) > LONGEST_TABLE:
        return st.one_of(*(st.integers(*ranges[q]).map(partial(_quotient, q)) for q in usable))
    table = dict.fromkeys(
        Fraction(p, q) for q in usable for p in sorted(range(ranges[q][0], ranges[q][1] + 1), key=_size)
    )
    return st.sampled_from(list(table))  # one choice a number: an array of them shrinks several times faster


def _quotient(denominator: int, numerator: int) -> Fraction:
    return Fraction(numerator, denominator)


def _size(numerator: int) -> tuple[int, bool]:
    return abs(numerator), numerator < 0


# -- losses --------------------------------------------------------------------------------------------------
def sampled_losses(losses: tuple[Loss, ...]) -> SearchStrategy[Loss]:
    """The losses, certified and compiled now: for all built-in ones that takes a second, SymPy's import included,
    and longer on a busy machine.
    """
    for psi in losses:
        _certify(psi)
    return st.sampled_from(losses)


@cache
def _certify(psi: Loss) -> None:
    at = float64.exact([0.0])
    with float64.working():
        for compute in (psi.value, psi.first, psi.second, psi.first_and_second):
            compute(float64, at)
    _ = psi.polynomial
    _ = psi.sup_fourth  # what small steps need


# -- tasks ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class DrawnSamples:
    """What every family draws: probabilities (n,), something of each task, and numbers (n, m, numbers of a sample)."""

    probabilities: np.ndarray
    of_task: tuple[Any, ...]
    numbers: np.ndarray


def draw_samples(
    draw: DrawFn, of_task: SearchStrategy[Any], sample: SearchStrategy[Any], limits: Limits
) -> DrawnSamples:
    """Tasks as lists of samples, each in one piece, so that Hypothesis can take tasks and samples out.

    The shortest list says what m is. Probabilities are uniform or not, zeros included, exactly 1 in sum.
    """
    samples = st.lists(sample, min_size=1, max_size=limits.max_samples)
    one = st.tuples(st.sampled_from((1, 2, 3, 8, 0)), of_task, samples)
    weights, of_tasks, lists = zip(*draw(st.lists(one, min_size=1, max_size=limits.max_tasks)), strict=True)
    weights = weights if any(weights) else (1,) * len(weights)
    m = min(map(len, lists))
    return DrawnSamples(
        np.array([Fraction(weight, sum(weights)) for weight in weights], dtype=object),
        of_tasks,
        np.array([rows[:m] for rows in lists], dtype=object),
    )


def vector(numbers: SearchStrategy[Any], size: int) -> tuple[SearchStrategy[Any], ...]:
    """A strategy for each of so many numbers."""
    return (numbers,) * size


def draw_dimension(draw: DrawFn, limits: Limits) -> tuple[int, int]:
    """The dimension d, and how many coordinates to draw.

    Where few dimensions are allowed, all of their coordinates are drawn, so that d can shrink without changing the
    other draws.
    """
    most = limits.max_dimension
    d = draw(st.integers(1, most))
    return d, most if most <= LARGEST_PADDED_DIMENSION else d
