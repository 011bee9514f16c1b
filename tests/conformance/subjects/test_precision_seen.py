"""In which precision a subject computes is seen at the outputs of the model, and at the numbers that it returns."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from mamlcheck.conformance import problem, subject
from mamlcheck.conformance.data import UNIT_ROUNDOFF, coarsest, held_in
from mamlcheck.conformance.diagnosis.identifying import identify
from mamlcheck.conformance.subjects.observing import Observation
from mamlcheck.conformance.subjects.running import observe

NAME = "tanh-squared-error"
BITS = {"bfloat16": 8, "float16": 11, "float32": 24, "float64": 53}


@pytest.mark.parametrize("name", BITS)
def test_numbers_are_held_in_the_coarsest_precision_that_has_their_digits(name):
    assert UNIT_ROUNDOFF[name] == 2.0 ** -BITS[name]
    longest = (2.0 ** BITS[name] - 1) * 2.0 ** -BITS[name]  # as many ones as it has digits
    assert held_in(np.array([longest, -0.5, 0.0])) == name
    if name != "float64":
        assert held_in(np.array([longest, 1 + UNIT_ROUNDOFF[name]])) != name


def test_what_is_too_large_for_float16_is_not_held_in_it():
    assert held_in(np.array([2.0**20 * (1 + 2.0**-9)])) == "float32"
    assert held_in(np.array([2.0**200])) == "float64"


def test_the_coarsest_of_names():
    assert coarsest(["float32", "", "bfloat16", "int64"]) == "bfloat16"
    assert coarsest(["int64"]) == ""


def seen(frameworks_dtype, framework):
    def make(given):
        p = given.on(framework)

        def call():
            if framework == "numpy":
                w = {name: value.astype(frameworks_dtype) for name, value in p.parameters.items()}
                return {name: g.astype("float64") for name, g in p.gradient(w, p.tasks[0].inner).items()}
            x, y = p.tasks[0].inner
            cast = {"torch": lambda a: a.to(getattr(p._torch, frameworks_dtype))}.get(
                framework, lambda a: a.astype(frameworks_dtype)
            )
            w = {name: cast(value) for name, value in p.parameters.items()}
            if framework == "torch":
                w = {name: value.requires_grad_() for name, value in w.items()}
            elif framework == "jax":
                p._jax.grad(lambda w: p.loss(p.apply(w, cast(x)), y).astype("float32"))(w)
            p.loss(p.apply(w, cast(x)), y)
            return {name: value / 3 for name, value in p.parameters.items()}

        return call

    return observe(make, problem(NAME)).computed


@pytest.mark.parametrize("framework", [f for f in ("numpy", "torch", "jax") if importlib.util.find_spec(f)])
def test_outputs_are_seen(framework):
    assert seen("float32", framework) == "float32"


def test_it_goes_from_process_to_process():
    found = Observation(problem(NAME), (np.ones(3),), "float64", computed="float16")
    assert Observation.from_json(found.problem, found.as_json()).computed == "float16"


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_what_is_rounded_is_named_with_its_precision(dtype):
    @subject("FO-MAML", steps=(1,))
    def make(given):
        p = given.on("numpy")

        def call():
            found = []
            for task in p.tasks:
                slopes = p.gradient(p.parameters, task.inner)
                adapted = {name: w - p.alpha * slopes[name] for name, w in p.parameters.items()}
                each = p.gradient(adapted, task.outer)
                found.append({name: g.astype(dtype).astype(g.dtype) for name, g in each.items()})
            return found

        return call

    found = identify(make)
    assert (found.found, found.defects) == ("FO-MAML", ("lower_precision",)), found.text
    assert f"outputs of its model, or its result, are in {dtype}" in found.sentence


def first_order(p, change=lambda found: found, beside=lambda: None):
    """FO-MAML in NumPy, with something done to its mean, and something done beside it."""

    def call():
        beside()
        found = dict.fromkeys(p.parameters, 0.0)
        for task in p.tasks:
            slopes = p.gradient(p.parameters, task.inner)
            adapted = {name: w - p.alpha * slopes[name] for name, w in p.parameters.items()}
            each = p.gradient(adapted, task.outer)
            found = {name: found[name] + each[name] / len(p.tasks) for name in found}
        return change(found)

    return call


def one_off(found):
    """A single component is wrong."""
    name = next(iter(found))
    found[name] = found[name].copy()
    found[name].flat[0] *= 1.005
    return found


@pytest.mark.parametrize("computes", [None, "bfloat16"])
def test_a_single_component_that_is_off_is_no_rounding(computes):
    """Whatever was seen beside it, or is declared: rounding is in most components."""

    @subject("FO-MAML", steps=(1,), computes=computes)
    def make(given):
        p = given.on("numpy")

        def beside():
            p.gradient({name: w.astype("float16") for name, w in p.parameters.items()}, p.tasks[0].outer)

        return first_order(p, one_off, beside)

    found = identify(make)
    assert not found.conforms, found.text
    assert "float16" not in found.sentence
    assert "not recognised" in found.sentence


@pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="PyTorch is not installed")
def test_a_pass_that_is_only_looked_at_is_not_seen():
    import torch

    def make(given):
        p = given.on("torch")

        def call():
            x, y = p.tasks[0].outer
            with torch.no_grad():
                p.loss(p.apply({name: w.bfloat16() for name, w in p.parameters.items()}, x.bfloat16()), y)
            return {name: w / 3 for name, w in p.parameters.items()}

        return call

    assert observe(make, problem(NAME)).computed == "float64"
