"""The direction of a candidate, with a factor that differs from problem to problem."""

from __future__ import annotations

from dataclasses import replace

from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding, of_candidate
from mamlcheck.conformance.diagnosis.fits import (
    TELLING_SHARE,
    Fit,
    Question,
    beyond_rounding,
    fit,
    hopeless,
    relative_error,
    relative_tolerance,
    within,
)
from mamlcheck.conformance.subjects.observing import Observation

ORDER = 90


def attempt(question: Question) -> Explanation | None:
    """The best fit whose factors are not all the same."""
    for one in question.fits:
        if hopeless(one):
            return None
        if beyond_rounding(one, question.seen, question.units):
            continue
        tolerances = _tolerances(question, one)
        if tolerances is not None:
            apart = max(one.factors) - min(one.factors)
            if apart > max(tolerances) * max(abs(f) for f in one.factors):
                return _of_length(question, one, tolerances)
    return None


def _tolerances(question: Question, one: Fit) -> list[float] | None:
    """What rounding explains on each problem, where it explains what the fit leaves; None where it does not."""
    tolerances = []
    for o, factor, unit in zip(question.seen, one.factors, question.units, strict=True):
        tolerances.append(2 * relative_tolerance(one.candidate, o, factor, unit))
        if not relative_error(one.candidate, o, factor) <= tolerances[-1] <= TELLING_SHARE:
            return None
    return tolerances


def _of_length(question: Question, one: Fit, tolerances: list[float]) -> Explanation:
    c, sizes = one.candidate, [o.size for o in question.seen]

    def allows(o: Observation) -> bool:
        return within(c, o, fit(c, [o]).factors[0], 2)

    e = replace(of_candidate(c), causes=(), error=one.residual, scale=one.factors[0], allows=allows)
    if max(sizes) / min(sizes) - 1 <= 2 * max(tolerances):
        cause = Cause("normalised", "Most likely the gradient is divided by its norm.")
        return adding(e, cause.id, f"its norm is {sizes[0]:.4g} on every problem: it is normalised", cause)
    cause = Cause(
        "length",
        "Most likely the loss goes through a function, or the step is scaled by something that was measured.",
    )
    clause = (
        f"only its direction is right: its length is {min(one.factors):.3g} to {max(one.factors):.3g} times what it "
        "should be, depending on the problem"
    )
    return adding(e, cause.id, clause, cause)
