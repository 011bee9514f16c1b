"""How the package deals with the places where the printed theory needs care: `mamlcheck.findings` lists them, and
tests/findings holds its examples to oracles.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from theorem_4_17 import BENDS, KNOTS, RATE, SLOPES, bend, slope

from mamlcheck.arithmetic import arb, ball, rational
from mamlcheck.arithmetic.linear import spectral_norm
from mamlcheck.check.verdict import Verdict, judge
from mamlcheck.claims import load_claim
from mamlcheck.errors import InputError
from mamlcheck.meta.algorithms import TaskBatches, hf_maml_direction, printed_delta
from mamlcheck.meta.expectation import multisets
from mamlcheck.meta.hypotheses import enough_stepsize_samples, enough_stepsize_tasks
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.spline import SplineTasks

HALF = Fraction(1, 2)


def objects(values):
    array = np.array(values, dtype=object)
    out = np.empty(array.shape, dtype=object)
    out.reshape(-1)[:] = [Fraction(v) for v in array.ravel()]
    return out


def exactly(x):
    """Numbers of `rational` as nested lists of Fractions."""
    return objects([Fraction(int(v.p), int(v.q)) for v in np.asarray(x).ravel()]).reshape(np.shape(x)).tolist()


def block(tasks, alpha, w, **parts):
    """A block of one instance."""
    w = objects([w])
    one = objects([1])
    return Instances(tasks, objects([alpha]), w, w + 1, w, one, one, **parts)


def scalar_quadratics(curvatures, centres):
    """A block of one set of tasks in one dimension: curvatures and centres (n, m), equally likely tasks."""
    n = len(curvatures)
    matrices = objects([curvatures])[..., None, None]
    return QuadraticTasks(matrices, objects([centres])[..., None], objects([[Fraction(1, n)] * n]))


# -- 1. averaging in operator norm -----------------------------------------------------------------
SIGNS = [np.diag(signs) for signs in itertools.product((1, -1), repeat=2)]


def sign_tasks(mean=0):
    """One task whose samples have the Hessians mean I + diag(+-1, +-1), all four."""
    matrices = [mean * np.eye(2, dtype=int) + signs for signs in SIGNS]
    return QuadraticTasks(objects([[matrices]]), objects([[[[1, 0], [0, 1], [-1, 2], [3, 1]]]]), objects([[1]]))


@pytest.mark.parametrize("ar", [ball, arb(64)], ids=repr)
def test_variance_of_a_mean_in_operator_norm_by_the_package(ar):
    """The same from the tasks and their batches of two: certainly above sigma_H^2 / 2."""
    batches = multisets(4, 2)
    with ar.working():
        at = sign_tasks().on(ar).at(ar.exact(np.zeros((1, 1, 1, 2))))
        sigma = at.hessian_variance()[0, 0]
        norms = spectral_norm(ar, at.hessian(batches.weights(ar))[0])
        mean = ar.weighted_sum(batches.probabilities(ar), ar.square(norms), -1)
        for value, truth in ((sigma, 1), (mean, 0.75)):
            low, high = float(ar.lower(value)[0]), float(ar.upper(value)[0])
            assert low <= truth <= high <= low + 1e-12
        assert ar.less_equal(mean, sigma / 2).tolist() == [0]


def test_fixed_vector_averages_exactly():
    """Step 5 of Theorem 4.11's proof, in fractions: E|(H(D) - H) u|^2 = E|(H_j - H) u|^2 / D."""
    at = sign_tasks().on(rational).at(rational.exact(np.zeros((1, 1, 1, 2))))
    u = objects([3, Fraction(-4, 7)])
    for size in (1, 2, 3):
        batches = multisets(4, size)
        points = rational.broadcast_to(rational.exact(u), (1, 1, len(batches.counts), 2))
        moved = at.hessian_vector_deviation(points, batches.deviations(rational))
        mean = rational.weighted_sum(batches.probabilities(rational), rational.squared_norm(moved), -1)
        assert exactly(mean) == [[(u @ u) / size]]


def test_theorem_4_11_survives_it():
    instances = block(sign_tasks(mean=1), HALF, [1, -2], sizes=BatchSizes(test=2))
    verdicts = judge(load_claim("theorem_4_11"), instances)
    assert verdicts.verdict(0) is Verdict.HOLDS
    assert verdicts.left_lower[0] > 0


# -- 2. batch sizes rounded up to zero -------------------------------------------------------------
@pytest.mark.parametrize("role", ["inner", "outer", "hessian", "stepsize", "test", "stepsize_tasks"])
@pytest.mark.parametrize("size", [0, -1, True, 1.0, Fraction(1)])
def test_a_batch_of_nothing_is_refused(role, size):
    assert getattr(BatchSizes(**{role: 1}), role) == 1
    with pytest.raises(InputError, match=f"batch size {role} = .*: give an integer >= 1"):
        BatchSizes(**{role: size})


def test_no_deviation_asks_for_one_task_and_one_sample():
    """sigma = sigma~ = 0: printed as ceil(0) = 0, here max(1, 0) = 1, and both claims of Lemma 4.9 hold with
    it.
    """
    tasks = scalar_quadratics([[1], [1]], [[2], [2]])
    instances = block(tasks, HALF, [1], hessian_lipschitz=objects([3]), sizes=BatchSizes(stepsize_tasks=1, stepsize=1))
    x = instances.on(rational)
    assert exactly(x.task_variance) == exactly(x.mean_gradient_variance) == [0]
    assert enough_stepsize_tasks.holds(x).tolist() == enough_stepsize_samples.holds(x).tolist() == [1]
    for part in ("first_moment", "second_moment"):
        assert judge(load_claim(f"lemma_4_9.{part}"), instances).verdict(0) is Verdict.HOLDS


@pytest.mark.parametrize(("size", "enough"), [(1, 0), (2, 1), (3, 1)])
def test_enough_tasks_is_the_printed_ceiling(size, enough):
    """(rho alpha sigma / L)^2 / 2 with L = 1, alpha = 1, rho = 2, sigma^2 = 1 is 2, exactly: 2 tasks, not
    1.
    """
    tasks = scalar_quadratics([[1], [1]], [[1], [-1]])
    given = {"hessian_lipschitz": objects([2]), "sizes": BatchSizes(stepsize_tasks=size)}
    x = block(tasks, 1, [0], **given).on(rational)
    assert exactly(x.task_variance) == [1]
    assert math.ceil(Fraction(2**2) / 2) == 2
    assert enough_stepsize_tasks.holds(x).tolist() == [enough]
    verdict = judge(load_claim("lemma_4_9.first_moment"), block(tasks, 1, [0], **given)).verdict(0)
    assert verdict is (Verdict.HOLDS if enough else Verdict.VACUOUS)


@pytest.mark.parametrize(("size", "enough"), [(3, 0), (4, 1), (5, 1)])
def test_enough_samples_is_the_printed_ceiling(size, enough):
    """(2 rho alpha sigma~ / L)^2 with L = 1, alpha = 1, rho = 2, sigma~^2 = 1/4 is 4, exactly."""
    tasks = scalar_quadratics([[1, 1]], [[HALF, -HALF]])
    x = block(tasks, 1, [0], hessian_lipschitz=objects([2]), sizes=BatchSizes(stepsize=size)).on(rational)
    assert exactly(x.mean_gradient_variance) == [Fraction(1, 4)]
    assert enough_stepsize_samples.holds(x).tolist() == [enough]


# -- 3. HF-MAML's delta ----------------------------------------------------------------------------
def test_delta_of_a_stationary_point_gives_no_difference():
    """v = 0: delta is 1, d = 0, and the direction is the mean of the others, in fractions."""
    tasks = counterexample(slopes=(6, 0))
    full = rational.exact(np.ones((2, 1)))
    batches = TaskBatches([0, 1], full, full, full)
    alpha, w = rational.exact(Fraction(1, 6)), rational.exact([[0]])
    v = rational.exact(objects([[[6]], [[0]]]))
    delta = printed_delta(rational, rational.exact(1), alpha, v)
    assert exactly(delta) == [[Fraction(1, 6)], [1]]
    # The first task: [f'(1) - f'(-1)] / (2 delta) = 0, so that its summand is v = 6; the second gives 0.
    assert exactly(hf_maml_direction(rational, tasks.on(rational), alpha, w, batches, delta)) == [[3]]


@pytest.mark.parametrize(("rho", "alpha"), [(0, 1), (1, 0), (0, 0)])
def test_delta_is_infinite_without_curvature_or_rate(rho, alpha):
    with pytest.raises(InputError, match="infinite for rho = 0 or alpha = 0"):
        printed_delta(rational, rational.exact(rho), rational.exact(alpha), rational.exact([[[1]]]))


# -- 4. splitting without replacement --------------------------------------------------------------
ALPHA_4 = HALF
CENTRES_4 = (Fraction(1), Fraction(-1))


@pytest.mark.parametrize("curvature", [1, -1])
def test_batches_of_the_package_are_independent(curvature):
    """Its second moment is 5/4 exactly, and Lemma 4.10 holds, for every phi, on both tasks."""
    tasks = scalar_quadratics([[curvature, curvature]], [CENTRES_4])
    assert tasks.smoothness.tolist() == [1.0]
    x = block(tasks, ALPHA_4, [0]).on(rational)
    assert exactly(x.noisy_gradient_second_moment) == [Fraction(5, 4)]
    assert exactly(x.fixed_task_variance) == exactly(x.noisy_fixed_task_variance) == [1]
    assert exactly(x.fixed_task.adapted_gradient) == [[[[0]]]]
    claim = load_claim("lemma_4_10.second_moment")
    for phi in (Fraction(1, 2**20), Fraction(1), Fraction(50)):
        instances = Instances(
            tasks,
            objects([ALPHA_4]),
            objects([[0]]),
            objects([[1]]),
            objects([[1]]),
            objects([1]),
            objects([phi]),
        )
        assert judge(claim, instances).verdict(0) is Verdict.HOLDS
        assert exactly(claim.right(instances.on(rational))) == [Fraction(5, 4) + phi / 4]


# -- 7. Theorem 4.17 with the printed delta --------------------------------------------------------
def counterexample(slopes=SLOPES):
    """The two spline tasks, one sample each. A third and a fourth knot of task 1 continue its constant."""
    knots = [[[-1, 0, 1, 2, 3]], [list(KNOTS[1])]]
    values = [[[*BENDS[0], HALF, HALF]], [list(BENDS[1])]]
    splines = (objects(knots), objects(values), objects([[s] for s in slopes]))
    return SplineTasks(
        objects([[[1]], [[1]]]),
        objects([[0], [0]]),
        objects([[1], [1]]),
        objects(0),
        objects([HALF, HALF]),
        *splines,
    )


def test_repaired_delta_sees_the_gradient():
    """delta = eta / (rho alpha |v|) with a small eta: the mean direction comes within eta |v| / 2 of grad F
    = 1/2.
    """
    on, w, alpha = counterexample().on(rational), rational.exact([[0]]), rational.exact(RATE)
    full = rational.exact(np.ones((2, 1)))
    for eta in (Fraction(1, 100), Fraction(1, 1000)):
        delta = rational.exact(objects([[eta / (RATE * 6)]] * 2))
        found = hf_maml_direction(rational, on, alpha, w, TaskBatches([0, 1], full, full, full), delta)
        assert 0 < abs(exactly(found)[0][0] - HALF) <= eta * 6 / 2


def test_counterexample_meets_every_hypothesis():
    """rho = 1 and L = 1/2, certified from the splines without a rounding; alpha <= 1/(6L); sigma~ = 0; the
    Hessian too.
    """
    tasks = counterexample()
    assert tasks.smoothness == 0.5
    assert tasks.hessian_lipschitz == 1.0
    assert tasks.sup_second.tolist() == [[0.5], [0.5]]
    assert tasks.sup_third.tolist() == [[1.0], [1.0]]
    assert tasks.provenance in ("exact", "certified")
    assert 1 / (6 * Fraction(float(tasks.smoothness))) >= RATE
    at = tasks.on(rational).at(rational.exact([[0]]))
    assert exactly(at.gradient_variance()) == [[0], [0]]
    for t in (Fraction(k, 8) for k in range(-30, 31)):
        point = tasks.on(rational).at(rational.exact(objects([[t]])))
        assert exactly(point.gradient()) == [[[slope(0, t)]], [[slope(1, t)]]]
        assert exactly(point.hessian()) == [[[[bend(0, t)]]], [[[bend(1, t)]]]]
