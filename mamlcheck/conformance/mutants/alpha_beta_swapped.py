"""The inner steps use the meta rate."""

from __future__ import annotations

from typing import Any

from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML", "HF-MAML")
SAYS = "the inner steps use the meta rate beta instead of alpha"
CAUSE = "Most likely the two rates are exchanged."


def direction(x: Run) -> Any:
    path = x.adapt(rate=x.beta)
    return x.mean(x.pull_back(path, path.end.gradient("outer"), rate=x.beta))
