"""Certificates are kept on disk, and read back only for what they are of, as they were written."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from mamlcheck.conformance import keeping, own_problem
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis import candidates
from mamlcheck.conformance.diagnosis.candidates import plain
from mamlcheck.conformance.own import posing

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
    return sorted(Path(keeping.folder()).glob("*.direction"))


def test_the_same_is_read_back(computed):
    first = MAML.enclosed(posed())
    again = MAML.enclosed(posed())
    assert len(computed) == 1
    assert len(files()) == 1
    np.testing.assert_array_equal(first.midpoint, again.midpoint)
    np.testing.assert_array_equal(first.rest, again.rest)
    np.testing.assert_array_equal(first.finer_radius, again.finer_radius)
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


def test_another_flint_certifies_anew(monkeypatch):
    before = keeping.name_of("a", "b")
    assert keeping.name_of("a", "b") == before
    monkeypatch.setattr(keeping, "version", lambda name: f"another {name}")
    assert keeping.name_of("a", "b") != before


def test_the_oldest_go_where_there_is_too_much(monkeypatch):
    written = 32 + 100
    monkeypatch.setattr(keeping, "LARGEST_BYTES", 3 * written)
    for age, name in enumerate("abcd"):
        keeping.write(name, "direction", bytes(100))
        os.utime(keeping.folder() / f"{name}.direction", (age, age))
    keeping.write("e", "direction", bytes(100))
    assert [path.stem for path in files()] == ["c", "d", "e"]


def test_what_is_too_large_is_not_kept(monkeypatch):
    monkeypatch.setattr(keeping, "LARGEST_BYTES", 100)
    keeping.write("a", "direction", bytes(100))
    assert not files()


def test_a_loss_that_is_gone_leaves_no_row_to_another_in_its_place():
    given = posed()
    MAML.screened(given)
    rows = given.kind.source.kept.rows
    assert rows
    assert {key[0] for key in rows} <= {loss for task in given.tasks for loss in task.losses.values()}


def test_searches_leave_no_more_in_memory_than_is_kept(monkeypatch, computed):
    """What is certified stays, and what was screened is computed anew where there was too much of it."""
    given = posed()
    certified = MAML.enclosed(given)
    monkeypatch.setattr(candidates, "MOST_NUMBERS_KEPT", 10 * given.layout.size)
    for rate in np.linspace(0.1, 0.2, 30):
        MAML.screened(given.but(alpha=float(rate)))
        assert len(given.key.memory) <= 10
    assert MAML.enclosed(given) is certified
