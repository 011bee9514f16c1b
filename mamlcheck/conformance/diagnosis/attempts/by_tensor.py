"""A candidate whose direction has a factor of its own for some tensors: 0 where they are frozen or not returned."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding, of_candidate, of_match, times
from mamlcheck.conformance.diagnosis.fits import UNNAMED, Match, Question, fit, named
from mamlcheck.conformance.diagnosis.parts.form import Factors, Form, mask, tensors
from mamlcheck.conformance.diagnosis.parts.least_squares import linear
from mamlcheck.conformance.diagnosis.parts.searching import as_factors, enough, names_of, near, usual
from mamlcheck.conformance.diagnosis.parts.words import said
from mamlcheck.conformance.diagnosis.scales import Scale
from mamlcheck.conformance.mutants import Mutant
from mamlcheck.conformance.reference import Direction, Run

ORDER = 130
PLAIN = True
MOST_TRIED = 4  # of all candidates, those that fit best


@dataclass(frozen=True)
class Returned:
    """A formula whose result is multiplied by a factor for each tensor."""

    formula: Direction
    factors: Factors

    def __call__(self, x: Run) -> Numbers:
        return x.ar.exact(mask(x.problem, dict(self.factors))) * self.formula(x)


def attempt(question: Question) -> Explanation | None:
    """The best candidate that fits so; none, where there is one tensor alone."""
    names = names_of(question)
    if len(names) < 2 or not enough(question, len(names)):
        return None
    fits = []
    for one in question.fits:
        factors, left = linear(
            [_columns(question, names, k, one.candidate.screened(o.problem)) for k, o in enumerate(question.seen)],
            [o.direction for o in question.seen],
        )
        fits.append((max(left), one.candidate, factors))
    fits.sort(key=lambda each: each[0])
    for residual, c, factors in fits[:MOST_TRIED]:
        if residual <= near(question):
            found = _of_candidate(question, names, c, factors)
            if found is not None:
                return found
    return None


def _columns(question: Question, names: list[str], k: int, v: np.ndarray) -> np.ndarray:
    given = question.seen[k].problem
    called = tensors(given)
    found = np.zeros((v.size, len(names)))
    for name, part in given.layout.slices():
        found[part, names.index(called[name])] = v[part]
    return found


def _of_candidate(question: Question, names: list[str], c: Candidate, values: np.ndarray) -> Explanation | None:
    whole = usual(values)
    for slack in (near(question), 0.0):
        factors = as_factors(names, values / whole, slack)
        match = _match(question, c, factors, whole)
        if match is None:
            continue
        for name, value in factors:
            plainer = tuple((n, 1.0 if n == name else v) for n, v in factors)
            again = _match(question, c, plainer, whole) if value != 1 else None
            if again is not None:
                factors, match = plainer, again
        if any(value != 1 for _, value in factors):
            return _in_words(question, names, c, factors, match)
    return None


def _match(question: Question, c: Candidate, factors: Factors, whole: float) -> Match | None:
    formula = c.algorithm.formula if c.mutant is None else c.mutant.direction
    base = ("", "") if c.mutant is None else (c.mutant.name, c.mutant.numbers)
    numbers = f"{base} {factors!r}"
    mutant = Mutant("returned", (c.algorithm,), "", "", ("inner",), True, 1, Returned(formula, factors), numbers)
    made = replace(c, mutant=mutant)
    unnamed = Scale((UNNAMED,), f"{whole:.6g}", (), lambda p: whole)
    return named(fit(made, question.seen), question.seen, question.units, [*question.scales, unnamed])


def _in_words(question: Question, names: list[str], c: Candidate, factors: Factors, match: Match) -> Explanation:
    e = of_match(question, match)
    plain = of_candidate(c)
    e = replace(e, defects=plain.defects, clauses=plain.clauses, causes=plain.causes)
    for one in said(Form(returned=factors), names):
        e = adding(e, one.cause.id, one.clause, *([one.cause] if one.cause.text else []))
    return times(e, match.scale)
