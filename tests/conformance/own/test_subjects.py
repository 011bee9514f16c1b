"""Subjects that are asked about own problems: by identify, by conform and under pytest, by name and as a callable."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mamlcheck.conformance import check_subject, conform, identify, own_problem, subject
from mamlcheck.errors import InputError

torch = pytest.importorskip("torch")

MINE = """
import torch
from mamlcheck.conformance import own_problem, subject


def problems():
    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 3))
    tasks = [[(torch.randn(m, 2), torch.randint(3, (m,))) for m in sizes] for sizes in ((4, 6), (5, 3))]
    return [own_problem(model, torch.nn.functional.cross_entropy, tasks, alpha=0.25)]


def made(problem, create_graph):
    p = problem.on("torch")

    def call():
        w, total = dict(p.model.named_parameters()), 0
        for task in p.tasks:
            f = dict(w)
            x, y = task.inner
            for _ in range(p.steps):
                loss = p.loss(p.apply(f, x), y)
                g = torch.autograd.grad(loss, list(f.values()), create_graph=create_graph)
                f = {k: v - p.alpha * d for (k, v), d in zip(f.items(), g)}
            x, y = task.outer
            total = total + p.loss(p.apply(f, x), y)
        return torch.autograd.grad(total / len(p.tasks), list(w.values()))

    return call


@subject("MAML", problems=problems)
def right(problem):
    return made(problem, True)


@subject("MAML", problems=problems)
def first_order(problem):
    return made(problem, False)
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    path = tmp_path / "mine.py"
    path.write_text(MINE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    yield path
    sys.modules.pop("mine", None)


def test_a_subject_by_name_is_asked_about_the_problems_that_it_declares(mine):
    found = identify("mine:right")
    assert (found.found, found.defects) == ("MAML", ())
    assert "Sequential, alpha = 0.25 and 0.0625, 1 and 2 inner steps" in found.rests_on
    assert identify(f"{mine}:first_order").defects == ("hessian_missing",)


def test_conform_checks_it_on_these_alone(mine):
    found = conform("mine:right")
    assert found.conforms, found.text
    names = [r.check for r in found.results]
    assert "reference[Sequential,alpha=0.25,steps=1,float32]" in names
    assert "task-order" in names
    assert "constant-added-to-the-loss" not in names
    assert not any("tanh" in name for name in names)
    with pytest.raises(AssertionError, match="This is FO-MAML on Sequential"):
        check_subject("mine:first_order")


def test_under_pytest(mine):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-n",
        "0",
        "-q",
        "--mamlcheck-subject=mine:right",
    ]
    done = subprocess.run(command, cwd=mine.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "11 passed" in done.stdout


def test_problems_may_be_given_in_the_call_and_wrong_ones_are_refused(mine):
    sys.path.insert(0, str(Path(mine).parent))
    try:
        import mine as module

        make = subject("MAML")(lambda problem: module.made(problem, True))
        found = identify(make, problems=module.problems())
        assert found.conforms
        for wrong in ([], ["x"], [None]):
            with pytest.raises(InputError, match="each made by own_problem"):
                identify(make, problems=wrong)
    finally:
        sys.path.pop(0)


def test_two_problems_of_one_name_are_two_checks():
    torch.manual_seed(2)
    model = torch.nn.Linear(2, 1)
    posed = [
        own_problem(
            model,
            torch.nn.functional.mse_loss,
            [[(torch.randn(3, 2), torch.randn(3, 1)) for _ in range(2)]],
            alpha=0.25,
        )
        for _ in range(2)
    ]

    @subject("FO-MAML", problems=posed, steps=1)
    def make(problem):
        p = problem.on("torch")
        ((x, y), (u, v)) = p.tasks[0].inner, p.tasks[0].outer

        def call():
            g = torch.autograd.grad(p.loss(p.model(x), y), list(p.model.parameters()))
            moved = {
                n: (w - p.alpha * d).detach().requires_grad_()
                for (n, w), d in zip(p.model.named_parameters(), g, strict=True)
            }
            return torch.autograd.grad(p.loss(p.apply(moved, u), v), list(moved.values()))

        return call

    found = conform(make)
    assert found.conforms, found.text
    assert sum(r.check.startswith("reference[Linear,alpha=0.25,steps=1,float32#") for r in found.results) == 2


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"alpha": "x"}, "alpha = 'x': give an inner rate >= 0"),
        ({"alpha": -1}, "alpha = -1: give an inner rate >= 0"),
        ({"alpha": 0.1, "steps": "x"}, "steps = 'x': give a whole number"),
        ({"alpha": 0.1, "steps": 1.5}, r"steps = 1\.5: give a whole number"),
        ({"alpha": 0.1, "steps": float("nan")}, "steps = nan: give a whole number"),
    ],
)
def test_wrong_numbers_are_refused_as_they_were_given(wrong, says):
    tasks = [[(torch.randn(3, 2), torch.randn(3, 1)) for _ in range(2)]]
    with pytest.raises(InputError, match=says):
        own_problem(torch.nn.Linear(2, 1), torch.nn.functional.mse_loss, tasks, **wrong)


def test_a_problem_shows_itself_without_its_numbers():
    tasks = [[(torch.randn(3, 2), torch.randn(3, 1)) for _ in range(2)]]
    posed = own_problem(torch.nn.Linear(2, 1), torch.nn.functional.mse_loss, tasks, alpha=0.25)
    assert repr(posed) == "<Problem Linear,alpha=0.25,steps=1,float32: 1 task, 3 parameters>"
