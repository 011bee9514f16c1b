"""Meta-gradients in plain PyTorch, as people write them; `own_defects` makes of them what people get wrong.

Each takes the model, the loss, the tasks, alpha and the number of inner steps, and returns {name: gradient}.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from own_defects import wrong
from torch.nn.attention import SDPBackend, sdpa_kernel

Tensors = dict[str, torch.Tensor]
Loop = Callable[..., Tensors]


@contextmanager
def twice_differentiable() -> Iterator[None]:
    """Fused attention has no second derivative."""
    with sdpa_kernel(SDPBackend.MATH):
        yield


def learnt(model: torch.nn.Module) -> Tensors:
    """The parameters that require a gradient."""
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


def value(model: torch.nn.Module, loss: Any, w: Mapping[str, torch.Tensor], batch: Any) -> torch.Tensor:
    """The loss of a batch at parameters w."""
    x, y = batch
    found: torch.Tensor = loss(torch.func.functional_call(model, dict(w), (x,)), y)
    return found


def adapted(
    model: torch.nn.Module,
    loss: Any,
    w: Tensors,
    batch: Any,
    alpha: float,
    steps: int,
    order: Callable[[int], int] = lambda k: 2,
    moves: Callable[[str], bool] = lambda name: True,
    cut: Callable[[str], bool] = lambda name: False,
    inner_factor: float = 1.0,
) -> Tensors:
    """Inner steps. order: of the derivative in each. moves: which parameters do. cut: whose gradient is detached."""
    for k in range(steps):
        names = [name for name in w if moves(name)]
        inner = inner_factor * value(model, loss, w, batch)
        grads = torch.autograd.grad(
            inner, [w[n] for n in names], create_graph=order(k) == 2, allow_unused=True, materialize_grads=True
        )
        w = dict(w)
        for name, g in zip(names, grads, strict=True):
            w[name] = w[name] - alpha * (g.detach() if cut(name) else g)
    return w


def maml(
    model: torch.nn.Module,
    loss: Any,
    tasks: Any,
    alpha: float,
    steps: int = 1,
    *,
    inner: int = 0,
    outer: int = 1,
    **adapting: Any,
) -> Tensors:
    """MAML, by automatic differentiation. inner, outer: the sets of a task that are used, by their position."""
    start = learnt(model)
    with twice_differentiable():
        total = sum(
            value(model, loss, adapted(model, loss, dict(start), task[inner], alpha, steps, **adapting), task[outer])
            for task in tasks
        )
        grads = torch.autograd.grad(total / len(tasks), list(start.values()), allow_unused=True, materialize_grads=True)
    return dict(zip(start, grads, strict=True))


def fo_maml(*args: Any, **adapting: Any) -> Tensors:
    """FO-MAML."""
    return maml(*args, order=lambda k: 1, **adapting)


def anil(model: torch.nn.Module, *args: Any, **adapting: Any) -> Tensors:
    """ANIL: inner steps move the last layer."""
    head = list(learnt(model))[-1].rpartition(".")[0]
    return maml(model, *args, moves=lambda name: name.rpartition(".")[0] == head, **adapting)


def reptile(model: torch.nn.Module, loss: Any, tasks: Any, alpha: float, steps: int = 1) -> Tensors:
    """Reptile: how far the inner steps lead, as the mean of (before - after)."""
    start = learnt(model)
    with twice_differentiable():
        ends = [adapted(model, loss, dict(start), task[0], alpha, steps, lambda k: 1) for task in tasks]
    return {n: torch.stack([(start[n] - end[n]).detach() for end in ends]).mean(0) for n in start}


def hf_maml(
    model: torch.nn.Module, loss: Any, tasks: Any, alpha: float, steps: int = 1, delta: float = 1e-3
) -> Tensors:
    """HF-MAML: H v by a central difference of gradients."""
    start = learnt(model)

    def gradient(w: Tensors, batch: Any) -> Tensors:
        leaves = {n: p.detach().requires_grad_() for n, p in w.items()}
        grads = torch.autograd.grad(value(model, loss, leaves, batch), list(leaves.values()))
        return dict(zip(leaves, grads, strict=True))

    found = []
    with twice_differentiable():
        for support, query in tasks:
            path = [{n: p.detach() for n, p in start.items()}]
            for _ in range(steps):
                g = gradient(path[-1], support)
                path.append({n: p - alpha * g[n] for n, p in path[-1].items()})
            v = gradient(path[-1], query)
            for w in reversed(path[:-1]):
                ahead = gradient({n: w[n] + delta * v[n] for n in w}, support)
                behind = gradient({n: w[n] - delta * v[n] for n in w}, support)
                v = {n: v[n] - alpha * (ahead[n] - behind[n]) / (2 * delta) for n in v}
            found.append(v)
    return {n: torch.stack([v[n] for v in found]).mean(0) for n in start}


RIGHT: dict[str, Loop] = {"MAML": maml, "FO-MAML": fo_maml, "HF-MAML": hf_maml, "ANIL": anil, "Reptile": reptile}
WRONG: dict[str, Loop] = wrong(maml)
