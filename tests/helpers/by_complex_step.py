"""Directions of the conformance problems by complex steps: models and losses by hand, nothing of mamlcheck's maths.

The derivative along e of an analytic f is Im f(w + i h e) / h, with no cancellation: at h = 1e-30 it is as good as f.
"""

from __future__ import annotations

import numpy as np

STEP = 1e-30


def start(given):
    return np.concatenate([a.ravel() for a in given.parameters.values()]).astype(complex)


def tensors(given, w):
    found, at = [], 0
    for array in given.parameters.values():
        found.append(w[at : at + array.size].reshape(array.shape))
        at += array.size
    return found


def loss(given, w, batch):
    """The mean loss of a batch."""
    x, y = batch
    weight, bias, *head = tensors(given, w)
    output = x @ weight.T + bias
    if head:
        output = np.tanh(output) @ head[0].T + head[1]
    if given.name == "tanh-cross-entropy":
        return np.mean(np.log(np.exp(output).sum(1)) - output[np.arange(len(y)), y])
    squares = (output - y) ** 2
    return np.mean(squares if given.name == "tanh-squared-error" else squares / (1 + squares))


def slope(given, w, batch):
    """The gradient of the mean loss, by hand: it has to take complex w."""
    x, y = batch
    weight, bias, *head = tensors(given, w)
    hidden = x @ weight.T + bias
    activity = np.tanh(hidden) if head else None
    output = activity @ head[0].T + head[1] if head else hidden
    if given.name == "tanh-cross-entropy":
        back = np.exp(output) / np.exp(output).sum(1, keepdims=True)
        back[np.arange(len(y)), y] -= 1
        back = back / len(x)
    else:
        rest = output - y
        back = 2 * rest / rest.size
        if given.name == "linear-robust":
            back = back / (1 + rest**2) ** 2
    if not head:
        return np.concatenate([(back.T @ x).ravel(), back.sum(0)])
    below = (back @ head[0]) * (1 - activity**2)
    parts = ((below.T @ x).ravel(), below.sum(0), (back.T @ activity).ravel(), back.sum(0))
    return np.concatenate(parts)


def derivative(f, w):
    """The gradient of f at w, by complex steps."""
    return np.array([f(w + 1j * STEP * row).imag / STEP for row in np.eye(w.size)])


def adapted(given, w, batch, rate, steps):
    for _ in range(steps):
        w = w - rate * slope(given, w, batch)
    return w


def maml(given, rate=None, steps=None, tasks=None):
    """The mean over tasks of the derivative of the outer loss after inner steps."""
    rate, steps = given.alpha if rate is None else rate, given.steps if steps is None else steps
    each = [
        derivative(lambda w, t=t: loss(given, adapted(given, w, t.inner, rate, steps), t.outer), start(given))
        for t in (given.tasks if tasks is None else tasks)
    ]
    return np.mean(each, axis=0)


def plain_gradient(given):
    """The mean over tasks of the gradient of the inner loss at the initial parameters."""
    return np.mean([derivative(lambda w, t=t: loss(given, w, t.inner), start(given)) for t in given.tasks], axis=0)


def reptile(given):
    """For each task the way back from its adapted parameters: (B, n)."""
    w = start(given)
    return np.array([(w - adapted(given, w, t.inner, given.alpha, given.steps)).real for t in given.tasks])


def by_rates(given):
    """The mean over tasks of the derivative of the outer loss by a rate for each parameter, at alpha: (n,)."""
    w = start(given)
    rates = np.full(w.size, given.alpha, dtype=complex)
    each = [
        derivative(lambda r, t=t: loss(given, adapted(given, w, t.inner, r, given.steps), t.outer), rates)
        for t in given.tasks
    ]
    return np.mean(each, axis=0)
