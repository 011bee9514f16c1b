"""The author's own network with batch norm: MAML through an own problem, and what that does to running statistics."""

from __future__ import annotations

import numpy as np
import pytest

from mamlcheck.conformance import identify, own_problem, subject, what_is

torch = pytest.importorskip("torch")

ALPHA = 0.25
H = 1e-30  # of a complex step: its square is nothing beside a double


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = torch.nn.Linear(3, 4)
        self.norm = torch.nn.BatchNorm1d(4)
        self.head = torch.nn.Linear(4, 3)

    def forward(self, x):
        return self.head(torch.tanh(self.norm(self.hidden(x))))


def made(dtype):
    torch.manual_seed(5)
    net = Net().to(dtype)
    with torch.no_grad():
        for p in net.parameters():
            p.add_(0.25 * torch.randn_like(p))
    tasks = [
        tuple((torch.randn(m, 3, dtype=dtype), torch.randint(3, (m,))) for m in sizes) for sizes in ((5, 7), (6, 4))
    ]
    return net, tasks


def meta_gradient(net, apply, loss, tasks, steps, alpha):
    weights, total = dict(net.named_parameters()), 0
    for (x, y), (u, v) in tasks:
        w = dict(weights)
        for _ in range(steps):
            g = torch.autograd.grad(loss(apply(w, x), y), list(w.values()), create_graph=True)
            w = {name: a - alpha * b for (name, a), b in zip(w.items(), g, strict=True)}
        total = total + loss(apply(w, u), v)
    return dict(zip(weights, torch.autograd.grad(total / len(tasks), list(weights.values())), strict=True))


@subject("MAML")
def make(problem):
    p = problem.on("torch")
    tasks = [(task.inner, task.outer) for task in p.tasks]
    return lambda: meta_gradient(p.model, p.apply, p.loss, tasks, p.steps, p.alpha)


def test_it_is_maml_and_the_statistics_that_change_are_named():
    net, tasks = made(torch.float64)
    found = identify(make, problems=[own_problem(net, torch.nn.functional.cross_entropy, tasks, alpha=ALPHA)])
    assert (found.found, found.defects) == ("MAML", ())
    assert "as declared" in found.sentence
    assert "certified" in found.rests_on
    (note,) = (n for n in found.notes if "state beside the parameters" in n)
    assert "norm.running_mean" in note
    assert "norm.running_var" in note


def test_running_statistics_in_the_outer_loss_are_not_maml():
    net, tasks = made(torch.float64)
    loss = torch.nn.functional.cross_entropy
    problem = own_problem(net, loss, tasks, alpha=ALPHA)

    def apply(weights, x):
        net.train(x.shape[0] in (5, 6))  # the support sets; query sets are normalised by the running statistics
        return torch.func.functional_call(net, weights, (x,))

    assert what_is(meta_gradient(net, apply, loss, tasks, 1, ALPHA), problem).found is None


def by_complex_steps(net, tasks):
    """The gradient of the mean outer loss after one inner step, by complex steps: written by hand, in NumPy."""
    named = {name: p.detach().numpy().astype(complex) for name, p in net.named_parameters()}
    sizes = [value.size for value in named.values()]

    def split(flat):
        parts = np.split(flat, np.cumsum(sizes)[:-1])
        return {n: part.reshape(v.shape) for (n, v), part in zip(named.items(), parts, strict=True)}

    def loss(flat, x, y):
        w = split(flat)
        h = x @ w["hidden.weight"].T + w["hidden.bias"]
        c = h - h.mean(0)
        h = np.tanh(c / np.sqrt((c * c).mean(0) + 1e-5) * w["norm.weight"] + w["norm.bias"])
        o = h @ w["head.weight"].T + w["head.bias"]
        return (np.log(np.exp(o).sum(1)) - o[np.arange(len(y)), y]).mean()

    def slope(f, at):
        """Real and imaginary part of the derivative along each axis, of a function that is complex already."""
        step = 1e-5  # central differences of a complex function: the inner gradient needs a derivative of a derivative
        out = np.empty(at.size, dtype=complex)
        for k in range(at.size):
            e = np.zeros(at.size)
            e[k] = step
            out[k] = (8 * (f(at + e) - f(at - e)) - (f(at + 2 * e) - f(at - 2 * e))) / (12 * step)
        return out

    start = np.concatenate([v.ravel() for v in named.values()])
    total = np.zeros(start.size)
    for (x, y), (u, v) in tasks:
        x, y, u, v = (t.numpy() for t in (x, y, u, v))
        for k in range(start.size):
            at = start.copy()
            at[k] += 1j * H
            moved = at - ALPHA * slope(lambda w, x=x, y=y: loss(w, x, y), at)
            total[k] += loss(moved, u, v).imag / H
    return total / len(tasks)


def test_the_reference_is_that_of_complex_steps():
    net, tasks = made(torch.float64)
    found = what_is(
        by_complex_steps(net, tasks),
        own_problem(net, torch.nn.functional.cross_entropy, tasks, alpha=ALPHA, dtype="float32"),
    )
    assert found.found == "MAML"
    assert found.relative_error < 1e-8  # of the fourth-order differences
