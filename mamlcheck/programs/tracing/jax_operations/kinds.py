"""What leaves numbers as they are, and only changes what they are taken for."""

from __future__ import annotations

from typing import Any

import numpy as np

from mamlcheck.programs.tracing._jax.lowering import STATE, Equation, Flag, Item, kind


def converted(equation: Equation, x: Item) -> Item:
    """Of another type. Floats are real numbers, whatever their size."""
    before, after = kind(equation.eqn.invars[0].aval.dtype), equation.kind
    if isinstance(x, np.ndarray):
        return x if before == after == "f" else equation.evaluated([x])[0]
    if before == "f" and after == "b":
        return Flag(equation.value(x).square().positive())
    if before == "f" and after != "f":
        raise equation.refusal("it rounds numbers that depend on the parameters to integers")
    return x if after == "b" else equation.value(x)


def same(equation: Equation, *inputs: Item) -> list[Item]:
    """Each input as it is."""
    return list(inputs)


def held(equation: Equation, x: Item) -> Item:
    """Without a derivative."""
    return x if isinstance(x, (np.ndarray, Flag)) else equation.value(x).held()


def named(equation: Equation, x: Item) -> Item:
    """`jax.ad_checkpoint.checkpoint_name`, by which new states are marked, too."""
    name = str(equation.settings["name"])
    if name.startswith(STATE):
        equation.lowering.changed.append(name.removeprefix(STATE))
    return x


OPERATIONS: dict[str, Any] = {
    "convert_element_type": converted,
    "reduce_precision": lambda equation, x: x,
    "copy": same,
    "copy_p": same,
    "device_put": same,
    "optimization_barrier": same,
    "stop_gradient": held,
    "name": named,
}
