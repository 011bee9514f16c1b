"""The coarser precision: the same formula, or what it is instead."""

from __future__ import annotations

from mamlcheck.conformance.diagnosis.attempts import explained
from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding, noting, too_small_delta
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE
from mamlcheck.conformance.diagnosis.hessian_term import share_of_term
from mamlcheck.conformance.diagnosis.reduced import Near, near
from mamlcheck.conformance.diagnosis.sentences import best_fit, described_otherwise, percent
from mamlcheck.conformance.subjects.observing import Observation

ORDER = 40
AUTOCAST = Cause(
    "precision_differs", 'If that is meant, such as autocast to bfloat16, declare it: computes="bfloat16".'
)


def beside(e: Explanation, case: Case) -> Explanation:
    """With what is wrong in the coarser precision, where the explanation holds for it too."""
    o = case.coarser
    if o is None or e.allows is None or o not in case.held(e):
        return e
    if e.found is not None and e.found.hessian == "difference":
        return _lost_digits(e, o)
    if e.allows(o):
        return e
    question = case.about([o])
    close = near(e, o, question)
    if close is not None and question.metadata.computes is not None:
        return noting(e, f"In {o.problem.dtype} it is {_up_to(e, close)}, as good as {close.precision} can be.")
    if close is not None:
        clause = f"in {o.problem.dtype} it is {_up_to(e, close)} only (reduced precision?)"
        return adding(e, "precision_differs", clause, AUTOCAST)
    again = explained(question)
    if again.found is not None:
        clause = f"in {o.problem.dtype} {described_otherwise(again, e)}"
        return adding(e, "precision_differs", clause, *again.causes)
    best = question.fits[0]
    same = best.residual <= TELLING_SHARE and best.candidate == e.candidate
    cause = f"Most likely some of it is computed more coarsely than in {o.problem.dtype} there." if same else ""
    clause = f"in {o.problem.dtype} it is not recognised: {best_fit(question)}"
    return adding(e, "precision_differs", clause, Cause("precision_differs", cause))


def _up_to(e: Explanation, close: Near) -> str:
    name = "that" if e.found is None or e.defects else e.found.name
    return f"{name} up to {percent(close.error)}"


def _lost_digits(e: Explanation, o: Observation) -> Explanation:
    """A finite difference that is good in float64 and has no digits left in float32."""
    if e.defects or e.candidate is None:
        return e
    share = share_of_term(e.candidate, o, e.scale or 1.0)
    if share <= TELLING_SHARE:
        return e
    return too_small_delta(e, share, f"delta is too small for {o.problem.dtype}: there, rounding")
