"""Directions that a subject has read off an update by hand, (before - after) / rate, found out by what that leaves.

`after` is stored as floats, so that rate times direction is the difference of two floats near the parameters, and lies
on the grid of the floats there, whose step is far coarser than the last digits of the direction itself. So the way
back, (w - float(w - rate d)) / rate, returns such a direction d unchanged, and changes any other in its last digits.
What passes by chance is counted in bits, over the components of all observations, and has to be out of the question.

A view's `from_difference` counts the lost digits for any rate. Here the rate is not known, so that it is found if it is
a number that people type, or the inner or the meta rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from mamlcheck.conformance.diagnosis.fits import unit_of
from mamlcheck.conformance.problems.problem import META_RATE
from mamlcheck.conformance.subjects.observing import Observation

Array = np.ndarray

# By unit roundoff; NumPy has no bfloat16.
FLOATS: dict[float, type[np.floating]] = {2.0**-24: np.float32, 2.0**-53: np.float64}
# In reading, the division and the rate round, and a mean over tasks about twice more: each by u of what it rounds.
ROUNDINGS = 4
SURE_BITS = 40  # by chance, one subject in 2**40 would pass, whichever rate is tried
FIRST_PART, FURTHER_PARTS = 64, 1024  # numbers of components that are looked at together


@dataclass(frozen=True)
class ReadOff:
    """A rate that every observation was read with. tasks: how many updates a direction is the mean of. alpha: whether
    it is the inner rate, whatever that is on a problem, and not `rate`.
    """

    rate: float
    tasks: int
    alpha: bool = False

    def of(self, o: Observation) -> Observation:
        """The observation with what reading it has lost, see `View.from_difference`."""
        if o.lost or not o.has_direction:
            return o
        rate = o.problem.alpha if self.alpha else self.rate
        w = _parameters(o)
        after = np.linalg.norm(w - rate * self.tasks * o.direction)
        return replace(o, lost=float(after) / rate) if rate else o


def read_off(seen: Sequence[Observation]) -> ReadOff | None:
    """The rate that these observations were read off an update with; None where they were not, or none is found."""
    told = [o for o in seen if o.has_direction and not o.lost]
    if not told or any(unit_of(o) not in FLOATS or _coarse(o) for o in told):
        return None
    ways = _ways(max(len(o.problem.tasks) for o in told))
    bits = np.zeros(len(ways))
    left = np.arange(len(ways))
    for o in told:
        passes, more = _passed(o, [ways[i] for i in left])
        bits[left] += more
        left = left[passes]
        if not left.size:
            return None
    best = int(left[np.argmax(bits[left])])
    return ways[best] if bits[best] >= SURE_BITS + np.log2(len(ways)) else None


@cache
def _ways(tasks: int) -> list[ReadOff]:
    """The rates that are tried: two digits and a power of ten, powers of two, the meta rate, each also as a float32."""
    typed = {round(k * 10.0**-j, j + 2) for k in range(1, 100) for j in range(2, 10)}
    rates = sorted(typed | {2.0**-j for j in range(1, 31)} | {META_RATE})
    both = sorted({*rates, *(float(np.float32(rate)) for rate in rates)})
    counts = sorted({1, tasks})
    return [ReadOff(rate, n) for n in counts for rate in both] + [ReadOff(0.0, n, alpha=True) for n in counts]


def _parameters(o: Observation) -> Array:
    return np.concatenate([a.ravel() for a in o.problem.parameters.values()])


def _coarse(o: Observation) -> bool:
    """Whether the direction has no digits at the end: any number of few digits is on the grid of some power of two."""
    digits = 24 if unit_of(o) < 2.0**-24 else 8
    significand = np.frexp(o.direction)[0] * 2.0**digits
    return bool((significand == np.rint(significand)).all())


def _passed(o: Observation, ways: Sequence[ReadOff]) -> tuple[Array, Array]:
    """For each way, whether the direction comes back unchanged, and the bits of its doing so by chance.

    A few components turn most ways down; so large directions are looked at part by part, with the ways that are left.
    """
    unit, d, w = unit_of(o), o.direction, _parameters(o)
    rate = np.array([(o.problem.alpha if way.alpha else way.rate) * way.tasks for way in ways])[:, None]
    passes, bits = np.ones(len(ways), dtype=bool), np.zeros(len(ways))
    if not rate.all():
        return ~passes, bits
    mean_square = np.linalg.norm(d) / np.sqrt(d.size)
    telling = np.flatnonzero((d != 0) & (w != 0))  # nothing is tested by the others
    starts = [0, *range(FIRST_PART, telling.size, FURTHER_PARTS)]
    for start, end in zip(starts, [*starts[1:], telling.size], strict=True):
        left, part = np.flatnonzero(passes), telling[start:end]
        if not left.size:
            break
        allowed = ROUNDINGS * unit * (np.abs(d[part]) + mean_square)
        passes[left], more = _part_passed(w[part], d[part], rate[left], allowed, FLOATS[unit])
        bits[left] += more
    return passes, bits


def _part_passed(w: Array, d: Array, rate: Array, allowed: Array, kind: type[np.floating]) -> tuple[Array, Array]:
    """The same of some components (m,), for rates (k, 1). allowed: what reading may round by. kind: of the floats."""
    move = rate * d
    with np.errstate(over="ignore"):  # at absurd rates, which do not pass
        after = (w - move).astype(kind)
    back = np.abs((w - after.astype(np.float64)) / rate - d)
    # Where the update is short beside the parameter, w - after is exact (Sterbenz), and the test tells something.
    tested = np.abs(move) <= np.abs(w) / 4
    chance = np.minimum(1.0, 2 * allowed * rate / np.spacing(np.abs(after)).astype(np.float64))
    return ((back <= allowed) | ~tested).all(axis=1), -np.where(tested, np.log2(chance), 0.0).sum(axis=1)
