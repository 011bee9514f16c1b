"""MAML, FO-MAML or Reptile whose inner loss has a penalty: weight decay, or a proximal term that pulls to the start.

Its weight is searched for. With a penalty (lambda / 2) |w|^2 the inner gradient has lambda w in it, with a proximal
term (lambda / 2) |w - w_0|^2 it has lambda (w - w_0), where w_0 may be a copy that nothing is differentiated by.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis.candidates import Candidate, plain
from mamlcheck.conformance.diagnosis.explanation import Explanation, of_match
from mamlcheck.conformance.diagnosis.fits import Question, fit
from mamlcheck.conformance.diagnosis.searching import HOPELESS_RESIDUAL, refined
from mamlcheck.conformance.mutants import Mutant
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.reference import Run

ORDER = 112
SEARCHES = True
STARTING_WEIGHTS = 10.0 ** np.arange(-3, 2)
DIGITS = 10  # a weight that was found is tried with so many digits first: most are typed in with few
DECAY, PROXIMAL, FIXED = "weight decay", "proximal", "proximal to a copy"
FORMS = {DECAY: ("MAML", "FO-MAML", "Reptile"), PROXIMAL: ("MAML", "FO-MAML", "Reptile"), FIXED: ("MAML",)}
SAYS = {
    DECAY: "the inner steps have weight decay: {weight:.6g} times the parameters is added to each inner gradient",
    PROXIMAL: "the inner loss has a proximal term: {weight:.6g} times the way from the start is added to each inner "
    "gradient",
    FIXED: "the inner loss has a proximal term: {weight:.6g} times the way from a copy of the start is "
    "added to each inner gradient",
}
CAUSES = {
    DECAY: "Most likely weight_decay, or an L2 penalty, is set for the inner optimiser or its loss.",
    PROXIMAL: "Most likely the inner loss regularises the parameters towards where they started, as iMAML and FedProx "
    "have it.",
    FIXED: "Most likely the inner loss regularises the parameters towards a copy of where they started.",
}


@dataclass(frozen=True)
class Regularised:
    """The formula. weight: lambda."""

    form: str
    weight: float
    update: bool

    def __call__(self, x: Run) -> Numbers:
        """The direction (n,)."""
        weight, points = x.number(self.weight), [x.start]
        for k in range(x.steps):
            here = points[-1]
            pull = weight * (here.w if self.form == DECAY else here.w - x.w)
            points.append(x.tasks.at(here.w - x.alpha * x.along(here.gradient("inner") + pull, k)))
        if self.update:
            return x.mean(x.w - points[-1].w)
        v = points[-1].gradient("outer")
        found = None
        for k in reversed(range(x.steps)) if x.hessian != "none" else ():
            moved = x.alpha * x.along(v, k)
            v = v - x.curvature(points[k], moved) - weight * moved
            if self.form == PROXIMAL:  # the way from the start depends on the start, too
                found = weight * moved if found is None else found + weight * moved
        return x.mean(v if found is None else v + found)


def attempt(question: Question) -> Explanation | None:
    """The first form, with a weight, that fits."""
    if not question.tells:
        return None  # what is searched for among so much rounding is found by chance
    o = question.widest
    for form, name in _forms(o.problem):
        tried = partial(_candidate, form, name)
        coarsely = [fit(tried(float(weight)), [o]).residual for weight in STARTING_WEIGHTS]
        if min(coarsely) > HOPELESS_RESIDUAL:
            continue
        start = float(STARTING_WEIGHTS[int(np.argmin(coarsely))])
        found = refined(partial(_direction, form, name), question, start)
        for weight in (float(f"{found:.{DIGITS}g}"), found):
            match = question.match_of(tried(weight))
            if match is not None and _counts(tried(weight), question):
                return of_match(question, match)
    return None


def _forms(given: Problem) -> Iterator[tuple[str, str]]:
    """Those that can be seen: of first order, a proximal term is none in the first step."""
    for form, names in FORMS.items():
        for name in names:
            if form == DECAY or given.steps > 1 or (form == FIXED and name == "MAML"):
                yield form, name


def _candidate(form: str, name: str, weight: float) -> Candidate:
    known = algorithm(name)
    formula = Regularised(form, weight, known.update)
    says = SAYS[form].format(weight=weight)
    mutant = Mutant("inner_penalty", (known,), says, CAUSES[form], ("inner",), True, 1, formula, f"{formula!r}")
    return replace(plain(known), mutant=mutant)


def _direction(form: str, name: str, weight: float, given: Problem) -> np.ndarray:
    return _candidate(form, name, weight).screened(given)


def _counts(c: Candidate, question: Question) -> bool:
    """Whether the penalty makes a difference that is more than what is left without it."""
    bare = replace(c, mutant=None)
    return any(fit(bare, [o]).residual > 2 * fit(c, [o]).residual for o in question.seen)
