"""Batches beyond enumeration where numbers overflow, constants are infinite, or few samples repeat."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from mamlcheck.check.checked import check_claim
from mamlcheck.check.verdict import Verdict, judge
from mamlcheck.claims import load_claim, load_claims
from mamlcheck.meta.beyond import key_of_instance
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.families.spline import SplineTasks
from mamlcheck.tasks.losses import loss


def block(scales: list[float], m: int = 12, batch: int = 64, distinct: int | None = None) -> Instances:
    """An instance for each scale of the coefficients; of `distinct` samples that repeat, if given."""
    n = len(scales)
    rng = np.random.default_rng(0)
    a, b = (rng.integers(-64, 65, size) / 32 for size in ((1, 1, m, 2), (1, 1, m)))
    if distinct is not None:
        a, b = a[:, :, np.arange(m) % distinct], b[:, :, np.arange(m) % distinct]
    a, b = (np.repeat(x, n, axis=0) for x in (a, b))
    c = np.ones((n, 1, m)) * np.array(scales)[:, None, None]
    tasks = RidgeTasks(a, b, c, np.zeros(n), np.ones((n, 1)), (loss("log_cosh"),))
    w = np.repeat(rng.integers(-64, 65, (1, 2)) / 64, n, axis=0)
    rates = np.array([Fraction(1) / (2 * Fraction(v)) for v in tasks.smoothness.tolist()], dtype=object)
    sizes = BatchSizes(inner=batch, outer=batch, test=batch, stepsize=batch, stepsize_tasks=3)
    return Instances(tasks, rates, w, w + 1, w + 2, np.ones(n), np.ones(n), sizes=sizes)


@pytest.mark.parametrize("claim", load_claims(), ids=lambda claim: claim.id)
@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e155, 1e200])
def test_what_overflows_is_undecided_at_most_and_spoils_no_instance_beside_it(claim, scale: float) -> None:
    alone = judge(claim, block([1.0]))
    both = judge(claim, block([1.0, scale]))
    assert both.verdict(0) is alone.verdict(0)
    assert both.verdict(1) is not Verdict.VIOLATED


def test_an_infinite_rho_that_is_given_by_hand_is_no_obstacle() -> None:
    knots = np.broadcast_to(np.array([0.0, 1e-320]), (1, 1, 12, 2))
    values = np.broadcast_to(np.array([-1.0, 1.0]), (1, 1, 12, 2))
    tasks = SplineTasks.on_a_line(knots, values, np.arange(12.0).reshape(1, 1, 12), np.ones((1, 1)))
    assert np.isinf(tasks.hessian_lipschitz).all()
    one, zero = np.ones(1), np.zeros((1, 1))
    sizes = BatchSizes(inner=64, outer=64, test=64)
    instance = Instances(tasks, one / 2, zero, zero + 1, zero + 2, one, one, sizes=sizes, hessian_lipschitz=one)
    for name in ("lemma_4_10.bias", "lemma_4_10.second_moment", "theorem_4_11"):
        assert not check_claim(name, instance).guaranteed or check_claim(name, instance).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("name", ["lemma_4_9.first_moment", "lemma_4_9.second_moment"])
def test_few_samples_that_repeat_are_listed_once_however_many_there_are(name: str) -> None:
    found = check_claim(name, block([1.0], m=400, batch=4, distinct=3))
    assert found.verdict in (Verdict.HOLDS, Verdict.VACUOUS)
    assert found.arithmetic != "none"


def test_random_bits_are_keyed_by_sizes_beyond_all_doubles_too() -> None:
    one = block([1.0])
    large = replace(one, sizes=replace(one.sizes, outer=2**1100))
    assert key_of_instance(large) != key_of_instance(one)
    assert check_claim(load_claim("lemma_4_10.second_moment"), large).verdict is not Verdict.VIOLATED
