"""What explains observations of a subject: plain data, which `sentences` puts into words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mamlcheck.conformance.algorithms import Algorithm
from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, UNNAMED, Match, Question, within
from mamlcheck.conformance.diagnosis.float32 import rounded_constant
from mamlcheck.conformance.diagnosis.hessian_term import (
    hessian_coefficient,
    share_of_term,
    truncation_between_kinks,
    truncation_share,
)
from mamlcheck.conformance.diagnosis.scales import OVER_ALPHA, Scale
from mamlcheck.conformance.reference import Difference
from mamlcheck.conformance.subjects.observing import Observation
from mamlcheck.formats.conformance import PartRecord


@dataclass(frozen=True)
class Explanation:
    """What a subject computes: an algorithm, or none, with what is wrong with it.

    clauses: what is wrong, after 'This is ...'. elsewhere: what it is on the problems that the rest does not hold for.
    causes: why, most likely. allows: whether an observation, on whatever problem, is within rounding of what this
    explanation says; None where it says nothing of other problems. losses: the losses that it holds for; empty, where
    it holds for all. predicts: the direction (n,) that it says an observation is to have, where it says that.
    otherwise: what explains the same observations as well, where those with another number of inner steps tell which of
    the two it is. nameless: whether it is known, but is no algorithm; `found` is then what it is meant to be. The rest,
    `made_of` too where it is a sum of vectors, is as in `Diagnosis`.
    """

    found: Algorithm | None
    defects: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    error: float | None = None
    scale: float | None = None
    coefficient: float | None = None
    delta: float | None = None
    notes: tuple[str, ...] = ()
    candidate: Candidate | None = None
    allows: Callable[[Observation], bool] | None = field(default=None, compare=False, repr=False)
    losses: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    predicts: Callable[[Observation], np.ndarray] | None = field(default=None, compare=False, repr=False)
    nameless: bool = False
    made_of: tuple[PartRecord, ...] = field(default=(), compare=False)
    otherwise: Explanation | None = field(default=None, compare=False, repr=False)


def adding(e: Explanation, defect: str, clause: str, *causes: Cause) -> Explanation:
    """With one more thing that is wrong."""
    return replace(
        e,
        defects=(*e.defects, *(() if defect in e.defects else (defect,))),
        clauses=(*e.clauses, clause),
        causes=(*e.causes, *causes),
    )


def adding_elsewhere(e: Explanation, defect: str, clause: str, *causes: Cause) -> Explanation:
    """With what it is where the rest does not hold."""
    said = adding(e, defect, clause, *causes)
    return replace(said, clauses=e.clauses, elsewhere=(*e.elsewhere, clause))


def noting(e: Explanation, *notes: str) -> Explanation:
    """With more that is worth knowing."""
    return replace(e, notes=(*e.notes, *notes))


def of_candidate(c: Candidate) -> Explanation:
    """A candidate, with what is wrong with it where it is a mutant."""
    if c.mutant is None:
        return Explanation(c.algorithm, candidate=c)
    cause = Cause(c.mutant.name, c.mutant.cause)
    return Explanation(c.algorithm, (c.mutant.name,), (c.mutant.says,), (cause,), candidate=c)


def of_match(question: Question, match: Match, unit: float = 0.0) -> Explanation:
    """A match in words. unit: the unit roundoff it was found with, where that is coarser than the observations'."""
    c, scale = match.candidate, match.scale
    e = replace(
        of_candidate(c),
        error=match.error,
        scale=match.factors[0],
        coefficient=hessian_coefficient(question),
        allows=allowed(c, scale, unit),
        predicts=lambda o: scale.factor(o.problem) * c.enclosed(o.problem).midpoint,
    )
    if c.algorithm.update and scale.defects == OVER_ALPHA.defects:
        e = noting(e, f"The direction is divided by alpha, which turns {c.algorithm.name}'s update into a gradient.")
    else:
        e = times(e, scale)
    if c.role == "hessian" and c.algorithm.hessian == "exact":
        e = noting(e, "The Hessian is of a set of its own, as in equation (5), not of the inner set.")
    if isinstance(c.hessian, Difference) and c.mutant is None:
        e = _of_difference(question, match, e, c.hessian)
    elif isinstance(c.hessian, Difference):
        e = replace(e, delta=c.hessian.delta)
    return e


def times(e: Explanation, scale: Scale) -> Explanation:
    """With the factor that it is multiplied by, where that has something to say."""
    said = (*e.clauses, f"it is multiplied by {scale.says}") if scale.says else e.clauses
    return replace(e, defects=(*e.defects, *scale.defects), clauses=said, causes=(*e.causes, *scale.causes))


def allowed(c: Candidate, scale: Scale, unit: float = 0.0) -> Callable[[Observation], bool]:
    """What a match allows elsewhere; a constant that is rounded to float32 is forgiven, as it is where it matched."""
    twice = 2 if scale.defects == (UNNAMED,) else 1  # that factor comes from a rounded direction

    def allows(o: Observation) -> bool:
        factor = scale.factor(o.problem)
        return within(c, o, factor, twice, unit) or rounded_constant(c, o, factor)

    return allows


# -- the delta of a difference -----------------------------------------------------------------------------------------
def _of_difference(question: Question, match: Match, e: Explanation, step: Difference) -> Explanation:
    """With what is wrong with delta, if anything: truncation and rounding as shares of the Hessian term."""
    c, seen = match.candidate, question.seen
    truncation, jumps = _off_by(c, seen)
    rounding = max(share_of_term(c, o, factor) for o, factor in zip(seen, match.factors, strict=True))
    e = replace(e, delta=step.delta)
    if jumps:
        e = noting(
            e,
            f"Its difference is off by {truncation:.0%} of the Hessian term: ReLUs, maxima or other branches turn"
            " between the two points that it is of, and gradients jump there. A smaller delta passes fewer of these,"
            " and loses more digits; automatic differentiation has neither error.",
        )
    elif truncation > TELLING_SHARE:
        e = adding(
            e,
            "hf_delta_too_large",
            f"delta is far too large: the difference is off by {truncation:.0%} of the Hessian term",
            Cause(
                "hf_delta_too_large",
                "Most likely delta is a step of the meta rate's size; the error falls with its square.",
            ),
        )
    elif rounding > TELLING_SHARE:
        e = too_small_delta(e, rounding, f"delta is too small for {seen[0].problem.dtype}: rounding")
    return noting(e, f"Its step is {step.delta:.3g} over the norm of the outer gradient.") if step.over_norm else e


def _off_by(c: Candidate, seen: Sequence[Observation]) -> tuple[float, bool]:
    """The largest truncation share, and whether it is only too large for kinks between the ends of the difference."""
    shares = [truncation_share(c, o) for o in seen]
    large = [truncation_between_kinks(c, o) for o, share in zip(seen, shares, strict=True) if share > TELLING_SHARE]
    return max(shares), bool(large) and all(left is not None and left <= TELLING_SHARE for left in large)


def too_small_delta(e: Explanation, share: float, beginning: str) -> Explanation:
    """With a delta so small that the difference loses its digits. share: of the Hessian term, lost."""
    cause = "The difference loses eps / delta of its digits: in float32 take a delta near eps ** (1/3) = 0.005."
    clause = f"{beginning} spoils {share:.0%} of the Hessian term"
    return adding(e, "hf_delta_too_small", clause, Cause("hf_delta_too_small", cause))
