"""Models of JAX: a function model(parameters, x) with any pytree of parameters, a Flax or an Equinox module."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mamlcheck.conformance.own.frameworks import Inputs, Loss, OwnModel, Tensor
from mamlcheck.errors import InputError
from mamlcheck.programs import tracing
from mamlcheck.programs.tracing import Traced

if TYPE_CHECKING:
    from mamlcheck.conformance.adapters.view import View


def holds(model: Any, parameters: Any) -> bool:
    """Whether JAX is in use, and the model can be called, or is a module of Equinox with its state."""
    return "jax" in sys.modules and (callable(model) or isinstance(model, tuple))


def opened(model: Any, parameters: Any = None) -> OwnModel:
    """A model as a function of its parameters by name, such as 'Dense_0.kernel'."""
    from mamlcheck.programs.tracing.jax import callable_of, in_double_precision

    network, arrays = callable_of(model, parameters)
    if not arrays:
        raise InputError("the model has no parameters: give a pytree of arrays as parameters=")
    dtypes = {np.asarray(value).dtype.name for value in arrays.values()}
    if len(dtypes) > 1:
        raise InputError(f"the parameters are in {' and '.join(sorted(dtypes))}: give all of them one precision")
    start = {name: np.asarray(value, dtype=np.float64) for name, value in arrays.items()}

    def traced(loss: Loss, inputs: Inputs, target: Tensor) -> Traced:
        if isinstance(inputs, dict):
            raise InputError(
                "the inputs of a model of JAX are an array or a tuple of arrays, in the order of arguments"
            )
        given = inputs if isinstance(inputs, tuple) else (inputs,)
        with in_double_precision():
            y = _doubled(target)

            def value(weights: Mapping[str, Any]) -> Any:
                return loss(network(weights, *given), y)

            return tracing.trace("jax", value, start)

    name = getattr(model, "__name__", type(model[0] if isinstance(model, tuple) else model).__name__)
    return OwnModel("jax", name, start, dtypes.pop(), _head(list(start)), traced, _named, _no_view)


def _doubled(value: Any) -> Any:
    import jax

    def one(leaf: Any) -> Any:
        array = np.asarray(leaf)
        return jax.numpy.asarray(array.astype(np.float64) if array.dtype.kind == "f" else array)

    return jax.tree_util.tree_map(one, value)


def _named(gradient: Any) -> Any:
    """A pytree like that of the parameters, by name; anything else as it is."""
    from mamlcheck.programs.tracing.jax import flattened

    return gradient if isinstance(gradient, (list, np.ndarray)) or hasattr(gradient, "shape") else flattened(gradient)


def _no_view(given: object, loss: Loss) -> View:
    raise InputError("an own problem has no view for JAX: call your own model and loss with problem.alpha and .steps")


def _head(names: list[str]) -> tuple[str, ...]:
    """The parameters that stand in one place with the last: of a module, its weight and its bias."""
    place = names[-1].rpartition(".")[0]
    return tuple(name for name in names if name.rpartition(".")[0] == place)
