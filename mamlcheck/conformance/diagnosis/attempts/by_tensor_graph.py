"""MAML whose graph is cut at some tensors, so that parts of its Hessian term, or of what goes past it, are missing.

With one inner step, MAML is the sum of what each tensor of the outer gradient adds, and of what each block of the
Hessian adds: factors of all of these are found by least squares, and then read as those of a cut. With more inner steps
cuts at tensors that have something in common are tried one by one.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mamlcheck.conformance.diagnosis.explanation import Explanation
from mamlcheck.conformance.diagnosis.fits import Question, fit
from mamlcheck.conformance.diagnosis.parts.form import Factors, Form, as_candidate, own_samples
from mamlcheck.conformance.diagnosis.parts.least_squares import linear
from mamlcheck.conformance.diagnosis.parts.sampled import Sampled, samples_of, weights_of
from mamlcheck.conformance.diagnosis.parts.searching import (
    as_factors,
    can_be_taken_apart,
    certified,
    enough,
    masks_of,
    names_of,
    near,
    rank_one,
    some_left_out,
    usual,
)

ORDER = 145
SEARCHES = True
CUTS = ("through", "arriving", "kept", "rows")

Array = np.ndarray


def attempt(question: Question) -> Explanation | None:
    """The first cut that fits; none, where there is one tensor alone."""
    names = names_of(question)
    if len(names) < 2:
        return None
    blocks = question.seen[0].problem.steps == 1 and can_be_taken_apart(question)
    if blocks and not enough(question, len(names) * (len(names) + 1)):
        return None
    forms = _by_blocks(question, names) if blocks else _one_by_one(question, names)
    return next((e for form, whole in forms if (e := certified(question, "MAML", form, whole)) is not None), None)


def _by_blocks(question: Question, names: list[str]) -> Iterator[tuple[Form, float]]:
    there = samples_of(1)
    inner, outer = (weights_of(own_samples(role), there) for role in ("inner", "outer"))
    columns = []
    for o in question.seen:
        part, masks = Sampled(o.problem, there), masks_of(o, names)
        g = part.columns([inner], outer[None], exact=False)[0]  # (B, n)
        past = [(m * g).mean(0) for m in masks]
        through = part.product(part.start, np.stack([m * g for m in masks]), inner).mean(1)  # (T, n)
        hessian = [-o.problem.alpha * m * v for m in masks for v in through]
        columns.append(np.stack([*past, *hessian], axis=1))
    found, left = linear(columns, [o.direction for o in question.seen])
    if max(left) > near(question):
        return
    count = len(names)
    direct = found[:count]
    rows, through = rank_one(found[count:].reshape(count, count))
    through, rows = through / usual(through), rows * usual(through)
    whole = usual(direct)
    for slack in (10 * near(question), 0.0):
        yield _as_cut(*(as_factors(names, v, slack) for v in (direct / whole, rows / whole, through))), whole


def _as_cut(direct: Factors, rows: Factors, through: Factors) -> Form:
    """Factors of what goes past the inner step, of the rows of the Hessian term, and of its columns, as a cut."""
    if not rows and through == direct:
        return Form(arriving=direct)
    if not through and rows == direct:
        return Form(returned=direct)
    return Form(kept=direct, rows=rows, through=through)


def _one_by_one(question: Question, names: list[str]) -> Iterator[tuple[Form, float]]:
    for field in CUTS:
        for factors in some_left_out(names):
            form = Form().but(**{field: factors})
            one = fit(as_candidate("MAML", form), [question.widest])
            if one.residual <= near(question):
                yield form, one.factors[0]
