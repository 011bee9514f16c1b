"""Problems without a direction, though the subject can be run on their kind and in their precision."""

from __future__ import annotations

from mamlcheck.conformance.data import UNIT_ROUNDOFF
from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding, adding_elsewhere, noting
from mamlcheck.conformance.diagnosis.one_loss import WRITTEN_IN
from mamlcheck.conformance.diagnosis.sentences import NO_GRADIENT_AT_ALL, defect_of_failure

ORDER = 70


def beside(e: Explanation, case: Case) -> Explanation:
    """With where there is no direction, and where it cannot be run."""
    everything = [*case.seen, *case.others]
    for o in everything:
        if o.has_direction or {o.problem.name, o.problem.dtype} & {*case.not_run}:
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


def _place(value: str) -> str:
    return f"in {value}" if value in UNIT_ROUNDOFF else f"on {value}"
