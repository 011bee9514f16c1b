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

from mamlcheck.arithmetic import BallArray, arb, ball, filtering, float64, rational
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
    block = block_of_one(tiny("sin", 2), point(2), BatchSizes(inner=2))
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
    block = next(b for b in (FamilySweep(name, 2).block(k) for k in range(40)) if b.tasks.d <= 3 and b.tasks.n > 1)[:4]
    tasks = block.tasks
    while tasks.m > 1:
        tasks = tasks.without("sample", 0)
    entries = {k: e.axes for k, e in tasks.declared().items() if "sample" in e.axes}
    twice = {k: np.repeat(tasks.numbers()[k], 2, axis=axes.index("sample") - len(axes)) for k, axes in entries.items()}
    block = replace(
        block, tasks=tasks.with_numbers(twice), w=block.w + 0.375, sizes=BatchSizes(inner=2, outer=2, hessian=2)
    )
    assert np.abs(block.on(float64).at_w.gradient).min() > 0  # what is 0 below is not so because all is
    for ar in [rational, *ENCLOSING] if tasks.polynomial else ENCLOSING:
        with ar.working():
            x = block.on(ar)
            assert exactly_zero(ar, x.maml.error)
            assert exactly_zero(ar, x.maml.hessian_noise)
            assert exactly_zero(ar, x.noisy_mean_gradient_variance)
            form = ar.exact(np.ones((len(block.alpha), tasks.n, tasks.d, tasks.d)))
            assert exactly_zero(ar, x.noisy_steps.ends.gradient_variance_in(form))
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


def turning(oracle, sign, share, v=Fraction(1, 2**10)):
    """One sample on a line, its HF-MAML sums and grad F(w): psi'' is -sign around w, and sign a unit away and farther.

    A difference reaches `share` of a length to either side of w, so that d is of H v's sign, or of the other one.
    """
    third, alpha, rho = Fraction(1, 3), Fraction(8), Fraction(2)
    knots = np.array([[[third + k for k in (-2, -1, 1, 2)]]], dtype=object)
    values, slope = np.array([[[sign, -sign, -sign, sign]]], dtype=object), np.array([[v + sign * third]], dtype=object)
    tasks, eta = SplineTasks.on_a_line(knots, values, slope, np.array([1], dtype=object)), share * rho * alpha
    given = {"smoothness": Fraction(1), "hessian_lipschitz": rho, "difference_factor": eta}
    sums = every_draw(oracle, tasks, np.array([third]), BatchSizes(), alpha, rho, eta)["hf_maml"]
    block = block_of_one(tasks, [third], BatchSizes(), alpha=alpha, **given)
    return block, sums, oracle.meta_gradient(oracle.tasks(tasks), [1], alpha, [third])


@pytest.mark.parametrize("share", [Fraction(1, 8), Fraction(5)])
@pytest.mark.parametrize("sign", [1, -1])
def test_of_a_v_that_is_wide_its_difference_is_bounded_and_not_left_out(oracle, sign, share):
    """v is all that is known to lie between -v and v, and alpha d is several times as large, of either sign."""
    block, sums, meta = turning(oracle, sign, share)
    with ball.working():
        found = block.on(ball).hf_maml
        known = np.abs(found._outer_gradient.mid) * (1 + 2.0**-40)
        found.__dict__["_outer_gradient"] = BallArray(np.zeros(known.shape), known)
        oracle.check(ball, found.mean, [sums.mean], width=1)
        oracle.check(ball, found.error, [sums.mean - meta], width=1)
        oracle.check(ball, found.second_moment, [sums.second], width=1)
        assert found._unclear.all()


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


def test_equal_samples_are_merged_where_there_are_too_many_batches():
    """Of 2 samples, 12 times each, few batches are different; those of one task alone are even fewer."""
    two = tiny("quadratics", 2)
    matrices, centres = two.matrices.copy(), two.centres.copy()
    matrices[0, 1], centres[0, 1] = matrices[0, 0], centres[0, 0]  # the fixed task has one sample, the other one two
    two = QuadraticTasks(matrices, centres, two.probabilities)
    many = QuadraticTasks(np.repeat(matrices, 12, axis=-3), np.repeat(centres, 12, axis=-2), two.probabilities)
    sizes = BatchSizes(inner=9, outer=5, hessian=7)
    with ball.working():
        plain, block = block_of_one(two, point(2), sizes).on(ball), block_of_one(many, point(2), sizes)
        with pytest.raises(TooManyBatches):
            block.on(ball).maml  # noqa: B018
        merged = BeyondEnumeration(block)
        for name in ("maml", "fo_maml"):
            for quantity in ("mean", "second_moment"):
                one, other = getattr(getattr(plain, name), quantity), getattr(getattr(merged, name), quantity)
                assert np.abs(one.mid - other.mid).max() <= (one.rad + other.rad).max() < 2.0**-40


# -- HF-MAML where pairs of batches are too many -------------------------------------------------------------------
@pytest.fixture
def no_pairs(monkeypatch):
    """Pairs of batches are refused, as if there were too many."""

    def refuse(*_):
        raise TooManyBatches("too many pairs")

    monkeypatch.setattr(evaluation_module, "check_pairs", refuse)


def overlap(one, other):
    return ((ball.lower(one) <= ball.upper(other)) & (ball.lower(other) <= ball.upper(one))).all()


@pytest.mark.parametrize("name", family_names())
def test_by_moments_directions_without_hessians_are_enclosed(name, monkeypatch):
    """On random tasks, next to all pairs: by balls that are narrow enough to tell something of MAML's size."""
    blocks = [b for b in (FamilySweep(name, 7).block(k) for k in range(40)) if 1 < b.tasks.m <= 4][:4]
    few = [b[j : j + 1] for b in blocks for j in range(2)]
    sizes = [replace(one.sizes, inner=2, outer=3, hessian=2) for one in few]
    few = [replace(one, sizes=s) for one, s in zip(few, sizes, strict=True)]
    listed = []
    quantities = ("mean", "error", "along", "second_moment", "hessian_noise")
    with ball.working():
        for one in few:
            x = one.on(ball).hf_maml
            listed.append({q: getattr(x, q) for q in quantities})
        monkeypatch.setattr(evaluation_module, "check_pairs", lambda *_: (_ for _ in ()).throw(TooManyBatches("many")))
        for one, truth in zip(few, listed, strict=True):
            x = BeyondEnumeration(one)
            for q in quantities:
                assert overlap(getattr(x.hf_maml, q), truth[q]), q
            most = 2.25 * ball.upper(x.fo_maml.second_moment) * 4 + ball.upper(x.hf_maml.hessian_noise)
            assert (ball.upper(x.hf_maml.second_moment) <= most * (1 + 2.0**-20)).all()
    assert len(few) >= 4


def bent_at_zero(sign, alpha=Fraction(1, 4)):
    """One sample on a line with psi'' = sign |t| near 0 and w = 0: a difference misses all that rho allows."""
    knots = np.array([[[-1, 0, 1]]], dtype=object)
    values = np.array([[[sign, 0, sign]]], dtype=object)
    slope, one = np.array([[1]], dtype=object), np.array([1], dtype=object)
    tasks = SplineTasks.on_a_line(knots, values, slope, one)
    given = {"smoothness": Fraction(1), "hessian_lipschitz": Fraction(1), "difference_factor": Fraction(1, 8)}
    return block_of_one(tasks, [Fraction(0)], BatchSizes(), alpha=alpha, **given)


@pytest.mark.usefixtures("no_pairs")
@pytest.mark.parametrize("sign", [1, -1])
def test_by_moments_what_differences_miss_is_bounded_by_no_less_than_it_can_be(sign):
    """v = g near 1, delta |v| = eta / alpha = 1/2 and d = sign |v| / 4: the end of the enclosure, and not beyond."""
    block = bent_at_zero(sign)
    with rational.working():
        v = fractions_drawn.as_fraction(block.on(rational).at_w.adapted_gradient.ravel()[0])
    truth = v - Fraction(1, 4) * sign * v / 4
    with ball.working():
        found = BeyondEnumeration(block).hf_maml
        ends = [found.mean, ball.lower, ball.upper]
        low, high = float(ends[1](found.mean)[0, 0]), float(ends[2](found.mean)[0, 0])
        assert low <= truth <= high
        assert min(abs(truth - Fraction(low)), abs(truth - Fraction(high))) <= Fraction(1, 2**45)
        low, high = (Fraction(float(end(found.second_moment)[0])) for end in (ball.lower, ball.upper))
        assert low <= truth**2 <= high
        assert min(truth**2 - low, high - truth**2) <= Fraction(1, 2**45)
        assert ball.lower(found.error)[0, 0] <= truth - v <= ball.upper(found.error)[0, 0]
        assert ball.lower(found.along)[0] <= truth * v <= ball.upper(found.along)[0]


@pytest.mark.usefixtures("no_pairs")
def test_by_moments_a_constant_by_hand_that_is_too_small_is_not_believed():
    """With rho = 1/100 by hand delta is a hundred times as large, and differences miss more: what 2 L allows."""
    block = replace(bent_at_zero(1), hessian_lipschitz=np.array([Fraction(1, 100)], dtype=object))
    with rational.working():
        truth = fractions_drawn.as_fraction(block.on(rational).maml.mean.ravel()[0])  # H = 0: what is missed is d
    task_difference = Fraction(99, 100)  # of |psi''| up to |t| = 50, whose mean is (50 - 1/2) / 50
    with ball.working():
        found = BeyondEnumeration(block).hf_maml.mean
        assert ball.lower(found)[0, 0] <= truth * (1 - task_difference / 4) <= ball.upper(found)[0, 0]


@pytest.mark.usefixtures("no_pairs")
@pytest.mark.parametrize("share", [Fraction(1, 8), Fraction(5), Fraction(200)])
@pytest.mark.parametrize("sign", [1, -1])
def test_by_moments_differences_may_miss_twice_the_smoothness(oracle, sign, share):
    """Far from w all curvature is of the other sign: |H v - d| is nearly 2 L |v|."""
    block, sums, meta = turning(oracle, sign, share)
    with ball.working():
        found = BeyondEnumeration(block).hf_maml
        oracle.check(ball, found.mean, [sums.mean], width=1)
        oracle.check(ball, found.error, [sums.mean - meta], width=1)
        oracle.check(ball, found.along, [sums.mean @ meta], width=1)
        oracle.check(ball, found.second_moment, [sums.second], width=1)
