"""A problem for NumPy, which has no automatic differentiation: gradients and Hessian-vector products are given."""

from __future__ import annotations

import numpy as np

from mamlcheck.arithmetic import float64
from mamlcheck.conformance import networks
from mamlcheck.conformance.adapters.view import Given, Tensor, View

Array = np.ndarray


class NumpyView(View):
    """See `View`. Everything is computed in the problem's precision."""

    def __init__(self, problem: Given):
        super().__init__(problem, self._made, np.asarray, float64, {})

    def _made(self, array: Array) -> Array:
        return np.array(array, dtype=self.problem.dtype if array.dtype.kind == "f" else array.dtype)

    def gradient(self, parameters: dict[str, Tensor], batch: tuple[Array, Array]) -> dict[str, Tensor]:
        """Gradient of the mean loss of a batch (x, y), by name."""
        p, (x, y) = self.problem.kind, batch
        w = self._noted(p.network.layout.flatten(float64, parameters))
        flat = networks.gradient(float64, p.network, p.criterion, w, x, self._targets(y))
        return dict(p.network.layout.unflatten(flat))

    def hessian_vector(
        self, parameters: dict[str, Tensor], vector: dict[str, Tensor], batch: tuple[Array, Array]
    ) -> dict[str, Tensor]:
        """Hessian of the mean loss of a batch (x, y) times a vector, by name."""
        p, (x, y) = self.problem.kind, batch
        w, v = (p.network.layout.flatten(float64, tensors) for tensors in (parameters, vector))
        product = networks.hessian_vector(float64, p.network, p.criterion, w, v, x, self._targets(y))
        return dict(p.network.layout.unflatten(product))


def untouched() -> bool:
    """Whether errors of floating point are warned of, as by default."""
    return np.geterr() == {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}


def view(problem: Given) -> NumpyView:
    """The problem for NumPy."""
    return NumpyView(problem)
