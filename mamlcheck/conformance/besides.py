"""What is wrong with a subject beside its formula: its state, its inner steps, its precision, where it does not run.

Each function takes what explains the observations so far, and the case, and gives it back, with more said where there
is more to say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mamlcheck.conformance import explanations
from mamlcheck.conformance.advice import ANY, in_words, together
from mamlcheck.conformance.evidence import Evidence, evidence, has_direction, listed
from mamlcheck.conformance.explanations import Explanation
from mamlcheck.conformance.fits import SHARE, Question, lost, relative_tolerance, size_of, unit_of
from mamlcheck.conformance.problems import problem
from mamlcheck.conformance.reference import UNIT_ROUNDOFF
from mamlcheck.conformance.subjects import Failure, Observation
from mamlcheck.conformance.wording import KINDS_OF_FAILURE, best_fit, described_otherwise

Explain = Callable[[Question], Explanation]


@dataclass(frozen=True)
class Case:
    """question: the observations with the fewest inner steps, which `explain` explains. seen: all in the precision that
    was asked for. other: one in the other precision, if it was looked at. not_run: see `evidence.cannot_run`.
    """

    question: Question
    seen: Sequence[Observation]
    other: Observation | None
    not_run: dict[str, Failure]
    explain: Explain

    @property
    def coarser(self) -> Observation | None:
        """The other precision, where it has a direction and is the coarser one: a finer one was not asked for."""
        o = self.other
        return o if o is not None and has_direction(o) and unit_of(o) > max(self.question.units) else None

    def held(self, e: Explanation) -> list[Observation]:
        """The observations that an explanation is held against."""
        judged = [o for o in self.seen if has_direction(o)]
        judged += [] if self.coarser is None else [self.coarser]
        return [o for o in judged if not e.losses or o.problem.kind.loss_name in e.losses]

    def evidence(self, e: Explanation) -> Evidence:
        """What a verdict rests on."""
        return evidence(self.held(e))


def adding(e: Explanation, defect: str, clause: str, cause: str = "") -> Explanation:
    """With one more thing that is wrong."""
    return replace(
        e,
        defects=(*e.defects, *(() if defect in e.defects else (defect,))),
        clause=f"{e.clause}, and {clause}" if e.clause else clause,
        cause=together(e.cause, cause),
    )


# -- state ---------------------------------------------------------------------------------------------------------
def input_changed(e: Explanation, case: Case) -> Explanation:
    """A call that changes what it was given."""
    changed = sorted({name for o in case.seen for name in o.changed})
    if not changed:
        return e
    some = ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")
    if all(name.startswith("model ") for name in changed):
        cause = "Most likely the outer or inner optimiser steps on the model, and its weights are not put back."
        return adding(e, "inputs_mutated", f"a call leaves the model's parameters changed ({some})", cause)
    cause = "Most likely data are normalised, shuffled or updated in place."
    return adding(e, "inputs_mutated", f"a call changes its inputs ({some})", cause)


_ADDS_UP = {
    "torch": "Most likely zero_grad() is missing before backward().",
    ANY: "Most likely an accumulator is not set to zero at the start of a call.",
}


def unsteady(e: Explanation, case: Case) -> Explanation:
    """Two calls on the same problem that differ by more than rounding."""
    if "inputs_mutated" in e.defects:
        return e
    question = case.question
    worst, stale = 0.0, True
    c = e.candidate or question.fits[0].candidate
    for o, unit in zip(question.seen, question.units, strict=True):
        first, second = o.directions[0], o.directions[1]
        allowed = 2 * relative_tolerance(c, o, 1.0, unit)
        size = size_of(o)
        apart = float(np.linalg.norm(second - first)) / size
        if apart > allowed:
            worst = max(worst, apart)
            stale = stale and float(np.linalg.norm(second - 2 * first)) / size <= 2 * allowed
    if not worst:
        return e
    if stale:
        clause = "a second call returns twice the first: gradients add up from call to call"
        return adding(e, "stale_gradients", clause, in_words(_ADDS_UP, question.frameworks))
    return adding(
        e,
        "not_deterministic",
        f"two calls on the same problem differ by {worst:.0%}" if worst > SHARE else f"two calls differ by {worst:.0e}",
        "Most likely batches are drawn at random, dropout is on, or a state is carried over.",
    )


# -- inner steps ---------------------------------------------------------------------------------------------------
def more_steps(e: Explanation, case: Case) -> Explanation:
    """More inner steps: the same formula, or what it is instead."""
    least = case.question.seen[0].problem.steps
    further = [o for o in case.held(e) if o.problem.steps > least and o is not case.other]
    if e.allows is None or all(e.allows(o) for o in further):
        return e
    fewer = [replace(o, problem=problem(**{**o.problem.key, "steps": least})) for o in further]
    if all(e.allows(o) for o in fewer):
        clause = f"it takes {least} inner step{'s' if least > 1 else ''}, whatever problem.steps says"
        cause = "Most likely there is no loop over inner steps."
        if case.question.metadata.steps is None:
            cause = f"If that is meant, declare it: steps=({least},)."
        return adding(e, "steps_ignored", clause, cause)
    more = Question(further, case.question.metadata, case.question.declared)
    again, counted = case.explain(more), f"with {further[0].problem.steps} inner steps"
    if again.found is None:
        clause = f"{counted} it is something else that is not recognised: {best_fit(more)}"
        cause = "Most likely the inner steps differ from each other, or a state such as a momentum is carried along."
        return adding(e, "steps_wrong", clause, cause)
    said = adding(e, "steps_wrong", f"{counted} {described_otherwise(again, e)}", again.cause)
    return replace(said, defects=tuple(dict.fromkeys((*e.defects, *(again.defects or ("steps_wrong",))))))


# -- precision -----------------------------------------------------------------------------------------------------
def in_coarser_precision(e: Explanation, case: Case) -> Explanation:
    """The coarser precision: the same formula, or what it is instead."""
    o = case.coarser
    if o is None or e.allows is None or o not in case.held(e):
        return e
    if e.found == "HF-MAML":
        return _lost_digits(e, o)
    if e.allows(o):
        return e
    there = Question([o], case.question.metadata, case.question.declared)
    again = case.explain(there)
    if again.found is not None:
        clause = f"in {o.problem.dtype} {described_otherwise(again, e)}"
        return adding(e, "precision_differs", clause, again.cause)
    near = there.fits[0].residual <= SHARE and there.fits[0].candidate == e.candidate
    cause = f"Most likely some of it is computed more coarsely than in {o.problem.dtype} there." if near else ""
    return adding(e, "precision_differs", f"in {o.problem.dtype} it is not recognised: {best_fit(there)}", cause)


def _lost_digits(e: Explanation, o: Observation) -> Explanation:
    """A finite difference that is good in float64 and has no digits left in float32."""
    if e.defects or e.candidate is None:
        return e
    share = explanations.share_of_hessian_term(e.candidate, o, e.scale or 1.0)
    if share <= SHARE:
        return e
    clause = f"delta is too small for {o.problem.dtype}: there, rounding spoils {share:.0%} of the Hessian term"
    return adding(e, "hf_delta_too_small", clause, explanations.SMALL_CAUSE)


def returned_coarser(e: Explanation, case: Case) -> Explanation:
    """Arrays that come back in a coarser precision than was asked for."""
    o = case.question.seen[0]
    if unit_of(o) <= UNIT_ROUNDOFF[o.problem.dtype]:
        return e
    note = f"It returns {o.dtype} for a problem in {o.problem.dtype}, and is held to the tolerance of {o.dtype}."
    c = e.candidate or case.question.fits[0].candidate
    if relative_tolerance(c, o, 1.0, unit_of(o)) > SHARE:
        note = f"It returns {o.dtype}, which is too coarse to tell what it is: return {o.problem.dtype}."
    return replace(e, notes=(*e.notes, note))


def read_off_an_update(e: Explanation, case: Case) -> Explanation:
    """A direction that was read off an update, and has lost a digit or more by that."""
    c = e.candidate or case.question.fits[0].candidate
    shares = [lost(o, u) / size_of(o) for o, u in zip(case.question.seen, case.question.units, strict=True)]
    o, unit = case.question.seen[0], case.question.units[0]
    if lost(o, unit) < 10 * unit * c.tolerance(o.problem):
        return e
    note = (
        f"It is read off an update, (before - after) / rate, which rounds: an error below {max(shares):.0e} of the "
        "direction cannot be seen. The larger the rate, the smaller this is."
    )
    return replace(e, notes=(*e.notes, note))


# -- where there is nothing to see ---------------------------------------------------------------------------------
def not_everywhere(e: Explanation, case: Case) -> Explanation:
    """Problems without a direction, though the subject can be run on their model in their precision."""
    everything = [*case.seen, *(() if case.other is None else (case.other,))]
    for o in everything:
        if has_direction(o) or {o.problem.name, o.problem.dtype} & {*case.not_run}:
            continue
        alike = [p for p in everything if p.problem.name == o.problem.name]
        throughout = not any(has_direction(p) for p in alike)
        if throughout and o is not alike[0]:
            continue  # it is said of the model already
        failure = o.failure or Failure("zeros", "every component of the direction is 0")
        cause = _WRITTEN_IN if throughout and o.failure is None and "not_on_every_loss" not in e.defects else ""
        where = o.problem.name if throughout else o.problem.id
        e = adding(e, KINDS_OF_FAILURE[failure.kind][0], f"on {where} there is no direction: {failure.message}", cause)
    notes = [f"It cannot be run {_place(value)}: {failure.message}." for value, failure in case.not_run.items()]
    return replace(e, notes=(*e.notes, *notes))


def _place(value: str) -> str:
    return f"in {value}" if value in UNIT_ROUNDOFF else f"on {value}"


def too_few(e: Explanation, case: Case) -> Explanation:
    """Observations that do not tell the formula from one with numbers written in."""
    seen = case.evidence(e)
    lacks = seen.lacks(case.question.metadata)
    if not lacks or e.found is None:
        return e
    if not e.defects:
        return replace(e, defects=("too_few_observations",), clause=lacks)
    return adding(e, "too_few_observations", f"all {seen.observations} observations are {lacks}")


_WRITTEN_IN = "Most likely the loss, or the network, is written into the code."

BESIDES = (
    input_changed,
    unsteady,
    more_steps,
    in_coarser_precision,
    returned_coarser,
    read_off_an_update,
    not_everywhere,
    too_few,
)


def on_one_loss(question: Question, explain: Explain) -> Explanation | None:
    """What holds on the problems with one loss, or two, and not on the others: a loss that is written in."""
    groups: dict[str, list[Observation]] = {}
    for o in question.seen:
        groups.setdefault(o.problem.kind.loss_name, []).append(o)
    if len(groups) < 2:
        return None
    parts = {loss: explain(Question(seen, question.metadata, question.declared)) for loss, seen in groups.items()}
    found = [e for e in parts.values() if e.found is not None]
    if not found:
        return None
    best = min(found, key=lambda e: (len(e.defects), e.found != question.declared))
    same = tuple(loss for loss, e in parts.items() if (e.found, e.clause) == (best.found, best.clause))
    others: dict[str, list[str]] = {}
    for loss, e in parts.items():
        if loss not in same:
            what = "it is not recognised" if e.found is None else described_otherwise(e, best)
            others.setdefault(what, []).append(loss)
    # Where one network is on both sides, it is the loss that makes the difference.
    here, there = (
        {tuple(groups[x][0].problem.parameters) for x in parts if (x in same) is side} for side in (True, False)
    )
    cause = "Most likely the loss is written into the code." if here & there else _WRITTEN_IN
    for what, some in others.items():
        best = adding(best, "not_on_every_loss", f"on {listed(some)} {what}", cause)
    allows = {loss: parts[loss].allows for loss in same}

    def on_these(o: Observation) -> bool:
        held = allows[o.problem.kind.loss_name]
        return held is None or held(o)

    return replace(best, losses=same, allows=on_these)


__all__ = ["BESIDES", "Case", "on_one_loss"]
