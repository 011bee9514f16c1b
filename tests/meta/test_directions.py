"""Directions of one step, against every ordered draw of a task and its batches, by formulas written out here."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Any

import fractions_drawn
import mpmath
import numpy as np
import pytest
from fractions_drawn import draws

from mamlcheck.arithmetic import arb, ball, filtering, float64, rational
from mamlcheck.check.sweeps import FamilySweep
from mamlcheck.errors import InputError, TooManyBatches
from mamlcheck.meta import evaluation as evaluation_module
from mamlcheck.meta.beyond import BeyondEnumeration
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.tasks.families import family_names
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.spline import SplineTasks

ALPHA, ETA = Fraction(2, 5), Fraction(1, 6)
L, RHO = Fraction(9), Fraction(7, 3)  # as given by hand: the directions know rho through HF-MAML's delta alone
ENCLOSING = [filtering, ball, arb(128)]
ALGORITHMS = ("maml", "fo_maml", "hf_maml")
WIDTH = 2.0**-26  # of the filter, whose bounds are norm-wise
SIZES = [(1, 1, 1), (2, 1, 1), (1, 2, 1), (1, 1, 2), (2, 2, 2)]


def block_of_one(tasks, w, sizes, alpha=ALPHA, **given):
    """A block of one instance; what is not given by name plays no part here."""
    block = tasks.with_numbers({name: array[None] for name, array in tasks.numbers().items()})
    w, one = np.array([list(w)], dtype=object), np.array([Fraction(1)], dtype=object)
    given = {"smoothness": L, "hessian_lipschitz": RHO} | given
    constants = {name: np.array([value], dtype=object) for name, value in given.items()}
    return Instances(block, np.array([alpha], dtype=object), w, w + 1, w, one, one, sizes=sizes, **constants)


def tiny(kind, d=1, seed=3):
    return fractions_drawn.random_tasks(kind, seed, (), n=2, m=2, d=d, size=5)


def point(d):
    return draws(np.random.default_rng(11), d, size=9)


# -- every draw ----------------------------------------------------------------------------------------------------
@dataclass
class Sums:
    """E G, E |G|^2 and the noise of the Hessian batch, summed up draw by draw."""

    mean: Any = 0
    second: Any = 0
    noise: Any = 0

    def add(self, share, direction, unmoved):
        """unmoved: the same direction with all samples in place of the Hessian batch."""
        self.mean = self.mean + share * direction
        self.second = self.second + share * (direction @ direction)
        self.noise = self.noise + share * ((direction - unmoved) @ (direction - unmoved))


def length(v):
    """|v|: exact on a line."""
    return abs(v[0]) if len(v) == 1 else mpmath.sqrt(sum(x * x for x in v))


def difference(task, w, v, q, alpha, rho, eta):
    """Equation (9) with delta = eta / (rho alpha |v|), 1 where rho alpha = 0; 0 where v = 0."""
    if not any(v):
        return 0 * v
    delta = task.lift(eta) / (task.lift(rho * alpha) * length(v)) if rho * alpha else task.lift(1)
    return (task.gradient(w + delta * v, q) - task.gradient(w - delta * v, q)) / (2 * delta)


def every_draw(oracle, tasks, w, sizes, alpha=ALPHA, rho=RHO, eta=ETA):
    """The three algorithms' sums over the task and all sequences of draws of its batches."""
    found = {name: Sums() for name in ALGORITHMS}
    for p, task in zip(oracle.probabilities(tasks), oracle.tasks(tasks), strict=True):
        batches = [oracle.sequences(task.m, D) for D in (sizes.inner, sizes.outer, sizes.hessian)]
        share = task.lift(p / (len(batches[0]) * len(batches[1]) * len(batches[2])))
        start, rate = task.lift(w), task.lift(alpha)
        for inner, outer, hessian in itertools.product(*batches):
            v = task.gradient(start - rate * task.gradient(start, inner), outer)
            found["fo_maml"].add(share, v, v)
            by_hessian, by_full = (v - rate * (task.hessian(start, q) @ v) for q in (hessian, None))
            found["maml"].add(share, by_hessian, by_full)
            by_batch, by_all = (v - rate * difference(task, start, v, q, alpha, rho, eta) for q in (hessian, None))
            found["hf_maml"].add(share, by_batch, by_all)
    return found


def check(oracle, ar, computed, truth, **allowed):
    """As the oracle does, which knows the filter's bounds as balls."""
    if ar is filtering:
        return oracle.check(ball, ar.in_ball(computed), truth, **({"width": WIDTH} | allowed))
    return oracle.check(ar, computed, truth, **allowed)


def check_all(oracle, ar, x, truth, meta, **allowed):
    """Every quantity of the three algorithms; meta: grad F(w)."""
    for name, sums in truth.items():
        found = getattr(x, name)
        check(oracle, ar, found.mean, [sums.mean], **allowed)
        check(oracle, ar, found.error, [sums.mean - meta], **allowed)
        check(oracle, ar, found.along, [sums.mean @ meta], **allowed)
        check(oracle, ar, found.second_moment, [sums.second], **allowed)
        if name != "fo_maml":
            check(oracle, ar, found.hessian_noise, [sums.noise], **allowed)


@pytest.mark.parametrize("sizes", [BatchSizes(inner=i, outer=o, hessian=h) for i, o, h in SIZES], ids=map(str, SIZES))
@pytest.mark.parametrize(("kind", "d"), [("quadratics", 2), ("splines", 1)])
def test_moments_are_those_of_every_ordered_draw(oracle, kind, d, sizes):
    """Exactly, in fractions; and enclosed by all others. The step's sizes differ, so that none stands for another."""
    tasks, w = tiny(kind, d), point(d)
    rho = Fraction(0) if kind == "quadratics" else RHO
    truth = every_draw(oracle, tasks, w, sizes, rho=rho)
    meta = oracle.meta_gradient(oracle.tasks(tasks), oracle.probabilities(tasks), ALPHA, w)
    block = block_of_one(tasks, w, sizes, hessian_lipschitz=rho)
    assert all(s.noise > 0 for name, s in truth.items() if name != "fo_maml")  # all draws matter
    for ar in (rational, float64, *ENCLOSING):
        with ar.working():
            check_all(oracle, ar, block.on(ar), truth, meta)


@pytest.mark.parametrize("kind", ["splines", "sin", "log_cosh"])
def test_moments_of_losses_and_in_two_dimensions(oracle, kind):
    """Where roots are irrational, at 60 digits."""
    tasks, w, sizes = tiny(kind, d=2), point(2), BatchSizes(inner=2, outer=2, hessian=1)
    truth = every_draw(oracle, tasks, oracle.numbers(w), sizes) if kind != "splines" else None
    if truth is None:  # splines are fractions: their differences need roots, so that MAML's quantities alone are asked
        truth = {k: s for k, s in every_draw(oracle, tasks, w, sizes, rho=Fraction(0)).items() if k != "hf_maml"}
    meta = oracle.meta_gradient(oracle.tasks(tasks), oracle.probabilities(tasks), ALPHA, w)
    for ar in ENCLOSING:
        with ar.working():
            x = block_of_one(tasks, w, sizes).on(ar)
            check_all(oracle, ar, x, truth, meta, **({"width": 2.0**-8} if ar is filtering else {}))


@pytest.mark.parametrize("kind", ["quadratics", "splines"])
def test_what_claims_ask_of_adapted_gradients_and_deviations(oracle, kind):
    d = 2 if kind == "quadratics" else 1
    tasks, w = tiny(kind, d), point(d)
    f, p = oracle.tasks(tasks), oracle.probabilities(tasks)

    def mean(of_tasks):
        return sum(share * value for share, value in zip(p, of_tasks, strict=True))

    def spread(vectors):
        middle = mean(vectors)
        return mean([(v - middle) @ (v - middle) for v in vectors])

    adapted = [task.gradient(task.adapted(ALPHA, w)) for task in f]
    a = ALPHA * L
    after = w - ALPHA * mean([task.gradient(w) for task in f])
    at_w, at_x = (spread([task.gradient(y) for task in f]) for y in (w, after))
    noisy = [sum(task.gradient_variance(task.adapted(ALPHA, w, q)) for q in oracle.sequences(2, 2)) / 4 for task in f]
    for ar in (rational, float64, *ENCLOSING):
        with ar.working():
            x = block_of_one(tasks, w, BatchSizes(inner=2)).on(ar)
            check(oracle, ar, x.meta_gradient, [oracle.meta_gradient(f, p, ALPHA, w)])
            check(oracle, ar, x.mean_adapted_gradient, [mean(adapted)])
            check(oracle, ar, x.adapted_gradient_spread, [spread(adapted)])
            check(oracle, ar, x.step_task_variance, [(a * at_w + at_x) / (1 + a)])
            check(oracle, ar, x.noisy_mean_gradient_variance, [mean(noisy)])


def test_bounds_everywhere_are_those_of_the_tasks():
    """And no point is asked for: they hold at all of them."""
    block = next(b for b in (FamilySweep("ridge", 1).block(k) for k in range(9)) if b.tasks.global_deviations)
    with ball.working():
        x = block.on(ball, everywhere=True)
        for name, bound in (("step_task_variance", "sigma"), ("noisy_mean_gradient_variance", "sigma_tilde")):
            assert ball.upper(getattr(x, name)).tolist() == block.tasks.global_deviations[bound].tolist()
            assert (ball.lower(getattr(block.on(ball), name)) <= block.tasks.global_deviations[bound]).all()


# -- exact zeros ---------------------------------------------------------------------------------------------------
def exactly_zero(ar, x):
    return not ar.lower(x).any() and not ar.upper(x).any()


@pytest.mark.parametrize("name", family_names())
def test_where_samples_are_the_same_nothing_is_drawn(name):
    """Of the errors, FO-MAML's and HF-MAML's stay: they are none of the batches."""
    block = FamilySweep(name, 2).block(0)[:4]
    tasks = block.tasks
    while tasks.m > 1:
        tasks = tasks.without("sample", 0)
    entries = {k: e.axes for k, e in tasks.declared().items() if "sample" in e.axes}
    twice = {k: np.repeat(tasks.numbers()[k], 2, axis=axes.index("sample") - len(axes)) for k, axes in entries.items()}
    block = replace(block, tasks=tasks.with_numbers(twice), sizes=BatchSizes(inner=2, outer=2, hessian=2))
    for ar in [rational, *ENCLOSING] if tasks.polynomial else ENCLOSING:
        with ar.working():
            x = block.on(ar)
            assert exactly_zero(ar, x.maml.error)
            assert exactly_zero(ar, x.maml.hessian_noise)
            assert exactly_zero(ar, x.noisy_mean_gradient_variance)
            if ar is not rational or tasks.d == 1:  # lengths are roots
                assert exactly_zero(ar, x.hf_maml.hessian_noise)


@pytest.mark.parametrize("ar", [rational, *ENCLOSING], ids=repr)
def test_linear_gradients_bend_nothing_and_one_task_has_no_spread(ar):
    tasks, w = tiny("quadratics", 2), point(2)
    with ar.working():
        x = block_of_one(tasks, w, BatchSizes(inner=2, outer=1, hessian=1), hessian_lipschitz=Fraction(0)).on(ar)
        assert exactly_zero(ar, x.maml.error)
        assert exactly_zero(ar, x.hf_maml.error)
        assert not exactly_zero(ar, x.fo_maml.error)
        alone = block_of_one(tasks.alone(1), w, BatchSizes()).on(ar)
        assert exactly_zero(ar, alone.adapted_gradient_spread)
        assert exactly_zero(ar, alone.step_task_variance)
        no_rate = block_of_one(tasks, w, BatchSizes(), alpha=Fraction(0)).on(ar)
        for name in ALGORITHMS:
            assert exactly_zero(ar, getattr(no_rate, name).error)


# -- HF-MAML where its rule needs care -----------------------------------------------------------------------------
@pytest.mark.parametrize("ar", [rational, *ENCLOSING], ids=repr)
def test_differences_along_no_direction_are_zero(oracle, ar):
    """Of two samples, one pulls at w_i and one does not: v = 0 for a share of the outer batches."""
    knots = np.array([[[[-1, 1], [-1, 1]]]], dtype=object)[0]
    values = np.array([[[Fraction(1, 2), 1], [0, 0]]], dtype=object)
    tasks = SplineTasks.on_a_line(knots, values, np.array([[1, 0]], dtype=object), np.array([1], dtype=object))
    w, sizes = [Fraction(3, 4)], BatchSizes(inner=1, outer=2, hessian=2)
    truth = every_draw(oracle, tasks, np.array(w), sizes)
    meta = oracle.meta_gradient(oracle.tasks(tasks), oracle.probabilities(tasks), ALPHA, w)
    with ar.working():
        x = block_of_one(tasks, w, sizes).on(ar)
        check_all(oracle, ar, x, truth, meta)


@pytest.mark.parametrize("ar", ENCLOSING, ids=repr)
def test_where_v_cannot_be_told_from_zero_its_difference_is_no_longer_than_l_times_v(oracle, ar):
    """The slope of sine next to its maximum: below a rounding error, and not 0."""
    tasks = fractions_drawn.random_tasks("sin", 5, (), n=1, m=1, d=2, size=5)
    tasks = replace(
        tasks, a=np.array([[[Fraction(1), Fraction(0)]]], dtype=object), b=np.array([[Fraction(0)]], dtype=object),
        c=np.array([[Fraction(1)]], dtype=object), mu=np.array(Fraction(0), dtype=object),
    )  # fmt: skip
    quarter = Fraction(np.pi / 2)  # its cosine is 6e-17
    block = block_of_one(tasks, [quarter, Fraction(1)], BatchSizes(), smoothness=1)
    truth = every_draw(oracle, tasks, oracle.numbers([quarter, Fraction(1)]), BatchSizes())
    with ar.working():
        found = block.on(ar).hf_maml
        check(oracle, ar, found.mean, [truth["hf_maml"].mean], width=2.0**-40)
        check(oracle, ar, found.second_moment, [truth["hf_maml"].second], width=2.0**-40)
        assert exactly_zero(ar, found.hessian_noise)


@cache
def quadratic_block():
    return block_of_one(tiny("quadratics", 2), point(2), BatchSizes(inner=2, outer=1, hessian=1))


def test_without_a_bend_every_rule_gives_mamls_direction():
    """rho = 0: in fractions and in any dimension, and the same as with a delta that is finite."""
    block = replace(quadratic_block(), hessian_lipschitz=np.array([Fraction(0)], dtype=object))
    with rational.working():
        x = block.on(rational)
        for name in ("mean", "second_moment", "hessian_noise"):
            assert (getattr(x.hf_maml, name) == getattr(x.maml, name)).all()
    with ball.working():
        x = quadratic_block().on(ball)
        for name in ("mean", "second_moment", "hessian_noise"):
            one, other = getattr(x.hf_maml, name), getattr(x.maml, name)
            assert (ball.less_equal(one, other) == -1).all()
            assert (ball.less_equal(other, one) == -1).all()


# -- sizes ---------------------------------------------------------------------------------------------------------
def test_large_outer_and_hessian_batches_cost_nothing(oracle):
    """A million samples each: the moments are those of a single draw, with variances divided."""
    tasks, w, many = tiny("splines"), point(1), 10**6
    f, p = oracle.tasks(tasks), oracle.probabilities(tasks)
    second, noise, first_order = Fraction(0), Fraction(0), Fraction(0)
    for share, task in zip(p, f, strict=True):
        hessian = [task.hessian(w, task.alone(k))[0, 0] for k in range(2)]
        middle, apart = sum(hessian) / 2, (hessian[0] - hessian[1]) ** 2 / 4
        for q in oracle.sequences(2, 2):
            end = task.adapted(ALPHA, w, q)
            squared = task.gradient(end)[0] ** 2 + task.gradient_variance(end) / many
            noise += share / 4 * ALPHA**2 * apart / many * squared
            second += share / 4 * (1 - ALPHA * middle) ** 2 * squared
            first_order += share / 4 * squared
    with rational.working():
        x = block_of_one(tasks, w, BatchSizes(inner=2, outer=many, hessian=many)).on(rational)
        oracle.check(rational, x.maml.hessian_noise, [noise])
        oracle.check(rational, x.maml.second_moment, [second + noise])
        oracle.check(rational, x.fo_maml.second_moment, [first_order])
        with pytest.raises(TooManyBatches, match="more than the 5000 allowed"):
            x.hf_maml  # noqa: B018


def test_pairs_of_batches_that_are_too_many_are_refused_in_a_sentence():
    """Each of the two is in reach, and both together are not."""
    block = replace(quadratic_block(), sizes=BatchSizes(inner=99, outer=99))
    with ball.working():
        x = block.on(ball)
        assert np.isfinite(ball.upper(x.maml.second_moment)).all()
        with pytest.raises(
            TooManyBatches, match="100 inner batches of 99 and 100 outer batches of 99 make 10,000 pairs"
        ):
            x.hf_maml  # noqa: B018


def test_inner_batches_of_every_task_are_counted_for_every_task(monkeypatch):
    """What one task may list, two may not."""
    block = replace(quadratic_block(), sizes=BatchSizes(inner=3))
    monkeypatch.setattr(evaluation_module, "MOST_POINT_NUMBERS", 4 * 2 * 2)  # batches, samples, coordinates
    with ball.working():
        x = block.on(ball)
        assert len(x.batches("inner").counts) == 4
        with pytest.raises(TooManyBatches, match="with all 2 samples of 2 tasks"):
            x.batches("inner", of_every_task=True)
        with pytest.raises(InputError, match="take 32 numbers"):
            x.maml  # noqa: B018


def test_equal_samples_are_merged_where_there_are_too_many_batches(monkeypatch):
    """Of 2 different samples, 12 times each, few batches are different: the same moments."""
    two = tiny("quadratics", 2)
    many = QuadraticTasks(np.repeat(two.matrices, 12, axis=-3), np.repeat(two.centres, 12, axis=-2), two.probabilities)
    sizes = BatchSizes(inner=9, outer=5, hessian=7)
    with ball.working():
        plain = block_of_one(two, point(2), sizes).on(ball)
        block = block_of_one(many, point(2), sizes)
        with pytest.raises(TooManyBatches):
            block.on(ball).maml  # noqa: B018
        merged = BeyondEnumeration(block)
        for name in ("maml", "fo_maml"):
            for quantity in ("mean", "second_moment"):
                one, other = getattr(getattr(plain, name), quantity), getattr(getattr(merged, name), quantity)
                assert np.abs(one.mid - other.mid).max() <= (one.rad + other.rad).max()
