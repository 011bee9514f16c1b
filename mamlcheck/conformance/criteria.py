"""The criteria that conformance problems use, each with its value and its slope written once, over an arithmetic."""

from __future__ import annotations

from mamlcheck.arithmetic.protocol import ModelArithmetic, Numbers
from mamlcheck.conformance.networks import Criterion


def _log_softmax(ar: ModelArithmetic, output: Numbers) -> Numbers:
    return output - ar.log(ar.sum(ar.exp(output), -1))[..., None]


def _cross_entropy(ar: ModelArithmetic, output: Numbers, y: Numbers) -> Numbers:
    return -ar.mean(ar.sum(y * _log_softmax(ar, output), -1), -1)


def _cross_entropy_slope(ar: ModelArithmetic, output: Numbers, y: Numbers) -> Numbers:
    return (ar.exp(_log_softmax(ar, output)) - y) / output.shape[-2]


def _squared_error(ar: ModelArithmetic, output: Numbers, y: Numbers) -> Numbers:
    return ar.mean(ar.mean(ar.square(output - y), -1), -1)


def _squared_error_slope(ar: ModelArithmetic, output: Numbers, y: Numbers) -> Numbers:
    return 2 * (output - y) / (output.shape[-1] * output.shape[-2])


def _robust(ar: ModelArithmetic, output: Numbers, y: Numbers) -> Numbers:
    squares = ar.square(output - y)
    return ar.mean(ar.mean(squares / (1 + squares), -1), -1)


def _robust_slope(ar: ModelArithmetic, output: Numbers, y: Numbers) -> Numbers:
    residual = output - y
    return 2 * residual / ar.square(1 + ar.square(residual)) / (output.shape[-1] * output.shape[-2])


cross_entropy = Criterion("cross-entropy", _cross_entropy, _cross_entropy_slope, of_labels=True)
squared_error = Criterion("squared-error", _squared_error, _squared_error_slope)
robust = Criterion("robust", _robust, _robust_slope)  # r^2 / (1 + r^2), of Geman and McClure
