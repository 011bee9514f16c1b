"""The criteria that conformance problems use, each with its value and its slope written once, over an arithmetic."""

from __future__ import annotations

from typing import Any

from mamlcheck.conformance.networks import Criterion

Array = Any


def _log_softmax(ar: Any, output: Array) -> Array:
    return output - ar.log(ar.sum(ar.exp(output), -1))[..., None]


def _cross_entropy(ar: Any, output: Array, y: Array) -> Array:
    return -ar.mean(ar.sum(y * _log_softmax(ar, output), -1), -1)


def _cross_entropy_slope(ar: Any, output: Array, y: Array) -> Array:
    return (ar.exp(_log_softmax(ar, output)) - y) / output.shape[-2]


def _squared_error(ar: Any, output: Array, y: Array) -> Array:
    return ar.mean(ar.mean(ar.square(output - y), -1), -1)


def _squared_error_slope(ar: Any, output: Array, y: Array) -> Array:
    return 2 * (output - y) / (output.shape[-1] * output.shape[-2])


def _robust(ar: Any, output: Array, y: Array) -> Array:
    squares = ar.square(output - y)
    return ar.mean(ar.mean(squares / (1 + squares), -1), -1)


def _robust_slope(ar: Any, output: Array, y: Array) -> Array:
    residual = output - y
    return 2 * residual / ar.square(1 + ar.square(residual)) / (output.shape[-1] * output.shape[-2])


cross_entropy = Criterion("cross-entropy", _cross_entropy, _cross_entropy_slope, of_labels=True)
squared_error = Criterion("squared-error", _squared_error, _squared_error_slope)
robust = Criterion("robust", _robust, _robust_slope)  # r^2 / (1 + r^2), of Geman and McClure
