"""What Arb does not decide is called certified nowhere; nor is what only doubles have been asked about."""

from __future__ import annotations

import numpy as np
import pytest

from mamlcheck.conformance import own_problem, what_is
from mamlcheck.conformance.own import references
from mamlcheck.conformance.own.references import certified
from mamlcheck.programs.undecided import Undecided

torch = pytest.importorskip("torch")


def posed():
    torch.manual_seed(4)
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1))
    tasks = [tuple((torch.randn(3, 2), torch.randn(3, 1)) for _ in range(2))]
    return model, own_problem(model, torch.nn.functional.mse_loss, tasks, alpha=0.25, certify=True)


def maml(model, problem):
    view = problem.on("torch")
    weights = dict(view.model.named_parameters())
    (task,) = view.tasks
    slopes = torch.autograd.grad(
        view.loss(view.apply(weights, task.inner[0]), task.inner[1]), list(weights.values()), create_graph=True
    )
    moved = {n: w - view.alpha * g for (n, w), g in zip(weights.items(), slopes, strict=True)}
    return torch.autograd.grad(view.loss(view.apply(moved, task.outer[0]), task.outer[1]), list(weights.values()))


def test_what_stays_undecided_is_not_certified():
    def formula(ar):
        if ar.name == "arb":
            raise Undecided("the sign", 1, 1)
        return ar.exact(np.ones(2))

    found = certified(formula)
    assert not found.certified
    assert np.isinf(found.radius).all()
    assert "the sign of 1 of 1 numbers" in found.why


def test_nothing_is_said_of_a_certificate_that_there_is_not(monkeypatch):
    model, problem = posed()

    def undecided(*_):
        raise Undecided("the sign", 1, 1)

    monkeypatch.setattr(references, "enclosed_by", undecided)
    found = what_is(maml(model, problem), problem)
    assert found.defects == ("not_recognised",)
    assert "certified" not in found.sentence + found.rests_on
    assert any("The best fit is MAML, but Arb at 2048 bits does not decide it" in note for note in found.notes)
    assert found.as_json()["evidence"]["certified"] is None


def test_screening_in_doubles_rests_on_no_certificate():
    _, problem = posed()
    found = what_is(np.random.default_rng(0).normal(size=problem.layout.size), problem)
    assert found.defects == ("not_recognised",)
    assert "certified" not in found.text


def test_it_is_the_reference_that_is_certified_and_not_the_error():
    model, problem = posed()
    assert "to a certified reference)" in what_is(maml(model, problem), problem).sentence
    assert "to a measured reference)" in what_is(maml(model, problem), problem.but(certify=False)).sentence
