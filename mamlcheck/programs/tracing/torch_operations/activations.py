"""Activations, elementwise."""

from __future__ import annotations

from typing import Any

from mamlcheck.programs.building import Number, Value
from mamlcheck.programs.composed import activations as f
from mamlcheck.programs.composed.softmax import softplus
from mamlcheck.programs.tracing._torch.calls import Call


def _relu(call: Call, x: Any) -> Value:
    return f.relu(call.value(x))


def _leaky_relu(call: Call, x: Any, slope: Number = 0.01) -> Value:
    return f.leaky_relu(call.value(x), slope)


def _prelu(call: Call, x: Any, weight: Any) -> Value:
    """With one slope for all numbers, or one for each channel."""
    y, slope = call.value(x), call.value(weight)
    up = y.positive()
    return y.kept(up) + slope * y.dropped(up)


def _elu(call: Call, x: Any, alpha: Number = 1, scale: Number = 1, input_scale: Number = 1) -> Value:
    return f.elu(call.value(x), alpha, scale, input_scale)


def _gelu(call: Call, x: Any, approximate: str = "none") -> Value:
    return f.gelu(call.value(x)) if approximate == "none" else f.gelu_by_tanh(call.value(x))


def _silu(call: Call, x: Any) -> Value:
    return f.silu(call.value(x))


def _mish(call: Call, x: Any) -> Value:
    return f.mish(call.value(x))


def _softplus(call: Call, x: Any, beta: Number = 1, threshold: Number = 20) -> Value:
    """Above a threshold PyTorch returns x itself, which is another number: a branch, with the derivative 1 there."""
    y = call.value(x)
    linear = (beta * y - threshold).positive()
    return y.kept(linear) + (softplus(beta * y.dropped(linear)) / beta).dropped(linear)


def _log_sigmoid(call: Call, x: Any) -> tuple[Value, None]:
    return f.log_sigmoid(call.value(x)), None


def _hardtanh(call: Call, x: Any, low: Number = -1, high: Number = 1) -> Value:
    """Other than `clamp`, it has the derivative 0 at its bounds."""
    y = call.value(x)
    inside, builder = (y - low).positive(), call.builder
    y = y.kept(inside) + builder.constant(low).broadcast_to(y.shape).dropped(inside)
    inside = (high - y).positive()
    return y.kept(inside) + builder.constant(high).broadcast_to(y.shape).dropped(inside)


def _relu6(call: Call, x: Any) -> Value:
    return _hardtanh(call, x, 0, 6)


def _hardsigmoid(call: Call, x: Any) -> Value:
    return _hardtanh(call, call.value(x) / 6 + 0.5, 0, 1)


def _hardswish(call: Call, x: Any) -> Value:
    return call.value(x) * _hardsigmoid(call, x)


def _threshold(call: Call, x: Any, threshold: Number, value: Number) -> Value:
    y = call.value(x)
    up = (y - threshold).positive()
    return y.kept(up) + call.builder.constant(value).broadcast_to(y.shape).dropped(up)


OPERATIONS = {
    "relu": _relu,
    "relu6": _relu6,
    "leaky_relu": _leaky_relu,
    "_prelu_kernel": _prelu,
    "elu": _elu,
    "gelu": _gelu,
    "silu": _silu,
    "mish": _mish,
    "softplus": _softplus,
    "log_sigmoid_forward": _log_sigmoid,
    "hardtanh": _hardtanh,
    "hardsigmoid": _hardsigmoid,
    "hardswish": _hardswish,
    "threshold": _threshold,
}
