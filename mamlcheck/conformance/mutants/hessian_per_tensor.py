"""Only the diagonal blocks of the Hessian are used, one block a parameter tensor."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.problems.kind import TasksAt
from mamlcheck.conformance.reference import Run, added

OF = ("MAML", "HF-MAML")
RARE = True
HESSIAN_ROLES = ("inner", "hessian")
SAYS = "each parameter tensor is given its own Hessian and the cross terms between tensors are missing"
CAUSE = "Most likely the parameters are perturbed, or differentiated twice, one tensor at a time."


def direction(x: Run) -> Numbers:
    path = x.adapt()
    g = path.end.gradient("outer")
    return x.mean(x.pull_back(path, g, curvature=lambda start, v: _by_block(x, start, v)))


def _by_block(x: Run, start: TasksAt, v: Numbers) -> Numbers:
    return added(mask * x.curvature(start, mask * v) for mask in x.tensor_masks())
