"""On somebody's own model, tensors that are frozen, not adapted, or cut off the graph are named by their names."""

from __future__ import annotations

import pytest

from mamlcheck.conformance import identify, own_problem, subject

torch = pytest.importorskip("torch")
cross_entropy = torch.nn.functional.cross_entropy


@pytest.fixture(scope="module")
def given():
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Tanh(), torch.nn.Linear(5, 2)).double()

    def batch(size):
        return torch.randn(size, 3).double(), torch.randint(0, 2, (size,))

    return own_problem(net, cross_entropy, [(batch(3), batch(5)), (batch(4), batch(6))], alpha=0.25)


def variant(moved=lambda name: True, detached=lambda name: False, zero=lambda name: False):
    @subject("MAML", steps=(1, 2))
    def make(problem):
        p = problem.on("torch")

        def loss(w, batch):
            return cross_entropy(torch.func.functional_call(p.model, w, (batch[0],)), batch[1])

        def call():
            w = {name: v.detach().requires_grad_() for name, v in p.model.named_parameters()}
            total = 0
            for task in p.tasks:
                fast = dict(w)
                for _ in range(p.steps):
                    g = torch.autograd.grad(loss(fast, task.inner), list(fast.values()), create_graph=True)
                    fast = {
                        name: v - p.alpha * (d.detach() if detached(name) else d) if moved(name) else v
                        for (name, v), d in zip(fast.items(), g, strict=True)
                    }
                total = total + loss(fast, task.outer) / len(p.tasks)
            found = torch.autograd.grad(total, list(w.values()))
            return {k: torch.zeros_like(g) if zero(k) else g for k, g in zip(w, found, strict=True)}

        return call

    return make


@pytest.mark.parametrize(
    ("make", "found", "words"),
    [
        (variant(), "MAML", "as declared"),
        (variant(zero=lambda name: name == "0.weight"), "MAML", "the direction of 0.weight is zero"),
        (variant(moved=lambda name: "bias" not in name), "MAML", "leave out 0.bias and 2.bias (the biases)"),
        (variant(moved=lambda name: name != "2.bias"), "MAML", "leave out 2.bias, which is not adapted"),
        (variant(detached=lambda name: name[0] == "0"), "MAML", "cut at the inner gradient of 0.weight and 0.bias"),
        (variant(moved=lambda name: name[0] == "0"), "BOIL", "This is BOIL"),
    ],
)
def test_named(given, make, found, words):
    diagnosis = identify(make, problems=[given])
    print(diagnosis.text)
    assert diagnosis.found == found
    assert words in diagnosis.sentence
    assert "not recognised" not in diagnosis.sentence
