"""Networks in JAX: Flax (linen, nnx), Equinox and plain functions, traced and held to JAX's derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("jax", reason="JAX is not installed: pip install 'mamlcheck[jax]'")

import jax
import jax.numpy as jnp
from jax_agreement import Agreement, agreement

from mamlcheck.errors import InputError
from mamlcheck.programs.tracing.jax import callable_of, flattened, restored

AGREES = 1e-13
X = np.random.default_rng(0).normal(size=(3, 6, 6, 1)).astype(np.float32)
Y = np.array([0, 3, 1])
SAYS = "is not installed: these tests hold its networks to what they compute"


def cross_entropy(output: Any) -> Any:
    return -jnp.take_along_axis(jax.nn.log_softmax(output), Y[:, None], axis=-1).mean()


def held(model: Any, parameters: Any = None, x: Any = X, **keywords: Any) -> tuple[Agreement, dict[str, Any]]:
    """The cross-entropy of a network as a program, held to JAX."""
    network, arrays = callable_of(model, parameters, **keywords)
    found = agreement(lambda p: cross_entropy(network(p, x)), {n: np.asarray(w) for n, w in arrays.items()})
    assert found.worst < AGREES, found
    assert found.traced.notes == ()
    return found, arrays


# -- plain functions ---------------------------------------------------------------------------------------------------
def test_a_pytree_goes_to_names_and_back() -> None:
    tree = {"b": [np.ones(2), (0.5, np.zeros((1, 2), np.float32))], "a": {"w": np.arange(3)}, "none": None}
    flat = flattened(tree)
    assert list(flat) == ["b.0", "b.1.0", "b.1.1"]  # integers are no parameters
    back = restored(tree, {"b.1.0": 2.0, "b.0": np.zeros(2)})
    assert back["b"][1][0] == 2
    assert back["b"][0].tolist() == [0, 0]
    assert back["a"]["w"] is tree["a"]["w"]


def test_two_parameters_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match=r"have the name 'a\.b'"):
        flattened({"a.b": np.ones(1), "a": {"b": np.ones(1)}})


def test_a_model_without_parameters_and_no_model_are_refused() -> None:
    with pytest.raises(InputError, match="give them as parameters="):
        callable_of(lambda p, x: x)
    with pytest.raises(InputError, match="is no network"):
        callable_of("a name", {"w": np.ones(2)})


def lstm(p: Any, x: Any) -> Any:
    """Over the rows of an image, written with `scan`."""
    rows = jnp.swapaxes(x[..., 0], 0, 1)

    def step(state: Any, row: Any) -> Any:
        h, c = state
        i, f, g, o = jnp.split(row @ p["w"] + h @ p["u"] + p["b"], 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    zero = jnp.zeros((x.shape[0], 4), x.dtype)
    (h, _), _ = jax.lax.scan(step, (zero, zero), rows)
    return h @ p["v"]


def test_an_lstm_by_scan() -> None:
    random = np.random.default_rng(1)
    shapes = {"w": (6, 16), "u": (4, 16), "b": (16,), "v": (4, 5)}
    held(lstm, {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()})


def transformer(p: Any, x: Any) -> Any:
    """A block of two heads over the rows of an image, layer norm first."""

    def normed(h: Any, name: str) -> Any:
        m = h.mean(-1, keepdims=True)
        v = ((h - m) ** 2).mean(-1, keepdims=True)
        return (h - m) / jnp.sqrt(v + 1e-5) * p[name][0] + p[name][1]

    h = x[..., 0]
    q, k, v = (jnp.einsum("nld,dhe->nhle", normed(h, "first"), w) for w in p["qkv"])
    scores = jnp.where(jnp.tri(6, dtype=bool), q @ jnp.swapaxes(k, -1, -2) / 3**0.5, jnp.finfo(q.dtype).min)
    h = h + jnp.einsum("nhle,hed->nld", jax.nn.softmax(scores) @ v, p["out"])
    h = h + jax.nn.gelu(normed(h, "second") @ p["up"], approximate=False) @ p["down"]
    return h.mean(1) @ p["head"]


def test_a_transformer_block() -> None:
    random = np.random.default_rng(2)
    shapes = {"first": (2, 6), "second": (2, 6), "out": (2, 3, 6), "up": (6, 8), "down": (8, 6), "head": (6, 5)}
    p = {name: random.normal(size=shape) for name, shape in shapes.items()}
    held(transformer, p | {"qkv": [random.normal(size=(6, 2, 3)) for _ in range(3)]})


# -- Flax --------------------------------------------------------------------------------------------------------------
def linen_net() -> tuple[Any, Any]:
    nn = pytest.importorskip("flax.linen", reason=f"Flax {SAYS}")

    class Net(nn.Module):
        @nn.compact
        def __call__(self, x: Any, train: bool = True) -> Any:
            x = nn.Conv(4, (3, 3))(x)
            x = nn.max_pool(nn.relu(nn.BatchNorm(use_running_average=not train)(x)), (2, 2), (2, 2))
            x = nn.GroupNorm(2)(nn.Conv(4, (2, 2), feature_group_count=2)(x))
            return nn.Dense(5)(nn.Dropout(0.5, deterministic=True)(x.reshape(x.shape[0], -1)))

    net = Net()
    return net, net.init(jax.random.key(0), X)


def test_flax_linen_with_batch_norm_in_train_mode_changes_its_state() -> None:
    net, variables = linen_net()
    found, arrays = held(net, variables)
    assert found.traced.changed == ("batch_stats.BatchNorm_0.mean", "batch_stats.BatchNorm_0.var")
    assert {"Conv_0.kernel", "Dense_0.bias"} < set(arrays)
    assert {node.place.partition(":")[0] for node in found.traced.program.nodes} == {"", "test_jax_models.py"}
    assert all(node.place for node in found.traced.program.nodes if node.operation != "input")


def test_flax_linen_in_evaluation_changes_nothing() -> None:
    found, _ = held(*linen_net(), train=False)
    assert found.traced.changed == ()


def test_flax_linen_with_its_parameters_alone() -> None:
    nn = pytest.importorskip("flax.linen", reason=f"Flax {SAYS}")
    net = nn.Sequential([nn.Dense(4), nn.tanh, nn.Dense(5)])
    x = X.reshape(3, -1)
    _, arrays = held(net, net.init(jax.random.key(0), x)["params"], x)
    assert list(arrays) == ["layers_0.kernel", "layers_0.bias", "layers_2.kernel", "layers_2.bias"]


def nnx_net() -> Any:
    nnx = pytest.importorskip("flax.nnx", reason=f"Flax {SAYS}")

    class Net(nnx.Module):
        def __init__(self) -> None:
            rngs = nnx.Rngs(0)
            self.conv = nnx.Conv(1, 4, (3, 3), rngs=rngs)
            self.norm = nnx.BatchNorm(4, rngs=rngs)
            self.dropout = nnx.Dropout(0.5, rngs=rngs)
            self.head = nnx.Linear(4 * 36, 5, rngs=rngs)

        def __call__(self, x: Any) -> Any:
            h = nnx.relu(self.norm(self.conv(x)))
            return self.head(self.dropout(h).reshape(x.shape[0], -1))

    return Net()


def test_flax_nnx_in_train_mode_without_dropout_changes_its_state() -> None:
    net = nnx_net()
    net.dropout.deterministic = True
    before = np.asarray(net.norm.mean[...])
    found, arrays = held(net)
    assert found.traced.changed == ("norm.mean", "norm.var")
    assert set(arrays) == {f"{m}.{p}" for m, ps in {
        "conv": ("kernel", "bias"), "norm": ("scale", "bias"), "head": ("kernel", "bias"),
    }.items() for p in ps}  # fmt: skip
    assert (np.asarray(net.norm.mean[...]) == before).all(), "the user's module was written into"


def test_flax_nnx_in_evaluation_with_some_parameters_frozen() -> None:
    from flax import nnx

    net = nnx_net()
    net.eval()
    found, arrays = held(net, {"head": nnx.state(net.head, nnx.Param)})
    assert set(arrays) == {"head.kernel", "head.bias"}
    assert found.traced.changed == ()
    with pytest.raises(InputError, match=r"has no parameter 'tail\.w'"):
        callable_of(net, {"tail": {"w": np.ones(2)}})


# -- Equinox -----------------------------------------------------------------------------------------------------------
def test_equinox_is_mapped_over_samples() -> None:
    eqx = pytest.importorskip("equinox", reason=f"Equinox {SAYS}")
    net = eqx.nn.MLP(36, 5, 8, 2, key=jax.random.key(0))
    x = X.reshape(3, -1)
    _, arrays = held(net, None, x)
    assert "layers.0.weight" in arrays
    nothing = eqx.filter(net, lambda _: False)
    only = eqx.tree_at(lambda n: n.layers[0].weight, nothing, net.layers[0].weight, is_leaf=lambda x: x is None)
    _, arrays = held(net, only, x)
    assert list(arrays) == ["layers.0.weight"]


def test_equinox_with_state_changes_it() -> None:
    eqx = pytest.importorskip("equinox", reason=f"Equinox {SAYS}")

    class Net(eqx.Module):
        conv: Any
        norm: Any
        head: Any

        def __init__(self) -> None:
            keys = jax.random.split(jax.random.key(0))
            self.conv = eqx.nn.Conv2d(1, 4, 3, key=keys[0])
            self.norm = eqx.nn.BatchNorm(4, axis_name="batch", mode="batch")
            self.head = eqx.nn.Linear(64, 5, key=keys[1])

        def __call__(self, x: Any, state: Any) -> Any:
            h, state = self.norm(self.conv(x.transpose(2, 0, 1)), state)
            return self.head(jax.nn.relu(h).reshape(-1)), state

    found, arrays = held(eqx.nn.make_with_state(Net)())
    assert found.traced.changed == ("state.1.0", "state.1.1")
    assert list(arrays)[:2] == ["conv.weight", "conv.bias"]
