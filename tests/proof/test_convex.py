"""Lemma 4.8 for convex tasks: proved from its hypothesis, and from nothing else; vacuous and false without."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from mamlcheck.arithmetic import ball, rational
from mamlcheck.check.sweeps import RandomSweep, blocks
from mamlcheck.check.verdict import HOLDS, VACUOUS, VIOLATED, judge
from mamlcheck.claims import load_claim
from mamlcheck.language.statement import language_of
from mamlcheck.language.terms import DoesNotApply
from mamlcheck.language.vocabulary import TASK, inner_rate, least_curvature, smoothness
from mamlcheck.meta.hypotheses import Hypothesis, convex_tasks, inner_rate_at_most_one_over_l
from mamlcheck.meta.instance import Instances
from mamlcheck.proof.axioms import Bound
from mamlcheck.proof.catalogue import begin, check_proof, proof_file, proof_path
from mamlcheck.proof.kernel import NotProved, axiom, axioms_by_name, fact
from mamlcheck.tasks.families.quadratic import QuadraticTasks

CLAIM = "ours.convex.lemma_4_8"
AXIOMS = ("convex_pull_back", "convex_step")


def without(hypothesis):
    """The claim with one hypothesis less; of the inner rate what stays is its sign."""
    claim = load_claim(CLAIM)
    kept = tuple(h for h in claim.hypotheses if h is not hypothesis)
    assert len(kept) == len(claim.hypotheses) - 1
    if hypothesis is inner_rate_at_most_one_over_l:
        kept = (*kept, Hypothesis("inner_rate", "alpha >= 0", inner_rate_at_most_one_over_l.says[:1]))
    return replace(claim, hypotheses=kept)


def on_a_line(curvature, alpha):
    """f(w) = curvature w^2 / 2, at w = 3 and u = -2."""

    def one(v):
        return np.array([Fraction(v)], dtype=object)

    matrices, centres = one(curvature).reshape(1, 1, 1, 1, 1), one(0).reshape(1, 1, 1, 1)
    tasks = QuadraticTasks(matrices, centres, one(1).reshape(1, 1))
    w, u = one(3).reshape(1, 1), one(-2).reshape(1, 1)
    return Instances(tasks, one(alpha), w, u, w, one(1), one(1))


# -- on instances ----------------------------------------------------------------------------------------------------
def test_it_holds_on_convex_tasks_and_is_vacuous_on_others():
    counts = dict.fromkeys((HOLDS, VACUOUS), 0)
    for _, block in blocks(RandomSweep(37), 1500):
        codes, convex = judge(load_claim(CLAIM), block).codes, np.asarray(block.tasks.least_curvature) >= 0
        assert (codes[~convex] == VACUOUS).all()
        assert (codes[convex] == HOLDS).all()
        for code in counts:
            counts[code] += int((codes == code).sum())
    assert min(counts.values()) > 100


def test_it_is_attained_at_alpha_0():
    block, claim = on_a_line(1, 0), load_claim(CLAIM)
    with rational.working():
        x = block.on(rational)
        assert claim.left(x)[0] == claim.right(x)[0] == 5


def test_why_it_is_vacuous_is_said():
    with ball.working():
        why = load_claim(CLAIM).why_vacuous(on_a_line(-1, 1).on(ball))
    assert why.startswith("no certificate that all tasks are convex: Lemma 4.8 for convex tasks needs convex tasks")


def test_without_the_hypothesis_it_is_false():
    """F(w) = -4 w^2 / 2 for f(w) = -w^2 / 2 and alpha = 1: 20 is not at most 5."""
    assert judge(load_claim(CLAIM), on_a_line(-1, 1)).codes.tolist() == [VACUOUS]
    assert judge(without(convex_tasks), on_a_line(-1, 1)).codes.tolist() == [VIOLATED]


# -- the proof -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("hypothesis", "said"),
    [
        (convex_tasks, "it does not assume convex_tasks"),
        (inner_rate_at_most_one_over_l, "it does not assume inner_rate"),
    ],
)
def test_without_a_hypothesis_the_links_that_use_it_break(hypothesis, said):
    outcome = check_proof(without(hypothesis), proof_file(CLAIM).prove)
    assert not outcome.proved
    for there in "uw":
        for link in ("a step takes them no farther apart", "|A(w)| <= 1", "alpha |g(u)| <= alpha |grad f(u)|"):
            assert any(link in m and f"gradients at {there}" in m and said in m for m in outcome.missing), (
                outcome.missing
            )


CORRUPTIONS = [
    ('(p.hypothesis("mu >= 0"), p', '(p.hypothesis("alpha <= 1/L"), p', "|A(w)| <= 1", "not 0 <= mu"),
    ('p.hypothesis("alpha <= 1/L"))', 'p.hypothesis("mu >= 0"))', "|A(w)| <= 1", "not alpha L <= 1"),
    ("w, u, *convex)", "w, u)", "a step takes them", "cannot take these arguments"),
    ("TASK, w, g(w) - g(u), *convex", "TASK, w, g(w), *convex", "|A(w)| <= 1", "left unjustified"),
    ("u, adapted(x, u), *convex", "u, w, *convex", "alpha |g(u)|", "left unjustified"),
    ("smooth * apart, axiom", "smooth / 2 * apart, axiom", "a step takes them", "left unjustified"),
    ("(smooth + alpha * rho *", "(smooth + rho *", "alpha |g(u)|", "left unjustified"),
]


@pytest.mark.parametrize(("old", "new", "link", "said"), CORRUPTIONS, ids=lambda v: v[:30])
def test_a_corrupted_link_is_rejected_and_named(old, new, link, said):
    source = " ".join(proof_path(CLAIM).read_text(encoding="utf-8").split(" "))
    assert old in source, old
    namespace = {"__name__": "corrupted"}
    exec(compile(source.replace(old, new, 1), "corrupted", "exec"), namespace)
    outcome = check_proof(load_claim(CLAIM), namespace["prove"])
    assert not outcome.proved
    assert any(link in m and said in m for m in outcome.missing), outcome.missing


# -- the axioms, without the hypothesis ------------------------------------------------------------------------------
@pytest.mark.parametrize("name", AXIOMS)
def test_no_other_claim_can_use_the_axioms(name):
    """Not by the hypothesis, which it has not; not by a bound made by hand; not by a chain, as the sign is unknown."""
    p = begin(load_claim("ours.lemma_4_8"))
    x = p.language
    w, u, mu = x.vector("w"), x.vector("u"), least_curvature(x)
    rate = p.hypothesis("alpha <= 1/L")
    assert mu.is_nonnegative is None
    with pytest.raises(NotProved, match="has no hypothesis mu >= 0"):
        p.carry_out(axiom(name, TASK, w, u, p.hypothesis("mu >= 0"), rate))
    with pytest.raises(NotProved, match="not a proved fact"):
        p.carry_out(axiom(name, TASK, w, u, Bound(0 * mu, mu), rate))
    made = p.chain("0 to mu", 0).step("by decree", mu, remainder=mu)
    assert made.links[0].missing is not None
    concluded = p.carry_out(axiom(name, TASK, w, u, fact(made.done()), rate))
    assert not concluded.proved  # it rests on a link that does not hold


@pytest.mark.parametrize("name", AXIOMS)
def test_the_axioms_look_at_the_facts_that_they_are_given(name):
    x, conclude = language_of(load_claim(CLAIM)), axioms_by_name()[name].conclude
    w, u, mu, a = x.vector("w"), x.vector("u"), least_curvature(x), inner_rate(x) * smoothness(x)
    good = Bound(0 * mu, mu), Bound(a, 1 + 0 * a)
    conclude(x, TASK, w, u, *good)
    for convex, rate in (
        (Bound(-mu, mu), good[1]),
        (Bound(0 * mu, 2 + mu), good[1]),
        (Bound(0 * mu, smoothness(x)), good[1]),
        (good[0], Bound(a / 2, 1 + 0 * a)),
        (good[0], Bound(a, 2 + 0 * a)),
        (good[0], Bound(smoothness(x), 1 + 0 * a)),
    ):
        with pytest.raises(DoesNotApply, match="the fact given says"):
            conclude(x, TASK, w, u, convex, rate)


@pytest.mark.parametrize("name", AXIOMS)
def test_the_axioms_need_alpha_of_a_known_sign(name):
    bare = replace(load_claim(CLAIM), hypotheses=(convex_tasks,))
    x = language_of(bare)
    mu, a = least_curvature(x), inner_rate(x) * smoothness(x)
    if not inner_rate(x).is_nonnegative:
        with pytest.raises(DoesNotApply, match="alpha is not known"):
            axioms_by_name()[name].conclude(
                x, TASK, x.vector("w"), x.vector("u"), Bound(0 * mu, mu), Bound(a, 1 + 0 * a)
            )
