"""An algorithm on the side of kinks that the precision of a subject cannot decide: a note, and nothing wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from mamlcheck.conformance import reference
from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.explanation import Explanation, noting, of_candidate
from mamlcheck.conformance.diagnosis.fits import (
    TELLING_SHARE,
    Question,
    hopeless,
    lost,
    relative_error,
    unit_of,
    within,
)
from mamlcheck.conformance.subjects.observing import Observation
from mamlcheck.conformance.words import counted, listed
from mamlcheck.programs.kinks import Kink

ORDER = 15
PLAIN = True
PLACES_NAMED = 3  # in a note, before "and so many more"


def attempt(question: Question) -> Explanation | None:
    """The first algorithm that fits so, with the factor that was declared."""
    for one in question.shortlist:
        c = one.candidate
        if c.mutant is not None or hopeless(one):
            continue
        met = [_met(c, question, o) for o in question.seen]
        there = [m for m in met if m is not None]
        if len(there) < len(met):
            continue
        kinks = [kink for found in there for kink in found.kinks]
        if not kinks:
            return None  # it fits as it is: another factor was meant
        e = replace(
            of_candidate(c),
            error=max(found.error for found in there),
            scale=question.wanted_factor(question.seen[0]),
            allows=partial(_allows, c, question),
        )
        return noting(e, f"It is that to within the side of {_in_words(kinks)}.")
    return None


@dataclass(frozen=True)
class Met:
    """The kinks at risk, where the usual side does not fit, and what is left on the side that does, relative."""

    kinks: tuple[Kink, ...]
    error: float


def _met(c: Candidate, question: Question, o: Observation) -> Met | None:
    """Whether the observation is the candidate's on some side of its kinks; None where it is not."""
    factor = question.wanted_factor(o)
    if within(c, o, factor):
        return Met((), relative_error(c, o, factor))
    unit = unit_of(o)
    found = o.problem.kind.its_side(o.problem, c.direction, unit, o.direction / factor, c.hessian, c.role)
    if found is None:
        return None
    there, kinks = found
    held = reference.enclosed(there, c.direction, c.hessian, c.role)
    allowed = abs(factor) * unit * reference.tolerance(there, c.direction, c.hessian, c.role) + lost(o, unit)
    allowed += abs(factor) * float(np.linalg.norm(held.finer_radius))
    off = float(np.linalg.norm(held.apart(o.direction, factor)))
    return Met(kinks, off / o.size) if off <= allowed <= TELLING_SHARE * o.size else None


def _allows(c: Candidate, question: Question, o: Observation) -> bool:
    return _met(c, question, o) is not None


def _in_words(kinks: list[Kink]) -> str:
    """How many decisions, of what kind, and where."""
    count = sum(len(kink.sides) for kink in kinks)
    places = list(dict.fromkeys(kink.place or kink.evaluation for kink in kinks))
    more = len(places) - PLACES_NAMED
    some = listed([*places[:PLACES_NAMED], *([f"{more} more"] if more > 0 else [])])
    return f"{counted(count, 'kink')} that its precision cannot decide ({some})"
