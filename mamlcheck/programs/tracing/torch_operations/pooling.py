"""Pooling: the largest or the mean in windows, also in windows that fit the size of the result."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mamlcheck.programs.building import Value
from mamlcheck.programs.composed import windows as w
from mamlcheck.programs.composed.windows import Windows
from mamlcheck.programs.tracing._torch.calls import Call

Lengths = int | Sequence[int]


def _windows(
    x: Value, out: tuple[int, ...], size: Lengths, stride: Lengths, padding: Lengths, holes: Lengths = 1
) -> Windows:
    """As many windows as PyTorch has made: in its ceil_mode the last may reach beyond the padding."""
    count = len(out)
    kernel, pad, hole = (_each(v, count) for v in (size, padding, holes))
    step = _each(stride, count) if stride else kernel
    whole = x.shape[x.ndim - count :]
    high = tuple(
        (o - 1) * s + (k - 1) * h + 1 - n - p
        for o, s, k, h, n, p in zip(out, step, kernel, hole, whole, pad, strict=True)
    )
    return Windows(kernel, step, pad, high, hole)


def _each(numbers: Lengths, count: int) -> tuple[int, ...]:
    given = (numbers,) if isinstance(numbers, int) else tuple(numbers)
    return given if len(given) == count else given * count


def _max_pool(count: int) -> Any:
    def lowered(
        call: Call, x: Any, size: Lengths, stride: Lengths = (), padding: Lengths = 0, dilation: Lengths = 1, *rest: Any
    ) -> tuple[Value, None]:
        y = call.value(x)
        return w.largest(y, _windows(y, call.shape[-count:], size, stride, padding, dilation)), None

    return lowered


def _avg_pool(count: int) -> Any:
    def lowered(
        call: Call,
        x: Any,
        size: Lengths,
        stride: Lengths = (),
        padding: Lengths = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Value:
        """Divided by the numbers in a window; with those of the padding, but not of what ceil_mode adds, if wanted."""
        y = call.value(x)
        windows = _windows(y, call.shape[-count:], size, stride, padding)
        whole = y.shape[y.ndim - count :]
        if divisor_override is not None:
            return w.total(y, windows) / divisor_override
        if count_include_pad:
            pad = _each(padding, count)
            padded = tuple(n + 2 * p for n, p in zip(whole, pad, strict=True))
            high = tuple(h - p for h, p in zip(windows.high, pad, strict=True))
            return w.total(y, windows) / call.value(w.counts(padded, Windows(windows.size, windows.strides, (), high)))
        return w.total(y, windows) / call.value(w.counts(whole, windows))

    return lowered


def _adaptive(whole: tuple[int, ...], out: tuple[int, ...]) -> np.ndarray:
    """Windows from floor(i n / m) to ceil((i + 1) n / m), as positions, -1 where others are longer."""
    bounds = [[(i * n // m, -(-(i + 1) * n // m)) for i in range(m)] for n, m in zip(whole, out, strict=True)]
    longest = [max(b - a for a, b in axis) for axis in bounds]
    table = np.full((*out, *longest), -1)
    every = np.arange(math.prod(whole)).reshape(whole)
    for at in itertools.product(*map(range, out)):
        inside = every[tuple(slice(*bounds[a][i]) for a, i in enumerate(at))]
        table[at][tuple(slice(n) for n in inside.shape)] = inside
    return table


def _adaptive_avg_pool(count: int) -> Any:
    def lowered(call: Call, x: Any, size: Any) -> Value:
        y = call.value(x)
        table = _adaptive(y.shape[y.ndim - count :], call.shape[-count:])
        axes = tuple(range(count, 2 * count))
        sums = y.gathered(w.under(y.shape[: y.ndim - count], table, math.prod(y.shape[y.ndim - count :])))
        return sums.sum(range(y.ndim, y.ndim + count)) / call.value((table >= 0).sum(axes))

    return lowered


def _adaptive_max_pool(count: int) -> Any:
    def lowered(call: Call, x: Any, size: Any) -> tuple[Value, None]:
        y = call.value(x)
        return w.largest_of(y, _adaptive(y.shape[y.ndim - count :], call.shape[-count:]), count), None

    return lowered


OPERATIONS = {
    "max_pool1d_with_indices": _max_pool(1),
    "max_pool2d_with_indices": _max_pool(2),
    "max_pool3d_with_indices": _max_pool(3),
    "avg_pool1d": _avg_pool(1),
    "avg_pool2d": _avg_pool(2),
    "avg_pool3d": _avg_pool(3),
    "adaptive_avg_pool1d": _adaptive_avg_pool(1),
    "_adaptive_avg_pool2d": _adaptive_avg_pool(2),
    "_adaptive_avg_pool3d": _adaptive_avg_pool(3),
    "adaptive_max_pool1d": _adaptive_max_pool(1),
    "adaptive_max_pool2d": _adaptive_max_pool(2),
    "adaptive_max_pool3d": _adaptive_max_pool(3),
}
