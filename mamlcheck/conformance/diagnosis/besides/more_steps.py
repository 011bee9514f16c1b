"""More inner steps: the same formula, or what it is instead."""

from __future__ import annotations

from dataclasses import replace

from mamlcheck.conformance.diagnosis.attempts import explained
from mamlcheck.conformance.diagnosis.case import Case
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding
from mamlcheck.conformance.diagnosis.sentences import best_fit, described_otherwise
from mamlcheck.conformance.words import counted

ORDER = 30
NO_LOOP = "Most likely there is no loop over inner steps."
UNLIKE = "Most likely the inner steps differ from each other, or a state such as a momentum is carried along."


def beside(e: Explanation, case: Case) -> Explanation:
    """With what is wrong with the further steps."""
    least = case.question.seen[0].problem.steps
    further = [o for o in case.held(e) if o.problem.steps > least and o is not case.other]
    if e.allows is None or all(e.allows(o) for o in further):
        return e
    if e.otherwise is not None and e.otherwise.allows is not None and all(e.otherwise.allows(o) for o in further):
        return e.otherwise
    fewer = [replace(o, problem=o.problem.but(steps=least)) for o in further]
    if all(e.allows(o) for o in fewer):
        undeclared = case.question.metadata.steps is None
        meant = (
            f"declare it: steps=({least},)" if not all(o.handed for o in further) else f"give problems of steps={least}"
        )
        cause = f"If that is meant, {meant}." if undeclared else NO_LOOP
        clause = f"it takes {counted(least, 'inner step')}, whatever problem.steps says"
        return adding(e, "steps_ignored", clause, Cause("steps_ignored", cause))
    question = case.about(further)
    again, steps = explained(question), f"with {further[0].problem.steps} inner steps"
    if again.found is None:
        clause = f"{steps} it is something else that is not recognised: {best_fit(question)}"
        return adding(e, "steps_wrong", clause, Cause("steps_wrong", UNLIKE))
    # Another algorithm, another number of its own, or something wrong that with fewer steps is a part of what it is.
    other = again.found != e.found or again.clauses == e.clauses or bool(e.defects)
    if other and again.allows is not None and all(again.allows(o) for o in case.held(e)):
        return again  # with fewer steps it is the same as what was found there
    said = adding(e, "steps_wrong", f"{steps} {described_otherwise(again, e)}", *again.causes)
    return replace(said, defects=tuple(dict.fromkeys((*e.defects, *(again.defects or ("steps_wrong",))))))
