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

ORDER = 100  # a model of JAX may be any function
BY_SAMPLE = (
    ". A module of Equinox is called with one sample at a time; for one that takes a whole batch, give "
    "model=lambda module, x: module(x), parameters=the module"
)


def holds(model: Any, parameters: Any) -> bool:
    """Whether JAX is in use, and the model can be called, or is a module of Equinox with its state."""
    return "jax" in sys.modules and (callable(model) or isinstance(model, tuple))


def opened(model: Any, parameters: Any = None) -> OwnModel:
    """A model as a function of its parameters by name, such as 'Dense_0.kernel'."""
    from mamlcheck.programs.tracing.jax import as_precise, callable_of, class_of

    network, arrays = callable_of(model, parameters)
    if not arrays:
        raise InputError("the model has no parameters: give a pytree of arrays as parameters=")
    dtypes = {np.asarray(value).dtype.name for value in arrays.values()}
    if len(dtypes) > 1:
        raise InputError(f"the parameters are in {' and '.join(sorted(dtypes))}: give all of them one precision")
    start = {name: np.asarray(value, dtype=np.float64) for name, value in arrays.items()}

    def traced(loss: Loss, inputs: Inputs, target: Tensor) -> Traced:
        arguments = inputs if isinstance(inputs, tuple) else () if isinstance(inputs, dict) else (inputs,)
        named = inputs if isinstance(inputs, dict) else {}

        def value(weights: Mapping[str, Any]) -> Any:
            return loss(network(weights, *arguments, **named), as_precise(weights, target))

        return tracing.trace("jax", value, start)

    name = getattr(model, "__name__", type(model[0] if isinstance(model, tuple) else model).__name__)
    return OwnModel(
        framework="jax",
        name=name,
        parameters=start,
        dtype=dtypes.pop(),
        head=(),  # JAX sorts the keys of a dict whenever it makes one, so the order says nothing
        traced=traced,
        named=lambda gradient: _named(gradient, set(start)),
        view=_no_view,
        frozen=_frozen(model, parameters, start),
        called=BY_SAMPLE if isinstance(model, class_of("equinox", "Module")) else "",
    )


def _named(tree: Any, names: set[str]) -> Any:
    """A pytree like that of the parameters, or a list of such, by name; anything else as it is."""
    from mamlcheck.programs.tracing.jax import flattened

    whole = isinstance(tree, Mapping) and "params" in tree and "params" not in names
    found = flattened(tree["params"] if whole else tree)
    if set(found) == names:
        return found
    return [_named(part, names) for part in tree] if isinstance(tree, (list, tuple)) else tree


def _frozen(model: Any, parameters: Any, learnt: Mapping[str, Any]) -> tuple[str, ...]:
    """The parameters that a module holds beside those that are learnt."""
    from mamlcheck.programs.tracing.jax import callable_of

    try:
        whole = {} if parameters is None else callable_of(model)[1]
    except InputError:  # it holds none itself
        return ()
    return tuple(name for name in whole if name not in learnt)


def _no_view(given: object, loss: Loss) -> View:
    raise InputError("an own problem has no view for JAX: call your own model and loss with problem.alpha and .steps")
