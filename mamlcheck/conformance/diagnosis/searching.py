"""The search for a number of a subject's own, such as HF-MAML's delta or an inner rate, in doubles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.fits import Question, fit
from mamlcheck.conformance.problems.problem import Problem

Array = np.ndarray

HOPELESS_RESIDUAL = 0.5  # relative; no number near one that leaves so much is tried, which shortens the search, no more
MOST_NEWTON_STEPS = 60  # the search ends at the resolution of doubles long before
GRID_POINTS = 9
NEAR = 1e-6  # in logarithms: no kink is expected within that
SMALL_STEP = 1e-7  # once steps are that small and shrink no more, they are rounding
LEAST_SHARE = 1e-3  # of what is left: a step that moves the direction by less changes no more of it than that


def nearest(question: Question, tried: Callable[[float], Candidate], numbers: Array) -> float | None:
    """The number with the best fit on the longest direction; None where none comes near it."""
    residuals = [fit(tried(float(number)), [question.widest]).residual for number in numbers]
    return None if min(residuals) > HOPELESS_RESIDUAL else float(numbers[int(np.argmin(residuals))])


def zoomed(residual_at: Callable[[float], float], start: float, ratio: float) -> float:
    """The number > 0 that fits best within start / ratio to start * ratio, by ever finer grids: where directions jump
    between numbers, as those of a network with kinks, there is no slope to follow until the number is near.
    """
    at = start
    while np.log(ratio) > NEAR:
        grid = at * ratio ** np.linspace(-1, 1, GRID_POINTS)
        at = float(grid[int(np.argmin([residual_at(float(number)) for number in grid]))])
        ratio **= 1 / 3
    return at


def refined(
    direction_at: Callable[[float, Problem], Array], question: Question, start: float, width: float = 0.2
) -> float:
    """The number > 0 that fits best up to a factor, by Gauss-Newton steps in its logarithm, slopes by differences.

    direction_at: the direction (n,) on a problem, in doubles, for such a number. width: of the first difference.
    """
    o = question.widest

    def direction(log: float) -> Array:
        return direction_at(float(np.exp(log)), o.problem)

    at = float(np.log(start))
    last = np.inf
    for _ in range(MOST_NEWTON_STEPS):
        here = direction(at)
        slope = (direction(at + width) - here) / width
        if not (np.isfinite(here).all() and np.isfinite(slope).all()):
            return start  # the search has led to where the formula cannot be computed
        (factor, change), *_ = np.linalg.lstsq(np.stack([here, slope], axis=1), o.direction, rcond=None)
        if not factor or not slope.any():
            break
        step = float(np.clip(change / factor, -1, 1))
        at += step
        width = max(min(width, abs(step)), 1e-9)
        if abs(step) < 1e-13 or last <= abs(step) < SMALL_STEP:
            break
        left = float(np.linalg.norm(o.direction - factor * here - change * slope))
        if abs(factor * step) * float(np.linalg.norm(slope)) < LEAST_SHARE * left:
            break  # nothing fits: the last digits of the number that does so best are of no use
        last = abs(step)
    return float(np.exp(at))
