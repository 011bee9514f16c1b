"""Spreads: how many numbers lie where, in little memory however many they are, so that quantiles can be enclosed.

Numbers are counted in bins of the relative width `BIN_WIDTH`, and each bin keeps its outermost number. The bits of a
non-negative double, read as a whole number, grow with it (IEEE 754: exponent before fraction), so dropping the last of
them numbers the bins in order: there are at most 2^11 * 2^`FRACTION_BITS` of them, and the tightness of a claim, which
is seldom below 1e-12, meets some 40,000. Joining two spreads adds counts and keeps the outer of two numbers: both are
associative and commutative, so a spread does not depend on the parts that it was joined of, nor on their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

FRACTION_BITS = 10  # of a double's 52, that tell its bin
BIN_WIDTH = 2.0**-FRACTION_BITS  # largest number of a bin over the least, less 1
_DROPPED_BITS = 52 - FRACTION_BITS


class Side(Enum):
    """On which side numbers bound what is meant: lower bounds or upper bounds."""

    LOWER = "lower"
    UPPER = "upper"


def _whole() -> np.ndarray:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Spread:
    """Counted bounds, all lower or all upper ones, of non-negative numbers.

    bins: the numbers of the bins that hold something, in order; counts: how many bounds each holds; outermost: the
    least lower bound or the greatest upper bound in each.
    """

    side: Side
    bins: np.ndarray = field(default_factory=_whole)
    counts: np.ndarray = field(default_factory=_whole)
    outermost: np.ndarray = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def of(cls, side: Side, values: np.ndarray) -> Spread:
        """The spread of some bounds. Those below 0 count as 0, which every number meant here is above; none is NaN."""
        positive = np.maximum(values, 0.0) + 0.0  # the sum makes 0 of -0, whose bits are another number
        bins = positive.view(np.int64) >> _DROPPED_BITS
        return _gathered(side, bins, np.ones(len(bins), dtype=np.int64), positive)

    @property
    def total(self) -> int:
        """How many bounds were counted."""
        return int(self.counts.sum())

    def order_statistic(self, k: int) -> float:
        """A bound of the k-th smallest of the bounds, k from 0: at most `BIN_WIDTH` outside of it, relatively.

        The k-th smallest lies in the first bin that has more than k bounds up to its end, and nothing in that bin lies
        outside of what the bin keeps.
        """
        return float(self.outermost[np.searchsorted(np.cumsum(self.counts), k, side="right")])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Spread):
            return NotImplemented
        mine, others = ((x.bins, x.counts, x.outermost) for x in (self, other))
        return self.side is other.side and all(map(np.array_equal, mine, others))


def joined(spreads: Sequence[Spread]) -> Spread:
    """Several spreads of bounds on one side as one."""
    sides = {spread.side for spread in spreads}
    if len(sides) != 1:
        raise ValueError(f"spreads of the sides {sorted(side.value for side in sides)} have no common spread")
    parts = ([getattr(spread, name) for spread in spreads] for name in ("bins", "counts", "outermost"))
    return _gathered(sides.pop(), *map(np.concatenate, parts))


def _gathered(side: Side, bins: np.ndarray, counts: np.ndarray, values: np.ndarray) -> Spread:
    """Each bin once, in order."""
    order = np.argsort(bins, kind="stable")
    bins, counts, values = bins[order], counts[order], values[order]
    starts = np.flatnonzero(np.diff(bins, prepend=-1))  # no bin has the number -1
    outer = np.minimum if side is Side.LOWER else np.maximum
    if not len(starts):
        return Spread(side)
    return Spread(side, bins[starts], np.add.reduceat(counts, starts), outer.reduceat(values, starts))


__all__ = ["BIN_WIDTH", "Side", "Spread", "joined"]
