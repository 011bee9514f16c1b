"""Instances on which every term of a bound counts: certified, and as the formulas on paper have them."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from mamlcheck.arithmetic import rational
from mamlcheck.claims import find_claim, load_claim
from mamlcheck.formats.shared import Enclosure
from mamlcheck.hunt.witness import certify
from mamlcheck.record import at_work as module
from mamlcheck.record.at_work import LEAST_SHARE, at_work, instances_at_work
from mamlcheck.record.reference import ReferenceRun, reference_folder
from mamlcheck.shipped import shipped

FOLDER = shipped("reports") / "at_work"
CLAIMS = sorted(path.stem for path in FOLDER.glob("*.json"))


def content(claim: str) -> Any:
    return json.loads((FOLDER / f"{claim}.json").read_text(encoding="utf-8"))["instance"]


def test_each_is_beside_the_claim_file_for_which_it_was_hunted() -> None:
    assert CLAIMS
    assert sorted(path.stem for path in FOLDER.glob("*.py")) == CLAIMS


@pytest.mark.parametrize("claim", CLAIMS)
def test_it_is_certified_again_and_meets_the_hypotheses_of_its_claim_file(claim: str) -> None:
    one = instances_at_work()[claim]
    assert one.claim == claim
    again = certify(one, load_claim(claim))
    assert again.tightness == one.tightness
    assert again.tightness[0] >= Fraction(7, 8)
    hunted = find_claim(str(FOLDER / f"{claim}.py"))
    with rational.working():
        x = one.instance.on(rational)
        assert hunted.hypotheses_hold(x).tolist() == [1]
        assert (hunted.left(x)[0], hunted.right(x)[0]) == (load_claim(claim).left(x)[0], load_claim(claim).right(x)[0])


@pytest.mark.parametrize("claim", CLAIMS)
def test_its_terms_add_up_to_the_bound_and_none_is_small(claim: str) -> None:
    """The terms are those of the proof; the bound is that of the claim."""
    found = at_work(claim, instances_at_work()[claim], ReferenceRun(reference_folder()).witnesses[claim].instance)
    assert found is not None
    with rational.working():
        x = instances_at_work()[claim].instance.on(rational)
        whole = float(load_claim(claim).right(x)[0])
    values = [middle(term.value) for term in found.terms]
    assert sum(values) == pytest.approx(whole, rel=1e-12)
    assert len(values) == {"lemma_4_10.second_moment": 3}.get(claim, 2)  # as many as the paper prints
    assert min(values) >= float(Fraction(LEAST_SHARE)) * whole
    assert found.idle


def middle(value: Enclosure) -> float:
    assert value.lower is not None
    assert value.upper is not None
    return value.lower / 2 + value.upper / 2


def test_a_witness_that_leaves_nothing_at_0_needs_no_other() -> None:
    one = instances_at_work()["lemma_4_8"]
    assert at_work("lemma_4_8", one, one.instance) is None


def test_a_share_that_is_not_certain_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Theorem 4.11's instance has a term of exactly 1/8: of more than that, nothing may be said."""
    one = instances_at_work()["theorem_4_11"]
    tightest = ReferenceRun(reference_folder()).witnesses["theorem_4_11"].instance
    assert at_work("theorem_4_11", one, tightest) is not None
    monkeypatch.setattr(module, "LEAST_SHARE", "1000001/8000000")
    assert at_work("theorem_4_11", one, tightest) is None


def test_theorem_4_11_by_hand() -> None:
    """One quadratic task of two samples on the line, batches of one: both sides in fractions, from the paper alone."""
    given = content("theorem_4_11")
    tasks, alpha, w = given["tasks"], Fraction(given["alpha"]), Fraction(given["w"][0])
    assert (tasks["kind"], len(tasks["matrices"]), given["sizes"]["test"]) == ("quadratic", 1, 1)
    samples = [
        (Fraction(h[0][0]), Fraction(c[0])) for h, c in zip(tasks["matrices"][0], tasks["centres"][0], strict=True)
    ]
    count = len(samples)

    def gradient(sample: tuple[Fraction, Fraction], at: Fraction) -> Fraction:
        hessian, centre = sample
        return hessian * (at - centre)

    def mean(values: list[Fraction]) -> Fraction:
        return sum(values, Fraction(0)) / count

    def full(at: Fraction) -> Fraction:
        return mean([gradient(each, at) for each in samples])

    hessian = mean([h for h, _ in samples])
    adapted = w - alpha * full(w)
    exact = (1 - alpha * hessian) * full(adapted)
    stochastic = mean([(1 - alpha * each[0]) * full(w - alpha * gradient(each, w)) for each in samples])
    smoothness = abs(hessian)  # of the task: Assumption 4.3 is about f_i
    variance = mean([(gradient(each, w) - full(w)) ** 2 for each in samples])
    of_hessians = mean([(h - hessian) ** 2 for h, _ in samples])
    left = abs(stochastic - exact)
    found = certify(instances_at_work()["theorem_4_11"], load_claim("theorem_4_11"))
    # sigma~ and sigma_H are roots: compare squares, of the bound alpha L sigma~ (2 + alpha sigma_H).
    root, of_root = float(variance) ** 0.5, float(of_hessians) ** 0.5
    bound = float(alpha * smoothness) * root * (2 + float(alpha) * of_root)
    assert float(left) / bound == pytest.approx(found.tightness[0], rel=1e-9)
    assert float(alpha) * of_root >= (2 + float(alpha) * of_root) / 8
