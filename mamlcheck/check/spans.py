"""Spans: how the indices of a sweep are cut into blocks, whose instances have one shape and run as arrays.

The cut is a function of the index alone, so that it is found at once for any instance. Blocks grow with the index. A
short run needs many shapes, and each block is another one; a long run needs long blocks, since a block costs about as
much Python whether it holds 64 instances or 512, and has enough shapes anyway: 64 in the first 4,096 instances, 304 in
the first 65,536. Longer blocks would gain little, and the largest shapes would take much memory
(docs/decisions/0022-blocks-grow.md has the figures).
"""

from __future__ import annotations

LEVELS = ((0, 0, 64), (64, 2**12, 256), (304, 2**16, 512))
"""From which block on, which starts at which index, blocks have which length."""

ALIGNMENT = LEVELS[-1][-1]
"""At each multiple of this index a block starts, whatever the level."""


def block_at(index: int) -> int:
    """The number of the block that holds the instance with this index."""
    first, start, length = [level for level in LEVELS if level[1] <= index][-1]
    return first + (index - start) // length


def span(block: int) -> range:
    """The indices of a block."""
    first, start, length = [level for level in LEVELS if level[0] <= block][-1]
    start += (block - first) * length
    return range(start, start + length)


__all__ = ["ALIGNMENT", "LEVELS", "block_at", "span"]
