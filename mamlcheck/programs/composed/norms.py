"""Means, variances and what is normalised by them, written with `center`, which loses no digits to cancellation."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mamlcheck.programs.building import Number, Value


def variance(x: Value, axes: Sequence[int], correction: Number = 0, keep: bool = False) -> Value:
    """The mean of the squared distances from the mean over axes; correction: taken from their number."""
    count = math.prod(x.shape[a] for a in {a % x.ndim for a in axes})
    return x.centered(axes).square().sum(axes, keep) / (count - correction)


def normalised(x: Value, axes: Sequence[int], epsilon: Number) -> Value:
    """With mean 0 and variance 1 over axes, all but for epsilon, which is added to the variance."""
    centered = x.centered(axes)
    return centered / (centered.square().mean(axes, keep=True) + epsilon).sqrt()


def scaled(x: Value, weight: Value | None, bias: Value | None, shape: Sequence[int]) -> Value:
    """x weight + bias, whose numbers lie in this shape, which broadcasts to that of x; each of them may be missing."""
    y = x if weight is None else x * weight.reshape(tuple(shape))
    return y if bias is None else y + bias.reshape(tuple(shape))


def euclidean(x: Value, axes: Sequence[int], keep: bool = False) -> Value:
    """The Euclidean norm over axes; where it is 0 its derivative is 0, as the frameworks have it."""
    total = x.square().sum(axes, keep)
    some = total.positive()
    zero = x.builder.constant(1).broadcast_to(total.shape).dropped(some)
    return (total + zero).sqrt().kept(some)
