"""The outer gradient is taken through the first inner step only."""

from __future__ import annotations

from typing import Any

from mamlcheck.conformance.advice import ANY
from mamlcheck.conformance.reference import Path, Run

OF = ("MAML",)
SAYS = "the inner steps from the second on are of first order"
CAUSE = {
    "torch": "Most likely create_graph=True is given in the first inner step only.",
    "jax": "Most likely the gradients of the later inner steps go through jax.lax.stop_gradient.",
    ANY: "Most likely the outer gradient is multiplied by the first step's Hessian alone.",
}


def direction(x: Run) -> Any:
    path = x.adapt()
    first = Path(path.points[:2])
    return x.mean(x.pull_back(first, x.gradient(path.end, "outer")))
