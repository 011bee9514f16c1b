"""The outer gradient is taken through the last inner step only."""

from __future__ import annotations

from typing import Any

from mamlcheck.conformance.advice import ANY
from mamlcheck.conformance.reference import Path, Run

OF = ("MAML",)
SAYS = "the gradient flows through the last inner step only"
CAUSE = {
    "torch": "Most likely the adapted parameters are detached before the last inner step.",
    "jax": "Most likely the adapted parameters go through jax.lax.stop_gradient before the last inner step.",
    ANY: "Most likely the outer gradient is multiplied by the last step's Hessian alone.",
}


def direction(x: Run) -> Any:
    path = x.adapt()
    last = Path(path.points[-2:])
    return x.mean(x.pull_back(last, x.gradient(path.end, "outer")))
