"""The Hessian term of a meta-gradient, what MAML has and FO-MAML has not: its size, its coefficient, its errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from mamlcheck.conformance import reference
from mamlcheck.conformance.algorithms import algorithms
from mamlcheck.conformance.diagnosis.candidates import Candidate, plain
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, Question, rounding
from mamlcheck.conformance.subjects.observing import Observation

Array = np.ndarray


def exact_and_term(c: Candidate, o: Observation) -> tuple[Array, float]:
    """The direction with an exact Hessian of the same set, and the norm of its Hessian term."""
    exact = c.variant("exact").enclosed(o.problem).midpoint
    first = c.variant("none").enclosed(o.problem).midpoint
    return exact, float(np.linalg.norm(first - exact))


def truncation_share(c: Candidate, o: Observation) -> float:
    """How far a difference of gradients is from the Hessian itself, as a share of the Hessian term."""
    exact, term = exact_and_term(c, o)
    return float(np.linalg.norm(c.enclosed(o.problem).midpoint - exact)) / term


def truncation_between_kinks(c: Candidate, o: Observation) -> float | None:
    """The same, if no kink such as that of a ReLU lay between the ends of a difference; None where there are none."""
    there = o.problem.kind.between_kinks(o.problem)
    if there is None:
        return None
    exact, term = exact_and_term(c, o)
    smooth = reference.screened(there, c.direction, c.hessian, c.role)
    return float(np.linalg.norm(smooth - exact)) / term


def share_of_term(c: Candidate, o: Observation, factor: float) -> float:
    """How far a direction is from the candidate's times a factor, as a share of the Hessian term."""
    _, term = exact_and_term(c, o)
    return float(np.linalg.norm(o.direction / factor - c.enclosed(o.problem).midpoint)) / term


def decisive(c: Candidate, question: Question) -> bool:
    """Whether rounding leaves enough of the Hessian term to recognise a difference, or a coefficient, by."""
    return all(decides(c, o, unit) for o, unit in zip(question.seen, question.units, strict=True))


def decides(c: Candidate, o: Observation, unit: float) -> bool:
    """Whether rounding leaves enough of the Hessian term of one observation."""
    return rounding(c, o, 1.0, unit) <= TELLING_SHARE * exact_and_term(c, o)[1]


def first_and_second_order() -> Iterator[tuple[Candidate, Candidate]]:
    """For each algorithm with an exact Hessian and a first-order variant: that variant, and itself."""
    for known in algorithms().values():
        if known.hessian == "exact" and "none" in known.variants:
            yield plain(known.variants["none"]), plain(known)


def combination(seen: Sequence[Observation], first: Candidate, second: Candidate) -> tuple[float, float, list[float]]:
    """x = a (first order) - b (Hessian term), with the same a and b throughout: a, b and the relative residuals.

    These are infinite, and a and b 0, where a direction is not finite, as that of Adam in second order at a gradient of
    0.
    """
    columns, rights = [], []
    for o in seen:
        g, d = first.screened(o.problem), second.screened(o.problem)
        columns.append(np.stack([g, d - g], axis=1))
        rights.append(o.direction)
    whole = np.concatenate(columns)
    if not np.isfinite(whole).all():
        return 0.0, 0.0, [np.inf] * len(seen)
    (a, b), *_ = np.linalg.lstsq(whole, np.concatenate(rights), rcond=None)
    left = [float(np.linalg.norm(x - columns[k] @ (a, b)) / np.linalg.norm(x)) for k, x in enumerate(rights)]
    return float(a), float(b), left


def hessian_coefficient(question: Question) -> float | None:
    """1 for MAML, 0 for FO-MAML; None where the direction is no combination of the two."""
    a, b, left = combination(question.seen, *next(first_and_second_order()))
    return b / a if a and max(left) < TELLING_SHARE else None
