"""What claims compare when noise or differences are tiny: enclosed with digits left, exactly 0 where nothing bends."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from fractions_drawn import EXACT_KINDS, KINDS, random_tasks

from mamlcheck.arithmetic import arb, ball, rational
from mamlcheck.check.verdict import HOLDS, evaluate
from mamlcheck.claims import load_claim
from mamlcheck.meta.algorithms import hessian_difference
from mamlcheck.meta.instance import Instances

FINE = arb(512)
SMALL = Fraction(1, 2**30)
DELTAS = [Fraction(1), Fraction(1, 3), SMALL, Fraction(1, 2**60), Fraction(1000)]


def instance(kind: str, delta: Fraction, alpha: Fraction = Fraction(1, 3)) -> Instances:
    """One instance around two tasks of three samples in two dimensions, of fractions."""
    tasks = random_tasks(kind, 5, (1,), 2, 3, 2, size=10)
    w, u, v = (np.array([[Fraction(a, 7), Fraction(b, 5)]], dtype=object) for a, b in ((2, -3), (1, 4), (-6, 1)))
    one = np.array([Fraction(1)], dtype=object)
    return Instances(tasks, one * alpha, w, u, v, delta=one * delta, phi=one, task=1)


@pytest.mark.parametrize("delta", DELTAS, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_the_error_of_the_difference_is_that_of_equation_9(kind: str, delta: Fraction) -> None:
    """H v minus equation (9) as the algorithm computes it: equal in fractions, and within the balls of 53 bits."""
    given = instance(kind, delta)
    ar = rational if kind in EXACT_KINDS else FINE
    with ar.working():
        x = given.on(ar)
        start, v, d = x.fixed_task.start, x.v[..., None, None, :], x.delta[..., None, None, None]
        by_definition = (start.hessian_vector(v) - hessian_difference(ar, start, v, d))[..., 0, 0, :]
        found = x.hessian_difference_error
        pairs = zip(found.flat, by_definition.flat, strict=True)
        assert all(a == b if ar is rational else a.overlaps(b) for a, b in pairs)
        low, high = ar.lower(by_definition), ar.upper(by_definition)
    with ball.working():
        enclosed = given.on(ball).hessian_difference_error
    assert (ball.lower(enclosed) <= high).all()
    assert (ball.upper(enclosed) >= low).all()


@pytest.mark.parametrize("kind", ["quadratic", "quadratics"])
def test_where_hessians_are_constant_the_error_is_exactly_zero(kind: str) -> None:
    assert kind in KINDS
    with ball.working():
        for delta in DELTAS:
            error = instance(kind, delta).on(ball).hessian_difference_error
            assert (ball.lower(error) == 0).all()
            assert (ball.upper(error) == 0).all()


@pytest.mark.parametrize("claim_id", ["hf_error", "ours.hf_error.half", "ours.lemma_4_10.bias", "lemma_4_10.bias"])
def test_small_steps_are_decided_in_ball(claim_id: str) -> None:
    """At alpha L = 2**-30, or delta = 2**-30, no other arithmetic is needed."""
    claim = load_claim(claim_id)
    with ball.working():
        for kind in KINDS:
            smoothness = Fraction(float(instance(kind, SMALL).smoothness_constant[0]))
            given = instance(kind, SMALL, SMALL / smoothness)
            assert evaluate(claim, given.on(ball)).codes.tolist() == [HOLDS], kind
