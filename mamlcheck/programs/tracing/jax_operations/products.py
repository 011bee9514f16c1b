"""Products of matrices along any axes, and convolutions."""

from __future__ import annotations

import math

from mamlcheck.programs.building import Value
from mamlcheck.programs.composed.windows import Windows, convolution
from mamlcheck.programs.tracing._jax.lowering import Equation, Item


def dot(equation: Equation, x: Item, y: Item) -> Value:
    """The result has the axes that both go along, those left of x, and those left of y."""
    (of_x, of_y), (along_x, along_y) = equation.settings["dimension_numbers"]
    a, b = equation.value(x), equation.value(y)
    left_x = [k for k in range(a.ndim) if k not in (*of_x, *along_x)]
    left_y = [k for k in range(b.ndim) if k not in (*of_y, *along_y)]
    lead, inner = tuple(a.shape[k] for k in along_x), math.prod(a.shape[k] for k in of_x)
    rows = a.transpose((*along_x, *left_x, *of_x)).reshape((*lead, math.prod(a.shape[k] for k in left_x), inner))
    columns = b.transpose((*along_y, *of_y, *left_y)).reshape((*lead, inner, math.prod(b.shape[k] for k in left_y)))
    return (rows @ columns).reshape(equation.shape)


def convolved(equation: Equation, x: Item, weight: Item) -> Value:
    """Any number of axes, strides, holes, groups, padding, and spread-out inputs (transposed convolutions)."""
    settings = equation.settings
    if settings.get("batch_group_count", 1) != 1:
        raise equation.refusal("it is in groups of the batch (batch_group_count)")
    axes = settings["dimension_numbers"]
    a, w = equation.value(x).transpose(axes.lhs_spec), equation.value(weight).transpose(axes.rhs_spec)
    low, high = zip(*settings["padding"], strict=True) if settings["padding"] else ((), ())
    windows = Windows(
        size=w.shape[2:],
        strides=tuple(settings["window_strides"]),
        low=tuple(low),
        high=tuple(high),
        holes=tuple(settings["rhs_dilation"]),
        spread=tuple(settings["lhs_dilation"]),
    )
    y = convolution(a, w, windows, settings["feature_group_count"])
    return y.transpose([axes.out_spec.index(k) for k in range(y.ndim)])


OPERATIONS = {"dot_general": dot, "conv_general_dilated": convolved}
