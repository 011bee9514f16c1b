"""What a direction is made of, as data for people to see: coefficients and shares in floats, which decide nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis.fits import Question
from mamlcheck.conformance.diagnosis.hessian_term import combination, first_and_second_order
from mamlcheck.conformance.diagnosis.made_of.fitting import Sum
from mamlcheck.conformance.diagnosis.made_of.vectors import screened
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.subjects.observing import Observation
from mamlcheck.formats.conformance import PartRecord

OUTER = "the outer gradients at the adapted parameters"
HESSIAN_TERM = "the Hessian term, which MAML adds to them"


def parts_of_sum(found: Sum, seen: Sequence[tuple[Observation, Problem]]) -> tuple[PartRecord, ...]:
    """The parts of a sum of vectors, on observations with the problems (or parts of them) that they are of."""
    return tuple(
        PartRecord(v.words, c, float(np.mean([_share(c * screened(p, found.hessian)[v], o) for o, p in seen])), None)
        for v, c in found.terms
    )


def first_and_second(question: Question, coefficient: float | None, declared: str | None) -> tuple[PartRecord, ...]:
    """Of a direction between FO-MAML's and MAML's: the outer gradients, and the Hessian term.

    coefficient: of the Hessian term against the gradients; None where the direction is no combination of the two.
    """
    if coefficient is None:
        return ()
    first, second = next(first_and_second_order())
    a, b, _ = combination(question.seen, first, second)
    wanted: tuple[float | None, float | None] = (None, None)
    if declared is not None and algorithm(declared).family == second.algorithm.family:
        wanted = (1.0, 0.0 if algorithm(declared).hessian == "none" else 1.0)
    gradients = [first.screened(o.problem) for o in question.seen]
    terms = [second.screened(o.problem) - g for o, g in zip(question.seen, gradients, strict=True)]
    return tuple(
        PartRecord(says, c, float(np.mean([_share(c * v, o) for o, v in zip(question.seen, each, strict=True)])), want)
        for says, c, each, want in ((OUTER, a, gradients, wanted[0]), (HESSIAN_TERM, b, terms, wanted[1]))
    )


def _share(part: np.ndarray, o: Observation) -> float:
    return float(np.linalg.norm(part)) / o.size


__all__ = ["HESSIAN_TERM", "OUTER", "first_and_second", "parts_of_sum"]
