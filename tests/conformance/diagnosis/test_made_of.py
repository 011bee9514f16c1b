"""Directions that are sums of a few vectors with a meaning, and inner steps that are taken otherwise: each is named.

The subjects are written with the gradients and products of a problem's view, in loops, and share nothing with the
dictionary but its name for a vector.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mamlcheck.conformance import identify, problem, subject
from mamlcheck.conformance.diagnosis.made_of import vectors as dictionary
from mamlcheck.conformance.diagnosis.made_of.fitting import Seen, Sum, simplest, sum_of
from mamlcheck.conformance.diagnosis.made_of.readings import USUAL, number, ratio, reading
from mamlcheck.conformance.diagnosis.made_of.vectors import screened, vectors
from mamlcheck.conformance.problems.kinds import kinds
from mamlcheck.conformance.subjects.observing import Observation

ALPHAS = (0.4, 0.05)
FOREIGN = 1e-7  # relative: far above rounding in float64, and far below what anybody would see


def by_hand(direction, algorithm="MAML", **declared):
    """A subject that returns `direction(view, task)` for each task."""

    @subject(algorithm, steps=(1,), **declared)
    def make(given):
        p = given.on("numpy")
        return lambda: [direction(p, task) for task in p.tasks]

    return make


def plus(w, g, rate):
    return {name: w[name] + rate * g[name] for name in w}


def adapted(p, task):
    return plus(p.parameters, p.gradient(p.parameters, task.inner), -p.alpha)


def with_term(made, coefficient):
    """The outer gradient at the adapted parameters plus alpha times so much of a product."""

    def direction(p, task):
        g = p.gradient(adapted(p, task), task.outer)
        return plus(g, made(p, task, g), coefficient * p.alpha)

    return direction


TERMS = {
    "of the query set": lambda p, t, g: p.hessian_vector(p.parameters, g, t.outer),
    "of a set of its own": lambda p, t, g: p.hessian_vector(p.parameters, g, t.hessian),
    "at the adapted parameters": lambda p, t, g: p.hessian_vector(adapted(p, t), g, t.inner),
    "multiplied by the inner gradient": lambda p, t, g: p.hessian_vector(
        p.parameters, p.gradient(p.parameters, t.inner), t.inner
    ),
    "multiplied by the outer gradient at the initial parameters": lambda p, t, g: p.hessian_vector(
        p.parameters, p.gradient(p.parameters, t.outer), t.inner
    ),
}
COEFFICIENTS = {
    -0.5: "the Hessian term is halved",
    -2: "the Hessian term counts twice",
    1: "the Hessian term has the wrong sign",
    -1.25: "the Hessian term is multiplied by 1.25",
    0.75: "the Hessian term has the wrong sign and is multiplied by 0.75",
}


@pytest.mark.parametrize(("term", "coefficient"), [*zip(TERMS, COEFFICIENTS, strict=True)])
def test_both_what_a_hessian_term_is_and_how_much_of_it(term, coefficient):
    diagnosis = identify(by_hand(with_term(TERMS[term], coefficient)))
    print(diagnosis.text)
    assert diagnosis.found == "MAML"
    assert COEFFICIENTS[coefficient] in diagnosis.sentence
    assert term in diagnosis.sentence
    assert diagnosis.relative_error < 1e-12


def test_float32_too():
    diagnosis = identify(by_hand(with_term(TERMS["of the query set"], -0.5)), dtype="float32")
    assert "the Hessian term is halved and its Hessian is of the query set" in diagnosis.sentence


def test_gradients_that_are_added_up():
    def direction(p, task):
        g = p.gradient(adapted(p, task), task.outer)
        return plus(g, p.gradient(p.parameters, task.inner), 0.5)

    diagnosis = identify(by_hand(direction, "FO-MAML"))
    assert (diagnosis.found, diagnosis.defects) == ("FO-MAML", ("terms_added",))
    assert "0.5 times the inner gradient at the initial parameters is added" in diagnosis.sentence


def test_what_is_like_no_algorithm_is_listed():
    def direction(p, task):
        return plus(p.gradient(p.parameters, task.outer), p.gradient(p.parameters, task.inner), -0.25)

    diagnosis = identify(by_hand(direction))
    assert diagnosis.found is None
    start = "gradient at the initial parameters"
    said = f"it is the outer {start} minus 0.25 times the inner {start}"
    assert f"This is no MAML: {said} (" in diagnosis.sentence


@pytest.mark.parametrize("declared", ["MAML", "HF-MAML"])
def test_a_little_of_something_else_is_not_explained_away(declared):
    def direction(p, task):
        found = with_term(TERMS["of the query set"], -0.5)(p, task)
        return {name: value * (1 + FOREIGN * np.sin(value)) for name, value in found.items()}

    delta = 0.01 if declared == "HF-MAML" else None
    assert identify(by_hand(direction, declared, delta=delta)).found is None


def test_some_of_the_tasks():
    term = with_term(TERMS["of the query set"], -1)

    @subject("MAML", steps=(1,))
    def make(given):
        p = given.on("numpy")

        def call():
            each = [term(p, task) for task in p.tasks[:2]]
            return {name: (each[0][name] + each[1][name]) / 2 for name in each[0]}

        return call

    sentence = identify(make).sentence
    assert "its Hessian is of the query set" in sentence
    assert "only tasks 1 and 2 of 3 count: task 3 is left out" in sentence


# -- the search --------------------------------------------------------------------------------------------------------
def seen_of(coefficients, alphas=ALPHAS, dtype="float64"):
    """Observations of a sum of vectors of the dictionary, by their places in it."""
    problems = [problem(name, alpha=alpha) for name in kinds() for alpha in alphas]
    observations = []
    for given in problems:
        found = screened(given, "exact")
        direction = sum(c * found[vectors()[i]] for i, c in coefficients.items())
        observations.append(Observation(given, (direction, direction), dtype))
    return Seen(observations, problems, "exact")


OUTER = next(k for k, v in enumerate(vectors()) if v.gradient == ("outer", "end") and not v.power)
TERM = next(k for k, v in enumerate(vectors()) if v.product == USUAL and v.power == 1)


def places():
    """Those of the vectors that are seen with one inner step."""
    return [i for i, v in enumerate(vectors()) if v.from_steps == 1]


@pytest.mark.parametrize("i", places())
def test_every_vector_is_found(i):
    coefficients = {OUTER: 1.0, i: 0.375} if i != OUTER else {OUTER: 0.375}
    found = sum_of(seen_of(coefficients))
    assert dict(found.terms) == {vectors()[k]: c for k, c in coefficients.items()}
    assert all(clause for clause in reading(found).clauses)


def test_what_cannot_be_told_apart_is_not_named(monkeypatch):
    seen = seen_of({OUTER: 1.0, TERM: 0.5})
    assert sum_of(seen) is not None
    known = vectors()[TERM]
    twin, near = replace(known, says="a twin"), {}
    for given in seen.problems:
        found = screened(given, "exact")
        nearly = found[known] * (1 + 1e-15 * np.arange(found[known].size))
        near[given.id] = {**found, twin: nearly}
    monkeypatch.setattr("mamlcheck.conformance.diagnosis.made_of.fitting.screened", lambda p, hessian: near[p.id])
    assert sum_of(Seen(seen.observations, seen.problems, "exact")) is None


def test_powers_of_alpha_are_told_by_two_rates_alone():
    assert any(v.power == 2 and v.factors == 1 for v in seen_of({OUTER: 1.0}).dictionary)
    assert not any(v.power == 2 and v.factors == 1 for v in seen_of({OUTER: 1.0}, ALPHAS[:1]).dictionary)


def test_four_vectors_are_too_many():
    assert sum_of(seen_of({OUTER: 1.0, TERM: 0.5, TERM + 3: -0.75, TERM + 9: 0.625})) is None


def test_fractions():
    assert simplest(1 / 3 + 1e-15, 1e-14) == 1 / 3
    assert simplest(1 / 3 + 1e-12, 1e-14) == 1 / 3 + 1e-12
    assert simplest(1e-12, 1e-9) == 1e-12
    assert ratio(3 / 7, 1 / 7) == 3
    assert (number(1 / 3), number(0.5), number(2.0), number(0.123456789)) == ("1/3", "0.5", "2", "0.123457")


def test_a_sum_allows_no_more_than_rounding():
    seen = seen_of({OUTER: 1.0, TERM: 0.5})
    o, given = seen.observations[0], seen.problems[0]
    found = sum_of(seen)
    assert found.holds(o, given)
    off = o.direction * (1 + 1e-12)
    assert not found.holds(replace(o, directions=(off, off)), given)
    assert not Sum(found.vectors, tuple(c * (1 + 1e-12) for c in found.coefficients)).holds(o, given)


# -- inner steps -------------------------------------------------------------------------------------------------------
def stepped(rates, algorithm="FO-MAML"):
    @subject(algorithm, steps=(1, len(rates)))
    def make(given):
        p = given.on("numpy")

        def direction(task):
            w = p.parameters
            for rate in rates[: given.steps]:
                w = plus(w, p.gradient(w, task.inner), -rate * p.alpha)
            return p.gradient(w, task.outer)

        return lambda: [direction(task) for task in p.tasks]

    return make


def test_rates_of_steps():
    rising = identify(stepped((1, 1.5))).sentence
    assert "each inner step has a rate of its own: 1 and 1.5 times alpha in steps 1 and 2" in rising
    falling = identify(stepped((1, 0.7))).sentence
    assert "a rate of its own, which falls from step to step: 1 and 0.7 times alpha in steps 1 and 2" in falling


def test_half_a_rate_in_the_second_step_is_the_mean_of_two_points():
    said = identify(stepped((1, 0.5))).sentence
    assert "1 and 0.5 times alpha in steps 1 and 2, or the outer loss is at the mean" in said


# -- where nothing comes near ------------------------------------------------------------------------------------------
def test_where_nothing_comes_near_no_best_fit_is_named():
    def direction(p, task):
        return {name: np.cos(20 * value) * ("bias" not in name) for name, value in adapted(p, task).items()}

    diagnosis = identify(by_hand(direction))
    assert diagnosis.defects == ("not_recognised",)
    assert diagnosis.residual > 0.25
    assert "best fit" not in diagnosis.sentence
    assert any(note.startswith("The cosine of the angle") for note in diagnosis.notes)


def test_the_dictionary_is_in_words():
    words = [v.words for v in vectors()]
    assert len(set(words)) == len(words) > 40
    assert dictionary.vectors is vectors
