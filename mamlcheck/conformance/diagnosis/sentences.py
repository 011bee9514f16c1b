"""The one writer of sentences: explanations, and the lack of one, as a `Diagnosis`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mamlcheck.conformance.algorithms import Algorithm, algorithm, algorithms
from mamlcheck.conformance.diagnosis.candidates import of_algorithm
from mamlcheck.conformance.diagnosis.causes import Cause, in_words, together
from mamlcheck.conformance.diagnosis.evidence import Evidence
from mamlcheck.conformance.diagnosis.explanation import Explanation
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, Fit, Question
from mamlcheck.conformance.diagnosis.made_of.records import first_and_second
from mamlcheck.conformance.diagnosis.result import Diagnosis
from mamlcheck.conformance.reference import Difference
from mamlcheck.conformance.subjects.declaring import Metadata
from mamlcheck.conformance.subjects.observing import Observation, SubjectFailure
from mamlcheck.conformance.words import counted, listed

# By the kind of a failure: the id of the defect, and how a sentence on it begins.
KINDS_OF_FAILURE = {
    "import": ("import_failed", "It cannot be imported"),
    "framework": ("framework", "It cannot be run with what is installed"),
    "setup": ("exception", "make(problem) fails"),
    "exception": ("exception", "It raises an exception"),
    "nothing": ("no_gradient", "There is no direction"),
    "none": ("no_gradient", "There is no gradient"),
    "zeros": ("no_gradient", "There is no gradient"),
    "not finite": ("no_gradient", "There is no gradient"),
    "out of range": ("out_of_range", "The direction cannot be measured"),
    "names": ("wrong_names", "The direction cannot be read"),
    "shape": ("wrong_shape", "The direction cannot be read"),
    "timeout": ("timeout", "It does not come to an end"),
    "exit": ("exit", "It does not return"),
}
CHECKS_NAMED = 3  # in a sentence, before "and so many more"
NO_GRADIENT_AT_ALL = SubjectFailure("zeros", "every component of the direction is 0")
NO_GRADIENT = Cause("no_gradient", "Most likely the gradients that were computed are not the ones that are returned.")


def defect_of_failure(failure: SubjectFailure) -> str:
    """The id of the defect that a failure is."""
    return KINDS_OF_FAILURE[failure.kind][0]


def _declared(declared: str | None) -> str:
    """How a sentence begins that is not of what was declared."""
    return f"You declared {declared}. " if declared else ""


# -- where there is nothing to explain ---------------------------------------------------------------------------------
def no_direction(name: str, declared: str | None, seen: Sequence[Observation]) -> Diagnosis:
    """Of a subject that gave none."""
    at = next((o for o in seen if o.failure is not None), None)
    failure = NO_GRADIENT_AT_ALL if at is None or at.failure is None else at.failure
    defect, what = KINDS_OF_FAILURE[failure.kind]
    if at is not None and failure.kind in ("setup", "exception"):
        call = f"The {('first', 'second')[failure.call - 1]} call raises an exception" if failure.call else what
        what = f"{call} on {at.problem.id}"
    cause = in_words(NO_GRADIENT, seen[0].frameworks) if failure.kind in ("none", "zeros") else ""
    return Diagnosis(
        subject=name,
        declared=declared,
        found=None,
        defects=(defect,),
        conforms=False,
        sentence=f"{_declared(declared)}{what}: {failure.message}.{' ' + cause if cause else ''}",
        cause=cause,
        traceback=failure.traceback,
    )


def too_coarse(name: str, declared: str | None, share: float, evidence: Evidence) -> Diagnosis:
    """Of a subject that is read off an update which has lost its digits. share: of the direction, lost."""
    times = 10
    while share / times > TELLING_SHARE**2:  # so much larger that a percent of the direction can be seen
        times *= 10
    return Diagnosis(
        subject=name,
        declared=declared,
        found=None,
        defects=("too_coarse",),
        conforms=False,
        sentence=f"{_declared(declared)}What this is cannot be told: it is read off an update, (before - after) / "
        f"rate, whose rounding can be {share:.0%} of the direction. Take a rate {times:,} times as large, in the "
        "update and in reading it.",
        evidence=evidence,
    )


# -- an explanation ----------------------------------------------------------------------------------------------------
# Two variants of one algorithm differ in how they take the Hessian alone.
HESSIAN_MISSING = Cause(
    "hessian_missing", "Most likely no Hessian-vector product is subtracted from the outer gradient."
)
HESSIAN_PRESENT = Cause(
    "hessian_present", "Most likely a Hessian-vector product is subtracted from the outer gradient."
)


def told(name: str, declared: str | None, e: Explanation, question: Question, seen: Evidence) -> Diagnosis:
    """An explanation as a diagnosis."""
    if e.found is None:
        return _unrecognised(name, declared, e, question, seen)
    found = _found(e, e.found, declared, question)
    clauses, causes, defects = e.clauses, e.causes, e.defects
    if found is not None and declared is not None and declared != found.name:
        clause, reason = _instead(algorithm(declared), found)
        clauses, causes, defects = (clause, *clauses), (reason, *causes), (reason.id, *defects)
    cause = together(causes, question.frameworks)
    sentence = _sentence(declared, found, e, ", and ".join(clauses), defects, seen, question.metadata)
    if cause and defects:
        sentence += f" {cause}"
    return Diagnosis(
        subject=name,
        declared=declared,
        found=None if found is None else found.name,
        defects=defects,
        conforms=not defects,
        sentence=sentence,
        relative_error=e.error,
        scale=e.scale,
        hessian_coefficient=e.coefficient,
        residual=question.fits[0].residual,
        cause=cause,
        notes=e.notes,
        delta=e.delta,
        evidence=seen,
        made_of=e.made_of or first_and_second(question, e.coefficient, declared),
    )


def _found(e: Explanation, found: Algorithm, declared: str | None, question: Question) -> Algorithm | None:
    """What it is said to be: no algorithm, where no inner step is left; what was declared, where float32 does not tell
    a difference of gradients from the Hessian itself.
    """
    if e.nameless or (e.candidate is not None and e.candidate.mutant is not None and not e.candidate.mutant.adapts):
        return None
    approximation = found.variants.get("difference") if found.hessian == "exact" else None
    if question.seen[0].problem.dtype == "float32" and approximation is not None and declared == approximation.name:
        return approximation
    return found


def _instead(declared: Algorithm, found: Algorithm) -> tuple[str, Cause]:
    """What is wrong where one algorithm was declared and another is found, and why, most likely."""
    if declared.family == found.family and declared.hessian != "none" and found.hessian == "none":
        return "the Hessian term is missing", HESSIAN_MISSING
    if declared.family == found.family and declared.hessian == "none" and found.hessian == "exact":
        return "the Hessian term is there", HESSIAN_PRESENT
    said = f": {found.says}" if found.says else ""
    return f"not {declared.name}{said}", Cause("other_algorithm", found.cause)


def _sentence(
    declared: str | None,
    found: Algorithm | None,
    e: Explanation,
    clause: str,
    defects: Sequence[str],
    seen: Evidence,
    metadata: Metadata,
) -> str:
    """What it is, and what is wrong with it; the cause comes after."""
    measured = f"relative error {e.error:.0e}" if e.error is not None else ""
    if e.delta is not None:
        measured += f", delta = {e.delta:.3g}"
    if e.candidate is not None and found is not None and declared not in (None, found.name):
        # That of an optimiser, for example: part of what it is, for somebody who did not declare any.
        measured += "".join(f", {name} = {value:.6g}" for name, value in e.candidate.numbers.items())
    if e.error is not None and not seen.built_in:
        measured += f" to a {'certified' if seen.certified else 'measured'} reference"
    places = e.losses or seen.places
    where = (f" on {listed(places)}" if places else "") + seen.where
    # Where it is something else elsewhere, the place comes first: 'On cross-entropy this is MAML; elsewhere not: ...'
    first = f"On {listed(places)} this" if e.elsewhere and places else "This"
    where = "" if e.elsewhere else where
    beyond = f"; elsewhere not: {', and '.join(e.elsewhere)}" if e.elsewhere else ""
    start = f"{_declared(declared)}{first}"
    if found is None:
        meant = declared or next(iter(algorithms()))
        return f"{start} is no {meant}{where}: {clause} ({measured}){beyond.replace('elsewhere not', 'elsewhere')}."
    what = f"{found.name}{where} ({measured})"
    if not defects:
        certain = declared and not seen.lacks(metadata)
        return f"This is {found.name}{where}, as declared ({measured})." if certain else f"This is {what}."
    if tuple(defects) == ("too_few_observations",):
        count = counted(seen.observations, "observation")
        return f"{start} agrees with {what}, but on {count} {clause}."
    if not clause:
        return f"{start} is {what}{beyond}."
    if declared == found.name:
        return f"{start} is {what}, but {clause}{beyond}."
    joint = ": " if declared is not None and not clause.startswith("not ") else ", "
    return f"{start} is {what}{joint}{'' if declared else 'but '}{clause}{beyond}."


def described_otherwise(e: Explanation, before: Explanation) -> str:
    """An explanation of some observations, after another one of others: 'it is FO-MAML, and ...'."""
    name, clause = "" if e.found is None else e.found.name, ", and ".join(e.clauses)
    if e.found == before.found:
        return clause or f"it is {name}, with nothing wrong"
    return f"it is {name}" + (f", and {clause}" if clause else "")


# -- no explanation ----------------------------------------------------------------------------------------------------
# Relative. What leaves more unexplained is no likely cause, and naming it would send somebody the wrong way.
MOST_UNEXPLAINED = 0.25
USUAL_DELTA = 2.0**-10  # where none was declared: near the cube root of the unit roundoff
COMPARED = ("MAML", "FO-MAML")


def best_fit(question: Question) -> str:
    """What comes nearest, and how near; where nothing does, what is known all the same."""
    best = question.fits[0]
    if best.residual > MOST_UNEXPLAINED:
        return f"nothing known comes near{_zeros(question)}"
    if best.residual > TELLING_SHARE:
        return f"nothing known comes near, and the best fit, {_described(best)}, leaves {best.residual:.0%} unexplained"
    return f"the best fit is {_described(best)}, with a residual of {percent(best.residual)}"


def _zeros(question: Question) -> str:
    """On which tensors a direction is 0 throughout: a clause, or nothing."""
    zero = [
        name
        for name, part in question.seen[0].problem.layout.slices()
        if all((name, part) in [*o.problem.layout.slices()] and not o.direction[part].any() for o in question.seen)
    ]
    return f", and it is 0 on {listed(zero)}" if zero else ""


def _angles(question: Question) -> str:
    """Of a direction that nothing comes near to: its angles to what it may be meant to be, in a note."""
    wanted = dict.fromkeys((*([question.declared] if question.declared else []), *COMPARED))
    cosines = [f"{_cosine(question, name)} to that of {name}" for name in wanted]
    return f"The cosine of the angle from its direction is {listed(cosines)}, over the problems."


def _cosine(question: Question, name: str) -> str:
    """To an algorithm's direction, over the problems."""
    c = next(of_algorithm(algorithm(name), Difference(question.metadata.delta or USUAL_DELTA)))
    found = []
    for o in question.seen:
        v = c.screened(o.problem)
        found.append(float(o.direction @ v) / (o.size * float(np.linalg.norm(v))))
    low, high = f"{min(found):.2f}", f"{max(found):.2f}"
    return low if low == high else f"{low} to {high}"


def _described(one: Fit) -> str:
    """A fit in words: the algorithm, what is wrong with it, the factor."""
    c, factor = one.candidate, one.factors[0]
    name = c.algorithm.name + (f" where {c.mutant.says}" if c.mutant is not None else "")
    return name if abs(factor - 1) < TELLING_SHARE else f"{name}, times {factor:.3g}"


def percent(share: float) -> str:
    """A share in percent, or in powers of ten."""
    return f"{100 * share:.2g}%" if share > 1e-4 else f"{share:.0e}"


def _unrecognised(name: str, declared: str | None, e: Explanation, question: Question, seen: Evidence) -> Diagnosis:
    best, cause = question.fits[0], together(e.causes, question.frameworks)
    besides = f" Besides, {', and '.join(e.clauses)}. {cause}" if e.clauses else ""
    sentence = f"{_declared(declared)}This is not recognised: {best_fit(question)}.{besides}"
    return Diagnosis(
        subject=name,
        declared=declared,
        found=None,
        defects=(*e.defects, "not_recognised") if "not_deterministic" not in e.defects else e.defects,
        conforms=False,
        sentence=sentence.strip(),
        scale=best.factors[0],
        hessian_coefficient=e.coefficient,
        residual=best.residual,
        cause=cause,
        notes=(*e.notes, _angles(question)) if best.residual > MOST_UNEXPLAINED else e.notes,
        evidence=seen.unreferenced,
    )


# -- after checks that look further ------------------------------------------------------------------------------------
def but_not(diagnosis: Diagnosis, failed: Sequence[str]) -> Diagnosis:
    """The same after checks beyond its evidence have failed: what it says holds where it was seen, and no further.

    A diagnosis that finds something wrong says enough already.
    """
    if not diagnosis.conforms or not failed:
        return diagnosis
    more = len(failed) - CHECKS_NAMED
    some = listed([*failed[:CHECKS_NAMED], *([f"{more} more"] if more > 0 else [])])
    clause = f"beyond the observations that say so, it fails {some}"
    sentence = f"{_declared(diagnosis.declared)}This is {diagnosis.found} where it was identified, but {clause}."
    return replace(diagnosis, conforms=False, defects=("not_everywhere",), sentence=sentence)
