"""Subjects that compute in a reduced precision, such as bfloat16 under autocast, whose rounding hides the rest.

What bfloat16 may be off by is too wide to tell algorithms apart by, as a bound for any order of any operations. What it
is off by can be seen, and is far less: so an algorithm is told where nothing else known comes near to what is observed,
and where what is left is no more than the bound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mamlcheck.conformance.data import UNIT_ROUNDOFF
from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding, noting, of_candidate, times
from mamlcheck.conformance.diagnosis.fits import (
    TELLING_SHARE,
    Question,
    relative_error,
    relative_tolerance,
    unit_of,
)
from mamlcheck.conformance.diagnosis.scales import Scale
from mamlcheck.conformance.subjects.observing import Observation

COARSEST = "bfloat16"
# What else is known is to be so many times further from what is observed than the best: were it that, rounding would
# have to lead from there to the best, which is a single direction among all that rounding takes at random.
APART = 5
LEAST_SHARE = 2.0**-4  # of one rounding, that an error is to be for a precision to be asked after
# What may explain an error that nobody declared, the finer first, and how it comes about.
WOULD_EXPLAIN = (
    ("float32", "something is computed or kept in it on the way"),
    (COARSEST, "it computes in reduced precision, such as under autocast"),
)
MOST_OF_THEM = 0.5  # of the components, how many rounding is to be seen in


@dataclass(frozen=True)
class Near:
    """An explanation that an observation is near to. error: relative. precision: explains it."""

    error: float
    precision: str


def as_good_as_its_precision(question: Question) -> Explanation | None:
    """The best fit, if the precision that was declared, or that its outputs were seen in, explains what it leaves and
    nothing else comes near.
    """
    declared = question.metadata.computes
    meant = declared or _of_the_model(question)
    precision = meant or seen_in(question)
    found = None if precision is None else _as_good_as(question, precision)
    if found is None or precision is None:
        return None
    how = ", as declared" if declared else ", as the model does" if meant else ""
    explained = noting(
        found,
        f"It computes in {precision}{how}, which explains a relative error of {found.error:.0e}; nothing else known "
        "comes within five times that.",
    )
    return explained if meant else computed_in(explained, precision, question)


def _of_the_model(question: Question) -> str | None:
    """The precision that the model itself casts to, coarser than float32, on every problem."""
    units = {o.problem.kind.unit_roundoff for o in question.seen}
    coarse = {unit: name for name, unit in UNIT_ROUNDOFF.items() if unit > UNIT_ROUNDOFF["float32"]}
    return coarse.get(units.pop()) if len(units) == 1 else None


def seen_in(question: Question) -> str | None:
    """The precision that something was seen in on every problem, where that is coarser than what was asked for."""
    found = {o.computed for o in question.seen}
    one = found.pop() if len(found) == 1 else ""
    return one if UNIT_ROUNDOFF.get(one, 0.0) > max(question.units) else None


def computed_in(e: Explanation, precision: str, question: Question) -> Explanation:
    """With the precision that was seen, which explains the rest, as far as its rounding is as large."""
    return adding(
        e,
        "lower_precision",
        f"outputs of its model, or its result, are in {precision}, which rounds as much as is left, though the problem "
        f"is in {question.seen[0].problem.dtype}",
        Cause(
            "lower_precision",
            f"Most likely a cast or autocast to {precision} is in the code: if it is meant, declare "
            f'computes="{precision}".',
        ),
    )


def hinted(e: Explanation, question: Question) -> Explanation:
    """With a note, where nothing is recognised, and a reduced precision that was not declared would explain that."""
    if e.found is not None or question.metadata.computes is not None:
        return e
    for precision, where in WOULD_EXPLAIN:
        found = _as_good_as(question, precision)
        if found is not None and (found.error or 0.0) >= LEAST_SHARE * UNIT_ROUNDOFF[precision]:
            return noting(
                e,
                f"{precision} would explain what the best fit leaves, and nothing else known comes within five times "
                f'that. If {where}, declare it: computes="{precision}".',
            )
    return e


def _as_good_as(question: Question, precision: str) -> Explanation | None:
    """The best fit, if a precision explains what it leaves and nothing else comes near."""
    if UNIT_ROUNDOFF[precision] <= min(question.units):
        return None
    best, *others = question.fits
    near = [other.candidate for other in others if other.residual < APART * best.residual]
    if not all(_same(best.candidate, c, question) for c in near):
        return None
    c = best.candidate
    for scale in question.scales:
        factors = [scale.factor(o.problem) for o in question.seen]
        errors = [relative_error(c, o, f) for o, f in zip(question.seen, factors, strict=True)]
        there = list(zip(errors, question.seen, factors, strict=True))
        if all(e <= _most(question, o, scale, precision) and rounded_like(c, o, f, precision) for e, o, f in there):
            break
    else:
        return None

    def allows(o: Observation) -> bool:
        nearest, factor = question.of([o]).fits[0].candidate, scale.factor(o.problem)
        close = relative_error(c, o, factor) <= _most(question, o, scale, precision)
        return close and nearest == c and rounded_like(c, o, factor, precision)

    def predicts(o: Observation) -> np.ndarray:
        return scale.factor(o.problem) * c.enclosed(o.problem).midpoint

    e = replace(of_candidate(c), error=max(errors), scale=factors[0], allows=allows, predicts=predicts)
    return times(e, scale)


def rounded_like(c: Candidate, o: Observation, factor: float, precision: str) -> bool:
    """Whether an error is in most components, as rounding in a coarse precision leaves it: one that is in a few alone,
    the others being right to the last digits of a finer one, is something else. An error that the precision asked for
    explains needs no other.
    """
    unit = unit_of(o)
    if relative_error(c, o, factor) <= relative_tolerance(c, o, factor, unit):
        return True
    right = factor * c.enclosed(o.problem).midpoint
    between = np.sqrt(unit * UNIT_ROUNDOFF[precision])
    counted = right != 0
    return bool(np.mean(np.abs(o.direction - right)[counted] > between * np.abs(right)[counted]) >= MOST_OF_THEM)


def _same(a: Candidate, b: Candidate, question: Question) -> bool:
    """Whether two candidates have the same direction, as MAML has and Meta-SGD, which adds a part for its rates."""
    return all(np.array_equal(a.screened(o.problem), b.screened(o.problem)) for o in question.seen)


def near(e: Explanation, o: Observation, question: Question) -> Near | None:
    """How near an observation is to an explanation, where rounding in a precision coarser than the observation's
    explains that, and nothing else known is nearer; in the declared precision, or in bfloat16.
    """
    precision = question.metadata.computes or COARSEST
    if e.predicts is None or e.allows is None or UNIT_ROUNDOFF[precision] <= unit_of(o):
        return None
    error = float(np.linalg.norm(o.direction - e.predicts(o))) / o.size
    nearer = question.of([o]).fits[0]
    explained = e.allows(replace(o, dtype=precision))
    told = error <= TELLING_SHARE and (nearer.candidate == e.candidate or nearer.residual > error)
    return Near(error, precision) if explained and told else None


def _most(question: Question, o: Observation, scale: Scale, precision: str) -> float:
    """The relative error that a precision explains, and that lets anything be told."""
    c = question.fits[0].candidate
    return min(TELLING_SHARE, relative_tolerance(c, o, scale.factor(o.problem), UNIT_ROUNDOFF[precision]))
