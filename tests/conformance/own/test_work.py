"""What is computed of an own model is what a sentence needs; and what cannot be computed stops nothing."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'mamlcheck[torch]'")

from own_loops import WRONG, adapted, fo_maml, learnt, maml, value  # noqa: E402
from own_nets import NETS  # noqa: E402

from mamlcheck import own_problem, what_is  # noqa: E402
from mamlcheck.conformance.own.posing import OwnKind  # noqa: E402
from mamlcheck.conformance.own.tasks import ProgramsAt  # noqa: E402

ALPHA = 0.125
LOSS = NETS["tanh"].loss


def posed(name="tanh"):
    model, tasks = NETS[name].posed(torch.float64)
    return model, tasks, own_problem(model, NETS[name].loss, tasks, alpha=ALPHA, certify=False)


def test_one_reference_is_made_for_a_gradient_that_one_explains(monkeypatch):
    """Not one for each candidate that comes near, nor for each set that a Hessian may be of, where the sets are one."""
    made = []
    enclosed = OwnKind.enclosed
    monkeypatch.setattr(OwnKind, "enclosed", lambda kind, *more: made.append(more) or enclosed(kind, *more))
    for loop in (maml, WRONG["Hessian halved"]):
        model, tasks, given = posed()
        made.clear()
        diagnosis = what_is(loop(model, LOSS, tasks, ALPHA), given)
        assert diagnosis.found == "MAML"
        assert len(made) <= 1, made


def test_defects_of_many_products_are_tried_last(monkeypatch):
    asked = []
    diagonal = ProgramsAt.hessian_diagonal
    monkeypatch.setattr(ProgramsAt, "hessian_diagonal", lambda at, role: asked.append(role) or diagonal(at, role))
    model, tasks, given = posed()
    what_is(maml(model, LOSS, tasks, ALPHA), given)
    assert not asked
    assert what_is(by_diagonal(model, tasks), given, declared="MAML").defects == ("hessian_diagonal",)
    assert asked


def by_diagonal(model, tasks):
    """Only the diagonal of the Hessian is used."""
    start = learnt(model)
    found = []
    for support, query in tasks:
        w = adapted(model, LOSS, dict(start), support, ALPHA, 1, lambda k: 1)
        outer = torch.autograd.grad(value(model, LOSS, w, query), list(w.values()))
        inner = torch.autograd.grad(value(model, LOSS, start, support), list(start.values()), create_graph=True)
        flat = torch.cat([g.flatten() for g in inner])
        rows = [
            torch.cat([h.flatten() for h in torch.autograd.grad(one, list(start.values()), retain_graph=True)])
            for one in flat
        ]
        v = torch.cat([g.flatten() for g in outer])
        found.append(v - ALPHA * torch.stack(rows).diagonal() * v)
    return torch.stack(found).mean(0)


def test_candidates_that_are_not_finite_stop_nothing():
    """Adam in second order divides 0 by 0 where a gradient is exactly 0, as behind a ReLU that is off everywhere."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1), torch.nn.Flatten(0))
    model = model.double()
    with torch.no_grad():
        model[0].bias[0] = -100.0
    _, tasks, _ = posed()
    given = own_problem(model, LOSS, tasks, alpha=ALPHA, certify=False)
    right = maml(model, LOSS, tasks, ALPHA)
    assert not right["0.weight"][0].any()
    assert what_is(right, given).found == "MAML"
    assert what_is(fo_maml(model, LOSS, tasks, ALPHA), given).found == "FO-MAML"
    noise = {n: g + 0.03 * torch.randn_like(g) * g.abs().max() for n, g in right.items()}
    diagnosis = what_is(noise, given)
    assert diagnosis.defects == ("not_recognised",)
    assert np.isfinite(diagnosis.residual)
