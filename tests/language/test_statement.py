"""What a claim says as terms: signs from its hypotheses, its two forms, and sides that share a term."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from mamlcheck.check.sweeps import RandomSweep, blocks
from mamlcheck.check.verdict import Verdict, judge
from mamlcheck.claims import Claim, Reduced, load_claim
from mamlcheck.errors import InputError
from mamlcheck.language.quantities import Quantities
from mamlcheck.language.reading import CannotBeRead, Reading
from mamlcheck.language.statement import hypotheses_said, language_of, share_one_term, sides_of
from mamlcheck.language.vocabulary import TASK, number
from mamlcheck.meta.hypotheses import Hypothesis, Inequality, inner_rate_at_most_one_over_l, positive_inner_rate
from mamlcheck.meta.instance import InstanceOn


def assuming(*hypotheses: Hypothesis) -> Claim:
    return replace(load_claim("lemma_4_8"), hypotheses=hypotheses)


def sign(claim: Claim) -> tuple[bool | None, bool | None]:
    alpha = number(language_of(claim), "alpha")
    return alpha.is_positive, alpha.is_nonnegative


def says(left: object, right: object, name: str = "mine", strict: bool = False) -> Hypothesis:
    return Hypothesis(name, name, (Inequality(name, left, right, strict),))  # type: ignore[arg-type]


# -- signs ------------------------------------------------------------------------------------------------------------
def test_the_sign_of_the_rate_is_what_the_hypotheses_say():
    assert sign(assuming()) == (None, None)
    assert sign(assuming(inner_rate_at_most_one_over_l)) == (None, True)
    assert sign(assuming(positive_inner_rate)) == (True, True)
    assert sign(assuming(inner_rate_at_most_one_over_l, positive_inner_rate)) == (True, True)


@pytest.mark.parametrize(
    "trivial",
    [
        says(lambda x: 0, lambda x: x.ar.sqrt(x.ar.square(x.alpha))),
        says(lambda x: 0, lambda x: x.ar.square(x.alpha)),
        says(lambda x: 0, lambda x: x.ar.norm(x.w)),
        says(lambda x: 0, lambda x: 1),
        says(lambda x: x.alpha, lambda x: x.alpha),
        says(lambda x: -1, lambda x: x.alpha),
    ],
)
def test_what_says_nothing_of_the_sign_gives_none(trivial):
    assert sign(assuming(trivial)) == (None, None)


def test_a_hypothesis_that_cannot_be_read_is_not_had():
    many = says(lambda x: x.ar.exact([50]), lambda x: x.ar.exact([x.given.tasks.m]), "m >= 50")
    said, refused = hypotheses_said(assuming(many), language_of(assuming(many)))
    assert "m >= 50" not in said
    assert "cannot be read as a term" in refused["m >= 50"]


def test_no_hypothesis_takes_the_name_of_what_always_holds():
    claim = assuming(says(lambda x: 2, lambda x: x.sizes.stepsize_tasks, "B' >= 1"))
    said, refused = hypotheses_said(claim, language_of(claim))
    assert said["B' >= 1"][0] == 1
    assert "two inequalities" in refused["B' >= 1"]


def test_the_first_inequality_of_a_name_says_whether_it_is_strict():
    one, other = says(lambda x: 0, lambda x: x.alpha, "n"), says(lambda x: 0, lambda x: x.smoothness, "n", strict=True)
    assert sign(assuming(one, other)) == (None, True)


# -- sides ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"left": lambda x: x.ar.minimum(x.alpha, 1)}, "a minimum"),
        ({"left": lambda x: 1 / x.smoothness}, "not known to be > 0"),
        ({"left": lambda x: x.smoothness / x.smoothness}, "not known to be > 0"),
        ({"right": lambda x: x.noisy_gradient_bias_bound}, "of the fixed task"),
        ({"right": lambda x: (x.alpha, x.alpha)}, "returns 2 values"),
        ({"right": lambda x: x.ar.sqrt(x.alpha - 1)}, "not known to be >= 0"),
    ],
)
def test_sides_that_are_no_terms(changed, said):
    claim = replace(load_claim("lemma_4_8"), **changed)
    with pytest.raises(CannotBeRead, match=said):
        sides_of(claim, language_of(claim))


# -- what sides share -------------------------------------------------------------------------------------------------
SECOND = "ours.lemma_4_10.second_moment"


def excess_less_a_little(x: InstanceOn) -> tuple[object, object]:
    left, right = load_reduced()(x)
    return left, right - x.alpha


def load_reduced():
    known = load_claim(SECOND).reduced
    assert known is not None
    return known.sides


def test_the_sides_of_the_claim_share_one_term():
    assert share_one_term(load_claim(SECOND)) is None


def false_reduced(x):
    return x.noisy_gradient_excess, x.noisy_gradient_excess + x.spare_outer_variance


def with_reduced(sides) -> Claim:
    claim = load_claim(SECOND)
    return replace(claim, reduced=Reduced(claim.left, claim.right, sides))


@pytest.mark.parametrize(
    ("sides", "said"),
    [
        (false_reduced, "do not differ by one shared term"),
        (lambda x: (x.alpha, x.alpha), "do not differ by one shared term"),
        (lambda x: x.alpha, "returns a left and a right side"),
        (excess_less_a_little, "only straight-line code|uses"),
    ],
)
def test_reduced_sides_that_are_something_else_are_refused(sides, said):
    assert re.search(said, share_one_term(with_reduced(sides)) or "")


def test_false_reduced_sides_decide_nothing():
    """On a tie they would say that the claim holds, or fails; the verdict refuses them instead."""
    claim = with_reduced(false_reduced)
    (_, block), *_ = list(blocks(RandomSweep(1), 1))
    still = replace(block[:1], alpha=block.alpha[:1] * 0)  # no step: both sides are the same irrational number
    assert judge(load_claim(SECOND), still).verdict(0) is Verdict.HOLDS
    with pytest.raises(InputError, match="cannot stand for the sides"):
        judge(claim, still)


def test_a_side_that_varies_with_a_task_is_no_side(monkeypatch):
    """No quantity of the dictionary varies; one that did would be refused."""

    def slope(x: Quantities) -> Reading:
        return Reading((), (x._language.norm(x._language.gradient(TASK, x._language.vector("w"))),))

    monkeypatch.setattr(Quantities, "delta", property(slope), raising=False)  # a declared variable else
    claim = replace(load_claim("lemma_4_8"), right=lambda x: x.delta)
    with pytest.raises(CannotBeRead, match="varies with i"):
        sides_of(claim, language_of(claim))
