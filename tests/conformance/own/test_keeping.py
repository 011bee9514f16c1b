<<<<<<< HEAD
"""Certificates are kept on disk, and read back only for what they are of, as they were written."""

from __future__ import annotations

from pathlib import Path
=======
"""Certificates that are kept on disk are those of the same question only."""

from __future__ import annotations

from dataclasses import replace
>>>>>>> attack-own

import numpy as np
import pytest

<<<<<<< HEAD
from mamlcheck.conformance import own_problem
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis.candidates import plain
from mamlcheck.conformance.own import keeping, posing

torch = pytest.importorskip("torch")

MAML, FIRST_ORDER = (plain(algorithm(name)) for name in ("MAML", "FO-MAML"))


def posed(seed=0, alpha=0.25, steps=1, order=(0, 1)):
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1))
    tasks = [tuple((torch.randn(m, 2), torch.randn(m, 1)) for m in (3, 4)) for _ in range(2)]
    return own_problem(
        model, torch.nn.functional.mse_loss, [tasks[i] for i in order], alpha=alpha, steps=steps, certify=True
    )


@pytest.fixture
def computed(monkeypatch):
    """How often something was certified."""
    calls = []

    def counting(*arguments, **keywords):
        calls.append(arguments)
        return certified(*arguments, **keywords)

    certified = posing.certified
    monkeypatch.setattr(posing, "certified", counting)
    return calls


def files():
    return sorted(Path(keeping.folder()).glob("*.npy"))


def test_the_same_is_read_back(computed):
    first = MAML.enclosed(posed())
    again = MAML.enclosed(posed())
    assert len(computed) == 1
    assert len(files()) == 1
    np.testing.assert_array_equal(first.midpoint, again.midpoint)
    np.testing.assert_array_equal(first.radius, again.radius)
    assert again.certified


@pytest.mark.parametrize("other", [{"seed": 1}, {"alpha": 0.25 + 2**-54}, {"steps": 2}, {"order": (1, 0)}])
def test_another_problem_is_certified_anew(computed, other):
    MAML.enclosed(posed())
    MAML.enclosed(posed(**other))
    assert len(computed) == 2


def test_another_formula_is_certified_anew(computed):
    assert not np.array_equal(MAML.enclosed(posed()).midpoint, FIRST_ORDER.enclosed(posed()).midpoint)
    assert len(computed) == 2


def test_another_text_of_the_package_is_certified_anew(computed, monkeypatch):
    MAML.enclosed(posed())
    monkeypatch.setattr(keeping, "package_digest", lambda: "another")
    MAML.enclosed(posed())
    assert len(computed) == 2


@pytest.mark.parametrize("where", [0, 40, -1])
def test_a_file_that_is_not_as_it_was_written_is_made_anew(computed, where):
    first = MAML.enclosed(posed())
    (path,) = files()
    data = bytearray(path.read_bytes())
    data[where] ^= 1
    path.write_bytes(bytes(data))
    np.testing.assert_array_equal(MAML.enclosed(posed()).midpoint, first.midpoint)
    assert len(computed) == 2


def test_a_file_under_another_name_is_not_read(computed):
    MAML.enclosed(posed())
    (path,) = files()
    FIRST_ORDER.enclosed(posed())
    (other,) = (p for p in files() if p != path)
    other.write_bytes(path.read_bytes())
    assert not np.array_equal(FIRST_ORDER.enclosed(posed()).midpoint, MAML.enclosed(posed()).midpoint)


def test_where_nothing_can_be_written_nothing_is_kept(computed, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    MAML.enclosed(posed())
    MAML.enclosed(posed())
    assert len(computed) == 2
=======
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
>>>>>>> attack-own
