"""MAML, or FO-MAML, whose inner steps go through all tasks in turn, before all outer losses are taken at the end."""

from __future__ import annotations

from dataclasses import replace

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis.candidates import Candidate, plain
from mamlcheck.conformance.diagnosis.explanation import Explanation, of_match
from mamlcheck.conformance.diagnosis.fits import Question
from mamlcheck.conformance.diagnosis.parts.searching import FAMILY
from mamlcheck.conformance.mutants import Mutant
from mamlcheck.conformance.reference import Run, added

ORDER = 165
SAYS = "the parameters are adapted to all tasks in turn, and all outer losses are taken at the end"
CAUSE = "Most likely the loop over tasks carries the adapted parameters along, and the outer loss stands behind it."


def attempt(question: Question) -> Explanation | None:
    """Of second order, or of first."""
    if len(question.widest.problem.tasks) < 2:
        return None
    for name in FAMILY.values():
        match = question.match_of(_candidate(name))
        if match is not None:
            return of_match(question, match)
    return None


def _candidate(name: str) -> Candidate:
    known = algorithm(name)
    return replace(
        plain(known), mutant=Mutant("adapted_in_turn", (known,), SAYS, CAUSE, ("inner",), True, 1, direction)
    )


def direction(x: Run) -> Numbers:
    """The formula over a `Run`."""
    w, paths = x.only(0).w, []
    for i in range(x.count):
        paths.append(x.only(i).adapt(w))
        w = paths[-1].end.w
    ends = [x.only(i).tasks.at(w).gradient("outer") for i in range(x.count)]
    g = added(ends) / x.count
    for i in reversed(range(x.count)):
        g = x.only(i).pull_back(paths[i], g)
    return x.mean(g)
