"""An oracle for variants: networks, losses and gradients by hand in NumPy, further derivatives by complex steps.

Only the numbers of a problem (parameters, tasks, rates) are taken from mamlcheck, none of its mathematics. A complex
step of 1e-30 cancels nothing, so a derivative is good to some units of the last place. Everything is flat, (n,) in the
order of the parameters, real or complex. A batch is (x, y) or, with weights of the samples that add up to 1, (x, y, q).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mamlcheck.conformance import Problem

H = 1e-30
Array = np.ndarray
Batch = tuple[Array, ...]


def joined(*batches: Batch) -> Batch:
    """The samples of all batches as one."""
    return tuple(np.concatenate(part) for part in zip(*batches, strict=True))


def chosen(batch: Batch, samples: object) -> Batch:
    """Some samples of a batch, by a slice or indices."""
    return tuple(part[samples] for part in batch)


class Oracle:
    """The numbers of a problem and what can be computed of them by hand."""

    def __init__(self, problem: Problem):
        self.name = problem.name
        self.w = np.concatenate([v.ravel() for v in problem.parameters.values()])
        self.shapes = {name: v.shape for name, v in problem.parameters.items()}
        self.tasks = problem.tasks
        self.alpha, self.beta, self.K = problem.alpha, problem.beta, problem.steps

    # -- the network ---------------------------------------------------------------------------------------------
    def tensors(self, w: Array) -> dict[str, Array]:
        """Flat to {name: tensor}."""
        out, at = {}, 0
        for name, shape in self.shapes.items():
            size = int(np.prod(shape))
            out[name] = w[at : at + size].reshape(shape)
            at += size
        return out

    def on(self, *parts: str) -> Array:
        """1 on the tensors whose name contains one of the parts, 0 elsewhere (n,). A single layer counts as head."""
        marks = []
        for name, shape in self.shapes.items():
            full = name if "." in name else f"head.{name}"
            marks.append(np.full(int(np.prod(shape)), float(any(part in full for part in parts))))
        return np.concatenate(marks)

    def output(self, w: Array, x: Array) -> Array:
        t = self.tensors(w)
        if "weight" in t:
            return x @ t["weight"].T + t["bias"]
        return np.tanh(x @ t["hidden.weight"].T + t["hidden.bias"]) @ t["head.weight"].T + t["head.bias"]

    def sample_losses(self, w: Array, batch: Batch) -> Array:
        out, y = self.output(w, batch[0]), batch[1]
        if self.name == "tanh-cross-entropy":
            return np.log(np.exp(out).sum(1)) - out[np.arange(len(y)), y]
        r = out - y
        return (r * r if self.name == "tanh-squared-error" else r * r / (1 + r * r)).mean(1)

    def loss(self, w: Array, batch: Batch) -> Array:
        """The mean loss, or that with the weights of the batch."""
        return self.sample_losses(w, batch) @ self._weights(batch)

    def slope(self, w: Array, batch: Batch) -> Array:
        """The derivative of the loss by the outputs (m, c)."""
        out, y, q = self.output(w, batch[0]), batch[1], self._weights(batch)[:, None]
        if self.name == "tanh-cross-entropy":
            shares = np.exp(out) / np.exp(out).sum(1, keepdims=True)
            return (shares - np.eye(out.shape[1])[y]) * q
        r = out - y
        return (2 * r if self.name == "tanh-squared-error" else 2 * r / (1 + r * r) ** 2) * q / r.shape[1]

    def grad(self, w: Array, batch: Batch) -> Array:
        """The gradient of the loss, by the chain rule."""
        return self.back(w, batch[0], self.slope(w, batch))

    def back(self, w: Array, x: Array, s: Array) -> Array:
        """J^T s, for the Jacobian J of the outputs."""
        t = self.tensors(w)
        if "weight" in t:
            return np.concatenate([(s.T @ x).ravel(), s.sum(0)])
        h = np.tanh(x @ t["hidden.weight"].T + t["hidden.bias"])
        d = (s @ t["head.weight"]) * (1 - h * h)
        return np.concatenate([(d.T @ x).ravel(), d.sum(0), (s.T @ h).ravel(), s.sum(0)])

    @staticmethod
    def _weights(batch: Batch) -> Array:
        return batch[2] if len(batch) > 2 else np.full(len(batch[0]), 1 / len(batch[0]))

    # -- derivatives by complex steps ----------------------------------------------------------------------------
    def d(self, f: Callable[[Array], complex], w: Array | None = None) -> Array:
        """The gradient of a scalar function at w."""
        w = self.w if w is None else w
        return np.array([f(w + 1j * H * e).imag / H for e in np.eye(w.size)])

    def hv(self, w: Array, v: Array, batch: Batch) -> Array:
        """Hessian of the loss at w times v, both real."""
        return self.grad(w + 1j * H * v, batch).imag / H

    # -- algorithms ----------------------------------------------------------------------------------------------
    def mean(self, f: Callable[..., Array]) -> Array:
        """The mean of f(task) over tasks."""
        return sum(f(t) for t in self.tasks) / len(self.tasks)

    def rate(self, rate: object = None) -> object:
        return self.alpha if rate is None else rate

    def adapt(self, w: Array, batch: Batch, rate: object = None, steps: int | None = None, on: object = 1.0) -> Array:
        """Inner steps. rate: a number, or an array (n,); on: 1 on what they move."""
        for _ in range(self.K if steps is None else steps):
            w = w - self.rate(rate) * on * self.grad(w, batch)
        return w

    def path(self, w: Array, batch: Batch, rate: object = None, steps: int | None = None) -> list[Array]:
        """The points of the inner steps, the first and the last included."""
        points = [w]
        for _ in range(self.K if steps is None else steps):
            points.append(self.adapt(points[-1], batch, rate, 1))
        return points

    def maml(
        self,
        rate: object = None,
        steps: int | None = None,
        on: object = 1.0,
        tasks: Sequence[object] | None = None,
        inner: Callable[..., Batch] = lambda t: t.inner,
        outer: Callable[..., Batch] = lambda t: t.outer,
    ) -> Array:
        """The gradient of the mean outer loss at adapted parameters, through all inner steps."""
        tasks = self.tasks if tasks is None else tasks

        def objective(w: Array) -> complex:
            return sum(self.loss(self.adapt(w, inner(t), rate, steps, on), outer(t)) for t in tasks) / len(tasks)

        return self.d(objective)

    def fo(
        self,
        rate: object = None,
        steps: int | None = None,
        on: object = 1.0,
        tasks: Sequence[object] | None = None,
        inner: Callable[..., Batch] = lambda t: t.inner,
        outer: Callable[..., Batch] = lambda t: t.outer,
    ) -> Array:
        """The same of first order."""
        tasks = self.tasks if tasks is None else tasks
        return sum(self.grad(self.adapt(self.w, inner(t), rate, steps, on), outer(t)) for t in tasks) / len(tasks)

    def own_hessian(self) -> Array:
        """MAML with the Hessians of the Hessian set, one inner step."""
        return self.mean(lambda t: self.one(t, lambda g: self.hv(self.w, g, t.hessian)))

    def one(self, t: object, product: Callable[[Array], Array], rate: object = None) -> Array:
        """Of a task with one inner step: the outer gradient g at w', less alpha times `product(g)`."""
        g = self.outer(t)
        return g - self.rate(rate) * product(g)

    def outer(self, t: object) -> Array:
        """The outer gradient at the adapted parameters."""
        return self.grad(self.adapt(self.w, t.inner), t.outer)

    def difference(self, w: Array, v: Array, batch: Batch, delta: float) -> Array:
        """(grad f(w + delta v) - grad f(w - delta v)) / (2 delta)."""
        return (self.grad(w + delta * v, batch) - self.grad(w - delta * v, batch)) / (2 * delta)

    def hf(self, delta: float, role: str = "inner") -> Array:
        """HF-MAML with one inner step."""
        return self.mean(lambda t: self.one(t, lambda g: self.difference(self.w, g, t.batch(role), delta)))

    def reptile(self, **options: object) -> Array:
        """w - w', the mean over tasks."""
        return self.mean(lambda t: self.w - self.adapt(self.w, t.inner, **options))

    def detached(self, f: Callable[[Array, Array], complex]) -> Array:
        """The gradient of f(w, c) by w at c = w, c being held: what is left where a graph is cut at c."""
        return self.d(lambda w: f(w, self.w))
