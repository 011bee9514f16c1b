"""Constants of float32 are forgiven for every K, and a declared precision is what may be in an error, and no more."""

from __future__ import annotations

import numpy as np
import pytest
from planted import load

from mamlcheck.conformance import Metadata, conform, identify, subject
from mamlcheck.errors import InputError


def at_rate(change, steps=None, by=lambda given: 1.0):
    """MAML by hand at another inner rate, and times a factor."""

    @subject("MAML", steps=steps)
    def make(given):
        from mamlcheck.conformance.algorithms import algorithm
        from mamlcheck.conformance.diagnosis.candidates import of_algorithm

        moved = given.but(alpha=float(change(given.alpha)))
        return lambda: by(given) * next(of_algorithm(algorithm("MAML"))).screened(moved)

    return make


def ulps(count):
    def changed(rate):
        single = np.float32(rate)
        for _ in range(abs(count)):
            single = np.nextafter(single, np.float32(np.inf if count > 0 else 0))
        return single

    return changed


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, -3, 4])
def test_a_rate_that_float32_has_made_is_forgiven(steps, count):
    diagnosis = identify(at_rate(ulps(count), steps=(steps,)))
    print(diagnosis.text)
    assert diagnosis.conforms
    assert "rounded to float32" in " ".join(diagnosis.notes)


def test_the_factor_of_a_mean_too():
    third = float(np.float32(1 / 3)) * 3
    assert identify(at_rate(lambda rate: rate, by=lambda given: third)).conforms
    assert identify(at_rate(np.float32, by=lambda given: third)).conforms


@pytest.mark.parametrize("count", [6, -9])
def test_what_float32_does_not_make_is_not(count):
    diagnosis = identify(at_rate(ulps(count)))
    print(diagnosis.text)
    assert not diagnosis.conforms
    assert "float32 (relative" not in diagnosis.text


def noisy(size, seed=1, **declared):
    """MAML by hand with an error of random direction."""
    right = load("numpy_right").by_hand

    @subject("MAML", steps=(1,), **declared)
    def make(given):
        call = right(given)

        def off():
            random = np.random.default_rng(seed)
            mean = {k: np.mean([d[k] for d in call()], axis=0) for k in given.parameters}
            whole = np.sqrt(np.mean(np.concatenate([v.ravel() for v in mean.values()]) ** 2))
            return {k: v + size * whole * random.standard_normal(v.shape) for k, v in mean.items()}

        return off

    return make


def test_a_declared_precision_allows_its_own_error_and_no_larger_one():
    for precision, size, good in (
        ("bfloat16", 3e-3, True),
        ("float16", 3e-3, True),
        ("float32", 1e-6, True),
        ("float32", 3e-3, False),
        ("bfloat16", 0.5, False),
    ):
        diagnosis = identify(noisy(size, computes=precision))
        print(precision, size, diagnosis.text)
        assert diagnosis.conforms == good, (precision, size)
        assert (f"It computes in {precision}, as declared" in diagnosis.text) == good


def test_an_exact_one_is_held_to_what_it_is():
    """A declaration allows, and is not needed: nothing is said of it, and the error is what it was."""
    exact = load("numpy_right").by_hand

    @subject("MAML", computes="bfloat16")
    def make(given):
        return exact(given)

    diagnosis = identify(make)
    assert diagnosis.conforms
    assert diagnosis.relative_error < 1e-14
    assert diagnosis.notes == ()
    assert conform(make).conforms


@pytest.mark.parametrize("name", ["half_the_hessian", "plus_the_hessian", "first_order_sold_as_second", "inner_sum"])
def test_what_is_wrong_is_named_in_reduced_precision(name):
    module = load("numpy_wrong")
    wrong = getattr(module, name)

    @subject("MAML", steps=(1,), computes="bfloat16")
    def make(given):
        call = wrong(given)

        def coarse():  # rounded to 8 binary digits
            return [
                {k: np.ldexp(np.rint(np.frexp(v)[0] * 256), np.frexp(v)[1] - 8) for k, v in d.items()} for d in call()
            ]

        return coarse

    diagnosis = identify(make)
    print(diagnosis.text)
    assert diagnosis.defects == module.WRONG[name][1]


def test_an_undeclared_one_is_asked_for():
    diagnosis = identify(noisy(3e-3))
    assert diagnosis.defects == ("not_recognised",)
    assert 'declare it: computes="bfloat16"' in diagnosis.text
    for size in (1e-11, 1e-7):  # no error that bfloat16 makes
        found = identify(noisy(size))
        assert "bfloat16" not in found.text
        assert ('declare it: computes="float32"' in found.text) == (size == 1e-7)
        assert found.defects == ("not_recognised",)
    assert identify(noisy(1e-7, computes="float32")).conforms


def test_no_other_word_is_a_precision():
    with pytest.raises(InputError, match="computes = 'half': choose one of bfloat16, float16, float32, float64"):
        subject("MAML", computes="half")
    assert Metadata().computes is None
