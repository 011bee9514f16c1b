"""A direction that was read off an update, and has lost a digit or more by that."""

from __future__ import annotations

from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.explanation import Explanation, noting
from mamlcheck.conformance.diagnosis.fits import lost

ORDER = 60


def beside(e: Explanation, case: Case) -> Explanation:
    """With a note on what cannot be seen."""
    question = case.question
    c = e.candidate or question.fits[0].candidate
    shares = [lost(o, u) / o.size for o, u in zip(question.seen, question.units, strict=True)]
    o, unit = question.seen[0], question.units[0]
    if lost(o, unit) < 10 * unit * c.tolerance(o.problem):
        return e
    return noting(
        e,
        f"It is read off an update, (before - after) / rate, which rounds: an error below {max(shares):.0e} of the "
        "direction cannot be seen. The larger the rate, the smaller this is.",
    )
