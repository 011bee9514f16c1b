"""What can be behind a direction: a candidate up to a factor, or one that is clipped, differenced, rounded.

Each takes a `Question` and returns an `Explanation` or None.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product

import numpy as np

from mamlcheck.arithmetic.rounding import LAMBDA
from mamlcheck.conformance.advice import ANY, Cause, in_words, together
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.candidates import Candidate, Scale, replace_alpha
from mamlcheck.conformance.fits import (
    SHARE,
    Match,
    Question,
    fit,
    relative_error,
    relative_tolerance,
    rounding,
    size_of,
    unit_of,
    within,
)
from mamlcheck.conformance.mutants import Mutant, mutants
from mamlcheck.conformance.problems import Problem
from mamlcheck.conformance.reference import UNIT_ROUNDOFF, Difference
from mamlcheck.conformance.subjects import Observation

Array = np.ndarray

DELTAS = 10.0 ** np.arange(-6.0, 2.1, 0.5)  # where the search for HF-MAML's delta starts
FAR = 0.5  # a residual, relative, at which no delta near one of these is tried: it shortens the search, no more
TORCH_CLIP = 1e-6  # torch.nn.utils.clip_grad_norm_ divides by the norm plus this
HALVINGS = 60  # of the bracket around delta; it is narrowed to the resolution of doubles long before


@dataclass(frozen=True)
class Explanation:
    """found: an algorithm's name or None. clause: what is wrong, after 'This is ...'; the rest as in `Diagnosis`.

    allows: whether an observation, on whatever problem, is within rounding of what this explanation says; None where it
    says nothing of other problems. losses: the losses that it holds for, all where there are none.
    """

    found: str | None
    defects: tuple[str, ...] = ()
    clause: str = ""
    cause: str = ""
    error: float | None = None
    scale: float | None = None
    coefficient: float | None = None
    delta: float | None = None
    notes: tuple[str, ...] = ()
    candidate: Candidate | None = None
    allows: Callable[[Observation], bool] | None = field(default=None, compare=False, repr=False)
    losses: tuple[str, ...] = ()


def matched(question: Question) -> Explanation | None:
    """A candidate, times a factor with a name."""
    match = next(iter(question.matches()), None)
    return None if match is None else of_match(question, match)


def scaled(question: Question) -> Explanation | None:
    """A candidate times a number that has no name."""
    match = next(iter(question.unnamed_matches()), None)
    return None if match is None else of_match(question, match)


def _allowed(c: Candidate, scale: Scale, unit: float = 0.0) -> Callable[[Observation], bool]:
    """What a match allows elsewhere; a constant that is rounded to float32 is forgiven, as it is where it matched."""
    times = 2 if scale.defects == ("scaled",) else 1  # that factor comes from a rounded direction

    def allows(o: Observation) -> bool:
        factor = scale.factor(o.problem)
        return within(c, o, factor, times, unit) or rounded_constant(c, o, factor)

    return allows


def of_match(question: Question, match: Match, unit: float = 0.0) -> Explanation:
    """A match in words. unit: the unit roundoff it was found with, where that is coarser than the observations'."""
    c, scale = match.candidate, match.scale
    clauses, causes, defects, notes = [], [], list(scale.defects), []
    if c.mutant is not None:
        defects.insert(0, c.mutant.name)
        clauses.append(c.mutant.says)
        causes.append(in_words(c.mutant.cause, question.frameworks))
    if c.algorithm.name == "Reptile" and scale.defects == ("scaled_by_1_over_alpha",):
        defects.remove("scaled_by_1_over_alpha")
        notes.append("The direction is divided by alpha, which turns Reptile's update into a gradient.")
    elif scale.says:
        clauses.append(f"it is multiplied by {scale.says}")
        causes.append(in_words(scale.cause, question.frameworks))
    if c.role == "hessian" and c.algorithm.hessian == "exact":
        notes.append("The Hessian is of a set of its own, as in equation (5), not of the inner set.")
    delta = c.hessian.delta if isinstance(c.hessian, Difference) else None
    if delta is not None and c.mutant is None:
        clause, cause, defect = _difference_share(question, c, match.factors)
        clauses += clause
        causes += cause
        defects += defect
        if isinstance(c.hessian, Difference) and c.hessian.over_norm:
            notes.append(f"Its step is {delta:.3g} over the norm of the outer gradient.")
    return Explanation(
        found=c.algorithm.name,
        defects=tuple(defects),
        clause=", and ".join(clauses),
        cause=together(*causes),
        error=match.error,
        scale=match.factors[0],
        coefficient=hessian_coefficient(question),
        delta=delta,
        notes=tuple(notes),
        candidate=c,
        allows=_allowed(c, scale, unit),
    )


# -- HF-MAML -----------------------------------------------------------------------------------------------------
def _difference_share(
    question: Question, c: Candidate, factors: Sequence[float]
) -> tuple[list[str], list[str], list[str]]:
    """What is wrong with HF-MAML's delta, if anything: truncation and rounding as shares of the Hessian term."""
    truncation, rounding = 0.0, 0.0
    for o, factor in zip(question.seen, factors, strict=True):
        exact, term = _exact_and_term(c, o)
        truncation = max(truncation, float(np.linalg.norm(c.certified(o.problem).midpoint - exact)) / term)
        rounding = max(rounding, share_of_hessian_term(c, o, factor))
    if truncation > SHARE:
        return (
            [f"delta is far too large: the difference is off by {truncation:.0%} of the Hessian term"],
            ["Most likely delta is a step of the meta rate's size; the error falls with its square."],
            ["hf_delta_too_large"],
        )
    if rounding > SHARE:
        precision = question.seen[0].problem.dtype
        return (
            [f"delta is too small for {precision}: rounding spoils {rounding:.0%} of the Hessian term"],
            [SMALL_CAUSE],
            ["hf_delta_too_small"],
        )
    return [], [], []


SMALL_CAUSE = "The difference loses eps / delta of its digits: in float32 take a delta near eps ** (1/3) = 0.005."


def _exact_and_term(c: Candidate, o: Observation) -> tuple[Array, float]:
    """MAML's direction with the same Hessian set, and the norm of its Hessian term."""
    exact = Candidate(algorithm("MAML"), "exact", c.role).certified(o.problem).midpoint
    first = Candidate(algorithm("FO-MAML"), "none", "inner").certified(o.problem).midpoint
    return exact, float(np.linalg.norm(first - exact))


def share_of_hessian_term(c: Candidate, o: Observation, factor: float) -> float:
    """How far a direction is from the candidate's times a factor, as a share of the Hessian term."""
    _, term = _exact_and_term(c, o)
    return float(np.linalg.norm(o.directions[0] / factor - c.certified(o.problem).midpoint)) / term


def finite_difference(question: Question) -> Explanation | None:
    """HF-MAML with a delta that nobody declared."""
    hf = algorithm("HF-MAML")

    def tried(delta: float, role: str, over_norm: bool, mutant: Mutant | None) -> Candidate:
        return Candidate(hf, Difference(float(delta), over_norm), role, mutant)

    plain = [(None, role, over_norm) for over_norm, role in product((False, True), hf.hessian_roles)]
    mutated = [(m, role, False) for m in mutants().values() if _of_difference(m) for role in m.hessian_roles]
    for mutant, role, over_norm in (*plain, *mutated):
        at = partial(tried, role=role, over_norm=over_norm, mutant=mutant)
        direction = partial(_direction_at, at)
        coarsely = [fit(at(d), [question.widest]).residual for d in DELTAS]
        if min(coarsely) > FAR:
            continue
        nearest = float(DELTAS[int(np.argmin(coarsely))])
        for delta in (refined(direction, question, nearest), nearest):  # in float32, rounding can hide delta's digits
            match = question.match_of(at(delta))
            if match is None or not _decisive(match.candidate, question):
                continue
            if (mutant is None and question.declared == "HF-MAML") or _visible(match.candidate, question):
                return of_match(question, match)
    return None


def _visible(c: Candidate, question: Question) -> bool:
    """Whether the difference is told from the Hessian itself: with a tiny delta, anything near MAML would fit."""
    for o, unit in zip(question.seen, question.units, strict=True):
        apart = float(np.linalg.norm(c.certified(o.problem).midpoint - _exact_and_term(c, o)[0]))
        if SHARE * apart >= rounding(c, o, 1.0, unit):
            return True
    return False


def _direction_at(tried: Callable[[float], Candidate], delta: float, given: Problem) -> Array:
    return tried(delta).screened(given)


def _decisive(c: Candidate, question: Question) -> bool:
    """Whether rounding leaves enough of the Hessian term to recognise a difference by."""
    pairs = zip(question.seen, question.units, strict=True)
    return all(rounding(c, o, 1.0, unit) <= SHARE * _exact_and_term(c, o)[1] for o, unit in pairs)


def _of_difference(mutant: Mutant) -> bool:
    """Whether it is a defect of how the difference is taken, and so depends on delta."""
    return "HF-MAML" in mutant.of and "hessian" in mutant.hessian_roles


def refined(direction_at: Callable[[float, Problem], Array], question: Question, start: float) -> float:
    """The number > 0 that fits best up to a factor, by Gauss-Newton steps in its logarithm, slopes by differences.

    direction_at: the direction (n,) on a problem, in doubles, for such a number.
    """
    o = question.widest

    def direction(log: float) -> Array:
        return direction_at(float(np.exp(log)), o.problem)

    at = float(np.log(start))
    width = 0.2
    for _ in range(HALVINGS):
        here = direction(at)
        slope = (direction(at + width) - here) / width
        (factor, change), *_ = np.linalg.lstsq(np.stack([here, slope], axis=1), o.directions[0])
        if not factor or not slope.any():
            break
        step = float(np.clip(change / factor, -1, 1))
        at += step
        width = max(min(width, abs(step)), 1e-9)
        if abs(step) < 1e-13:
            break
    return float(np.exp(at))


def lost_digits(question: Question, seen: Observation | None) -> Explanation | None:
    """HF-MAML whose difference has lost its digits: fine in a finer precision, and unlike anything in this one.

    seen: an observation in the other precision. There it must be MAML or HF-MAML with nothing wrong, and here no
    further off than the rounding of that difference explains.
    """
    if seen is None or seen.failure is not None or not seen.directions or unit_of(seen) >= min(question.units):
        return None
    finer = Question([seen], question.metadata, question.declared)
    explained = matched(finer) or rounded(finer) or finite_difference(finer) or coarse(finer)
    if explained is None or explained.found not in ("MAML", "HF-MAML") or explained.defects:
        return None
    assert explained.candidate is not None
    assert explained.scale is not None
    factor = explained.scale / (len(seen.problem.tasks) if question.metadata.reduction == "sum" else 1)
    delta = question.metadata.delta if explained.delta is None else explained.delta
    c = Candidate(algorithm("MAML"), "exact", explained.candidate.role)
    factors = [factor * (len(o.problem.tasks) if question.metadata.reduction == "sum" else 1) for o in question.seen]
    for o, f, unit in zip(question.seen, factors, question.units, strict=True):
        if delta is not None:
            known = Candidate(algorithm("HF-MAML"), Difference(delta), c.role)
            allowed = relative_tolerance(known, o, f, unit)
        else:  # delta is unknown: the error seen in the finer precision, scaled by the ratio of the unit roundoffs
            allowed = LAMBDA * relative_error(c, seen, explained.scale) * unit / unit_of(seen)
        if relative_error(c, o, f) > allowed:
            return None
    lost = max(share_of_hessian_term(c, o, f) for o, f in zip(question.seen, factors, strict=True))
    if lost <= SHARE:
        return None
    precision = question.seen[0].problem.dtype
    return Explanation(
        found="HF-MAML",
        defects=("hf_delta_too_small",),
        clause=f"delta is too small for {precision}: rounding spoils {lost:.0%} of the Hessian term",
        cause=SMALL_CAUSE,
        error=max(relative_error(c, o, f) for o, f in zip(question.seen, factors, strict=True)),
        delta=delta,
    )


# -- clipping ----------------------------------------------------------------------------------------------------
def clipped(question: Question) -> Explanation | None:
    """A candidate whose norm, or whose components, are cut."""
    for one in question.fits:
        explained = _clipped_norm(question, one.candidate, one.factors, one.residuals)
        if explained is not None:
            return explained
        explained = _clipped_values(question, one.candidate)
        if explained is not None:
            return explained
    return None


def _clipped_norm(
    question: Question, c: Candidate, factors: tuple[float, ...], residuals: tuple[float, ...]
) -> Explanation | None:
    norms = [float(np.linalg.norm(o.directions[0])) for o in question.seen]
    limit = max(norms)
    if max(residuals) > SHARE:
        return None  # not even the direction: spare the tolerances
    slack = [
        2 * relative_tolerance(c, o, f, u) + TORCH_CLIP / n
        for o, f, u, n in zip(question.seen, factors, question.units, norms, strict=True)
    ]
    cut = [f < 1 - s for f, s in zip(factors, slack, strict=True)]
    if not any(cut):
        return None
    limit = max(n for n, is_cut in zip(norms, cut, strict=True) if is_cut)
    for n, f, r, s, is_cut in zip(norms, factors, residuals, slack, cut, strict=True):
        in_place = abs(n / limit - 1) <= s if is_cut else abs(f - 1) <= s and n <= limit * (1 + s)
        if r > s or not in_place:
            return None

    def allows(o: Observation) -> bool:
        one, size = fit(c, [o]), size_of(o)
        factor = one.factors[0]
        room = 2 * relative_tolerance(c, o, factor, unit_of(o)) + TORCH_CLIP / size
        cut = factor < 1 - room
        return one.residual <= room and (abs(size / limit - 1) <= room if cut else abs(factor - 1) <= room)

    return _cut(question, c, "clipped", f"its norm is clipped at {limit:.4g}", _CLIPS, allows)


def _clipped_values(question: Question, c: Candidate) -> Explanation | None:
    limit = max(float(np.abs(o.directions[0]).max()) for o in question.seen)
    cut = False
    for o in question.seen:
        v = c.screened(o.problem)
        cut |= bool((np.abs(v) > limit * (1 + SHARE)).any())
        left = float(np.linalg.norm(o.directions[0] - np.clip(v, -limit, limit)) / np.linalg.norm(o.directions[0]))
        if left > SHARE:
            return None
    if not cut:
        return None

    def allows(o: Observation) -> bool:
        v = np.clip(c.screened(o.problem), -limit, limit)
        left = float(np.linalg.norm(o.directions[0] - v) / size_of(o))
        return left <= 2 * relative_tolerance(c, o, 1.0, unit_of(o))

    if not all(allows(o) for o in question.seen):
        return None
    return _cut(question, c, "clipped_by_value", f"its components are clipped at {limit:.4g}", _CLIPS_VALUES, allows)


_CLIPS = {
    "torch": "Most likely clip_grad_norm_ or its like is left in the training step.",
    ANY: "Most likely the training step scales the gradient down where its norm exceeds a limit.",
}
_CLIPS_VALUES = {
    "torch": "Most likely clip_grad_value_ or its like is left in the training step.",
    ANY: "Most likely the training step clips the components of the gradient.",
}


def _cut(
    question: Question, c: Candidate, defect: str, clause: str, cause: Cause, allows: Callable[[Observation], bool]
) -> Explanation:
    said = [clause] if c.mutant is None else [c.mutant.says, clause]
    return Explanation(
        found=c.algorithm.name,
        defects=(*(() if c.mutant is None else (c.mutant.name,)), defect),
        clause=", and ".join(said),
        cause=in_words(cause, question.frameworks),
        error=max(_factor_free(c, o) for o in question.seen),
        candidate=c,
        allows=allows,
    )


def _factor_free(c: Candidate, o: Observation) -> float:
    return fit(c, [o]).residual


# -- the Hessian's coefficient -------------------------------------------------------------------------------------
def _combination(question: Question) -> tuple[float, float, list[float]]:
    """x = a (FO-MAML) - b (Hessian term), the same a and b throughout: a, b and the relative residuals."""
    first = Candidate(algorithm("FO-MAML"), "none", "inner")
    second = Candidate(algorithm("MAML"), "exact", "inner")
    columns, rights = [], []
    for o in question.seen:
        g, d = first.screened(o.problem), second.screened(o.problem)
        columns.append(np.stack([g, d - g], axis=1))
        rights.append(o.directions[0])
    (a, b), *_ = np.linalg.lstsq(np.concatenate(columns), np.concatenate(rights), rcond=None)
    left = [float(np.linalg.norm(x - columns[k] @ (a, b)) / np.linalg.norm(x)) for k, x in enumerate(rights)]
    return float(a), float(b), left


def hessian_coefficient(question: Question) -> float | None:
    """1 for MAML, 0 for FO-MAML; None where the direction is no combination of the two."""
    a, b, left = _combination(question)
    return b / a if a and max(left) < SHARE else None


def other_coefficient(question: Question) -> Explanation | None:
    """MAML with another coefficient before its Hessian term."""
    a, b, left = _combination(question)
    c = Candidate(algorithm("MAML"), "exact", "inner")
    allowed = [2 * relative_tolerance(c, o, a, u) for o, u in zip(question.seen, question.units, strict=True)]
    if not a or any(not r <= t <= SHARE for r, t in zip(left, allowed, strict=True)):
        return None
    if not _decisive(c, question):
        return None
    # Neither MAML's coefficient nor FO-MAML's: those two had their chance, and what is left is not the coefficient's.
    for known in (a, 0.0):
        moves = [abs(b - known) * _exact_and_term(c, o)[1] / np.linalg.norm(o.directions[0]) for o in question.seen]
        if all(move <= t for move, t in zip(moves, allowed, strict=True)):
            return None
    first = Candidate(algorithm("FO-MAML"), "none", "inner")

    def allows(o: Observation) -> bool:
        reference = (a - b) * first.certified(o.problem).midpoint + b * c.certified(o.problem).midpoint
        left = float(np.linalg.norm(o.directions[0] - reference)) / size_of(o)
        return left <= 2 * relative_tolerance(c, o, a, unit_of(o))

    clause = f"the Hessian term is multiplied by {b / a:.6g}"
    scaled = abs(a - 1) > max(allowed)
    return Explanation(
        found="MAML",
        defects=("hessian_coefficient", "scaled") if scaled else ("hessian_coefficient",),
        clause=clause + (f", and the whole by {a:.6g}" if scaled else ""),
        cause="Most likely the rate before the Hessian-vector product is not the inner rate.",
        error=max(left),
        scale=a,
        coefficient=b / a,
        candidate=c,
        allows=allows,
    )


# -- precision -----------------------------------------------------------------------------------------------------
def rounded(question: Question) -> Explanation | None:
    """A candidate with constants that are rounded to float32, inside float64 code: a note, and nothing wrong."""
    single = UNIT_ROUNDOFF["float32"]
    units = [max(u, single) for u in question.units]
    if units == question.units:
        return None
    for match in question.matches(units):
        allows = _allowed(match.candidate, match.scale)
        if all(allows(o) for o in question.seen):
            note = (
                f"Some of it is rounded to float32 (relative error {match.error:.0e}): a constant, such as the inner "
                "rate or the factor of a mean."
            )
            said = of_match(question, match)
            return replace(said, notes=(*said.notes, note))
    return None


def coarse(question: Question) -> Explanation | None:
    """A candidate that is computed in float32 inside float64 code: every component that came back is a float32 number.

    An error of that size that float32 did not make is no such thing, and is left unexplained here.
    """
    single = UNIT_ROUNDOFF["float32"]
    units = [max(u, single) for u in question.units]
    if units == question.units or not _held_in_float32(question):
        return None
    match = next(iter(question.matches(units) or question.unnamed_matches(units)), None)
    if match is None:
        return None
    said = of_match(question, match, single)
    clause = "it is computed in float32, though the problem is in float64"
    return replace(
        said,
        defects=(*said.defects, "lower_precision"),
        clause=f"{said.clause}, and {clause}" if said.clause else clause,
        cause=together(said.cause, "Most likely an array or a model is made in float32."),
    )


def _held_in_float32(question: Question) -> bool:
    """Whether float32 holds every component that came back."""
    return all(np.array_equal(d, d.astype(np.float32)) for o in question.seen for d in o.directions)


def rounded_constant(c: Candidate, o: Observation, factor: float) -> bool:
    """Whether an error in float64 is that of constants rounded to float32: a rate, or the factor of a mean.

    The direction is to be the candidate's at the rate, and times the factor, that the rounded constants make, within
    the rounding of float64: on any number of inner steps, and with nothing typed in.
    """
    p = o.problem
    if unit_of(o) >= UNIT_ROUNDOFF["float32"] or not within(c, o, factor, unit=UNIT_ROUNDOFF["float32"]):
        return False
    allowed = relative_tolerance(c, o, factor, unit_of(o))  # there as here: the rates differ in the eighth digit
    means = _rounded(1 / len(p.tasks), 1 / len(p.tasks[0].outer[0]))
    over_rate = {1.0, p.alpha / float(np.float32(p.alpha))} if p.alpha else {1.0}  # Reptile's update over the rate
    for share in _rounded(p.alpha, 1 / len(p.tasks[0].inner[0])):
        at = replace(o, problem=replace_alpha(p, p.alpha * share))
        if any(relative_error(c, at, factor * mean * over) <= allowed for mean in means for over in over_rate):
            return True
    return False


def _rounded(first: float, second: float) -> set[float]:
    """What float32 multiplies a product of two constants by: either, both, or their product is rounded."""
    if not first:
        return {1.0}
    a, b, product = (float(np.float32(x)) / x for x in (first, second, first * second))
    return {1.0, a, b, a * b, product}
