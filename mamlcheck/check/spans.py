"""Spans: how the indices of a sweep are cut into blocks, whose instances have one shape and run as arrays.

The cut is a function of the index alone, so that it is found at once for any instance.
"""

from __future__ import annotations

from mamlcheck.tasks.draws import BLOCK

LEVELS: tuple[tuple[int, int], ...] = ((0, BLOCK),)
"""From which index on blocks have which length. Each level starts where a block of the one before ends."""


def block_at(index: int) -> int:
    """The number of the block that holds the instance with this index."""
    before = 0
    for (start, length), end in zip(LEVELS, _ends(), strict=True):
        if end is None or index < end:
            return before + (index - start) // length
        before += (end - start) // length
    raise AssertionError("the last level has no end")


def span(block: int) -> range:
    """The indices of a block."""
    before = 0
    for (start, length), end in zip(LEVELS, _ends(), strict=True):
        count = None if end is None else (end - start) // length
        if count is None or block < before + count:
            first = start + (block - before) * length
            return range(first, first + length)
        before += count
    raise AssertionError("the last level has no end")


def _ends() -> list[int | None]:
    return [*(start for start, _ in LEVELS[1:]), None]


__all__ = ["LEVELS", "block_at", "span"]
