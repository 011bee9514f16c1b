"""Certified directions of own models, kept on disk: Arb may need minutes for one.

A direction is a function of the program of each loss, which holds the data, of the numbers of samples, the parameters,
which of them are the last layer, the rates, the number of steps, the order of the tasks, and the formula: all of these
make the name of its file.
"""

from __future__ import annotations

import numpy as np

from mamlcheck.conformance import keeping
from mamlcheck.conformance.enclosures import Enclosure

SUFFIX = "direction"
DOUBLE = np.dtype("<f8")  # as it lies in a file, on any machine


def kept(name: str, size: int) -> Enclosure | None:
    """The direction (n,) that is kept under a name; None where there is none."""
    body = keeping.read(name, SUFFIX)
    if body is None or len(body) != 3 * size * DOUBLE.itemsize:
        return None
    return Enclosure(*np.frombuffer(body, DOUBLE).astype(np.float64).reshape(3, size))


def keep(name: str, found: Enclosure) -> None:
    """Keep a certified direction, if that can be."""
    keeping.write(name, SUFFIX, np.stack([found.midpoint, found.rest, found.finer_radius]).astype(DOUBLE).tobytes())
