"""The difference takes a step of its own for each parameter tensor, so that it is along no one direction."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.problems.kind import TasksAt
from mamlcheck.conformance.reference import Difference, Run, added

OF = ("HF-MAML",)
HESSIAN_ROLES = ("inner", "hessian")
SAYS = "the difference takes delta over the norm of each tensor as its step, instead of one step along one direction"
CAUSE = "Most likely the norm is taken within the loop over parameters: it is to be that of the whole gradient."


def direction(x: Run) -> Numbers:
    path = x.adapt()
    g = path.end.gradient("outer")
    return x.mean(x.pull_back(path, g, curvature=lambda start, v: _by_tensor(x, start, v)))


def _by_tensor(x: Run, start: TasksAt, v: Numbers) -> Numbers:
    assert isinstance(x.hessian, Difference)
    delta = x.number(x.hessian.delta)
    sizes = [(mask, x.ar.norm(mask * v)[..., None]) for mask in x.tensor_masks()]
    along = added(mask * v / size for mask, size in sizes)
    apart = start.gradient_across(delta * along, x.hessian_role) / (2 * delta)
    return added(mask * apart * size for mask, size in sizes)
