"""What is within reach of an exact expectation over batches: how many are listed, and how much is computed for them.

Every batch moves the parameters of a task to a point of its own, where all samples are evaluated. With batches of a
single sample already, that work grows with the square of the samples. What is beyond the bounds below is refused in a
sentence before anything is computed; then `mamlcheck.meta.beyond` may know other ways.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence

from mamlcheck.errors import TooManyBatches
from mamlcheck.meta.expectation import Batches, multiset_count, multisets, multisets_of_equals, too_many

MOST_LISTED = 5000  # batches listed for one expectation
MOST_POINT_NUMBERS = 2**22  # of the samples at the points of all batches: tasks x batches x samples x numbers of each
MOST_POINT_OBJECTS = 2**20  # the same where each number is an object, as in Arb: slower, and larger in memory
MOST_PAIR_NUMBERS = 2**16  # the same of the pairs of two batches, so that blocks of instances are cheap too
SAMPLES_TO_A_DRAW = 32  # beyond it, a batch costs less by the samples that it holds than by weights of all samples


def few_drawn(m: int, size: int) -> bool:
    """Whether a batch's gradient is best computed from the gradients of the samples that it holds."""
    return m > SAMPLES_TO_A_DRAW * size


def refusal(n: int, m: int, width: int, size: int, allowed: int = MOST_POINT_NUMBERS) -> str:
    """Why the samples of n tasks are not evaluated at a point of every batch, in a sentence; "" where they are.

    width: how many numbers each of the m samples takes at a point. size: of a batch.
    """
    if _within(n, m, width, size, allowed):
        return ""
    most = bisect.bisect_left(range(1, m), True, key=lambda fewer: not _within(n, fewer, width, size, allowed))
    advice = f": take at most {most:,} samples{', or smaller batches' if size > 1 else ''}"
    several = too_many(m, size, MOST_LISTED)
    if several:
        return several + advice
    count = multiset_count(m, size)
    tasks = f"{n} tasks" if n > 1 else "one task"
    return (
        f"{count:,} different batches of {size} {'sample' if size == 1 else 'samples'}, with all {m:,} samples of "
        f"{tasks} evaluated at a point of each, take {n * count * m * width:,} numbers, more than the "
        f"{allowed:,} allowed{advice}"
    )


def _within(n: int, m: int, width: int, size: int, allowed: int) -> bool:
    return not too_many(m, size, MOST_LISTED) and n * multiset_count(m, size) * m * width <= allowed


def merged_in_reach(n: int, first: Sequence[int], width: int, size: int, allowed: int) -> Batches | None:
    """All batches of `size` draws where those that differ in equal samples are one; None where they are too many.

    first: for each sample the first that equals it.
    """
    m, classes = len(first), len(set(first))
    if too_many(classes, size, MOST_LISTED) or n * multiset_count(classes, size) * m * width > allowed:
        return None
    return multisets_of_equals(first, size, MOST_LISTED)


def batches_in_reach(n: int, m: int, width: int, size: int, allowed: int) -> Batches:
    """All batches of `size` draws from m samples; `TooManyBatches` where `refusal` says why not."""
    why = refusal(n, m, width, size, allowed)
    if why:
        raise TooManyBatches(why)
    return multisets(m, size, MOST_LISTED)


def inner_in_reach(n: int, m: int, width: int, inner: int) -> bool:
    """Whether the samples of n tasks are evaluated at a point of every inner batch, in every arithmetic."""
    return _within(n, m, width, inner, MOST_POINT_OBJECTS)


def pairs_in_reach(n: int, m: int, width: int, inner: int, outer: int) -> bool:
    """Whether all pairs of two batches of these sizes are listed, in every arithmetic and in blocks of instances."""
    if too_many(m, inner, MOST_LISTED) or too_many(m, outer, MOST_LISTED):
        return False
    pairs = multiset_count(m, inner) * multiset_count(m, outer)
    return pairs <= MOST_LISTED and n * pairs * m * width <= MOST_PAIR_NUMBERS


def check_pairs(n: int, m: int, width: int, inner: Batches, outer: Batches, allowed: int) -> None:
    """Raise `TooManyBatches` where the samples of n tasks are not evaluated at a point of each pair of two batches."""
    pairs = len(inner.counts) * len(outer.counts)
    if pairs <= MOST_LISTED and n * pairs * m * width <= allowed:
        return
    raise TooManyBatches(
        f"{len(inner.counts):,} inner batches of {inner.size} and {len(outer.counts):,} outer batches of {outer.size} "
        f"make {pairs:,} pairs, with {n * pairs * m * width:,} numbers of all {m:,} samples of {n} tasks: more than "
        f"{MOST_LISTED:,} pairs, or {allowed:,} numbers, are not listed: take smaller batches, or fewer samples"
    )
