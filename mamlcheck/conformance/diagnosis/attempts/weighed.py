"""An algorithm's directions of the tasks, with other weights than equal ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, Question, algorithms_of, lost, unit_of
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.subjects.observing import Observation

ORDER = 100
Array = np.ndarray


def attempt(question: Question) -> Explanation | None:
    """The first algorithm whose directions of single tasks, weighed, fit."""
    for c in algorithms_of(question):
        columns = [np.stack([c.screened(p) for p in one_by_one(o.problem)], axis=1) for o in question.seen]
        rights = [o.direction for o in question.seen]
        weights, *_ = np.linalg.lstsq(np.concatenate(columns), np.concatenate(rights), rcond=None)
        left = [np.linalg.norm(x - m @ weights) for m, x in zip(columns, rights, strict=True)]
        if any(off > TELLING_SHARE * np.linalg.norm(x) for off, x in zip(left, rights, strict=True)):
            continue
        found = [held(c, weights, o) for o in question.seen]
        errors, allowed = [error for error, _ in found], [slack for _, slack in found]
        unequal = float(np.ptp(weights)) > max(allowed) * float(np.abs(weights).max())
        if unequal and all(e <= a <= TELLING_SHARE for e, a in zip(errors, allowed, strict=True)):
            return _of_weights(c, weights, max(errors), max(allowed))
    return None


def held(c: Candidate, weights: Array, o: Observation) -> tuple[float, float]:
    """The relative error against the tasks' directions with these weights, and what rounding explains of it."""
    parts, unit = list(one_by_one(o.problem)), unit_of(o)
    enclosed = [c.enclosed(p) for p in parts]
    error = float(np.linalg.norm(o.direction - sum(a * e.midpoint for a, e in zip(weights, enclosed, strict=True))))
    off = sum(abs(a) * unit * c.tolerance(p) for a, p in zip(weights, parts, strict=True)) + lost(o, unit)
    radius = sum(abs(a) * float(np.linalg.norm(e.radius)) for a, e in zip(weights, enclosed, strict=True))
    return error / o.size, (2 * float(off) + radius) / o.size  # twice: the weights come from a rounded direction too


def one_by_one(given: Problem) -> Iterator[Problem]:
    """A problem with each of its tasks alone."""
    return (given.but(tasks=(i,)) for i in given.key.tasks)


def _of_weights(c: Candidate, weights: Array, error: float, allowed: float) -> Explanation:
    shown = [0.0 if abs(a) <= allowed * float(np.abs(weights).max()) else float(a) for a in weights]
    left_out = [str(i + 1) for i, a in enumerate(shown) if not a]
    text = ", ".join(f"{a:.4g}" for a in shown)
    clause = f"the tasks have the weights {text}, not 1/{len(shown)} each"
    cause = "Most likely the mean over tasks is a running one, or tasks are weighed by something."
    if left_out:
        clause += f": task {' and '.join(left_out)} of {len(shown)} is left out"
        cause = "Most likely the loop over tasks starts too late or ends too early."

    def allows(o: Observation) -> bool:
        off, slack = held(c, weights, o)
        return off <= slack <= TELLING_SHARE

    return Explanation(
        c.algorithm,
        ("task_weights",),
        (clause,),
        (Cause("task_weights", cause),),
        error=error,
        candidate=c,
        allows=allows,
    )
