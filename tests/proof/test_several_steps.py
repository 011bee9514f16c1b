"""The chain for N inner steps is generated: for any N, about the claim with that N, and refused where it is changed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from mamlcheck.check.sweeps import RandomSweep, blocks
from mamlcheck.check.verdict import HOLDS, judge
from mamlcheck.claims import claim_of, load_claim
from mamlcheck.language.statement import language_of, sides_of
from mamlcheck.language.terms import DoesNotApply, NotInLanguage, is_zero
from mamlcheck.language.vocabulary import TASK
from mamlcheck.meta.steps_bound import meta_gradient_change, steps_bound
from mamlcheck.proof.catalogue import begin, check_proof, proof_file, proof_path
from mamlcheck.proof.kernel import axioms_by_name

GENERATED = "ours.inner_steps._chain"
OF_STEPS = {1: "ours.inner_steps.one", 2: "ours.inner_steps.two", 3: "ours.inner_steps.three"}


def left_of_four(x):
    return meta_gradient_change(x, 4)


def right_of_four(x):
    s = 1 + x.alpha * x.smoothness
    return steps_bound(x, 4, 1 + s + x.ar.square(s) + x.ar.power(s, 3))


def left_of_five(x):
    return meta_gradient_change(x, 5)


def right_of_five(x):
    s = 1 + x.alpha * x.smoothness
    return steps_bound(x, 5, 1 + s + x.ar.square(s) + x.ar.power(s, 3) + x.ar.power(s, 4))


def claim_with(left, right):
    """A claim as those of `claims.ours.inner_steps`, with other sides."""
    fields = {k: v for k, v in vars(load_claim(OF_STEPS[2])).items() if k not in ("id", "left", "right")}
    module = SimpleNamespace(**{name.upper(): value for name, value in fields.items()}, left=left, right=right)
    return claim_of(module, f"made in a test: {left.__name__}")


MADE = {4: claim_with(left_of_four, right_of_four), 5: claim_with(left_of_five, right_of_five)}


def claim(steps):
    return MADE[steps] if steps in MADE else load_claim(OF_STEPS[steps])


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5])
def test_the_generated_chain_proves_the_claim_for_any_number_of_steps(steps):
    outcome = check_proof(claim(steps), lambda p: proof_file(GENERATED).chains(p, steps))
    assert outcome.proved, outcome.missing


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
@pytest.mark.parametrize("more", [-1, 1])
def test_it_does_not_prove_the_claim_for_another_number(steps, more):
    if steps + more:
        outcome = check_proof(claim(steps), lambda p: proof_file(GENERATED).chains(p, steps + more))
        assert not outcome.proved


@pytest.mark.parametrize("steps", MADE)
def test_what_is_claimed_of_more_steps_holds_on_instances(steps):
    for _, block in blocks(RandomSweep(31), 60):
        assert set(judge(MADE[steps], block).codes.tolist()) == {HOLDS}


def test_one_step_is_lemma_4_8_in_its_sharper_form():
    """Term for term: both sides, and the hypotheses."""
    one, known = load_claim(OF_STEPS[1]), load_claim("ours.lemma_4_8")
    x = language_of(one)
    sides, others = sides_of(one, x), sides_of(known, x)
    assert is_zero(sides.left - others.left)
    assert len(sides.right) == len(others.right) == 2
    assert all(is_zero(a - b) for a, b in zip(sides.right, others.right, strict=True))
    assert one.hypotheses == known.hypotheses
    assert one.assumptions == known.assumptions


# -- corrupted ---------------------------------------------------------------------------------------------------------
# what stands in the generated chain, what is put in its place, the link that is to be named, what is to be said of it
CORRUPTIONS = [
    ("sum(s**k for k in range(n))", "sum(s**k for k in range(n - 1))", "each part", "left unjustified"),
    ("s ** (2 * n - 1) * sum", "s ** (2 * n - 2) * sum", "each part", "left unjustified"),
    ("far = self.stretch**k * self", "far = self.stretch ** (k - 1) * self", "the steps before", "left unjustified"),
    ("grown = self.stretch**k *", "grown = self.stretch *", "the steps before", "left unjustified"),
    ("factor = s ** (2 * k) * alpha", "factor = s**k * alpha", "how far the points are apart", "left unjustified"),
    ("* self.stretch ** (k + 1) *", "* self.stretch**k *", "|A| <= 1 + a", "left unjustified"),
    ("-alpha * x.hessian(TASK, at)(inner)", "alpha * x.hessian(TASK, at)(inner)", "|A| <= 1 + a", "left unjustified"),
    (
        'axiom("lipschitz_hessian", TASK, w, u, inner)',
        'axiom("lipschitz_hessian", TASK, u, u, inner)',
        "Hessian",
        "left",
    ),
    ('axiom("chain_rule_steps", TASK, w, n)', 'axiom("chain_rule_steps", TASK, w, n - 1)', "chain rule", "steps|left"),
    ('axiom("chain_rule_steps", TASK, w, n)', 'axiom("chain_rule", TASK, w)', "chain rule", "left unjustified"),
    ('axiom("jensen_norm", TASK, change)', "", "Jensen over tasks", "left unjustified"),
    (
        "for k in range(n)),\n        )\n        slope",
        "for k in range(n - 1)),\n        )\n        slope",
        "one factor",
        "left",
    ),
    (
        "*(fact(part.done()).mean(TASK) for part in parts)",
        "*(fact(p.done()).mean(TASK) for p in parts[1:])",
        "each part",
        "",
    ),
]


@pytest.mark.parametrize(("old", "new", "link", "said"), CORRUPTIONS, ids=lambda v: str(v)[:40])
def test_a_corrupted_chain_is_rejected_and_named(old, new, link, said):
    source = proof_path(GENERATED).read_text(encoding="utf-8")
    assert old in source
    namespace = {"__name__": "corrupted"}
    exec(compile(source.replace(old, new, 1), "corrupted", "exec"), namespace)
    outcome = check_proof(claim(3), lambda p: namespace["chains"](p, 3))
    assert not outcome.proved
    assert any(link in m and (not said or any(s in m for s in said.split("|"))) for m in outcome.missing), (
        outcome.missing
    )


# -- the axiom ---------------------------------------------------------------------------------------------------------
def test_it_refuses_what_it_does_not_say():
    x, conclude = begin(load_claim(OF_STEPS[2])).language, axioms_by_name()["chain_rule_steps"].conclude
    w = x.vector("w")
    with pytest.raises(DoesNotApply, match="a mean over tasks"):
        conclude(x, "D_in", w, 2)
    with pytest.raises(DoesNotApply, match="depends on what the mean runs over"):
        conclude(x, TASK, x.gradient(TASK, w), 2)
    for steps in (0, -1, True, 1.5):
        with pytest.raises(NotInLanguage, match="inner steps"):
            conclude(x, TASK, w, steps)
    with pytest.raises(NotInLanguage, match="one on a batch"):
        x.meta_gradient(w, "D_test", 2)


def test_meta_objectives_of_different_numbers_of_steps_are_different_terms():
    x = begin(load_claim(OF_STEPS[2])).language
    w = x.vector("w")
    assert x.meta_gradient(w, steps=1) == x.meta_gradient(w)
    assert len({x.meta_gradient(w, steps=n) for n in (1, 2, 3)}) == 3
