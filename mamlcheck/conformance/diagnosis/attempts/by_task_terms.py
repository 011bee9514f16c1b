"""MAML whose tasks have weights of their own, and whose Hessian terms have other ones: 0 where a task has none."""

from __future__ import annotations

import numpy as np

from mamlcheck.conformance.diagnosis.explanation import Explanation
from mamlcheck.conformance.diagnosis.fits import Question
from mamlcheck.conformance.diagnosis.hessian_term import first_and_second_order
from mamlcheck.conformance.diagnosis.parts.form import Form
from mamlcheck.conformance.diagnosis.parts.least_squares import linear
from mamlcheck.conformance.diagnosis.parts.searching import FAMILY, certified, enough, near, plain_number

ORDER = 125
NOTHING = 1e-6  # of the factor of its Hessian term: a weight that is less is what rounding leaves of none


def attempt(question: Question) -> Explanation | None:
    """With the directions of single tasks, of first order and exact."""
    tasks = len(question.seen[0].problem.key.tasks)
    if tasks < 2 or any(len(o.problem.key.tasks) != tasks for o in question.seen) or not enough(question, 2 * tasks):
        return None
    if question.seen[0].problem.steps > 1:
        return None  # its Hessian term is no longer one that is multiplied
    first, exact = next(first_and_second_order())
    columns = []
    for o in question.seen:
        parts = [o.problem.but(tasks=(i,)) for i in o.problem.key.tasks]
        g, d = (np.stack([c.screened(p) for p in parts], axis=1) for c in (first, exact))
        columns.append(np.concatenate([g, d - g], axis=1))
    found, left = linear(columns, [o.direction for o in question.seen])
    if max(left) > near(question):
        return None
    for slack in (near(question), 0.0):
        form = _form(found[:tasks], found[tasks:], slack)
        if form is not None:
            e = certified(question, FAMILY[True], form)
            if e is not None:
                return e
    return None


def _form(weights: np.ndarray, terms: np.ndarray, slack: float) -> Form | None:
    """None where a task has a Hessian term and nothing else."""
    plain = [plain_number(float(a), slack) for a in weights]
    none = [not a or abs(w) < NOTHING * abs(b) for a, w, b in zip(plain, weights, terms, strict=True)]
    if any(no and abs(b) > 1e-3 * np.abs(weights).max() for no, b in zip(none, terms, strict=True)):
        return None
    found = tuple(
        plain_number(float(b / a), slack) if w else 1.0 for w, a, b in zip(plain, weights, terms, strict=True)
    )
    equal = len({*plain}) == 1 and plain[0] * len(plain) == 1
    return Form(weights=() if equal else tuple(plain), terms=found)
