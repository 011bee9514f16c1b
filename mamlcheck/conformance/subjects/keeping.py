"""What a subject keeps alive from call to call: tensors, and nodes of their graphs, that are more after each call.

Only what is made while it is looked at is counted: everything else is put aside for that time, so that counting takes
as long as what a call leaves behind, and not as long as all that a framework has made when it was imported.
"""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from mamlcheck.conformance import adapters

YOUNG = 1  # the oldest generation of objects that are no older than a call


@contextmanager
def aside() -> Iterator[None]:
    """While this lasts, the collector of garbage sees new objects alone."""
    if gc.get_freeze_count():  # somebody else has put objects aside, and they are not ours to take back
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def alive(generation: int = 2) -> Mapping[str, int]:
    """How many there are of each thing that the frameworks count, such as tensors, after garbage is collected.

    generation: the oldest that is collected. Of the youngest two alone it takes no time, and leaves Python's measure of
    what is long-lived as it is; of all, Python would soon go through everything that was put aside.
    """
    gc.collect(generation)
    return adapters.alive(gc.get_objects())


def grown(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """What each call adds, by the counts after calls one after the other: the same number each time."""
    steps = [
        {what: after[what] - before.get(what, 0) for what in after} for before, after in itertools.pairwise(counts)
    ]
    return {what: n for what, n in steps[0].items() if n > 0 and all(step[what] == n for step in steps)}
