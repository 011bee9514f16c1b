"""Simplifying: the witness gets shorter, stays as extreme as asked, and nothing is kept that is not certified."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mamlcheck import strategies
from mamlcheck.check.certified import Certified, certified
from mamlcheck.check.verdict import Verdict
from mamlcheck.claims import claim_ids, load_claim
from mamlcheck.errors import InputError
from mamlcheck.hunt import simplify
from mamlcheck.hunt.families import load_spaces
from mamlcheck.hunt.simplify import simplified
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.families.spline import SplineTasks
from mamlcheck.tasks.losses import loss


def cluttered(n: int = 2, m: int = 2) -> Instances:
    """f_i = -(w - z)^2 / 2, nearly, several times over, with long numbers: Lemma 4.8 is nearly sharp on it."""
    rng = np.random.default_rng(4)
    matrices = -1 + rng.integers(0, 99, (1, n, m, 1, 1)) * 2.0**-40
    tasks = QuadraticTasks(
        matrices, rng.random((1, n, m, 1)), np.array([[Fraction(1, 3), Fraction(2, 3)]], dtype=object)
    )
    rate = np.array([Fraction(1 - 2**-40) / Fraction(float(tasks.smoothness[0]))], dtype=object)
    sizes = BatchSizes(inner=3, test=7, stepsize=2)
    numbers = {name: rng.random((1, 1)) for name in ("w", "u", "v")}
    return Instances(tasks, rate, delta=rng.random(1), phi=rng.random(1), task=1, sizes=sizes, **numbers)


def known(claim: Any, instance: Instances) -> Certified:
    found = certified(claim, instance)
    assert found is not None
    return found


def test_a_cluttered_witness_becomes_the_one_of_the_textbook() -> None:
    claim, instance = load_claim("lemma_4_8"), cluttered()
    short, found = simplified(claim, instance, known(claim, instance), 0.999)
    tasks: Any = short.tasks
    assert (tasks.n, tasks.m) == (1, 1)
    assert tasks.matrices.item() == -1
    assert short.alpha.item() == 1
    assert found.tightness == (1.0, 1.0)
    assert short.sizes == BatchSizes()
    assert {short.w.item(), short.u.item()} == {0, 1}
    assert (short.v.item(), short.delta.item(), short.phi.item()) == (1, 1, 1)


SPACES = load_spaces(1) + load_spaces(2, ("ridge_splines",))


@settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(SPACES), st.sampled_from([c for c in claim_ids() if "." in c]), st.integers(0, 2**32))
def test_what_is_left_is_shorter_and_keeps_its_share(space: Any, claim_id: str, seed: int) -> None:
    claim = load_claim(claim_id)
    instance = space.instances(np.random.default_rng(seed).random((1, space.size)))
    found = certified(claim, instance)
    if found is None:
        return
    least = 0.9 * found.tightness[0]
    short, now = simplified(claim, instance, found, least)
    assert now.tightness[0] >= least
    assert now == certified(claim, short)
    assert now.verdict is found.verdict
    assert simplify._length(short[0]) <= simplify._length(simplify._exact(instance[0]))
    assert short.tasks.d == instance.tasks.d


def test_a_violated_claim_stays_violated() -> None:
    claim, instance = load_claim("lemma_4_8"), cluttered()
    quarter = dataclasses.replace(claim, right=lambda x: claim.right(x) / 4)
    short, found = simplified(quarter, instance, known(quarter, instance), 1.0)
    assert found.verdict is Verdict.VIOLATED
    assert found.tightness[0] > 1
    assert short.tasks.n == 1


def test_a_violated_claim_does_not_become_a_tie() -> None:
    """1 + (w - 1)^2 <= 1 is violated at w != 1, and w = 1 would be shorter, with a tightness of exactly 1."""
    claim = dataclasses.replace(
        load_claim("lemma_4_8"), left=lambda x: 1 + x.ar.square(x.w[..., 0] - 1), right=lambda x: 1 + 0 * x.alpha
    )
    instance = cluttered()
    tie = dataclasses.replace(instance, w=np.ones((1, 1)))
    assert (known(claim, tie).verdict, known(claim, tie).tightness) == (Verdict.HOLDS, (1.0, 1.0))
    short, found = simplified(claim, instance, known(claim, instance), 1.0)
    assert found.verdict is Verdict.VIOLATED
    assert short.w.item() != 1


@pytest.mark.parametrize("name", ["smoothness", "hessian_lipschitz"])
def test_constants_given_by_hand_are_not_dropped_but_refused(name: str) -> None:
    claim = load_claim("lemma_4_8")
    instance = dataclasses.replace(cluttered(), **{name: np.array([Fraction(101, 100)], dtype=object)})
    with pytest.raises(InputError, match="is given by hand: only instances with certified constants are simplified"):
        simplified(claim, instance, known(claim, cluttered()), 0.5)


def test_nothing_is_kept_that_must_not_be_lost() -> None:
    claim, instance = load_claim("lemma_4_8"), cluttered()
    short, _ = simplified(claim, instance, known(claim, instance), 0.9, keeps=lambda one: one.tasks.n == 2)
    assert short.tasks.n == 2


def noisy() -> Instances:
    """Two samples with the same spline and opposite slopes, in long numbers."""
    shape = (1, 1, 2, 2)
    knots = np.broadcast_to(np.array([-0.001234567, 0.001234567]), shape)
    values, slopes = np.broadcast_to(np.array([-1.0, 1.0]), shape), np.array([[[3.14159, -3.14159]]])
    tasks = SplineTasks.on_a_line(knots, values, slopes, np.ones((1, 1)))
    zero = np.zeros((1, 1))
    return Instances(tasks, np.array([0.987654321]), zero, zero + 1, zero + 1, np.ones(1), np.ones(1))


def test_ridge_tasks_of_losses_become_fewer_and_shorter() -> None:
    """They have no lengths to take as a unit, and a task takes its loss along."""
    a = np.array([[[1.25], [0.75]], [[0.5], [1.5]]])
    tasks = RidgeTasks(
        a[None], a[None, ..., 0], 1 + a[None, ..., 0], np.zeros(1), np.full((1, 2), 0.5), (loss("sin"), loss("welsch"))
    )
    rate = 1 / Fraction(tasks.smoothness[0])
    zero = np.zeros((1, 1))
    instance = Instances(
        tasks, np.array([rate], dtype=object), zero + 1, zero + 2, zero + 1, np.ones(1), np.ones(1), task=1
    )
    claim = load_claim("lemma_4_8")
    short, found = simplified(claim, instance, known(claim, instance), 0.0)
    made: Any = short.tasks
    assert found.verdict is Verdict.HOLDS
    assert (made.n, made.m) == (1, 1)
    assert len(made.losses) == 1


def test_numbers_that_belong_together_change_together() -> None:
    claim, instance = load_claim("lemma_4_10.bias"), noisy()
    short, found = simplified(claim, instance, known(claim, instance), 0.99)
    made: Any = short.tasks
    assert found.tightness[0] >= 0.99
    assert (made.knots == made.knots[:, :, :1]).all()
    assert (made.values == made.values[:, :, :1]).all()
    assert made.slope.sum() == 0
    assert max(v.denominator for v in made.slope.ravel()) <= 8


@settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(strategies.instances())
def test_other_units_leave_every_tightness_as_it_is(instance: Instances) -> None:
    one = simplify._exact(instance[0])
    if not one.tasks.polynomial or one.tasks.d > 1 or not one.alpha.item():
        return
    for change in (simplify._in_lengths, simplify._in_rates):
        for claim_id in ("lemma_4_8", "lemma_4_10.bias", "hf_error"):
            before, after = (certified(load_claim(claim_id), x) for x in (one, change(one)))
            if before is None or after is None or before.ratio is None or after.ratio is None:
                continue
            assert abs(float(before.ratio) - float(after.ratio)) <= 1e-9  # constants are rounded up to 40 bits


@pytest.mark.parametrize("bits", [1, 2, 5, 24])
def test_significant_bits(bits: int) -> None:
    for value in (Fraction(1, 3), Fraction(355, 113), Fraction(1, 10**9), Fraction(10**9 + 7)):
        rounded = simplify._significant(value, bits)
        assert abs(rounded / value - 1) <= Fraction(1, 2**bits)
        assert simplify._significant(rounded, bits) == rounded


def test_floats_do_not_decide_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simplify, "float_tightness", lambda claim, block: np.full(block.shape, np.inf))
    claim, instance = load_claim("lemma_4_10.bias"), noisy()
    _, found = simplified(claim, instance, known(claim, instance), 0.99)
    assert found.tightness[0] >= 0.99
