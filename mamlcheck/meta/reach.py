"""What is within reach of an exact expectation over batches: how many are listed, and how much is computed for them.

Every batch moves the parameters of a task to a point of its own, where all samples are evaluated. With batches of a
single sample already, that work grows with the square of the samples. What is beyond the bounds below is refused in a
sentence before anything is computed; a claim that needs it stays UNDECIDED.
"""

from __future__ import annotations

import math

from mamlcheck.errors import TooManyBatches
from mamlcheck.meta.expectation import Batches, fewer, multiset_count, multisets, too_many

MULTISET_CAP = 5000  # batches listed for one expectation
MOST_NUMBERS = 2**20  # computed for one expectation: tasks times batches times samples times numbers of a sample
FEW = 32  # a batch of fewer than one in so many samples costs less by the samples drawn than by weights of all


def few_drawn(m: int, size: int) -> bool:
    """Whether a batch's gradient is best computed from the gradients of the samples that it holds."""
    return m > FEW * size


def refusal(n: int, m: int, width: int, size: int) -> str:
    """Why the samples of n tasks are not evaluated at a point of every batch, in a sentence; "" where they are.

    width: how many numbers each of the m samples takes at a point. size: of a batch.
    """
    several = too_many(m, size, MULTISET_CAP)
    if several:
        return several + fewer(size)
    count = multiset_count(m, size)
    numbers = n * count * m * width
    if numbers <= MOST_NUMBERS:
        return ""
    most = math.isqrt(MOST_NUMBERS // (n * width))
    tasks = f"{n} tasks" if n > 1 else "one task"
    batches = f"{count:,} different batches of {size} {'sample' if size == 1 else 'samples'}"
    advice = f"take at most {most:,} samples" if size == 1 else f"take batches of 1 from at most {most:,} samples"
    return (
        f"{batches}, with all {m:,} samples of {tasks} evaluated at a point of each, take {numbers:,} numbers, more "
        f"than the {MOST_NUMBERS:,} allowed: {advice}"
    )


def batches_in_reach(n: int, m: int, width: int, size: int) -> Batches:
    """All batches of `size` draws from m samples; `TooManyBatches` where `refusal` says why not."""
    why = refusal(n, m, width, size)
    if why:
        raise TooManyBatches(why)
    return multisets(m, size, MULTISET_CAP)
