"""A number of inner steps that is written into the code: not the one that is asked for, nor one step more or less."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding, of_candidate, times
from mamlcheck.conformance.diagnosis.fits import Question, algorithms_of, fit, named, within
from mamlcheck.conformance.diagnosis.scales import Scale
from mamlcheck.conformance.subjects.observing import Observation

ORDER = 115
SEARCHES = True
COUNTS = range(1, 11)  # that are tried
WRITTEN_IN = Cause("inner_steps", "Most likely the number of inner steps is a constant in the code.")


def attempt(question: Question) -> Explanation | None:
    """The first algorithm that fits with another number of steps."""
    if not question.tells or any(o.problem.key.rates is not None for o in question.seen):
        return None  # rates by step are those of the steps that were asked for
    asked = question.seen[0].problem.steps
    for c in algorithms_of(question):
        for count in COUNTS:
            if count == asked:
                continue
            seen = [_moved(o, count) for o in question.seen]
            match = named(fit(c, seen), seen, question.units, question.scales)
            if match is not None:
                e = adding(
                    of_candidate(c),
                    WRITTEN_IN.id,
                    f"it takes {count} inner steps, whatever problem.steps says",
                    WRITTEN_IN,
                )
                return times(
                    replace(
                        e,
                        error=match.error,
                        scale=match.factors[0],
                        allows=partial(_allows, c, match.scale, count),
                        predicts=partial(_predicts, c, match.scale, count),
                    ),
                    match.scale,
                )
    return None


def _moved(o: Observation, count: int) -> Observation:
    """The observation as if it had been asked for with so many inner steps."""
    return replace(o, problem=o.problem.but(steps=count))


def _allows(c: Candidate, scale: Scale, count: int, o: Observation) -> bool:
    return within(c, _moved(o, count), scale.factor(o.problem))


def _predicts(c: Candidate, scale: Scale, count: int, o: Observation) -> np.ndarray:
    return scale.factor(o.problem) * c.enclosed(_moved(o, count).problem).midpoint
