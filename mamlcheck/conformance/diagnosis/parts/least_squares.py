"""Numbers that fit observations best: some that a direction depends on in any way, and some that it is linear in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Array = np.ndarray

MOST_STEPS = 30  # a search that has not come near by then starts too far away
SMALL = 1e-6  # of a number: the step by which slopes are taken, near the cube root of the doubles' last place
LEAST_GAIN = 1e-3  # a search that gains less than that share of what is left has come to its end


@dataclass(frozen=True)
class Solution:
    """numbers: those of any kind (p,). factors: the linear ones (L,). residuals: what is left of each observation,
    relative.
    """

    numbers: Array
    factors: Array
    residuals: tuple[float, ...]

    @property
    def residual(self) -> float:
        """The largest."""
        return max(self.residuals)


def linear(columns: Sequence[Array], rights: Sequence[Array]) -> tuple[Array, tuple[float, ...]]:
    """The factors (L,) that fit every right (n,) by its columns (n, L) best, each counting alike; the relative rest."""
    sizes = [float(np.linalg.norm(x)) for x in rights]
    a = np.concatenate([m / size for m, size in zip(columns, sizes, strict=True)])
    b = np.concatenate([x / size for x, size in zip(rights, sizes, strict=True)])
    if not np.isfinite(a).all():
        return np.zeros(a.shape[1]), (np.inf,) * len(rights)
    factors, *_ = np.linalg.lstsq(a, b, rcond=None)
    left = [float(np.linalg.norm(x - m @ factors)) / s for m, x, s in zip(columns, rights, sizes, strict=True)]
    return factors, tuple(left)


def fitted(columns: Callable[[Array], Sequence[Array]], rights: Sequence[Array], start: Array) -> Solution:
    """From a start by damped Gauss-Newton steps, slopes by differences. columns: (..., n, L) of each observation, for
    numbers (..., p).
    """
    sizes = [float(np.linalg.norm(x)) for x in rights]

    def slopes(at: Array, factors: Array, base: Array) -> Array:
        """By each number (p, n), all of them at once."""
        moved = columns(at + SMALL * np.eye(at.size))
        parts = [m @ factors / size for m, size in zip(moved, sizes, strict=True)]
        change = (np.concatenate(parts, axis=-1) - base) / SMALL
        return np.broadcast_to(change, (at.size, base.size))  # of numbers that change nothing there is one row

    b = np.concatenate([x / size for x, size in zip(rights, sizes, strict=True)])
    at = np.array(start, dtype=float)
    here = columns(at)
    factors, left = linear(here, rights)
    damping = 1e-3
    if not at.size:
        return Solution(at, factors, left)
    for _ in range(MOST_STEPS):
        straight = np.concatenate([m / size for m, size in zip(here, sizes, strict=True)])
        base = straight @ factors
        a = np.concatenate([slopes(at, factors, base).T, straight], axis=1)
        if not np.isfinite(a).all():
            break
        before = float(np.linalg.norm(b - base))
        better = False
        for _ in range(6):
            damped = np.concatenate([a, np.diag(np.sqrt(damping) * np.linalg.norm(a, axis=0))])
            step, *_ = np.linalg.lstsq(damped, np.concatenate([b - base, np.zeros(a.shape[1])]), rcond=None)
            there = at + step[: at.size]
            columns_there = columns(there)
            found, rest = linear(columns_there, rights)
            after = float(np.linalg.norm(rest))
            if after < before:
                better = True
                break
            damping *= 10
        if not better:
            break
        at, here, factors, left = there, columns_there, found, rest
        damping = max(damping / 100, 1e-15)
        if before - after < LEAST_GAIN * before:
            break
    return Solution(at, factors, left)
