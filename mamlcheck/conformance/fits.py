"""Candidates against observations: factors, residuals, and whether a fit is within what rounding explains.

A fit is screened in doubles; that it matches is said only against the certified reference, within the rounding
tolerance of a correct subject plus the radius of the enclosure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mamlcheck.arithmetic.rounding import LAMBDA
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.candidates import Candidate, Scale, candidates, of_algorithm
from mamlcheck.conformance.candidates import scales as named_scales
from mamlcheck.conformance.reference import UNIT_ROUNDOFF, Difference
from mamlcheck.conformance.subjects import Metadata, Observation

Array = np.ndarray

SHORTLIST = 6  # candidates whose tolerance is worked out: the best few fits
SHARE = 0.1  # of a direction, or of its Hessian term: a tolerance above it tells nothing, an error above it is a defect


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
    """Unit roundoff of the coarser of the precision asked for and the one that came back."""
    return max(UNIT_ROUNDOFF[seen.problem.dtype], UNIT_ROUNDOFF.get(seen.dtype, 0.0))


def _factor(x: Array, v: Array) -> tuple[float, float]:
    """The factor s that fits x = s v best, and |x - s v| / |x|."""
    square = float(v @ v)
    s = float(x @ v) / square if square else 0.0
    return s, float(np.linalg.norm(x - s * v) / np.linalg.norm(x))


def fit(c: Candidate, seen: Sequence[Observation]) -> Fit:
    """The best factor for each observation, screened in doubles."""
    pairs = [_factor(o.directions[0], c.screened(o.problem)) for o in seen]
    return Fit(c, tuple(s for s, _ in pairs), tuple(r for _, r in pairs))


def size_of(seen: Observation) -> float:
    """Norm of the observed direction."""
    return float(np.linalg.norm(seen.directions[0]))


def lost(seen: Observation, unit: float) -> float:
    """Bound on the norm of what reading an update has lost: one more rounding in the sense of `arithmetic.rounding`."""
    return LAMBDA * unit * seen.lost


def rounding(c: Candidate, seen: Observation, factor: float, unit: float) -> float:
    """What a correct subject may be off by, as a norm."""
    return abs(factor) * unit * c.tolerance(seen.problem) + lost(seen, unit)


def relative_tolerance(c: Candidate, seen: Observation, factor: float, unit: float) -> float:
    """What a correct subject may be off by, relative to the observed direction; the reference's radius included."""
    radius = float(np.linalg.norm(c.certified(seen.problem).radius))
    return (rounding(c, seen, factor, unit) + abs(factor) * radius) / size_of(seen)


def relative_error(c: Candidate, seen: Observation, factor: float) -> float:
    """|x - factor * reference| / |x| against the certified reference."""
    x = seen.directions[0]
    return float(np.linalg.norm(x - factor * c.certified(seen.problem).midpoint) / np.linalg.norm(x))


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
    return one.residual > 2 * SHARE  # twice, as it was screened in doubles


def named(one: Fit, seen: Sequence[Observation], units: Sequence[float], wanted: Sequence[Scale]) -> Match | None:
    """The first factor with a name that fits."""
    if hopeless(one):
        return None
    for scale in wanted:
        factors = tuple(scale.factor(o.problem) for o in seen)
        if any(not 0.5 < s / f < 2 for s, f in zip(one.factors, factors, strict=True)):
            continue
        errors = [relative_error(one.candidate, o, f) for o, f in zip(seen, factors, strict=True)]
        allowed = [relative_tolerance(one.candidate, o, f, u) for o, f, u in zip(seen, factors, units, strict=True)]
        if all(e <= a <= SHARE for e, a in zip(errors, allowed, strict=True)):
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


def _unnamed(one: Fit, seen: Sequence[Observation], units: Sequence[float], wanted: Sequence[Scale]) -> Match | None:
    """Within tolerance up to one factor that is the same throughout, and that is not one of those with a name."""
    factor = one.factors[0]
    if factor == 0 or hopeless(one):
        return None
    scale = Scale(("scaled",), _digits(factor), "", lambda p: factor)
    near = []
    for o, u in zip(seen, units, strict=True):
        allowed = 2 * relative_tolerance(one.candidate, o, factor, u)  # the factor comes from a rounded direction too
        if not relative_error(one.candidate, o, factor) <= allowed <= SHARE:
            return None
        near.append([abs(factor / s.factor(o.problem) - 1) <= allowed for s in wanted])
    if any(all(column) for column in zip(*near, strict=True)):
        return None  # a named factor that does not fit: the difference is in the direction, not in its length
    return Match(one.candidate, scale, (factor,) * len(seen), one.residual)


class Question:
    """One subject's observations, and the fits that were tried; fits are in the order of their residuals."""

    def __init__(self, seen: Sequence[Observation], metadata: Metadata, declared: str | None):
        self.seen = seen
        self.metadata = metadata
        self.declared = declared
        self.units = [unit_of(o) for o in seen]
        difference = None if metadata.delta is None else Difference(metadata.delta)
        everything = candidates(difference)
        if difference is not None:
            everything += of_algorithm(algorithm("HF-MAML"), Difference(difference.delta, over_norm=True))
        self.fits = sorted((fit(c, seen) for c in everything), key=lambda f: f.residual)

    @property
    def frameworks(self) -> tuple[str, ...]:
        """The views that the subject used."""
        return self.seen[0].frameworks

    @property
    def widest(self) -> Observation:
        """The longest direction: searches for a number start on it alone."""
        return max(self.seen, key=lambda o: float(np.linalg.norm(o.directions[0])))

    def match_of(self, c: Candidate) -> Match | None:
        """Whether one more candidate fits within tolerance."""
        return named(fit(c, self.seen), self.seen, self.units, self.scales())

    def matches(self, units: Sequence[float] | None = None) -> list[Match]:
        """What fits within tolerance with a named factor, the best first."""
        units = self.units if units is None else units
        found = [m for f in self.fits[:SHORTLIST] if (m := named(f, self.seen, units, self.scales()))]
        return sorted(found, key=self._preference)

    def unnamed_matches(self, units: Sequence[float] | None = None) -> list[Match]:
        """What fits within tolerance with another factor, the best first."""
        units = self.units if units is None else units
        found = [m for f in self.fits[:SHORTLIST] if (m := _unnamed(f, self.seen, units, self.scales()))]
        return sorted(found, key=self._preference)

    def scales(self) -> list[Scale]:
        """The factors with a name; that of a declared sum is none."""
        found = list(named_scales())
        if self.metadata.reduction == "sum":
            summed = next(s for s in found if s.defects == ("sum_over_tasks",))
            meant = Scale((), "", "", summed.factor)
            averaged = Scale(
                ("mean_over_tasks",),
                "1 over the number of tasks: the mean, where a sum was declared",
                "",
                lambda p: 1.0,
            )
            return [meant, averaged, *(s for s in found if s.defects and s.defects != summed.defects)]
        return found

    def _preference(self, m: Match) -> tuple[bool, ...] | tuple[Any, ...]:
        is_declared = m.candidate.algorithm.name == self.declared and m.candidate.mutant is None
        simple = len(m.scale.defects)
        if is_declared and m.scale.defects == ("scaled_by_1_over_alpha",) and self.declared == "Reptile":
            simple = 0  # Reptile's update over the inner rate is its gradient, as its authors have it
        order = [f.candidate for f in self.fits].index(m.candidate)
        return simple, not is_declared, m.candidate.mutant is not None, order
