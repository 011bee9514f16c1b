"""What families share to certify their constants: bounds that are not below, and probabilities that sum to 1.

It knows nothing of any family.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import numpy as np

from mamlcheck.arithmetic import Arithmetic, Numbers, arb, ball, rational
from mamlcheck.arithmetic.exact import double_above, exact_array, fractions_of, frozen, nearest_double, short_text
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
    for row in rows:
        exact = [Fraction(v) for v in row.tolist()]
        if min(exact) < 0:
            raise InputError(f"a probability is {_said(min(exact))}: give numbers from 0 to 1")
        if sum(exact) != 1:
            raise InputError(
                f"the probabilities sum to {_said(sum(exact, Fraction(0)))}, not 1 exactly: give fractions, such as "
                "Fraction(1, 3), since thirds are not doubles"
            )


def _said(value: Fraction) -> str:
    return short_text(value, 60) or f"about {nearest_double(value):.17g}"


def _sound_on_grid(rows: np.ndarray) -> bool:
    """Whether all are multiples of 2**-GRID_BITS in [0, 1] and sum to 1: told exactly, for a whole block at once."""
    if rows.dtype != np.float64 or not ((rows >= 0) & (rows <= 1)).all() or rows.shape[-1] > 2**8:
        return False
    counts = rows * 2.0**GRID_BITS  # exact, and so are the sums: integers of at most 2**52
    return bool((counts == np.floor(counts)).all() and (counts.sum(axis=-1) == 2.0**GRID_BITS).all())
