"""Whole networks of PyTorch: their programs against its autograd in float64, and against differences in Arb."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402, N812
from torch import Tensor, nn  # noqa: E402
from torch.func import functional_call  # noqa: E402
from torch_programs import assert_like_autograd  # noqa: E402

from mamlcheck.arithmetic import arb  # noqa: E402
from mamlcheck.arithmetic.objects import as_array  # noqa: E402
from mamlcheck.programs.derivatives import direction, gradient, hessian_vector  # noqa: E402
from mamlcheck.programs.running import Running  # noqa: E402
from mamlcheck.programs.tracing.torch import trace  # noqa: E402

TOLERANCE = 1e-12  # of the largest number: float64 loses some digits in batch norm


class OfWords(nn.Module):
    """Words, a recurrent network or a transformer, and a line at the end."""

    def __init__(self, middle: nn.Module, width: int, last: Callable[[Any], Tensor]):
        super().__init__()
        self.words = nn.Embedding(11, 8)
        self.middle = middle
        self.line = nn.Linear(width, 5)
        self.last = last

    def forward(self, x: Tensor) -> Tensor:
        return self.line(self.last(self.middle(self.words(x))))


class Residual(nn.Module):
    """A block of a ResNet with GroupNorm, which halves the image."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 8, 3, 2, 1, bias=False)
        self.norm = nn.GroupNorm(4, 8)
        self.second = nn.Conv2d(8, 8, 3, padding=1, groups=2)
        self.beside = nn.Conv2d(1, 8, 1, 2)
        self.line = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norm(self.first(x)), inplace=True)
        y = F.relu(self.norm(self.second(y)) + self.beside(x))
        return self.line(F.adaptive_avg_pool2d(y, 1).flatten(1))


class Unequal(nn.Module):
    """A recurrent network over sentences of unequal lengths."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(8, 6, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        packed = nn.utils.rnn.pack_padded_sequence(x, torch.tensor([7, 6, 6, 3, 1]), batch_first=True)
        return nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0], batch_first=True)[0]


class Attention(nn.Module):
    """Attention over words that come before, without those that are padding."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        length = x.shape[1]
        causal = torch.ones(length, length, dtype=torch.bool).triu(1)
        padding = torch.zeros(x.shape[:2], dtype=torch.bool)
        padding[0, -2:] = True
        return self.attention(x, x, x, attn_mask=causal, key_padding_mask=padding)[0]


def conv4(channels: int) -> nn.Module:
    blocks: list[nn.Module] = []
    before = 1
    for _ in range(4):
        blocks += [nn.Conv2d(before, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU(), nn.MaxPool2d(2)]
        before = channels
    return nn.Sequential(*blocks, nn.Flatten(), nn.Linear(channels, 5))


def mlp(*widths: int, activation: type[nn.Module]) -> nn.Module:
    layers: list[nn.Module] = []
    for a, b in pairwise(widths):
        layers += [nn.Linear(a, b), activation()]
    return nn.Sequential(*layers[:-1])


def last_word(found: Any) -> Tensor:
    return found[0][:, -1]


NETS: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "MLP of 100,000": (lambda: mlp(784, 120, 40, 5, activation=nn.ReLU), "rows"),
    "tanh": (lambda: mlp(784, 6, 5, activation=nn.Tanh), "rows"),
    "LayerNorm": (
        lambda: nn.Sequential(nn.Linear(784, 9), nn.LayerNorm(9), nn.GELU(), nn.Linear(9, 5)),
        "rows",
    ),
    "Conv4, 8": (lambda: conv4(8), "images"),
    "Conv4, 32": (lambda: conv4(32), "images"),
    "ResNet block": (Residual, "images"),
    "transposed": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 3, 5, 4),
            nn.SiLU(),
            nn.ConvTranspose2d(3, 2, 3, 2),
            nn.AvgPool2d(3),
            nn.Flatten(),
            nn.LazyLinear(5),
        ),
        "images",
    ),
    "LSTM": (lambda: OfWords(nn.LSTM(8, 6, batch_first=True), 6, last_word), "words"),
    "LSTM, two layers both ways": (
        lambda: OfWords(nn.LSTM(8, 3, 2, batch_first=True, bidirectional=True), 6, last_word),
        "words",
    ),
    "LSTM, unequal lengths": (lambda: OfWords(Unequal(), 6, lambda y: y.mean(1)), "words"),
    "GRU": (lambda: OfWords(nn.GRU(8, 6, batch_first=True), 6, last_word), "words"),
    "RNN": (lambda: OfWords(nn.RNN(8, 6, batch_first=True), 6, last_word), "words"),
    "transformer": (
        lambda: OfWords(nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True), 8, lambda y: y.mean(1)),
        "words",
    ),
    "transformer, eval": (
        lambda: OfWords(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 8, lambda y: y.mean(1)).eval(),
        "words",
    ),
    "attention": (lambda: OfWords(Attention(), 8, lambda y: y[:, -1]), "words"),
}
SMALL = ("tanh", "LayerNorm", "ResNet block", "transposed", "GRU", "transformer", "attention")


def posed(name: str) -> tuple[Callable[[dict[str, Tensor]], Tensor], dict[str, Tensor], dict[str, Tensor]]:
    """The loss of five samples, the parameters and the buffers of a network in doubles."""
    make, kind = NETS[name]
    torch.manual_seed(2)
    x = {
        "rows": torch.randn(5, 784, dtype=torch.float64),
        "images": torch.randn(5, 1, 28, 28, dtype=torch.float64),
        "words": torch.randint(11, (5, 7)),
    }[kind]
    net = make().double()
    net(x)  # for lazy layers
    buffers = {key: buffer.clone() for key, buffer in net.named_buffers()}

    def loss(given: dict[str, Tensor]) -> Tensor:
        state = {key: buffer.clone() for key, buffer in buffers.items()} | given
        return F.cross_entropy(functional_call(net, state, (x,)), torch.arange(5))

    return loss, {key: p.detach() for key, p in net.named_parameters()}, buffers


@pytest.mark.parametrize("name", NETS)
def test_a_network_is_what_autograd_makes_of_it(name: str) -> None:
    loss, parameters, _ = posed(name)
    traced = assert_like_autograd(loss, parameters, TOLERANCE)
    assert set(traced.program.inputs) == set(parameters)
    assert traced.notes == ()


@pytest.mark.parametrize("name", SMALL)
def test_the_derivatives_are_those_that_differences_in_arb_have(name: str) -> None:
    """Central differences over h = 2^-64 at 256 bits: they are off by h^2, 1e-38, times third derivatives."""
    loss, parameters, _ = posed(name)
    program = trace(loss, parameters).program
    names, ar = list(parameters), arb(256)
    random = np.random.default_rng(4)
    with ar.working():
        x = {key: ar.exact(p.numpy()) for key, p in parameters.items()}
        v = {key: ar.exact(random.integers(-4, 5, p.shape) / 4) for key, p in parameters.items()}
        h = ar.exact(2.0**-64)

        def moved(sign: int) -> dict[str, Any]:
            return {key: x[key] + sign * h * v[key] for key in names}

        def difference(running: Running, given: Any) -> list[Any]:
            ends = (running(given(1)), running(given(-1)))
            return [as_array((up - down) / (2 * h)) for up, down in zip(*ends, strict=True)]

        (slope,) = difference(Running(program, ar), moved)
        slopes = Running(gradient(program, names), ar)
        close(slope.item(), sum((s * v[key]).sum() for s, key in zip(slopes(x), names, strict=True)))
        curved = Running(hessian_vector(program, names), ar)(x | {direction(key): v[key] for key in names})
        for got, want in zip(curved, difference(slopes, moved), strict=True):
            for a, b in zip(got.ravel(), want.ravel(), strict=True):
                close(a, b)


def close(a: Any, b: Any) -> None:
    """Two enclosures, both narrow, whose distance is that of the differences."""
    assert float(a.rad()) < 1e-30
    assert float(b.rad()) < 1e-30
    assert abs(float((a - b).mid())) < 1e-30
