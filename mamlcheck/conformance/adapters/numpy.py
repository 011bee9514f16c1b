"""A problem for NumPy, which has no automatic differentiation: gradients and Hessian-vector products are given."""

from __future__ import annotations

import numpy as np

from mamlcheck.arithmetic import float64
from mamlcheck.conformance import networks
from mamlcheck.conformance.adapters.view import Given, View

Array = np.ndarray


class NumpyView(View):
    """See `View`. Everything is computed in the problem's precision."""

    def __init__(self, problem: Given):
        super().__init__(problem, self._made, np.asarray, float64, {})

    def _made(self, array: Array) -> Array:
        return np.array(array, dtype=self.problem.dtype if array.dtype.kind == "f" else array.dtype)

    def _flat(self, tensors: dict[str, Array]) -> Array:
        flat: Array = self.problem.network.flatten(float64, tensors)
        return flat

    def gradient(self, parameters: dict[str, Array], batch: tuple[Array, Array]) -> dict[str, Array]:
        """Gradient of the mean loss of a batch (x, y), by name."""
        p, (x, y) = self.problem, batch
        flat = networks.gradient(float64, p.network, p.criterion, self._flat(parameters), x, self._targets(y))
        return p.network.unflatten(flat)

    def hessian_vector(
        self, parameters: dict[str, Array], vector: dict[str, Array], batch: tuple[Array, Array]
    ) -> dict[str, Array]:
        """Hessian of the mean loss of a batch (x, y) times a vector, by name."""
        p, (x, y) = self.problem, batch
        w, v = self._flat(parameters), self._flat(vector)
        product = networks.hessian_vector(float64, p.network, p.criterion, w, v, x, self._targets(y))
        return p.network.unflatten(product)


def view(problem: Given) -> NumpyView:
    """The problem for NumPy."""
    return NumpyView(problem)
