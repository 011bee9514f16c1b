"""Softmax and its logarithm over an axis, and sums of exponentials.

All of them take away a number before the exponential, so that this does not overflow. The result does not depend on
which number it is, so it has no derivative, and no enclosure has to decide which of the numbers is the largest.
"""

from __future__ import annotations

import numpy as np

from mamlcheck.arithmetic.arrays import Flags
from mamlcheck.programs.building import Value


def log_softmax(x: Value, axis: int) -> Value:
    """x - log(sum exp x) over an axis."""
    moved = _last(x, axis) - _level(_last(x, axis))
    return _back(moved - moved.exp().sum(-1, keep=True).log(), axis)


def softmax(x: Value, axis: int, hidden: Flags | None = None) -> Value:
    """exp x / sum exp x over an axis. hidden: numbers that count as minus infinity; where all are, the result is 0."""
    powers = (_last(x, axis) - _level(_last(x, axis))).exp()
    if hidden is None:
        return _back(powers / powers.sum(-1, keep=True), axis)
    gone = np.moveaxis(hidden, axis, -1)
    seen = powers.gathered(np.where(gone, -1, np.arange(x.size).reshape(gone.shape)))
    nothing = x.builder.constant(gone.all(-1, keepdims=True).astype(np.float64))
    return _back(seen / (seen.sum(-1, keep=True) + nothing), axis)


def log_sum_exp(x: Value, axis: int) -> Value:
    """log(sum exp x) over an axis, which is kept with length 1."""
    moved, level = _last(x, axis), _level(_last(x, axis))
    return _back(level + (moved - level).exp().sum(-1, keep=True).log(), axis)


def softplus(x: Value) -> Value:
    """log(1 + exp x), smooth at 0 in every arithmetic: there is no branch."""
    pair = x.reshape((*x.shape, 1))
    both = x.builder.concatenated([pair, x.builder.constant(np.zeros(pair.shape))], -1)
    return log_sum_exp(both, -1).reshape(x.shape)


def _level(x: Value) -> Value:
    """About the largest along the last axis, which stays with length 1; without a derivative."""
    return x.taken(x.peak()).held().reshape((*x.shape[:-1], 1))


def _last(x: Value, axis: int) -> Value:
    """With an axis put last."""
    axis %= max(x.ndim, 1)
    return x.transpose((*(a for a in range(x.ndim) if a != axis), axis)) if x.ndim else x.reshape((1,))


def _back(x: Value, axis: int) -> Value:
    """The last axis put back."""
    axis %= x.ndim
    order = list(range(x.ndim - 1))
    order.insert(axis, x.ndim - 1)
    return x.transpose(order)
