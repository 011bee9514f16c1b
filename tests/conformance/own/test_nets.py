"""Gradients of networks as people have them: what is right is recognised, what is wrong is named."""

from __future__ import annotations

import os

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'mamlcheck[torch]'")

from own_loops import RIGHT, WRONG, hf_maml  # noqa: E402
from own_nets import NETS  # noqa: E402

from mamlcheck import own_problem, what_is  # noqa: E402

ALPHA = 0.125
DELTAS = {"float32": 2.0**-11, "float64": 2.0**-16}  # small enough to pass no kink of a ReLU
PRECISIONS = tuple(DELTAS)
SMALL = ("tanh", "transformer", "resnet")
LARGER = ("lstm", "perceptron", "conv4-8")
ALL = (*SMALL, *LARGER)
FOUR = ((3, 4), (5, 4), (3, 6), (4, 4))  # tasks, by the sizes of their sets
# What each is named by: the algorithm, and what is wrong with it.
NAMED = {
    "first order": ("FO-MAML", ("hessian_missing",)),
    "Hessian halved": ("MAML", ("hessian_halved",)),
    "Hessian of the wrong sign": ("MAML", ("hessian_wrong_sign",)),
    "other rate": ("MAML", ("inner_rate",)),
    "one step more": ("MAML", ("one_step_more",)),
    "one step less": (None, ("no_adaptation",)),
    "sum over tasks": ("MAML", ("sum_over_tasks",)),
    "first task only": ("MAML", ("first_task_only",)),
    "summed inner loss": ("MAML", ("inner_sum",)),
    "swapped": ("MAML", ("roles_swapped",)),
    "support as query": ("MAML", ("support_as_query",)),
    "pooled": ("MAML", ("task_weights",)),
    "sign flipped": ("MAML", ("sign_flipped",)),
    "times alpha": ("MAML", ("scaled_by_alpha",)),
}
NAMED_OF_TWO_STEPS = {
    "first order": ("FO-MAML", ("hessian_missing",)),
    "Hessian halved": ("MAML", ("hessian_coefficient",)),
    "one step more": ("MAML", ("one_step_more",)),
    "one step less": ("MAML", ("one_step_only",)),
    "second step of first order": ("MAML", ("hessian_first_step_only",)),
}
SEARCHED = ("other rate", "pooled")  # which take a search, and so seconds on larger networks


LARGE = os.environ.get("MAMLCHECK_NETS") == "all"  # the larger ones take minutes, and are left out otherwise
ONE_STEP = [*SMALL, *(LARGER if LARGE else [])]
TWO_STEPS = ALL if LARGE else ["transformer"]


def posed(name, steps=1, **others):
    """A problem, and for each precision the model and the tasks: the same numbers, so that it shares its references."""
    both = {dtype: NETS[name].posed(getattr(torch, dtype), **others) for dtype in PRECISIONS}
    return own_problem(both["float32"][0], NETS[name].loss, both["float32"][1], alpha=ALPHA, steps=steps), both


def gradient(loop, name, model, tasks, steps, *more):
    return loop(model, NETS[name].loss, tasks, ALPHA, steps, *more)


@pytest.mark.parametrize("name", ONE_STEP)
def test_right_gradients_raise_no_alarm(name):
    given, both = posed(name)
    for dtype, (model, tasks) in both.items():
        for declared, loop in RIGHT.items():
            delta = DELTAS[dtype] if loop is hf_maml else None
            found = gradient(loop, name, model, tasks, 1, *([] if delta is None else [delta]))
            diagnosis = what_is(found, given.but(dtype=dtype), declared=declared, delta=delta)
            assert (diagnosis.found, diagnosis.defects) == (declared, ()), diagnosis.text


@pytest.mark.parametrize("name", TWO_STEPS)
def test_two_inner_steps_raise_no_alarm(name):
    given, both = posed(name, steps=2, sizes=FOUR)
    for dtype, (model, tasks) in both.items():
        for declared, loop in RIGHT.items():
            if loop is not hf_maml:
                diagnosis = what_is(gradient(loop, name, model, tasks, 2), given.but(dtype=dtype), declared=declared)
                assert (diagnosis.found, diagnosis.defects) == (declared, ()), diagnosis.text


@pytest.mark.parametrize("name", ONE_STEP)
def test_what_is_wrong_is_named(name):
    given, both = posed(name)
    for dtype, (model, tasks) in both.items():
        for defect, expected in NAMED.items():
            if defect in SEARCHED and name != "tanh" and not LARGE:
                continue
            diagnosis = what_is(gradient(WRONG[defect], name, model, tasks, 1), given.but(dtype=dtype), declared="MAML")
            assert (diagnosis.found, diagnosis.defects) == expected, (defect, diagnosis.text)
            assert not diagnosis.conforms


def test_what_is_wrong_with_further_steps_is_named():
    given, both = posed("tanh", steps=2)
    for dtype, (model, tasks) in both.items():
        for defect, expected in NAMED_OF_TWO_STEPS.items():
            diagnosis = what_is(
                gradient(WRONG[defect], "tanh", model, tasks, 2), given.but(dtype=dtype), declared="MAML"
            )
            assert (diagnosis.found, diagnosis.defects) == expected, (defect, diagnosis.text)
