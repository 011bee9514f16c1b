"""Observations that do not tell the formula from one with numbers written in."""

from __future__ import annotations

from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding, noting
from mamlcheck.conformance.words import listed

ORDER = 80
TOO_FEW = "too_few_observations"


def beside(e: Explanation, case: Case) -> Explanation:
    """With what the observations have in common, all of them."""
    seen = case.evidence(e)
    lacks = seen.lacks(case.question.metadata)
    if not lacks or e.found is None:
        return e
    if seen.handed:  # what a gradient is can be told of one alone; what else the code would give cannot
        another = listed([f"another {name}" for name in seen.missing(case.question.metadata)])
        return noting(e, f"A gradient at {another} would tell whether it is written into the code.")
    return adding(e, TOO_FEW, f"all {seen.observations} observations are {lacks}" if e.defects else lacks)
