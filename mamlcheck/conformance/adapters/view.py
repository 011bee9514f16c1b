"""What the views of a problem share: tasks and parameters in a framework's arrays, and whether they were changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from mamlcheck.errors import InputError

if TYPE_CHECKING:
    from mamlcheck.conformance.problems import Problem

Array = Any


class ViewedTask:
    """The sets of a task, each (x, y) in a framework's arrays."""

    def __init__(self, inner: tuple[Array, Array], outer: tuple[Array, Array], hessian: tuple[Array, Array]):
        self.inner = inner
        self.outer = outer
        self.hessian = hessian


class View:
    """A problem for a framework.

    tasks: with `.inner`, `.outer`, `.hessian`, each (x, y). alpha: inner rate. beta: meta rate. steps: K. dtype: name
    of the precision. array: makes the framework's array of a NumPy one. numpy: and back. lost: see `from_difference`.
    """

    def __init__(self, problem: Problem, array: Callable[[np.ndarray], Array], numpy: Callable[[Array], np.ndarray]):
        self.problem = problem
        self.alpha = problem.alpha
        self.beta = problem.beta
        self.steps = problem.steps
        self.dtype = problem.dtype
        self.lost = 0.0
        self._array = array
        self._numpy = numpy
        self.tasks = tuple(
            ViewedTask(*((array(x), array(y)) for x, y in (task.inner, task.outer, task.hessian)))
            for task in problem.tasks
        )

    @property
    def parameters(self) -> dict[str, Array]:
        """The initial parameters by name, in order: fresh arrays each time."""
        return {name: self._array(value) for name, value in self.problem.parameters.items()}

    def from_difference(self, before: dict[str, Array], after: dict[str, Array], rate: float) -> dict[str, Array]:
        """The direction behind an update, (before - after) / rate by name, for which the digits lost are counted.

        An update rounds as `after` is stored: by u |after|, which dividing by the rate makes u |after| / rate. `lost`
        adds that up, as a Euclidean norm in units of u; a mean or a sum of what was read is off by no more. Raises
        `InputError` for a rate of 0.
        """
        if not rate:
            raise InputError("rate = 0: give the rate of the update, a number other than 0")
        squares = sum(float(np.sum(np.square(self._numpy(a), dtype=np.float64))) for a in after.values())
        self.lost += float(np.sqrt(squares)) / abs(rate)
        return {name: (before[name] - after[name]) / rate for name in before}

    def changed(self, pristine: Problem) -> tuple[str, ...]:
        """Which of the task arrays no longer hold what `pristine`, the same problem made anew, gives."""
        found = []
        for i, (mine, given) in enumerate(zip(self.tasks, pristine.tasks, strict=True)):
            for role in ("inner", "outer", "hessian"):
                for label, now, then in zip("xy", getattr(mine, role), getattr(given, role), strict=True):
                    if not np.array_equal(self._numpy(now), then):
                        found.append(f"tasks[{i}].{role} {label}")
        return tuple(found)

    def _of_loss(self, choices: dict[str, Any]) -> Any:
        return choices[self.problem.kind.loss_name]
