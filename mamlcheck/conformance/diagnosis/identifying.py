"""Say what a subject computes, by what it returns on a few problems.

Nothing is guessed from the code. What is said holds against the certified reference, within the rounding of a correct
subject, on every observation that it names.
"""

from __future__ import annotations

from collections.abc import Sequence

from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis import shelf
from mamlcheck.conformance.diagnosis.attempts import attempts, explained
from mamlcheck.conformance.diagnosis.besides import besides
from mamlcheck.conformance.diagnosis.candidates import candidates
from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.evidence import cannot_run, evidence
from mamlcheck.conformance.diagnosis.explanation import adding
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, Question, lost, unit_of
from mamlcheck.conformance.diagnosis.one_loss import on_one_loss
from mamlcheck.conformance.diagnosis.ordering import OTHER_ORDER, in_another_order
from mamlcheck.conformance.diagnosis.reduced import as_good_as_its_precision, hinted
from mamlcheck.conformance.diagnosis.result import Diagnosis
from mamlcheck.conformance.diagnosis.sentences import no_direction, told, too_coarse
from mamlcheck.conformance.diagnosis.suite import observations, own_suite, posed
from mamlcheck.conformance.diagnosis.updates import read_off
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.subjects.declaring import Metadata
from mamlcheck.conformance.subjects.observing import Observation
from mamlcheck.conformance.subjects.opening import TIMEOUT_SECONDS, Source, opened


def identify(
    source: Source,
    declared: str | None = None,
    *,
    dtype: str = "float64",
    timeout: float = TIMEOUT_SECONDS,
    problems: Sequence[Problem] | None = None,
) -> Diagnosis:
    """Say what a subject computes.

    source: 'pkg.module:make', 'path/to/file.py:make', the callable, or an open `Subject`. declared: the algorithm it is
    meant to be; what the subject says of itself otherwise. dtype: the precision it is asked to work in. timeout:
    seconds for one problem, where the source is text. problems: those of `own_problem` that it is asked about, in place
    of the built-in ones, if it does not declare them; `dtype` is theirs then. Raises `InputError` for a source that
    names no subject.
    """
    expected = None if declared is None else algorithm(declared).name
    with opened(source, timeout) as subject:
        asked = posed(subject.metadata) if problems is None else problems
        if asked is None:
            seen = observations(subject.observe, dtype, subject.metadata)
        else:
            seen = [subject.observe(given) for given in own_suite(asked, subject.metadata)]
        return diagnose(subject.name, seen, subject.metadata, expected)


def prepare() -> None:
    """Import and read what any diagnosis needs, which can be done while a subject is being imported elsewhere."""
    attempts()
    besides()
    candidates()
    shelf.load()


def diagnose(
    name: str, everything: Sequence[Observation], metadata: Metadata, declared: str | None = None
) -> Diagnosis:
    """What observations of a subject say; those in another precision than the first's are held against the others."""
    declared = declared or metadata.algorithm
    read = read_off(everything) if metadata.computes is None else None  # what has few digits anyway tells nothing
    everything = everything if read is None else [read.of(o) for o in everything]
    dtype = everything[0].problem.dtype
    usable = [o for o in everything if o.has_direction and o.problem.dtype == dtype]
    if not usable:
        return no_direction(name, declared, [o for o in everything if o.problem.dtype == dtype])
    share = max(lost(o, unit_of(o)) / o.size for o in usable)
    if share > TELLING_SHARE:
        return too_coarse(name, declared, share, evidence(usable, len(everything)))
    question = _question(everything, metadata, declared)
    e = explained(question)
    order = in_another_order(question) if e.found is None else None
    if order is not None:
        everything = [order.of(o) for o in everything]
        question = _question(everything, metadata, declared)
        e = explained(question)
    if e.found is None and question.tells:
        e = as_good_as_its_precision(question) or on_one_loss(question) or hinted(e, question)
    if order is not None:
        e = adding(e, OTHER_ORDER.id, f"its parameters come in the order of {order.says}", OTHER_ORDER)
    seen = [o for o in everything if o.problem.dtype == dtype]
    case = Case(question, seen, [o for o in everything if o.problem.dtype != dtype], cannot_run(everything))
    for beside in besides():
        e = beside(e, case)
    said = told(name, declared, e, question, case.evidence(e))
    shelf.save()
    return said


def _question(everything: Sequence[Observation], metadata: Metadata, declared: str | None) -> Question:
    """What explains the observations with the fewest inner steps, in the precision that was asked for?"""
    dtype = everything[0].problem.dtype
    usable = [o for o in everything if o.has_direction and o.problem.dtype == dtype]
    others = [o for o in everything if o.problem.dtype != dtype]
    least = min(o.problem.steps for o in usable)
    return Question([o for o in usable if o.problem.steps == least], metadata, declared, others[-1] if others else None)
