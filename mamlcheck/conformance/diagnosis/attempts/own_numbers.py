"""An algorithm with numbers of its own, such as a momentum, a penalty or a meta rate, that nobody declared.

The values that are in use are tried, at most two of them off their defaults; then one that fits is searched for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import product

import numpy as np

from mamlcheck.conformance.algorithms import Own, algorithms
from mamlcheck.conformance.diagnosis.candidates import Candidate, plain, with_numbers
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding, noting, of_match
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, Fit, Question, fit, rounding
from mamlcheck.conformance.diagnosis.searching import HOPELESS_RESIDUAL, refined
from mamlcheck.conformance.mutants import mutants
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.words import listed

ORDER = 35
SEARCHES = True
MOST_OFF = 2  # of an algorithm's own numbers, how many are tried off their defaults at a time
MOST_MATCHED = 8  # of all values in use, how many are held against all observations
MOST_SEARCHED = 8  # of all algorithms and defects, each with its counts, from how many a search starts
DIGITS = 12  # a number that was found is tried with so many digits first: most are typed in with few
PILED_UP = Cause("inner_gradients_pile_up", "Most likely gradients are accumulated, and not zeroed before each step.")


def attempt(question: Question) -> Explanation | None:
    """What fits with values in use, or with one number that is searched for; the best fit first."""
    best = [sorted(_tried(question, c), key=_residual) for c in _forms(question)]
    near = [
        one for one in sorted((one for form in best for one in form), key=_residual) if one.residual < TELLING_SHARE
    ]
    for one in near[:MOST_MATCHED]:
        found = _explained(question, one.candidate)
        if found is not None:
            return found
    starts = sorted((one for form in best for one in _starts(form)), key=_residual)
    for one in starts[:MOST_SEARCHED]:
        for c in _searched(question, one.candidate):
            found = _explained(question, c)
            if found is not None:
                return found
    return None


def _forms(question: Question) -> Iterator[Candidate]:
    """The algorithms with numbers of their own, then their defects."""
    known = [a for a in algorithms().values() if a.numbers and a.hessian != "difference"]
    steps = question.seen[0].problem.steps
    found = [plain(a) for a in known]
    found += [replace(plain(a), mutant=m) for m in mutants().values() for a in known if a in m.of]
    return (c for c in found if c.from_steps <= steps)


def _tried(question: Question, c: Candidate) -> Iterator[Fit]:
    """With the values in use, on the longest direction."""
    names = [name for name, _ in c.algorithm.numbers]
    for values in product(*(tried.values for _, tried in c.algorithm.numbers)):
        own = tuple(zip(names, values, strict=True))
        if sum(value != c.algorithm.defaults[name] for name, value in own) <= MOST_OFF:
            yield fit(replace(c, own=own), [question.widest])


def _explained(question: Question, c: Candidate) -> Explanation | None:
    match = question.match_of(c)
    if match is None or not _visible(question, c) or _as_coarse(question, c):
        return None
    declared = with_numbers(replace(c, own=()), question.metadata.numbers)
    if question.metadata.numbers and question.declared == c.algorithm.name:
        others = {name: value for name, value in c.own if value != declared.numbers[name]}
        clauses = [
            f"{name} = {value:.6g}, where {declared.numbers[name]:.6g} was declared" for name, value in others.items()
        ]
        return adding(of_match(question, match), "other_numbers", f"it fits with {listed(clauses)}")
    said = listed([f"{name} = {value:.6g}" for name, value in c.numbers.items()])
    e = of_match(question, match)
    if c.numbers.get("momentum") == 1:
        e = adding(e, PILED_UP.id, "the gradients of its inner steps pile up: none is zeroed before the next", PILED_UP)
    return noting(e, f"It fits with {said}.")


def _visible(question: Question, c: Candidate) -> bool:
    """Whether twice a number makes a difference that rounding does not explain, for each that could be any."""
    return all(
        any(
            np.linalg.norm(c.screened(o.problem) - _direction(c, name, 2 * c.numbers[name], o.problem))
            > 2 * rounding(c, o, 1.0, unit)
            for o, unit in zip(question.seen, question.units, strict=True)
        )
        for name, tried in c.algorithm.numbers
        if tried.searched
    )


def _starts(form: Sequence[Fit]) -> Iterator[Fit]:
    """Where a search for a number starts from: the best fit with each of the others, of those that are searched."""
    found: dict[Own, Fit] = {}
    searched = {name for name, tried in form[0].candidate.algorithm.numbers if tried.searched}
    for one in form:
        others = tuple((name, value) for name, value in one.candidate.own if name not in searched)
        found.setdefault(others, one)
    return (one for one in found.values() if searched and one.residual <= HOPELESS_RESIDUAL)


def _as_coarse(question: Question, c: Candidate) -> bool:
    """Whether its rounding explains what the best of the other fits leaves: so it would that of anything near.

    At a meta rate of 1e-8, for one, rounding is most of what an update is divided to.
    """
    best = question.fits[0]
    there = zip(question.seen, best.factors, best.residuals, question.units, strict=True)
    return all(left * o.size <= rounding(c, o, factor, unit) for o, factor, left, unit in there)


def _searched(question: Question, c: Candidate) -> Iterator[Candidate]:
    """With one number that fits best, for each that is searched: with fewer digits, and as it was found."""
    for name, tried in c.algorithm.numbers:
        if tried.searched:
            best = refined(partial(_direction, c, name), question, c.numbers[name])
            yield _with(c, name, float(f"{best:.{DIGITS}g}"))
            yield _with(c, name, best)


def _with(c: Candidate, name: str, value: float) -> Candidate:
    return replace(c, own=tuple((n, value if n == name else v) for n, v in c.own))


def _direction(c: Candidate, name: str, value: float, given: Problem) -> np.ndarray:
    return _with(c, name, value).screened(given)


def _residual(one: Fit) -> float:
    return one.residual
