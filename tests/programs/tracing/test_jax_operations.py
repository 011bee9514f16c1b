"""Every lowered operation of JAX: value, gradient and Hessian-vector product against JAX's own, in float64."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

pytest.importorskip("jax", reason="JAX is not installed: pip install 'mamlcheck[jax]'")

import jax
import jax.numpy as jnp
from jax import lax, nn
from jax.ad_checkpoint import checkpoint_name
from jax_agreement import agreement

from mamlcheck.programs.tracing._jax.lowering import operations
from mamlcheck.programs.tracing.jax_operations.random import NAMES

AGREES = 1e-13  # of numbers up to some hundreds of terms: a few hundred u
random = np.random.default_rng(3)
X = random.normal(size=(3, 4))
POSITIVE = np.abs(X) + 0.5
SQUARE = random.normal(size=(4, 4))
IMAGE = random.normal(size=(2, 6, 5, 4))
WEIGHTS = random.normal(size=(64, 64))


def weighted(y: Any) -> Any:
    """A number of which all entries matter, each by its own weight and not linearly."""
    y = jnp.ravel(jnp.asarray(y))
    w = np.resize(WEIGHTS, y.shape)
    return (w * y).sum() + 0.1 * (w * y * y).sum()


Case = tuple[Callable[[Any], Any], np.ndarray]

CASES: dict[str, Case] = {
    "add": (lambda x: x + x[0], X),
    "add_any": (lambda x: jax.interpreters.ad.add_jaxvals_p.bind(x, x * x), X),
    "sub": (lambda x: 1 - x, X),
    "mul": (lambda x: x * x.T[0][0], X),
    "div": (lambda x: x / (2 + x * x), X),
    "neg": (lambda x: -x, X),
    "exp": (jnp.exp, X),
    "exp2": (jnp.exp2, X),
    "log": (jnp.log, POSITIVE),
    "log1p": (jnp.log1p, POSITIVE),
    "expm1": (jnp.expm1, X),
    "tanh": (jnp.tanh, X),
    "logistic": (nn.sigmoid, X),
    "sqrt": (jnp.sqrt, POSITIVE),
    "rsqrt": (lax.rsqrt, POSITIVE),
    "erf": (lax.erf, X),
    "erfc": (lax.erfc, X),
    "sin": (jnp.sin, X),
    "cos": (jnp.cos, X),
    "tan": (lambda x: jnp.tan(0.3 * x), X),
    "sinh": (jnp.sinh, X),
    "cosh": (jnp.cosh, X),
    "atan": (jnp.arctan, X),
    "asinh": (jnp.arcsinh, POSITIVE),
    "acosh": (lambda x: jnp.arccosh(x + 1), POSITIVE),
    "atanh": (lambda x: jnp.arctanh(0.3 * x), X),
    "square": (jnp.square, X),
    **{
        f"integer_pow {n}": (partial(lambda x, n: lax.integer_pow(x, n) * x, n=n), POSITIVE)
        for n in (-3, -1, 0, 1, 2, 5, 8)
    },
    **{f"pow {n}": (partial(lambda x, n: x**n * x, n=n), POSITIVE) for n in (0.5, -0.5, 3.5, -2.5, 1.7, 2.0, 0.0)},
    "pow of two": (lambda x: x ** x[0], POSITIVE),
    "abs": (jnp.abs, X),
    "sign": (lambda x: jnp.sign(x) * x, X),
    "max": (lambda x: jnp.maximum(x, x[0]), X),
    "min": (lambda x: jnp.minimum(x, 0.1), X),
    "max of infinity": (lambda x: jnp.maximum(-jnp.inf, x), X),
    "min of infinity": (lambda x: jnp.minimum(x, jnp.inf), X),
    "clamp": (lambda x: lax.clamp(-0.3, x, 0.4), X),
    "clamp of infinity": (lambda x: lax.clamp(-jnp.inf, x, 0.4) + lax.clamp(-0.5, x, jnp.inf), X),
    "clip": (lambda x: jnp.clip(x, -0.3, 0.4), X),
    "clip from one side": (lambda x: jnp.clip(x, None, 0.4), X),
    "select_n": (lambda x: jnp.where(x > 0.1, x * x, -x), X),
    "select_n known": (lambda x: jnp.where(jnp.arange(4) % 2 == 0, x * x, -x), X),
    "select_n all": (lambda x: jnp.where(jnp.ones(4, bool), x * x, jnp.nan), X),
    "select_n constants": (lambda x: jnp.where(x > 0, 1.0, jnp.where(jnp.arange(4) > 1, 3.0, 2.0)) * x, X),
    "is_finite": (lambda x: jnp.where(jnp.isfinite(x), x, 0), X),
    **{
        way: (partial(lambda x, way: jnp.where(getattr(jnp, way)(x, 0.1), x, x * x), way=name), X)
        for way, name in {"gt": "greater", "lt": "less", "ge": "greater_equal", "le": "less_equal"}.items()
    },
    "eq": (lambda x: jnp.where(jnp.sign(x) == 1, x, x * x), X),
    "ne": (lambda x: jnp.where(jnp.sign(x) != 1, x, x * x), X),
    "ne itself": (lambda x: jnp.where(x != x, jnp.nan, x), X),
    "and": (lambda x: jnp.where((x > -0.5) & (x < 0.5), x, x * x), X),
    "or": (lambda x: jnp.where((x < -0.5) | (x > 0.5) | jnp.zeros(4, bool), x, x * x), X),
    "xor": (lambda x: jnp.where((x < 0.5) ^ (x > -0.5), x, x * x), X),
    "not": (lambda x: jnp.where(~(x > 0), x, x * x), X),
    "truths moved": (lambda x: jnp.where(jnp.swapaxes(x > 0, 0, 1)[::-1], x.T, 2.0), X),
    "truths counted": (lambda x: (x > 0).sum() * x, X),
    "reduce_and": (lambda x: jnp.where((x > -1).all(axis=0), x, x * x), X),
    "reduce_or": (lambda x: jnp.where((x > 1).any(axis=0), x, x * x), X),
    "reduce_sum": (lambda x: x.sum(axis=1) + (x * x).sum(), X),
    "reduce_max": (lambda x: x.max(axis=0), X),
    "reduce_max of all": (lambda x: x.max() * x, X),
    "reduce_max of one": (lambda x: x[:1].max(axis=0), X),
    "reduce_min": (lambda x: x.min(axis=(0, 2)), IMAGE[0]),
    "reduce_prod": (lambda x: x.prod(axis=0) + x.prod(axis=1).sum() + x[:1].prod(), X),
    "cumsum": (lambda x: jnp.cumsum(x, axis=0), X),
    "cumsum reversed": (lambda x: lax.cumsum(x, axis=1, reverse=True), X),
    "cumprod": (lambda x: jnp.cumprod(x, axis=1), X),
    "cumprod reversed": (lambda x: lax.cumprod(x, axis=0, reverse=True), X),
    "psum": (lambda x: jax.vmap(lambda r: r - lax.pmean(r, "rows"), axis_name="rows")(x) * x, X),
    "mean and variance": (lambda x: jnp.mean(x, axis=0) * jnp.var(x, axis=1)[:1] + jnp.std(x), X),
    "dot_general": (lambda x: x @ x.T, X),
    "dot_general vectors": (lambda x: jnp.dot(x[0], x[1]) * (x @ x[2]), X),
    "dot_general any axes": (lambda x: jnp.einsum("ijkl,kmjl->mi", x, x.transpose(2, 0, 1, 3) ** 2), IMAGE[:, :5]),
    "dot_general batched": (lambda x: jnp.einsum("bij,bkj->bik", x[0], x[1]), IMAGE),
    "reshape": (lambda x: x.reshape(2, 6) * x.reshape(-1)[:6], X),
    "transpose": (lambda x: jnp.transpose(x, (2, 0, 3, 1)) * jnp.ones(6), IMAGE[:, :, :, :]),
    "squeeze": (lambda x: x[:1].squeeze(0), X),
    "expand_dims": (lambda x: x[:, None] * x, X),
    "broadcast_in_dim": (lambda x: lax.broadcast_in_dim(x, (4, 3, 4), (1, 2)), X),
    "concatenate": (lambda x: jnp.concatenate([x, x * x, jnp.ones((3, 1))], axis=1), X),
    **{f"stack {axis}": (lambda x, k=axis: jnp.stack([x, x * x, jnp.ones((3, 4))], k), X) for axis in (0, 1, -1)},
    **{f"unstack {axis}": (lambda x, k=axis: sum(n * y for n, y in enumerate(jnp.unstack(x * x, axis=k))), X)
       for axis in (0, 1)},
    "slice": (lambda x: x[1:, ::2], X),
    "rev": (lambda x: x[::-1] * x, X),
    "split": (lambda x: jnp.split(x, 2, axis=1)[0] * jnp.split(x, 2, axis=1)[1], X),
    "dynamic_slice": (lambda x: lax.dynamic_slice(x, (1, 1), (2, 2)), X),
    "dynamic_update_slice": (lambda x: lax.dynamic_update_slice(x, x[:1, :2] ** 2, (1, 1)), X),
    "gather": (lambda x: x[jnp.array([0, 2, 2]), jnp.array([1, 1, 3])] * x[-1, -1], X),
    "gather rows": (lambda x: x[jnp.array([[0, 2], [1, 1]])], X),
    "gather filled with 0": (lambda x: x.at[jnp.array([0, 7])].get(mode="fill", fill_value=0), X),
    "gather clipped": (lambda x: x.at[jnp.array([0, 7])].get(mode="clip"), X),
    "take_along_axis": (lambda x: jnp.take_along_axis(x, jnp.array([[1], [0], [3]]), axis=1), X),
    "scatter": (lambda x: x.at[jnp.array([0, 2]), 1:3].set(x[:2, :2] ** 2), X),
    "scatter known": (lambda x: jnp.zeros((3, 4)).at[1].set(x[0]) * x, X),
    "scatter-add": (lambda x: x.at[jnp.array([0, 2, 2])].add(x**2), X),
    "scatter-add a window": (lambda x: x.at[1:, jnp.array([0, 3])].add(x[:2, :2] ** 2), X),
    "scatter-add dropped": (lambda x: x.at[jnp.array([0, 9])].add(x[:2] ** 2, mode="drop"), X),
    "scatter-add batched": (
        lambda x: jax.vmap(lambda r, i, s: r.at[i].add(s))(x, jnp.array([0, 3, 1]), x[:, 0] ** 2), X
    ),
    "pad": (lambda x: lax.pad(x, 0.0, ((1, 0, 1), (-1, 2, 0))), X),
    "pad with others": (lambda x: lax.pad(x, x[0, 0], ((1, 0, 1), (-1, 2, 0))), X),
    "pad reflected": (lambda x: jnp.pad(x, 2, mode="reflect"), X),
    "iota": (lambda x: x * jnp.arange(4.0) + lax.iota("float64", 4), X),
    "convert_element_type": (lambda x: x * (x > 0).astype("float64") + jnp.arange(4).astype("float64"), X),
    "convert_element_type to truths": (lambda x: jnp.where((x * (x > 0)).astype(bool), x * x, x), X),
    "stop_gradient": (lambda x: lax.stop_gradient(x) * x, X),
    "copy": (lambda x: jnp.array(x, copy=True) ** 2, X),
    "optimization_barrier": (lambda x: lax.optimization_barrier((x, x * x))[1], X),
    "name": (lambda x: checkpoint_name(x * x, "squares"), X),
    "reduce_precision": (lambda x: lax.reduce_precision(x, 11, 52) ** 2, X),
    "jit": (lambda x: jax.jit(lambda y: y * jnp.sin(y))(x), X),
    "remat2": (lambda x: jax.checkpoint(lambda y: y * jnp.sin(y))(x), X),
    "scan": (lambda x: lax.scan(lambda c, r: (jnp.tanh(c + r), c * r), x[0], x)[1], X),
    "scan reversed": (lambda x: lax.scan(lambda c, r: (jnp.tanh(c + r), c * r), x[0], x, reverse=True)[1], X),
    "scan of truths": (lambda x: jnp.where(lax.scan(lambda c, r: (c * r, r > 0), x[0], x)[1], x, x * x), X),
    "scan of numbers": (lambda x: lax.scan(lambda c, k: (c * x[k], k), x[0], jnp.arange(3))[0] * x, X),
    "fori_loop": (lambda x: lax.fori_loop(0, 3, lambda k, c: c * x[k], x[0]), X),
    "cond": (lambda x: lax.cond(jnp.arange(3).sum() > 2, jnp.sin, jnp.cos, x), X),
    "switch": (lambda x: lax.switch(jnp.array(7), [jnp.sin, jnp.cos, jnp.tanh], x), X),
    "platform_index": (lambda x: lax.platform_dependent(x, cpu=jnp.sin, default=jnp.cos), X),
    "norm": (lambda x: jnp.linalg.norm(x, axis=1), X),
    "logsumexp": (lambda x: nn.logsumexp(x, axis=1), X),
    "trace of a matrix": (lambda x: jnp.trace(x @ x) * jnp.diagonal(x) + jnp.tril(x) + jnp.outer(x[0], x[1]), SQUARE),
    "roll and tile": (lambda x: jnp.tile(jnp.roll(x, 1, axis=0), (2, 1)) * jnp.repeat(x, 2, axis=0), X),
    **{
        f"nn.{name}": (getattr(nn, name), X)
        for name in (
            "relu", "relu6", "sigmoid", "softplus", "sparse_plus", "soft_sign", "silu", "log_sigmoid", "leaky_relu",
            "hard_sigmoid", "hard_silu", "hard_tanh", "elu", "celu", "selu", "gelu", "glu", "squareplus", "mish",
            "log_softmax", "softmax", "standardize",
        )
    },
    "nn.gelu exact": (partial(nn.gelu, approximate=False), X),
    "nn.one_hot": (lambda x: x * nn.one_hot(jnp.array([1, 0, 3]), 4), X),
}  # fmt: skip


def groups(cases: dict[str, Case], size: int = 12) -> list[tuple[str, ...]]:
    """Names of cases, some at a time: what takes long is XLA, once for each loss."""
    names = list(cases)
    return [tuple(names[k : k + size]) for k in range(0, len(names), size)]


def check(cases: dict[str, Case], names: tuple[str, ...], shift: float = 0.0) -> None:
    """The sum of some cases, each of an array of its own, so that a part that is off has its name."""
    given = {name: cases[name][1] for name in names}
    found = agreement(lambda p: sum(weighted(cases[name][0](p[name]) + shift) for name in names), given)
    assert found.worst < AGREES, {name: parts for name, parts in found.parts.items() if max(parts) >= AGREES} or found


@pytest.mark.parametrize("names", groups(CASES), ids=lambda names: names[0])
def test_operations_agree_with_jax(names: tuple[str, ...]) -> None:
    check(CASES, names)


def pool(x: Any, start: float, monoid: Any, **settings: Any) -> Any:
    size = settings.pop("size", (1, 2, 2, 1))
    return lax.reduce_window(x, start, monoid, size, **settings)


POOLS = {
    "valid": {"window_strides": (1, 2, 2, 1), "padding": "VALID"},
    "padded": {"window_strides": (1, 2, 2, 1), "padding": "SAME"},
    "unequal pads": {"size": (1, 3, 2, 1), "window_strides": (1, 2, 1, 1), "padding": ((0, 0), (2, 0), (0, 1), (0, 0))},
    "over the batch": {"size": (2, 1, 1, 4), "window_strides": (1, 1, 1, 1), "padding": "VALID"},
    "of one": {"size": (1, 1, 1, 1), "window_strides": (1, 1, 1, 1), "padding": "VALID"},
}


@pytest.mark.parametrize("name", POOLS)
def test_pooling_agrees_with_jax(name: str) -> None:
    settings = POOLS[name]
    for start, monoid in ((-jnp.inf, lax.max), (jnp.inf, lax.min), (0.0, lax.add)):
        found = agreement(lambda p: weighted(pool(p["x"], start, monoid, **settings)), {"x": IMAGE})  # noqa: B023
        assert found.worst < AGREES, (monoid, found)


def test_pooling_with_holes_agrees_with_slices_of_the_array() -> None:
    """JAX has no derivative of it."""
    settings = {"window_strides": (1, 1), "padding": "VALID", "window_dilation": (2, 3)}
    for start, monoid, two in ((-jnp.inf, lax.max, jnp.maximum), (0.0, lax.add, jnp.add)):
        found = agreement(
            lambda p: weighted(pool(p["x"], start, monoid, size=(2, 2), **settings)),  # noqa: B023
            {"x": SQUARE},
            lambda p: weighted(two(two(p["x"][:-2, :-3], p["x"][2:, :-3]), two(p["x"][:-2, 3:], p["x"][2:, 3:]))),  # noqa: B023
        )
        assert found.worst < AGREES, (monoid, found)


def test_a_loop_that_asks_for_its_end_agrees_with_one_written_out() -> None:
    """JAX has no derivative of it."""
    found = agreement(
        lambda p: weighted(lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1] * p["x"]), (0, p["x"]))[1]),
        {"x": X},
        lambda p: weighted(p["x"] ** 4),
    )
    assert found.worst < AGREES, found


CONVOLUTIONS: dict[str, tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]] = {
    "1-d": ((2, 3, 9), (4, 3, 3), {"window_strides": (2,), "padding": "SAME"}),
    "2-d": ((2, 3, 6, 5), (4, 3, 3, 2), {"window_strides": (1, 2), "padding": ((1, 0), (0, 2))}),
    "3-d": ((1, 2, 4, 3, 3), (2, 2, 2, 2, 1), {"window_strides": (1, 1, 1), "padding": "VALID"}),
    "channels last": (
        (2, 6, 5, 3), (3, 2, 3, 4),
        {"window_strides": (1, 1), "padding": "SAME", "dimension_numbers": ("NHWC", "HWIO", "NHWC")},
    ),
    "groups": ((2, 4, 6, 5), (6, 2, 3, 2), {"window_strides": (1, 1), "padding": "SAME", "feature_group_count": 2}),
    "depthwise": ((2, 4, 6, 5), (8, 1, 3, 2), {"window_strides": (1, 1), "padding": "SAME", "feature_group_count": 4}),
    "holes": ((2, 3, 7, 6), (4, 3, 3, 2), {"window_strides": (1, 1), "padding": "VALID", "rhs_dilation": (2, 3)}),
    "transposed": (
        (2, 3, 3, 4), (4, 3, 3, 3),
        {"window_strides": (1, 1), "padding": ((1, 2), (2, 2)), "lhs_dilation": (2, 3)},
    ),
    "cut": ((2, 3, 6, 6), (4, 3, 2, 2), {"window_strides": (1, 1), "padding": ((-1, 0), (0, -2))}),
}  # fmt: skip


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions_agree_with_jax(name: str) -> None:
    shape, weight, settings = CONVOLUTIONS[name]
    numbers = np.random.default_rng(5)
    given = {"x": numbers.normal(size=shape), "k": numbers.normal(size=weight)}
    found = agreement(lambda p: weighted(lax.conv_general_dilated(p["x"], p["k"], **settings)), given)
    assert found.worst < AGREES, found


def test_a_transposed_convolution_agrees_with_jax() -> None:
    numbers = np.random.default_rng(5)
    given = {"x": numbers.normal(size=(2, 4, 3, 3)), "k": numbers.normal(size=(3, 2, 3, 5))}
    found = agreement(lambda p: weighted(lax.conv_transpose(p["x"], p["k"], (2, 1), "SAME")), given)
    assert found.worst < AGREES, found


# -- exact ties --------------------------------------------------------------------------------------------------------
TIES: dict[str, Case] = {
    "abs": (jnp.abs, np.zeros(3)),
    "relu": (nn.relu, np.zeros(3)),
    "relu6": (nn.relu6, np.array([0.0, 6.0])),
    "leaky_relu": (nn.leaky_relu, np.zeros(3)),
    "elu": (nn.elu, np.zeros(3)),
    "selu": (nn.selu, np.zeros(3)),
    "celu": (nn.celu, np.zeros(3)),
    "softplus": (nn.softplus, np.zeros(3)),
    "logaddexp": (lambda x: jnp.logaddexp(x[:1], x[1:]), np.ones(2)),
    "hard_tanh": (nn.hard_tanh, np.array([-1.0, 1.0])),
    "maximum": (lambda x: jnp.maximum(x[0], x[1:]), np.ones(3)),
    "minimum": (lambda x: jnp.minimum(x, 0.0), np.zeros(3)),
    "clip": (lambda x: jnp.clip(x, 0.0, 1.0), np.array([0.0, 1.0])),
    "clamp": (lambda x: lax.clamp(0.0, x, 1.0), np.array([0.0, 1.0])),
    "sign": (lambda x: jnp.sign(x) * x, np.zeros(3)),
    "max": (lambda x: x.max(axis=0), np.array([[1.0, 2.0], [1.0, 2.0], [1.0, 0.0]])),
    "min": (lambda x: x.min(axis=0), np.array([[1.0, 2.0], [1.0, 2.0], [1.0, 0.0]])),
    "max pool": (lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (2,), (1,), "SAME"), np.array([1.0, 1.0, 0.0, 0.0])),
    "max of zeros": (lambda x: nn.relu(x).max(axis=0), -np.ones((2, 2))),
    "softmax": (lambda x: nn.softmax(x), np.zeros(4)),
    "logsumexp": (lambda x: nn.logsumexp(x), np.zeros(4)),
    "norm": (lambda x: jnp.where(x > 0, x, 0 * x), np.zeros(4)),
}


@pytest.mark.parametrize("names", groups(TIES), ids=lambda names: names[0])
def test_at_exact_ties_derivatives_are_those_of_jax(names: tuple[str, ...]) -> None:
    check(TIES, names, shift=0.5)


def test_each_operation_has_a_case() -> None:
    """That a name is lowered is seen in the jaxprs of the cases."""
    seen: set[str] = set()

    def walk(jaxpr: Any) -> None:
        for eqn in jaxpr.eqns:
            seen.add(eqn.primitive.name)
            for inner in jax.tree_util.tree_leaves(
                list(eqn.params.values()), is_leaf=lambda x: hasattr(x, "eqns") or hasattr(x, "jaxpr")
            ):
                if hasattr(inner, "eqns") or hasattr(inner, "jaxpr"):
                    walk(getattr(inner, "jaxpr", inner))

    with jax.enable_x64(True):
        for function, x in CASES.values():
            walk(jax.make_jaxpr(function)(jnp.asarray(x)).jaxpr)
    seen |= {"conv_general_dilated", "reduce_window_max", "reduce_window_min", "reduce_window_sum", "while"}
    seen |= {"custom_vjp_call"}  # test_jax_refusals.py
    seen |= set(NAMES)
    seen |= {"pjit", "closed_call", "remat", "checkpoint", "core_call", "custom_vjp_call_jaxpr"}  # of other versions
    seen |= {"copy_p", "device_put", "stack", "unstack"}
    assert set(operations()) <= seen
