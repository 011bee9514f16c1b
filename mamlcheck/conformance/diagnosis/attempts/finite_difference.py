"""An algorithm that takes differences, such as HF-MAML, with a delta that nobody declared."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from mamlcheck.conformance.algorithms import Algorithm, algorithms
from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.explanation import Explanation, of_match
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, Question, rounding
from mamlcheck.conformance.diagnosis.hessian_term import decisive, exact_and_term
from mamlcheck.conformance.diagnosis.searching import nearest, refined
from mamlcheck.conformance.mutants import Mutant, mutants
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.reference import Difference

ORDER = 40
SEARCHES = True
STARTING_DELTAS = 10.0 ** np.arange(-6.0, 2.1, 0.5)


def attempt(question: Question) -> Explanation | None:
    """The algorithm as it is, with a step over the norm, then with a defect in how the difference is taken."""
    for known in algorithms().values():
        if known.hessian == "difference":
            for mutant, role, over_norm in _forms(known):
                found = _of_form(question, partial(_tried, known, role, over_norm, mutant))
                if found is not None:
                    return found
    return None


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
