"""The Gauss-Newton matrix stands for the Hessian: the curvature of the network itself is left out."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance import networks
from mamlcheck.conformance.problems.kind import DoesNotApply, TasksAt
from mamlcheck.conformance.problems.tasks import NetworkAt
from mamlcheck.conformance.reference import Run

OF = ("MAML",)
RARE = True
SAYS = "the Gauss-Newton matrix stands for the Hessian: the curvature of the network itself is left out"
CAUSE = "Most likely the product is a Jacobian one, through the outputs, or a Fisher approximation."


def direction(x: Run) -> Numbers:
    path = x.adapt()

    def product(start: TasksAt, v: Numbers) -> Numbers:
        if not isinstance(start, NetworkAt):
            raise DoesNotApply("the outputs of the network are not known apart from its loss")
        t = start.tasks
        return networks.gauss_newton_vector(t.ar, t.network, t.criterion, start.w, v, *t.data["inner"])

    return x.mean(x.pull_back(path, path.end.gradient("outer"), curvature=product))
