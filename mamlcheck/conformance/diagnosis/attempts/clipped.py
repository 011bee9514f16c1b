"""A candidate whose norm, or whose components, are cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation, of_candidate
from mamlcheck.conformance.diagnosis.fits import (
    TELLING_SHARE,
    Fit,
    Question,
    beyond_rounding,
    fit,
    relative_tolerance,
    unit_of,
)
from mamlcheck.conformance.subjects.observing import Observation

ORDER = 50
NORM_GUARD = 1e-6  # what a framework may add to the norm that it divides by, as torch.nn.utils.clip_grad_norm_ does

NORM_CAUSE = Cause("clipped", "Most likely the training step scales the gradient down where its norm exceeds a limit.")
VALUES_CAUSE = Cause("clipped_by_value", "Most likely the training step clips the components of the gradient.")


def attempt(question: Question) -> Explanation | None:
    """The first candidate that is cut, by its norm or by its components."""
    for one in question.fits:
        found = _by_norm(question, one) or _by_value(question, one.candidate)
        if found is not None:
            return found
    return None


def _by_norm(question: Question, one: Fit) -> Explanation | None:
    if one.residual > TELLING_SHARE:
        return None  # not even the direction: spare the tolerances
    if beyond_rounding(one, question.seen, question.units, NORM_GUARD):
        return None
    c, norms = one.candidate, [o.size for o in question.seen]
    slack = [
        2 * relative_tolerance(c, o, f, u) + NORM_GUARD / n
        for o, f, u, n in zip(question.seen, one.factors, question.units, norms, strict=True)
    ]
    cut = [f < 1 - s for f, s in zip(one.factors, slack, strict=True)]
    if not any(cut):
        return None
    limit = max(n for n, is_cut in zip(norms, cut, strict=True) if is_cut)
    for n, f, r, s, is_cut in zip(norms, one.factors, one.residuals, slack, cut, strict=True):
        in_place = abs(n / limit - 1) <= s if is_cut else abs(f - 1) <= s and n <= limit * (1 + s)
        if r > s or not in_place:
            return None

    def allows(o: Observation) -> bool:
        there = fit(c, [o])
        factor = there.factors[0]
        slack = 2 * relative_tolerance(c, o, factor, unit_of(o)) + NORM_GUARD / o.size
        in_place = abs(o.size / limit - 1) <= slack if factor < 1 - slack else abs(factor - 1) <= slack
        return there.residual <= slack and in_place

    return _cut(question, c, f"its norm is clipped at {limit:.4g}", NORM_CAUSE, allows)


def _by_value(question: Question, c: Candidate) -> Explanation | None:
    limit = max(float(np.abs(o.direction).max()) for o in question.seen)
    cut = False
    for o in question.seen:
        v = c.screened(o.problem)
        cut |= bool((np.abs(v) > limit * (1 + TELLING_SHARE)).any())
        if float(np.linalg.norm(o.direction - np.clip(v, -limit, limit)) / np.linalg.norm(o.direction)) > TELLING_SHARE:
            return None
    if not cut:
        return None

    def allows(o: Observation) -> bool:
        v = np.clip(c.screened(o.problem), -limit, limit)
        left = float(np.linalg.norm(o.direction - v) / o.size)
        if beyond_rounding(Fit(c, (1.0,), (left,)), [o], [unit_of(o)]):
            return False
        return left <= 2 * relative_tolerance(c, o, 1.0, unit_of(o))

    if not all(allows(o) for o in question.seen):
        return None
    return _cut(question, c, f"its components are clipped at {limit:.4g}", VALUES_CAUSE, allows)


def _cut(
    question: Question, c: Candidate, clause: str, cause: Cause, allows: Callable[[Observation], bool]
) -> Explanation:
    e = of_candidate(c)
    return replace(
        e,
        defects=(*e.defects, cause.id),
        clauses=(*e.clauses, clause),
        causes=(cause,),  # what is wrong with the candidate besides is no cause of the cut
        error=max(fit(c, [o]).residual for o in question.seen),
        allows=allows,
    )
