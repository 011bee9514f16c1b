"""Losses of usual networks, written as programs by hand: Conv4 and an MLP, with their weights and data."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mamlcheck.programs.building import Builder, Value
from mamlcheck.programs.program import Program


@dataclass(frozen=True)
class Net:
    """loss: the program, whose inputs are the parameters, 'images' and 'targets', rows that sum up to 1.

    parameters: by name. batches: one for each set of samples, the same inputs of other data.
    """

    loss: Program
    parameters: dict[str, np.ndarray]
    batches: tuple[dict[str, np.ndarray], ...]


def cross_entropy(logits: Value, targets: Value) -> Value:
    """The mean over rows of -sum(targets * log softmax(logits))."""
    largest = logits.taken(logits.argmax()).reshape((-1, 1))
    shifted = logits - largest
    return -(targets * (shifted - shifted.exp().sum(-1, keep=True).log())).sum(-1).mean()


def relu(x: Value) -> Value:
    return x.kept(x.positive())


def _patches(n: int, c: int, h: int, w: int) -> np.ndarray:
    """The positions of each 3 x 3 neighbourhood, a row for each place of each image, -1 outside."""
    inside = np.pad(np.arange(n * c * h * w).reshape(n, c, h, w), ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=-1)
    views = np.lib.stride_tricks.sliding_window_view(inside, (3, 3), axis=(2, 3))
    return views.transpose(0, 2, 3, 1, 4, 5).reshape(n * h * w, c * 9)


def _convolved(x: Value, weight: Value) -> Value:
    n, c, h, w = x.shape
    channels = weight.shape[0]
    y = x.gathered(_patches(n, c, h, w)) @ weight.reshape((channels, c * 9)).swapped
    return y.reshape((n, h, w, channels)).transpose((0, 3, 1, 2))


def _normed(x: Value, scale: Value, shift: Value) -> Value:
    """Batch norm in train mode."""
    centered = x.centered((0, 2, 3))
    deviation = (centered.square().mean((0, 2, 3), keep=True) + 1e-5).sqrt()
    return centered / deviation * scale.reshape((1, -1, 1, 1)) + shift.reshape((1, -1, 1, 1))


def _pooled(x: Value) -> Value:
    n, c, h, w = x.shape
    at = np.arange(n * c * h * w).reshape(n, c, h, w)[:, :, : h // 2 * 2, : w // 2 * 2]
    windows = at.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h // 2, w // 2, 4)
    y = x.gathered(windows)
    return y.taken(y.argmax())


def conv4(filters: int, samples: int = 5, size: int = 28, classes: int = 5, seed: int = 0, batches: int = 2) -> Net:
    """Four blocks of convolution, batch norm, ReLU and max pooling, then a linear layer."""
    random = np.random.default_rng(seed)
    b = Builder()
    parameters: dict[str, np.ndarray] = {}

    def parameter(name: str, shape: tuple[int, ...], fan: int) -> Value:
        parameters[name] = random.normal(size=shape).astype(np.float32).astype(np.float64) / np.float32(np.sqrt(fan))
        return b.input(name, shape)

    x, channels = b.input("images", (samples, 1, size, size)), 1
    for k in range(4):
        with b.at(f"block {k}"):
            x = _convolved(x, parameter(f"weight {k}", (filters, channels, 3, 3), 9 * channels))
            x = x + parameter(f"bias {k}", (filters,), 100).reshape((1, -1, 1, 1))
            scale = parameter(f"scale {k}", (filters,), 100) + 1
            x = _pooled(relu(_normed(x, scale, parameter(f"shift {k}", (filters,), 100))))
        channels = filters
    x = x.reshape((samples, -1))
    logits = x @ parameter("head", (classes, x.shape[1]), x.shape[1]).swapped + parameter("last", (classes,), 100)
    loss = b.program([cross_entropy(logits, b.input("targets", (samples, classes)))])
    return Net(loss, parameters, _batches(random, batches, (samples, 1, size, size), classes))


def mlp(widths: tuple[int, ...], samples: int, activation: str = "tanh", seed: int = 0, batches: int = 2) -> Net:
    """Layers of these widths, the first of which is that of the data."""
    random = np.random.default_rng(seed)
    b = Builder()
    parameters: dict[str, np.ndarray] = {}
    x = b.input("images", (samples, widths[0]))
    for k, (before, after) in enumerate(pairwise(widths)):
        with b.at(f"layer {k}"):
            if k:
                x = relu(x) if activation == "relu" else x.tanh()
            parameters[f"weight {k}"] = random.normal(size=(before, after)) / np.sqrt(before)
            parameters[f"bias {k}"] = random.normal(size=after) / 10
            x = x @ b.input(f"weight {k}", (before, after)) + b.input(f"bias {k}", (after,))
    loss = b.program([cross_entropy(x, b.input("targets", (samples, widths[-1])))])
    return Net(loss, parameters, _batches(random, batches, (samples, widths[0]), widths[-1]))


def _batches(
    random: np.random.Generator, count: int, shape: tuple[int, ...], classes: int
) -> tuple[dict[str, np.ndarray], ...]:
    return tuple(
        {
            "images": random.normal(size=shape).astype(np.float32).astype(np.float64),
            "targets": np.eye(classes)[np.arange(shape[0]) % classes],
        }
        for _ in range(count)
    )
