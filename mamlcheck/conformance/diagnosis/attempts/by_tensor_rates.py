"""MAML, or FO-MAML, with an inner rate of its own for each tensor: 0 where it is not adapted."""

from __future__ import annotations

from collections.abc import Iterator

from mamlcheck.conformance.diagnosis.explanation import Explanation
from mamlcheck.conformance.diagnosis.fits import Question, fit
from mamlcheck.conformance.diagnosis.parts.form import Form, as_candidate
from mamlcheck.conformance.diagnosis.parts.searching import (
    FAMILY,
    Plan,
    can_be_taken_apart,
    certified,
    explained_by,
    names_of,
    near,
    some_left_out,
)

ORDER = 140
SEARCHES = True


def attempt(question: Question) -> Explanation | None:
    """As asked for; then on another set, or with other inner steps. On own problems, whether some are not adapted."""
    if not can_be_taken_apart(question):
        return _not_adapted(question)
    return next((found for plan in _plans() if (found := explained_by(question, plan)) is not None), None)


def _not_adapted(question: Question) -> Explanation | None:
    """Tensors that have something in common are left out of the inner steps."""
    for algorithm in FAMILY.values():
        for factors in some_left_out(names_of(question)):
            one = fit(as_candidate(algorithm, Form(rates=factors)), [question.widest])
            if one.residual <= near(question):
                found = certified(question, algorithm, Form(rates=factors), one.factors[0])
                if found is not None:
                    return found
    return None


def _plans() -> Iterator[Plan]:
    for inner, more in (("inner", 0), ("outer", 0), ("inner", 1), ("inner", -1)):
        for exact in (True, False):
            yield Plan(exact, more, inner, rates=True, split=more == 0 and inner == "inner")
