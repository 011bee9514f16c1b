"""Problems without a direction, though the subject can be run on their kind and in their precision."""

from __future__ import annotations

from collections.abc import Sequence

from mamlcheck.conformance.data import UNIT_ROUNDOFF
from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.evidence import RAISED
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding, adding_elsewhere, noting
from mamlcheck.conformance.diagnosis.one_loss import WRITTEN_IN
from mamlcheck.conformance.diagnosis.sentences import NO_GRADIENT_AT_ALL, defect_of_failure
from mamlcheck.conformance.subjects.observing import Observation
from mamlcheck.conformance.words import counted

ORDER = 70


def beside(e: Explanation, case: Case) -> Explanation:
    """With where there is no direction, and where it cannot be run."""
    everything = [*case.seen, *case.others]
    further = _on_no_further_step(case)
    if further:
        e = _with_few_steps_alone(e, further, case)
    for o in everything:
        if o in further or o.has_direction or {o.problem.name, o.problem.dtype} & {*case.not_run}:
            continue
        alike = [p for p in everything if p.problem.name == o.problem.name]
        throughout = not any(p.has_direction for p in alike)
        if throughout and o is not alike[0]:
            continue  # it is said of the kind already
        failure = o.failure or NO_GRADIENT_AT_ALL
        causes = [WRITTEN_IN] if throughout and o.failure is None and "not_on_every_loss" not in e.defects else []
        where = o.problem.name if throughout else o.problem.id
        clause = f"on {where} there is no direction: {failure}"
        said = adding_elsewhere if throughout and e.found is not None else adding
        e = said(e, defect_of_failure(failure), clause, *causes)
    return noting(e, *(f"It cannot be run {_place(value)}: {failure}." for value, failure in case.not_run.items()))


def _on_no_further_step(case: Case) -> list[Observation]:
    """The observations with more inner steps, if it raises an exception on all of them."""
    least = case.question.seen[0].problem.steps
    further = [o for o in case.seen if o.problem.steps > least and o.problem.name not in case.not_run]
    raised = all(o.failure is not None and o.failure.kind in RAISED for o in further)
    return further if raised else []


def _with_few_steps_alone(e: Explanation, further: Sequence[Observation], case: Case) -> Explanation:
    """With what it raises with more inner steps, said once."""
    least, first = case.question.seen[0].problem.steps, further[0]
    failure = first.failure or NO_GRADIENT_AT_ALL
    meant = Cause(
        "few_steps_alone", f"If it is for {counted(least, 'inner step')} alone, declare it: steps=({least},)."
    )
    causes = [meant] if case.question.metadata.steps is None else []
    where = f"with {counted(first.problem.steps, 'inner step')} there is no direction, as on {first.problem.id}"
    return adding(e, defect_of_failure(failure), f"{where}: {failure}", *causes)


def _place(value: str) -> str:
    return f"in {value}" if value in UNIT_ROUNDOFF else f"on {value}"
