"""Tallies: what is known of one claim on some instances of one sweep, in memory that does not grow with their number.

Tallies of parts of a sweep are joined into that of the whole (`joined`). Joining is associative and commutative, and
`Tally()` changes nothing: what is listed (the worst instance, contenders, failures, points of the scatter) is ordered
by the instances' indices, and never by what came first. So the tally of a range of instances is the same however it was
cut, and in whatever order its parts came.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mamlcheck.arithmetic.exact import fraction, nearest_double
from mamlcheck.check.certified import at_most, certified
from mamlcheck.check.description import describe
from mamlcheck.check.results import FailedInstance, Histogram, Tallied, Tightness, WorstInstance
from mamlcheck.check.spread import Side, Spread
from mamlcheck.check.spread import joined as joined_spreads
from mamlcheck.check.sweeps import Sweep, instance_id
from mamlcheck.check.verdict import HOLDS_AT_CONFIDENCE, UNDECIDED, VACUOUS, VERDICTS, VIOLATED, Verdicts
from mamlcheck.claims import Claim
from mamlcheck.formats.shared import Counts, Enclosure
from mamlcheck.meta.instance import Instances

HISTOGRAM_EDGES = tuple(-12 + 0.25 * k for k in range(49))  # log10 of tightness, 1e-12 to 1
SCATTER_POINTS = 30  # points of a claim's scatter, per source, taken from the start of each block in turn
DIGITS_OF_A_RATE = 6  # of alpha L at a point of the scatter
CONTENDERS = 40  # instances of a claim and a source that are certified again, to know which is the tightest
NARROW_RELATIVE_WIDTH = 2.0**-30  # an enclosure this narrow has nine digits: nobody prints more
FAILURES_LISTED = 20  # instances listed when a claim is violated or undecided
ARITHMETICS = ("filter", "ball", "arb", "rational")  # those that reach verdicts in a run

Bounds = tuple[np.ndarray, np.ndarray]
"""Lower and upper bounds of the tightness of N instances."""


def counts_of(verdicts: Verdicts) -> Counts:
    """How many instances of a block have which verdict."""
    return Counts(*(int((verdicts.codes == code).sum()) for code in range(len(VERDICTS))))


@dataclass(frozen=True)
class Contender:
    """An instance that may be tighter than the tightest that is known, since its enclosure is wide."""

    index: int
    lower: float
    upper: float


@dataclass(frozen=True)
class Point:
    """Both sides on an instance: the largest left side and the least right side that may be true.

    block: the index of the first instance of its block. rate: about alpha L, None where that is no double.
    """

    block: int
    index: int
    left: float
    right: float
    rate: float | None = None


@dataclass(frozen=True)
class Worst:
    """The instance that is certainly tightest, the first where several are. index: its place in the sweep."""

    index: int
    instance: WorstInstance

    @property
    def certain(self) -> float:
        """The tightness that it certainly has."""
        return self.instance.tightness.lower or 0.0  # lower bounds are never unknown: they are at least 0


@dataclass(frozen=True)
class Failure:
    """An instance on which a claim is violated or undecided. index: its place in the sweep."""

    index: int
    instance: FailedInstance


@dataclass(frozen=True)
class Tally:
    """What is known of one claim on some instances of one sweep.

    counts, printed: verdicts on the strong and on the printed form. lower, upper: bounds of the tightness of those
    instances that have one. histogram: of the middles of these bounds, those above 0, by `HISTOGRAM_EDGES`; zero: how
    many middles are 0. narrow: the greatest upper bound of a tightness that is known well enough. contenders: the
    others, if they may be tighter than `worst`, widest first; one more than are certified again, which bounds the rest.
    """

    counts: Counts = field(default_factory=Counts)
    printed: Counts = field(default_factory=Counts)
    guaranteed: bool = True
    arithmetic: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(ARITHMETICS, 0))
    lower: Spread = field(default_factory=lambda: Spread(Side.LOWER))
    upper: Spread = field(default_factory=lambda: Spread(Side.UPPER))
    histogram: tuple[int, ...] = (0,) * (len(HISTOGRAM_EDGES) - 1)
    zero: int = 0
    narrow: float = -np.inf
    contenders: tuple[Contender, ...] = ()
    worst: Worst | None = None
    failures: tuple[Failure, ...] = ()
    scatter: tuple[Point, ...] = ()

    @property
    def largest(self) -> float:
        """The certain tightness of the worst instance; below every tightness where there is none."""
        return -np.inf if self.worst is None else self.worst.certain

    def after(self, others: int) -> Tally:
        """The same, with places counted behind `others` instances of other sweeps: to join tallies of several."""
        return replace(
            self,
            contenders=tuple(replace(one, index=one.index + others) for one in self.contenders),
            worst=None if self.worst is None else replace(self.worst, index=self.worst.index + others),
            failures=tuple(replace(one, index=one.index + others) for one in self.failures),
            scatter=tuple(replace(one, index=one.index + others, block=one.block + others) for one in self.scatter),
        )

    def result(self) -> Tallied:
        """The tally as a part of the results."""
        return Tallied(
            counts=self.counts,
            guaranteed=self.guaranteed,
            tightness=self.tightness,
            worst=None if self.worst is None else self.worst.instance,
            arithmetic=dict(self.arithmetic),
            printed_form=self.printed if self.printed.total else None,
        )

    @property
    def tightness(self) -> Tightness:
        """Maximum and median of tightness as enclosures, its histogram, and on how many judged instances that rests.

        The median is the middle one, the lower of two: the same order statistics of lower and upper bounds enclose it,
        since sorting keeps order.
        """
        measured = self.lower.total
        middle = (measured - 1) // 2
        upper = max([self.narrow, self.largest, *(one.upper for one in self.contenders)])
        return Tightness(
            max=Enclosure.of((self.largest, upper)) if measured else None,
            median=Enclosure.of((self.lower.order_statistic(middle), self.upper.order_statistic(middle)))
            if measured
            else None,
            measured=measured,
            unmeasured=self.counts.judged - measured,
            zero=self.zero,
            histogram=Histogram(HISTOGRAM_EDGES, self.histogram),
        )


# -- of a block ----------------------------------------------------------------------------------------------
def tally_of(sweep: Sweep, first: int, instances: Instances, strong: Verdicts, printed: Verdicts | None) -> Tally:
    """The tally of a block whose first instance has index `first`: of the strong form and, where judged, the printed.

    It may be the beginning of a block alone.
    """
    lower, upper = strong.tightness
    known = np.flatnonzero(~np.isnan(lower))
    lower, upper = lower[known], upper[known]
    worst = _worst(sweep, first, instances, strong)
    wide = (upper - lower > NARROW_RELATIVE_WIDTH * upper) | np.isinf(upper)
    histogram, zero = _histogram(0.5 * (lower + upper))
    places = zip((first + known)[wide].tolist(), lower[wide].tolist(), upper[wide].tolist(), strict=True)
    return Tally(
        counts=counts_of(strong),
        printed=Counts() if printed is None else counts_of(printed),
        guaranteed=instances.guaranteed,
        arithmetic={name: int((strong.arithmetic == name).sum()) for name in ARITHMETICS},
        lower=Spread.of(Side.LOWER, lower),
        upper=Spread.of(Side.UPPER, upper),
        histogram=histogram,
        zero=zero,
        narrow=float(upper[~wide].max(initial=-np.inf)),
        contenders=_contenders(worst, (Contender(*place) for place in places)),
        worst=worst,
        failures=tuple(_failures(sweep, first, strong)),
        scatter=tuple(_points(first, instances, strong)),
    )


def _histogram(values: np.ndarray) -> tuple[tuple[int, ...], int]:
    """Counts by `HISTOGRAM_EDGES` of the values above 0, what lies outside in the outermost; and how many are 0."""
    positive = values[(values > 0) & np.isfinite(values)]
    counts = np.histogram(np.clip(np.log10(positive), HISTOGRAM_EDGES[0], HISTOGRAM_EDGES[-1]), bins=HISTOGRAM_EDGES)[0]
    return tuple(counts.tolist()), int((values == 0).sum())


def _points(first: int, instances: Instances, verdicts: Verdicts) -> Iterator[Point]:
    known = np.isfinite(verdicts.left_upper) & np.isfinite(verdicts.right_lower)
    known &= (verdicts.codes != VACUOUS) & (verdicts.codes != HOLDS_AT_CONFIDENCE)
    for k in np.flatnonzero(known)[:SCATTER_POINTS].tolist():
        sides = float(verdicts.left_upper[k]), float(verdicts.right_lower[k])
        yield Point(first, first + k, *sides, _rate(instances, k))


def _rate(instances: Instances, k: int) -> float | None:
    """About alpha L of instance k, in the digits that a picture needs."""
    exact = fraction(instances.number("alpha")[k]) * fraction(instances.smoothness_constant[k])
    rate = nearest_double(exact)
    return float(f"{rate:.{DIGITS_OF_A_RATE}g}") if math.isfinite(rate) else None


def _worst(sweep: Sweep, first: int, instances: Instances, verdicts: Verdicts) -> Worst | None:
    lower, upper = verdicts.tightness
    if np.isnan(lower).all():
        return None
    k = int(np.nanargmax(lower))
    return _as_worst(sweep, first + k, instances, (lower[k], upper[k]), *_sides(verdicts, k))


def _as_worst(
    sweep: Sweep, index: int, instances: Instances, tightness: tuple[float, float], lhs: Enclosure, rhs: Enclosure
) -> Worst:
    return Worst(
        index,
        WorstInstance(
            instance=instance_id(sweep, index),
            source=sweep.name,
            tightness=Enclosure.of(tightness),
            description=describe(instances),
            lhs=lhs,
            rhs=rhs,
        ),
    )


def _failures(sweep: Sweep, first: int, verdicts: Verdicts) -> Iterator[Failure]:
    bad = np.flatnonzero((verdicts.codes == VIOLATED) | (verdicts.codes == UNDECIDED))[:FAILURES_LISTED]
    for k in bad.tolist():
        yield Failure(
            first + k,
            FailedInstance(
                instance_id(sweep, first + k),
                "VIOLATED" if verdicts.codes[k] == VIOLATED else "UNDECIDED",
                *_sides(verdicts, k),
            ),
        )


def _sides(verdicts: Verdicts, k: int) -> tuple[Enclosure, Enclosure]:
    """Both sides on instance k of a block."""
    return (
        Enclosure.of((verdicts.left_lower[k], verdicts.left_upper[k])),
        Enclosure.of((verdicts.right_lower[k], verdicts.right_upper[k])),
    )


# -- joining -------------------------------------------------------------------------------------------------
def joined(tallies: Iterable[Tally]) -> Tally:
    """The tally of all instances of several, of which no two share one.

    A list is cut to its length by one rule each time: whatever is cut off here would be cut off later.
    """
    parts = list(tallies)
    if len(parts) < 2:
        return parts[0] if parts else Tally()
    worst = min((part.worst for part in parts if part.worst is not None), key=_tightest_first, default=None)
    return Tally(
        counts=Counts.sum(part.counts for part in parts),
        printed=Counts.sum(part.printed for part in parts),
        guaranteed=all(part.guaranteed for part in parts),
        arithmetic={name: sum(part.arithmetic[name] for part in parts) for name in ARITHMETICS},
        lower=joined_spreads([part.lower for part in parts]),
        upper=joined_spreads([part.upper for part in parts]),
        histogram=tuple(map(sum, zip(*(part.histogram for part in parts), strict=True))),
        zero=sum(part.zero for part in parts),
        narrow=max(part.narrow for part in parts),
        contenders=_contenders(worst, (one for part in parts for one in part.contenders)),
        worst=worst,
        failures=tuple(sorted((one for part in parts for one in part.failures), key=_place))[:FAILURES_LISTED],
        scatter=_first_points([one for part in parts for one in part.scatter]),
    )


def _tightest_first(worst: Worst) -> tuple[float, int]:
    return -worst.certain, worst.index


def _place(one: Failure | Point) -> int:
    return one.index


def _contenders(worst: Worst | None, several: Iterable[Contender]) -> tuple[Contender, ...]:
    """Those that may be tighter than the worst, widest first, the first where several are as wide."""
    certain = -np.inf if worst is None else worst.certain
    able = sorted((one for one in several if one.upper > certain), key=lambda one: (-one.upper, one.index))
    return tuple(able[: CONTENDERS + 1])


def _first_points(points: Sequence[Point]) -> tuple[Point, ...]:
    """The first point of each block, then the second of each, as many as there is room for, in order of their places.

    What is left out here would be left out of any larger list, too: the order in which they are taken is fixed.
    """
    taken = sorted(points, key=lambda point: (point.index - point.block, point.index))[:SCATTER_POINTS]
    return tuple(sorted(taken, key=_place))


# -- the tightest instance -------------------------------------------------------------------------------------
def settled(tally: Tally, claim: Claim, sweep: Sweep, instance: Callable[[int], Instances]) -> Tally:
    """The same, once it is certified by Arb or exact fractions which of the contenders is the tightest.

    instance: makes the sweep's instance with an index. If there are more than `CONTENDERS`, the rest keep their wide
    enclosures, and so does the maximum. The spread of tightness stays as `ball` knows it.
    """
    worst, narrow = tally.worst, tally.narrow
    for one in tally.contenders[:CONTENDERS]:
        certain = -np.inf if worst is None else worst.certain
        if one.upper <= certain:
            break
        block = instance(one.index)
        upper = at_most(claim, block)
        if upper <= certain:  # most are no contenders once they are looked at alone
            narrow = max(narrow, upper)
            continue
        found = certified(claim, block)
        if found is None:
            narrow = max(narrow, one.upper)
            continue
        lower, upper = max(one.lower, found.tightness[0]), min(one.upper, found.tightness[1])
        narrow = max(narrow, upper)
        sides = Enclosure.of(found.left), Enclosure.of(found.right)
        as_tight = _as_worst(sweep, one.index, block, (lower, upper), *sides)
        if worst is None or _tightest_first(as_tight) <= _tightest_first(worst):
            worst = as_tight
    return replace(tally, worst=worst, narrow=narrow, contenders=_contenders(worst, tally.contenders[CONTENDERS:]))


__all__ = [
    "Bounds", "Contender", "Failure", "Point", "Tally", "Worst", "counts_of", "joined", "settled", "tally_of",
]  # fmt: skip
