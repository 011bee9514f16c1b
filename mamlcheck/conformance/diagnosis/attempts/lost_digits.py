"""HF-MAML whose difference has lost its digits: fine in a finer precision, and unlike anything in this one."""

from __future__ import annotations

from collections.abc import Sequence

from mamlcheck.arithmetic.rounding import LAMBDA
from mamlcheck.conformance.diagnosis.attempts import coarse, finite_difference, matched, rounded
from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.explanation import Explanation, too_small_delta
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, Question, relative_error, relative_tolerance, unit_of
from mamlcheck.conformance.diagnosis.hessian_term import share_of_term
from mamlcheck.conformance.reference import Difference
from mamlcheck.conformance.subjects.observing import Observation

ORDER = 80


def attempt(question: Question) -> Explanation | None:
    """In the finer precision it must be MAML or HF-MAML with nothing wrong, and here no further off than the rounding
    of that difference explains.
    """
    finer = question.other
    if finer is None or finer.failure is not None or not finer.directions or unit_of(finer) >= min(question.units):
        return None
    there = _in_finer_precision(Question([finer], question.metadata, question.declared))
    if there is None or there.candidate is None or there.scale is None:
        return None
    c = there.candidate.variant("exact")
    factor = there.scale / question.wanted_factor(finer)
    factors = [factor * question.wanted_factor(o) for o in question.seen]
    delta = question.metadata.delta if there.delta is None else there.delta
    for o, f, unit in zip(question.seen, factors, question.units, strict=True):
        if delta is not None:
            known = Candidate(there.candidate.algorithm.variants["difference"], Difference(delta), c.role)
            allowed = relative_tolerance(known, o, f, unit)
        else:  # Delta is unknown: scale the error seen in the finer precision by the ratio of the unit roundoffs.
            allowed = LAMBDA * relative_error(c, finer, there.scale) * unit / unit_of(finer)
        if relative_error(c, o, f) > allowed:
            return None
    return _of_lost(question.seen, c, factors, delta)


def _in_finer_precision(question: Question) -> Explanation | None:
    for tried in (matched, rounded, finite_difference, coarse):
        there = tried.attempt(question)
        if there is not None:
            break
    if there is None or there.found is None or there.defects:
        return None
    return there if there.found.hessian != "none" and "difference" in there.found.variants else None


def _of_lost(
    seen: Sequence[Observation], c: Candidate, factors: Sequence[float], delta: float | None
) -> Explanation | None:
    pairs = list(zip(seen, factors, strict=True))
    lost = max(share_of_term(c, o, f) for o, f in pairs)
    if lost <= TELLING_SHARE:
        return None
    error = max(relative_error(c, o, f) for o, f in pairs)
    found = Explanation(c.algorithm.variants["difference"], error=error, delta=delta)
    return too_small_delta(found, lost, f"delta is too small for {seen[0].problem.dtype}: rounding")
