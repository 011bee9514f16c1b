"""What people do within the inner loop, beside plain steps, is named: loops in NumPy that share no formula."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mamlcheck.arithmetic import float64
from mamlcheck.conformance import identify, problem, subject
from mamlcheck.conformance.algorithms import algorithm
from mamlcheck.conformance.diagnosis.attempts import inner_clipped
from mamlcheck.conformance.diagnosis.attempts.rates_of_steps import AtRates
from mamlcheck.conformance.diagnosis.candidates import Candidate, plain
from mamlcheck.conformance.problems import problem as problems
from mamlcheck.conformance.problems.kind import DoesNotApply
from mamlcheck.conformance.reference import screened

LIMIT, WEIGHT = 0.25, 0.1


class Loop:
    """MAML on flat vectors. p: the NumPy view."""

    def __init__(self, p):
        self.p = p
        self.start = self.flat(p.parameters)

    def flat(self, tensors):
        return np.concatenate([np.ravel(tensors[name]) for name in self.p.problem.parameters])

    def named(self, vector):
        found, begin = {}, 0
        for name, value in self.p.problem.parameters.items():
            found[name] = vector[begin : begin + value.size].reshape(value.shape)
            begin += value.size
        return found

    def gradient(self, w, batch):
        return self.flat(self.p.gradient(self.named(w), batch))

    def curvature(self, w, v, batch):
        return self.flat(self.p.hessian_vector(self.named(w), self.named(v), batch))

    def body(self):
        """Where the parameters are that are not of the last layer."""
        names = self.p.problem.parameters
        return self.flat({n: np.full(v.shape, n not in self.p.problem.head) for n, v in names.items()}) > 0

    def tensors(self):
        """For each tensor, where it is in a vector."""
        names = self.p.problem.parameters
        return [self.flat({n: np.full(v.shape, n == one) for n, v in names.items()}) > 0 for one in names]


def direction(step=None, back=None, outer=lambda loop, i: loop.p.tasks[i].outer, end=None, steps=None):
    """The mean over tasks. step: what a step subtracts, over alpha, of (loop, w, g, k). back: what a step back takes
    from v, over alpha, of (loop, points, k, batch, v, g); None for first order. end: what is returned, of (loop,
    points).
    """

    def make(given):
        loop = Loop(given.on("numpy"))

        def call():
            found = []
            for i, task in enumerate(loop.p.tasks):
                points = [loop.start]
                for k in range(steps or loop.p.steps):
                    g = loop.gradient(points[-1], task.inner)
                    points.append(points[-1] - loop.p.alpha * (g if step is None else step(loop, points[-1], g, k)))
                if end is not None:
                    found.append(loop.named(end(loop, points)))
                    continue
                v = loop.gradient(points[-1], outer(loop, i))
                g = v
                for k in reversed(range(len(points) - 1)) if back is not None else ():
                    v = v - loop.p.alpha * back(loop, points, k, task.inner, v, g)
                found.append(loop.named(v))
            return found

        return call

    return make


def exact(loop, points, k, batch, v, g):
    return loop.curvature(points[k], v, batch)


def cut_norm(loop, w, g, k):
    return g * min(1.0, LIMIT / (np.linalg.norm(g) + 1e-6))


def by_tensor(loop, g):
    return sum(np.where(on, g, 0.0) / np.linalg.norm(g[on]) for on in loop.tensors())


def decayed(loop, points, k, batch, v, g):
    return loop.curvature(points[k], v, batch) + WEIGHT * v


def unit(loop, points, k, batch, v, g):
    return loop.curvature(points[k], v / np.linalg.norm(v), batch)


def late(loop, points, k, batch, v, g):
    return loop.curvature(points[k + 1], v, batch)


def rank_one(loop, points, k, batch, v, g):
    slope = loop.gradient(points[k], batch)
    return slope * (slope @ v)


def fisher(loop, points, k, batch, v, g):
    each = [loop.gradient(points[k], (batch[0][i : i + 1], batch[1][i : i + 1])) for i in range(len(batch[0]))]
    return np.mean([slope * (slope @ v) for slope in each], axis=0)


def difference(loop, points, k, batch, v, g):
    """With the inner rate as its step."""
    rate = loop.p.alpha
    ahead, behind = loop.gradient(points[k] + rate * v, batch), loop.gradient(points[k] - rate * v, batch)
    return (ahead - behind) / (2 * rate)


def always_of(loop, points, k, batch, v, g):
    return loop.curvature(points[k], g, batch)


def through_value(loop, points, k, batch, v, g):
    return loop.curvature(points[k], np.where(np.abs(loop.gradient(points[k], batch)) > LIMIT, 0.0, v), batch)


def around(loop, i):
    """The outer set of a task of the other end."""
    return loop.p.tasks[len(loop.p.tasks) - 1 - i].outer


# By what is wrong: what was declared, the numbers of inner steps, the loop, and what the sentence says.
WRONG = {
    "norm clipped": ("FO-MAML", (1, 2), direction(cut_norm), ("FO-MAML", "clipped at 0.25", "norm of each inner")),
    "components clipped": (
        "MAML",
        (1,),
        direction(lambda loop, w, g, k: np.clip(g, -LIMIT, LIMIT), through_value),
        ("components of each inner gradient are clipped at 0.25",),
    ),
    "weight decay": (
        "MAML",
        (1, 2),
        direction(lambda loop, w, g, k: g + WEIGHT * w, decayed),
        ("weight decay: 0.1 times the parameters",),
    ),
    "proximal term to a copy": (
        "MAML",
        (2,),
        direction(lambda loop, w, g, k: g + WEIGHT * (w - loop.start), decayed),
        ("proximal term: 0.1 times the way from a copy of the start",),
    ),
    "proximal Reptile": (
        "Reptile",
        (2,),
        direction(lambda loop, w, g, k: g + WEIGHT * (w - loop.start), end=lambda loop, points: points[0] - points[-1]),
        ("proximal term: 0.1 times",),
    ),
    "five steps": ("MAML", None, direction(back=exact, steps=5), ("it takes 5 inner steps, whatever",)),
    "a step more for the body": (
        "FO-BOIL",
        (1, 2),
        lambda given: direction(lambda loop, w, g, k: np.where(loop.body(), g, 0.0), steps=given.steps + 1)(given),
        ("This is FO-BOIL", "it takes 1 inner step more than asked for"),
    ),
    "last step": (
        "Reptile",
        (2, 3),
        direction(end=lambda loop, points: points[-2] - points[-1]),
        ("This is Reptile", "the last inner step alone"),
    ),
    "other pairs": (
        "MAML",
        (1,),
        direction(back=exact, outer=around),
        ("task 1 on that of task 3 and task 3 on that of task 1",),
    ),
    "normalised by tensor": (
        "FO-MAML",
        (1, 2),
        direction(lambda loop, w, g, k: by_tensor(loop, g)),
        ("FO-MAML", "inner gradient of each tensor is divided by its norm"),
    ),
    "unit vector": ("MAML", (1, 2), direction(back=unit), ("scaled to norm 1",)),
    "late": ("MAML", (2, 3), direction(back=late), ("after its inner step",)),
    "falling rates": (
        "MAML",
        (2, 3),
        direction(lambda loop, w, g, k: g / (k + 1), lambda *at: exact(*at) / (at[2] + 1)),
        ("each inner step has a rate of its own, which falls",),
    ),
    "alpha shared out": (
        "MAML",
        (2, 3),
        direction(lambda loop, w, g, k: g / loop.p.steps, lambda *at: exact(*at) / at[0].p.steps),
        ("its inner rate is alpha divided by the number of inner steps",),
    ),
    "half of alpha": (
        "MAML",
        (2, 3),
        direction(lambda loop, w, g, k: g / 2, lambda *at: exact(*at) / 2),
        ("but its inner rate is 0.5 times alpha. Most",),
    ),
    "half of alpha, at two steps": (
        "MAML",
        (2,),
        direction(lambda loop, w, g, k: g / 2, lambda *at: exact(*at) / 2),
        ("but its inner rate is 0.5 times alpha. Most",),
    ),
    "delta is alpha": ("HF-MAML", (1,), direction(back=difference), ("delta of its difference is alpha",)),
    "Fisher": ("MAML", (1, 2), direction(back=fisher), ("mean of the outer products of the samples' gradients",)),
    "a step more, whose Hessian is missing": (
        "MAML",
        (1, 2),
        lambda given: direction(back=lambda *at: exact(*at) * (at[2] > 0), steps=given.steps + 1)(given),
        ("the first inner step is of first order", "it takes 1 inner step more than asked for"),
    ),
    "rank one": ("MAML", (1, 2), direction(back=rank_one), ("outer product g g^T",)),
    "terms added": ("MAML", (2, 3), direction(back=always_of), ("Hessian terms of the inner steps are added",)),
}


@pytest.mark.parametrize("name", WRONG)
def test_it_is_named(name):
    declared, steps, make, said = WRONG[name]
    found = identify(subject(declared, steps=steps)(make))
    assert not found.conforms
    for words in said:
        assert words in found.sentence, found.text


def test_where_it_cannot_be_told_what_is_clipped_it_is_not_said(monkeypatch):
    """An enclosure around a limit tells nothing: the diagnosis goes on without."""

    def undecided(x, limit, value):
        if x.ar is not float64:
            raise DoesNotApply("whether a gradient is clipped cannot be told")
        return certain(x, limit, value)

    certain = inner_clipped._certain
    monkeypatch.setattr(inner_clipped, "_certain", undecided)
    problems._memory.cache_clear()  # of what was told of it before
    found = identify(subject("FO-MAML", steps=(1,))(direction(cut_norm)))
    assert "not recognised" in found.sentence, found.text
    assert not found.conforms


@pytest.mark.parametrize("name", ["MAML", "FO-MAML", "MAML with Adam"])
def test_steps_beyond_those_that_have_a_rate_are_as_the_last(name):
    c = plain(algorithm(name))
    given = problem("tanh-squared-error", steps=3)
    two, three = (screened(given, AtRates(c.direction, rates), c.hessian) for rates in ((1, 0.5), (1, 0.5, 0.5)))
    np.testing.assert_array_equal(two, three)


def of_mean(change):
    """MAML, with something done to the mean over tasks."""
    right = direction(back=exact)

    def make(given):
        call = right(given)

        def changed():
            each = call()
            return {name: change(np.mean([one[name] for one in each], axis=0)) for name in each[0]}

        return changed

    return make


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda g: np.round(g, 3), "its numbers are rounded to 3 decimals"),
        (np.sign, "only the sign of each component is left"),
        (lambda g: g / (np.abs(g) + 1e-8), "as in the first step of an outer Adam"),
    ],
    ids=["decimals", "signs", "Adam"],
)
def test_what_is_done_to_the_result_is_named(change, said):
    found = identify(subject("MAML", steps=(1,))(of_mean(change)))
    assert said in found.sentence, found.text
    assert found.found == "MAML"


def test_decimals_are_no_excuse_for_something_else():
    """A direction that is a hundredth too long, and has three decimals, is not what MAML rounds to."""
    found = identify(subject("MAML", steps=(1,))(of_mean(lambda g: np.round(1.01 * g, 3))))
    assert "decimals" not in found.sentence, found.text


def weighed(weights):
    """MAML, with weights of its tasks that are a function of the norms of their directions."""
    right = direction(back=exact)

    def make(given):
        call, loop = right(given), Loop(given.on("numpy"))

        def changed():
            each = np.array([loop.flat(one) for one in call()])
            return loop.named(weights(np.linalg.norm(each, axis=1)) @ each)

        return changed

    return make


def test_weights_that_differ_from_problem_to_problem_are_told():
    make = weighed(lambda norms: (np.argsort(np.argsort(norms)) + 1) / 6)
    found = identify(subject("MAML", steps=(1, 2))(make))
    assert "weights that differ from problem to problem, such as 0.3333, 0.5, 0.1667 on" in found.sentence, found.text
    assert found.defects == ("task_weights",)


def test_weights_are_not_told_by_what_is_not_enclosed(monkeypatch):
    """Where an enclosure of a single task's direction knows nothing, nothing is said of weights."""

    def unknown(c, given):
        found = enclosed(c, given)
        alone = len(given.tasks) == 1
        return replace(found, finer_radius=np.full(len(found.rest), np.inf)) if alone else found

    enclosed = Candidate.enclosed
    make = subject("MAML", steps=(1,))(weighed(lambda norms: (np.argsort(np.argsort(norms)) + 1) / 6))
    assert "task_weights" in identify(make).defects
    monkeypatch.setattr(Candidate, "enclosed", unknown)
    assert "task_weights" not in identify(make).defects


def test_lengths_that_differ_from_problem_to_problem_are_no_weights():
    """All tasks have the same weight: what differs is the length of the whole."""
    found = identify(subject("MAML", steps=(1,))(weighed(lambda norms: np.ones(len(norms)) / norms.sum() ** 0.5)))
    assert "task_weights" not in found.defects, found.text


@pytest.mark.parametrize("back", [None, exact], ids=["first order", "second order"])
def test_the_plain_loop_is_right(back):
    declared = "FO-MAML" if back is None else "MAML"
    found = identify(subject(declared)(direction(back=back)))
    assert (found.found, found.defects) == (declared, ()), found.text


def sum_of_losses(weights):
    """Outer losses after the inner steps, with weights by the number of steps."""

    def make(given):
        loop = Loop(given.on("numpy"))

        def call():
            found = []
            for task in loop.p.tasks:
                points = [loop.start]
                for _ in range(loop.p.steps):
                    points.append(points[-1] - loop.p.alpha * loop.gradient(points[-1], task.inner))
                total = 0
                for last, weight in enumerate(weights(loop.p.steps)):
                    v = loop.gradient(points[last], task.outer)
                    for k in reversed(range(last)):
                        v = v - loop.p.alpha * loop.curvature(points[k], v, task.inner)
                    total = total + weight * v
                found.append(loop.named(total))
            return found

        return call

    return make


def test_weights_of_losses_are_told_for_each_number_of_steps():
    make = sum_of_losses(lambda steps: [0.25, *([0.0] * (steps - 1)), 0.5 / steps])
    found = identify(subject("MAML", steps=(2, 3))(make))
    assert "with the weights 0.25, 0 and 0.25" in found.sentence, found.text
    assert "with 3 inner steps" in found.sentence
    assert "0.25, 0, 0 and 0.1667" in found.sentence
