"""A number of inner steps that is written into the code, or one or two steps more than are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial

import numpy as np

from mamlcheck.conformance.diagnosis.candidates import Candidate, candidates
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding, of_candidate, times
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, Question, algorithms_of, fit, named, within
from mamlcheck.conformance.diagnosis.scales import Scale
from mamlcheck.conformance.problems.kind import DoesNotApply
from mamlcheck.conformance.subjects.observing import Observation
from mamlcheck.conformance.words import counted

ORDER = 115
SEARCHES = True
COUNTS = range(1, 11)  # that are tried
MORE = 2  # so many steps more are taken for that, whatever is asked for; other numbers for a constant
BEYOND = Cause("inner_steps", "Most likely the loop over inner steps has a range that is off.")
WRITTEN_IN = Cause("inner_steps", "Most likely the number of inner steps is a constant in the code.")


def attempt(question: Question) -> Explanation | None:
    """The first algorithm, or known defect, that fits with another number of steps."""
    if not question.tells or any(o.problem.key.rates is not None for o in question.seen):
        return None  # rates by step are those of the steps that were asked for
    asked = question.seen[0].problem.steps
    for c, counts in _tried(question, asked):
        for count in counts:
            seen = [_moved(o, count) for o in question.seen]
            match = named(fit(c, seen), seen, question.units, question.scales)
            if match is not None:
                more = count - asked if 0 < count - asked <= MORE else 0
                clause = f"it takes {count} inner steps, whatever problem.steps says"
                if more:
                    clause = f"it takes {counted(more, 'inner step')} more than asked for"
                cause = BEYOND if more else WRITTEN_IN
                e = adding(of_candidate(c), cause.id, clause, cause)
                return times(
                    replace(
                        e,
                        error=match.error,
                        scale=match.factors[0],
                        allows=partial(_allows, c, match.scale, count, more),
                        predicts=partial(_predicts, c, match.scale, count, more),
                    ),
                    match.scale,
                )
    return None


def _tried(question: Question, asked: int) -> Iterator[tuple[Candidate, list[int]]]:
    """The algorithms with every number of steps, then the known defects that come near with one or two more."""
    yield from ((c, [count for count in COUNTS if count != asked]) for c in algorithms_of(question))
    for count in (asked + 1, asked + MORE):
        there = _moved(question.widest, count)
        defects = (c for c in candidates() if c.mutant is not None and c.from_steps <= count)
        yield from ((c, [count]) for c in defects if _near(c, there))


def _near(c: Candidate, o: Observation) -> bool:
    with suppress(DoesNotApply):
        return fit(c, [o]).residual <= TELLING_SHARE
    return False


def _moved(o: Observation, count: int) -> Observation:
    """The observation as if it had been asked for with so many inner steps."""
    return replace(o, problem=o.problem.but(steps=count))


def _allows(c: Candidate, scale: Scale, count: int, more: int, o: Observation) -> bool:
    return within(c, _moved(o, o.problem.steps + more if more else count), scale.factor(o.problem))


def _predicts(c: Candidate, scale: Scale, count: int, more: int, o: Observation) -> np.ndarray:
    there = _moved(o, o.problem.steps + more if more else count)
    return scale.factor(o.problem) * c.enclosed(there.problem).midpoint
