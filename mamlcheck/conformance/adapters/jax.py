"""A problem for JAX: parameters as a dict pytree, the model and the loss as pure functions.

Float64 problems switch on JAX's 64-bit mode for the process, as there is no other way to have them.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from mamlcheck.conformance.adapters.view import Given, Operations, Tensor, View, imported
from mamlcheck.conformance.networks import Criterion, Network

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
    "zero_tensors": "Most likely these parameters go through jax.lax.stop_gradient, or are masked in the outer "
    "optimiser.",
    "inner_gradient_cut": "Most likely the inner gradient of these parameters goes through jax.lax.stop_gradient.",
    "outer_cut": "Most likely these parameters go through jax.lax.stop_gradient before the outer loss.",
    "start_cut": "Most likely the update of these parameters starts from jax.lax.stop_gradient of them.",
}


class JaxView(View):
    """See `View`. The model and the loss are compiled once for all problems with the same network: outside of
    `jax.jit`, JAX would compile each of their operations, and each of their derivatives, by itself.
    """

    def __init__(self, problem: Given):
        jax = imported("jax", "jax", LEAST)
        if problem.dtype == "float64":
            jax.config.update("jax_enable_x64", True)
        self._jax = jax
        super().__init__(problem, self._made, np.asarray, Operations(jax.numpy), {})

    def _made(self, array: np.ndarray) -> Tensor:
        return self._jax.numpy.asarray(array, dtype=self.problem.dtype if array.dtype.kind == "f" else "int32")

    def apply(self, parameters: dict[str, Tensor], x: Tensor) -> Tensor:
        """The outputs of the model with these parameters."""
        return self._noted(_compiled_network(self.problem.kind.network)(dict(parameters), x))

    def _is_differentiated(self, output: Tensor) -> bool:
        return isinstance(output, self._jax.core.Tracer)

    def _formula(self, output: Tensor, y: Tensor) -> Tensor:
        """The criterion, compiled."""
        return _compiled_criterion(self.problem.kind.criterion)(output, y)


@cache
def _compiled_network(network: Network) -> Callable[[dict[str, Tensor], Tensor], Tensor]:
    jax = importlib.import_module("jax")
    operations: Any = Operations(jax.numpy)
    made: Callable[[dict[str, Tensor], Tensor], Tensor] = jax.jit(lambda w, x: network.forward(operations, w, x))
    return made


@cache
def _compiled_criterion(criterion: Criterion) -> Callable[[Tensor, Tensor], Tensor]:
    jax = importlib.import_module("jax")
    operations: Any = Operations(jax.numpy)

    def value(output: Tensor, y: Tensor) -> Tensor:
        if criterion.name == "cross-entropy":
            chosen = jax.numpy.take_along_axis(jax.nn.log_softmax(output), y[:, None], axis=-1)
            return -jax.numpy.mean(chosen)
        targets = jax.nn.one_hot(y, output.shape[-1], dtype=output.dtype) if criterion.of_labels else y
        return criterion.value(operations, output, targets)

    made: Callable[[Tensor, Tensor], Tensor] = jax.jit(value)
    return made


def alive(objects: Sequence[object]) -> dict[str, int]:
    """The arrays of JAX, which knows them all itself."""
    jax = sys.modules.get("jax")
    return {} if jax is None else {"array": len(jax.live_arrays())}


def untouched() -> bool:
    """Whether its 64-bit mode is off, which is on once a problem in float64 was posed, and so are other modes."""
    jax = sys.modules.get("jax")
    modes = ("jax_enable_x64", "jax_debug_nans", "jax_disable_jit", "jax_default_matmul_precision")
    return jax is None or not any(getattr(jax.config, mode) for mode in modes)


def view(problem: Given) -> JaxView:
    """The problem for JAX."""
    return JaxView(problem)
