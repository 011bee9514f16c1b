"""Every axiom on random instances: what it concludes is enclosed on both sides, and is never certainly false.

The values come from `mamlcheck.proof.evaluate`; that those are right is tested by enumeration in `test_values.py`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import cache

import extremes
import numpy as np
import pytest

from mamlcheck.arithmetic import arb, ball
from mamlcheck.check.sweeps import RandomSweep, blocks
from mamlcheck.claims import load_claim
from mamlcheck.language import vocabulary
from mamlcheck.language.terms import DoesNotApply, NotInLanguage, Vector
from mamlcheck.language.vocabulary import (
    TASK,
    adapted,
    adapted_gradient,
    number,
    pull_back,
)
from mamlcheck.proof.axioms import Bound
from mamlcheck.proof.catalogue import begin
from mamlcheck.proof.evaluate import Values
from mamlcheck.proof.kernel import axioms_by_name

INSTANCES = 80
DRAWN, FIXED = "theorem_4_11", "ours.lemma_4_10.bias"
STEP = "ours.floors.hf_maml"  # a claim on HF-MAML's differences
DIFFERENCES = ("difference_error", "difference_moment", "difference_size", "unbiased_difference")


def vectors(x):
    """Triples of vectors to make arguments of: given ones; fixed ones, a unit vector among them; such as are drawn."""
    w, u, v = (x.vector(name) for name in "wuv")
    g, noisy = adapted_gradient(x, w), adapted_gradient(x, w, "D_in")
    noise = x.gradient(TASK, w, "D_in") - x.gradient(TASK, w)
    unit = x.direction(x.mean_vector("D_in", pull_back(x, w, "D_in")(noisy - g)), "e")
    return [(w, u, v), (adapted(x, w), unit, g), (adapted(x, w, "D_in"), noise, noisy)]


def conclusions(name, p):
    """What an axiom concludes from the arguments that its own file makes of these vectors, and the facts among them."""
    x, one = p.language, axioms_by_name()[name]
    for u, v, w in vectors(x):
        with suppress(DoesNotApply, NotInLanguage):
            for arguments in one.trials(x, "D_in", u, v, w):
                with suppress(DoesNotApply, NotInLanguage):
                    yield one.conclude(x, *arguments), facts_of(arguments)


def facts_of(arguments):
    return [a for a in arguments if isinstance(a, Bound)]


@cache
def chosen():
    """The first instances of each kind of task, some whose deviations are bounded everywhere, and convex ones."""
    found = [block for _, block in blocks(RandomSweep(7), INSTANCES)]
    bounded = (block for _, block in blocks(RandomSweep(7), 1000) if block.tasks.global_deviations is not None)
    return [*found[:2], next(bounded), next(convex())]


def convex():
    """Blocks of random tasks that are all convex, and bend."""
    for _, block in blocks(RandomSweep(7), 3000):
        if (block.tasks.least_curvature >= 0).all() and (block.tasks.hessian_lipschitz > 0).all() and block.tasks.d > 1:
            yield block


@cache
def instances_on(ar):
    few = 12 if ar is ball else 1
    return [(block, block[:few].on(ar)) for block in chosen()]


def together(values, left, right, coordinates):
    axes = tuple(dict.fromkeys((*left.axes, *right.axes)))
    order = [name for name in (vocabulary.TASK, *vocabulary.BATCHES) if name in axes]
    return (values.aligned(side, tuple(order), coordinates) for side in (left, right))


ON_RUNS = {"one_step", "telescoping"}  # F after a step is not among the quantities: tests/meta/test_outcome.py has it


@pytest.mark.parametrize("ar", [ball, arb(128)], ids=["ball", "arb128"])
@pytest.mark.parametrize("name", sorted(axioms_by_name().keys() - ON_RUNS))
def test_an_axiom_is_never_false(name, ar):
    checked = 0
    for claim_id in (DRAWN, FIXED, STEP) if name in DIFFERENCES else (DRAWN, FIXED):
        claim, p = load_claim(claim_id), begun(claim_id)
        for conclusion, facts in conclusions(name, p):
            for k, (_, x) in enumerate(instances_on(ar)):
                with ar.working(), suppress(NotInLanguage):  # not all tasks have deviations that are bounded everywhere
                    checked += not_false(p, x, conclusion, ar, claim, facts, values_on(claim_id, ar, k))
    assert checked, f"{name}: `trials` makes no arguments that it can be tried on"


@cache
def begun(claim_id):
    """One proof for all axioms, so that what they conclude of the same terms is computed once."""
    return begin(load_claim(claim_id))


@cache
def values_on(claim_id, ar, k):
    return Values(begun(claim_id).language, instances_on(ar)[k][1])


def not_false(p, x, conclusion, ar, claim, facts=(), values=None):
    """How many instances meet the hypotheses of the claim, and break none of the facts that the axiom was given; on
    none of them is the conclusion certainly false.
    """
    left, right, equal = conclusion
    values = values or Values(p.language, x)
    of, coordinates = (values.vector, 1) if isinstance(left, Vector) else (values.scalar, 0)
    a, b = together(values, of(left), of(right), coordinates)
    met = np.asarray(claim.hypotheses_hold(x) == 1)
    for one in facts:
        broken = ar.less_equal(*together(values, values.scalar(one.left), values.scalar(one.right), 0)) == 0
        met = met & ~broken.reshape(len(broken), -1).any(axis=-1)
    false = ar.less_equal(a, b) == 0
    if equal:
        false |= ar.less_equal(b, a) == 0
    assert not false[met if len(false) == len(met) else slice(None)].any()
    return int(met.sum())


def test_an_axiom_that_concludes_too_much_is_found_by_its_own_trials():
    """|H_i(x) v| <= L |v| / 2, which only some tasks break."""
    true = axioms_by_name()["operator_norm"]

    def half(x, *arguments):
        left, right, equal = true.conclude(x, *arguments)
        return left, right / 2, equal

    p = begin(load_claim(DRAWN))
    with pytest.raises(AssertionError):
        try_on_all(p, half, true.trials)


def try_on_all(p, conclude, trials, claim=DRAWN):
    for u, v, w in vectors(p.language):
        with suppress(DoesNotApply):
            for arguments in trials(p.language, "D_in", u, v, w):
                conclusion = conclude(p.language, *arguments)
                for _, x in instances_on(ball):
                    with ball.working():
                        not_false(p, x, conclusion, ball, load_claim(claim), facts_of(arguments))


# -- HF-MAML's difference ----------------------------------------------------------------------------------------------
def too_strong(name):
    """What a difference axiom does not say: half of its bound, or its identity without what the batch adds to it."""
    true = axioms_by_name()[name]

    def conclude(x, *arguments):
        left, right, equal = true.conclude(x, *arguments)
        if name == "difference_moment":
            _, index, at, v, factor, rest = arguments
            right = x.norm(rest + factor * x.difference(index, at, v)) ** 2
        elif name == "unbiased_difference":
            right = right * 2
        elif name == "difference_size":
            right = right / 2
        else:
            right = right / 4
        return left, right, equal

    return conclude


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_difference_axiom_that_concludes_too_much_is_found_by_its_own_trials(name):
    p = begin(load_claim(STEP))
    try_on_all(p, axioms_by_name()[name].conclude, axioms_by_name()[name].trials, STEP)
    with pytest.raises(AssertionError):
        try_on_all(p, too_strong(name), axioms_by_name()[name].trials, STEP)


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_difference_axiom_is_true_where_delta_is_no_number(name):
    """Where rho alpha = 0: gradients are linear, or the difference is taken 0 times."""
    p, tried = begin(load_claim(STEP)), 0
    bent = extremes.bias()
    for block in (extremes.theorem_4_11(), replace(bent, alpha=0 * bent.alpha)):
        assert not (block.hessian_lipschitz_constant * block.alpha).any()
        with ball.working():
            x = block.on(ball)
            for conclusion, facts in conclusions(name, p):
                tried += not_false(p, x, conclusion, ball, load_claim(STEP), facts)
    assert tried >= 4


@pytest.mark.parametrize("name", ["difference_moment", "unbiased_difference"])
def test_a_batch_that_the_point_or_the_vector_depends_on_is_refused(name):
    x = begin(load_claim(STEP)).language
    w, noisy = x.vector("w"), adapted(x, x.vector("w"), "D_in")
    more = (number(x, "L"), w) if name == "difference_moment" else ()
    for at, v in ((noisy, w), (w, noisy)):
        with pytest.raises(DoesNotApply, match="depends on the batch D_in itself"):
            axioms_by_name()[name].conclude(x, "D_in", TASK, at, v, *more)


def test_the_noise_of_a_batch_is_not_bounded_by_l_alone():
    """What is no axiom: L bounds the full Hessian; a batch's own may be larger."""
    p = begin(load_claim(FIXED))
    x = p.language
    drawn = x.hessian(TASK, x.vector("w"), "D_in")(x.vector("v"))
    broken = 0
    for _, on in instances_on(ball):
        values = Values(x, on)
        with ball.working():
            bound = values.scalar(number(x, "L") * x.norm(x.vector("v")))
            a, b = together(values, values.scalar(x.norm(drawn)), bound, 0)
        broken += int((ball.less_equal(a, b) == 0).any(axis=1).sum())
    assert broken


def test_a_wrong_chain_rule_is_found_false():
    """One factor too few."""
    true, p = axioms_by_name()["chain_rule_steps"], begin(load_claim(DRAWN))

    def fewer(x, index, at, steps):
        left, _, equal = true.conclude(x, index, at, steps)
        points = vocabulary.inner_points(x, at, steps)
        gradient = x.gradient(index, points[-1])
        for point in reversed(points[1:-1]):
            gradient = pull_back(x, point)(gradient)
        return left, x.mean_vector(index, gradient), equal

    with pytest.raises(AssertionError):
        try_on_all(p, fewer, lambda x, index, u, v, w: iter([(TASK, u, 2)]))


@pytest.mark.parametrize("name", ["convex_pull_back", "convex_step"])
def test_what_holds_of_convex_tasks_is_tried_on_some_and_false_without(name):
    """Both are false of tasks that are not convex, and their halves even of those that are."""
    true, p = axioms_by_name()[name], begin(load_claim(DRAWN))

    def stronger(x, *arguments):
        left, right, equal = true.conclude(x, *arguments)
        return left, right / 2, equal

    def tried(conclude, facts_known):
        for u, v, w in vectors(p.language):
            for arguments in true.trials(p.language, "D_in", u, v, w):
                facts = facts_of(arguments) if facts_known else ()
                for _, x in instances_on(ball):
                    with ball.working():
                        yield not_false(p, x, conclude(p.language, *arguments), ball, load_claim(DRAWN), facts)

    assert sum(tried(true.conclude, True)) > 30
    with pytest.raises(AssertionError):
        sum(tried(stronger, True))
    with pytest.raises(AssertionError):
        sum(tried(true.conclude, False))
