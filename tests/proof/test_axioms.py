"""Every axiom on random instances: what it concludes is enclosed on both sides, and is never certainly false.

The values come from `mamlcheck.proof.evaluate`; that those are right is tested by enumeration in `test_values.py`.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from mamlcheck.arithmetic import arb, ball
from mamlcheck.check.sweeps import RandomSweep, blocks
from mamlcheck.claims import load_claim
from mamlcheck.language import vocabulary
from mamlcheck.language.terms import Vector
from mamlcheck.language.vocabulary import (
    DRAW,
    TASK,
    adapted,
    adapted_gradient,
    number,
    pull_back,
    stepsize_draws,
)
from mamlcheck.proof.catalogue import begin
from mamlcheck.proof.evaluate import Values
from mamlcheck.proof.kernel import axiom, axioms_by_name

INSTANCES = 80
DRAWN, FIXED = "theorem_4_11", "ours.lemma_4_10.bias"


def arguments(p):
    """For each axiom, arguments to try it on, in the language of a proof."""
    x = p.language
    w, u, v = (x.vector(name) for name in "wuv")
    alpha, kappa, tau = number(x, "alpha"), number(x, "kappa"), number(x, "tau")
    drawn = TASK in x.drawn
    index, batch = TASK, "D_test" if drawn else "D_in"
    g, noisy = adapted_gradient(x, w), adapted_gradient(x, w, batch)
    noise = x.gradient(index, w, batch) - x.gradient(index, w)
    size = x.norm(noise)
    pulled = x.mean_vector(batch, pull_back(x, w, batch)(noisy - g))
    unit = x.direction(pulled, "e")
    given = {
        "triangle": [(w, -u), (x.gradient(index, w), alpha * v), (noise, noise)],
        "cauchy_schwarz": [(w, u), (noise, v), (g, noisy)],
        "mean_cauchy_schwarz": [(batch, size, x.norm(noisy)), (batch, size, size)],
        "jensen_norm": [(batch, noisy), (batch, w), (batch, noise)],
        "jensen_square": [(batch, size), (batch, x.norm(noisy))],
        "jensen_reciprocal": [(batch, size + number(x, "delta"))],
        "expand_square": [(w, -u), (g, noisy - g)],
        "inner_mean": [(batch, v, noisy), (batch, g, noise)],
        "symmetry": [(v, pull_back(x, w), u), (noisy, pull_back(x, w, batch), noise), (v, x.hessian(index, u), g)],
        "duality": [(pulled, unit)],
        "square_root": [(x.root(number(x, "L") ** 2 + x.norm(w) ** 2),), (x.root(number(x, "rho")),)],
        "lipschitz_gradient": [(index, w, u), (index, adapted(x, w), w), (index, adapted(x, w, batch), adapted(x, w))],
        "operator_norm": [(index, w, v), (index, adapted(x, w, batch), noise)],
        "lipschitz_hessian": [(index, w, u, v), (index, adapted(x, w), w, g)],
        "mean_value_integral": [
            (index, w, h, tau, conclusion(p, "lipschitz_hessian", index, w + tau * h, w, h)) for h in (v, u - w, 3 * v)
        ],
        "unbiased_gradient": [(batch, index, w), (batch, index, adapted(x, w))],
        "unbiased_hessian": [(batch, index, w, v), (batch, index, u, g)],
        "gradient_moment": [(batch, index, w, Vector({})), (batch, index, u, -v), (batch, index, adapted(x, w), g)],
        "gradient_variance": [(batch, index, w), (batch, index, adapted(x, w))],
        "hessian_moment": [(batch, index, w, v, -alpha, v), (batch, index, u, g, alpha, v)],
        "hessian_variance": [(batch, index, w, v), (batch, index, adapted(x, w), g), (batch, index, w, unit)],
        "bounded_deviation": [(x.gradient_deviation(index, w),), (x.hessian_deviation(index, adapted(x, w)),)],
    }
    if drawn:
        draws = stepsize_draws(x)[0]
        given |= {
            "chain_rule": [(index, w), (index, u), (index, w, "D_test")],
            "iid_mean": [(DRAW, draws)],
            "iid_variance": [(DRAW, draws)],
        }
    else:
        share = conclusion(p, None, "kappa <= 1")
        given["scaling"] = [(1 - kappa, v, share), (1 - kappa, noise, share)]
    return given


def conclusion(p, name, *rest):
    """A fact, by an axiom or, where the name is None, by a hypothesis."""
    return p.carry_out(p.hypothesis(*rest) if name is None else axiom(name, *rest))


def cases():
    for claim in (DRAWN, FIXED):
        for name, samples in arguments(begin(load_claim(claim))).items():
            for k in range(len(samples)):
                yield pytest.param(claim, name, k, id=f"{name}-{k}-{'drawn' if claim == DRAWN else 'fixed'}")


def test_every_axiom_is_tried():
    tried = {name for claim in (DRAWN, FIXED) for name in arguments(begin(load_claim(claim)))}
    assert tried == set(axioms_by_name())


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
@pytest.mark.parametrize(("claim", "name", "k"), list(cases()))
def test_an_axiom_is_never_false(claim, name, k, ar):
    p = begin(load_claim(claim))
    left, right, equal = axioms_by_name()[name].conclude(p.language, *arguments(p)[name][k])
    checked = 0
    for block, x in instances_on(ar):
        if name == "bounded_deviation" and block.tasks.global_deviations is None:
            continue
        with ar.working():
            checked += not_false(p, x, left, right, equal, ar, load_claim(claim))
    assert checked


def not_false(p, x, left, right, equal, ar, claim):
    """How many instances meet the hypotheses of the claim; on none of them is the conclusion certainly false."""
    values = Values(p.language, x)
    of, coordinates = (values.vector, 1) if isinstance(left, Vector) else (values.scalar, 0)
    a, b = together(values, of(left), of(right), coordinates)
    met = np.asarray(claim.hypotheses_hold(x) == 1)
    false = ar.less_equal(a, b) == 0
    if equal:
        false |= ar.less_equal(b, a) == 0
    assert not false[met if len(false) == len(met) else slice(None)].any()
    return int(met.sum())


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
