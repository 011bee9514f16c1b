"""Own problems whose losses have kinks: a correct subject may be on the other side of those that its precision cannot
decide, so its direction is compared with that of the side that it is on.

Which side that is shows in the direction itself: each decision that goes the other way adds a change of its own, and
decisions that are turned are those whose changes are in the direction. The side found is only a guess, which costs
nothing: the direction on it is computed anew, and the subject has to meet that to within its tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mamlcheck.arithmetic.protocol import DirectionArithmetic
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.reference import Direction, Hessian, Run, screened
from mamlcheck.errors import InputError
from mamlcheck.programs.kinks import Kink, Watching, at_risk
from mamlcheck.programs.running import Forced

MOST_SIDES = 32  # each is a direction to compute; own models of a million decisions have some ten at risk in float32


def kinks_at_risk(
    problem: Problem, direction: Direction, unit_roundoff: float, hessian: Hessian = "exact", role: str = "inner"
) -> tuple[Kink, ...]:
    """The decisions in a direction that an arithmetic of this unit roundoff may turn."""

    def formula(ar: DirectionArithmetic, watching: Watching) -> object:
        watched = _with(problem, watching=watching)
        return direction(Run(ar, watched, hessian, role))

    return at_risk(formula, unit_roundoff)


def on_the_side(problem: Problem, forced: Forced) -> Problem:
    """The problem with some decisions forced: its directions, references and tolerances are those of that side.

    The names of evaluations are those of the direction that the kinks were found in.
    """
    return _with(problem, forced=forced)


def held(problem: Problem) -> Problem:
    """The problem as if no kink lay between the ends of a difference of gradients: decisions there are those in its
    middle.
    """
    return _with(problem, held=True)


def side_of(
    problem: Problem,
    direction: Direction,
    kinks: Sequence[Kink],
    found: np.ndarray,
    hessian: Hessian = "exact",
    role: str = "inner",
) -> Forced:
    """The sides of decisions at risk that a subject is most likely on, from its direction (n,); none, if on the usual.

    The difference from the direction on the usual side is written as a sum of the changes that one decision at a time
    makes, by least squares: those with a factor above 1/2 are turned. Decisions that change nothing, and all but the
    first of those that change the same, are left out: they cannot be told, and need not be.
    """
    usual = screened(problem, direction, hessian, role)
    single = [(kink.evaluation, side) for kink in kinks for side in kink.sides]
    changes = [screened(on_the_side(problem, (one,)), direction, hessian, role) - usual for one in single]
    kept: list[int] = []
    for k, change in enumerate(changes):
        rest = change - _within(change, [changes[i] for i in kept])
        if np.linalg.norm(rest) > len(changes) * 2.0**-26 * np.linalg.norm(change):  # half of the digits of doubles
            kept.append(k)
    if not kept:
        return ()
    factors = np.linalg.lstsq(np.stack([changes[k] for k in kept], 1), found - usual, rcond=None)[0]
    return tuple(single[k] for k, factor in zip(kept, factors.tolist(), strict=True) if factor > 1 / 2)


def its_side(
    problem: Problem, direction: Direction, unit_roundoff: float, found: np.ndarray, hessian: Hessian, role: str
) -> tuple[Problem, tuple[Kink, ...]] | None:
    """The problem on the side that a subject's direction (n,) is on, and the kinks at risk.

    None where none is at risk, or so many that a side would be found by chance.
    """
    kinks = kinks_at_risk(problem, direction, unit_roundoff, hessian, role)
    if not 0 < sum(len(kink.sides) for kink in kinks) <= MOST_SIDES:
        return None
    return on_the_side(problem, side_of(problem, direction, kinks, found, hessian, role)), kinks


def too_many_sides(problem: Problem, direction: Direction, unit_roundoff: float, hessian: Hessian, role: str) -> int:
    """How many decisions are at risk, if they have more sides than `its_side` tries; else 0."""
    sides = sum(len(kink.sides) for kink in kinks_at_risk(problem, direction, unit_roundoff, hessian, role))
    return sides if sides > MOST_SIDES else 0


def _within(vector: np.ndarray, others: Sequence[np.ndarray]) -> np.ndarray:
    """The part of a vector that others span."""
    if not others:
        return np.zeros_like(vector)
    basis = np.stack(others, 1)
    return np.asarray(basis @ np.linalg.lstsq(basis, vector, rcond=None)[0])


def _with(problem: Problem, **changes: Any) -> Problem:
    kind: Any = problem.kind
    if not hasattr(kind, "forced"):
        raise InputError(f"{problem.name} is a built-in problem, whose losses have no kinks: give an own problem")
    return replace(problem, kind=replace(kind, **changes))
