"""A diagnosis, and how it is put into one sentence with figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from mamlcheck.conformance.advice import ANY, Cause, in_words, together
from mamlcheck.conformance.evidence import Evidence, listed
from mamlcheck.conformance.explanations import Explanation
from mamlcheck.conformance.fits import SHARE, Fit, Question
from mamlcheck.conformance.problems import KINDS
from mamlcheck.conformance.subjects import Failure


@dataclass(frozen=True)
class Diagnosis:
    """What a subject computes.

    declared: the algorithm it is meant to be, if known. found: the algorithm it is, or is a mutant of; None when it is
    none. defects: ids of what is wrong with it. conforms: it is what was declared, with nothing wrong. sentence: all of
    this in words. relative_error: to the certified reference, the largest over the problems. scale: factor to the
    algorithm's direction. hessian_coefficient: 1 for MAML, 0 for FO-MAML. residual: of the best fit, relative. cause:
    what most likely is the reason. notes: what is worth knowing and not wrong. traceback: of the subject's exception.
    evidence: the observations that it rests on; None where there was no direction.
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
    evidence: Evidence | None = None

    @property
    def rests_on(self) -> str:
        """The evidence in a sentence; nothing where there is none."""
        return "" if self.evidence is None else str(self.evidence)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "rests_on": self.rests_on}

    def __str__(self) -> str:
        lines = [self.sentence, self.rests_on, *(f"Note: {note}" for note in self.notes)]
        return "\n".join(line for line in lines if line)

    def but_not(self, failed: Sequence[str]) -> Diagnosis:
        """The same after checks beyond its evidence have failed: what it says holds where it was seen, and no further.

        A diagnosis that finds something wrong says enough already.
        """
        if not self.conforms or not failed:
            return self
        some = listed([*failed[:SHOWN], *([f"{len(failed) - SHOWN} more"] if len(failed) > SHOWN else [])])
        clause = f"beyond the observations that say so, it fails {some}"
        sentence = f"{_declared(self.declared)}This is {self.found} where it was identified, but {clause}."
        return replace(self, conforms=False, defects=("not_everywhere",), sentence=sentence)


SHOWN = 3  # checks named in a sentence

# By the kind of a failure: the id of the defect, and how a sentence on it begins.
KINDS_OF_FAILURE = {
    "import": ("import_failed", "It cannot be imported"),
    "setup": ("exception", "make(problem) fails"),
    "exception": ("exception", "It raises an exception"),
    "nothing": ("no_gradient", "There is no direction"),
    "none": ("no_gradient", "There is no gradient"),
    "zeros": ("no_gradient", "There is no gradient"),
    "not finite": ("no_gradient", "There is no gradient"),
    "names": ("wrong_names", "The direction cannot be read"),
    "shape": ("wrong_shape", "The direction cannot be read"),
    "timeout": ("timeout", "It does not come to an end"),
    "exit": ("exit", "It does not return"),
}
_NO_GRADIENT = {
    "torch": "Most likely the graph is cut between the parameters and the outer loss: detach(), .data, "
    "torch.no_grad(), or a copy of the model whose gradients are never brought back.",
    "jax": "Most likely the gradient is taken by something else than the parameters, or they go through "
    "jax.lax.stop_gradient.",
    ANY: "Most likely the gradients that were computed are not the ones that are returned.",
}


def _declared(declared: str | None) -> str:
    return f"You declared {declared}. " if declared else ""


def no_direction(name: str, declared: str | None, failure: Failure, frameworks: Sequence[str]) -> Diagnosis:
    """Of a subject that gave none."""
    defect, what = KINDS_OF_FAILURE[failure.kind]
    cause = in_words(_NO_GRADIENT, frameworks) if failure.kind in ("none", "zeros") else ""
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


def too_coarse(name: str, declared: str | None, share: float, evidence: Evidence) -> Diagnosis:
    """Of a subject that is read off an update which has lost its digits. share: of the direction, lost."""
    times = 10
    while share / times > SHARE**2:  # so much larger that a percent of the direction can be seen
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


# Declared and found differ, and nothing else is wrong: what is, and why most likely.
_INSTEAD = {
    ("MAML", "FO-MAML"): ("the Hessian term is missing", "hessian_missing"),
    ("HF-MAML", "FO-MAML"): ("the Hessian term is missing", "hessian_missing"),
    ("ANIL", "FO-ANIL"): ("the Hessian term is missing", "hessian_missing"),
    ("FO-MAML", "MAML"): ("the Hessian term is there", "hessian_present"),
    ("FO-ANIL", "ANIL"): ("the Hessian term is there", "hessian_present"),
}
_MISSING: Cause = {
    "torch": "Most likely the inner gradient is taken without create_graph=True, or the parameters are updated through "
    ".data.",
    "jax": "Most likely the inner gradient goes through jax.lax.stop_gradient, or the outer jax.grad is taken at the "
    "adapted parameters.",
    ANY: "Most likely no Hessian-vector product is subtracted from the outer gradient.",
}
_PRESENT: Cause = {
    "torch": "Most likely the inner gradient is not detached: create_graph=True is set.",
    "jax": "Most likely jax.lax.stop_gradient is missing around the inner gradient.",
    ANY: "Most likely a Hessian-vector product is subtracted from the outer gradient.",
}
_CAUSES: dict[str, Cause] = {"hessian_missing": _MISSING, "hessian_present": _PRESENT, "other_algorithm": ""}


def told(name: str, declared: str | None, e: Explanation, question: Question, seen: Evidence) -> Diagnosis:
    """An explanation as a diagnosis."""
    if e.found is None:
        return _unrecognised(name, declared, e, question, seen)
    clause, cause, defects = e.clause, e.cause, e.defects
    found: str | None = e.found
    indistinct = declared == "HF-MAML" and found == "MAML" and question.seen[0].problem.dtype == "float32"
    if indistinct:
        found = "HF-MAML"
    mutant = None if e.candidate is None else e.candidate.mutant
    if mutant is not None and not mutant.adapts:
        found = None
    elif declared is not None and found is not None and declared != found:
        other, defect = _INSTEAD.get((declared, found), (f"not {declared}", "other_algorithm"))
        clause = f"{other}, and {clause}" if clause else other
        cause = together(in_words(_CAUSES[defect], question.frameworks), cause)
        defects = (defect, *defects)
    sentence = _sentence(declared, found, e, clause, defects, seen)
    if cause and defects:
        sentence += f" {cause}"
    return Diagnosis(
        subject=name,
        declared=declared,
        found=found,
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
    )


def _sentence(
    declared: str | None, found: str | None, e: Explanation, clause: str, defects: Sequence[str], seen: Evidence
) -> str:
    """What it is, and what is wrong with it; the cause comes after."""
    figure = f"relative error {e.error:.0e}" if e.error is not None else ""
    if e.delta is not None:
        figure += f", delta = {e.delta:.3g}"
    where = ""
    if e.losses:
        where = f" on {listed(e.losses)}"
    elif len(seen.problems) < len(KINDS):
        where = f" on {listed(seen.problems)}"
    if found is None:
        return f"{_declared(declared)}This is no {declared or 'MAML'}{where}: {clause} ({figure})."
    what = f"{found}{where} ({figure})"
    if not defects:
        return f"This is {found}{where}, as declared ({figure})." if declared else f"This is {what}."
    if tuple(defects) == ("too_few_observations",):
        count = f"{seen.observations} observation{'' if seen.observations == 1 else 's'}"
        return f"{_declared(declared)}This agrees with {what}, but on {count} {clause}."
    if declared == found:
        return f"{_declared(declared)}This is {what}, but {clause}."
    joint = ": " if declared is not None and not clause.startswith("not ") else ", "
    return f"{_declared(declared)}This is {what}{joint}{'' if declared else 'but '}{clause}."


def described_otherwise(e: Explanation, before: Explanation) -> str:
    """An explanation of some observations, after another one of others: 'it is FO-MAML, and ...'."""
    if e.found == before.found:
        return e.clause or f"it is {e.found}, with nothing wrong"
    return f"it is {e.found}" + (f", and {e.clause}" if e.clause else "")


def _described(one: Fit) -> str:
    """A fit in words: the algorithm, what is wrong with it, the factor."""
    c, factor = one.candidate, one.factors[0]
    nearest = c.algorithm.name + (f" where {c.mutant.says}" if c.mutant is not None else "")
    return nearest if abs(factor - 1) < SHARE else f"{nearest}, times {factor:.3g}"


def best_fit(question: Question) -> str:
    """What comes nearest, and how near."""
    best = question.fits[0]
    if best.residual > SHARE:
        return f"nothing known comes near, and the best fit, {_described(best)}, leaves {best.residual:.0%} unexplained"
    return f"the best fit is {_described(best)}, with a residual of {_percent(best.residual)}"


def _percent(share: float) -> str:
    return f"{100 * share:.2g}%" if share > 1e-4 else f"{share:.0e}"


def _unrecognised(name: str, declared: str | None, e: Explanation, question: Question, seen: Evidence) -> Diagnosis:
    best = question.fits[0]
    clause = f" Besides, {e.clause}. {e.cause}" if e.clause else ""
    sentence = f"{_declared(declared)}This is not recognised: {best_fit(question)}.{clause}"
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
        evidence=seen,
    )
