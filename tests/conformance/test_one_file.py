"""Something new is one new file: a framework, a kind of problem, an algorithm, a defect, an attempt to explain,
a vector.

Each is put into a folder of its own, which the package is told to look into as well, and nothing else changes.
"""

from __future__ import annotations

import sys

import numpy as np
import pytest

from mamlcheck.conformance import adapters, algorithms, conform, identify, mutants, problem, subject
from mamlcheck.conformance.diagnosis import attempts, besides
from mamlcheck.conformance.diagnosis.made_of import vectors
from mamlcheck.conformance.problems import kinds

CACHES = (algorithms.algorithms, mutants.mutants, attempts.attempts, besides.besides, vectors.vectors, kinds.kinds)


@pytest.fixture
def add(monkeypatch, tmp_path):
    """Adds a file to a package for the time of a test."""

    def put(package, name, text):
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
        for found in CACHES:
            found.cache_clear()

    before = set(sys.modules)
    yield put
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):  # others may stay
            del sys.modules[name]
            delattr(sys.modules[name.rpartition(".")[0]], name.rpartition(".")[2])
    for found in CACHES:
        found.cache_clear()


def by_hand(direction, algorithm, framework="numpy", **declared):
    """A subject that returns `direction(view, task)` for each task."""

    @subject(algorithm, **declared)
    def make(given):
        p = given.on(framework)
        return lambda: [direction(p, task) for task in p.tasks]

    return make


def step(w, g, rate):
    return {name: w[name] - rate * g[name] for name in w}


def first_order(p, task, rate=1.0):
    w = p.parameters
    for _ in range(p.steps):
        w = step(w, p.gradient(w, task.inner), rate * p.alpha)
    return p.gradient(w, task.outer)


def second_order(p, task):
    path = [p.parameters]
    for _ in range(p.steps):
        path.append(step(path[-1], p.gradient(path[-1], task.inner), p.alpha))
    v = p.gradient(path[-1], task.outer)
    for w in reversed(path[:-1]):
        v = step(v, p.hessian_vector(w, v, task.inner), p.alpha)
    return v


def test_an_algorithm(add):
    add(
        algorithms,
        "third_rate",
        '''"""Third-rate: FO-MAML whose inner rate is alpha / 3."""

NAME = "Third-rate"
HESSIAN = "none"


def direction(x):
    return x.mean(x.adapt(rate=x.alpha / 3).end.gradient("outer"))
''',
    )
    make = by_hand(lambda p, task: first_order(p, task, 1 / 3), "Third-rate")
    assert identify(make).sentence.startswith("This is Third-rate, as declared")
    assert conform(make).conforms
    wrong = identify(by_hand(first_order, "Third-rate")).sentence
    assert wrong.startswith("You declared Third-rate. This is FO-MAML")


def test_a_defect(add):
    add(
        mutants,
        "outer_third",
        '''"""A third of the outer gradient is that at the initial parameters."""

OF = ("FO-MAML",)
SAYS = "a third of the outer gradient is that at the initial parameters"
CAUSE = "Most likely two outer losses are averaged."


def direction(x):
    return x.mean(x.start.gradient("outer") + 2 * x.adapt().end.gradient("outer")) / 3
''',
    )

    def mixed(p, task):
        here, there = p.gradient(p.parameters, task.outer), first_order(p, task)
        return {name: (here[name] + 2 * there[name]) / 3 for name in here}

    diagnosis = identify(by_hand(mixed, "FO-MAML"))
    assert diagnosis.defects == ("outer_third",)
    assert "a third of the outer gradient" in diagnosis.sentence
    assert diagnosis.cause == "Most likely two outer losses are averaged."


def test_an_attempt(add):
    make = by_hand(lambda p, task: {k: np.cbrt(v) for k, v in first_order(p, task).items()}, "FO-MAML")
    assert identify(make).defects == ("not_recognised",)
    add(
        attempts,
        "cubic_roots",
        '''"""The cubic roots of an algorithm's directions of the tasks."""

import numpy as np

from mamlcheck.conformance.diagnosis.explanation import Explanation
from mamlcheck.conformance.diagnosis.fits import algorithms_of


def attempt(question):
    for c in algorithms_of(question):
        if all(np.allclose(o.direction, roots(c, o.problem)) for o in question.seen):
            return Explanation(c.algorithm, ("cubic_roots",), ("cubic roots are taken",))
    return None


def roots(c, given):
    return np.mean([np.cbrt(c.screened(given.but(tasks=(i,)))) for i in given.key.tasks], axis=0)
''',
    )
    diagnosis = identify(make)
    assert (diagnosis.found, diagnosis.defects) == ("FO-MAML", ("cubic_roots",))
    assert diagnosis.sentence.endswith("but cubic roots are taken.")


def test_a_vector_that_directions_are_made_of(add):
    def with_squares(p, task):
        return {k: g + 0.25 * g**2 for k, g in first_order(p, task).items()}

    make = by_hand(with_squares, "FO-MAML", steps=(1,))
    assert identify(make).defects == ("not_recognised",)
    add(
        vectors,
        "squares",
        '''"""The squares of the components of the outer gradient."""

from mamlcheck.conformance.diagnosis.made_of.vectors import Vector


def vectors():
    yield Vector("the square of the outer gradient", lambda parts: squares(parts.gradient("outer", "end")))


def squares(g):
    return g * g
''',
    )
    diagnosis = identify(make)
    assert (diagnosis.found, diagnosis.defects) == ("FO-MAML", ("terms_added",))
    assert "0.25 times the square of the outer gradient is added" in diagnosis.sentence


def test_something_besides(add):
    make = by_hand(first_order, "FO-MAML")
    add(
        besides,
        "polite",
        '''"""A note for everybody."""

from mamlcheck.conformance.diagnosis.explanation import noting


def beside(e, case):
    return noting(e, "Thank you.")
''',
    )
    assert identify(make).notes == ("Thank you.",)


FRAMEWORK = '''"""A problem for a slide rule."""

from mamlcheck.conformance.adapters.numpy import NumpyView

ADVICE = {"hessian_missing": "Most likely a cursor is stuck."}
PACKAGES = ("slide_rule_of_wood",)


def view(problem):
    return NumpyView(problem)
'''


def test_a_framework(add):
    add(adapters, "slide_rule", FRAMEWORK)
    assert "slide_rule" in adapters.frameworks()
    assert identify(by_hand(second_order, "MAML", "slide_rule")).conforms
    assert identify(by_hand(first_order, "MAML", "slide_rule")).cause == "Most likely a cursor is stuck."
    # What it has no words for is told in those that are true anywhere, and not in another framework's.
    doubled = by_hand(lambda p, task: step(p.parameters, p.parameters, 1.0), "MAML", "slide_rule")
    assert "torch" not in identify(doubled).text
    missing = identify(by_hand(needs_wood, "MAML"))
    assert "pip install 'mamlcheck[slide_rule]'" in missing.sentence


def needs_wood(p, task):
    raise ModuleNotFoundError("No module named 'slide_rule_of_wood'", name="slide_rule_of_wood")


KIND = '''"""A linear model with the squared error of labels as rows with a one at the label."""

from dataclasses import replace

from mamlcheck.conformance.criteria import squared_error
from mamlcheck.conformance.networks import linear

NETWORK = linear(features=2, outputs=3)
CRITERION = replace(squared_error, name="one-hot", of_labels=True)
SEED = 4
'''


def test_a_kind_of_problem(add):
    add(kinds, "linear_one_hot", KIND)
    assert list(kinds.kinds())[-1] == "linear-one-hot"
    diagnosis = identify(by_hand(second_order, "MAML"))
    assert diagnosis.conforms
    assert diagnosis.evidence.problems[-1] == "linear-one-hot"
    conformance = conform(by_hand(second_order, "MAML"))
    assert conformance.conforms
    assert any("linear-one-hot" in r.check for r in conformance.results)


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_frameworks_know_a_kind_that_they_have_no_function_for(add, framework):
    pytest.importorskip(framework)
    add(kinds, "linear_one_hot", KIND)
    given = problem("linear-one-hot")
    here, there = given.on("numpy"), given.on(framework)
    losses = [
        [float(p.loss(p.apply(p.parameters, task.inner[0]), task.inner[1])) for task in p.tasks] for p in (here, there)
    ]
    np.testing.assert_allclose(*losses, rtol=1e-14)


def test_a_difference_of_nothing_is_refused(add):
    """An algorithm that takes differences has to say what it approximates."""
    add(
        algorithms,
        "lonely",
        '''"""Lonely: nothing is known of it."""

NAME = "Lonely"
HESSIAN = "difference"


def direction(x):
    return x.mean(x.directions())
''',
    )
    with pytest.raises(ValueError, match=r"Lonely takes differences: its file is to say in VARIANT_OF"):
        algorithms.algorithms()
