"""Models of JAX: a function model(parameters, x) with any pytree of parameters, a Flax or an Equinox module.

Parameters are named by their path, as 'Dense_0.kernel'. Modules of nnx and Equinox hold theirs; of these `parameters=`
are those that are learnt, and others are frozen. `callable_of` says what each kind of model is called with.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mamlcheck.conformance.own.frameworks import Inputs, Loss, OwnModel
from mamlcheck.errors import InputError
from mamlcheck.programs import tracing
from mamlcheck.programs.tracing import Traced


def holds(model: Any, parameters: Any) -> bool:
    """Whether JAX is in use, and the model can be called, or is an Equinox module with its state."""
    return "jax" in sys.modules and (callable(model) or (isinstance(model, tuple) and len(model) == 2))


def opened(model: Any, parameters: Any = None) -> OwnModel:
    """A model with its parameters in double precision."""
    from mamlcheck.programs.tracing.jax import as_precise, callable_of

    network, arrays = callable_of(model, parameters)
    if not arrays:
        raise InputError("the model has no parameter: `parameters=` is to be a pytree of arrays of floats")
    dtypes = {str(np.asarray(x).dtype) for x in arrays.values()}
    if len(dtypes) > 1:
        raise InputError(f"the parameters are in {' and '.join(sorted(dtypes))}: give all of them one precision")
    start = {name: np.asarray(x).astype(np.float64) for name, x in arrays.items()}

    def traced(loss: Loss, inputs: Inputs, target: Any) -> Traced:
        arguments = inputs if isinstance(inputs, tuple) else () if isinstance(inputs, dict) else (inputs,)
        named = inputs if isinstance(inputs, dict) else {}

        def value(given: Mapping[str, Any]) -> Any:
            return loss(network(given, *arguments, **named), as_precise(given, target))

        return tracing.trace("jax", value, start)

    whole = model[0] if isinstance(model, tuple) else model
    return OwnModel(
        framework="jax",
        name=getattr(whole, "__name__", type(whole).__name__),
        parameters=start,
        dtype=dtypes.pop(),
        head=_head(list(start)),
        traced=traced,
        frozen=_frozen(model, parameters, start),
        named=lambda gradient: _named(gradient, set(start)),
    )


def _named(tree: Any, names: set[str]) -> Any:
    """A pytree of these names, or a list of such, by name; anything else as it is."""
    from mamlcheck.programs.tracing.jax import flattened

    inner = tree["params"] if isinstance(tree, Mapping) and "params" in tree and "params" not in names else tree
    found = flattened(inner)
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


def _head(names: Sequence[str]) -> tuple[str, ...]:
    """Those in the same place of the pytree as the last: of the layer that was made last."""
    layer = names[-1].rpartition(".")[0]
    return tuple(name for name in names if name.rpartition(".")[0] == layer)
