"""All claims are proved, the chains are about the claims, and what is not justified, or false, is not called proved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import sympy
from known import CLAIMS, ON_INSTANCES, PROVED

from mamlcheck.arithmetic import NotExact, arb, ball, rational
from mamlcheck.check.sweeps import RandomSweep, blocks
from mamlcheck.check.verdict import HOLDS, UNDECIDED, VIOLATED, Verdict, codes_of, judge
from mamlcheck.claims import load_claim
from mamlcheck.errors import InputError
from mamlcheck.language.terms import Language, NotInLanguage
from mamlcheck.language.vocabulary import TASK, hessian_lipschitz, number, smoothness
from mamlcheck.meta.instance import Instances
from mamlcheck.proof import catalogue, kernel
from mamlcheck.proof.catalogue import begin, chains_of, check_proof, proved
from mamlcheck.proof.kernel import By, Fact, NotProved, axiom, fact
from mamlcheck.proof.waterfall import ChainOn, waterfall
from mamlcheck.record.witnesses import read_witness
from mamlcheck.shipped import shipped
from mamlcheck.tasks.families.quadratic import QuadraticTasks

MET = set(CLAIMS) - {"ours.hf_error.large_step"}  # random instances meet their hypotheses


@dataclass(frozen=True)
class LinkVerdicts:
    """One link on a block of N instances: codes into VERDICTS (N,), and how far the sides of an identity may differ.

    For an identity HOLDS is said only of what is exactly equal; where two enclosures overlap it is UNDECIDED, and
    `spread` (N,) bounds the difference. why: why a link was not evaluated, None where it was.
    """

    chain: str
    number: int
    title: str
    relation: str
    codes: np.ndarray
    spread: np.ndarray
    why: str | None = None


def link_verdicts(proof, instances, ar=ball):
    """Every link of a claim's proof, lemmas included, on a block of instances, in one arithmetic."""
    with ar.working():
        x = instances.on(ar)
        on = ChainOn(proof, x)
        hypotheses = proof.of.hypotheses_hold(x)
        everywhere = instances.tasks.global_deviations is not None  # which the links to the printed form need
        for chain in (*proof.lemmas, *proof.chains):
            for k, link in enumerate(chain.links if everywhere else chain.strong_links, 1):
                compared = on.compare(link)
                if isinstance(compared, str):
                    answer, spread, why = np.full(instances.shape, -1), np.full(instances.shape, np.inf), compared
                else:
                    (answer, spread), why = compared, None
                codes = codes_of(hypotheses, answer)
                yield LinkVerdicts(chain.name, k, link.title, link.relation, codes, spread, why)


@cache
def sample(count, seed=3):
    return [block for _, block in blocks(RandomSweep(seed), count)]


# -- proved ----------------------------------------------------------------------------------------------------------
def test_no_proof_is_lost():
    assert set(PROVED) >= set(CLAIMS)


@pytest.mark.parametrize("claim", PROVED)
def test_every_proof_proves_its_claim(claim):
    outcome = proved(claim)
    assert outcome.proved, outcome.missing
    assert all(link.holds for chain in outcome.proof.chains for link in chain.links)


@pytest.mark.parametrize("claim", ON_INSTANCES)
def test_the_chain_begins_and_ends_with_the_sides_of_the_claim(claim):
    outcome, ar = proved(claim), arb(128)
    compared = 0
    for block in sample(4, seed=11):
        with ar.working():
            x = block[:4].on(ar)
            on = ChainOn(outcome, x)
            met = np.asarray(outcome.of.hypotheses_hold(x) == 1)
            ends = [chain.links[(chain.strong or len(chain.links)) - 1].to for chain in outcome.chains]
            right = on.value(ends[0] if len(ends) == 1 else sympy.Min(*ends))
            if isinstance(right, str):  # too many batches: a step draws four
                continue
            assert overlap(ar, right.array, outcome.of.right(x))[met].all()
            first = next(e for e in starts(outcome.chains[0]) if not isinstance(on.value(e), str))
            assert overlap(ar, on.value(first).array, outcome.of.left(x))[met].all()
            compared += int(met.sum())
    assert compared or claim not in MET


def starts(chain):
    """The start of a chain, and what identities make of it: the first may take too many batches to compute."""
    yield chain.start
    for link in chain.links:
        if link.relation != "=":
            return
        yield link.to


def overlap(ar, a, b):
    return (ar.less_equal(a, b) != 0) & (ar.less_equal(b, a) != 0)


@pytest.mark.parametrize("claim", ON_INSTANCES)
def test_no_link_is_violated_on_random_instances(claim):
    outcome = proved(claim)
    held, spreads = {}, {}
    for block in sample(300, seed=1):
        for link in link_verdicts(outcome, block):
            if link.why is not None:  # too many batches
                continue
            assert not (link.codes == VIOLATED).any(), link
            key = (link.chain, link.number)
            held[key] = held.get(key, 0) + int((link.codes == HOLDS).sum())
            undecided = (link.codes == UNDECIDED) & np.isfinite(link.spread)
            if link.relation == "=":
                spreads.setdefault(key, []).append(link.spread[undecided])
    for found in spreads.values():  # the two sides of an identity agree; along a vector that may be 0 nothing is known
        together = np.concatenate(found)
        assert not together.size or np.median(together) < 1e-6
    inequalities = {(c.name, k) for c in outcome.chains for k, link in enumerate(c.links, 1) if link.relation == "<="}
    assert claim not in MET or all(held[key] for key in inequalities & held.keys())
    assert len(held) > 0.9 * sum(len(chain.links) for chain in outcome.proof.chains) - 3


def test_printed_proofs_go_on_where_the_sharper_ones_end():
    for claim in ("lemma_4_8", "theorem_4_11", "lemma_4_9.second_moment"):
        ours, printed = proved(f"ours.{claim}"), proved(claim)
        for one, other in zip(ours.chains, printed.chains, strict=True):
            titles = [link.title for link in other.links]
            assert titles[: len(one.links)] == [link.title for link in one.links]
            assert len(titles) > len(one.links)


# -- not proved ------------------------------------------------------------------------------------------------------
def test_what_is_true_everywhere_but_not_justified_is_not_proved():
    claim = load_claim("hf_error")

    def prove(p):
        x = p.language
        (chain,) = chains_of(p, "ours.hf_error.half")
        bound = hessian_lipschitz(x) * number(x, "delta") * x.norm(x.vector("v")) ** 2
        return [chain.step("obviously", bound)]

    outcome = check_proof(claim, prove)
    assert not outcome.proved
    assert "obviously" in outcome.missing[0]
    for block in sample(40):
        codes = [link.codes for link in link_verdicts(outcome, block) if link.title == "obviously"]
        assert len(codes) == 1
        assert (codes[0] == HOLDS).all()


def test_a_proof_of_something_else_is_not_a_proof_of_the_claim():
    def prove(p):
        x = p.language
        return [
            p.chain("true", x.norm(x.vector("w"))).step(
                "but beside the point", 2 * x.norm(x.vector("w")), remainder=x.norm(x.vector("w"))
            )
        ]

    outcome = check_proof(load_claim("hf_error"), prove)
    assert outcome.theorem.proved
    assert not outcome.proved
    assert [m.split(", |2*delta")[0].split(", delta*rho")[0] for m in outcome.missing] == [
        "the proof's left side, |w|, is not the left side of hf_error",
        "the proof's right side, 2*|w|, is not the right side of hf_error",
    ]


def test_a_proof_that_ends_above_the_claim_is_not_a_proof_of_the_claim():
    def prove(p):
        (chain,) = catalogue.proof_file("ours.hf_error.half").prove(p)
        return [chain.step("too far", 2 * chain.end, remainder=chain.end)]

    outcome = check_proof(load_claim("ours.hf_error.half"), prove)
    assert "is not the right side of ours.hf_error.half" in outcome.missing[0]


def test_what_is_no_number_is_refused_at_its_step():
    p = proof()
    chain = p.chain("no number", p.language.norm(p.language.vector("w")))
    with pytest.raises(NotProved, match="no expression"):
        chain.step("a vector", object())


FALSE_AXIOM = '''"""The variance of a batch Hessian along a vector, with half the right constant: false."""
from mamlcheck.language import vocabulary
STATEMENT, SOURCE = "", "a wrong idea"
def conclude(x, batch, index, at, v):
    noise = x.hessian(index, at, batch)(v) - x.hessian(index, at)(v)
    bound = x.hessian_deviation(index, at) ** 2 / vocabulary.size_root(x, batch) ** 2 / 4
    return x.mean(batch, x.norm(noise) ** 2), bound * x.norm(v) ** 2, False
'''


def test_what_a_false_axiom_justifies_is_caught_on_instances(monkeypatch):
    namespace: dict = {"__doc__": None}
    exec(FALSE_AXIOM, namespace)
    wrong = kernel.Axiom("hessian_quarter", "false", "", "a wrong idea", namespace["conclude"], lambda *_: iter(()))
    monkeypatch.setattr(kernel, "axioms_by_name", lambda: {"hessian_quarter": wrong})

    def prove(p):
        x = p.language
        w, v = x.vector("w"), x.vector("v")
        noise = x.hessian(TASK, w, "D_in")(v) - x.hessian(TASK, w)(v)
        chain = p.chain("noise of the Hessian", x.mean("D_in", x.norm(noise) ** 2))
        end = wrong.conclude(x, "D_in", TASK, w, v)[1]
        return [chain.step("a wrong axiom", end, axiom("hessian_quarter", "D_in", TASK, w, v))]

    outcome = check_proof(load_claim("lemma_4_10.bias"), prove)
    assert outcome.theorem.proved  # the kernel believes its axioms
    violated = sum(
        int((link.codes == VIOLATED).sum()) for block in sample(200) for link in link_verdicts(outcome, block)
    )
    assert violated


def test_without_alpha_at_most_one_over_l_the_printed_bound_of_4_8_fails_on_a_certified_instance():
    """f = -w^2/2 and alpha = 2/L: grad F(w) = -9 w, while L(w) = 4L."""
    printed = load_claim("lemma_4_8")
    freed = replace(printed, hypotheses=tuple(h for h in printed.hypotheses if "inner_rate" not in h.name))
    assert len(freed.hypotheses) == len(printed.hypotheses) - 1
    tasks = QuadraticTasks(np.full((1, 1, 1, 1), Fraction(-1)), np.zeros((1, 1, 1)), np.ones(1))
    numbers = {"w": [1], "u": [0], "v": [1]}
    instance = Instances(
        tasks, np.array(2.0), *(np.array(numbers[k], dtype=float) for k in "wuv"), np.array(1.0), np.array(1.0)
    )
    verdicts = judge(freed, instance[None])
    assert verdicts.verdict(0) is Verdict.VIOLATED
    assert instance.guaranteed
    assert (verdicts.left_lower[0], verdicts.right_upper[0]) == pytest.approx((9.0, 4.0))
    sharper = replace(load_claim("ours.lemma_4_8"), hypotheses=freed.hypotheses)
    assert judge(sharper, instance[None]).verdict(0) is Verdict.HOLDS


# -- the rules -------------------------------------------------------------------------------------------------------
def proof(claim="lemma_4_8"):
    return begin(load_claim(claim))


def test_facts_are_made_by_the_kernel_alone():
    p = proof()
    with pytest.raises(NotProved, match="not by hand"):
        Fact(object(), p.language, sympy.Integer(1), sympy.Integer(0), False, "by hand")
    made = p.carry_out(p.hypothesis("alpha <= 1/L"))
    with pytest.raises(AttributeError):
        made.right = sympy.Integer(0)


def test_a_fact_of_another_proof_is_refused():
    foreign = proof().carry_out(proof().hypothesis("alpha <= 1/L"))
    p = proof()
    with pytest.raises(NotProved, match="another proof"):
        p.carry_out(fact(foreign))


def test_circular_proofs_are_refused(monkeypatch):
    monkeypatch.setattr(catalogue, "_prove_of", lambda claim: (lambda p: chains_of(p, "ours.lemma_4_8"), claim))
    outcome = check_proof(load_claim("lemma_4_8"), lambda p: chains_of(p, "ours.lemma_4_8"))
    assert not outcome.proved
    assert "circular: lemma_4_8 rests on ours.lemma_4_8 rests on ours.lemma_4_8" in outcome.missing[0]


def test_a_claim_may_not_rest_on_itself():
    outcome = check_proof(load_claim("lemma_4_8"), lambda p: chains_of(p, "lemma_4_8"))
    assert "circular" in outcome.missing[0]


def test_what_rests_on_an_open_link_is_open():
    p = proof()
    x = p.language
    w, u = x.vector("w"), x.vector("u")
    lemma = p.chain("lemma", x.norm(w + u)).step("a jump", x.norm(w))
    chain = p.chain("main", x.norm(w + u)).step("by the lemma", x.norm(w), fact(lemma.done()))
    assert chain.links[0].holds
    assert not chain.done().proved
    assert chain.done().open == ("lemma, step 1 (a jump)",)


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (lambda x: sympy.Integer(-1), "not manifestly"),
        (lambda x: smoothness(x) - 1, "not manifestly"),
        (lambda x: 1 / smoothness(x), "not known to be > 0"),
        (lambda x: sympy.Symbol("made_up", positive=True), "not made by this proof's language"),
    ],
)
def test_factors_of_inequalities_are_shown_to_be_non_negative(factor, said):
    p = proof("hf_error")
    x = p.language
    with pytest.raises((NotProved, NotInLanguage), match=said):
        p.carry_out(axiom("triangle", x.vector("w"), x.vector("u")).times(factor(x)))


def test_a_quotient_that_cancels_does_not_hide_a_division_by_0():
    p = proof("hf_error")  # L may be 0 there
    x = p.language
    chain = p.chain("hidden", sympy.Integer(1))
    chain.step("L / L", sympy.Integer(2), axiom("triangle", x.vector("w"), x.vector("u")).times(1 / smoothness(x)))
    assert "is not known to be > 0" in chain.links[0].missing


def test_a_root_needs_squares_and_a_right_side_that_is_not_negative():
    p = proof()
    x = p.language
    size = x.norm(x.gradient(TASK, x.vector("w")))
    jensen = axiom("jensen_square", TASK, size)
    with pytest.raises(NotProved, match="does not say"):
        p.carry_out(jensen.root(x.mean(TASK, size), x.mean(TASK, size)))
    assert p.carry_out(axiom("cauchy_schwarz", x.vector("w"), x.vector("w"))).proved


def test_vectors_stand_within_norms():
    p = proof("theorem_4_11")
    x = p.language
    unbiased = axiom("unbiased_gradient", "D_test", TASK, x.vector("w"))
    chain = p.chain("vectors", x.norm(x.vector("w"))).step("a vector", x.norm(x.vector("w")), unbiased)
    assert "vector" in chain.links[0].missing
    with pytest.raises(NotProved, match="put it within a norm"):
        p.carry_out(unbiased.times(2))
    with pytest.raises(NotProved, match="no identity of vectors"):
        p.carry_out(p.hypothesis("alpha <= 1/L").within(x.vector("w")))


def test_means_run_over_what_is_drawn():
    p = proof("lemma_4_10.bias")
    with pytest.raises(NotInLanguage, match="not drawn"):
        p.carry_out(axiom("jensen_norm", TASK, p.language.vector("w")))


def test_a_name_stands_for_one_thing():
    x = Language()
    for name in ("i", "D"):
        x.index(name)
    with pytest.raises(NotInLanguage, match="already stands for"):
        x.fixed_index("i")
    with pytest.raises(NotInLanguage, match="is no name"):
        x.scalar("|w|")
    with pytest.raises(NotInLanguage, match="is no name"):
        x.vector("grad f_i(w)")
    w = x.vector("w")
    x.direction(x.gradient("i", w), "e")
    with pytest.raises(NotInLanguage, match="already stands for"):
        x.direction(x.gradient("i", 2 * w), "e")
    with pytest.raises(NotInLanguage, match="not a plain number"):
        x.norm(w * x.norm(w))
    with pytest.raises(NotInLanguage, match="no root"):
        x.root(-x.norm(w))


def test_a_formula_is_written_the_same_whatever_was_computed_before(monkeypatch):
    """SymPy orders what it made without a name by how much of it there was: ...98, ...99, ...100."""
    x = Language()
    first, second = x.scalar("s", "s", square="V"), x.scalar("t", "t", square="W")
    said = set()
    for made in (8, 9, 98, 99, 100, 999):
        monkeypatch.setattr(sympy.Dummy, "_count", made)
        said.add(x.latex(first**2 + 2 * second**2))
    assert said == {"V + 2 W"}


def test_a_chain_without_links_proves_nothing():
    p = proof()
    with pytest.raises(NotProved, match="without links"):
        p.chain("empty", sympy.Integer(0)).done()
    outcome = check_proof(load_claim("lemma_4_8"), lambda p: [])
    assert "returns no chain" in outcome.missing[0]


def test_an_identity_may_be_used_either_way_and_an_inequality_may_not():
    p = proof("hf_error")
    x = p.language
    w, u = x.vector("w"), x.vector("u")
    square = axiom("expand_square", w, u)
    assert p.carry_out(square.times(-1)).equal
    back = p.chain("back", x.norm(w) + x.norm(u)).step(
        "triangle turned", x.norm(w + u), axiom("triangle", w, u).times(-1)
    )
    assert "not manifestly >= 0" in back.links[0].missing


def test_what_an_axiom_concludes_from_an_open_fact_is_open():
    p = begin(load_claim("lemma_4_10.bias"))
    x, kappa = p.language, number(p.language, "kappa")
    broken = p.chain("kappa <= 1/2", kappa).step("without a reason", sympy.Rational(1, 2)).done()
    scaled = p.carry_out(axiom("scaling", sympy.Rational(1, 2) - kappa, x.vector("v"), broken))
    assert broken.open
    assert scaled.open == broken.open
    assert not scaled.proved


def test_an_axiom_file_that_lacks_something_is_told_what():
    with pytest.raises(InputError, match="the axiom half lacks SOURCE, trials: see mamlcheck"):
        kernel.Axiom.of("half", SimpleNamespace(STATEMENT="1/2", conclude=None))


def test_justifications_are_data():
    by = By("triangle", (1, 2)).mean("i", "D").times(3)
    assert [rule for rule, _ in by.rules] == ["mean", "mean", "times"]
    assert by.title == "triangle"


# -- waterfalls ------------------------------------------------------------------------------------------------------
def test_a_waterfall_runs_from_the_left_side_to_the_right():
    complete = 0
    for claim in PROVED:
        outcome = proved(claim)
        block = sample(600, seed=1)[-1][:1]
        with ball.working():
            x = block.on(ball)
            if (outcome.of.hypotheses_hold(x) != 1).any():
                continue
            left, right = outcome.of.left(x), outcome.of.right(x)
            left_bounds = float(ball.lower(left)[0]), float(ball.upper(left)[0])
            right_bounds = float(ball.lower(right)[0]), float(ball.upper(right)[0])
        fall = waterfall(outcome, block)
        assert fall.steps[0].lower <= left_bounds[1]
        assert left_bounds[0] <= fall.steps[0].upper
        assert fall.steps[-1].lower <= right_bounds[1]
        assert right_bounds[0] <= fall.steps[-1].upper
        shares = [sum(step.share) / 2 for step in fall.steps if step.share is not None]
        if len(shares) == sum(step.relation == "<=" for step in fall.steps):
            assert sum(shares) == pytest.approx(1, abs=0.01 * len(shares))
            complete += 1
        assert all(share > -0.01 for share in shares)
    assert complete >= 7


def worst(claim):
    return shipped("reports") / "reference" / "witnesses" / f"{claim}.json"


@pytest.mark.parametrize("claim", [c for c in PROVED if c in CLAIMS or worst(c).exists()])
def test_no_link_is_violated_on_the_worst_instance(claim):
    """On the witness of the reference run, where the bound is nearly reached, every link is nearly an identity."""
    witness = read_witness(worst(claim))
    block = witness.instance if witness.instance.shape else witness.instance[None]
    outcome = proved(claim)
    seen = 0
    for ar in (ball, arb(128), rational):
        try:
            links = list(link_verdicts(outcome, block, ar))
        except NotExact:  # a root of the chain is irrational
            continue
        assert not [link for link in links if (link.codes == VIOLATED).any()]
        seen += len(links)
        if ar is rational:  # no link is left open by exact fractions
            assert all((link.codes == HOLDS).all() for link in links if link.why is None)
    assert seen
