"""Every axiom on random instances: what it concludes is enclosed on both sides, and is never certainly false.

The values come from `mamlcheck.proof.evaluate`; that those are right is tested by enumeration in `test_values.py`.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache

import numpy as np
import pytest
from corrupting import claim_without

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
from mamlcheck.proof.catalogue import begin
from mamlcheck.proof.evaluate import Values
from mamlcheck.proof.kernel import axioms_by_name

INSTANCES = 80
DRAWN, FIXED = "theorem_4_11", "ours.lemma_4_10.bias"
STEP = "ours.floors.hf_maml"  # alpha > 0 and rho > 0, as HF-MAML's delta needs them
DIFFERENCES = ("difference_error", "difference_moment", "difference_size", "unbiased_difference")


def vectors(x):
    """Triples of vectors to make arguments of: given ones; fixed ones, a unit vector among them; such as are drawn."""
    w, u, v = (x.vector(name) for name in "wuv")
    g, noisy = adapted_gradient(x, w), adapted_gradient(x, w, "D_in")
    noise = x.gradient(TASK, w, "D_in") - x.gradient(TASK, w)
    unit = x.direction(x.mean_vector("D_in", pull_back(x, w, "D_in")(noisy - g)), "e")
    return [(w, u, v), (adapted(x, w), unit, g), (adapted(x, w, "D_in"), noise, noisy)]


def conclusions(name, p):
    """What an axiom concludes from the arguments that its own file makes of these vectors."""
    x, one = p.language, axioms_by_name()[name]
    for u, v, w in vectors(x):
        with suppress(DoesNotApply, NotInLanguage):
            for arguments in one.trials(x, "D_in", u, v, w):
                with suppress(DoesNotApply, NotInLanguage):
                    yield one.conclude(x, *arguments)


@cache
def chosen():
    """The first instances of each kind of task, and some whose deviations are bounded everywhere."""
    found = [block for _, block in blocks(RandomSweep(7), INSTANCES)]
    bounded = (block for _, block in blocks(RandomSweep(7), 1000) if block.tasks.global_deviations is not None)
    return [*found[:2], next(bounded)]


@cache
def instances_on(ar):
    few = 12 if ar is ball else 2
    return [(block, block[:few].on(ar)) for block in chosen()]


def together(values, left, right, coordinates):
    axes = tuple(dict.fromkeys((*left.axes, *right.axes)))
    order = [name for name in (vocabulary.TASK, *vocabulary.ROLES) if name in axes]
    return (values.aligned(side, tuple(order), coordinates) for side in (left, right))


@pytest.mark.parametrize("ar", [ball, arb(128)], ids=["ball", "arb128"])
@pytest.mark.parametrize("name", sorted(axioms_by_name()))
def test_an_axiom_is_never_false(name, ar):
    checked = 0
    for claim in map(load_claim, (DRAWN, FIXED, STEP) if name in DIFFERENCES else (DRAWN, FIXED)):
        p = begin(claim)
        for conclusion in conclusions(name, p):
            for _, x in instances_on(ar):
                with ar.working(), suppress(NotInLanguage):  # not all tasks have deviations that are bounded everywhere
                    checked += not_false(p, x, conclusion, ar, claim)
    assert checked, f"{name}: `trials` makes no arguments that it can be tried on"


def not_false(p, x, conclusion, ar, claim):
    """How many instances meet the hypotheses of the claim; on none of them is the conclusion certainly false."""
    left, right, equal = conclusion
    values = Values(p.language, x)
    of, coordinates = (values.vector, 1) if isinstance(left, Vector) else (values.scalar, 0)
    a, b = together(values, of(left), of(right), coordinates)
    met = np.asarray(claim.hypotheses_hold(x) == 1)
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
                        not_false(p, x, conclusion, ball, load_claim(claim))


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


@pytest.mark.parametrize("lacks", ["positive_inner_rate", "positive_hessian_lipschitz"])
@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_difference_axiom_needs_alpha_and_rho_above_0(name, lacks):
    """Where one of them is 0, delta = eta / (rho alpha |v|) is no number."""
    x = begin(claim_without(load_claim(STEP), lacks)).language
    for u, v, w in vectors(x):
        for arguments in axioms_by_name()[name].trials(x, "D_in", u, v, w):
            with pytest.raises(DoesNotApply, match="needs alpha > 0 and rho > 0 among the hypotheses"):
                axioms_by_name()[name].conclude(x, *arguments)


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
