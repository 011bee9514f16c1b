"""A problem for NumPy, which has no automatic differentiation: gradients and Hessian-vector products are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mamlcheck.arithmetic import float64
from mamlcheck.conformance import models
from mamlcheck.conformance.adapters.view import View

if TYPE_CHECKING:
    from mamlcheck.conformance.problems import Problem

Array = np.ndarray


class NumpyView(View):
    """See `View`. Everything is computed in the problem's precision."""

    def __init__(self, problem: Problem):
        super().__init__(problem, self._made, np.asarray)

    def _made(self, array: Array) -> Array:
        return np.array(array, dtype=self.dtype if array.dtype.kind == "f" else array.dtype)

    def _targets(self, y: Array) -> Array:
        if not self.problem.kind.labels:
            return y
        return np.asarray(np.eye(self.problem.kind.outputs, dtype=self.dtype)[y])

    def _flat(self, tensors: dict[str, Array]) -> Any:
        return self.problem.kind.model.flatten(float64, tensors)

    def apply(self, parameters: dict[str, Array], x: Array) -> Array:
        """The model's output."""
        output: Array = self.problem.kind.model.forward(float64, parameters, x)[0]
        return output

    def loss(self, output: Array, y: Array) -> Any:
        """The mean loss of a batch."""
        return self.problem.kind.loss.value(float64, output, self._targets(y)) + self.problem.offset

    def gradient(self, parameters: dict[str, Array], batch: tuple[Array, Array]) -> dict[str, Array]:
        """Gradient of the mean loss of a batch (x, y), by name."""
        kind, (x, y) = self.problem.kind, batch
        flat = models.gradient(float64, kind.model, kind.loss, self._flat(parameters), x, self._targets(y))
        return kind.model.unflatten(flat)

    def hessian_vector(
        self, parameters: dict[str, Array], vector: dict[str, Array], batch: tuple[Array, Array]
    ) -> dict[str, Array]:
        """Hessian of the mean loss of a batch (x, y) times a vector, by name."""
        kind, (x, y) = self.problem.kind, batch
        w, v = self._flat(parameters), self._flat(vector)
        return kind.model.unflatten(models.hessian_vector(float64, kind.model, kind.loss, w, v, x, self._targets(y)))


def view(problem: Problem) -> NumpyView:
    """The problem for NumPy."""
    return NumpyView(problem)
