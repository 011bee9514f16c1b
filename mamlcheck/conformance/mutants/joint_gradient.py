"""The inner gradients are added to the outer one."""

from __future__ import annotations

from typing import Any

from mamlcheck.conformance.advice import ANY
from mamlcheck.conformance.reference import Run

OF = ("MAML", "FO-MAML", "HF-MAML")
SAYS = "the inner gradient is added to the outer one"
CAUSE = {
    "torch": "Most likely both losses are sent through backward() into the same .grad, which is not zeroed in between.",
    ANY: "Most likely the sum of both losses is differentiated, or both gradients are added up.",
}


def direction(x: Run) -> Any:
    path = x.adapt()
    g = x.pull_back(path, x.gradient(path.end, "outer"))
    for w in path.points[:-1]:
        g = g + x.gradient(w, "inner")
    return x.mean(g)
