"""Convolutions over one to three axes, also in groups and transposed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mamlcheck.programs.building import Value
from mamlcheck.programs.composed.windows import Windows, convolution
from mamlcheck.programs.tracing._torch.calls import Call


def _convolution(
    call: Call,
    x: Any,
    weight: Any,
    bias: Any,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
) -> Value:
    y, kernel = call.value(x), call.value(weight)
    strides, pad, holes, more = (_each(v, kernel.ndim - 2) for v in (stride, padding, dilation, output_padding))
    if transposed:
        y = _transposed(y, kernel, strides, pad, holes, more, groups)
    else:
        y = convolution(y, kernel, Windows(kernel.shape[2:], strides, pad, pad, holes), groups)
    return y if bias is None else y + call.value(bias).reshape((-1, *(1,) * (y.ndim - 2)))


def _transposed(
    x: Value,
    kernel: Value,
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    holes: tuple[int, ...],
    more: tuple[int, ...],
    groups: int,
) -> Value:
    """The convolution of x, spread out by the strides, with the flipped kernel, whose channels change sides."""
    c, per, *size = kernel.shape
    at = np.arange(kernel.size).reshape((groups, c // groups, per, *size)).swapaxes(1, 2)
    at = np.flip(at, tuple(range(3, at.ndim))).reshape((groups * per, c // groups, *size))
    low = tuple(h * (k - 1) - p for h, k, p in zip(holes, size, padding, strict=True))
    high = tuple(a + b for a, b in zip(low, more, strict=True))
    windows = Windows(tuple(size), (1,) * len(size), low, high, holes, stride)
    return convolution(x, kernel.gathered(at), windows, groups)


def _each(numbers: Sequence[int], count: int) -> tuple[int, ...]:
    """One number for each axis, where PyTorch may have one for all."""
    return tuple(numbers) if len(numbers) == count else tuple(numbers) * count


OPERATIONS = {"convolution": _convolution}
