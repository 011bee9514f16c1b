"""Windows against sums written out over indices, and against what the frameworks compute."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from mamlcheck.arithmetic.float64 import Float64
from mamlcheck.errors import InputError
from mamlcheck.programs.building import Builder, Value
from mamlcheck.programs.composed import windows as w
from mamlcheck.programs.composed.windows import Windows
from mamlcheck.programs.running import run

NORMAL = np.random.default_rng(7).standard_normal


def computed(function: Callable[..., Value], *arrays: np.ndarray) -> np.ndarray:
    """What a function of values computes, in float64."""
    builder = Builder()
    inputs = [builder.input(f"x{k}", a.shape) for k, a in enumerate(arrays)]
    program = builder.program([function(*inputs)])
    return np.asarray(run(program, Float64(), {f"x{k}": a for k, a in enumerate(arrays)})[0])


def padded(x: np.ndarray, windows: Windows, fill: float) -> np.ndarray:
    """An array spread out and padded, or cut."""
    for a, _ in enumerate(windows.size):
        axis, step = x.ndim - len(windows.size) + a, windows.spread[a]
        lengths = list(x.shape)
        lengths[axis] = (x.shape[axis] - 1) * step + 1
        spread = np.full(lengths, fill)
        spread[(slice(None),) * axis + (slice(None, None, step),)] = x
        low, high = windows.low[a], windows.high[a]
        widths = [(0, 0)] * x.ndim
        widths[axis] = (max(low, 0), max(high, 0))
        x = spread[(slice(None),) * axis + (slice(max(-low, 0), spread.shape[axis] - max(-high, 0)),)]
        x = np.pad(x, widths, constant_values=fill)
    return x


def windowed(x: np.ndarray, windows: Windows, fill: float) -> np.ndarray:
    """The numbers in each window, one by one: (lead..., windows..., size...)."""
    x = padded(x, windows, fill)
    count = len(windows.size)
    lead, spatial = x.shape[: x.ndim - count], x.shape[x.ndim - count :]
    terms = list(zip(spatial, windows.size, windows.holes, windows.strides, strict=True))
    out = [(n - (k - 1) * h - 1) // s + 1 for n, k, h, s in terms]
    y = np.empty((*lead, *out, *windows.size))
    for o in itertools.product(*map(range, out)):
        for k in itertools.product(*map(range, windows.size)):
            at = tuple(i * s + j * h for i, j, s, h in zip(o, k, windows.strides, windows.holes, strict=True))
            y[(..., *o, *k)] = x[(..., *at)]  # type: ignore[index, arg-type]
    return y


MANY = [
    pytest.param((6,), Windows((3,), (1,), (0,), (0,), (1,), (1,)), id="1-d"),
    pytest.param((7,), Windows((3,), (2,), (1,), (2,), (2,), (1,)), id="1-d, all"),
    pytest.param((5,), Windows((2,), (1,), (1,), (1,), (1,), (3,)), id="1-d, spread"),
    pytest.param((5, 6), Windows((2, 3), (2, 1), (1, 0), (0, 2), (1, 2), (1, 1)), id="2-d"),
    pytest.param((4, 3), Windows((3, 2), (1, 2), (2, 1), (1, 1), (1, 2), (2, 3)), id="2-d, spread"),
    pytest.param((6, 5), Windows((2, 2), (1, 1), (-1, 0), (1, -2), (1, 1), (2, 1)), id="2-d, cut"),
    pytest.param((4, 3, 5), Windows((2, 2, 3), (1, 2, 2), (1, 0, 1), (0, 1, 1), (2, 1, 1), (1, 1, 1)), id="3-d"),
]


@pytest.mark.parametrize(("spatial", "windows"), MANY)
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_a_convolution_is_the_sum_that_defines_it(spatial: tuple[int, ...], windows: Windows, groups: int) -> None:
    x, weight = NORMAL((2, 4, *spatial)), NORMAL((8, 4 // groups, *windows.size))
    seen = windowed(x, windows, 0.0)
    out = seen.shape[2 : 2 + len(spatial)]
    expected = np.zeros((2, 8, *out))
    for o in range(8):
        first = o // (8 // groups) * (4 // groups)
        mine = seen[:, first : first + 4 // groups]
        axes = tuple(range(2 + len(spatial), mine.ndim))
        expected[:, o] = (mine * weight[o].reshape(4 // groups, *(1,) * len(out), *windows.size)).sum((1, *axes))
    y = computed(lambda x, v: w.convolution(x, v, windows, groups), x, weight)
    np.testing.assert_allclose(y, expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(("spatial", "windows"), MANY)
def test_pooling_takes_what_is_in_the_windows(spatial: tuple[int, ...], windows: Windows) -> None:
    x = NORMAL((2, 3, *spatial))
    axes = tuple(range(2 + len(spatial), 2 + 2 * len(spatial)))
    zeros = windowed(x, windows, 0.0)
    assert np.array_equal(computed(lambda x: w.patches(x, windows), x), zeros)
    np.testing.assert_allclose(computed(lambda x: w.total(x, windows), x), zeros.sum(axes), rtol=1e-14, atol=1e-14)
    missing = windowed(x, windows, np.nan)
    assert np.array_equal(w.counts(spatial, windows), (~np.isnan(missing)).sum(axes)[0, 0])
    if (w.counts(spatial, windows) == 0).any():
        with pytest.raises(InputError, match="hold nothing but padding"):
            computed(lambda x: w.largest(x, windows), x)
    else:
        assert np.array_equal(computed(lambda x: w.largest(x, windows), x), np.nanmax(missing, axes))


@pytest.mark.parametrize(("spatial", "windows"), MANY)
@pytest.mark.parametrize("groups", [1, 2])
def test_convolutions_are_those_of_jax(spatial: tuple[int, ...], windows: Windows, groups: int) -> None:
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        x, weight = NORMAL((2, 4, *spatial)), NORMAL((6, 4 // groups, *windows.size))
        expected = jax.lax.conv_general_dilated(
            x,
            weight,
            windows.strides,
            list(zip(windows.low, windows.high, strict=True)),
            windows.spread,
            windows.holes,
            feature_group_count=groups,
        )
        y = computed(lambda x, v: w.convolution(x, v, windows, groups), x, weight)
        np.testing.assert_allclose(y, np.asarray(expected), rtol=1e-13, atol=1e-13)


def test_no_window_fits() -> None:
    assert computed(lambda x: w.total(x, Windows((4,))), np.ones((2, 3))).shape == (2, 0)


def test_wrong_shapes_are_named() -> None:
    builder = Builder()
    x, weight = builder.input("x", (1, 3, 5)), builder.input("w", (2, 2, 2))
    with pytest.raises(InputError, match=r"weights of shape \(2, 2, 2\) in 1 groups do not fit"):
        w.convolution(x, weight, Windows((2,)))
    with pytest.raises(InputError, match="cannot move over 1 axes"):
        Windows((2, 2)).places((5,))
    with pytest.raises(InputError, match="cannot move over 1 axes"):
        Windows((2,), strides=(1, 1)).places((5,))
