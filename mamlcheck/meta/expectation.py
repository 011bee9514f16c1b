"""Exact expectations over batches of finite data.

A batch is `size` draws with replacement from `m` samples: what it holds is a multiset, and a multiset of
counts q_1..q_m has probability size! / (q_1! ... q_m!) / m**size. So an expectation over batches is a finite
sum with exact weights (`multisets`, `expectation`). This module knows batches, no tasks and no claims.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from mamlcheck.arithmetic import Arithmetic, Numbers
from mamlcheck.errors import InputError, TooManyBatches

__all__ = [
    "Batches", "expectation", "multiset_count", "multisets", "multisets_of_equals", "object_array", "positive_int",
    "too_many",
]  # fmt: skip

MOST_MULTISETS = 200_000  # multisets held at once, unless a caller allows more
MULTIPLICITY_BITS = 2**32  # of exact multiplicities held at once: half a gigabyte


def positive_int(name: str, value: Any) -> int:
    """`value`, or `InputError` where it is no int >= 1."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)) or value < 1:
        raise InputError(f"{name} = {value!r} is not a positive whole number: give an int >= 1")
    return int(value)


# -- batches with replacement, exactly ---------------------------------------------------------------------
def multiset_count(m: int, size: int) -> int:
    """The number of multisets of `size` elements out of `m`: binomial(m + size - 1, size)."""
    m, size = positive_int("m", m), positive_int("size", size)
    return math.comb(m + size - 1, size)


@dataclass(frozen=True, eq=False)
class Batches:
    """All batches of `size` draws with replacement from `m` samples, up to order.

    `counts` (K, m) int64 holds how often each sample is drawn; `multiplicity` (K,) the number of draw
    sequences that give these counts (int64 where m**size fits, else Python ints): it sums to m**size. Both
    are read-only.
    """

    counts: np.ndarray
    multiplicity: np.ndarray
    size: int

    @property
    def m(self) -> int:
        """The number of samples."""
        return int(self.counts.shape[1])

    @cached_property
    def drawn(self) -> np.ndarray:
        """The samples that each batch holds, a sample as often as it is drawn: (K, size) indices."""
        samples = np.broadcast_to(np.arange(self.m), self.counts.shape)
        return np.repeat(samples.reshape(-1), self.counts.reshape(-1)).reshape(-1, self.size)

    def weights(self, ar: Arithmetic) -> Numbers:
        """Batch weight vectors counts / size, (K, m)."""
        return self._by_count(ar, [Fraction(k, self.size) for k in range(self.size + 1)])

    def deviations(self, ar: Arithmetic) -> Numbers:
        """Differences counts / size - 1 / m, (K, m), taken before conversion: an exact zero stays one."""
        uniform = Fraction(1, self.m)
        return self._by_count(ar, [Fraction(k, self.size) - uniform for k in range(self.size + 1)])

    def probabilities(self, ar: Arithmetic) -> Numbers:
        """Multinomial probabilities multiplicity / m**size, (K,)."""
        distinct, where = np.unique(self.multiplicity, return_inverse=True)
        total = self.m**self.size
        table = ar.exact(object_array(Fraction(int(v), total) for v in distinct.tolist()))
        return ar.take(table, where.reshape(-1), 0)

    def chances(self, ar: Arithmetic, probabilities: Numbers) -> Numbers:
        """The probabilities (..., K) of these batches where the samples are drawn with probabilities (..., m)."""
        powers = [ar.power(probabilities, 0)]
        for _ in range(self.size):
            powers.append(powers[-1] * probabilities)
        table = ar.stack(powers, -1)  # (..., m, size + 1)
        chance = ar.exact(object_array(int(v) for v in self.multiplicity))
        for sample in range(self.m):
            chance = chance * ar.take(table[..., sample, :], self.counts[:, sample], -1)
        return chance

    def _by_count(self, ar: Arithmetic, of_count: Sequence[Fraction]) -> Numbers:
        # Only size + 1 different numbers occur: converting each once is what keeps this fast.
        return ar.take(ar.exact(object_array(of_count)), self.counts.reshape(-1), 0).reshape(self.counts.shape)


def object_array(values: Iterable[object]) -> np.ndarray:
    """Objects as an array with one axis, whatever they are."""
    items = list(values)
    out = np.empty(len(items), dtype=object)
    out[:] = items
    return out


def multisets(m: int, size: int, cap: int = MOST_MULTISETS) -> Batches:
    """Every multiset of `size` draws from `m` samples, in lexicographic order of the counts.

    Raises `TooManyBatches` when there are more than `cap` of them, or their multiplicities would not fit in memory.
    """
    refusal = too_many(m, size, cap)
    if refusal:
        raise TooManyBatches(f"{refusal}: take {'a smaller batch or ' if size > 1 else ''}fewer samples")
    return _multisets(int(m), int(size))


def too_many(m: int, size: int, cap: int) -> str:
    """Why these batches are not listed, "" where they are."""
    count = multiset_count(m, size)
    if count > cap:
        return f"{size} draws from {m} samples make {count} different batches, more than the {cap} allowed"
    if count * size * (m - 1).bit_length() > MULTIPLICITY_BITS:
        return f"{size} draws from {m} samples make {count} batches, with multiplicities too long to hold"
    return ""


def multisets_of_equals(first: Sequence[int], size: int, cap: int = MOST_MULTISETS) -> Batches:
    """Every multiset of `size` draws from m samples of which some are equal; what differs in equal samples is one.

    first: for each of the m samples the first that equals it, itself where none does. A batch holds first samples
    alone, as often as any of their equals are drawn; its multiplicity counts all draw sequences that do so, and all
    together sum to m**size as before. Raises `TooManyBatches` as `multisets` does.
    """
    of_class = np.unique(np.asarray(first), return_counts=True)
    fewer = multisets(len(of_class[0]), size, cap)
    counts = np.zeros((len(fewer.counts), len(first)), dtype=np.int64)
    counts[:, of_class[0]] = fewer.counts
    ways = fewer.multiplicity.astype(object)
    for equals, drawn in zip(of_class[1].tolist(), fewer.counts.T, strict=True):  # each draw is one of the equals
        ways = ways * object_array(equals ** int(k) for k in drawn)
    small = len(first) ** size < 2**63
    return _read_only(counts, ways.astype(np.int64) if small else ways, size)


@lru_cache(maxsize=16)
def _multisets(m: int, size: int) -> Batches:
    if size == 1:  # at once, since sample by sample it would take m^3 steps
        return _read_only(np.eye(m, dtype=np.int64)[::-1].copy(), np.ones(m, dtype=np.int64), size)
    counts = np.zeros((1, 0), dtype=np.int64)
    left = np.array([size], dtype=np.int64)
    # Each factor is an integer >= 1 and the product is at most m**size, so no partial product exceeds that.
    ways = np.ones(1, dtype=np.int64 if m**size < 2**63 else object)
    for _ in range(m - 1):  # each row branches into 0, 1, ..., left draws of this sample
        branches = left + 1
        starts = np.repeat(np.cumsum(branches) - branches, branches)
        chosen = np.arange(int(branches.sum()), dtype=np.int64) - starts
        counts, left, ways = (np.repeat(a, branches, axis=0) for a in (counts, left, ways))
        ways = ways * _binomials(left, chosen, ways.dtype)
        counts = np.concatenate([counts, chosen[:, None]], axis=1)
        left = left - chosen
    return _read_only(np.concatenate([counts, left[:, None]], axis=1), ways, size)


def _read_only(counts: np.ndarray, ways: np.ndarray, size: int) -> Batches:
    counts.flags.writeable = False
    ways.flags.writeable = False
    return Batches(counts, ways, size)


def _binomials(n: np.ndarray, k: np.ndarray, dtype: Any) -> np.ndarray:
    """binomial(n, k) elementwise, each different pair computed once."""
    width = int(n.max()) + 1
    pairs, where = np.unique(n * width + k, return_inverse=True)
    table = object_array(math.comb(*divmod(pair, width)) for pair in pairs.tolist())
    return np.asarray(table[where.reshape(-1)].astype(dtype))


def expectation(ar: Arithmetic, probabilities: Numbers, values: Numbers, axis: int) -> Numbers:
    """Sum of probabilities times values along `axis`: probabilities (K,), values with K entries on `axis`."""
    if not -values.ndim <= axis < values.ndim or values.shape[axis] != probabilities.shape[0]:
        raise InputError(
            f"values of shape {values.shape} have not {probabilities.shape[0]} entries on axis {axis}: "
            "the axis of the batches must be as long as their probabilities"
        )
    shape = [1] * values.ndim
    shape[axis] = probabilities.shape[0]
    return ar.weighted_sum(probabilities.reshape(tuple(shape)), values, axis)
