"""The same numbers in another shape or order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mamlcheck.programs.building import Value
from mamlcheck.programs.tracing._jax.lowering import Equation, Item, marked


def shaped(equation: Equation, x: Item, *lengths: Item) -> Value:
    """The numbers in the order that they have."""
    return equation.value(x).reshape(equation.shape)


def transposed(equation: Equation, x: Item) -> Value:
    """Axes in another order."""
    return equation.value(x).transpose(equation.settings["permutation"])


def broadcast(equation: Equation, x: Item, *lengths: Item) -> Value:
    """Repeated; `broadcast_dimensions` says which axis of the result each axis is."""
    y, wanted = equation.value(x), [1] * len(equation.shape)
    for axis, n in zip(equation.settings["broadcast_dimensions"], y.shape, strict=True):
        wanted[axis] = n
    return y.reshape(tuple(wanted)).broadcast_to(equation.shape)


def joined(equation: Equation, *parts: Item) -> Value:
    """One after the other along an axis."""
    return equation.builder.concatenated([equation.value(x) for x in parts], equation.settings["dimension"])


def stacked(equation: Equation, *parts: Item) -> Value:
    """Side by side along a new axis."""
    axis = equation.settings["axis"]
    each = [equation.value(x) for x in parts]
    return equation.builder.concatenated([x.reshape((*x.shape[:axis], 1, *x.shape[axis:])) for x in each], axis)


def _exact(function: Callable[..., Any]) -> Any:
    return marked(function, "exact")


OPERATIONS = {
    "reshape": _exact(shaped),
    "squeeze": _exact(shaped),
    "transpose": _exact(transposed),
    "broadcast_in_dim": _exact(broadcast),
    "concatenate": _exact(joined),
    "stack": _exact(stacked),
}
