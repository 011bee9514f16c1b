"""An algorithm whose tasks have weights that differ from problem to problem, as those made of losses do."""

from __future__ import annotations

import numpy as np

from mamlcheck.conformance.diagnosis.attempts.weighed import held, one_by_one
from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, Question, algorithms_of
from mamlcheck.conformance.diagnosis.parts.searching import EQUATIONS
from mamlcheck.conformance.subjects.observing import Observation

ORDER = 107
MOST_TRIED = 6  # of all algorithms, those that fit best

Array = np.ndarray


def attempt(question: Question) -> Explanation | None:
    """The first algorithm whose directions of single tasks fit with some weights on each problem."""
    sizes = [(len(o.problem.key.tasks), o.problem.layout.size) for o in question.seen]
    if EQUATIONS * sum(tasks for tasks, _ in sizes) > sum(n for _, n in sizes) or any(b >= n for b, n in sizes):
        return None  # weights could fit anything
    for c in list(algorithms_of(question))[:MOST_TRIED]:
        weights = [_weights(c, o) for o in question.seen]
        if any(w is None for w in weights):
            continue
        known = [w for w in weights if w is not None]
        found = [held(c, w, o) for w, o in zip(known, question.seen, strict=True)]
        told = all(error <= allowed <= TELLING_SHARE for error, allowed in found)
        slack = max(allowed for _, allowed in found)
        if told and any(_unequal(w, slack) for w in known):
            return _of_weights(question, c, known, max(error for error, _ in found))
    return None


def _weights(c: Candidate, o: Observation) -> Array | None:
    """Of the tasks (B,), on one problem, fitted in doubles; None where no weights come near."""
    columns = np.stack([c.screened(p) for p in one_by_one(o.problem)], axis=1)
    if not np.isfinite(columns).all():
        return None
    weights, *_ = np.linalg.lstsq(columns, o.direction, rcond=None)
    near = np.linalg.norm(o.direction - columns @ weights) <= TELLING_SHARE * o.size
    return np.asarray(weights) if near else None


def _unequal(weights: Array, slack: float) -> bool:
    return float(np.ptp(weights)) > slack * float(np.abs(weights).max())


def _of_weights(question: Question, c: Candidate, weights: list[Array], error: float) -> Explanation:
    pairs = list(zip(weights, question.seen, strict=True))
    first, place = pairs[0]
    other, there = max(pairs, key=lambda pair: float(np.linalg.norm(pair[0] - first)))
    clause = (
        f"the tasks have weights that differ from problem to problem, such as {_shown(first)} on {place.problem.id} and"
        f" {_shown(other)} on {there.problem.id}"
    )
    cause = Cause("task_weights", "Most likely tasks are weighed by their losses, or by the norms of their gradients.")

    def allows(o: Observation) -> bool:
        found = _weights(c, o)
        if found is None:
            return False
        off, slack = held(c, found, o)
        return off <= slack <= TELLING_SHARE

    return Explanation(c.algorithm, (cause.id,), (clause,), (cause,), error=error, candidate=c, allows=allows)


def _shown(weights: Array) -> str:
    return ", ".join(f"{a:.4g}" for a in weights)
