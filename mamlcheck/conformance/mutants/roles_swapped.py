"""Inner and outer set are exchanged."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML", "HF-MAML")
SAYS = "the support and the query set are exchanged"
CAUSE = "Most likely the two batches of a task are unpacked in the wrong order."


def direction(x: Run) -> Numbers:
    path = x.adapt(role="outer")
    return x.mean(x.pull_back(path, path.end.gradient("inner"), role="outer"))
