"""Right MAML of a Flax module that is given the problem's parameters: kernels are transposed there."""

from __future__ import annotations

import flax.linen as nn
import jax
from variant import right

from mamlcheck.conformance import subject


class _Net(nn.Module):
    hidden: int
    outputs: int

    @nn.compact
    def __call__(self, x):
        if self.hidden:
            x = nn.tanh(nn.Dense(self.hidden, name="hidden")(x))
        return nn.Dense(self.outputs, name="head")(x)


def _nested(w):
    """{"hidden.weight": ...} to {"hidden": {"kernel": ...}}; a single layer is the head."""
    found = {}
    for name, value in w.items():
        layer, _, kind = name.rpartition(".")
        key, array = ("kernel", value.T) if kind == "weight" else ("bias", value)
        found.setdefault(layer or "head", {})[key] = array
    return found


def _flat(names, tree):
    found = {}
    for name in names:
        layer, _, kind = name.rpartition(".")
        part = tree[layer or "head"]
        found[name] = part["kernel"].T if kind == "weight" else part["bias"]
    return found


@subject("MAML")
def _module(problem):
    p = problem.on("jax")
    sizes = [value.shape[0] for name, value in p.parameters.items() if name.endswith("weight")]
    net = _Net(hidden=sizes[0] if len(sizes) > 1 else 0, outputs=sizes[-1])

    def value(w, batch):
        return p.loss(net.apply({"params": w}, batch[0]), batch[1])

    def meta_loss(w):
        total = 0
        for t in p.tasks:
            fast = w
            for _ in range(p.steps):
                fast = jax.tree.map(lambda a, b: a - p.alpha * b, fast, jax.grad(value)(fast, t.inner))
            total = total + value(fast, t.outer)
        return total / len(p.tasks)

    direction = jax.jit(jax.grad(meta_loss))
    return lambda: _flat(p.parameters, direction(_nested(p.parameters)))


module = right(_module, lambda o: o.maml())
