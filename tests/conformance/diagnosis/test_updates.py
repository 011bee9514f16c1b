"""Directions read off an update by hand: found out, with their lost digits, and nothing else is."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from planted import load

from mamlcheck.conformance import Metadata, conform, identify, subject
from mamlcheck.conformance.diagnosis.suite import observations
from mamlcheck.conformance.diagnosis.updates import read_off
from mamlcheck.conformance.subjects.running import observe

TORCH = importlib.util.find_spec("torch") is not None


def by_hand(rate, direction=None, each=False):
    """MAML, or another direction, read off an update of this rate; of each task's, where `each` is True."""
    right = load("numpy_right").by_hand if direction is None else direction

    @subject("MAML", steps=(1, 2))
    def make(given):
        p = given.on("numpy")
        call = right(given)
        step = np.asarray(p.alpha if rate == "alpha" else rate, p.dtype)

        def read(d):
            before = p.parameters
            after = {k: (before[k] - step * d[k]).astype(p.dtype) for k in before}
            return {k: (before[k] - after[k]) / step for k in before}

        def both():
            parts = call()
            if each:
                return [read(d) for d in parts]
            return read({k: np.mean([d[k] for d in parts], axis=0, dtype=p.dtype) for k in parts[0]})

        return both

    return make


def seen_of(make, dtype="float64"):
    return observations(lambda given: observe(make, given), dtype, make.mamlcheck)


@pytest.mark.parametrize("each", [False, True])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("rate", [0.3, 0.03, 0.007, 1e-3, 1e-4, 2.0**-10, "alpha"])
def test_small_steps_raise_no_alarm(rate, dtype, each):
    diagnosis = identify(by_hand(rate, each=each), dtype=dtype)
    print(diagnosis.text)
    assert diagnosis.conforms
    assert diagnosis.found == "MAML"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_rate_is_found(dtype):
    for rate in (0.3, 0.03, 1e-3, 1e-4):
        assert read_off(seen_of(by_hand(rate), dtype)).rate == pytest.approx(rate, rel=1e-7)
    assert read_off(seen_of(by_hand("alpha"), dtype)).alpha


def test_the_checks_say_the_same():
    make = by_hand(1e-3)
    assert conform(make).conforms
    assert conform(make, only="task-order").conforms


@pytest.mark.parametrize("name", ["half_the_hessian", "plus_the_hessian", "first_order_sold_as_second", "inner_sum"])
def test_what_is_wrong_is_still_named(name):
    module = load("numpy_wrong")
    make = by_hand(1e-4, getattr(module, name))
    make.mamlcheck = Metadata("MAML", steps=(1,))
    diagnosis = identify(make, dtype="float32")
    print(diagnosis)
    assert diagnosis.defects == module.WRONG[name][1]


def test_too_small_a_rate_is_said():
    diagnosis = identify(by_hand(1e-7), dtype="float32")
    assert diagnosis.defects == ("too_coarse",)
    assert "Take a rate" in diagnosis.sentence


def test_a_rate_that_nobody_types_is_not_found():
    """The digits are lost: that the others are recognised is the doing of what is counted."""
    assert identify(by_hand(0.00123457)).defects == ("not_recognised",)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_nothing_else_is_taken_for_an_update(dtype):
    """Among right and wrong ones also those of few digits, which are on the grid of any power of two."""
    tables = [("numpy_wrong", "WRONG"), ("numpy_right", "NAMED")]
    tables += [("torch_wrong", "WRONG"), ("torch_right", "NAMED")] if TORCH else []
    for module, table in tables:
        found = vars(load(module))
        for name in found[table]:
            make = found[table][name] if table == "NAMED" else found[name]
            if "update" in name or "step" in name:
                continue
            assert read_off(seen_of(make, dtype)) is None, (module, name)


@pytest.mark.parametrize("digits", [8, 11, 24])
def test_numbers_of_few_digits_are_no_update(digits):
    """On a grid of a power of two lies every number of few digits: the rate 2**-20 would explain them all."""

    @subject("MAML", steps=(1,))
    def make(given):
        call = load("numpy_right").by_hand(given)

        def coarse():
            mean = {k: np.mean([d[k] for d in call()], axis=0) for k in given.parameters}
            return {
                k: np.ldexp(np.rint(np.frexp(v)[0] * 2.0**digits), np.frexp(v)[1] - digits) for k, v in mean.items()
            }

        return coarse

    assert read_off(seen_of(make)) is None
    assert not identify(make).conforms
