"""Subjects that are of first order at first, and of second order after some calls."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mamlcheck.conformance import conform, identify, problem, subject
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis.identifying import diagnose
from mamlcheck.conformance.subjects.declaring import Metadata
from mamlcheck.conformance.subjects.observing import Observation


def maml(given, graph):
    """MAML or FO-MAML with one inner step or more, in NumPy with the Hessians by hand."""
    p, total = given.on("numpy"), None
    for task in p.tasks:
        points = [p.parameters]
        for _ in range(p.steps):
            slopes = p.gradient(points[-1], task.inner)
            points.append({n: w - p.alpha * slopes[n] for n, w in points[-1].items()})
        g = p.gradient(points[-1], task.outer)
        for at in reversed(points[:-1]) if graph else ():
            bent = p.hessian_vector(at, g, task.inner)
            g = {n: g[n] - p.alpha * bent[n] for n in g}
        total = g if total is None else {n: total[n] + g[n] for n in g}
    return {n: v / len(p.tasks) for n, v in total.items()}


def annealed(turn, anew=False, steps=None):
    """Of second order from call number `turn` on; anew: counted on each problem by itself."""
    everywhere = itertools.count()

    @subject("MAML", steps=steps)
    def make(given):
        count = itertools.count() if anew else everywhere
        return lambda: maml(given, next(count) >= turn)

    return make


@pytest.mark.parametrize("turn", [1, 2, 5, 11])
def test_the_first_calls_are_of_first_order(turn):
    found = identify(annealed(turn))
    assert (found.found, found.defects) == ("MAML", ("first_order_at_first",)), found.text
    said = "the first call is of" if turn == 1 else f"the first {turn} calls are of"
    assert f"{said} first order" in str(found)
    assert "annealing of MAML++" in str(found)


def test_each_problem_begins_with_first_order():
    found = identify(annealed(1, anew=True))
    assert found.defects == ("first_order_at_first",), found.text
    assert "on each problem the first call is of first order, and the second of second order" in str(found)


@pytest.mark.parametrize(("turn", "name"), [(0, "MAML"), (10**6, "FO-MAML")])
def test_what_does_not_turn_is_what_it_is(turn, name):
    found = identify(annealed(turn), name)
    assert (found.found, found.defects, found.conforms) == (name, (), True), found.text


def test_what_turns_back_and_forth_is_not_annealed():
    orders = itertools.cycle((True, False))
    found = identify(lambda given: lambda: maml(given, next(orders)), "MAML")
    assert "first_order_at_first" not in found.defects
    assert "not_deterministic" in found.defects


def test_random_directions_are_still_called_so():
    random = np.random.Generator(np.random.Philox(1))
    found = identify(lambda given: lambda: {n: v * random.uniform(1, 2) for n, v in maml(given, True).items()}, "MAML")
    assert "first_order_at_first" not in found.defects
    assert "not_deterministic" in found.defects


def test_gradients_that_were_handed_over_in_turn():
    given = problem("tanh-cross-entropy")
    flat = [np.concatenate([v.ravel() for v in maml(given, graph).values()]) for graph in (False, False, True)]
    seen = [Observation(given, (d,), "float64", handed=True) for d in flat]
    found = diagnose("the gradient", seen, Metadata("MAML"))
    assert "the first 2 gradients are of first order, and those after them of second order" in found.sentence


def test_conform_does_not_pass_it():
    checked = conform(annealed(1, anew=True, steps=(1,)), only="de*")
    assert not checked.conforms


def test_calls_of_which_no_order_can_be_told_do_not_hide_the_turn():
    """At a tiny rate both orders explain a call."""
    tiny = problem("tanh-cross-entropy", alpha=1e-18)
    given = [problem("tanh-cross-entropy"), tiny, problem("tanh-cross-entropy", alpha=0.05)]
    flat = [
        np.concatenate([v.ravel() for v in maml(p, graph).values()])
        for p, graph in zip(given, (False, True, True), strict=True)
    ]
    seen = [Observation(p, (d,), "float64", handed=True) for p, d in zip(given, flat, strict=True)]
    found = diagnose("the gradient", seen, Metadata("MAML"))
    assert algorithm("MAML").name == found.found
    assert "the first gradient is of first order" in found.sentence


def test_a_call_that_is_of_both_orders_is_no_beginning():
    """All are of second order, and at a tiny rate that is first order as well."""
    given = [problem("tanh-cross-entropy", alpha=alpha) for alpha in (1e-18, 0.4, 0.05)]
    flat = [np.concatenate([v.ravel() for v in maml(p, True).values()]) for p in given]
    seen = [Observation(p, (d,), "float64", handed=True) for p, d in zip(given, flat, strict=True)]
    assert diagnose("the gradient", seen, Metadata("MAML")).defects == ()
