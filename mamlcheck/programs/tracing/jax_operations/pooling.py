"""Windows that move over an array, of which the sum or the largest is taken: pooling."""

from __future__ import annotations

from collections.abc import Callable

from mamlcheck.programs.building import Value
from mamlcheck.programs.composed.windows import Windows, largest, total
from mamlcheck.programs.tracing._jax.lowering import Equation, Item

Pool = Callable[[Value, Windows], Value]


def pooled(pool: Pool) -> Callable[[Equation, Item], Value]:
    """The operation; only the axes along which windows are more than a number are gone through as spatial."""

    def operation(equation: Equation, x: Item) -> Value:
        fields = ("window_dimensions", "window_strides", "padding", "window_dilation", "base_dilation")
        of_axes = list(zip(*(equation.settings[name] for name in fields), strict=True))
        idle = (1, 1, (0, 0), 1, 1)
        spatial = [a for a, one in enumerate(of_axes) if (*one[:2], tuple(one[2]), *one[3:]) != idle]
        if not spatial:
            return equation.value(x)
        size, strides, padding, holes, spread = zip(*(of_axes[a] for a in spatial), strict=True)
        low, high = zip(*padding, strict=True)
        order = [a for a in range(len(of_axes)) if a not in spatial] + spatial
        y = pool(equation.value(x).transpose(order), Windows(size, strides, low, high, holes, spread))
        return y.transpose([order.index(a) for a in range(len(order))])

    return operation


OPERATIONS = {
    "reduce_window_sum": pooled(total),
    "reduce_window_max": pooled(largest),
    "reduce_window_min": pooled(lambda x, windows: -largest(-x, windows)),
}
