"""A model that goes through float32 within is held to float32, and what is wrong with a gradient is named still."""

from __future__ import annotations

import numpy as np
import pytest

from mamlcheck import what_is
from mamlcheck.conformance.own.posing import own_problem

ALPHA = 0.1


class Torch:
    """A network in float64 whose hidden layer is rounded to float32, if it is to be."""

    def __init__(self, dtype):
        torch = pytest.importorskip("torch")

        class Net(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.last = torch.nn.Linear(4, 6).double(), torch.nn.Linear(6, 2).double()

            def forward(self, x):
                hidden = torch.tanh(self.first(x))
                return self.last(hidden.to(getattr(torch, dtype)).double())

        torch.manual_seed(0)
        self.loss = torch.nn.functional.mse_loss
        self.model = Net()
        sets = [(torch.randn(n, 4).double(), torch.randn(n, 2).double()) for n in (5, 6, 5, 7, 4, 6)]
        self.tasks = list(zip(sets[::2], sets[1::2], strict=True))
        self.chosen = {"model": self.model}

    def gradient(self, exact):
        import torch

        w, total = dict(self.model.named_parameters()), 0
        for (x, y), (u, v) in self.tasks:
            slopes = torch.autograd.grad(self._at(w, x, y), list(w.values()), create_graph=exact)
            total = total + self._at({k: a - ALPHA * d for (k, a), d in zip(w.items(), slopes, strict=True)}, u, v)
        return torch.autograd.grad(total / len(self.tasks), list(w.values()))

    def _at(self, w, x, y):
        import torch

        return self.loss(torch.func.functional_call(self.model, w, (x,)), y)


class Jax:
    def __init__(self, dtype):
        jax = pytest.importorskip("jax")
        random = np.random.default_rng(0)
        self.model = {"first": random.standard_normal((4, 6)), "last": random.standard_normal((6, 2))}
        sets = [(random.standard_normal((n, 4)), random.standard_normal((n, 2))) for n in (5, 6, 5, 7, 4, 6)]
        self.tasks = list(zip(sets[::2], sets[1::2], strict=True))

        def apply(w, x):
            return jax.numpy.tanh(x @ w["first"]).astype(dtype).astype("float64") @ w["last"]

        self.apply = apply
        self.chosen = {"model": apply, "parameters": self.model}

    def loss(self, output, target):
        return ((output - target) ** 2).mean()

    def gradient(self, exact):
        import jax

        def at(w, batch):
            return self.loss(self.apply(w, batch[0]), batch[1])

        def outer(w):
            total = 0
            for inner, held in self.tasks:
                slopes = jax.grad(at)(w, inner)
                slopes = slopes if exact else jax.lax.stop_gradient(slopes)
                total += at(jax.tree.map(lambda a, d: a - ALPHA * d, w, slopes), held)
            return total / len(self.tasks)

        with jax.enable_x64(True):
            return jax.tree.map(np.asarray, jax.grad(outer)(jax.tree.map(jax.numpy.asarray, self.model)))


FRAMEWORKS = {"torch": Torch, "jax": Jax}


def asked(given, exact, **more):
    return what_is(given.gradient(exact), loss=given.loss, tasks=given.tasks, alpha=ALPHA, **given.chosen, **more)


def test_gradients_under_autocast_are_no_updates():
    """They have few digits, and lie on a grid by that: no rate is behind it."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.Tanh(), torch.nn.Linear(16, 3))
    loss = torch.nn.CrossEntropyLoss()
    tasks = [tuple((torch.randn(n, 4), torch.randint(3, (n,))) for n in (5, 6)) for _ in range(2)]
    w, total = dict(model.named_parameters()), 0

    def value(at, batch):
        return loss(torch.func.functional_call(model, at, batch[0]), batch[1])

    with torch.autocast("cpu", dtype=torch.bfloat16):
        for inner, outer in tasks:
            slopes = torch.autograd.grad(value(w, inner), list(w.values()), create_graph=True)
            moved = {name: v - ALPHA * d for (name, v), d in zip(w.items(), slopes, strict=True)}
            total = total + value(moved, outer) / len(tasks)
    found = what_is(torch.autograd.grad(total, list(w.values())), model=model, loss=loss, tasks=tasks, alpha=ALPHA)
    assert not found.conforms
    assert "read off an update" not in found.text, found.text


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_cast_to_float32_within_is_no_alarm(framework):
    given = FRAMEWORKS[framework]("float32")
    right = asked(given, exact=True, declared="MAML")
    assert (right.found, right.defects) == ("MAML", ()), right.text
    assert right.relative_error > 1e-10  # float32 rounds
    assert "float32" in right.text
    assert "gradients are held to the tolerance of float32" in right.text
    assert "the Hessian term is missing" in asked(given, exact=False, declared="MAML").sentence


def test_without_a_cast_an_error_of_that_size_is_one():
    """A gradient that went through float32 is not that of a model that does not."""
    rounded, plain = Torch("float32"), Torch("float64")
    found = what_is(
        rounded.gradient(True), loss=plain.loss, tasks=plain.tasks, alpha=ALPHA, declared="MAML", **plain.chosen
    )
    assert not found.conforms, found.text
    assert "not recognised" in found.sentence


def test_the_coarsest_of_all_losses_counts():
    given = Torch("float32")
    posed = own_problem(given.model, given.loss, given.tasks, alpha=ALPHA)
    assert posed.kind.unit_roundoff == 2.0**-24
    plain = Torch("float64")
    assert own_problem(plain.model, plain.loss, plain.tasks, alpha=ALPHA).kind.unit_roundoff == 2.0**-53


def test_a_model_in_bfloat16_is_told_as_such():
    """What its rounding leaves is too coarse for a tolerance, and said to be that of the model."""
    found = asked(Torch("bfloat16"), exact=True, declared="MAML")
    assert found.found == "MAML", found.text
    assert "It computes in bfloat16, as the model does" in found.text
