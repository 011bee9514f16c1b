"""What is found by tensor, by sample and by task, in sentences; and when nothing is said."""

from __future__ import annotations

import numpy as np
import pytest

from mamlcheck.conformance import identify, problem, subject
from mamlcheck.conformance.diagnosis.attempts import by_task_in_turn, by_tensor
from mamlcheck.conformance.diagnosis.fits import Question
from mamlcheck.conformance.diagnosis.parts.form import Form, Sample, as_candidate, own_samples, tensors
from mamlcheck.conformance.diagnosis.parts.least_squares import fitted, linear
from mamlcheck.conformance.diagnosis.parts.sampled import Sampled, samples_of, weights_of
from mamlcheck.conformance.diagnosis.parts.searching import (
    Plan,
    certified,
    counted_samples,
    enough,
    explained_by,
    plain_number,
    rank_one,
    usual,
)
from mamlcheck.conformance.diagnosis.parts.words import named, samples
from mamlcheck.conformance.problems.kinds import kinds
from mamlcheck.conformance.subjects.declaring import metadata_of
from mamlcheck.conformance.subjects.running import observe

INNER, OUTER = own_samples("inner"), own_samples("outer")
TENSORS = ("hidden.weight", "hidden.bias", "head.weight", "head.bias")


def on(part, factor, rest=1.0):
    return tuple((name, factor if part in name else rest) for name in TENSORS)


def subject_of(direction, steps=(1,), algorithm="MAML"):
    @subject(algorithm, steps=steps)
    def make(given):
        return lambda: direction(given)

    return make


def of_form(algorithm, form, times=1.0):
    return lambda given: times * as_candidate(algorithm, form).screened(given)


def question_of(make, names=None, alphas=(0.4, 0.05)):
    seen = [observe(make, problem(name, alpha=a)) for name in names or kinds() for a in alphas]
    return Question(seen, metadata_of(make), "MAML")


# -- sentences ---------------------------------------------------------------------------------------------------------
SAID = {
    "frozen": ("MAML", Form(returned=on("hidden", 0.0)), "the direction of hidden.weight and hidden.bias (all but"),
    "sign": ("MAML", Form(returned=on("head.bias", -1.0)), "the direction of head.bias has the wrong sign"),
    "first order": ("FO-MAML", Form(rates=on("bias", 0.0)), "leave out hidden.bias and head.bias (the biases)"),
    "half": (
        "MAML",
        Form(rates=on("head", 0.5)),
        "the inner rate of head.weight and head.bias (the head) is 0.5 times",
    ),
    "uphill": ("MAML", Form(rates=on("bias", -1.0)), "go uphill"),
    "odd rate": ("MAML", Form(rates=on("head", 0.7310585786300049)), "is 0.731059 times alpha"),
    "cut": ("MAML", Form(through=on("hidden", 0.0)), "the graph is cut at the inner gradient of hidden.weight"),
    "two rates off": ("MAML", Form(rates=on("head", 0.5), more=1), "is 0.5 times alpha"),
    "three of five": ("MAML", Form(inner=(INNER[:3],)), "the inner steps see the first 3 of 5 support samples"),
    "last two": ("FO-MAML", Form(outer=OUTER[5:]), "the outer loss is of the last 2 of 7 query samples"),
    "some": ("MAML", Form(outer=(OUTER[0], OUTER[3], OUTER[4])), "3 of 7 query samples (1, 4, 5)"),
    "pooled": (
        "MAML",
        Form(inner=(own_samples("inner") + own_samples("inner", 1) + own_samples("inner", 2),)),
        "pooled",
    ),
    "next": ("MAML", Form(inner=(own_samples("inner", 1),)), "of another task, the one before"),
    "joint, summed": ("FO-MAML", Form(outer=(*INNER, *OUTER)), "as one joint set"),
    "rolled": ("MAML", Form(inner=(tuple(Sample(0, "inner", i, (i + 1) % 5) for i in range(5)),)), "do not match"),
    "terms": ("MAML", Form(terms=(1.0, 0.0, 1.0)), "the Hessian term of task 2 is missing"),
}


@pytest.mark.parametrize("case", SAID)
def test_said(case):
    algorithm, form, words = SAID[case]
    diagnosis = identify(subject_of(of_form(algorithm, form)))
    print(diagnosis.text)
    assert not diagnosis.conforms
    assert diagnosis.found == algorithm
    assert words in diagnosis.sentence


@pytest.mark.parametrize("steps", [(1, 2), (2, 3)])
@pytest.mark.parametrize("case", ["frozen", "first order", "half", "three of five"])
def test_with_more_steps(case, steps):
    algorithm, form, words = SAID[case]
    diagnosis = identify(subject_of(of_form(algorithm, form), steps))
    print(diagnosis.text)
    assert words in diagnosis.sentence
    assert "not recognised" not in diagnosis.sentence


def test_in_single_precision():
    for case in ("half", "three of five"):
        algorithm, form, words = SAID[case]

        direction = of_form(algorithm, form)

        def rounded(given, direction=direction):
            return direction(given).astype(np.float32)

        diagnosis = identify(subject_of(rounded), dtype="float32")
        assert words in diagnosis.sentence, diagnosis.sentence


def test_two_at_once():
    diagnosis = identify(subject_of(of_form("FO-MAML", Form(rate=0.25, inner=(OUTER,)), 3.0)))
    for words in ("the Hessian term is missing", "0.25 times alpha", "the query set", "sum over tasks"):
        assert words in diagnosis.sentence


def test_layers_by_their_algorithm():
    """Inner steps on the head alone are ANIL's, whatever else is wrong."""
    form = Form(rates=on("head", 1.0, 0.0), returned=on("hidden", 0.0))
    diagnosis = identify(subject_of(of_form("MAML", form)))
    assert diagnosis.found == "ANIL"
    assert diagnosis.defects == ("other_algorithm", "zero_tensors")


@pytest.mark.parametrize("way", list(by_task_in_turn.ways()), ids=lambda c: c.id)
def test_one_adaptation_for_all(way):
    diagnosis = identify(subject_of(way.screened))
    assert way.mutant.says in diagnosis.sentence
    assert diagnosis.found == way.algorithm.name
    assert diagnosis.defects[-1] == way.mutant.name


# -- when nothing is said ----------------------------------------------------------------------------------------------
def test_numbers_need_observations():
    """On one small problem any direction is that of some factors and weights: nothing is said there."""
    random = np.random.default_rng(5)
    kept = {}

    def direction(given):
        return kept.setdefault(given.id, random.normal(size=given.layout.size))

    few = question_of(subject_of(direction), ["linear-robust"], (0.4,))
    assert enough(few, 2)
    assert not enough(few, 3)
    assert by_tensor.attempt(few) is None
    for plan in (Plan(rates=True, split=True), Plan(inner="samples"), Plan(outer="samples")):
        assert explained_by(few, plan) is None


def test_what_cannot_be_told_apart_is_not_said():
    """A factor that changes nothing is left out; one that does is kept."""
    question = question_of(subject_of(of_form("MAML", Form(rates=on("head", 0.5)))))
    rates = tuple((name, f if "head" in name else 1 + 2**-52) for name, f in on("head", 0.5))
    found = certified(question, "MAML", Form(rates=rates, returned=on("bias", 1 + 2**-52)))
    assert found is not None
    assert found.defects == ("rates_of_tensors",)
    assert found.clauses == ("the inner rate of head.weight and head.bias (the head) is 0.5 times alpha",)
    assert certified(question, "MAML", Form(rates=on("head", 0.5 + 1e-12))) is None


def test_random_directions_are_not_recognised():
    random = np.random.default_rng(7)
    kept = {}

    def direction(given):
        key = given.but(dtype="float64").id
        return kept.setdefault(key, random.normal(size=given.layout.size))

    assert "not_recognised" in identify(subject_of(direction)).defects


# -- parts -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", kinds())
@pytest.mark.parametrize("steps", [1, 2])
def test_sampled_is_the_form(name, steps):
    given, there = problem(name, steps=steps), samples_of(3)
    inner = (*INNER, *own_samples("outer", 1), INNER[0])
    part = Sampled(given, there)
    outer = np.stack([weights_of(OUTER, there), weights_of(own_samples("hessian", 2), there)])
    for exact, algorithm in ((True, "MAML"), (False, "FO-MAML")):
        columns = part.columns([weights_of(inner, there)] * steps, outer, exact=exact).mean(1)
        for column, some in zip(columns, (OUTER, own_samples("hessian", 2)), strict=True):
            right = as_candidate(algorithm, Form(inner=(inner,), outer=some)).screened(given)
            assert np.linalg.norm(column - right) <= 1e-14 * np.linalg.norm(right)


@pytest.mark.parametrize("exact", [True, False])
def test_many_numbers_at_once_are_each_of_them_alone(exact):
    given, there, random = problem("tanh-cross-entropy", steps=2), samples_of(1), np.random.default_rng(6)
    part, outer = Sampled(given, there), random.normal(size=(2, len(there)))
    inner, moved = random.normal(size=(2, 4, len(there))), random.normal(size=(4, given.layout.size))
    together = part.columns(list(inner), outer, moved, exact)
    assert together.shape == (4, 2, 3, given.layout.size)
    for i in range(4):
        np.testing.assert_allclose(together[i], part.columns(list(inner[:, i]), outer, moved[i], exact), rtol=1e-9)


def test_tensors_of_one_layer_are_the_head():
    assert tensors(problem("linear-robust")) == {"weight": "head.weight", "bias": "head.bias"}


def test_least_squares():
    random = np.random.default_rng(3)
    a, b = random.normal(size=(20, 3)), random.normal(size=(10, 3))
    factors, left = linear([a, b], [a @ (1, 2, 3), b @ (1, 2, 3)])
    assert np.allclose(factors, (1, 2, 3))
    assert max(left) < 1e-14
    assert linear([a * np.nan], [a[:, 0]])[1] == (np.inf,)


def test_searching_numbers():
    t = np.linspace(0, 1, 30)
    found = fitted(
        lambda x: [np.stack([np.exp(x[..., :1] * t), np.cos(x[..., 1:] * t)], axis=-1)],
        [np.exp(2 * t) - 3 * np.cos(t)],
        np.array([1.0, 0.5]),
    )
    assert found.residual < 1e-12
    assert np.allclose(found.numbers, (2, 1))
    assert np.allclose(found.factors, (1, -3))


@pytest.mark.parametrize(
    ("value", "slack", "plain"),
    [
        (1 / 3 + 1e-9, 1e-6, 1 / 3),
        (0.1 - 1e-9, 1e-6, 0.1),
        (0.73 + 1e-9, 1e-6, 0.73),
        (1e-9, 1e-6, 0.0),
        (1024 + 1e-6, 1e-6, 1024.0),
        (0.7310585786, 0.0, 0.7310585786),
        (-1 - 1e-9, 1e-6, -1.0),
    ],
)
def test_plain_number(value, slack, plain):
    assert plain_number(value, slack) == plain


def test_counted_samples():
    there = INNER
    assert counted_samples(np.array([1, 1, 1, 0, 0]) / 3, there) == INNER[:3]
    assert counted_samples(np.array([1, 1, 1, 1, 2]) / 6, there) == (*INNER, INNER[-1])
    assert counted_samples(np.array([3, 2, 0, 0, 0]) / 5, there) == (*[INNER[0]] * 3, *[INNER[1]] * 2)
    assert counted_samples(np.array([1, 0.3, 0.7, 0.9, -0.2]), there) is None
    assert counted_samples(np.array([1, 0.3141, 0.5772, 0, 0]), there) is None
    assert counted_samples(np.zeros(5), there) is None


def test_usual_and_rank_one():
    assert usual(np.array([0.0, 3.0, 2.0, 2.0])) == 2
    rows, columns = rank_one(np.outer([1, 1, 0, 5], [2, 3]))
    assert np.allclose(rows, [1, 1, 0, 5])
    assert np.allclose(columns, [2, 3])


@pytest.mark.parametrize(
    ("some", "words"),
    [
        (("hidden.weight",), "hidden.weight"),
        (("hidden.weight", "head.weight"), "hidden.weight and head.weight (the weights)"),
        (("hidden.weight", "head.bias"), "hidden.weight and head.bias"),
        (TENSORS, "all tensors"),
    ],
)
def test_named(some, words):
    assert named(some, TENSORS) == words


def test_many_tensors():
    names = [f"{layer}.{part}" for layer in "abcdefgh" for part in ("weight", "bias")]
    assert named(names[1::2], names) == "the biases"
    assert named(names[:7], names) == "7 of 16 tensors (a.weight, a.bias, ...)"


@pytest.mark.parametrize(
    ("some", "role", "words"),
    [
        (OUTER, "inner", "the query set"),
        (INNER[::2], "inner", "every second of the support samples, 3 of 5"),
        (INNER[-1:], "inner", "one of 5 support samples alone, the last"),
        ((*OUTER, *OUTER[:1]), "outer", "the query samples with unequal weights, the first one counts twice"),
        (own_samples("outer", 1), "outer", "the query set of another task, the next one"),
        ((*INNER, *OUTER[:2]), "inner", "all 5 support samples and the first 2 of 7 query samples"),
    ],
)
def test_samples_in_words(some, role, words):
    assert samples(some, role) == words
