"""The sweep of the reference run: its instances, and what the claims give on them.

A quantile of tightness is enclosed between the same order statistics of the lower and of the upper bounds, since
sorting keeps order; so a run on another machine overlaps it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from mamlcheck.arithmetic import arb
from mamlcheck.check.runner import Progress, judge_block
from mamlcheck.check.spans import span
from mamlcheck.check.sweeps import RandomSweep, Sweep, TableSweep, instance_id
from mamlcheck.check.tally import Bounds, counts_of
from mamlcheck.check.verdict import Verdicts, evaluate
from mamlcheck.claims import Claim
from mamlcheck.formats.reference import ReferencePart, ReferenceResults, ReferenceSource
from mamlcheck.formats.shared import Counts, Enclosure
from mamlcheck.meta.instance import Instances
from mamlcheck.record.documents import DRIFT_BETWEEN_MACHINES
from mamlcheck.tasks.tables import read_table

SEED = 1
RANDOM_INSTANCES, TABLE_INSTANCES = 512, 128
INSTANCES_OF_BLOCK = 16  # a block has one shape, and many shapes notice more than many instances of one
LEVELS = tuple(range(0, 101, 5))  # per cent
WIDE_RELATIVE_WIDTH = 2.0**-10  # an enclosure of tightness that is wider is narrowed
NARROWING_BITS = 128  # of Arb


@dataclass
class _Tally:
    """What is known so far of one claim on one source."""

    counts: Counts = field(default_factory=Counts)
    printed: Counts = field(default_factory=Counts)
    lower: list[np.ndarray] = field(default_factory=list)
    upper: list[np.ndarray] = field(default_factory=list)
    worst: str | None = None
    largest: float = -math.inf  # the certain tightness of the worst instance

    def add(self, sweep: Sweep, first: int, strong: Verdicts, printed: Verdicts | None, tightness: Bounds) -> None:
        self.counts = Counts.sum((self.counts, counts_of(strong)))
        if printed is not None:
            self.printed = Counts.sum((self.printed, counts_of(printed)))
        lower, upper = tightness
        known = np.flatnonzero(~np.isnan(lower))
        self.lower.append(lower[known])
        self.upper.append(upper[known])
        for k in known.tolist():
            if lower[k] > self.largest + DRIFT_BETWEEN_MACHINES:  # the first, of those that no machine can rank
                self.largest, self.worst = float(lower[k]), instance_id(sweep, first + k)

    def result(self) -> ReferencePart:
        lower, upper = (np.sort(np.concatenate([np.zeros(0), *parts])) for parts in (self.lower, self.upper))
        return ReferencePart(
            **dict(self.counts.by_name),
            printed_form=self.printed if self.printed.total else None,
            measured=len(lower),
            worst_instance=self.worst,
            tightness={f"{level} %": Enclosure.of((lower[k], upper[k])) for level, k in _order_statistics(len(lower))},
        )


def _order_statistics(count: int) -> Iterator[tuple[int, int]]:
    """Each level with the place that it has among `count` sorted numbers; none where there are none."""
    for level in LEVELS if count else ():
        yield level, math.floor(level * (count - 1) / 100)


def _slices(sweep: Sweep, count: int) -> Iterator[tuple[int, Instances]]:
    """`count` instances of a sweep, the first of each block, with the index of the first."""
    for k in range(math.ceil(count / INSTANCES_OF_BLOCK)):
        yield span(k).start, sweep.block(k)[: min(INSTANCES_OF_BLOCK, count - k * INSTANCES_OF_BLOCK)]


def reference_sweeps() -> list[tuple[Sweep, int]]:
    """Where the instances of the reference run come from, and how many."""
    return [(RandomSweep(SEED), RANDOM_INSTANCES), (TableSweep(read_table("grunfeld"), SEED), TABLE_INSTANCES)]


def _narrowed(claims: tuple[Claim, ...], instances: Instances, bounds: dict[str, Bounds]) -> dict[str, Bounds]:
    """Bounds of tightness, by Arb where `ball` decided the verdict but hardly knows the sides: they cancel there."""
    found = {name: (lower.copy(), upper.copy()) for name, (lower, upper) in bounds.items()}
    wide = {name: upper - lower > WIDE_RELATIVE_WIDTH * upper for name, (lower, upper) in bounds.items()}
    ar = arb(NARROWING_BITS)
    for k in np.flatnonzero(np.any(list(wide.values()), axis=0)).tolist():
        with ar.working():
            x = instances[k : k + 1].on(ar)
            for claim in claims:
                if wide[claim.id][k]:
                    lower, upper = evaluate(claim, x).tightness
                    if not np.isnan(lower[0]):
                        found[claim.id][0][k], found[claim.id][1][k] = lower[0], upper[0]
    return found


def measure(
    claims: tuple[Claim, ...],
    sweeps: Iterable[tuple[Sweep, int]] | None = None,
    progress: Progress = lambda done: None,
) -> ReferenceResults:
    """Judge the claims on the reference sweep."""
    chosen = list(reference_sweeps() if sweeps is None else sweeps)
    tallies = {claim.id: {sweep.name: _Tally() for sweep, _ in chosen} for claim in claims}
    for sweep, count in chosen:
        for first, instances in _slices(sweep, count):
            judged = judge_block(claims, instances)
            bounds = _narrowed(claims, instances, {name: strong.tightness for name, (strong, _) in judged.items()})
            for name, (strong, printed) in judged.items():
                tallies[name][sweep.name].add(sweep, first, strong, printed, bounds[name])
            progress(len(instances.alpha))
    return ReferenceResults(
        seed=SEED,
        sources=tuple(ReferenceSource(sweep.name, count) for sweep, count in chosen),
        claims={claim.id: {source: tally.result() for source, tally in tallies[claim.id].items()} for claim in claims},
    )


__all__ = ["RANDOM_INSTANCES", "TABLE_INSTANCES", "measure", "reference_sweeps"]
