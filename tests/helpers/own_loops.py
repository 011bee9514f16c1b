"""Meta-gradients in plain PyTorch, as people write them, and with what they get wrong.

Each takes the model, the loss, the tasks, alpha and the number of inner steps, and returns {name: gradient}.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
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


# -- what people get wrong ---------------------------------------------------------------------------------------------
def with_hessian_times(factor: float) -> Loop:
    """The Hessian term times a number."""

    def loop(*args: Any) -> Tensors:
        first, second = fo_maml(*args), maml(*args)
        return {n: first[n] + factor * (second[n] - first[n]) for n in first}

    return loop


def other_rate(model: torch.nn.Module, loss: Any, tasks: Any, alpha: float, steps: int = 1) -> Tensors:
    """0.7 of the inner rate."""
    return maml(model, loss, tasks, 0.7 * alpha, steps)


def one_step_more(model: torch.nn.Module, loss: Any, tasks: Any, alpha: float, steps: int = 1) -> Tensors:
    """One inner step too many."""
    return maml(model, loss, tasks, alpha, steps + 1)


def one_step_less(model: torch.nn.Module, loss: Any, tasks: Any, alpha: float, steps: int = 1) -> Tensors:
    """One inner step too few."""
    return maml(model, loss, tasks, alpha, steps - 1)


def sum_over_tasks(model: torch.nn.Module, loss: Any, tasks: Any, alpha: float, steps: int = 1) -> Tensors:
    """The sum over tasks."""
    return {n: len(tasks) * g for n, g in maml(model, loss, tasks, alpha, steps).items()}


def first_task_only(model: torch.nn.Module, loss: Any, tasks: Any, *args: Any) -> Tensors:
    """The first task alone."""
    return maml(model, loss, tasks[:1], *args)


def summed_inner_loss(model: torch.nn.Module, loss: Any, tasks: Any, alpha: float, steps: int = 1) -> Tensors:
    """The inner loss is a sum over samples."""
    parts = [maml(model, loss, [task], alpha, steps, inner_factor=len(task[0][1])) for task in tasks]
    return {n: sum(part[n] for part in parts) / len(tasks) for n in parts[0]}


def swapped(*args: Any) -> Tensors:
    """Support and query sets are mixed up."""
    return maml(*args, inner=1, outer=0)


def support_as_query(*args: Any) -> Tensors:
    """The outer loss is of the support set."""
    return maml(*args, outer=0)


def detached_layer(model: torch.nn.Module, *args: Any) -> Tensors:
    """The inner gradient of the first layer is detached."""
    first = next(iter(learnt(model))).rpartition(".")[0]
    return maml(model, *args, cut=lambda name: name.rpartition(".")[0] == first)


def second_step_of_first_order(*args: Any) -> Tensors:
    """create_graph=True in the first inner step alone."""
    return maml(*args, order=lambda k: 2 if k == 0 else 1)


def pooled(model: torch.nn.Module, loss: Any, tasks: Any, alpha: float, steps: int = 1) -> Tensors:
    """The mean over all query samples: tasks are weighed by the sizes of their query sets."""
    sizes = [len(query[1]) for _, query in tasks]
    parts = [maml(model, loss, [task], alpha, steps) for task in tasks]
    return {n: sum(s * part[n] for s, part in zip(sizes, parts, strict=True)) / sum(sizes) for n in parts[0]}


def sign_flipped(*args: Any) -> Tensors:
    """After - before."""
    return {n: -g for n, g in maml(*args).items()}


def times_alpha(model: torch.nn.Module, loss: Any, tasks: Any, alpha: float, steps: int = 1) -> Tensors:
    """The meta step uses the inner rate as well."""
    return {n: alpha * g for n, g in maml(model, loss, tasks, alpha, steps).items()}


RIGHT: dict[str, Loop] = {"MAML": maml, "FO-MAML": fo_maml, "HF-MAML": hf_maml, "ANIL": anil, "Reptile": reptile}
WRONG: dict[str, Loop] = {
    "first order": fo_maml,
    "Hessian halved": with_hessian_times(0.5),
    "Hessian of the wrong sign": with_hessian_times(-1.0),
    "other rate": other_rate,
    "one step more": one_step_more,
    "one step less": one_step_less,
    "sum over tasks": sum_over_tasks,
    "first task only": first_task_only,
    "summed inner loss": summed_inner_loss,
    "swapped": swapped,
    "support as query": support_as_query,
    "detached layer": detached_layer,
    "second step of first order": second_step_of_first_order,
    "pooled": pooled,
    "sign flipped": sign_flipped,
    "times alpha": times_alpha,
}
