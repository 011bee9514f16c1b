"""What families share to certify their constants: bounds that are not below, and probabilities that sum to 1.

It knows nothing of any family.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import numpy as np

from mamlcheck.arithmetic import Arithmetic, Numbers, arb, ball, rational
from mamlcheck.arithmetic.exact import (
    double_above,
    each_once,
    exact_array,
    fractions_of,
    frozen,
    nearest_double,
    short_text,
)
from mamlcheck.arithmetic.linear import MOST_AT_ONCE
from mamlcheck.errors import InputError

MOST_EXACT_SAMPLES = 4096  # one-dimensional samples up to which constants are certified in exact fractions
CONSTANT_BITS = 40  # of a certified constant
PROVENANCES = ("exact", "certified", "estimated", "declared")  # best first


def weakest(*provenances: str) -> str:
    """The weakest of several provenances: what a constant built from all of them deserves."""
    return max(provenances, key=PROVENANCES.index)


def finite_bound(bound: Callable[[Any], np.ndarray], first: Any) -> np.ndarray:
    """The doubles that `bound(ar)` finds not below some number, by the arithmetic `first`.

    Where they are infinite they are found again by Arb, whose exponents have no end: what is infinite then has no bound
    that a double holds.
    """
    best = np.asarray(np.inf)
    for ar in (first, arb(64)):
        with ar.working():
            best = np.minimum(best, bound(ar))
        if np.isfinite(best).all():
            break
    return np.asarray(best)


def certified_constant(bound: Callable[[Any], np.ndarray], exactly: bool) -> np.ndarray:
    """`finite_bound` in exact fractions or in `ball`, rounded up to `CONSTANT_BITS`, read-only."""
    return frozen(rounded_up(finite_bound(bound, rational if exactly else ball)))


def rounded_up(constant: np.ndarray) -> np.ndarray:
    """The constant rounded up to `CONSTANT_BITS`: an upper bound still, and the same whatever the BLAS rounds its way.

    Constants that have so few bits, as those of simple exact tasks, stay exactly what they are.
    """
    mantissa, exponent = np.frexp(constant)
    with np.errstate(over="ignore"):
        return np.asarray(np.ldexp(np.ceil(np.ldexp(mantissa, CONSTANT_BITS)), exponent - CONSTANT_BITS))


def by_slices(bound: Callable[[np.ndarray], np.ndarray], of: np.ndarray, axes: int) -> np.ndarray:
    """bound(of), found for a few instances at a time where it holds many numbers: their matrices take much memory.

    axes: how many follow those of instances, if any, of which bound(of) has one.
    """
    if of.ndim == axes or of.size <= MOST_AT_ONCE:
        return bound(of)
    length = max(1, MOST_AT_ONCE * len(of) // of.size)
    return np.concatenate([bound(of[k : k + length]) for k in range(0, len(of), length)])


def numbers_above(values: Iterable[Fraction], shape: tuple[int, ...]) -> np.ndarray:
    """Exact numbers not below these, read-only: doubles, unless one exceeds them all; then the numbers themselves."""
    exact = [Fraction(v) for v in values]
    doubles = [double_above(v) for v in exact]
    return exact_array(np.array(doubles if np.isfinite(doubles).all() else exact).reshape(shape))


def fraction_array(values: np.ndarray) -> np.ndarray:
    """An exact array as an array of fractions."""
    out = np.empty(values.shape, dtype=object)
    out.reshape(-1)[:] = list(fractions_of(values))
    return out


# -- samples that are equal ----------------------------------------------------------------------------------
def spread_of(ar: Arithmetic, same_samples: np.ndarray) -> Numbers | None:
    """1 where the samples of a task differ, exactly 0 where they are the same (..., n); None where all differ.

    What batches change is multiplied by it: that is exactly 0 where there is nothing to change, where a difference
    of two equal enclosures would not be.
    """
    return ar.exact((~same_samples).astype(np.float64)) if same_samples.any() else None


def spread_out(spread: Numbers | None, x: Numbers, axes: int) -> Numbers:
    """x, exactly 0 for tasks of equal samples; x has `axes` axes behind that of the tasks, spread is `spread_of`."""
    return x if spread is None else x * spread[(..., *(None,) * axes)]


def mean_of_drawn(ar: Arithmetic, of_samples: Numbers, drawn: np.ndarray) -> Numbers:
    """The means (..., K, d) over the samples drawn, indices (K, D), of what the samples have (..., m, d)."""
    total = ar.take(of_samples, drawn[:, 0], -2)
    for k in range(1, drawn.shape[1]):
        total = total + ar.take(of_samples, drawn[:, k], -2)
    return total / int(drawn.shape[1])


# -- probabilities -------------------------------------------------------------------------------------------
GRID_BITS = 44  # of probabilities that lie on a grid, so that they sum to 1 exactly in doubles


def check_probabilities(probabilities: np.ndarray) -> None:
    """Raise `InputError` unless every row is non-negative and sums to exactly 1."""
    rows = probabilities.reshape(-1, probabilities.shape[-1])
    if _sound_on_grid(rows):
        return
    for row in rows[~_sound_as_small_fractions(rows)].tolist():
        exact = [Fraction(v) for v in row]
        if min(exact) < 0:
            raise InputError(f"a probability is {_said(min(exact))}: give numbers from 0 to 1")
        common = math.lcm(*(v.denominator for v in exact))
        if sum(v.numerator * (common // v.denominator) for v in exact) != common:
            raise InputError(
                f"the probabilities sum to {_said(sum(exact, Fraction(0)))}, not 1 exactly: give fractions, such as "
                "Fraction(1, 3), since thirds are not doubles"
            )


def _said(value: Fraction) -> str:
    return short_text(value, 60) or f"about {nearest_double(value):.17g}"


def _sound_as_small_fractions(rows: np.ndarray) -> np.ndarray:
    """Which rows certainly are fractions from 0 to 1 that sum to 1; False for some that are or may be, by int64.

    L, for whatever number that is, is a common multiple of a row's denominators if it is found to be one. If it is
    below 2**31, fractions of at most 1 have products with it that are too, and 2**8 of these can be summed.
    """
    if rows.dtype != object or rows.shape[-1] > 2**8:
        return np.zeros(len(rows), dtype=bool)
    objects, where = each_once(rows)  # of many rows, they are few
    above, below = np.array([_small_parts(v) for v in objects], dtype=np.int64).reshape(-1, 2).T[:, where]
    common = np.lcm.reduce(below, axis=-1, keepdims=True)  # anything where it overflows
    common[(common < 1) | (common >= 2**31)] = 1
    known = (above >= 0) & (above <= below) & (common % below == 0)
    return np.asarray(known.all(axis=-1) & (np.sum(above * (common // below), axis=-1) == common[:, 0]))


def _small_parts(value: object) -> tuple[int, int]:
    """Numerator and denominator of a fraction that has both in 64 bits; -1 and 1 for everything else."""
    if type(value) is Fraction and 0 <= value.numerator < 2**63 and value.denominator < 2**63:
        return value.numerator, value.denominator
    return -1, 1


def _sound_on_grid(rows: np.ndarray) -> bool:
    """Whether all are multiples of 2**-GRID_BITS in [0, 1] and sum to 1: told exactly, for a whole block at once."""
    if rows.dtype != np.float64 or not ((rows >= 0) & (rows <= 1)).all() or rows.shape[-1] > 2**8:
        return False
    counts = rows * 2.0**GRID_BITS  # exact, and so are the sums: integers of at most 2**52
    return bool((counts == np.floor(counts)).all() and (counts.sum(axis=-1) == 2.0**GRID_BITS).all())
