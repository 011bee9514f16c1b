"""Tallies: what is known so far of one claim on one sweep, block after block, and what that makes of the results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from mamlcheck.check.certified import certified
from mamlcheck.check.description import describe
from mamlcheck.check.results import FailedInstance, Histogram, Tallied, Tightness, WorstInstance
from mamlcheck.check.sweeps import Sweep, instance_at, instance_id
from mamlcheck.check.verdict import HOLDS_AT_CONFIDENCE, UNDECIDED, VACUOUS, VERDICTS, VIOLATED, Verdicts
from mamlcheck.claims import Claim
from mamlcheck.formats.shared import Counts, Enclosure
from mamlcheck.meta.instance import Instances

HISTOGRAM_EDGES = tuple(-12 + 0.25 * k for k in range(49))  # log10 of tightness, 1e-12 to 1
SCATTER_POINTS = 300  # points of a claim's scatter, per source
SCATTER_POINTS_OF_BLOCK = 4  # of them, taken from the start of each block
CONTENDERS = 40  # instances of a claim and a source that are certified again, to know which is the tightest
NARROW_RELATIVE_WIDTH = 2.0**-30  # an enclosure this narrow has nine digits: nobody prints more
FAILURES_LISTED = 20  # instances listed when a claim is violated or undecided
ARITHMETICS = ("filter", "ball", "arb", "rational")  # those that reach verdicts in a run

Bounds = tuple[np.ndarray, np.ndarray]
"""Lower and upper bounds of the tightness of N instances."""


def counts_of(verdicts: Verdicts) -> Counts:
    """How many instances of a block have which verdict."""
    return Counts(*(int((verdicts.codes == code).sum()) for code in range(len(VERDICTS))))


@dataclass
class Tally:
    """What is known so far of one claim on one sweep."""

    counts: Counts = field(default_factory=Counts)
    printed: Counts = field(default_factory=Counts)
    guaranteed: bool = True
    arithmetic: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ARITHMETICS, 0))
    tightness: list[Bounds] = field(default_factory=list)
    scatter: list[tuple[float, float]] = field(default_factory=list)
    failures: list[FailedInstance] = field(default_factory=list)
    worst: WorstInstance | None = None
    largest: float = -np.inf  # the certain tightness of `worst`

    def add(self, sweep: Sweep, first: int, instances: Instances, strong: Verdicts, printed: Verdicts | None) -> None:
        """Count a block whose first instance has index `first`, in the strong form and, where judged, the printed."""
        self.counts = Counts.sum((self.counts, counts_of(strong)))
        if printed is not None:
            self.printed = Counts.sum((self.printed, counts_of(printed)))
        for name in self.arithmetic:
            self.arithmetic[name] += int((strong.arithmetic == name).sum())
        self.guaranteed &= instances.guaranteed
        self.tightness.append(strong.tightness)
        self.scatter += self._more_scatter(strong)
        self._remember_worst(sweep, first, instances, strong)
        self._remember_failures(sweep, first, strong)

    def _more_scatter(self, verdicts: Verdicts) -> Iterator[tuple[float, float]]:
        """Both sides on some instances of a block: the largest left side and the least right side that may be true."""
        room = min(SCATTER_POINTS - len(self.scatter), SCATTER_POINTS_OF_BLOCK)
        known = np.isfinite(verdicts.left_upper) & np.isfinite(verdicts.right_lower)
        known &= (verdicts.codes != VACUOUS) & (verdicts.codes != HOLDS_AT_CONFIDENCE)
        for k in np.flatnonzero(known)[:room].tolist():
            yield float(verdicts.left_upper[k]), float(verdicts.right_lower[k])

    def _remember_worst(self, sweep: Sweep, first: int, instances: Instances, verdicts: Verdicts) -> None:
        lower, upper = verdicts.tightness
        if np.isnan(lower).all():
            return
        k = int(np.nanargmax(lower))
        if lower[k] > self.largest:
            self._take_for_worst(sweep, first + k, instances, (lower[k], upper[k]), *_sides(verdicts, k))

    def _take_for_worst(
        self,
        sweep: Sweep,
        index: int,
        instances: Instances,
        tightness: tuple[float, float],
        lhs: Enclosure,
        rhs: Enclosure,
    ) -> None:
        worst = WorstInstance(
            instance=instance_id(sweep, index),
            source=sweep.name,
            tightness=Enclosure.of(tightness),
            description=describe(instances),
            lhs=lhs,
            rhs=rhs,
        )
        self.worst, self.largest = worst, tightness[0]  # together: an interrupt may come before, hardly between

    def _remember_failures(self, sweep: Sweep, first: int, verdicts: Verdicts) -> None:
        for k in np.flatnonzero((verdicts.codes == VIOLATED) | (verdicts.codes == UNDECIDED)).tolist():
            if len(self.failures) == FAILURES_LISTED:
                return
            self.failures.append(
                FailedInstance(
                    instance_id(sweep, first + k),
                    "VIOLATED" if verdicts.codes[k] == VIOLATED else "UNDECIDED",
                    *_sides(verdicts, k),
                )
            )

    def settle_the_worst(self, claim: Claim, sweep: Sweep) -> None:
        """Certify again, by Arb or exact fractions, what may be tighter than the tightest and is too wide in `ball`.

        If there are more than `CONTENDERS`, the rest keep their wide enclosures, and so does the maximum.
        """
        if self.worst is None:
            return
        lower, upper = (np.concatenate(ends) for ends in zip(*self.tightness, strict=True))
        wide = np.flatnonzero(upper - lower > NARROW_RELATIVE_WIDTH * upper)
        for k in wide[np.argsort(-upper[wide], kind="stable")][:CONTENDERS].tolist():
            if not upper[k] > self.largest:
                break
            one = instance_at(sweep, k)
            found = certified(claim, one)
            if found is None:
                continue
            lower[k], upper[k] = max(lower[k], found.tightness[0]), min(upper[k], found.tightness[1])
            if lower[k] >= self.largest:
                sides = Enclosure.of(found.left), Enclosure.of(found.right)
                self._take_for_worst(sweep, k, one, (lower[k], upper[k]), *sides)
        self.tightness = [(lower, upper)]

    def result(self) -> Tallied:
        """The tally as a part of the results."""
        return Tallied(
            counts=self.counts,
            guaranteed=self.guaranteed,
            tightness=distribution(self.tightness, self.counts.judged),
            worst=self.worst,
            arithmetic=dict(self.arithmetic),
            printed_form=self.printed if self.printed.total else None,
        )


def merged(tallies: Sequence[Tally]) -> Tally:
    """Several tallies of one claim as one; of two equally tight instances the first is the worst."""
    worst = max(tallies, key=lambda tally: tally.largest, default=Tally())
    return Tally(
        counts=Counts.sum(tally.counts for tally in tallies),
        printed=Counts.sum(tally.printed for tally in tallies),
        guaranteed=all(tally.guaranteed for tally in tallies),
        arithmetic={name: sum(tally.arithmetic[name] for tally in tallies) for name in ARITHMETICS},
        tightness=[bounds for tally in tallies for bounds in tally.tightness],
        scatter=[point for tally in tallies for point in tally.scatter],
        failures=[failure for tally in tallies for failure in tally.failures][:FAILURES_LISTED],
        worst=worst.worst,
        largest=worst.largest,
    )


def _sides(verdicts: Verdicts, k: int) -> tuple[Enclosure, Enclosure]:
    """Both sides on instance k of a block."""
    return (
        Enclosure.of((verdicts.left_lower[k], verdicts.left_upper[k])),
        Enclosure.of((verdicts.right_lower[k], verdicts.right_upper[k])),
    )


def distribution(parts: list[Bounds], judged: int) -> Tightness:
    """Maximum and median of tightness as enclosures, its histogram, and on how many of the judged instances that rests.

    The median is the middle one, the lower of two: the same order statistics of lower and upper bounds enclose it,
    since sorting keeps order. The histogram is of midpoints.
    """
    lower, upper = (np.concatenate([np.zeros(0), *ends]) for ends in (zip(*parts, strict=True) if parts else ((), ())))
    known = ~np.isnan(lower)
    lower, upper = lower[known], upper[known]
    middle = (len(lower) - 1) // 2
    values = 0.5 * (lower + upper)
    positive = values[(values > 0) & np.isfinite(values)]
    counts = np.histogram(np.clip(np.log10(positive), HISTOGRAM_EDGES[0], 0.0), bins=HISTOGRAM_EDGES)[0]
    return Tightness(
        max=Enclosure.of((lower.max(), upper.max())) if len(lower) else None,
        median=Enclosure.of((np.sort(lower)[middle], np.sort(upper)[middle])) if len(lower) else None,
        measured=len(lower),
        unmeasured=judged - len(lower),
        zero=int((values == 0).sum()),
        histogram=Histogram(HISTOGRAM_EDGES, tuple(counts.tolist())),
    )


__all__ = ["Tally", "counts_of", "distribution", "merged"]
