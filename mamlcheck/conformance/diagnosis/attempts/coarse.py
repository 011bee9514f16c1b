"""A candidate that is computed in float32 inside float64 code: every component that came back is a float32 number, or
outputs of the model were.

An error of that size that float32 did not make is no such thing, and is left unexplained here.
"""

from __future__ import annotations

import numpy as np

from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding, of_match
from mamlcheck.conformance.diagnosis.fits import Question
from mamlcheck.conformance.diagnosis.float32 import FLOAT32_ROUNDOFF, single_units
from mamlcheck.conformance.diagnosis.reduced import computed_in, rounded_like, seen_in

ORDER = 70


def attempt(question: Question) -> Explanation | None:
    """The best match in float32."""
    units = single_units(question)
    whole, part = _held_in_float32(question), seen_in(question) == "float32"
    if units is None or not (whole or part):
        return None
    match = next(iter(question.matches(units) or question.unnamed_matches(units)), None)
    if match is None:
        return None
    if not whole:
        there = zip(question.seen, match.factors, strict=True)
        if not all(rounded_like(match.candidate, o, factor, "float32") for o, factor in there):
            return None
        return computed_in(of_match(question, match, FLOAT32_ROUNDOFF), "float32", question)
    return adding(
        of_match(question, match, FLOAT32_ROUNDOFF),
        "lower_precision",
        "it is computed in float32, though the problem is in float64",
        Cause("lower_precision", "Most likely an array or a model is made in float32."),
    )


def _held_in_float32(question: Question) -> bool:
    """Whether float32 holds every component that came back."""
    return all(np.array_equal(d, d.astype(np.float32)) for o in question.seen for d in o.directions)
