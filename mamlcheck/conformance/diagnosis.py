"""What a subject really computes, in one sentence with figures.

A subject is observed on a few problems, its directions are fitted by every candidate up to a factor, and the fit that
is within its rounding tolerance on every one of them, against the certified reference, is what the subject computes.
Where none is, the sentence says so and gives the best fit. Nothing is guessed from the code, only from what it returns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from mamlcheck.conformance import combinations, explanations
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.candidates import Candidate
from mamlcheck.conformance.explanations import Explanation
from mamlcheck.conformance.fits import SHARE, Fit, Question, relative_error, relative_tolerance, unit_of
from mamlcheck.conformance.problems import Problem, problem
from mamlcheck.conformance.reference import UNIT_ROUNDOFF
from mamlcheck.conformance.subjects import TIMEOUT, Failure, Make, Metadata, Observation, Subject, opened


@dataclass(frozen=True)
class Diagnosis:
    """What a subject computes.

    declared: the algorithm it is meant to be, if known. found: the algorithm it is, or is a mutant of; None when it is
    none. defects: ids of what is wrong with it. conforms: it is what was declared, with nothing wrong. sentence: all of
    this in words. relative_error: to the certified reference, the largest over the problems. scale: factor to the
    algorithm's direction. hessian_coefficient: 1 for MAML, 0 for FO-MAML. residual: of the best fit, relative. cause:
    what most likely is the reason. notes: what is worth knowing and not wrong. traceback: of the subject's exception.
    """

    subject: str
    declared: str | None
    found: str | None
    defects: tuple[str, ...]
    conforms: bool
    sentence: str
    relative_error: float | None = None
    scale: float | None = None
    hessian_coefficient: float | None = None
    residual: float | None = None
    cause: str = ""
    notes: tuple[str, ...] = ()
    delta: float | None = None
    traceback: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    def __str__(self) -> str:
        return "\n".join([self.sentence, *(f"Note: {note}" for note in self.notes)])


def identify(
    source: str | Make | Subject, declared: str | None = None, *, dtype: str = "float64", timeout: float = TIMEOUT
) -> Diagnosis:
    """Say what a subject computes.

    source: 'pkg.module:make', 'path/to/file.py:make', the callable, or an open `Subject`. declared: the algorithm it is
    meant to be; what the subject says of itself otherwise. dtype: the precision it is asked to work in. Raises
    `InputError` for a source that names no subject.
    """
    expected = None if declared is None else algorithm(declared).name
    with opened(source, timeout) as subject:
        return _identify(subject, expected, dtype)


def _identify(subject: Subject, declared: str | None, dtype: str) -> Diagnosis:
    seen: list[Observation] = []
    for given in suite(dtype, subject.metadata):
        seen.append(subject.observe(given))
        if seen[-1].failure is not None:
            break
    other = None
    if seen[-1].failure is None:
        other = subject.observe(problem(**{**seen[0].problem.key, "dtype": _OTHER[dtype]}))
    return diagnose(subject.name, seen, subject.metadata, declared, other)


_OTHER = {"float64": "float32", "float32": "float64"}


def suite(dtype: str, metadata: Metadata) -> Iterator[Problem]:
    """The problems that tell candidates apart: three models, two inner rates, and more inner steps where there are."""
    least, *more = sorted(metadata.steps or (1, 2))
    yield problem("tanh-cross-entropy", alpha=0.4, steps=least, dtype=dtype)
    yield problem("tanh-squared-error", alpha=0.4, steps=least, dtype=dtype)
    yield problem("linear-robust", alpha=0.4, steps=least, dtype=dtype)
    yield problem("tanh-cross-entropy", alpha=0.05, steps=least, dtype=dtype)
    for count in more[:1]:
        yield problem("tanh-cross-entropy", alpha=0.4, steps=count, dtype=dtype)


# -- the diagnosis ------------------------------------------------------------------------------------------------
def diagnose(
    name: str,
    seen: Sequence[Observation],
    metadata: Metadata,
    declared: str | None = None,
    other: Observation | None = None,
) -> Diagnosis:
    """What observations of a subject say. other: one in the other precision."""
    declared = declared or metadata.algorithm
    if seen[0].failure is not None:
        return _no_direction(name, declared, seen[0].failure)
    if not any(o.directions[0].any() for o in seen if o.directions):
        return _no_direction(name, declared, Failure("zeros", "every component of the direction is 0"))
    usable = [o for o in seen if o.failure is None and o.directions[0].any()]
    least = min(o.problem.steps for o in usable)
    question = Question([o for o in usable if o.problem.steps == least], metadata, declared)
    explained = _explained(question, other)
    for second in (_input_changed, _unsteady, _more_steps, _in_float32, _coarser, _failed_later):
        explained = second(explained, question, seen, other)
    return _told(name, declared, explained, question)


def _explained(question: Question, other: Observation | None) -> Explanation:
    """The first explanation that fits."""
    tried = (
        explanations.matched,
        explanations.finite_difference,
        explanations.clipped,
        explanations.other_coefficient,
        explanations.coarse,
        lambda q: explanations.lost_digits(q, other),
        combinations.other_length,
        combinations.weighed,
        combinations.decayed,
        combinations.other_rate,
    )
    for attempt in tried:
        explained = attempt(question)
        if explained is not None:
            return explained
    return Explanation(None, coefficient=explanations.hessian_coefficient(question))


# -- what is wrong beside the formula -----------------------------------------------------------------------------
def _adding(explained: Explanation, defect: str, clause: str, cause: str) -> Explanation:
    joined = f"{explained.clause}, and {clause}" if explained.clause else clause
    causes = f"{explained.cause} {cause}".strip()
    return replace(explained, defects=(*explained.defects, defect), clause=joined, cause=causes)


def _input_changed(
    explained: Explanation, question: Question, seen: Sequence[Observation], other: Observation | None
) -> Explanation:
    changed = sorted({name for o in seen for name in o.changed})
    if not changed:
        return explained
    some = ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")
    if all(name.startswith("model ") for name in changed):
        cause = "Most likely the outer or inner optimiser steps on the model, and its weights are not put back."
        return _adding(explained, "inputs_mutated", f"a call leaves the model's parameters changed ({some})", cause)
    cause = "Most likely data are normalised, shuffled or updated in place."
    return _adding(explained, "inputs_mutated", f"a call changes its inputs ({some})", cause)


def _unsteady(
    explained: Explanation, question: Question, seen: Sequence[Observation], other: Observation | None
) -> Explanation:
    """Two calls on the same problem that differ by more than rounding."""
    if "inputs_mutated" in explained.defects:
        return explained
    worst, stale = 0.0, True
    c = explained.candidate or question.fits[0].candidate
    for o, unit in zip(question.seen, question.units, strict=True):
        first, second = o.directions[0], o.directions[1]
        allowed = 2 * relative_tolerance(c, o, 1.0, unit)
        size = float(np.linalg.norm(first))
        apart = float(np.linalg.norm(second - first)) / size
        if apart > allowed:
            worst = max(worst, apart)
            stale = stale and float(np.linalg.norm(second - 2 * first)) / size <= 2 * allowed
    if not worst:
        return explained
    if stale:
        return _adding(
            explained,
            "stale_gradients",
            "a second call returns twice the first: gradients add up from call to call",
            "Most likely zero_grad() is missing before backward().",
        )
    return _adding(
        explained,
        "not_deterministic",
        f"two calls on the same problem differ by {worst:.0%}",
        "Most likely batches are drawn at random, dropout is on, or a state is carried over.",
    )


_OF_LENGTH = {"clipped", "clipped_by_value", "normalised", "length"}
_OF_NUMBERS = {*_OF_LENGTH, "task_weights", "weight_decay", "inner_rate"}


def _more_steps(
    explained: Explanation, question: Question, seen: Sequence[Observation], other: Observation | None
) -> Explanation:
    """The problem with more inner steps: the same candidate, or what it is instead."""
    further = [o for o in seen if o.failure is None and o.problem.steps > question.seen[0].problem.steps]
    if explained.candidate is None or explained.found is None or not further:
        return explained
    o, c = further[0], explained.candidate
    factor = explained.scale if explained.scale is not None else 1.0
    if _same(c, o, o.problem, factor):
        return explained
    fewer = problem(**{**o.problem.key, "steps": question.seen[0].problem.steps})
    if _same(c, o, fewer, factor):
        clause = f"it takes {fewer.steps} inner step{'s' if fewer.steps > 1 else ''}, whatever problem.steps says"
        if question.metadata.steps is None:
            note = f"{clause[0].upper()}{clause[1:]}; if that is meant, declare steps=({fewer.steps},)."
            return replace(explained, notes=(*explained.notes, note))
        return _adding(explained, "steps_ignored", clause, "Most likely there is no loop over inner steps.")
    more = Question([o], question.metadata, question.declared)
    match = more.match()
    if match is not None and match.candidate.mutant is not None:
        mutant = match.candidate.mutant
        return _adding(explained, mutant.name, f"with {o.problem.steps} inner steps {mutant.says}", mutant.cause)
    if match is not None and match.candidate == c:
        if _OF_LENGTH & {*explained.defects}:
            return explained  # any length of one direction is a factor
        clause = f"with {o.problem.steps} inner steps it is multiplied by {match.scale.says}"
        return replace(
            explained,
            defects=(*explained.defects, *(d for d in match.scale.defects if d not in explained.defects)),
            clause=f"{explained.clause}, and {clause}" if explained.clause else clause,
            cause=f"{explained.cause} {match.scale.cause}".strip(),
        )
    if _OF_NUMBERS & {*explained.defects}:
        again = _explained(more, None)
        if again.candidate == c and {*again.defects} <= {*explained.defects, "scaled"}:
            return explained
    clause = f"with {o.problem.steps} inner steps it is something else that is not recognised: {_best_fit(more)}"
    cause = "Most likely the inner steps differ from each other, or a state such as a momentum is carried along."
    return _adding(explained, "steps_wrong", clause, cause)


def _same(c: Candidate, o: Observation, given: Problem, factor: float) -> bool:
    at = replace_problem(o, given)
    return relative_error(c, at, factor) <= 2 * relative_tolerance(c, at, factor, max(unit_of(o), unit_of(at)))


def replace_problem(o: Observation, given: Problem) -> Observation:
    """The same direction, as if seen on another problem."""
    return replace(o, problem=given)


def _in_float32(
    explained: Explanation, question: Question, seen: Sequence[Observation], other: Observation | None
) -> Explanation:
    """A finite difference that is good in float64 and has no digits left in float32."""
    if other is None or other.failure is not None or explained.found != "HF-MAML" or explained.defects:
        return explained
    c = explained.candidate
    if c is None or not other.directions:
        return explained
    share = explanations.share_of_hessian_term(c, other, explained.scale or 1.0)
    if share <= SHARE:
        return explained
    clause = f"delta is too small for float32: there, rounding spoils {share:.0%} of the Hessian term"
    return _adding(explained, "hf_delta_too_small", clause, explanations.SMALL_CAUSE)


def _coarser(
    explained: Explanation, question: Question, seen: Sequence[Observation], other: Observation | None
) -> Explanation:
    """Arrays that come back in a coarser precision than was asked for."""
    o = question.seen[0]
    if unit_of(o) <= UNIT_ROUNDOFF[o.problem.dtype]:
        return explained
    note = f"It returns {o.dtype} for a problem in {o.problem.dtype}, and is held to the tolerance of {o.dtype}."
    c = explained.candidate or question.fits[0].candidate
    if relative_tolerance(c, o, 1.0, unit_of(o)) > SHARE:
        note = f"It returns {o.dtype}, which is too coarse to tell what it is: return {o.problem.dtype}."
    return replace(explained, notes=(*explained.notes, note))


def _failed_later(
    explained: Explanation, question: Question, seen: Sequence[Observation], other: Observation | None
) -> Explanation:
    """Problems it could not be run on, after those it could."""
    notes = [
        f"On {o.problem.id} there is no direction: {o.failure.message}."
        for o in (*seen, *(() if other is None else (other,)))
        if o.failure is not None
    ]
    return replace(explained, notes=(*explained.notes, *notes))


# -- in words -----------------------------------------------------------------------------------------------------
_KINDS = {
    "import": ("import_failed", "It cannot be imported"),
    "setup": ("exception", "make(problem) fails"),
    "exception": ("exception", "It raises an exception"),
    "none": ("no_gradient", "There is no gradient"),
    "zeros": ("no_gradient", "There is no gradient"),
    "not finite": ("no_gradient", "There is no gradient"),
    "names": ("wrong_names", "The direction cannot be read"),
    "shape": ("wrong_shape", "The direction cannot be read"),
    "timeout": ("timeout", "It does not come to an end"),
    "exit": ("exit", "It does not return"),
}
_NO_GRADIENT = (
    "Most likely the graph is cut between the parameters and the outer loss: detach(), .data, torch.no_grad(), or a "
    "copy of the model whose gradients are never brought back."
)


def _declared(declared: str | None) -> str:
    return f"You declared {declared}. " if declared else ""


def _no_direction(name: str, declared: str | None, failure: Failure) -> Diagnosis:
    defect, what = _KINDS[failure.kind]
    cause = _NO_GRADIENT if failure.kind in ("none", "zeros") else ""
    sentence = f"{_declared(declared)}{what}: {failure.message}.{' ' + cause if cause else ''}"
    return Diagnosis(
        subject=name,
        declared=declared,
        found=None,
        defects=(defect,),
        conforms=False,
        sentence=sentence,
        cause=cause,
        traceback=failure.traceback,
    )


# Declared and found differ, and nothing else is wrong: what is, and why most likely.
_INSTEAD = {
    ("MAML", "FO-MAML"): ("the Hessian term is missing", "hessian_missing"),
    ("HF-MAML", "FO-MAML"): ("the Hessian term is missing", "hessian_missing"),
    ("ANIL", "FO-ANIL"): ("the Hessian term is missing", "hessian_missing"),
    ("FO-MAML", "MAML"): ("the Hessian term is there", "hessian_present"),
    ("FO-ANIL", "ANIL"): ("the Hessian term is there", "hessian_present"),
}
_MISSING = {
    "torch": "Most likely the inner gradient is taken without create_graph=True, or the parameters are updated through "
    ".data.",
    "jax": "Most likely the inner gradient goes through jax.lax.stop_gradient, or the outer jax.grad is taken at the "
    "adapted parameters.",
    "numpy": "Most likely no Hessian-vector product is subtracted from the outer gradient.",
}
_PRESENT = "Most likely the inner gradient is not detached: create_graph=True is set, or no stop_gradient is there."


def _mismatch(declared: str, found: str, frameworks: tuple[str, ...]) -> tuple[str, str, str]:
    """Clause, defect and cause for an algorithm that is another than declared."""
    clause, defect = _INSTEAD.get((declared, found), (f"not {declared}", "other_algorithm"))
    cause = ""
    if defect == "hessian_missing":
        cause = next((_MISSING[f] for f in frameworks if f in _MISSING), _MISSING["torch"])
    elif defect == "hessian_present":
        cause = _PRESENT
    return clause, defect, cause


def _told(name: str, declared: str | None, e: Explanation, question: Question) -> Diagnosis:
    residual = question.fits[0].residual
    if e.found is None:
        return _unrecognised(name, declared, e, question)
    clause, cause, defects = e.clause, e.cause, e.defects
    indistinct = declared == "HF-MAML" and e.found == "MAML" and question.seen[0].problem.dtype == "float32"
    found = "HF-MAML" if indistinct else e.found
    if declared is not None and declared != found:
        other, defect, reason = _mismatch(declared, found, question.seen[0].frameworks)
        clause = f"{other}, and {clause}" if clause else other
        cause = f"{reason} {cause}".strip()
        defects = (defect, *defects)
    figure = f"relative error {e.error:.0e}" if e.error is not None else ""
    if e.delta is not None:
        figure += f", delta = {e.delta:.3g}"
    conforms = not defects
    if conforms and declared:
        sentence = f"This is {found}, as declared ({figure})."
    elif conforms:
        sentence = f"This is {found} ({figure})."
    elif declared is not None and declared == found:
        sentence = f"{_declared(declared)}This is {found} ({figure}), but {clause}."
    else:
        joint = ": " if declared is not None and clause and not clause.startswith("not ") else ", "
        but = "but " if declared is None else ""
        sentence = f"{_declared(declared)}This is {found} ({figure}){joint}{but}{clause}."
    if cause and not conforms:
        sentence += f" {cause}"
    return Diagnosis(
        subject=name,
        declared=declared,
        found=found,
        defects=defects,
        conforms=conforms,
        sentence=sentence,
        relative_error=e.error,
        scale=e.scale,
        hessian_coefficient=e.coefficient,
        residual=residual,
        cause=cause,
        notes=e.notes,
        delta=e.delta,
    )


def _described(one: Fit) -> str:
    """A fit in words: the algorithm, what is wrong with it, the factor."""
    c, factor = one.candidate, one.factors[0]
    nearest = c.algorithm.name + (f" where {c.mutant.says}" if c.mutant is not None else "")
    return nearest if abs(factor - 1) < SHARE else f"{nearest}, times {factor:.3g}"


def _best_fit(question: Question) -> str:
    """What comes nearest, and how near."""
    best = question.fits[0]
    if best.residual > SHARE:
        return f"nothing known comes near, and the best fit, {_described(best)}, leaves {best.residual:.0%} unexplained"
    return f"the best fit is {_described(best)}, with a residual of {_percent(best.residual)}"


def _percent(share: float) -> str:
    return f"{100 * share:.2g}%" if share > 1e-4 else f"{share:.0e}"


def _unrecognised(name: str, declared: str | None, e: Explanation, question: Question) -> Diagnosis:
    best = question.fits[0]
    clause = f" Besides, {e.clause}. {e.cause}" if e.clause else ""
    sentence = f"{_declared(declared)}This is not recognised: {_best_fit(question)}.{clause}"
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
        cause=e.cause,
        notes=e.notes,
    )
