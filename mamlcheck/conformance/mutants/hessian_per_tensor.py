"""Only the diagonal blocks of the Hessian are used, one block a parameter tensor."""

from __future__ import annotations

from typing import Any

from mamlcheck.conformance.reference import Run

OF = ("MAML", "HF-MAML")
HESSIAN_ROLES = ("inner", "hessian")
SAYS = "each parameter tensor is given its own Hessian and the cross terms between tensors are missing"
CAUSE = "Most likely the parameters are perturbed, or differentiated twice, one tensor at a time."


def direction(x: Run) -> Any:
    path = x.adapt()
    g = x.gradient(path.end, "outer")
    return x.mean(x.pull_back(path, g, curvature=lambda w, v, role: _by_block(x, w, v, role)))


def _by_block(x: Run, w: Any, v: Any, role: str) -> Any:
    blocks = (mask * x.curvature(w, mask * v, role) for mask in x.tensor_masks())
    return sum(blocks, start=0)
