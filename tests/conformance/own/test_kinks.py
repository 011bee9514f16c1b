"""The side of kinks that a subject is on, against PyTorch's own derivatives at parameters beyond the kink."""

from __future__ import annotations

import numpy as np
import pytest

from mamlcheck.conformance import what_is
from mamlcheck.conformance.algorithms import algorithms
from mamlcheck.conformance.own.kinks import held, kinks_at_risk, on_the_side, side_of
from mamlcheck.conformance.own.posing import own_problem
from mamlcheck.conformance.problems.problem import problem
from mamlcheck.conformance.reference import Difference, enclosed, screened, tolerance
from mamlcheck.errors import InputError

torch = pytest.importorskip("torch")

from own_loops import hf_maml, maml  # noqa: E402

FLOAT32, FLOAT64 = 2.0**-24, 2.0**-53
ALPHA = 0.25
MAML = algorithms()["MAML"].direction


def mean_square(prediction, target):
    return ((prediction - target) ** 2).mean()


def made(margins):
    """A ReLU net and two tasks; in support sample k of the first, unit k is at the k-th of the margins."""
    torch.manual_seed(3)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2)).double()
    tasks = [tuple((torch.randn(5, 3).double(), torch.randn(5, 2).double()) for _ in range(2)) for _ in range(2)]
    first = model[0]
    with torch.no_grad():
        for k, margin in enumerate(margins):
            first.bias[k] = margin - tasks[0][0][0][k] @ first.weight[k]
    return model, tasks


def autograd(model, tasks, shift):
    """The MAML gradient by PyTorch with the first biases moved."""
    names = [n for n, _ in model.named_parameters()]
    start = {n: p.detach().clone().requires_grad_(True) for n, p in model.named_parameters()}
    w = dict(start)
    w["0.bias"] = w["0.bias"] + torch.tensor(shift).double()
    total = 0
    for (x, y), (qx, qy) in tasks:
        loss = mean_square(torch.func.functional_call(model, w, (x,)), y)
        slopes = torch.autograd.grad(loss, [w[n] for n in names], create_graph=True)
        moved = {n: w[n] - ALPHA * g for n, g in zip(names, slopes, strict=True)}
        total = total + mean_square(torch.func.functional_call(model, moved, (qx,)), qy) / len(tasks)
    slopes = torch.autograd.grad(total, [start[n] for n in names])
    return np.concatenate([g.numpy().ravel() for g in slopes])


@pytest.mark.parametrize("turned", [(), (0,), (1,), (0, 1)])
def test_the_side_is_found_and_its_direction_is_the_one_beyond_the_kink(turned):
    margins = (1e-9, -2e-9)
    model, tasks = made(margins)
    posed = own_problem(model, mean_square, tasks, alpha=ALPHA, steps=1)
    kinks = kinks_at_risk(posed, MAML, FLOAT32)
    assert [(k.evaluation, k.operation) for k in kinks] == [("task 0, inner set, point 0", "positive")]
    assert len(kinks[0].sides) == 2
    assert kinks_at_risk(posed, MAML, FLOAT64) == ()
    shift = [-2 * margins[k] if k in turned else 0.0 for k in range(2)] + [0.0, 0.0]
    found = autograd(model, tasks, shift)
    sides = side_of(posed, MAML, kinks, found)
    assert {side.position for _, side in sides} == {k * 4 + k for k in turned}
    there = on_the_side(posed, sides)
    for direction in (screened(there, MAML), enclosed(there, MAML).midpoint):
        assert np.linalg.norm(direction - found) < 1e-7
    if turned:
        apart = np.linalg.norm(screened(posed, MAML) - found)
        assert apart > 100 * tolerance(there, MAML) * FLOAT32


def test_what_changes_nothing_is_left_out():
    """At alpha = 0 the inner set has no part in the direction: a sign is at risk, and either side is the same."""
    model, tasks = made((1e-9,))
    posed = own_problem(model, mean_square, tasks, alpha=0.0, steps=1)
    kinks = kinks_at_risk(posed, MAML, FLOAT32)
    assert len(kinks) == 1
    assert side_of(posed, MAML, kinks, screened(posed, MAML) + 1) == ()


def test_a_kink_that_shows_twice_is_one():
    """A ReLU at 1e-9 in the window of a pool beside zeros: its sign and the maximum are at risk, with one change."""
    torch.manual_seed(4)
    layers = torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.MaxPool1d(2), torch.nn.Linear(2, 2)
    model = torch.nn.Sequential(*layers).double()
    tasks = [tuple((torch.randn(5, 3).double(), torch.randn(5, 2).double()) for _ in range(2))]
    with torch.no_grad():
        model[0].bias[0] = 1e-9 - tasks[0][0][0][0] @ model[0].weight[0]
        model[0].bias[1] = -20
    posed = own_problem(model, mean_square, tasks, alpha=ALPHA, steps=1)
    kinks = kinks_at_risk(posed, MAML, FLOAT32)
    assert {k.operation for k in kinks} == {"positive", "argmax"}
    found = autograd(model, tasks, [-2e-9, 0.0, 0.0, 0.0])
    sides = side_of(posed, MAML, kinks, found)
    assert len(sides) == 1
    assert np.linalg.norm(screened(on_the_side(posed, sides), MAML) - found) < 1e-7


def test_candidates_on_a_side_are_not_those_kept_for_the_usual_one():
    model, tasks = made((1e-9,))
    posed = own_problem(model, mean_square, tasks, alpha=ALPHA, steps=1)
    usual = screened(posed, MAML)
    (kink,) = kinks_at_risk(posed, MAML, FLOAT32)
    there = on_the_side(posed, ((kink.evaluation, kink.sides[0]),))
    assert np.linalg.norm(screened(there, MAML) - usual) > 1e-3
    assert np.array_equal(screened(posed, MAML), usual)
    assert there.kind != posed.kind


def test_built_in_problems_have_no_kinks():
    with pytest.raises(InputError, match="built-in problem"):
        kinks_at_risk(problem("tanh-squared-error"), MAML, FLOAT32)


# -- in the diagnosis --------------------------------------------------------------------------------------------------
def told(margins, turned, dtype):
    model, tasks = made(margins)
    posed = own_problem(model, mean_square, tasks, alpha=ALPHA, dtype=dtype)
    shift = [-2 * m if k in turned else 0.0 for k, m in enumerate(margins)] + [0.0] * (4 - len(margins))
    return what_is(autograd(model, tasks, shift), posed)


@pytest.mark.parametrize("turned", [(0,), (0, 1)])
def test_in_float32_it_is_right_to_within_its_side(turned):
    found = told((1e-9, -2e-9), turned, "float32")
    assert (found.found, found.defects) == ("MAML", ())
    assert any("to within the side of 2 kinks that its precision cannot decide" in note for note in found.notes)


def test_on_the_usual_side_nothing_is_said():
    found = told((1e-9, -2e-9), (), "float32")
    assert (found.found, found.defects) == ("MAML", ())
    assert not any("kink" in note for note in found.notes)


def test_in_float64_the_other_side_is_wrong():
    assert told((1e-9, -2e-9), (0,), "float64").defects == ("not_recognised",)


def test_a_kink_that_float32_can_decide_is_no_excuse():
    assert told((1e-3,), (0,), "float32").defects == ("not_recognised",)


def test_a_module_of_torch_is_that_of_torch_where_jax_is_in_use_too():
    pytest.importorskip("jax")
    model, tasks = made((1e-3,))
    assert own_problem(model, mean_square, tasks, alpha=ALPHA).kind.source.model.framework == "torch"


# -- between the ends of a difference ----------------------------------------------------------------------------------
HF_MAML = algorithms()["HF-MAML"].direction


def told_of_difference(margins, delta, declared="HF-MAML"):
    model, tasks = made(margins)
    posed = own_problem(model, mean_square, tasks, alpha=ALPHA)
    found = hf_maml(model, mean_square, tasks, ALPHA, 1, delta)
    return what_is(found, posed, declared=declared, delta=delta)


def test_a_difference_across_a_kink_is_right_and_that_is_noted():
    found = told_of_difference((1e-4, -1e-4), 2.0**-8)
    assert (found.found, found.defects) == ("HF-MAML", ())
    assert found.conforms
    assert any("gradients jump there" in note for note in found.notes)


def test_a_difference_that_passes_no_kink_has_no_such_note():
    found = told_of_difference((0.1, -0.1), 2.0**-16)
    assert (found.found, found.defects) == ("HF-MAML", ())
    assert not any("gradients jump" in note for note in found.notes)


def test_a_delta_that_is_too_large_whatever_the_kinks_is_still_named():
    found = told_of_difference((1e-4, -1e-4), 4.0)
    assert (found.found, found.defects) == ("HF-MAML", ("hf_delta_too_large",))


@pytest.mark.parametrize("steps", [1, 2])
def test_with_the_decisions_of_its_middle_a_difference_is_the_hessian(steps):
    """Against PyTorch's own second derivatives; without that it is far off."""
    model, tasks = made((1e-4, -1e-4))
    posed = own_problem(model, mean_square, tasks, alpha=ALPHA, steps=steps)
    own = np.concatenate([g.numpy().ravel() for g in maml(model, mean_square, tasks, ALPHA, steps).values()])
    there = held(posed)
    across = Difference(2.0**-8)
    assert np.linalg.norm(screened(there, HF_MAML, across) - own) < 1e-4 * np.linalg.norm(own)
    assert np.linalg.norm(screened(posed, HF_MAML, across) - own) > 1e-2 * np.linalg.norm(own)
    certified, plain = enclosed(there, HF_MAML, across, name="x"), enclosed(posed, HF_MAML, across, name="x")
    assert np.linalg.norm(certified.midpoint - screened(there, HF_MAML, across)) < 1e-12
    assert np.linalg.norm(certified.midpoint - plain.midpoint) > 1e-2 * np.linalg.norm(own)
