"""Implementations from public questions get the sentence that answers them."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from by_complex_step import by_rates, maml, plain_gradient, reptile
from planted import diagnosed, load

from mamlcheck.conformance import conform, identify, problem
from mamlcheck.conformance.problems.kinds import kinds
from mamlcheck.conformance.subjects.running import observe

TORCH = importlib.util.find_spec("torch") is not None
pytestmark = pytest.mark.skipif(not TORCH, reason="torch is not installed")
CASES = list(load("torch_cases").SAID) if TORCH else []


@pytest.mark.parametrize("name", CASES)
def test_the_sentence_answers_the_question(name):
    found, defects, words, never = load("torch_cases").SAID[name]
    diagnosis = diagnosed("torch_cases", name)
    print(diagnosis.text)
    assert (diagnosis.found, diagnosis.defects) == (found, defects)
    assert diagnosis.conforms == (not defects)
    for word in words:
        assert word in diagnosis.text
    for word in never:
        assert word not in diagnosis.text


def test_the_best_fit_of_autocast_in_float32_is_told_too():
    module = load("torch_cases")
    declared, undeclared = (identify(make, dtype="float32") for make in (module.autocast_declared, module.autocast))
    assert declared.conforms
    assert "nothing else known comes within five times that" in declared.text
    assert (undeclared.found, undeclared.defects) == ("MAML", ("lower_precision",))
    assert "outputs of its model, or its result, are in bfloat16" in undeclared.sentence
    assert 'declare computes="bfloat16"' in undeclared.text
    wrong = identify(module.autocast_first_order_declared, dtype="float32")
    assert (wrong.found, wrong.defects) == ("FO-MAML", ("hessian_missing",))


def test_the_checks_hold_a_declared_precision():
    module = load("torch_cases")
    assert conform(module.autocast_declared).conforms
    assert not conform(module.autocast_first_order_declared).conforms
    assert not conform(module.autocast).conforms


# -- that the subjects compute what is said of them, by derivatives that nothing here is made of ---------------------
def means(name, given):
    seen = observe(getattr(load("torch_cases"), name), given)
    assert seen.failure is None
    return seen.directions[0]


@pytest.mark.parametrize("kind", kinds())
def test_what_the_cases_compute(kind):
    given = problem(kind, alpha=0.05, steps=2)
    np.testing.assert_allclose(means("constant_rates", given), maml(given, rate=0.01, steps=1), rtol=1e-10, atol=1e-14)
    first = maml(given, tasks=given.tasks[:1]) / len(given.tasks)
    np.testing.assert_allclose(means("other_losses_as_numbers", given), first, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(means("scaled_inner_loss", given), maml(given, rate=0.8), rtol=1e-9, atol=1e-13)
    one = given.but(steps=1)
    np.testing.assert_allclose(means("outer_loss_never_arrives", one), plain_gradient(one), rtol=1e-11, atol=1e-14)
    both = plain_gradient(one) + maml(one)
    np.testing.assert_allclose(means("outer_loss_arrives", one), both, rtol=1e-10, atol=1e-14)
    weights = [0.9**2, 0.9, 1]
    np.testing.assert_allclose(
        means("reptile_of_moving_average", given), weights @ reptile(given), rtol=1e-10, atol=1e-14
    )
    rates = observe(load("torch_cases").meta_sgd, given).rates[0]
    np.testing.assert_allclose(rates, by_rates(given), rtol=1e-9, atol=1e-13)
    if kind == "tanh-cross-entropy":
        np.testing.assert_allclose(means("own_cross_entropy", given), maml(given), rtol=1e-10, atol=1e-14)
    if kind == "tanh-squared-error":
        np.testing.assert_allclose(means("regression_only", given), maml(given), rtol=1e-10, atol=1e-14)
        divided = maml(given, rate=0.05 / 5) / 7
        np.testing.assert_allclose(means("regression_only_divided_again", given), divided, rtol=1e-10, atol=1e-14)
