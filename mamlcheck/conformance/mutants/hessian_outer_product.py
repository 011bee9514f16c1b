"""The outer product of the inner gradient with itself stands for the Hessian."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.problems.kind import TasksAt
from mamlcheck.conformance.reference import Run

OF = ("MAML",)
RARE = True
SAYS = "the outer product g g^T of the inner gradient with itself stands for the Hessian"
CAUSE = "Most likely a Gauss-Newton or Fisher approximation of the Hessian is made of the gradient of the mean loss."


def direction(x: Run) -> Numbers:
    path = x.adapt()

    def product(start: TasksAt, v: Numbers) -> Numbers:
        g = start.gradient("inner")
        return x.ar.sum(g * v, -1)[..., None] * g

    return x.mean(x.pull_back(path, path.end.gradient("outer"), curvature=product))
