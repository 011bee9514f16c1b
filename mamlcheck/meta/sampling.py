"""Means over sampled batches: how batches are drawn, and how far a mean may be from the expectation.

Nothing is assumed of the distribution but a bound of a second moment, which is certified, and no sample is too small.
The bits are those of Philox, keyed by the content of the instance, so that a verdict can be repeated; the probability
speaks of ideal bits in their place. This module knows batches, no tasks and no claims.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from mamlcheck.arithmetic.arrays import Doubles
from mamlcheck.arithmetic.ball import BallArray, from_bounds
from mamlcheck.arithmetic.clouds import ball_of_clouds as ball
from mamlcheck.arithmetic.exact import are_doubles, fractions_of
from mamlcheck.meta.confidence import RISK

FEWEST_DRAWS = 64  # of the first stage
MORE_DRAWS = 4  # how many times those of a stage the next one has
MOST_DRAWS = 2**16
MOST_SAMPLED_NUMBERS = 2**22  # of samples at points of batches, in one stage: a second or two where nothing decides


# -- how much is sampled ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Sample:
    """Batches to draw for each expectation of a claim, and the probability with which one of them may mislead.

    key: of the random bits (a whole number below 2**64). draws: batches. risk: of one expectation.
    """

    key: int
    draws: int
    risk: Fraction

    def drawn(self, stream: int, m: int, size: int, at_once: int) -> Iterator[np.ndarray]:
        """Batches of `size` draws with replacement from m samples, as indices (K, size), at most `at_once` at a time.

        stream: what is sampled, so that two expectations share no bits.
        """
        bits = _Indices(self.key, stream, m)
        for start in range(0, self.draws, at_once):
            count = min(at_once, self.draws - start)
            yield bits.take(count * size).reshape(count, size)


def stages(key: int, numbers: int, expectations: int) -> tuple[Sample, ...]:
    """Samples of growing size, of which one after the other is tried until one decides.

    numbers: those that one batch takes. expectations: how many a claim may have. All of them, in all stages, mislead
    with a probability of at most `RISK` together: each has its equal share (union bound), fixed before a bit is drawn.
    """
    sizes, draws = [], FEWEST_DRAWS
    while draws <= MOST_DRAWS and draws * numbers <= MOST_SAMPLED_NUMBERS:
        sizes.append(draws)
        draws *= MORE_DRAWS
    return tuple(Sample(key, size, RISK / (len(sizes) * expectations)) for size in sizes)


class _Indices:
    """Uniform indices below m: exactly, since those that would favour some are rejected."""

    def __init__(self, key: int, stream: int, m: int):
        self._raw = np.random.Philox(key=np.array([key, stream], dtype=np.uint64))
        self._m, self._bits = m, (m - 1).bit_length()

    def take(self, count: int) -> np.ndarray:
        """(count,) int64."""
        if not self._bits:
            return np.zeros(count, dtype=np.int64)
        found, missing = [], count
        while missing:
            raw = np.asarray(self._raw.random_raw(missing), dtype=np.uint64) >> np.uint64(64 - self._bits)
            right = raw[raw < np.uint64(self._m)].astype(np.int64)
            found.append(right)
            missing -= len(right)
        return np.concatenate(found)


def key_of(numbers: Iterable[np.ndarray]) -> int:
    """A key made of exact arrays: of their numbers, however they are held."""
    digest = hashlib.sha256()
    for array in numbers:
        digest.update(f"{array.shape}:".encode())
        digest.update(_as_doubles(array).tobytes() if _are_doubles(array) else _as_text(array))
    return int.from_bytes(digest.digest()[:8], "big")


def _are_doubles(array: np.ndarray) -> bool:
    return are_doubles(array) or all(abs(v) < 2**1000 and Fraction(float(v)) == v for v in fractions_of(array))


def _as_doubles(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array, dtype=np.float64) + 0.0  # -0.0 is 0.0


def _as_text(array: np.ndarray) -> bytes:
    return ",".join(map(str, fractions_of(array))).encode()


# -- how far a mean is from the expectation --------------------------------------------------------------------------
class MeanAtConfidence:
    """A mean of independent vectors that comes within a known distance of E X, but for a probability of `risk`.

    second_moment: at least E |X|^2 (...), > 0. draws: how many X there will be. The mean is of Y = X min(1, T / |X|),
    vectors of at most length T, chosen before the draws.

    By Pinelis (Ann. Probab. 22, 1994, theorem 3.3, whose condition is Bernstein's), N independent centred vectors of at
    most length b in a Hilbert space, of second moments at most V, have a mean longer than sqrt(2 V l / N) + b l / (3 N)
    with a probability of at most 2 exp(-l). Here b = 2 T, since |Y| <= T and |E Y| <= T, and E |Y - E Y|^2 <= E |Y|^2
    <= E |X|^2. What is cut off adds |E X - E Y| <= E max(|X| - T, 0) <= E |X|^2 / (4 T), as x - T <= x^2 / (4 T) for
    every x. T = sqrt(3 V N / (8 l)) makes the sum of both least; the bound holds for any T > 0.
    """

    def __init__(self, second_moment: Doubles, draws: int, risk: Fraction):
        levels = ball.log(ball.exact(2 / risk))
        self._cut = np.sqrt(second_moment) * math.sqrt(3 * draws / (8 * float(ball.upper(levels))))
        self._draws, self._added = draws, 0
        self._total: BallArray | None = None
        moment, cut = ball.exact(second_moment), ball.exact(self._cut)
        radius = ball.sqrt(2 * moment * levels / draws) + 2 * cut * levels / (3 * draws) + moment / (4 * cut)
        self.distance: Doubles = ball.upper(radius)

    def add(self, x: BallArray) -> None:
        """Some of the draws (..., K, d)."""
        part = ball.sum(_shortened(x, self._cut), -2)
        self._total = part if self._total is None else self._total + part
        self._added += x.shape[-2]

    @property
    def mean(self) -> BallArray:
        """The mean (..., d), once all draws are there; E X is within `distance` of it."""
        if self._total is None or self._added != self._draws:
            raise ValueError(f"{self._added} draws were added, and {self._draws} were announced")
        return self._total / self._draws


def _shortened(x: BallArray, cut: Doubles) -> BallArray:
    """Vectors x (..., K, d), multiplied by min(1, cut / |x|) for a cut (...).

    The factor falls as the length grows: it lies between those of the bounds of the length, of which the smaller ones
    may be below the cut, and even 0.
    """
    lengths, most = ball.norm(x), cut[..., None]
    shortest, longest = (np.maximum(bound, most) for bound in (ball.lower(lengths), ball.upper(lengths)))
    if (longest <= most).all():
        return x
    least, largest = (BallArray(most) / BallArray(bound) for bound in (longest, shortest))
    factor = from_bounds(ball.lower(least), np.minimum(ball.upper(largest), 1.0))
    return x * factor[..., None]


__all__ = ["MeanAtConfidence", "Sample", "key_of", "stages"]
