"""The inner gradients are added to the outer one."""

from __future__ import annotations

from typing import Any

from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML", "HF-MAML")
SAYS = "the inner gradient is added to the outer one"
CAUSE = "Most likely the sum of both losses is differentiated, or both gradients are added up."


def direction(x: Run) -> Any:
    path = x.adapt()
    g = x.pull_back(path, path.end.gradient("outer"))
    for start in path.points[:-1]:
        g = g + start.gradient("inner")
    return x.mean(g)
