"""A run of MAML by hand in PyTorch, as somebody would write it who has no mamlcheck: what its speed is compared with.

One seed after the other, the tasks of a step at once, gradients by autograd. Log-cosh losses of a table a (n, m, d),
b (n, m); the step size of the theory, and F and its gradient of all data at every step, as `mamlcheck run` has them.
"""

from __future__ import annotations

import math
from typing import Any

import torch


def loss(w: Any, a: Any, b: Any) -> Any:
    """Mean log-cosh losses (B,) at points w (B, d)."""
    t = (a * w[:, None, :]).sum(-1) - b
    return (torch.nn.functional.softplus(2 * t) - t - math.log(2)).mean(-1)


def gradient(w: Any, a: Any, b: Any, graph: bool = False) -> Any:
    (found,) = torch.autograd.grad(loss(w, a, b).sum(), w, create_graph=graph)
    return found


def objective(w: Any, a: Any, b: Any, alpha: float) -> tuple[float, float]:
    """F and |grad F|, all tasks being equally likely."""
    w = w.detach().requires_grad_(True)
    points = w.expand(len(a), -1)
    value = loss(points - alpha * gradient(points, a, b, graph=True), a, b).mean()
    (slope,) = torch.autograd.grad(value, w)
    return float(value.detach()), float(slope.norm())


def run(
    a: Any, b: Any, seed: int, steps: int, alpha: float, smooth: float, rho: float, tasks: int = 20, samples: int = 5
) -> tuple[Any, list[tuple[float, float]]]:
    """The last point of a run, and F and |grad F| at each step; B' = D_beta = 1."""
    draws = torch.Generator().manual_seed(seed)
    n, m, d = a.shape
    w, course = torch.zeros(d, dtype=torch.float64), []

    def batch(drawn: Any, size: int) -> tuple[Any, Any]:
        samples = torch.randint(m, (len(drawn), size), generator=draws)
        return a[drawn[:, None], samples], b[drawn[:, None], samples]

    for _ in range(steps):
        course.append(objective(w, a, b, alpha))
        drawn = torch.randint(n, (tasks,), generator=draws)
        points = w.expand(tasks, -1).clone().requires_grad_(True)
        adapted = (points - alpha * gradient(points, *batch(drawn, samples))).detach().requires_grad_(True)
        v = gradient(adapted, *batch(drawn, samples))
        (bent,) = torch.autograd.grad((gradient(points, *batch(drawn, samples), graph=True) * v).sum(), points)
        here = w[None].clone().requires_grad_(True)
        of_stepsize = gradient(here, *batch(torch.randint(n, (1,), generator=draws), 1))
        beta = 1 / 12 / (4 * smooth + 2 * rho * alpha * of_stepsize.norm(dim=-1).mean())
        w = w - beta * (v - alpha * bent).mean(0)
    return w, course
