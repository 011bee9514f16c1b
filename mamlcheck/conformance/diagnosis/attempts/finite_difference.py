"""An algorithm that takes differences, such as HF-MAML, with a delta that nobody declared."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from mamlcheck.conformance.algorithms import Algorithm, algorithms
from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding, of_match
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, Question, fit, relative_error, rounding, within
from mamlcheck.conformance.diagnosis.hessian_term import decides, decisive, exact_and_term
from mamlcheck.conformance.diagnosis.searching import nearest, refined
from mamlcheck.conformance.mutants import Mutant, mutants
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.reference import Difference
from mamlcheck.conformance.subjects.observing import Observation

ORDER = 40
SEARCHES = True
IS_ALPHA = Cause("delta_is_alpha", "Most likely the rate of the inner steps is taken for the step of the difference.")
STARTING_DELTAS = 10.0 ** np.arange(-6.0, 2.1, 0.5)


def attempt(question: Question) -> Explanation | None:
    """The algorithm as it is, with a step over the norm, then with a defect in how the difference is taken."""
    for known in algorithms().values():
        if known.hessian == "difference":
            for mutant, role, over_norm in _forms(known):
                found = _of_form(question, partial(_tried, known, role, over_norm, mutant))
                if found is not None:
                    return found
            for role in known.hessian_roles:
                found = _of_alpha(question, known, role)
                if found is not None:
                    return found
    return None


def _of_alpha(question: Question, known: Algorithm, role: str) -> Explanation | None:
    """With the inner rate as its delta, where rates differ: one number would have been found."""
    if len({o.problem.alpha for o in question.seen}) < 2:
        return None

    def there(o: Observation) -> Candidate:
        return _tried(known, role, False, None, o.problem.alpha)

    def allows(o: Observation) -> bool:
        return o.problem.alpha > 0 and within(there(o), o, question.wanted_factor(o))

    near = all(o.problem.alpha and fit(there(o), [o]).residual <= TELLING_SHARE for o in question.seen)
    there_with_units = zip(question.seen, question.units, strict=True)
    if not (near and all(decides(there(o), o, unit) and allows(o) for o, unit in there_with_units)):
        return None
    e = Explanation(
        known,
        error=max(relative_error(there(o), o, question.wanted_factor(o)) for o in question.seen),
        scale=question.wanted_factor(question.seen[0]),
        candidate=there(question.seen[0]),
        allows=allows,
    )
    return adding(e, IS_ALPHA.id, "the delta of its difference is alpha, the inner rate", IS_ALPHA)


def _forms(known: Algorithm) -> Iterator[tuple[Mutant | None, str, bool]]:
    """The forms of a difference: a defect or none, the set it is of, whether its step is over the norm."""
    for over_norm in (False, True):
        for role in known.hessian_roles:
            yield None, role, over_norm
    for mutant in mutants().values():
        if known in mutant.of and "hessian" in mutant.hessian_roles:  # it is of the difference: it depends on delta
            for role in mutant.hessian_roles:
                yield mutant, role, False


def _tried(known: Algorithm, role: str, over_norm: bool, mutant: Mutant | None, delta: float) -> Candidate:
    return Candidate(known, Difference(float(delta), over_norm), role, mutant)


def _of_form(question: Question, tried: partial[Candidate]) -> Explanation | None:
    near = nearest(question, tried, STARTING_DELTAS)
    if near is None:
        return None
    # In float32 rounding can hide the digits of delta: then the round number that it is near to may fit.
    for delta in (refined(partial(_direction, tried), question, near), near):
        match = question.match_of(tried(delta))
        if match is None or not decisive(match.candidate, question):
            continue
        c = match.candidate
        if (c.mutant is None and question.declared == c.algorithm.name) or _visible(c, question):
            return of_match(question, match)
    return None


def _direction(tried: partial[Candidate], delta: float, given: Problem) -> np.ndarray:
    return tried(delta).screened(given)


def _visible(c: Candidate, question: Question) -> bool:
    """Whether the difference is told from the Hessian itself: with a tiny delta, anything near MAML would fit."""
    for o, unit in zip(question.seen, question.units, strict=True):
        apart = float(np.linalg.norm(c.enclosed(o.problem).midpoint - exact_and_term(c, o)[0]))
        if TELLING_SHARE * apart >= rounding(c, o, 1.0, unit):
            return True
    return False
