"""`watch` around steps of training loops as people have them, and gradients read off the update that a step makes."""

from __future__ import annotations

import copy

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'mamlcheck[torch]'")

from own_loops import adapted, fo_maml, maml, value  # noqa: E402
from own_nets import NETS  # noqa: E402

from mamlcheck import own_problem, watch, what_is  # noqa: E402
from mamlcheck.errors import InputError  # noqa: E402

ALPHA = 0.125
LOSS = NETS["tanh"].loss


def posed(dtype=torch.float64):
    return NETS["tanh"].posed(dtype)


def watched(model, optimizer, tasks, **others):
    return watch(model, optimizer, loss=LOSS, tasks=tasks, alpha=ALPHA, certify=False, **others)


def backward(model, tasks, steps=1, scale=1.0, mean=True):
    """The gradient of the query losses at the adapted parameters, into `.grad`."""
    for support, query in tasks:
        w = adapted(model, LOSS, dict(model.named_parameters()), support, ALPHA, steps)
        (scale * value(model, LOSS, w, query) / (len(tasks) if mean else 1)).backward()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_a_step_of_adam_is_watched_and_not_changed(dtype):
    model, tasks = posed(dtype)
    other = copy.deepcopy(model)
    for trained in (model, other):
        optimizer = torch.optim.Adam(trained.parameters(), lr=1e-3)
        if trained is model:
            with watched(model, optimizer, tasks, declared="MAML") as seen:
                optimizer.zero_grad()
                backward(model, tasks)
                optimizer.step()
        else:
            backward(other, tasks)
            optimizer.step()
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters(), strict=True))
    assert (seen.diagnosis.found, seen.diagnosis.defects) == ("MAML", ())
    assert str(seen).startswith("This is MAML")
    assert seen.steps == 1


def test_gradients_that_are_scaled_and_unscaled_again():
    """As by `torch.amp.GradScaler`: what the optimiser finds is judged."""
    model, tasks = posed()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model, optimizer, tasks) as seen:
        backward(model, tasks, scale=2.0**16)
        for p in model.parameters():
            p.grad.div_(2.0**16)
        optimizer.step()
    assert (seen.diagnosis.found, seen.diagnosis.defects) == ("MAML", ())
    with watched(model, optimizer, tasks) as seen:
        optimizer.zero_grad()
        backward(model, tasks, scale=2.0**16)
        optimizer.step()
    assert seen.diagnosis.defects == ("scaled",)
    assert "multiplied by 65536" in seen.diagnosis.sentence


def test_what_a_step_has_wrong_is_named():
    model, tasks = posed()
    optimizer = torch.optim.Adam(model.parameters())
    with watched(model, optimizer, tasks, declared="MAML") as seen:
        backward(model, tasks, mean=False)
        optimizer.step()
    assert seen.diagnosis.defects == ("sum_over_tasks",)
    with watched(model, optimizer, tasks, declared="MAML", reduction="sum") as seen:
        optimizer.zero_grad()
        backward(model, tasks, mean=False)
        optimizer.step()
    assert not seen.diagnosis.defects


def test_gradients_of_the_step_before_add_up():
    """A forgotten zero_grad: what is judged is what the optimiser finds, which is none of the algorithms."""
    model, tasks = posed()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    backward(model, tasks)
    optimizer.step()
    with watched(model, optimizer, tasks, declared="MAML") as seen:
        backward(model, tasks)
        optimizer.step()
    assert not seen.diagnosis.conforms


def test_of_two_steps_the_first_is_judged_and_no_step_is_said():
    model, tasks = posed()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watched(model, optimizer, tasks) as seen:
        for _ in range(2):
            optimizer.zero_grad()
            backward(model, tasks)
            optimizer.step()
    assert (seen.diagnosis.found, seen.diagnosis.defects) == ("MAML", ())
    assert "The optimiser took 2 steps; this is of the first." in seen.diagnosis.notes
    with watched(model, optimizer, tasks) as seen:
        backward(model, tasks)
    with pytest.raises(InputError, match="the optimiser took no step in the block"):
        _ = seen.diagnosis


def test_an_exception_in_the_block_is_handed_on_and_nothing_is_left_behind():
    model, tasks = posed()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ZeroDivisionError), watched(model, optimizer, tasks) as seen:
        _ = 1 / 0
    backward(model, tasks)
    optimizer.step()
    assert seen.steps == 0


def test_what_is_no_loop_of_pytorch_is_refused():
    model, tasks = posed()
    with pytest.raises(InputError, match=r"watch takes a torch\.nn\.Module"), watched(model, object(), tasks):
        pass


# -- before and after --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("dtype", "rate"), [(torch.float64, 1e-3), (torch.float32, 0.5)])
def test_the_gradient_is_read_off_an_update(dtype, rate):
    model, tasks = posed(dtype)
    given = own_problem(model, LOSS, tasks, alpha=ALPHA, certify=False)
    before = copy.deepcopy(model)
    backward(model, tasks)
    torch.optim.SGD(model.parameters(), lr=rate).step()
    for pair in ((before, model), (dict(before.named_parameters()), dict(model.named_parameters()))):
        diagnosis = what_is(pair, given, rate=rate)
        assert (diagnosis.found, diagnosis.defects) == ("MAML", ())


def test_an_update_that_has_lost_its_digits_tells_nothing():
    model, tasks = posed(torch.float32)
    given = own_problem(model, LOSS, tasks, alpha=ALPHA, certify=False)
    before = copy.deepcopy(model)
    backward(model, tasks)
    torch.optim.SGD(model.parameters(), lr=1e-6).step()
    diagnosis = what_is((before, model), given, rate=1e-6)
    assert diagnosis.defects == ("too_coarse",)


@pytest.mark.parametrize("rate", [0, float("nan"), "fast"])
def test_rates_that_are_none_are_refused(rate):
    model, tasks = posed()
    given = own_problem(model, LOSS, tasks, alpha=ALPHA, certify=False)
    with pytest.raises(InputError, match="give the rate of the update"):
        what_is((model, model), given, rate=rate)


def test_one_observation_each_is_asked_for():
    model, tasks = posed()
    given = own_problem(model, LOSS, tasks, alpha=ALPHA, certify=False)
    found = [maml(model, LOSS, tasks, ALPHA), fo_maml(model, LOSS, tasks, ALPHA)]
    with pytest.raises(InputError, match="2 gradients of 1 problems"):
        what_is(found, [given])
