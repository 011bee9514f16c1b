"""What was handed over beside the direction for the parameters: a part for inner rates that are learned."""

from __future__ import annotations

from dataclasses import replace

from mamlcheck.conformance.algorithms import Algorithm, algorithms
from mamlcheck.conformance.diagnosis.candidates import Candidate, plain
from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding, noting
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, fit, within
from mamlcheck.conformance.subjects.observing import Observation

ORDER = 35
WRONG = Cause("part_for_rates", "Most likely the rates are updated by something else than the derivative by them.")


def beside(e: Explanation, case: Case) -> Explanation:
    """With the algorithm that has such a part, and what is wrong with it."""
    learning = [known for known in algorithms().values() if known.rates is not None]
    seen = [replace(o, directions=o.rates) for o in case.judged if o.rates]
    if not seen:
        if e.found in learning:
            return noting(e, "The part for the inner rates was not handed over, so that it is not judged.")
        return e
    for known in learning:
        if _same_start(e, known):
            return _judged(replace(e, found=known), _part(known), case, seen)
    return e


def _same_start(e: Explanation, known: Algorithm) -> bool:
    """Whether what was found has the same direction for the parameters."""
    if e.found is None or e.candidate is None or e.candidate.mutant is not None:
        return False
    return e.found == known or (e.found.name == "MAML" and known.hessian == e.found.hessian)


def _part(known: Algorithm) -> Candidate:
    """The part for the rates, as if it were an algorithm's direction: by a name of its own, as certificates are kept by
    the names of formulas.
    """
    assert known.rates is not None
    return plain(replace(known, name=f"{known.name}, its part for the rates", formula=known.rates))


def _judged(e: Explanation, c: Candidate, case: Case, seen: list[Observation]) -> Explanation:
    factors = [case.question.wanted_factor(o) for o in seen]
    if all(within(c, o, factor) for o, factor in zip(seen, factors, strict=True)):
        return noting(e, "The part for the inner rates is the derivative by them.")
    best = fit(c, seen)
    said = "is not the derivative by them"
    if best.residual < TELLING_SHARE**2:
        said += f", but that times {min(best.factors):.4g}"
        if max(best.factors) - min(best.factors) > TELLING_SHARE**2:
            said += f" to {max(best.factors):.4g}, depending on the problem"
    return adding(e, WRONG.id, f"the part for the inner rates {said}", WRONG)
