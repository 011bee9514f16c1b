"""Candidates against observations: factors, residuals, and whether a fit is within what rounding explains.

A fit is screened in doubles; that it matches is said only against the certified reference, within the rounding
tolerance of a correct subject plus the radius of the enclosure.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mamlcheck.arithmetic.rounding import LAMBDA
from mamlcheck.conformance.data import UNIT_ROUNDOFF
from mamlcheck.conformance.diagnosis.candidates import Candidate, by_differences, candidates, with_numbers
from mamlcheck.conformance.diagnosis.scales import OVER_ALPHA, Scale, scales, told_apart
from mamlcheck.conformance.problems.kind import DoesNotApply
from mamlcheck.conformance.problems.problem import Problem
from mamlcheck.conformance.reference import Difference
from mamlcheck.conformance.subjects.declaring import Metadata
from mamlcheck.conformance.subjects.observing import Observation

Array = np.ndarray

MOST_RARE = 3  # of the rare algorithms, those that are tried with something else besides
SHORTLIST_LENGTH = 6  # candidates whose tolerance is worked out: the best few fits
# Of a direction, or of its Hessian term. Above it a tolerance is too wide to identify anything, and an error counts as
# a defect.
TELLING_SHARE = 0.1
# A single run's error is that much smaller than the root mean square with a probability below 1e-3 for one component,
# and of more than one that is far less.
FAR = 1000


@dataclass(frozen=True)
class Fit:
    """A candidate against observations: a factor for each, and what is left, relative to the observed direction."""

    candidate: Candidate
    factors: tuple[float, ...]
    residuals: tuple[float, ...]

    @property
    def residual(self) -> float:
        """The largest."""
        return max(self.residuals)


def unit_of(seen: Observation) -> float:
    """Unit roundoff of the coarsest of the precision asked for, the one that came back, and the one that the model
    itself goes through, down to float32: what is coarser hides so much that it has to be declared, as `reduced` has it.
    """
    within = seen.problem.kind.unit_roundoff
    asked = max(UNIT_ROUNDOFF[seen.problem.dtype], UNIT_ROUNDOFF.get(seen.dtype, 0.0))
    return max(asked, within) if within <= UNIT_ROUNDOFF["float32"] else asked


def _factor(x: Array, v: Array) -> tuple[float, float]:
    """The factor s that fits x = s v best, and |x - s v| / |x|; infinite, where v is not finite or its square is not.

    So is what Adam makes of a gradient of 0 in second order, or what overflows at too large a rate.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        square = float(v.dot(v))
    if not math.isfinite(square):
        return 0.0, np.inf
    s = float(x.dot(v)) / square if square else 0.0
    left, size = x - s * v, math.sqrt(x.dot(x))
    return s, math.sqrt(left.dot(left)) / size if size else math.nan


def fit(c: Candidate, seen: Sequence[Observation]) -> Fit:
    """The best factor for each observation, screened in doubles."""
    pairs = [_factor(o.direction, c.screened(o.problem)) for o in seen]
    return Fit(c, tuple(s for s, _ in pairs), tuple(r for _, r in pairs))


def lost(seen: Observation, unit: float) -> float:
    """Bound on the norm of what reading an update has lost: one more rounding in the sense of `arithmetic.rounding`."""
    return LAMBDA * unit * seen.lost


def rounding(c: Candidate, seen: Observation, factor: float, unit: float) -> float:
    """What a correct subject may be off by, as a norm."""
    return abs(factor) * unit * c.tolerance(seen.problem) + lost(seen, unit)


def relative_tolerance(c: Candidate, seen: Observation, factor: float, unit: float) -> float:
    """What a correct subject may be off by, relative to the observed direction; the reference's radius included."""
    radius = float(np.linalg.norm(c.enclosed(seen.problem).finer_radius))
    return (rounding(c, seen, factor, unit) + abs(factor) * radius) / seen.size


def relative_error(c: Candidate, seen: Observation, factor: float) -> float:
    """|x - factor * reference| / |x| against the certified reference."""
    x = seen.direction
    return float(np.linalg.norm(c.enclosed(seen.problem).apart(x, factor)) / np.linalg.norm(x))


def within(c: Candidate, seen: Observation, factor: float, times: float = 1, unit: float = 0.0) -> bool:
    """Whether rounding explains the error, so many times: twice, where the factor comes from a rounded direction too.

    unit: a unit roundoff, where a coarser one than the observation's is meant.
    """
    unit = max(unit, unit_of(seen))
    return relative_error(c, seen, factor) <= times * relative_tolerance(c, seen, factor, unit)


@dataclass(frozen=True)
class Match:
    """A candidate, with a named factor or the same number throughout, that fits every observation within tolerance."""

    candidate: Candidate
    scale: Scale
    factors: tuple[float, ...]
    error: float


def hopeless(one: Fit) -> bool:
    """Whether no factor can bring it within a tolerance that tells anything: spares working the tolerances out."""
    return one.residual > 2 * TELLING_SHARE  # twice, as it was screened in doubles


def beyond_rounding(one: Fit, seen: Sequence[Observation], units: Sequence[float], beside: float = 0.0) -> bool:
    """Whether rounding does not explain what the best factor leaves: spares working references out.

    beside: what else may be off, as a norm. Twice, as rounding is in what was observed, and in what it was screened by.
    What is far beyond is seen by a single run, whose error would have to be that much smaller than the root mean square
    to be wrong about it. Where gradients jump, one run says nothing of the others: in any of them a kink may turn.
    """
    c, there = one.candidate, list(zip(seen, one.factors, one.residuals, units, strict=True))
    smooth = [each for each in there if not each[0].problem.kind.jumps]
    if any(
        left * o.size - beside > 2 * FAR * (abs(f) * u * c.rough_tolerance(o.problem) + lost(o, u))
        for o, f, left, u in smooth
    ):
        return True
    return any(left * o.size - beside > 2 * rounding(c, o, f, u) for o, f, left, u in there)


def named(one: Fit, seen: Sequence[Observation], units: Sequence[float], wanted: Iterable[Scale]) -> Match | None:
    """The first factor with a name that fits."""
    if hopeless(one) or beyond_rounding(one, seen, units):
        return None
    for scale in wanted:
        factors = tuple(scale.factor(o.problem) for o in seen)
        if any(not 0.5 < s / f < 2 for s, f in zip(one.factors, factors, strict=True)):
            continue
        errors = [relative_error(one.candidate, o, f) for o, f in zip(seen, factors, strict=True)]
        # The largest error first: where it is too large, the tolerances of the others are not worked out.
        worst_first = sorted(zip(errors, seen, factors, units, strict=True), key=lambda each: -each[0])
        if all(e <= relative_tolerance(one.candidate, o, f, u) <= TELLING_SHARE for e, o, f, u in worst_first):
            return Match(one.candidate, scale, factors, max(errors))
    return None


def _digits(factor: float) -> str:
    """A factor to six digits, or, where these are those of 1 or -1, with what it is off by."""
    shown = f"{factor:.6g}"
    return (
        shown
        if abs(float(shown)) != 1
        else f"{shown} {'-' if factor < float(shown) else '+'} {abs(factor - float(shown)):.1e}"
    )


UNNAMED = "scaled"  # the defect of a factor without a name


def _unnamed(one: Fit, seen: Sequence[Observation], units: Sequence[float], wanted: Sequence[Scale]) -> Match | None:
    """Within tolerance up to one factor that is the same throughout, and that is not one of those with a name."""
    factor = one.factors[0]
    if factor == 0 or hopeless(one) or beyond_rounding(one, seen, units):
        return None
    scale = Scale((UNNAMED,), _digits(factor), (), lambda p: factor)
    near = []
    for o, u in zip(seen, units, strict=True):
        allowed = 2 * relative_tolerance(one.candidate, o, factor, u)  # the factor comes from a rounded direction too
        if not relative_error(one.candidate, o, factor) <= allowed <= TELLING_SHARE:
            return None
        near.append([abs(factor / s.factor(o.problem) - 1) <= allowed for s in wanted])
    if any(all(column) for column in zip(*near, strict=True)):
        return None  # a named factor that does not fit: the difference is in the direction, not in its length
    return Match(one.candidate, scale, (factor,) * len(seen), one.residual)


class Question:
    """One subject's observations, and the fits that were tried; fits are in the order of their residuals.

    seen: all with the same number of inner steps. declared: the algorithm that the subject is meant to be. other: an
    observation in the other precision, if there is one.
    """

    def __init__(
        self,
        seen: Sequence[Observation],
        metadata: Metadata,
        declared: str | None,
        other: Observation | None = None,
    ):
        self.seen = seen
        self.other = other
        self.metadata = metadata
        self.declared = declared
        self.units = [unit_of(o) for o in seen]
        self.fits = self._fits()

    def _fits(self) -> list[Fit]:
        """Those of usual candidates, and of what was declared; of all of them, where none of these explains it."""
        usual, rare = list[Candidate](), list[Candidate]()
        for c in self._candidates():
            declared = c.algorithm.name == self.declared and (c.mutant is None or not c.mutant.rare)
            (rare if c.rare and not declared else usual).append(c)
        found = sorted(self._fitted(usual), key=_residual)
        if rare and not self._explains(found[0]):
            found = sorted([*found, *self._fitted(rare)], key=_residual)
        return found

    def _explains(self, one: Fit) -> bool:
        """Whether rounding explains what is left, with whatever factor on each problem."""
        if hopeless(one) or beyond_rounding(one, self.seen, self.units):
            return False
        there = zip(self.seen, one.factors, one.residuals, self.units, strict=True)
        return all(left <= 2 * relative_tolerance(one.candidate, o, f, u) for o, f, left, u in there)

    def _fitted(self, some: Iterable[Candidate]) -> Iterator[Fit]:
        """The fits of candidates that apply to every problem, and are finite there."""
        for c in some:
            with suppress(DoesNotApply):
                one = fit(c, self.seen)
                if np.isfinite(one.residual):
                    yield one

    def of(self, seen: Sequence[Observation]) -> Question:
        """The same question, of other observations."""
        return Question(seen, self.metadata, self.declared)

    def _candidates(self) -> list[Candidate]:
        """What it may be: what shows with more inner steps only is left out, unless it was declared."""
        delta, steps = self.metadata.delta, self.seen[0].problem.steps
        found = candidates(None if delta is None else Difference(delta))
        if delta is not None:
            found += by_differences(Difference(delta, over_norm=True))
        found = [with_numbers(c, self.metadata.numbers) for c in found] if self.metadata.numbers else found
        return [c for c in found if c.from_steps <= steps or (c.mutant is None and c.algorithm.name == self.declared)]

    @property
    def frameworks(self) -> tuple[str, ...]:
        """The views that the subject used."""
        return self.seen[0].frameworks

    @property
    def widest(self) -> Observation:
        """The longest direction: searches for a number start on it alone."""
        return max(self.seen, key=lambda o: o.size)

    @property
    def tells(self) -> bool:
        """Whether rounding leaves something to tell the best fit by, on every problem."""
        best = self.fits[0]
        slack = zip(self.seen, best.factors, self.units, strict=True)
        return all(relative_tolerance(best.candidate, o, f, u) <= TELLING_SHARE for o, f, u in slack)

    @cached_property
    def undecided_kinks(self) -> tuple[Problem, int] | None:
        """A problem with so many decisions at kinks that its precision may turn that their sides are too many to try,
        and how many; None where there is none, or where nothing comes near anyway. Right code may be on any of them.
        """
        best = self.fits[0]
        if hopeless(best):
            return None
        c = best.candidate
        for o, unit in zip(self.seen, self.units, strict=True):
            count = o.problem.kind.too_many_sides(o.problem, c.direction, unit, c.hessian, c.role)
            if count and unit > UNIT_ROUNDOFF["float64"]:
                return o.problem, count
        return None

    @cached_property
    def scales(self) -> list[Scale]:
        """The factors with a name, as far as the observations tell them apart; that of a declared sum is none."""
        return list(told_apart(scales(self.metadata.summed), [o.problem for o in self.seen]))

    def wanted_factor(self, seen: Observation) -> float:
        """The factor to the mean over tasks that was declared."""
        return float(len(seen.problem.tasks)) if self.metadata.summed else 1.0

    @cached_property
    def shortlist(self) -> list[Fit]:
        """The best few fits, and whatever is without a defect and near: where rounding alone tells more than a few fits
        apart, a defect that happens to leave less must not hide it. And those of what was declared.

        Of fits that differ in the set of the Hessian alone, and not in what they leave, the first: the sets are one.
        """
        told: dict[Hashable, Fit] = {}
        for f in self.fits:
            told.setdefault((f.candidate.algorithm.name, f.candidate.mutant, f.factors, f.residuals), f)
        best, rest = list(told.values())[:SHORTLIST_LENGTH], list(told.values())[SHORTLIST_LENGTH:]
        right = (f for f in rest if f.candidate.mutant is None)
        return [*best, *(f for f in right if not hopeless(f) or f.candidate.algorithm.name == self.declared)]

    def match_of(self, c: Candidate) -> Match | None:
        """Whether one more candidate fits within tolerance."""
        return named(fit(c, self.seen), self.seen, self.units, self.scales)

    def matches(self, units: Sequence[float] | None = None) -> list[Match]:
        """What fits within tolerance with a named factor, the best first. units: coarser unit roundoffs, if meant."""
        units = self.units if units is None else units
        found = [m for f in self.shortlist if (m := named(f, self.seen, units, self.scales))]
        return sorted(found, key=self._preference)

    def unnamed_matches(self, units: Sequence[float] | None = None) -> list[Match]:
        """What fits within tolerance with another factor, the best first."""
        units = self.units if units is None else units
        found = [m for f in self.shortlist if (m := _unnamed(f, self.seen, units, self.scales))]
        return sorted(found, key=self._preference)

    def _preference(self, m: Match) -> tuple[int, bool, bool, int]:
        """What is simpler comes first, then what was declared, then no defect, then the better fit."""
        c = m.candidate
        is_declared = c.algorithm.name == self.declared and c.mutant is None
        simple = len(m.scale.defects)
        if is_declared and c.algorithm.update and m.scale.defects == OVER_ALPHA.defects:
            simple = 0  # an update over the inner rate is its gradient, as Reptile's authors have it
        order = [f.candidate for f in self.fits].index(c)
        return simple, not is_declared, c.mutant is not None, order


def _residual(one: Fit) -> float:
    return one.residual


def algorithms_of(question: Question) -> Iterator[Candidate]:
    """The algorithms that are no mutants and whose directions are means of those of single tasks, the best fit first;
    of rare ones the best few.
    """
    rare = 0
    for one in question.fits:
        known = one.candidate.algorithm
        if one.candidate.mutant is None and not known.in_turn:
            rare += known.rare
            if not known.rare or rare <= MOST_RARE:
                yield one.candidate
