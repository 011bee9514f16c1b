"""A part of the direction that is for inner rates, one for each parameter, which Meta-SGD learns: right, or not.

Source: Li, Zhou, Chen, Li, "Meta-SGD: Learning to Learn Quickly for Few-Shot Learning", 2017.
"""

from __future__ import annotations

import numpy as np

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance import reference
from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding, noting
from mamlcheck.conformance.diagnosis.fits import unit_of
from mamlcheck.conformance.reference import Run
from mamlcheck.conformance.subjects.observing import Observation
from mamlcheck.meta.algorithms import InnerSteps

ORDER = 55
WRONG = Cause("learnt_rates", "Most likely the outer loss is not differentiated by these rates, or through them.")


def beside(e: Explanation, case: Case) -> Explanation:
    """With what the part for the rates is, where all that is known of the direction is right."""
    seen = [o for o in case.seen if o.has_direction and o.rates is not None]
    c = e.candidate
    if not seen or c is None or c.mutant is not None or c.algorithm.name not in ("MAML", "FO-MAML"):
        return e
    errors = [_error(c, o, e.scale or 1.0) for o in seen]
    worst = max(error for error, _ in errors)
    if all(error <= allowed for error, allowed in errors):
        return noting(
            e,
            f"It learns inner rates, as Meta-SGD does, and the part for them is right (relative error {worst:.0e}).",
        )
    clause = f"its part for the inner rates is not that of Meta-SGD (relative error {worst:.1g})"
    return adding(e, WRONG.id, clause, WRONG)


def by_rates(x: Run) -> Numbers:
    """The derivative of the mean outer loss by the rate of each parameter, the same in every step: (n,).

    With v_K the outer gradient at w_K and v_k that pulled back to w_k, it is - sum_k v_{k+1} grad f(w_k), by component,
    since w_{k+1} = w_k - rate grad f(w_k).
    """
    path = x.adapt()
    assert isinstance(path, InnerSteps)
    v, parts = path.end.gradient("outer"), list[Numbers]()
    for here in reversed(path.points[:-1]):
        parts.append(-(v * here.gradient("inner")))
        v = x.pull_back(InnerSteps((here, here)), v)
    return x.mean(reference.added(parts))


def _error(c: Candidate, o: Observation, factor: float) -> tuple[float, float]:
    """The relative error of the part for the rates, and what rounding explains of it."""
    assert o.rates is not None
    right = reference.enclosed(o.problem, by_rates, c.hessian, c.role)
    size = abs(factor) * float(np.linalg.norm(right.midpoint))
    slack = unit_of(o) * reference.tolerance(o.problem, by_rates, c.hessian, c.role)
    error = float(np.linalg.norm(o.rates - factor * right.midpoint))
    return error / size, abs(factor) * (slack + float(np.linalg.norm(right.radius))) / size
