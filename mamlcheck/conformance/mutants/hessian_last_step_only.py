"""The outer gradient is taken through the last inner step only."""

from __future__ import annotations

from typing import Any

from mamlcheck.conformance.reference import Path, Run

OF = ("MAML",)
SAYS = "the gradient flows through the last inner step only"
CAUSE = "Most likely the adapted parameters are detached before the last inner step."


def direction(x: Run) -> Any:
    path = x.adapt()
    last = Path(path.points[-2:])
    return x.mean(x.pull_back(last, x.gradient(path.end, "outer")))
