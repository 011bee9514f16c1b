"""A problem for JAX: parameters as a dict pytree, the model and the loss as pure functions.

Float64 problems switch on JAX's 64-bit mode for the process, as there is no other way to have them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

from mamlcheck.conformance.adapters.view import Given, Operations, Tensor, View, imported

PACKAGES = ("jax", "jaxlib")
LEAST = "0.4.30"  # that of the extra in pyproject.toml
ADVICE = {
    "no_gradient": "Most likely the gradient is taken by something else than the parameters, or they go through "
    "jax.lax.stop_gradient.",
    "hessian_missing": "Most likely the inner gradient goes through jax.lax.stop_gradient, or the outer jax.grad is "
    "taken at the adapted parameters.",
    "hessian_present": "Most likely jax.lax.stop_gradient is missing around the inner gradient.",
    "hessian_first_step_only": "Most likely the gradients of the later inner steps go through jax.lax.stop_gradient.",
    "hessian_last_step_only": "Most likely the adapted parameters go through jax.lax.stop_gradient before the last "
    "inner step.",
}


class JaxView(View):
    """See `View`."""

    def __init__(self, problem: Given):
        jax = imported("jax", "jax", LEAST)
        if problem.dtype == "float64":
            jax.config.update("jax_enable_x64", True)
        self._jax = jax
        criteria = {"cross-entropy": self._cross_entropy}
        super().__init__(problem, self._made, np.asarray, Operations(jax.numpy), criteria)

    def _made(self, array: np.ndarray) -> Tensor:
        return self._jax.numpy.asarray(array, dtype=self.problem.dtype if array.dtype.kind == "f" else "int32")

    def _cross_entropy(self, output: Tensor, y: Tensor) -> Tensor:
        jnp = self._jax.numpy
        return -jnp.mean(jnp.take_along_axis(self._jax.nn.log_softmax(output), y[:, None], axis=-1))


def alive(objects: Sequence[object]) -> dict[str, int]:
    """The arrays of JAX, which knows them all itself."""
    jax = sys.modules.get("jax")
    return {} if jax is None else {"array": len(jax.live_arrays())}


def view(problem: Given) -> JaxView:
    """The problem for JAX."""
    return JaxView(problem)
