"""E F(w+) against all ordered draws of a step, in fractions and at 60 digits.

`tests/helpers/steps_in_fractions.py` is the oracle: it lists draws, where the package counts how often each is drawn.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from fractions import Fraction

import fractions_drawn
import mpmath
import numpy as np
import pytest
from fractions_drawn import as_fraction, fractions
from steps_in_fractions import Step

from mamlcheck.arithmetic import arb, ball, filtering, rational
from mamlcheck.errors import InputError, TooManyBatches
from mamlcheck.meta import outcome
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.spline import SplineTasks

ALGORITHMS = list(outcome.ALGORITHMS)
ENCLOSURES = [ball, arb(128)]


def instance(tasks, alpha, w, sizes, eta=Fraction(1, 6), **constants):
    """A block of one instance around tasks without leading axes; u, v, delta and phi play no part here."""
    block = tasks.with_numbers({name: array[None] for name, array in tasks.numbers().items()})
    point, one = fractions(w)[None], np.ones(1)
    given = {name: fractions([value]) for name, value in constants.items()}
    return Instances(
        tasks=block, alpha=fractions([alpha]), w=point, u=point, v=point, delta=one, phi=one,
        sizes=BatchSizes(**sizes), step_factor=fractions([Fraction(1, 3)]), difference_factor=fractions([eta]), **given,
    )  # fmt: skip


def on_a_line(kind, seed, m=2, **sizes):
    """Two tasks that are not equally likely, with L and rho given by hand so that beta~ differs from draw to draw."""
    rng = np.random.default_rng(seed)
    shares = fractions([Fraction(1, 4), Fraction(3, 4)])
    if kind == "quadratics":
        matrices, centres = (fractions_drawn.draws(rng, 2, m, denominator=2, size=4) for _ in range(2))
        tasks = QuadraticTasks(matrices[..., None, None], centres[..., None], shares)
    else:
        gaps = fractions_drawn.draws(rng, 2, m, 3, denominator=2, size=3)
        knots = np.cumsum(np.abs(gaps) + Fraction(1, 2), axis=-1) - 2
        values = fractions_drawn.draws(rng, 2, m, 3, denominator=2, size=4)
        tasks = SplineTasks.on_a_line(knots, values, fractions_drawn.draws(rng, 2, m, denominator=2, size=6), shares)
    return instance(tasks, Fraction(1, 5), [Fraction(1, 2)], sizes, smoothness=2, hessian_lipschitz=8)


def exactly(given, algorithm, of=outcome.expected):
    with rational.working():
        return as_fraction(of(given.on(rational), algorithm)[0])


# -- against all ordered draws -----------------------------------------------------------------------------------------
SIZES = [
    {"step_tasks": 1},
    {"step_tasks": 2, "stepsize_tasks": 2},
    {"step_tasks": 3},
    {"step_tasks": 2, "inner": 2, "stepsize": 2},
    {"step_tasks": 1, "outer": 2, "hessian": 2, "stepsize_tasks": 3},
]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("kind", ["splines", "quadratics"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_expected_outcome_is_that_of_all_ordered_draws(oracle, algorithm, kind, sizes):
    given = on_a_line(kind, 1, **sizes)
    truth = Step.of(given).expected(algorithm)
    ways = [outcome.expected, outcome.expected_by_enumeration]
    if kind == "quadratics":
        ways.append(outcome.expected_of_quadratics)
    for way in ways:
        assert exactly(given, algorithm, way) == truth
        for ar in ENCLOSURES:
            with ar.working():
                oracle.check(ar, way(given.on(ar), algorithm), [truth])


def test_ordered_draws_see_all_that_a_step_is_made_of():
    """Of the instances above: an oracle that cannot tell two algorithms, or two step sizes, would prove nothing."""
    assert len({beta for _, beta in Step.of(on_a_line("splines", 1, stepsize_tasks=2)).stepsizes()}) == 10
    step = Step.of(on_a_line("splines", 1, step_tasks=2))
    assert len({step.expected(algorithm) for algorithm in ALGORITHMS}) == 3
    assert len({g for _, g in step.directions("maml")}) == 16
    for change in ({"eta": Fraction(1, 64)}, {"rho": Fraction(7)}, {"factor": Fraction(1, 4)}):
        assert replace(step, **change).expected("hf_maml") != step.expected("hf_maml")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_direction_zero_has_difference_zero(oracle, algorithm):
    """v = 0 in one of two tasks: HF-MAML's delta is infinite there, and d = 0. In balls v is only near 0."""
    knots, values = fractions([-1, 1]), fractions([1, -1])
    both = (np.broadcast_to(x, (2, 1, 2)) for x in (knots, values))
    tasks = SplineTasks.on_a_line(*both, fractions([0, 2])[:, None], fractions([Fraction(1, 3), Fraction(2, 3)]))
    given = instance(tasks, Fraction(1, 6), [0], {"step_tasks": 3})
    step = Step.of(given)
    truth = step.expected(algorithm)
    assert 0 in [g for _, g in step.directions(algorithm)]
    assert exactly(given, algorithm) == truth
    for ar in ENCLOSURES:
        with ar.working():
            oracle.check(ar, outcome.expected(given.on(ar), algorithm), [truth])


@pytest.mark.parametrize("ar", [*ENCLOSURES, filtering], ids=repr)
def test_direction_that_may_be_zero_is_enclosed(ar):
    """v is 2**-80 times a third: balls of doubles cannot tell it from 0, nor from its opposite."""
    knots, values = (np.broadcast_to(fractions(x), (2, 1, 2)) for x in ([-1, 1], [1, -1]))
    tasks = SplineTasks.on_a_line(
        knots, values, fractions([Fraction(1, 3 * 2**80), 2])[:, None], fractions([Fraction(1, 3), Fraction(2, 3)])
    )
    given = instance(tasks, Fraction(1, 6), [Fraction(1, 2**80)], {"step_tasks": 3})
    truth = Step.of(given).expected("hf_maml")
    with ar.working():
        found = outcome.expected(given.on(ar), "hf_maml")
        assert Fraction(ar.lower(found)[0]) <= truth <= Fraction(ar.upper(found)[0])


def quadratic_in_the_plane(given, algorithm):
    """E F(w+) over all ordered draws of B tasks and their batches of one sample, with rho = 0: beta~ = 1/(4L)."""
    alpha, smoothness = Fraction(given.alpha[0]), Fraction(given.smoothness[0])
    beta = Fraction(given.step_factor[0]) / (4 * smoothness)
    matrices, centres, shares = (x[0] for x in (given.tasks.matrices, given.tasks.centres, given.tasks.probabilities))
    w, (n, m) = given.w[0], matrices.shape[:2]

    def objective(x):
        total = 0
        for i in range(n):
            adapted = x - alpha * sum(matrices[i, j] @ (x - centres[i, j]) for j in range(m)) / m
            gaps = [adapted - centres[i, j] for j in range(m)]
            total += shares[i] * sum(gap @ (matrices[i, j] @ gap) for j, gap in enumerate(gaps)) / (2 * m)
        return total

    draws = []
    for i, inner, outer, hessian in itertools.product(range(n), *[range(m)] * 3):
        adapted = w - alpha * (matrices[i, inner] @ (w - centres[i, inner]))
        g = matrices[i, outer] @ (adapted - centres[i, outer])
        if algorithm == "maml":
            g = g - alpha * (matrices[i, hessian] @ g)
        draws.append((shares[i] / m**3, g))
    total, mass, count = Fraction(0), Fraction(0), given.sizes.step_tasks
    for drawn in itertools.product(draws, repeat=count):
        chance = math.prod((p for p, _ in drawn), start=Fraction(1))
        total += chance * objective(w - beta * sum(g for _, g in drawn) / count)
        mass += chance
    assert mass == 1
    return total


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("algorithm", ["maml", "fo_maml"])
def test_quadratics_in_the_plane(oracle, algorithm, count):
    """Lengths of gradients are roots there, and play no part, since rho = 0: all of it is rational."""
    tasks = fractions_drawn.random_tasks("quadratics", 3, (), 2, 2, 2, 4)
    w = [Fraction(1, 2), Fraction(-2, 3)]
    given = instance(tasks, Fraction(1, 7), w, {"step_tasks": count, "stepsize_tasks": 2}, smoothness=2)
    truth = quadratic_in_the_plane(given, algorithm)
    for way in (outcome.expected, outcome.expected_by_enumeration, outcome.expected_of_quadratics):
        assert exactly(given, algorithm, way) == truth
        for ar in ENCLOSURES:
            with ar.working():
                oracle.check(ar, way(given.on(ar), algorithm), [truth])


@pytest.mark.parametrize("count", [3, 20, 10**6])
def test_quadratics_need_no_list_of_draws(oracle, count):
    """E F(w+) = a + b / B for the mean of B directions: a and b from B = 1 and B = 2, which are listed."""
    of_count = [on_a_line("quadratics", 2, step_tasks=k, stepsize_tasks=2) for k in (1, 2, count)]
    one, two = (Step.of(given).expected("hf_maml") for given in of_count[:2])
    truth = (2 * two - one) + 2 * (one - two) / count
    assert exactly(of_count[2], "hf_maml") == truth
    for ar in ENCLOSURES:
        with ar.working():
            oracle.check(ar, outcome.expected(of_count[2].on(ar), "hf_maml"), [truth])


@pytest.mark.parametrize(("m", "count"), [(1, 2), (2, 1)])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_transcendental_tasks_in_the_plane(oracle, algorithm, m, count):
    """Log-cosh, at 60 digits: lengths are roots, so that beta~ and delta are irrational."""
    tasks = fractions_drawn.random_tasks("log_cosh", 5, (), 2, m, 2, 6)
    w = [Fraction(1, 3), Fraction(3, 4)]
    given = instance(tasks, Fraction(1, 5), w, {"step_tasks": count}, smoothness=3, hessian_lipschitz=4)
    f, shares = oracle.tasks(given.tasks, 0), oracle.probabilities(given.tasks, 0)
    alpha, w, third, samples = oracle.to_mp(Fraction(1, 5)), f[0].lift(w), oracle.to_mp(Fraction(1, 3)), range(m)
    directions, sizes = [], []
    for i, (p, task) in enumerate(zip(shares, f, strict=True)):
        for j in samples:
            length = mpmath.norm(list(task.gradient(w, task.alone(j))))
            sizes.append((oracle.to_mp(p) / m, 1 / (12 + 8 * alpha * length)))
        for inner, outer, hessian in itertools.product(*[[task.alone(j) for j in samples]] * 3):
            v = task.gradient(task.adapted(Fraction(1, 5), w, inner), outer)
            bent = {"maml": task.hessian(w, hessian) @ v, "fo_maml": 0 * v}.get(algorithm)
            if bent is None:
                move = v / (24 * alpha * mpmath.norm(list(v)))
                reach = move[0] / v[0]
                bent = (task.gradient(w + move, hessian) - task.gradient(w - move, hessian)) / (2 * reach)
            directions.append((oracle.to_mp(shares[i]) / m**3, v - alpha * bent))
    total = 0
    for drawn in itertools.product(directions, repeat=count):
        moved = sum(g for _, g in drawn) / count
        chance = mpmath.fprod(p for p, _ in drawn)
        for p, beta in sizes:
            total += chance * p * oracle.meta_objective(f, shares, Fraction(1, 5), w - third * beta * moved)
    for ar in ENCLOSURES:
        with ar.working():
            oracle.check(ar, outcome.expected(given.on(ar), algorithm), [total], width=2.0**-36)


def test_blocks_hold_each_instance(oracle):
    """Two instances of a block, with other rates and points."""
    one = on_a_line("splines", 4, step_tasks=2)
    other = replace(one, alpha=fractions([Fraction(1, 9)]), w=fractions([Fraction(-3, 4)])[None])
    parts = {
        variable.name: np.concatenate([getattr(given, variable.name) for given in (one, other)])
        for variable in one.FIELDS if variable.is_array
    }  # fmt: skip
    numbers = one.tasks.numbers().items()
    tasks = one.tasks.with_numbers({name: np.concatenate([array, array]) for name, array in numbers})
    block = Instances(tasks=tasks, sizes=one.sizes, **parts)
    truth = [Step.of(given).expected("maml") for given in (one, other)]
    assert truth[0] != truth[1]
    for ar in (rational, *ENCLOSURES):
        with ar.working():
            oracle.check(ar, outcome.expected(block.on(ar), "maml"), truth)


# -- what is listed, and what is equal ---------------------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_probabilities_sum_to_one_exactly(algorithm):
    given = on_a_line("splines", 6, step_tasks=3, stepsize_tasks=3, inner=2)
    x = given.on(rational)
    for found in (outcome.task_direction(x, algorithm), outcome.stepsize(x), outcome.step_ends(x, algorithm)):
        assert sum(map(as_fraction, found.probabilities.tolist())) == 1


def test_equal_directions_are_one_in_fractions(oracle):
    """Two samples with opposite noise, on a parabola: of 2 * 2 * 2 ways to draw batches 4 are left, and few sums."""
    tasks = QuadraticTasks(np.ones((1, 2, 1, 1)), np.array([[[-1.0], [1.0]]]), np.ones(1))
    given = instance(tasks, Fraction(1, 2), [3], {"step_tasks": 20}, smoothness=1)
    x = given.on(rational)
    assert outcome.task_direction(x, "maml").size == 4
    ends = outcome.step_ends(x, "maml")
    assert ends.size == 61  # the sums of 20 of -3, -1, 1, 3 halves around the mean, instead of 1771
    assert len(set(ends.values[:, 0].tolist())) == ends.size
    for ar in ENCLOSURES:  # balls around the same numbers: told apart unless their batches are the same
        with ar.working():
            assert outcome.task_direction(given.on(ar), "maml").size == 8


def test_equal_samples_are_one_in_balls(oracle):
    """In the second task samples are copies: its batches are all the same, while the first has 8 different ones."""
    given = on_a_line("splines", 7, step_tasks=2)
    numbers = {name: getattr(given.tasks, name).copy() for name in ("knots", "values", "slope")}
    for array in numbers.values():
        array[0, 1, 1] = array[0, 1, 0]
    given = replace(given, tasks=given.tasks.with_numbers(numbers))
    truth = Step.of(given).expected("maml")
    for ar in ENCLOSURES:
        with ar.working():
            x = given.on(ar)
            assert outcome.task_direction(x, "maml").size == 8 + 1
            assert outcome.stepsize(x).size == 2 + 1
            oracle.check(ar, outcome.expected(x, "maml"), [truth])


def test_balls_that_overlap_are_not_one():
    """Slopes that differ by 2**-60: no ball of doubles tells them apart, and both stay."""
    slopes = fractions([Fraction(1, 3), Fraction(1, 3) + Fraction(1, 2**60)])[:, None]
    knots, values = (np.broadcast_to(fractions(x), (2, 1, 2)) for x in ([0, 1], [1, 0]))
    tasks = SplineTasks.on_a_line(knots, values, slopes, fractions([Fraction(1, 2), Fraction(1, 2)]))
    given = instance(tasks, Fraction(1, 6), [Fraction(1, 7)], {"step_tasks": 2})
    for ar in (rational, *ENCLOSURES):
        with ar.working():
            assert outcome.task_direction(given.on(ar), "maml").size == 2


@pytest.mark.parametrize("kind", ["splines", "quadratics"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_moments_are_those_that_claims_take(algorithm, kind):
    """The mean and second moment of a direction, which `mamlcheck.meta.directions` finds without a list of batches."""
    given = on_a_line(kind, 9, inner=2, outer=2, hessian=2)
    x = given.on(rational)
    listed, moments = outcome.task_direction(x, algorithm), getattr(x, algorithm)
    assert as_fraction(listed.mean(rational, listed.values)[0]) == as_fraction(moments.mean[0, 0])
    squares = rational.square(listed.values)
    assert as_fraction(listed.mean(rational, squares)[0]) == as_fraction(moments.second_moment[0])


@pytest.mark.parametrize("rate", [0, Fraction(1, 5)])
@pytest.mark.parametrize("way", [outcome.expected_by_enumeration, outcome.expected_of_quadratics])
def test_without_bend_every_delta_is_right(oracle, way, rate):
    """rho alpha = 0: HF-MAML on quadratics is MAML, and FO-MAML where alpha = 0."""
    given = replace(on_a_line("quadratics", 3, step_tasks=3), alpha=fractions([rate]), hessian_lipschitz=fractions([0]))
    truth = Step.of(given).expected("maml" if rate else "fo_maml")
    assert exactly(given, "hf_maml", way) == truth
    for ar in ENCLOSURES:
        with ar.working():
            oracle.check(ar, way(given.on(ar), "hf_maml"), [truth])


# -- what is refused ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("ar", [ball, rational], ids=repr)
def test_too_many_means_are_refused(ar):
    given = on_a_line("splines", 1, step_tasks=40)
    with pytest.raises(TooManyBatches, match=r"B = 40 draws out of 16 different directions .* take a smaller B, fewer"):
        outcome.expected(given.on(ar), "maml")


def test_too_many_step_sizes_are_refused():
    given = on_a_line("splines", 1, stepsize_tasks=200)
    with pytest.raises(TooManyBatches, match=r"B' = 200 draws out of 4 different lengths of gradients .* smaller B'"):
        outcome.expected(given.on(ball), "maml")


def test_too_many_batches_are_refused():
    given = on_a_line("splines", 1, inner=100, outer=100, hessian=100)
    with pytest.raises(TooManyBatches, match=r"1,030,301 ways .* inner 100, outer 100, hessian 100.* smaller batches"):
        outcome.expected(given.on(ball), "maml")
    with pytest.raises(TooManyBatches, match="of the outer batch, 100000 draws from 2 samples"):
        outcome.expected(on_a_line("splines", 1, outer=100_000).on(ball), "maml")


def test_other_algorithms_are_refused():
    with pytest.raises(InputError, match="algorithm = 'reptile': give one of 'maml', 'fo_maml', 'hf_maml'"):
        outcome.expected(on_a_line("splines", 1).on(ball), "reptile")


def test_f_is_not_taken_to_be_quadratic():
    with pytest.raises(InputError, match="certified rho = 0 alone"):
        outcome.expected_of_quadratics(on_a_line("splines", 1).on(ball), "maml")


def test_roots_that_are_no_fractions_are_held_exactly():
    tasks = fractions_drawn.random_tasks("quadratics", 3, (), 2, 2, 2, 4)
    given = instance(tasks, Fraction(1, 7), [1, 1], {}, smoothness=2, hessian_lipschitz=1)
    found = {}
    for ar in (rational, arb(256)):
        with ar.working():
            value = outcome.expected_by_enumeration(given.on(ar), "maml")
            found[ar.name] = float(ar.lower(value).item()), float(ar.upper(value).item())
    assert found["rational"][0] <= found["arb"][1]
    assert found["arb"][0] <= found["rational"][1]
    assert found["rational"][1] - found["rational"][0] < 1e-15
