"""Networks as people have them, with a loss and a few small tasks: what `what_is` is asked about in the tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

Batch = tuple[torch.Tensor, torch.Tensor]
Task = tuple[Batch, Batch]
UNEQUAL = ((5, 7), (6, 9))  # the numbers of support and query samples of each task


@dataclass(frozen=True)
class Net:
    """model: makes one. batch: of so many samples, in float32. loss: of (output, target)."""

    model: Callable[[], nn.Module]
    batch: Callable[[int, torch.Generator], Batch]
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

    def posed(
        self, dtype: torch.dtype, sizes: Sequence[tuple[int, int]] = UNEQUAL, seed: int = 0
    ) -> tuple[nn.Module, list[Task]]:
        """The model and its tasks in a precision: the same numbers in both, which float32 holds."""
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            model = self.model().to(dtype)
        random = torch.Generator().manual_seed(seed + 1)

        def cast(batch: Batch) -> Batch:
            x, y = batch
            return x.to(dtype), y.to(dtype) if y.is_floating_point() else y

        return model, [(cast(self.batch(s, random)), cast(self.batch(q, random))) for s, q in sizes]


class Recurrent(nn.Module):
    """An LSTM, and a linear layer of its last state."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(2, 4, batch_first=True)
        self.out = nn.Linear(4, 1)

    def forward(self, x: torch.Tensor) -> Any:
        """(samples, 3, 2) to (samples, 1)."""
        return self.out(self.lstm(x)[0][:, -1])


class Attending(nn.Module):
    """A layer of a transformer, and a linear layer of the mean over positions."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, activation="gelu", batch_first=True)
        self.out = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> Any:
        """(samples, 4, 8) to (samples, 3)."""
        return self.out(self.layer(x).mean(1))


class Residual(nn.Module):
    """A block of a residual network, with group norm."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 4, 3, padding=1)
        self.first = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.first_norm = nn.GroupNorm(2, 4)
        self.second = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.second_norm = nn.GroupNorm(2, 4)
        self.out = nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> Any:
        """(samples, 1, 6, 6) to (samples, 3)."""
        x = self.stem(x)
        y = torch.relu(self.first_norm(self.first(x)))
        y = self.second_norm(self.second(y))
        return self.out(torch.relu(x + y).mean((2, 3)))


def conv4(filters: int, pixels: int, ways: int) -> nn.Module:
    """Four blocks of convolution, batch norm, ReLU and max-pooling, and a linear layer."""
    layers: list[nn.Module] = []
    before = 1
    for _ in range(4):
        layers += [nn.Conv2d(before, filters, 3, padding=1), nn.BatchNorm2d(filters), nn.ReLU(), nn.MaxPool2d(2)]
        before, pixels = filters, pixels // 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(filters * pixels * pixels, ways))


def perceptron() -> nn.Module:
    """100,101 parameters."""
    return nn.Sequential(nn.Linear(128, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 5))


def tanh_network() -> nn.Module:
    """23 parameters."""
    return nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 1), nn.Flatten(0))


def _labelled(ways: int, *shape: int) -> Callable[[int, torch.Generator], Batch]:
    """Inputs of a shape that depend on the label."""

    def batch(count: int, random: torch.Generator) -> Batch:
        labels = torch.arange(count) % ways
        means = torch.randn(ways, *shape, generator=random)
        return means[labels] + torch.randn(count, *shape, generator=random) / 2, labels

    return batch


def _curve(count: int, random: torch.Generator) -> Batch:
    x = torch.randn(count, 2, generator=random)
    return x, torch.sin(x.sum(1) + torch.randn(1, generator=random))


def _series(count: int, random: torch.Generator) -> Batch:
    x = torch.randn(count, 3, 2, generator=random)
    return x, torch.cos(x.sum((1, 2)) + torch.randn(1, generator=random))[:, None]


NETS = {
    "tanh": Net(tanh_network, _curve, nn.functional.mse_loss),
    "lstm": Net(Recurrent, _series, nn.functional.mse_loss),
    "transformer": Net(Attending, _labelled(3, 4, 8), nn.functional.cross_entropy),
    "resnet": Net(Residual, _labelled(3, 1, 6, 6), nn.functional.cross_entropy),
    "perceptron": Net(perceptron, _labelled(5, 128), nn.functional.cross_entropy),
    "conv4-8": Net(lambda: conv4(8, 28, 5), _labelled(5, 1, 28, 28), nn.functional.cross_entropy),
    "conv4-64": Net(lambda: conv4(64, 28, 5), _labelled(5, 1, 28, 28), nn.functional.cross_entropy),
}
