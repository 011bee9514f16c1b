"""Sums, products and extremes over axes."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from mamlcheck.programs.building import Value
from mamlcheck.programs.tracing._jax.lowering import Equation, Flag, Item, marked


def summed(equation: Equation, x: Item) -> Value:
    """The sum over axes."""
    axes = tuple(equation.settings["axes"])
    return equation.value(x).sum(axes) if axes else equation.value(x)


def summed_over_a_map(equation: Equation, *inputs: Item) -> list[Value]:
    """`psum` and `pmean` over an axis of `jax.vmap`, which is one of the array's in a jaxpr."""
    axes = tuple(equation.settings["axes"])
    if not all(isinstance(a, int) for a in axes) or equation.settings.get("axis_index_groups"):
        raise equation.refusal("it sums over devices, or over groups")
    return [equation.value(x).sum(axes) for x in inputs]


def along_last(equation: Equation, x: Item) -> Value:
    """The axes that are reduced as one last axis."""
    y, axes = equation.value(x), [int(a) for a in equation.settings["axes"]]
    kept = [a for a in range(y.ndim) if a not in axes]
    lengths = tuple(y.shape[a] for a in kept)
    return y.transpose((*kept, *axes)).reshape((*lengths, math.prod(y.shape[a] for a in axes)))


def extreme(equation: Equation, x: Item, sign: int) -> Value:
    """The largest (sign 1) or smallest (-1), whose derivative equals share."""
    rows = along_last(equation, x)
    if rows.shape[-1] == 0:
        raise equation.refusal("of no numbers none is the largest")
    if rows.shape[-1] == 1:
        return rows.reshape(rows.shape[:-1])
    where = (rows if sign > 0 else -rows).largest()
    ones = rows.builder.constant(1).broadcast_to(rows.shape)
    return rows.kept(where).sum(-1) / ones.kept(where).sum(-1)


def multiplied(equation: Equation, x: Item) -> Value:
    """The product over axes, of halves."""
    rows = along_last(equation, x)
    return product(rows)


def product(rows: Value) -> Value:
    """The product along the last axis, by multiplying one half with the other."""
    n = rows.shape[-1]
    if n == 0:
        return rows.builder.constant(1).broadcast_to(rows.shape[:-1])
    while n > 1:
        half = n // 2
        pairs = rows.indexed((..., slice(0, half))) * rows.indexed((..., slice(half, 2 * half)))
        rest = rows.indexed((..., slice(2 * half, n)))
        rows = rows.builder.concatenated([pairs, rest], -1) if n % 2 else pairs
        n = rows.shape[-1]
    return rows.reshape(rows.shape[:-1])


def every(equation: Equation, x: Item) -> Flag:
    """Whether all truths over axes hold: none of the opposites does."""
    return Flag((1 - along_last(equation, x)).sum(-1).positive()).negated


def some(equation: Equation, x: Item) -> Value:
    """Whether one of the truths over axes holds."""
    return along_last(equation, x).sum(-1)


def running_sum(equation: Equation, x: Item) -> Value:
    """Each number and those before it, or after it, along an axis: a product with a triangle of ones."""
    y, axis = equation.value(x), int(equation.settings["axis"])
    n = y.shape[axis]
    triangle = np.tri(n) if equation.settings["reverse"] else np.tri(n).T
    order = [a for a in range(y.ndim) if a != axis] + [axis]
    rows = y.transpose(order)
    found = (rows.reshape((-1, n)) @ y.builder.constant(triangle)).reshape(rows.shape)
    return found.transpose([order.index(a) for a in range(y.ndim)])


def running_product(equation: Equation, x: Item) -> Value:
    """The product of each number and those before it, or after it, along an axis."""
    y, axis = equation.value(x), int(equation.settings["axis"])
    n, lead = y.shape[axis], (slice(None),) * axis
    backwards = bool(equation.settings["reverse"])
    parts: list[Value] = []
    for k in reversed(range(n)) if backwards else range(n):
        part = y.indexed((*lead, slice(k, k + 1)))
        parts.append(parts[-1] * part if parts else part)
    return y.builder.concatenated(parts[::-1] if backwards else parts, axis)


def _exact(function: Callable[..., Any]) -> Any:
    return marked(function, "exact")


OPERATIONS = {
    "reduce_sum": summed,
    "psum": summed_over_a_map,
    "reduce_max": _exact(partial(extreme, sign=1)),
    "reduce_min": _exact(partial(extreme, sign=-1)),
    "reduce_prod": multiplied,
    "reduce_and": every,
    "reduce_or": some,
    "cumsum": running_sum,
    "cumprod": running_product,
}
