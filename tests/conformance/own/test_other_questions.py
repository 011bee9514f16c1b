"""Certificates that are kept on disk are those of the same question only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis.candidates import Candidate, plain
from mamlcheck.conformance.mutants import mutants
from mamlcheck.conformance.own.kinks import on_the_side
from mamlcheck.conformance.own.posing import own_problem
from mamlcheck.conformance.reference import enclosed
from mamlcheck.programs.running import Side

torch = pytest.importorskip("torch")

MAML = plain(algorithm("MAML"))
ANIL = plain(algorithm("ANIL"))


def posed(**chosen):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2)).double()
    tasks = [tuple((torch.randn(n, 3).double(), torch.randn(n, 2).double()) for n in (4, 3)) for _ in range(2)]
    return own_problem(model, torch.nn.functional.mse_loss, tasks, **{"alpha": 0.1, "certify": True} | chosen)


def told_apart(candidate: Candidate, *problems):
    """Whether each has a certificate that holds its own direction, once that of the one before is kept."""
    found = []
    for one in problems:
        held = candidate.enclosed(one)
        assert held.certified
        assert np.allclose(held.midpoint, candidate.screened(one), rtol=1e-9, atol=1e-12)
        found.append(held.midpoint)
    assert all(not np.allclose(found[0], other, rtol=1e-6) for other in found[1:])


def test_another_last_layer_is_another_question():
    told_apart(ANIL, posed(head=["0.weight"]), posed(head=["2.weight", "2.bias"]))


def test_another_meta_rate_is_another_question():
    swapped = replace(MAML, mutant=mutants()["alpha_beta_swapped"])
    told_apart(swapped, posed(beta=0.3), posed(beta=0.7))


def test_other_numbers_of_samples_are_another_question():
    one, same = posed().kind.source, posed().kind.source
    first = same.tasks[0]
    fewer = replace(first, losses={role: replace(loss, samples=1) for role, loss in first.losses.items()})
    assert one.digest == same.digest
    assert replace(same, tasks=(fewer, *same.tasks[1:])).digest != one.digest


def test_a_forced_side_is_another_question():
    usual = posed()
    before = enclosed(usual, MAML.direction, name=MAML.id)
    loss = usual.tasks[0].losses["inner"].traced.program
    [decision] = [loss.identities[k] for k, node in enumerate(loss.nodes) if node.operation == "positive"]
    evaluation = "task 0, inner set, point 0"
    for position in range(12):  # one of them is on
        there = on_the_side(usual, ((evaluation, Side(decision, position, 0)),))
        after = enclosed(there, MAML.direction, name=MAML.id)
        if not np.allclose(before.midpoint, after.midpoint):
            return
    raise AssertionError("each side has the certificate of the usual one")
