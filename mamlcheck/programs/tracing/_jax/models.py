"""Networks for JAX as functions of arrays by name: plain functions, and modules of Flax (linen, nnx) and Equinox.

No library is imported here that the model does not come from. State, such as the running statistics of batch norm, is
what a network may change when it is called; each new state is marked in the jaxpr by its name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import jax
import numpy as np
from jax.ad_checkpoint import checkpoint_name

from mamlcheck.errors import InputError
from mamlcheck.programs.tracing._jax.lowering import STATE, kind

Arrays: TypeAlias = dict[str, Any]
Network: TypeAlias = Callable[..., Any]  # of arrays by name and of inputs, to an output


# -- pytrees -----------------------------------------------------------------------------------------------------------
def flattened(tree: Any) -> Arrays:
    """The floats of a pytree by name, as 'Dense_0.kernel'; of Equinox modules only their arrays of floats.

    Dicts go in the order in which they were made.
    """
    only_arrays = _of_equinox(tree)
    arrays = [(_name(path), leaf) for path, leaf in _leaves(tree, ()) if _is_parameter(leaf, only_arrays)]
    found = dict(arrays)
    if len(found) < len(arrays):
        names = [name for name, _ in arrays]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"two parameters of the pytree have the name {twice!r}: rename one of its keys")
    return found


def _leaves(tree: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(tree, dict):
        for key, part in tree.items():
            yield from _leaves(part, (*path, jax.tree_util.DictKey(key)))
    else:
        for more, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]:
            yield (*path, *more), leaf


def restored(tree: Any, arrays: Mapping[str, Any]) -> Any:
    """The pytree with these arrays in place of those of the same names."""
    return jax.tree_util.tree_map_with_path(lambda path, leaf: arrays.get(_name(path), leaf), tree)


def _name(path: tuple[Any, ...]) -> str:
    """A path of keys, indices and attributes, with points between. nnx keeps each array as the value of a variable."""
    parts = [_part(key) for key in path]
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "value" else parts) or "parameter"


def _part(key: Any) -> str:
    for field in ("key", "idx", "name"):
        if hasattr(key, field):
            return str(getattr(key, field))
    return str(key)


def _is_parameter(leaf: Any, only_arrays: bool) -> bool:
    if isinstance(leaf, float) and not isinstance(leaf, np.generic):
        return not only_arrays
    return hasattr(leaf, "dtype") and hasattr(leaf, "shape") and kind(leaf.dtype) == "f"


def _of_equinox(tree: Any) -> bool:
    module = class_of("equinox", "Module")
    leaves = jax.tree_util.tree_leaves(tree, is_leaf=lambda x: isinstance(x, module))
    return any(isinstance(leaf, module) for leaf in leaves)


def class_of(package: str, name: str) -> tuple[type, ...]:
    """A class of a package, if that was imported: else nothing can be an instance of it."""
    found = sys.modules.get(package)
    return (getattr(found, name),) if hasattr(found, name) else ()


# -- networks ----------------------------------------------------------------------------------------------------------
def callable_of(model: Any, parameters: Any = None, **keywords: Any) -> tuple[Network, Arrays]:
    """A network as a function of {name: array} and its inputs, and its parameters by name.

    model: a function of (parameters, inputs...), with a pytree of parameters; a module of Flax's linen, with what its
    `init` returned, or the 'params' of that; a module of Flax's nnx, in the mode that it is in; a module of Equinox,
    which is mapped over the first axis of all inputs, or (module, state) as of `equinox.nn.make_with_state`. For nnx
    and Equinox parameters are those to be adapted, all if None: a state, or a module with None for others.
    keywords: handed to each call of the model, as train=True. Raises `InputError`.
    """
    if isinstance(model, class_of("flax.nnx", "Module")):
        return _nnx(model, parameters, keywords)
    if isinstance(model, class_of("equinox", "Module")):
        return _equinox(model, None, parameters, keywords)
    if isinstance(model, tuple) and len(model) == 2 and isinstance(model[0], class_of("equinox", "Module")):
        return _equinox(model[0], model[1], parameters, keywords)
    if parameters is None:
        raise InputError(
            f"a {type(model).__name__} does not hold its parameters: give them as parameters=, a pytree of arrays"
        )
    if isinstance(model, class_of("flax.linen", "Module")):
        return _linen(model, parameters, keywords)
    if not callable(model):
        raise InputError(
            f"a {type(model).__name__} is no network: give a function of (parameters, inputs), or a module of Flax or "
            "Equinox"
        )

    def network(arrays: Mapping[str, Any], *inputs: Any, **named: Any) -> Any:
        return model(restored(parameters, arrays), *as_precise(arrays, inputs), **as_precise(arrays, named), **keywords)

    return network, flattened(parameters)


def _linen(model: Any, parameters: Any, keywords: dict[str, Any]) -> tuple[Network, Arrays]:
    variables = dict(parameters) if "params" in parameters else {"params": parameters}
    trained = variables.pop("params")

    def network(arrays: Mapping[str, Any], *inputs: Any, **named: Any) -> Any:
        state, given, more = as_precise(arrays, (variables, inputs, keywords | named))
        weights = {"params": restored(trained, arrays)}
        if not state:
            return model.apply(weights, *given, **more)
        output, after = model.apply(weights | state, *given, mutable=list(state), **more)
        return _with_state(output, state, after)

    return network, flattened(trained)


def _nnx(model: Any, parameters: Any, keywords: dict[str, Any]) -> tuple[Network, Arrays]:
    nnx = sys.modules["flax.nnx"]
    shape, trained, rest = nnx.split(model, nnx.Param, ...)
    named = flattened(trained)
    chosen = named if parameters is None else flattened(parameters)
    strange = sorted(set(chosen) - set(named))
    if strange:
        raise InputError(f"the module has no parameter {strange[0]!r}: it has {', '.join(named)}")

    def network(arrays: Mapping[str, Any], *inputs: Any, **named: Any) -> Any:
        state = as_precise(arrays, rest)
        copied = jax.tree_util.tree_map(lambda x: x, state)  # a call writes into the variables that it is given
        weights = restored(as_precise(arrays, trained), arrays)
        whole = nnx.merge(shape, weights, copied)
        given, more = as_precise(arrays, (inputs, keywords | named))
        output = whole(*given, **more)
        return _with_state(output, state, nnx.split(whole, nnx.Param, ...)[2])

    return network, chosen


def _equinox(model: Any, state: Any, parameters: Any, keywords: dict[str, Any]) -> tuple[Network, Arrays]:
    equinox = sys.modules["equinox"]
    trained = equinox.filter(model, equinox.is_inexact_array) if parameters is None else parameters

    def network(arrays: Mapping[str, Any], *inputs: Any, **named: Any) -> Any:
        module = equinox.combine(restored(trained, arrays), as_precise(arrays, model))
        given, before, more = as_precise(arrays, (inputs, state, named))
        if state is None:
            return jax.vmap(lambda x, names: module(*x, **names, **keywords))(given, more)
        mapped = jax.vmap(
            lambda x, names, s: module(*x, s, **names, **keywords), (0, 0, None), (0, None), axis_name="batch"
        )
        output, after = mapped(given, more, before)
        return _with_state(output, {"state": before}, {"state": after})

    return network, flattened(trained)


def as_precise(arrays: Mapping[str, Any], tree: Any) -> Any:
    """The arrays of floats of a pytree as precise as the parameters: single precision would round what meets it."""
    dtype = jax.numpy.result_type(*arrays.values())

    def one(leaf: Any) -> Any:
        if getattr(leaf, "weak_type", False) and leaf.shape == () and kind(leaf.dtype) != "f":
            return jax.numpy.asarray(leaf.item())  # a counter from a Python number is of the mode's size
        floats = hasattr(leaf, "dtype") and hasattr(leaf, "shape") and kind(leaf.dtype) == "f"
        return jax.numpy.asarray(leaf, dtype=dtype) if floats and leaf.dtype != dtype else leaf

    return jax.tree_util.tree_map(one, tree)


def _with_state(output: Any, before: Any, after: Any) -> Any:
    """The output, once each state that is not the same as before is marked."""
    old = {_name(path): leaf for path, leaf in jax.tree_util.tree_flatten_with_path(before)[0]}
    for path, leaf in jax.tree_util.tree_flatten_with_path(after)[0]:
        name = _name(path)
        if hasattr(leaf, "dtype") and kind(leaf.dtype) == "f" and leaf is not old.get(name):
            checkpoint_name(leaf, f"{STATE}{name}")
    return output
