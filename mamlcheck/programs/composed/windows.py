"""Windows that move over spatial axes: convolutions and pooling, over any number of axes.

The numbers in the windows are picked by one gather, which computes nothing and so costs no accuracy; what is left of a
convolution is a product of two matrices. The terms are XLA's: the array is spread out (`spread`, its base dilation,
which makes a convolution a transposed one), padded, and windows with holes (`holes`, the window's dilation) move over
it in strides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mamlcheck.arithmetic.arrays import Integers
from mamlcheck.errors import InputError
from mamlcheck.programs.building import Value
from mamlcheck.programs.program import Shape


@dataclass(frozen=True)
class Windows:
    """Each field has one entry for each spatial axis, or is left out.

    size: of a window. strides: from one window to the next. low, high: zeros before and after the array; fewer than 0
    cut it. holes: the distance of neighbours in a window. spread: the distance of neighbours in the spread-out array.
    """

    size: Shape
    strides: Shape = ()
    low: Shape = ()
    high: Shape = ()
    holes: Shape = ()
    spread: Shape = ()

    def places(self, spatial: Shape) -> Integers:
        """Positions in the flat array of these spatial lengths, -1 in the padding: (windows..., size...)."""
        axes, count = range(len(self.size)), len(self.size)
        if len(spatial) != count or any(f and len(f) != count for f in (self.strides, self.low, self.high)):
            raise InputError(
                f"windows of size {self.size} cannot move over {len(spatial)} axes: give one length an axis"
            )
        total = np.zeros((1,) * (2 * count), dtype=np.int64)
        outside = np.zeros((1,) * (2 * count), dtype=bool)
        for a in axes:
            here = self._along(a, spatial[a])
            lengths = [1] * (2 * count)
            lengths[a], lengths[count + a] = here.shape
            here = here.reshape(lengths)
            total = total + here * math.prod(spatial[a + 1 :])
            outside = outside | (here < 0)
        return np.where(outside, -1, total)

    def _along(self, a: int, length: int) -> Integers:
        """Positions along one axis, -1 in the padding: (windows, size)."""
        stride, low, high, hole, step = (
            field[a] if field else default
            for field, default in ((self.strides, 1), (self.low, 0), (self.high, 0), (self.holes, 1), (self.spread, 1))
        )
        whole = low + (max(length - 1, 0) * step + 1 if length else 0) + high
        windows = max((whole - (self.size[a] - 1) * hole - 1) // stride + 1, 0)
        at = np.arange(windows)[:, None] * stride + np.arange(self.size[a]) * hole - low
        inside = (at >= 0) & (at % step == 0) & (at // step < length)
        return np.where(inside, at // step, -1)


def under(lead: Shape, places: Integers, size: int) -> Integers:
    """The positions for each of the arrays of so many numbers that the leading axes hold: (lead..., places...)."""
    start = (np.arange(math.prod(lead)) * size).reshape((*lead, *(1,) * places.ndim))
    return np.where(places < 0, -1, start + places)


def convolution(x: Value, weight: Value, windows: Windows, groups: int = 1) -> Value:
    """(N, C, spatial...) and (O, C / groups, size...) to (N, O, windows...): sums of products, without a flip.

    Group by group of channels. A weight is not repeated over the batch: all windows of the batch are one matrix.
    """
    (n, c, *spatial), (o, per, *size) = x.shape, weight.shape
    if tuple(size) != windows.size or c != per * groups or o % groups:
        raise InputError(f"weights of shape {weight.shape} in {groups} groups do not fit an array of shape {x.shape}")
    places = windows.places(tuple(spatial))
    out = places.shape[: len(size)]
    table = under((n, groups, per), places.reshape((math.prod(out), -1)), math.prod(spatial))
    rows = (groups, per * math.prod(size), n * math.prod(out))
    patches = table.transpose(1, 2, 4, 0, 3).reshape(rows)  # the group, what a weight is for, the window
    if groups == 1:
        y = weight.reshape((o, -1)) @ x.gathered(patches[0])
    else:
        y = weight.reshape((groups, o // groups, -1)) @ x.gathered(patches)
    return y.reshape((o, n, *out)).transpose((1, 0, *range(2, 2 + len(out))))


def patches(x: Value, windows: Windows) -> Value:
    """The numbers in each window, 0 in the padding: (lead..., spatial...) to (lead..., windows..., size...)."""
    count = len(windows.size)
    lead, spatial = x.shape[: x.ndim - count], x.shape[x.ndim - count :]
    return x.gathered(under(lead, windows.places(spatial), math.prod(spatial)))


def total(x: Value, windows: Windows) -> Value:
    """The sum in each window: (lead..., spatial...) to (lead..., windows...)."""
    return patches(x, windows).sum(range(x.ndim, x.ndim + len(windows.size)))


def counts(spatial: Shape, windows: Windows) -> Integers:
    """How many numbers of the array, not of its padding, each window holds: (windows...)."""
    places = windows.places(spatial)
    found: Integers = (places >= 0).sum(axis=tuple(range(len(spatial), 2 * len(spatial))))
    return found


def largest(x: Value, windows: Windows) -> Value:
    """The largest in each window, the first of equals: (lead..., spatial...) to (lead..., windows...).

    Padding never wins.
    """
    count = len(windows.size)
    return largest_of(x, windows.places(x.shape[x.ndim - count :]), count)


def largest_of(x: Value, places: Integers, count: int) -> Value:
    """The largest in each window, from the places (windows..., size...) in the last axes, as many as count.

    Windows are taken together with those that hold as many numbers: a number that is filled up with another, or with
    itself, would have to be compared with it, which enclosures leave undecided.
    """
    lead, spatial = x.shape[: x.ndim - count], x.shape[x.ndim - count :]
    out = places.shape[: places.ndim // 2]
    rows = places.reshape((math.prod(out), -1))
    held = (rows >= 0).sum(1)
    if (held == 0).any():
        raise InputError(
            f"{int((held == 0).sum())} of {held.size} windows hold nothing but padding: nothing is largest"
        )
    parts, order = [], np.empty(held.size, dtype=np.int64)
    start = 0
    for much in np.unique(held).tolist():
        these = np.flatnonzero(held == much)
        inside = rows[these][rows[these] >= 0].reshape((these.size, much))
        found = x.gathered(under(lead, inside, math.prod(spatial)))
        parts.append(found.taken(found.argmax()) if much > 1 else found.reshape(found.shape[:-1]))
        order[these] = np.arange(start, start + these.size)
        start += these.size
    if len(parts) == 1:
        return parts[0].reshape((*lead, *out))
    joined = x.builder.concatenated(parts, -1)
    return joined.gathered(under(lead, order, start)).reshape((*lead, *out))
