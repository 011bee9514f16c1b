"""Networks of Flax and Equinox as people have them, as `own_nets` has those of PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from own_loops_of_jax import JaxModel

Batch = tuple[Any, Any]
UNEQUAL = ((5, 7), (6, 9))  # the numbers of support and query samples of each task


@dataclass(frozen=True)
class JaxNet:
    """model: makes one, in float32, from a key. batch: of so many samples. loss: of (output, target)."""

    model: Callable[[Any], JaxModel]
    batch: Callable[[int, np.random.Generator], Batch]
    loss: Callable[[Any, Any], Any]

    def posed(
        self, dtype: str, sizes: Sequence[tuple[int, int]] = UNEQUAL, seed: int = 0
    ) -> tuple[JaxModel, list[tuple[Batch, Batch]]]:
        """The model and its tasks in a precision: the same numbers in both, which float32 holds."""
        random = np.random.default_rng(seed)
        made = self.model(jax.random.key(seed))

        def cast(x: Any) -> Any:
            return jnp.asarray(x, dtype) if jnp.issubdtype(x.dtype, jnp.floating) else jnp.asarray(x)

        tasks = [(self.batch(s, random), self.batch(q, random)) for s, q in sizes]
        with jax.enable_x64(dtype == "float64"):
            model = JaxModel(made.module, jax.tree.map(cast, made.parameters), made.apply)
            return model, jax.tree.map(cast, tasks)


class Images(nn.Module):
    """A convolution with group norm, and a perceptron of its mean over pixels."""

    @nn.compact
    def __call__(self, x: Any) -> Any:
        """(samples, 6, 6, 1) to (samples, 3)."""
        x = nn.relu(nn.GroupNorm(2)(nn.Conv(4, (3, 3), name="filters")(x)))
        x = nn.gelu(nn.LayerNorm(name="norm")(nn.Dense(5, name="hidden")(x.mean((1, 2)))))
        return nn.Dense(3, name="out")(x)


def flax_images(key: Any) -> JaxModel:
    """161 parameters."""
    net = Images()
    return JaxModel(net, net.init(key, np.zeros((1, 6, 6, 1), np.float32)), net.apply)


class Recurrent(eqx.Module):
    """A gated recurrent unit, and a linear layer of its last state."""

    cell: eqx.nn.GRUCell
    out: eqx.nn.Linear

    def __init__(self, key: Any) -> None:
        first, second = jax.random.split(key)
        self.cell = eqx.nn.GRUCell(2, 4, key=first)
        self.out = eqx.nn.Linear(4, 1, key=second)

    def __call__(self, x: Any) -> Any:
        """(3, 2) to (1,)."""
        state = jnp.zeros(4, x.dtype)
        for step in x:
            state = self.cell(step, state)
        return self.out(state)


def equinox_series(key: Any) -> JaxModel:
    """89 parameters."""
    net = Recurrent(key)
    learnt, fixed = eqx.partition(net, eqx.is_inexact_array)
    return JaxModel(net, learnt, lambda p, x: jax.vmap(eqx.combine(p, fixed))(x))


def _labelled(count: int, random: np.random.Generator) -> Batch:
    labels = np.arange(count) % 3
    means = random.normal(size=(3, 6, 6, 1))
    return (means[labels] + random.normal(size=(count, 6, 6, 1)) / 2).astype(np.float32), labels


def _series(count: int, random: np.random.Generator) -> Batch:
    x = random.normal(size=(count, 3, 2)).astype(np.float32)
    return x, np.cos(x.sum((1, 2)) + random.normal()).astype(np.float32)[:, None]


def cross_entropy(output: Any, y: Any) -> Any:
    """The mean over a batch, of labels."""
    return -jnp.take_along_axis(jax.nn.log_softmax(output), y[:, None], axis=-1).mean()


def mean_squared_error(output: Any, y: Any) -> Any:
    """The mean over a batch."""
    return ((output - y) ** 2).mean()


NETS = {
    "flax": JaxNet(flax_images, _labelled, cross_entropy),
    "equinox": JaxNet(equinox_series, _series, mean_squared_error),
}
