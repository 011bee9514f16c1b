"""Meta-gradients in plain JAX, as people write them; `own_defects` makes of them what people get wrong.

Each takes a `JaxModel`, the loss, the tasks, alpha and the number of inner steps, and returns {name: gradient}.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
from own_defects import Gradient, Loop, wrong


@dataclass(frozen=True, eq=False)
class JaxModel:
    """module: as it is handed to `own_problem`, with its pytree of parameters. apply: of such a pytree and inputs."""

    module: Any
    parameters: Any
    apply: Callable[[Any, Any], Any]

    @cached_property
    def learnt(self) -> Gradient:
        """The parameters by name, in the order of the pytree."""
        found = jax.tree_util.tree_flatten_with_path(self.parameters)[0]
        return {jax.tree_util.keystr(path, simple=True, separator="."): leaf for path, leaf in found}

    def tree(self, named: Gradient) -> Any:
        """Arrays by name as a pytree like that of the parameters."""
        return jax.tree.unflatten(jax.tree.structure(self.parameters), [named[n] for n in self.learnt])


def value(model: JaxModel, loss: Any, w: Gradient, batch: Any) -> Any:
    """The loss of a batch at parameters w."""
    x, y = batch
    return loss(model.apply(model.tree(w), x), y)


def adapted(
    model: JaxModel,
    loss: Any,
    w: Gradient,
    batch: Any,
    alpha: float,
    steps: int,
    order: Callable[[int], int] = lambda k: 2,
    moves: Callable[[str], bool] = lambda name: True,
    cut: Callable[[str], bool] = lambda name: False,
    inner_factor: float = 1.0,
) -> Gradient:
    """Inner steps. order: of the derivative in each. moves: which parameters do. cut: whose gradient is held."""
    for k in range(steps):
        slopes = jax.grad(lambda v: inner_factor * value(model, loss, v, batch))(w)
        held = {n: jax.lax.stop_gradient(g) if order(k) == 1 or cut(n) else g for n, g in slopes.items()}
        w = {n: p - alpha * held[n] if moves(n) else p for n, p in w.items()}
    return w


def maml(
    model: JaxModel,
    loss: Any,
    tasks: Any,
    alpha: float,
    steps: int = 1,
    *,
    inner: int = 0,
    outer: int = 1,
    **adapting: Any,
) -> Gradient:
    """MAML, by automatic differentiation. inner, outer: the sets of a task that are used, by their position."""

    def objective(w: Gradient) -> Any:
        ends = [adapted(model, loss, w, task[inner], alpha, steps, **adapting) for task in tasks]
        return sum(value(model, loss, w, task[outer]) for w, task in zip(ends, tasks, strict=True)) / len(tasks)

    found: Gradient = jax.grad(objective)(model.learnt)
    return {n: found[n] for n in model.learnt}  # JAX returns dicts in the order of their keys


def fo_maml(*args: Any, **adapting: Any) -> Gradient:
    """FO-MAML."""
    return maml(*args, order=lambda k: 1, **adapting)


def anil(model: JaxModel, *args: Any, **adapting: Any) -> Gradient:
    """ANIL: inner steps move the last layer."""
    head = list(model.learnt)[-1].rpartition(".")[0]
    return maml(model, *args, moves=lambda name: name.rpartition(".")[0] == head, **adapting)


def reptile(model: JaxModel, loss: Any, tasks: Any, alpha: float, steps: int = 1) -> Gradient:
    """Reptile: how far the inner steps lead, as the mean of (before - after)."""
    ends = [adapted(model, loss, model.learnt, task[0], alpha, steps) for task in tasks]
    return {n: jnp.stack([p - end[n] for end in ends]).mean(0) for n, p in model.learnt.items()}


def hf_maml(model: JaxModel, loss: Any, tasks: Any, alpha: float, steps: int = 1, delta: float = 1e-3) -> Gradient:
    """HF-MAML: H v by a central difference of gradients."""

    def gradient(w: Gradient, batch: Any) -> Gradient:
        found: Gradient = jax.grad(lambda v: value(model, loss, v, batch))(w)
        return found

    found = []
    for support, query in tasks:
        path = [model.learnt]
        for _ in range(steps):
            g = gradient(path[-1], support)
            path.append({n: p - alpha * g[n] for n, p in path[-1].items()})
        v = gradient(path[-1], query)
        for w in reversed(path[:-1]):
            ahead = gradient({n: w[n] + delta * v[n] for n in w}, support)
            behind = gradient({n: w[n] - delta * v[n] for n in w}, support)
            v = {n: v[n] - alpha * (ahead[n] - behind[n]) / (2 * delta) for n in v}
        found.append(v)
    return {n: jnp.stack([v[n] for v in found]).mean(0) for n in model.learnt}


RIGHT: dict[str, Loop] = {"MAML": maml, "FO-MAML": fo_maml, "HF-MAML": hf_maml, "ANIL": anil, "Reptile": reptile}
WRONG: dict[str, Loop] = wrong(maml)
