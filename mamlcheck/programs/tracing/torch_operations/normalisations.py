"""Normalisations: of batches, layers, groups, and the softmax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mamlcheck.programs.building import Number, Value
from mamlcheck.programs.composed import norms
from mamlcheck.programs.composed.softmax import log_softmax, softmax
from mamlcheck.programs.tracing._torch.calls import Call


def _channels(x: Value) -> tuple[int, ...]:
    """The shape in which numbers for each channel broadcast."""
    return (1, x.shape[1], *(1,) * (x.ndim - 2))


def _optional(call: Call, x: Any) -> Value | None:
    return None if x is None else call.value(x)


def _batch_norm(
    call: Call, x: Any, weight: Any, bias: Any, mean: Any, variance: Any, training: bool, momentum: Number, eps: Number
) -> list[Value | None]:
    """By the statistics of the batch when training, else by the running ones."""
    y = call.value(x)
    shape = _channels(y)
    if training:
        y = norms.normalised(y, (0, *range(2, y.ndim)), eps)
    else:
        y = (y - call.value(mean).reshape(shape)) / (call.value(variance).reshape(shape) + eps).sqrt()
    return [norms.scaled(y, _optional(call, weight), _optional(call, bias), shape), *[None] * (len(call.shapes) - 1)]


def _layer_norm(
    call: Call, x: Any, shape: Sequence[int], weight: Any, bias: Any, eps: Number
) -> tuple[Value, None, None]:
    y = norms.normalised(call.value(x), range(-len(shape), 0), eps)
    return norms.scaled(y, _optional(call, weight), _optional(call, bias), shape), None, None


def _group_norm(
    call: Call, x: Any, weight: Any, bias: Any, n: int, c: int, spatial: int, groups: int, eps: Number
) -> tuple[Value, None, None]:
    y = call.value(x)
    z = norms.normalised(y.reshape((n, groups, c // groups * spatial)), (-1,), eps).reshape(y.shape)
    return norms.scaled(z, _optional(call, weight), _optional(call, bias), _channels(y)), None, None


def _rms_norm(call: Call, x: Any, shape: Sequence[int], weight: Any = None, eps: Number | None = None) -> list[Any]:
    y = call.value(x)
    small = 2.0**-52 if eps is None else eps  # PyTorch's own: the spacing of doubles at 1
    z = y / (y.square().mean(range(-len(shape), 0), keep=True) + small).sqrt()
    return [norms.scaled(z, _optional(call, weight), None, shape), *[None] * (len(call.shapes) - 1)]


def _weight_norm(call: Call, v: Any, g: Any, dim: int = 0) -> tuple[Value, None]:
    y = call.value(v)
    axes = tuple(a for a in range(y.ndim) if a != dim % y.ndim)
    return y * (call.value(g) / norms.euclidean(y, axes, keep=True)), None


def _softmax(call: Call, x: Any, dim: int, half_to_float: object = False, dtype: object = None) -> Value:
    return softmax(call.value(x), dim) if call.value(x).ndim else call.filled(1)


def _log_softmax(call: Call, x: Any, dim: int, half_to_float: object = False, dtype: object = None) -> Value:
    return log_softmax(call.value(x), dim) if call.value(x).ndim else call.filled(0)


OPERATIONS = {
    "native_batch_norm": _batch_norm,
    "native_layer_norm": _layer_norm,
    "native_group_norm": _group_norm,
    "_fused_rms_norm": _rms_norm,
    "rms_norm": _rms_norm,
    "_weight_norm_interface": _weight_norm,
    "_softmax": _softmax,
    "softmax": _softmax,
    "_safe_softmax": _softmax,
    "_log_softmax": _log_softmax,
    "log_softmax": _log_softmax,
}
