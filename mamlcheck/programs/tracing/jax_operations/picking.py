"""Numbers picked at known places: slices, gathers, pads, writes.

Which number goes where is asked of JAX itself: its primitive is run on the positions instead of the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import numpy as np

from mamlcheck.programs.building import Value
from mamlcheck.programs.tracing._jax.lowering import Equation, Item, marked


def picked(equation: Equation, *inputs: Item, moved: Sequence[int] = (0,), **changed: object) -> list[Value]:
    """The results of a primitive that moves the numbers of some inputs, for known others.

    moved: the positions of these inputs. Position -1 stands for 0. changed: parameters of the primitive to change.
    """
    values = {k: equation.value(inputs[k]) for k in moved}
    arguments: list[np.ndarray] = []
    start = 0
    for k, x in enumerate(inputs):
        if k in values:
            size = values[k].size
            arguments.append(np.arange(start, start + size).reshape(values[k].shape))
            start += size
        else:
            arguments.append(equation.known(x, "which numbers it picks"))
    whole = equation.builder.concatenated([values[k].reshape((-1,)) for k in moved], 0)
    return [whole.gathered(table) for table in equation.evaluated(arguments, **changed)]


def gathered(equation: Equation, x: Item, index: Item) -> list[Value]:
    """`x[index]`. An index outside is refused unless it is clipped, or 0 put there: JAX puts nan, or loses slopes."""
    mode = jax.lax.GatherScatterMode.from_any(equation.settings["mode"])
    if mode == jax.lax.GatherScatterMode.CLIP:
        return picked(equation, x, index)
    found = picked(equation, x, index, mode=jax.lax.GatherScatterMode.FILL_OR_DROP, fill_value=-1)
    if equation.settings.get("fill_value") != 0 and any((table_of(y) < 0).any() for y in found):
        raise equation.refusal("an index lies outside of the array: clip it, or .get(mode='fill', fill_value=0)")
    return found


def table_of(x: Value) -> np.ndarray:
    """The positions of a value that was gathered."""
    numbers: np.ndarray = getattr(x.node.settings[0], "numbers")  # noqa: B009 - of one kind of settings
    return numbers


def padded(equation: Equation, x: Item, fill: Item) -> Value:
    """Between zeros, or other numbers."""
    if isinstance(fill, np.ndarray) and fill == 0:
        size = equation.value(x).size
        places = np.arange(size).reshape(equation.value(x).shape)
        (table,) = equation.evaluated([places, np.asarray(-1)])
        return equation.value(x).gathered(table)
    return picked(equation, x, fill, moved=(0, 1))[0]


def added(equation: Equation, x: Item, index: Item, more: Item) -> Value:
    """`x.at[index].add(more)`: positions of what is added come from the gather that is its transpose."""
    settings, y = equation.settings, equation.value(more)
    to = settings["dimension_numbers"]
    base = equation.value(x)
    batching = tuple(getattr(to, "operand_batching_dims", ()))
    window = iter(y.shape[a] for a in sorted(to.update_window_dims))
    dropped = {*to.inserted_window_dims, *batching}
    sizes = tuple(1 if a in dropped else next(window) for a in range(base.ndim))
    more_settings = {
        "operand_batching_dims": batching,
        "start_indices_batching_dims": tuple(getattr(to, "scatter_indices_batching_dims", ())),
    }
    numbers = jax.lax.GatherDimensionNumbers(
        offset_dims=tuple(to.update_window_dims),
        collapsed_slice_dims=tuple(to.inserted_window_dims),
        start_index_map=tuple(to.scatter_dims_to_operand_dims),
        **(more_settings if batching else {}),
    )
    table = jax.lax.gather(
        jax.numpy.arange(base.size).reshape(base.shape),
        jax.numpy.asarray(equation.known(index, "where it adds")),
        numbers,
        sizes,
        mode=settings["mode"],
        fill_value=-1,
    )
    return base + y.scattered(np.asarray(table), base.shape)


def _exact(function: Callable[..., Any]) -> Any:
    return marked(function, "exact")


OPERATIONS = {
    "slice": _exact(picked),
    "rev": _exact(picked),
    "split": _exact(picked),
    "unstack": _exact(picked),
    "tile": _exact(picked),
    "dynamic_slice": _exact(picked),
    "gather": _exact(gathered),
    "pad": _exact(padded),
    "scatter": _exact(partial(picked, moved=(0, 2))),
    "dynamic_update_slice": _exact(partial(picked, moved=(0, 1))),
    "scatter-add": added,
}
