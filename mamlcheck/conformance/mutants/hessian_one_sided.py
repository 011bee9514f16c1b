"""The difference of gradients is one-sided, as if the curvature along it did not change."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.problems.kind import TasksAt
from mamlcheck.conformance.reference import Difference, Run

OF = ("HF-MAML",)
HESSIAN_ROLES = ("inner", "hessian")
SAYS = "the difference is one-sided, which is off by the order of delta, not of its square"
CAUSE = "Most likely [grad f(w + delta v) - grad f(w)] / delta stands where equation (9) has a step to either side."


def direction(x: Run) -> Numbers:
    path = x.adapt()
    g = path.end.gradient("outer")
    return x.mean(x.pull_back(path, g, curvature=lambda start, v: _one_sided(x, start, v)))


def _one_sided(x: Run, start: TasksAt, v: Numbers) -> Numbers:
    assert isinstance(x.hessian, Difference)
    delta = x.step_along(v, x.hessian)
    ahead = x.tasks.at(start.w + delta * v)
    return (ahead.gradient(x.hessian_role) - start.gradient(x.hessian_role)) / delta
