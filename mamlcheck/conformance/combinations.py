"""What else can be behind a direction: numbers of a subject's own, beside the formula of an algorithm.

The weights of the tasks, the length of the direction, a weight decay, an inner rate. Each function takes a `Question`,
fits those numbers in doubles, holds the result against the certified reference, and returns an `Explanation` or None.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from mamlcheck.conformance.advice import in_words, together
from mamlcheck.conformance.candidates import Candidate, Scale, replace_alpha
from mamlcheck.conformance.explanations import FAR, Explanation, refined
from mamlcheck.conformance.fits import (
    SHARE,
    Question,
    fit,
    hopeless,
    lost,
    named,
    relative_error,
    relative_tolerance,
    rounding,
    size_of,
    unit_of,
    within,
)
from mamlcheck.conformance.problems import Problem, problem
from mamlcheck.conformance.subjects import Observation

Array = np.ndarray

RATES = 2.0 ** np.arange(-10, 5)  # where the search for an inner rate starts


def _plain(question: Question) -> Iterator[Candidate]:
    """The algorithms, the best fit first."""
    return (f.candidate for f in question.fits if f.candidate.mutant is None)


def _wanted_factor(question: Question, o: Observation) -> float:
    """The factor to the mean over tasks that is no defect."""
    return float(len(o.problem.tasks)) if question.metadata.reduction == "sum" else 1.0


# -- length --------------------------------------------------------------------------------------------------------
def other_length(question: Question) -> Explanation | None:
    """The direction of a candidate, with a factor that differs from problem to problem."""
    for one in question.fits:
        if hopeless(one):
            return None
        c, tolerances = one.candidate, []
        for o, factor, unit in zip(question.seen, one.factors, question.units, strict=True):
            tolerances.append(2 * relative_tolerance(c, o, factor, unit))
            if not relative_error(c, o, factor) <= tolerances[-1] <= SHARE:
                break
        else:
            if max(one.factors) - min(one.factors) > max(tolerances) * max(abs(f) for f in one.factors):
                return _of_length(question, c, one.factors, tolerances, one.residual)
    return None


def _of_length(
    question: Question, c: Candidate, factors: tuple[float, ...], tolerances: list[float], error: float
) -> Explanation:
    sizes = [size_of(o) for o in question.seen]
    said = [] if c.mutant is None else [c.mutant.says]
    defects = [] if c.mutant is None else [c.mutant.name]
    if max(sizes) / min(sizes) - 1 <= 2 * max(tolerances):
        said.append(f"its norm is {sizes[0]:.4g} on every problem: it is normalised")
        defects.append("normalised")
        cause = "Most likely the gradient is divided by its norm."
    else:
        said.append(
            f"only its direction is right: its length is {min(factors):.3g} to {max(factors):.3g} times what it should "
            "be, depending on the problem"
        )
        defects.append("length")
        cause = "Most likely the loss goes through a function, or the step is scaled by something that was measured."

    def allows(o: Observation) -> bool:
        return within(c, o, fit(c, [o]).factors[0], 2)

    return Explanation(
        c.algorithm.name,
        tuple(defects),
        ", and ".join(said),
        cause,
        error=error,
        scale=factors[0],
        candidate=c,
        allows=allows,
    )


# -- tasks -----------------------------------------------------------------------------------------------------------
def weighed(question: Question) -> Explanation | None:
    """An algorithm's directions of the tasks, with other weights than equal ones."""
    for c in _plain(question):
        columns = [np.stack([c.screened(p) for p in _one_by_one(o)], axis=1) for o in question.seen]
        rights = [o.directions[0] for o in question.seen]
        weights, *_ = np.linalg.lstsq(np.concatenate(columns), np.concatenate(rights))
        if any(
            np.linalg.norm(x - m @ weights) > SHARE * np.linalg.norm(x) for m, x in zip(columns, rights, strict=True)
        ):
            continue
        held = [_weighed(c, weights, o) for o in question.seen]
        errors, allowed = [error for error, _ in held], [room for _, room in held]
        unequal = float(np.ptp(weights)) > max(allowed) * float(np.abs(weights).max())
        if unequal and all(e <= a <= SHARE for e, a in zip(errors, allowed, strict=True)):
            return _of_weights(c, weights, max(errors), max(allowed))
    return None


def _weighed(c: Candidate, weights: Array, o: Observation) -> tuple[float, float]:
    """The relative error against the tasks' directions with these weights, and what rounding explains of it."""
    parts, unit = list(_one_by_one(o)), unit_of(o)
    reference = sum(a * c.certified(p).midpoint for a, p in zip(weights, parts, strict=True))
    error = float(np.linalg.norm(o.directions[0] - reference)) / size_of(o)
    off = sum(abs(a) * unit * c.tolerance(p) for a, p in zip(weights, parts, strict=True)) + lost(o, unit)
    return error, 2 * float(off) / size_of(o)  # twice: the weights come from a rounded direction too


def _one_by_one(o: Observation) -> Iterator[Problem]:
    """The problem with each of its tasks alone."""
    return (problem(**{**o.problem.key, "tasks": (i,)}) for i in o.problem.key["tasks"])


def _of_weights(c: Candidate, weights: Array, error: float, allowed: float) -> Explanation:
    shown = [0.0 if abs(a) <= allowed * float(np.abs(weights).max()) else float(a) for a in weights]
    left_out = [str(i + 1) for i, a in enumerate(shown) if not a]
    text = ", ".join(f"{a:.4g}" for a in shown)
    clause = f"the tasks have the weights {text}, not 1/{len(shown)} each"
    cause = "Most likely the mean over tasks is a running one, or tasks are weighed by something."
    if left_out:
        clause += f": task {' and '.join(left_out)} of {len(shown)} is left out"
        cause = "Most likely the loop over tasks starts too late or ends too early."

    def allows(o: Observation) -> bool:
        off, room = _weighed(c, weights, o)
        return off <= room

    return Explanation(c.algorithm.name, ("task_weights",), clause, cause, error=error, candidate=c, allows=allows)


# -- weight decay ----------------------------------------------------------------------------------------------------
def decayed(question: Question) -> Explanation | None:
    """An algorithm's direction plus a multiple of the parameters."""
    along = np.concatenate([_parameters(o) for o in question.seen])
    for c in _plain(question):
        left = [o.directions[0] - _wanted_factor(question, o) * c.certified(o.problem).midpoint for o in question.seen]
        decay = float(np.concatenate(left) @ along / (along @ along))
        held = [_decayed(question, c, decay, o) for o in question.seen]
        added = [abs(decay) * float(np.linalg.norm(_parameters(o))) / size_of(o) for o in question.seen]
        seen = any(share > room for share, (_, room) in zip(added, held, strict=True))
        if seen and all(error <= room <= SHARE for error, room in held):
            return _of_decay(question, c, decay, max(error for error, _ in held))
    return None


def _parameters(o: Observation) -> Array:
    return np.concatenate([a.ravel() for a in o.problem.parameters.values()])


def _decayed(question: Question, c: Candidate, decay: float, o: Observation) -> tuple[float, float]:
    """The relative error against the direction plus so much of the parameters, and what rounding explains of it."""
    unit, factor, w = unit_of(o), _wanted_factor(question, o), _parameters(o)
    error = float(np.linalg.norm(o.directions[0] - factor * c.certified(o.problem).midpoint - decay * w)) / size_of(o)
    if error > SHARE:  # spare working the tolerance out
        return error, 0.0
    # The product and the sum round besides; twice, as the multiple comes from a rounded direction too.
    sums = 2 * unit * (1 + abs(decay) * float(np.linalg.norm(w)) / size_of(o))
    return error, 2 * (relative_tolerance(c, o, factor, unit) + sums)


def _of_decay(question: Question, c: Candidate, decay: float, error: float) -> Explanation:
    def allows(o: Observation) -> bool:
        off, room = _decayed(question, c, decay, o)
        return off <= room

    return Explanation(
        c.algorithm.name,
        ("weight_decay",),
        f"{decay:.4g} times the parameters is added: a weight decay",
        "Most likely a weight decay is on in the outer step, or a norm of the parameters is in the loss.",
        error=error,
        scale=_wanted_factor(question, question.seen[0]),
        candidate=c,
        allows=allows,
    )


# -- the inner rate --------------------------------------------------------------------------------------------------
def other_rate(question: Question) -> Explanation | None:
    """An algorithm with another inner rate: alpha times a number, or the same whatever alpha is."""
    named_scales = [s for s in question.scales() if not any("alpha" in defect for defect in s.defects)]
    widest = question.widest
    for c in _plain(question):
        if not isinstance(c.hessian, str):
            continue
        at = partial(_at_rate, c)
        coarsely = [fit(c, [_moved(widest, float(rate))]).residual for rate in RATES]
        if min(coarsely) > FAR:
            continue
        rate = refined(at, question, float(RATES[int(np.argmin(coarsely))]))
        for fixed in (False, True):
            ratio = rate / widest.problem.alpha
            seen = [_moved(o, rate if fixed else ratio * o.problem.alpha) for o in question.seen]
            match = named(fit(c, seen), seen, question.units, named_scales)
            if match is None or not _moves(c, question, seen):
                continue
            clause = f"its inner rate is {ratio:.4g} times alpha"
            cause = "Most likely the inner loss, or its gradient, has its own factor."
            if fixed:
                clause = f"its inner rate is {rate:.4g}, whatever problem.alpha says"
                cause = "Most likely the rate is a constant in the code."
            return Explanation(
                c.algorithm.name,
                ("inner_rate", *match.scale.defects),
                f"{clause}, and it is multiplied by {match.scale.says}" if match.scale.says else clause,
                together(cause, in_words(match.scale.cause, question.frameworks)),
                error=match.error,
                scale=match.factors[0],
                candidate=c,
                allows=partial(_at_that_rate, c, match.scale, rate if fixed else ratio, fixed),
            )
    return None


def _at_that_rate(c: Candidate, scale: Scale, rate: float, fixed: bool, o: Observation) -> bool:
    """Whether the rate that was found, or so many times alpha, explains another observation."""
    there = _moved(o, rate if fixed else rate * o.problem.alpha)
    return within(c, there, scale.factor(o.problem), 2)  # twice: the rate comes from a rounded direction too


def _moves(c: Candidate, question: Question, moved: list[Observation]) -> bool:
    """Whether the rate makes a difference that rounding does not explain."""
    return any(
        np.linalg.norm(c.screened(a.problem) - c.screened(b.problem)) > 2 * rounding(c, a, 1.0, unit)
        for a, b, unit in zip(question.seen, moved, question.units, strict=True)
    )


def _at_rate(c: Candidate, rate: float, given: Problem) -> Array:
    return c.screened(replace_alpha(given, rate))


def _moved(o: Observation, rate: float) -> Observation:
    """The observation as if it had been asked for with this inner rate."""
    return replace(o, problem=replace_alpha(o.problem, rate))
