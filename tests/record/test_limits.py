"""Limits: what members of a family lose, in exact fractions; a family that does not keep its word is not named."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from mamlcheck.arithmetic import rational
from mamlcheck.claims import load_claim
from mamlcheck.limits import MEMBERS, MEMBERS_TEXT, limit_ids, limit_of
from mamlcheck.record import brackets as module
from mamlcheck.record.brackets import bracket, exact_limit, exact_tightness


@pytest.mark.parametrize("claim_id", sorted(limit_ids()))
def test_a_limit_is_what_its_members_reach_exactly(claim_id: str) -> None:
    """At other t than those that brackets compute, too; and nothing is left to lose in the end."""
    claim, limit = load_claim(claim_id), limit_of(claim_id)
    assert limit is not None
    for t in (Fraction(8), Fraction(1001, 10), *MEMBERS):
        one = limit.instance(t)
        with rational.working():
            assert claim.hypotheses_hold(one.on(rational)).tolist() == [1]
        assert exact_tightness(claim, one) == 1 - limit.loses(t) < 1
    assert limit.loses(MEMBERS[-1]) < Fraction(1, 2**39)
    assert exact_limit(claim) is not None


def test_a_family_that_loses_something_else_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    claim, limit = load_claim("theorem_4_11"), limit_of("theorem_4_11")
    assert limit is not None
    assert str(limit) == "1 - 1/(8 t)"
    for other in (
        replace(limit, loses=lambda t: 1 / (8 * t + 1)),
        replace(limit, loses=lambda t: 1 / (8 * t) if t < MEMBERS[-1] else 1 / t),
        replace(limit, instance=lambda t: replace(limit.instance(t), alpha=2 * limit.instance(t).alpha)),
    ):
        monkeypatch.setattr(module, "limit_of", lambda name, other=other: other)
        assert exact_limit(claim) is None
        assert bracket(claim, None, {}).limit is None


def test_the_members_are_those_that_are_told() -> None:
    powers = [t.numerator.bit_length() - 1 for t in MEMBERS]
    assert f"t = 2^{powers[0]}, 2^{powers[1]} and 2^{powers[2]}" == MEMBERS_TEXT
    assert all(t == 2**k for t, k in zip(MEMBERS, powers, strict=True))


def test_claims_without_a_family_have_no_limit() -> None:
    for name in ("lemma_4_8", "ours.convex.lemma_4_8", "./my_claim.py", "ours"):
        assert limit_of(name) is None
