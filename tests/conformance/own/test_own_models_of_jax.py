"""Own problems of JAX: gradients of a function, a Flax and an Equinox module, in the shape that they come in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("jax", reason="JAX is not installed: pip install 'mamlcheck[jax]'")

import jax
import jax.numpy as jnp

import mamlcheck
from mamlcheck.conformance.own.frameworks import opened
from mamlcheck.errors import InputError

ALPHA = 0.1
random = np.random.default_rng(0)


def batch(n: int) -> Any:
    return random.normal(size=(n, 4)).astype(np.float32), random.integers(0, 3, n)


TASKS = [(batch(5), batch(6)), (batch(7), batch(6))]


def cross_entropy(output: Any, y: Any) -> Any:
    return -jnp.take_along_axis(jax.nn.log_softmax(output), jnp.asarray(y)[:, None], axis=-1).mean()


def network(p: Any, x: Any) -> Any:
    (w, b), (v, c) = p
    return jnp.tanh(x @ w + b) @ v + c


def start() -> Any:
    shapes = (((4, 8), (8,)), ((8, 3), (3,)))
    return [tuple(np.float32(random.normal(size=shape) / 2) for shape in layer) for layer in shapes]


def adapted(p: Any, value: Any, first_order: bool) -> Any:
    slopes = jax.grad(value)(p)
    slopes = jax.lax.stop_gradient(slopes) if first_order else slopes
    return jax.tree.map(lambda a, b: a - ALPHA * b, p, slopes)


def meta_gradient(apply: Any, p: Any, first_order: bool = False) -> Any:
    def objective(p: Any) -> Any:
        losses = [
            cross_entropy(apply(adapted(p, lambda q: cross_entropy(apply(q, x), y), first_order), xq), yq)  # noqa: B023
            for (x, y), (xq, yq) in TASKS
        ]
        return sum(losses) / len(losses)

    return jax.grad(objective)(p)


def said(gradient: Any, **posed: Any) -> str:
    return mamlcheck.what_is(gradient, loss=cross_entropy, tasks=TASKS, alpha=ALPHA, **posed).sentence


def test_a_function_with_a_pytree_of_parameters() -> None:
    p = start()
    found = said(meta_gradient(network, p), model=network, parameters=p)
    assert found.startswith("This is MAML on network"), found
    found = said(meta_gradient(network, p, first_order=True), model=network, parameters=p)
    assert found.startswith("This is FO-MAML on network"), found


def test_a_flax_module_with_what_its_init_returned() -> None:
    nn = pytest.importorskip("flax.linen", reason="Flax is not installed: these tests pose problems of its networks")
    net = nn.Sequential([nn.Dense(8), nn.tanh, nn.Dense(3)])
    variables = net.init(jax.random.key(0), TASKS[0][0][0])
    gradient = meta_gradient(net.apply, variables)
    for shape in (gradient, gradient["params"]):
        assert said(shape, model=net, parameters=variables).startswith("This is MAML on Sequential")
    given = mamlcheck.own_problem(net, cross_entropy, TASKS, alpha=ALPHA, parameters=variables)
    assert given.head == ("layers_2.kernel", "layers_2.bias")
    assert given.dtype == "float32"


def test_the_last_layer_is_what_the_loss_comes_to_last() -> None:
    """JAX sorts the keys of what it returns, such as parameters after an update: their order says nothing."""

    def network(p: Any, x: Any) -> Any:
        return jnp.tanh(x @ p["conv"]["w"] + p["conv"]["b"]) @ p["a_head"]["w"].T + p["a_head"]["b"]

    shapes = {"conv": {"w": (4, 8), "b": (8,)}, "a_head": {"w": (3, 8), "b": (3,)}}
    is_shape = lambda x: isinstance(x, tuple)  # noqa: E731
    p = jax.tree.map(lambda s: np.float32(random.normal(size=s) / 2), shapes, is_leaf=is_shape)
    assert list(p) == ["a_head", "conv"]
    given = mamlcheck.own_problem(network, cross_entropy, TASKS, alpha=ALPHA, parameters=p)
    assert given.head == ("a_head.b", "a_head.w")


def test_an_equinox_module_with_a_part_of_it_frozen() -> None:
    eqx = pytest.importorskip("equinox", reason="Equinox is not installed: these tests pose problems of its networks")
    net = eqx.nn.MLP(4, 3, 8, 1, jnp.tanh, key=jax.random.key(0))
    nothing = eqx.filter(net, lambda _: False)
    head = eqx.tree_at(lambda n: n.layers[1], nothing, net.layers[1], is_leaf=lambda x: x is None)
    learnt = eqx.filter(head, eqx.is_inexact_array)

    def apply(q: Any, x: Any) -> Any:
        return jax.vmap(eqx.combine(q, net))(x)

    assert said(meta_gradient(apply, learnt), model=net, parameters=learnt).startswith("This is MAML on MLP")
    own = opened(net, learnt)
    assert tuple(own.parameters) == ("layers.1.weight", "layers.1.bias")
    assert own.frozen == ("layers.0.weight", "layers.0.bias")


def test_an_update_of_pytrees_is_read() -> None:
    p = start()
    after = jax.tree.map(lambda a, g: a - 0.5 * g, p, meta_gradient(network, p))
    assert said((p, after), model=network, parameters=p, rate=0.5).startswith("This is MAML")


def test_a_module_of_equinox_that_takes_a_batch() -> None:
    equinox = pytest.importorskip("equinox", reason="Equinox is not installed: pip install equinox")

    class Batched(equinox.Module):  # type: ignore[misc]
        one: Any

        def __call__(self, x: Any) -> Any:
            return jax.vmap(self.one)(x)

    module = Batched(equinox.nn.MLP(4, 3, 5, 1, key=jax.random.key(0)))
    with pytest.raises(InputError, match=r"tasks\[0\], inner set: .* model=lambda module, x: module\(x\), parameters="):
        mamlcheck.own_problem(module, cross_entropy, TASKS, alpha=ALPHA)
    trained, rest = equinox.partition(module, equinox.is_inexact_array)
    found = meta_gradient(lambda p, x: equinox.combine(p, rest)(x), trained)
    assert said(found, model=lambda module, x: module(x), parameters=module).startswith("This is MAML")


def test_parameters_that_cannot_be_used_are_refused() -> None:
    with pytest.raises(InputError, match="has no parameter"):
        mamlcheck.own_problem(network, cross_entropy, TASKS, alpha=ALPHA, parameters={"n": np.arange(3)})
    with pytest.raises(InputError, match="give them as parameters="):
        mamlcheck.own_problem(network, cross_entropy, TASKS, alpha=ALPHA)
    mixed = [np.ones(2, np.float32), np.ones(2)]
    with pytest.raises(InputError, match="float32 and float64: give all of them one precision"):
        mamlcheck.own_problem(network, cross_entropy, TASKS, alpha=ALPHA, parameters=mixed)


def test_inner_rates_as_pytrees_by_parameter_and_by_step() -> None:
    p = start()
    first, second = (jax.tree.map(lambda a, r=r: np.float32(r) * np.ones_like(a) / a.size, p) for r in (0.5, 2))
    numbers = jax.tree.map(lambda a: 1 / a.size, p)

    def of(rates: Any) -> Any:
        def objective(p: Any) -> Any:
            total = 0
            for (x, y), (xq, yq) in TASKS:
                q = p
                for rate in rates:
                    slopes = jax.grad(lambda q: cross_entropy(network(q, x), y))(q)  # noqa: B023
                    q = jax.tree.map(lambda a, r, b: a - r * b, q, rate, slopes)
                total += cross_entropy(network(q, xq), yq)
            return total / len(TASKS)

        return jax.grad(objective)(p)

    for alpha, rates in ((first, [first]), (numbers, [numbers]), ([first, second], [first, second])):
        posed = mamlcheck.own_problem(
            network, cross_entropy, TASKS, alpha=alpha, steps=len(rates), parameters=p, certify=True
        )
        found = mamlcheck.what_is(of(rates), posed, declared="MAML")
        assert found.conforms, found.text
        assert "at inner rates by" in str(found)
    with pytest.raises(InputError, match=r"'0\.0' is missing"):
        mamlcheck.own_problem(network, cross_entropy, TASKS, alpha={"a": 0.1}, parameters=p)


def test_inner_rates_in_the_form_of_a_module() -> None:
    eqx = pytest.importorskip("equinox", reason="Equinox is not installed: these tests pose problems of its networks")
    net = eqx.nn.MLP(4, 3, 8, 1, jnp.tanh, key=jax.random.key(0))
    learnt = eqx.filter(net, eqx.is_inexact_array)
    rates = jax.tree.map(lambda a: jnp.ones_like(a) / a.size, learnt)
    posed = mamlcheck.own_problem(net, cross_entropy, TASKS, alpha=rates)
    assert posed.rates[0]["layers.1.bias"].tolist() == [np.float32(1 / 3)] * 3


def test_a_subject_of_nested_dicts_lists_and_modules_returns_them_as_they_are() -> None:
    """A direction may be a pytree as that of the parameters: dicts of dicts and lists, and a module of Equinox."""
    eqx = pytest.importorskip("equinox", reason="Equinox is not installed: these tests pose problems of its networks")
    (w, b), (v, c) = start()
    nested = {"body": {"layers": [{"w": w, "b": b}]}, "head": [v, {"bias": c}]}

    def of_nested(p: Any, x: Any) -> Any:
        body, (v, c) = p["body"]["layers"][0], p["head"]
        return jnp.tanh(x @ body["w"] + body["b"]) @ v + c["bias"]

    net = eqx.nn.MLP(4, 3, 8, 1, jnp.tanh, key=jax.random.key(0))
    learnt = eqx.filter(net, eqx.is_inexact_array)
    cases = ((of_nested, nested, of_nested), (net, learnt, lambda q, x: jax.vmap(eqx.combine(q, net))(x)))
    for model, p, apply in cases:
        posed = mamlcheck.own_problem(model, cross_entropy, TASKS, alpha=ALPHA, parameters=p)

        def make(problem: Any, p: Any = p, apply: Any = apply) -> Any:
            def objective(p: Any) -> Any:
                q, total = p, 0
                for (x, y), (xq, yq) in TASKS:
                    q = p
                    for _ in range(problem.steps):
                        slopes = jax.grad(lambda q: cross_entropy(apply(q, x), y))(q)  # noqa: B023
                        q = jax.tree.map(lambda a, s: a - problem.alpha * s, q, slopes)
                    total += cross_entropy(apply(q, xq), yq)
                return total / len(TASKS)

            return lambda: jax.grad(objective)(p)

        found = mamlcheck.conformance.identify(mamlcheck.conformance.subject("MAML")(make), problems=[posed])
        assert found.conforms, found.text
