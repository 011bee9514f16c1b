"""A problem for JAX: parameters as a dict pytree, the model and the loss as pure functions.

Float64 problems switch on JAX's 64-bit mode for the process, as there is no other way to have them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mamlcheck.conformance.adapters.view import View
from mamlcheck.errors import MissingExtra

try:
    import jax
    import jax.numpy as jnp
except ImportError as error:
    raise MissingExtra("jax", "jax") from error

if TYPE_CHECKING:
    from mamlcheck.conformance.problems import Problem

Array = Any


def _cross_entropy(output: Array, y: Array) -> Array:
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(output), y[:, None], axis=-1))


def _squared_error(output: Array, y: Array) -> Array:
    return jnp.mean((output - y) ** 2)


def _robust(output: Array, y: Array) -> Array:
    squares = (output - y) ** 2
    return jnp.mean(squares / (1 + squares))


class JaxView(View):
    """See `View`."""

    def __init__(self, problem: Problem):
        if problem.dtype == "float64":
            jax.config.update("jax_enable_x64", True)
        super().__init__(problem, self._made, np.asarray)

    def _made(self, array: np.ndarray) -> Array:
        return jnp.asarray(array, dtype=self.dtype if array.dtype.kind == "f" else "int32")

    def apply(self, parameters: dict[str, Array], x: Array) -> Array:
        """The model's output."""
        if "weight" in parameters:
            return x @ parameters["weight"].T + parameters["bias"]
        hidden = jnp.tanh(x @ parameters["hidden.weight"].T + parameters["hidden.bias"])
        return hidden @ parameters["head.weight"].T + parameters["head.bias"]

    def loss(self, output: Array, y: Array) -> Array:
        """The mean loss of a batch."""
        choices = {"cross-entropy": _cross_entropy, "squared-error": _squared_error, "robust": _robust}
        return self._of_loss(choices)(output, y) + self.problem.offset


def view(problem: Problem) -> JaxView:
    """The problem for JAX."""
    return JaxView(problem)
