"""Right MAML of an Equinox module that is given the problem's parameters by tree_at."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from variant import right

from mamlcheck.conformance import subject


class _Net(eqx.Module):
    layers: list[eqx.nn.Linear]

    def __call__(self, x):
        for layer in self.layers[:-1]:
            x = jnp.tanh(layer(x))
        return self.layers[-1](x)


def _net(p):
    arrays = list(p.parameters.values())
    layers = []
    for weight, bias in zip(arrays[::2], arrays[1::2], strict=True):
        layer = eqx.nn.Linear(weight.shape[1], weight.shape[0], key=jax.random.PRNGKey(0))
        layers.append(eqx.tree_at(lambda m: (m.weight, m.bias), layer, (weight, bias)))
    return _Net(layers)


@subject("MAML")
def _module(problem):
    p = problem.on("jax")

    def value(net, batch):
        return p.loss(jax.vmap(net)(batch[0]), batch[1])

    @eqx.filter_jit
    @eqx.filter_grad
    def direction(net):
        total = 0
        for t in p.tasks:
            fast = net
            for _ in range(p.steps):
                g = eqx.filter_grad(value)(fast, t.inner)
                fast = eqx.apply_updates(fast, jax.tree.map(lambda a: -p.alpha * a, g))
            total = total + value(fast, t.outer)
        return total / len(p.tasks)

    def call():
        found = direction(_net(p))
        return [a for layer in found.layers for a in (layer.weight, layer.bias)]

    return call


module = right(_module, lambda o: o.maml())
