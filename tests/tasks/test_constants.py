"""Constants against exact fractions, on data whose magnitudes go from the smallest double to the largest.

Whatever overflows on the way, a constant is never below the true one: it is an upper bound, or infinite.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import mamlcheck
from mamlcheck.arithmetic import arb, ball, filtering, float64
from mamlcheck.check.verdict import Verdict
from mamlcheck.errors import InputError
from mamlcheck.meta.files import instance_text
from mamlcheck.meta.instance import Instances
from mamlcheck.tasks import constants, ridge_sums
from mamlcheck.tasks.constants import rounded_up
from mamlcheck.tasks.families import spline
from mamlcheck.tasks.families.quadratic import QuadraticTasks
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.families.ridge import suprema as ridge_suprema
from mamlcheck.tasks.families.spline import SplinesOn, SplineTasks
from mamlcheck.tasks.loss import Loss
from mamlcheck.tasks.losses import loss

EXPONENTS = [-1070, -1021, -700, -340, -30, 0, 0, 0, 30, 340, 700, 1000, 1020]
LARGEST = Fraction(float(np.finfo(np.float64).max))
# Along and across: vectors whose lengths are whole numbers.
PYTHAGOREAN = [((3, 4), 5), ((-4, 3), 5), ((0, 1), 1), ((5, -12), 13), ((8, 15), 17)]


def extreme(rng, *shape):
    """Doubles of few bits and of all magnitudes, mixed; some are 0."""
    mantissas = rng.integers(-15, 16, size=shape).astype(np.float64)
    # One scale for most of an array and another for a few, so that sums are of like and of unlike terms.
    scale = np.where(rng.random(shape) < 0.7, rng.choice(EXPONENTS), rng.choice(EXPONENTS, size=shape))
    return np.ldexp(mantissas, scale)


def exact(values):
    return np.array([Fraction(v) for v in np.ravel(values).tolist()], dtype=object).reshape(np.shape(values))


def increasing(rng, *shape):
    """Knots: extreme doubles in order, no two of a row equal."""
    knots = np.sort(extreme(rng, *shape), axis=-1)
    while (same := (knots[..., 1:] <= knots[..., :-1]).any(axis=-1)).any():
        knots[same] = np.sort(extreme(rng, int(same.sum()), shape[-1]), axis=-1)
    return knots


def is_bound(bound, truth):
    """Not below; and infinite only where the truth nearly is, else no wider than a constant's 40 bits allow."""
    if np.isinf(bound):
        return truth > LARGEST / 2**3
    tight = truth * (1 + Fraction(1, 2**36)) + Fraction(1, 2**1040)
    return truth <= Fraction(float(bound)) <= tight


# -- splines -------------------------------------------------------------------------------------------------
def on_a_line(knots, values, slope):
    n = len(slope)
    return SplineTasks.on_a_line(knots, values, slope, np.array([Fraction(1, n)] * n, dtype=object))


def steepest(knots, values):
    rows = zip(exact(knots).reshape(-1, knots.shape[-1]), exact(values).reshape(-1, knots.shape[-1]), strict=True)
    return [max(abs(b - a) / (t - s) for a, b, s, t in zip(v, v[1:], k, k[1:], strict=False)) for k, v in rows]


def slope_misses(cases=60):
    """How many of the suprema of |psi'''| are not what exact fractions make of them, by the way of floats."""
    misses = overflowed = 0
    for seed in range(cases):
        rng = np.random.default_rng(seed)
        knots, values = increasing(rng, 2, 17, 3), extreme(rng, 2, 17, 3)
        given = on_a_line(knots, values, np.zeros((2, 17)))
        assert given.knots.size > spline.MOST_EXACT_KNOTS
        with np.errstate(all="ignore"):
            overflowed += not np.isfinite(np.diff(values, axis=-1) / np.diff(knots, axis=-1)).all()
        for found, truth in zip(given.sup_third.ravel().tolist(), steepest(knots, values), strict=True):
            within = truth <= Fraction(found) <= truth * (1 + Fraction(1, 2**48)) + Fraction(1, 2**1059)
            misses += not within or (truth == 0 and found != 0)
    assert overflowed > cases / 4
    return misses


def test_the_steepest_piece_is_never_underrated():
    assert slope_misses() == 0


def test_teeth_a_difference_that_overflows(monkeypatch):
    """A run that is infinite makes a slope of 0 of any rise."""
    with_care = SplineTasks._steepest_in_doubles

    def carelessly(self):
        bound = with_care(self)
        with np.errstate(all="ignore"):
            slopes = np.abs(np.diff(self.values, axis=-1)) / np.diff(self.knots, axis=-1)
        return np.where(np.isfinite(bound), bound, np.max(slopes, axis=-1))

    monkeypatch.setattr(SplineTasks, "_steepest_in_doubles", carelessly)
    assert slope_misses() > 0


def test_a_slope_that_underflows_is_not_zero():
    rise = np.full((1, 40), 5e-324)
    knots = np.broadcast_to([0.0, 2.0**40], (1, 40, 2))
    given = on_a_line(knots, np.stack([np.zeros((1, 40)), rise], -1), np.zeros((1, 40)))
    assert (given.sup_third > 0).all()


def test_suprema_beyond_the_doubles_are_exact_numbers():
    """A slope of 1e400: tasks whose c is small have a constant all the same."""
    knots, values = np.array([[[0.0, 1e-200]]]), np.array([[[0.0, 1e200]]])
    truth = Fraction(1e200) / Fraction(1e-200)
    ones, small = np.ones((1, 1, 1)), np.full((1, 1), 1e-300)
    tasks = SplineTasks(ones, np.zeros((1, 1)), small, np.array(0.0), np.ones(1), knots, values, np.zeros((1, 1)))
    assert tasks.sup_third.tolist() == [[truth]]
    assert is_bound(tasks.hessian_lipschitz, truth * Fraction(1e-300))


@pytest.mark.parametrize("ar", [ball, arb(64)], ids=repr)
def test_splines_between_extreme_knots(oracle, ar):
    """psi' and psi'' lie in their enclosures, whatever overflows."""
    bounded = 0
    for seed in range(40):
        rng = np.random.default_rng(1000 + seed)
        knots, values, slope = increasing(rng, 1, 3, 3), extreme(rng, 1, 3, 3), extreme(rng, 1, 3)
        t = extreme(rng, 1, 2, 3)
        with ar.working():
            found = SplinesOn.of(ar, knots, values, slope).first_and_second(ar, ar.exact(t))
            bounds = [(ar.lower(x), ar.upper(x)) for x in found]
        for order, (low, high) in zip((1, 2), bounds, strict=True):
            for p, j in np.ndindex(2, 3):
                truth = oracle.spline(knots[0, j], values[0, j], Fraction(slope[0, j]), order, Fraction(t[0, p, j]))
                below, above = float(low[0, p, j]), float(high[0, p, j])
                assert below == -np.inf or Fraction(below) <= truth
                assert above == np.inf or truth <= Fraction(above)
                bounded += np.isfinite([below, above]).all()
    assert bounded > 100


def test_knots_so_far_apart_that_their_difference_overflows(tmp_path):
    """33 splines with knots at -+1.7e308, in a file: rho is 8/17, and the HF claims hold."""
    m = 33
    knots = np.broadcast_to([-1.7e308, 1.7e308], (1, 1, m, 2))
    values = np.broadcast_to([-1e308, 6e307], (1, 1, m, 2))
    tasks = SplineTasks.on_a_line(knots, values, np.zeros((1, 1, m)), np.ones((1, 1)))
    path = tmp_path / "far.json"
    zero, ones, step = np.zeros(1), np.ones(1), np.array([1e300])
    given = Instances(tasks, zero, np.array([[-1.7e308]]), zero[None], ones[None], step, ones)
    path.write_text(instance_text(given))
    one = mamlcheck.instance(path)
    assert one.tasks.knots.dtype == np.float64
    truth = (Fraction(1e308) + Fraction(6e307)) / (2 * Fraction(1.7e308))
    assert abs(truth - Fraction(8, 17)) < Fraction(1, 2**52)
    assert is_bound(one.tasks.hessian_lipschitz[0], truth)
    for claim in ("hf_error", "ours.hf_error.half"):
        checked = mamlcheck.check_claim(claim, one)
        assert (checked.verdict, checked.guaranteed) == (Verdict.HOLDS, True)


# -- ridge tasks ---------------------------------------------------------------------------------------------
def ridge_case(seed, d):
    """Tasks on a line, or along vectors of whole lengths, with their lengths |a_ij| and the second moments' parts."""
    rng = np.random.default_rng(seed)
    n, m = 2, 3
    pick = rng.integers(len(PYTHAGOREAN), size=(n, m))
    scale = np.abs(extreme(rng, n, m))
    scale = np.where(scale > 2.0**1010, 1.0, scale)  # so that 17 of them are doubles
    a = scale[..., None] if d == 1 else np.array([v for v, _ in PYTHAGOREAN], dtype=np.float64)[pick] * scale[..., None]
    lengths = exact(scale) * (1 if d == 1 else exact(np.array([k for _, k in PYTHAGOREAN], dtype=float)[pick]))
    c, mu = extreme(rng, n, m), np.abs(extreme(rng))
    profile = (loss("sin"), loss("quadratic")) if seed % 2 else (loss("sin"), loss("sin"))
    p = np.array([0.25, 0.75])
    return RidgeTasks(a, np.zeros((n, m)), c, mu, p, profile), lengths


def norm_at_most(matrix, bound):
    """Whether a symmetric matrix of fractions (1, 1) or (2, 2) has operator norm at most `bound`, exactly."""
    if len(matrix) == 1:
        return abs(matrix[0][0]) <= bound
    (p, q), (_, r) = matrix
    rest = 2 * bound - abs(p + r)
    return rest >= 0 and rest * rest >= (p - r) ** 2 + 4 * q * q


def suprema(tasks, order):
    return [getattr(psi, f"sup_{order}").upper for psi in tasks.losses]


def smoothness_is_bound(tasks, bound):
    """Not below, in the exact Gram matrices; and finite where their traces, never below the norms, are small."""
    a, c, mu = exact(tasks.a), exact(tasks.c), Fraction(float(tasks.mu))
    grams = []
    for i, sup in enumerate(suprema(tasks, "second")):
        weights = [abs(w) * sup / tasks.m for w in c[i]]
        d = range(tasks.d)
        grams.append([[sum(w * v[k] * v[j] for w, v in zip(weights, a[i], strict=True)) for j in d] for k in d])
    if np.isinf(bound):
        return max(sum(g[k][k] for k in range(tasks.d)) for g in grams) + mu > LARGEST / 2**5
    return all(norm_at_most(g, Fraction(float(bound)) - mu) for g in grams)


def lipschitz_is_bound(tasks, lengths, bound, exactly):
    """Not below the sum of cubes where that is the constant (d = 1), and never below a largest term of it.

    Where it is computed in fractions it is that sum; `ball` may exceed it wherever something underflows.
    """
    c = exact(tasks.c)
    cubes = [
        [abs(w) * sup / tasks.m * k**3 for w, k in zip(c[i], lengths[i], strict=True)]
        for i, sup in enumerate(suprema(tasks, "third"))
    ]
    if exactly:
        return is_bound(bound, max(map(sum, cubes)))
    if np.isinf(bound):
        return max(map(sum, cubes)) > LARGEST / 2**5
    return max(map(sum if tasks.d == 1 else max, cubes)) <= Fraction(float(bound))


def constant_misses(monkeypatch, cases=80):
    misses = infinite = 0
    for seed in range(cases):
        for d, small in ((1, True), (1, False), (2, False)):
            monkeypatch.setattr(ridge_sums, "MOST_EXACT_SAMPLES", 4096 if small else 0)
            tasks, lengths = ridge_case(seed, d)
            misses += not smoothness_is_bound(tasks, tasks.smoothness)
            misses += not lipschitz_is_bound(tasks, lengths, tasks.hessian_lipschitz, small)
            infinite += bool(np.isinf(tasks.smoothness))
    assert 0 < infinite < 3 * cases / 2
    return misses


def test_constants_of_ridge_tasks_are_never_below(monkeypatch):
    assert constant_misses(monkeypatch) == 0


def test_teeth_without_arb_what_overflows_is_lost(monkeypatch):
    monkeypatch.setattr(constants, "arb", lambda bits: ball)
    assert constant_misses(monkeypatch) > 0


def test_constants_that_share_a_norm_are_finite_where_that_is_not():
    """2**1040 is no double, but the product with the supremum of psi'', 2**-64, is one."""
    tiny = Loss("tiny", "sin(t)/2**64")
    a = 2.0**520 * np.array([[[1.0, 1], [1, -1]]])
    tasks = RidgeTasks(a, np.zeros((1, 2)), np.ones((1, 2)), np.array(0.0), np.ones(1), (tiny,))
    assert np.isinf(tasks._unit_norms).all()
    assert is_bound(tasks.smoothness, Fraction(2) ** 976)


def test_constants_of_a_shared_norm_are_those_of_their_own():
    """For losses of different suprema, c of both signs and any m, to within a unit of 40 bits."""
    rng = np.random.default_rng(9)
    psi = (loss("geman_mcclure"), loss("welsch"), loss("quadratic"))
    a, c, p = rng.standard_normal((4, 3, 5, 2)), rng.standard_normal((4, 3, 5)), np.array([[0.25, 0.25, 0.5]] * 4)
    tasks = RidgeTasks(a, np.zeros((4, 3, 5)), c, np.zeros(4), p, psi)
    for name, order in (("smoothness", "sup_second"), ("hessian_lipschitz", "sup_third")):
        own = getattr(ridge_sums, name)(tasks, ridge_suprema(psi, order))
        assert (np.abs(getattr(tasks, name) - own) <= 2.0**-39 * own).all()


def test_rounding_up_to_40_bits_never_goes_down():
    rng = np.random.default_rng(5)
    subnormal = np.ldexp(rng.random(400), rng.integers(-1074, -1020, size=400))
    nearly_infinite = np.ldexp(1 - rng.random(50) / 2**41, 1024)
    special = [0.0, 5e-324, 2.0**-1022, np.finfo(float).max, np.inf]
    values = np.concatenate([rng.random(200), subnormal, nearly_infinite, special])
    raised = rounded_up(values)
    assert (raised >= values).all()
    assert (raised[values == 0] == 0).all()


def test_bounds_of_deviations_are_never_below():
    finite = 0
    for seed in range(0, 80, 2):
        tasks, lengths = ridge_case(seed, 1 + seed % 4 // 2)
        bounds = tasks.global_deviations
        c = exact(tasks.c)
        first, second = suprema(tasks, "first"), suprema(tasks, "second")
        slopes, bends = (
            [
                [abs(w) * s * k**power for w, k in zip(*row, strict=True)]
                for s, *row in zip(sup, c, lengths, strict=True)
            ]
            for sup, power in ((first, 1), (second, 2))
        )
        truth = {
            "sigma": sum(Fraction(p) * (sum(s) / tasks.m) ** 2 for p, s in zip((0.25, 0.75), slopes, strict=True)),
            "sigma_tilde": max(sum(s * s for s in row) / tasks.m for row in slopes),
            "sigma_hessian": max(sum(s * s for s in row) / tasks.m for row in bends),
        }
        if bounds is None:  # no double is above
            assert max(truth.values()) > LARGEST / 2**5
            continue
        finite += 1
        assert all(Fraction(float(bounds[name])) >= value for name, value in truth.items())
    assert finite > 5


def test_what_no_double_bounds_is_refused_with_the_reason():
    ones = np.ones((1, 1, 1))
    tasks = RidgeTasks(
        1e200 * ones[None], np.zeros((1, 1, 1)), ones, np.zeros(1), np.ones((1, 1)), (loss("quadratic"),)
    )
    assert np.isinf(tasks.smoothness).all()
    one = Instances(tasks, np.zeros(1), np.ones((1, 1)), np.zeros((1, 1)), np.ones((1, 1)), np.ones(1), np.ones(1))
    with pytest.raises(InputError, match="L of these tasks exceeds the largest double"):
        mamlcheck.check_claim("lemma_4_8", one)
    declared = Instances(
        tasks, np.zeros(1), np.ones((1, 1)), np.zeros((1, 1)), np.ones((1, 1)), np.ones(1), np.ones(1),
        smoothness=np.array([Fraction(10) ** 401], dtype=object),
    )  # fmt: skip
    assert declared.provenance == "declared"
    assert mamlcheck.check_claim("lemma_4_8", declared).verdict is Verdict.HOLDS


# -- quadratic tasks, and what is computed at points ------------------------------------------------------------
def quadratic_case(seed, d):
    rng = np.random.default_rng(seed)
    n, m = 2, 3
    half = extreme(rng, n, m, d, d)
    matrices = np.triu(half) + np.swapaxes(np.triu(half, 1), -1, -2)
    return QuadraticTasks(matrices, extreme(rng, n, m, d), np.array([0.5, 0.5])), extreme(rng, 1, d)


@pytest.mark.parametrize("d", [1, 2])
def test_smoothness_of_quadratic_tasks_is_never_below(d, monkeypatch):
    finite = 0
    for seed in range(80):
        monkeypatch.setattr("mamlcheck.tasks.families.quadratic.MOST_EXACT_SAMPLES", 4096 * (seed % 2))
        tasks, _ = quadratic_case(seed, d)
        means = exact(tasks.matrices).sum(axis=1) / 3
        bound = tasks.smoothness
        if np.isinf(bound):
            assert max(abs(v) for v in means.ravel()) > LARGEST / 2**3
            continue
        finite += 1
        assert all(norm_at_most(mean.tolist(), Fraction(float(bound))) for mean in means)
    assert finite > 40


@pytest.mark.parametrize("ar", [ball, arb(64)], ids=repr)
def test_variances_at_extreme_points_are_enclosed(ar):
    """On a line, in fractions: of quadratic tasks and of ridge tasks with a quadratic loss."""
    bounded = 0
    for seed in range(60):
        tasks, w = quadratic_case(2000 + seed, 1)
        q, z, point = exact(tasks.matrices[..., 0, 0]), exact(tasks.centres[..., 0]), Fraction(float(w[0, 0]))
        rng = np.random.default_rng(seed)
        a, b, c = extreme(rng, 2, 3, 1), extreme(rng, 2, 3), extreme(rng, 2, 3)
        line = RidgeTasks(a, b, c, np.array(1.0), np.array([0.5, 0.5]), (loss("quadratic"),) * 2)
        x, y, k = exact(a[..., 0]), exact(b), exact(c)
        with ar.working():
            for given, gradients, hessians in (
                (tasks, q * (point - z), q),
                (line, k * (x * point - y) * x, k * x * x),
            ):
                at = given.on(ar).at(ar.exact(w[None]))
                for found, samples in ((at.gradient_variance(), gradients), (at.hessian_variance(), hessians)):
                    mean = samples.sum(axis=1) / 3
                    truth = ((samples - mean[:, None]) ** 2).sum(axis=1) / 3
                    low, high = ar.lower(found).ravel(), ar.upper(found).ravel()
                    for t, below, above in zip(truth, low.tolist(), high.tolist(), strict=True):
                        assert below == -np.inf or Fraction(below) <= t
                        assert above == np.inf or t <= Fraction(above)
                        bounded += np.isfinite([below, above]).all()
    assert bounded > 100


# -- probabilities -------------------------------------------------------------------------------------------------
def sums_to_one(row: list[Fraction]) -> bool:
    return min(row) >= 0 and sum(row) == 1


def rows_of_fractions() -> list[list[Fraction]]:
    """Sound ones, ones off by little or by much, of small denominators and of large ones, and ones that wrap around."""
    rng = np.random.default_rng(9)
    rows = []
    for _ in range(60):
        weights = [int(w) for w in rng.integers(0, 10, 5)]
        row = [Fraction(w, max(sum(weights), 1)) for w in weights]
        rows += [row, [row[0] + Fraction(int(rng.integers(-2, 3)), 7), *row[1:]]]
        large = [Fraction(int(w), 2**40 + 1) for w in rng.integers(0, 2**37, 4)]
        rows += [[*large, 1 - sum(large)], [*large, 1 - sum(large) + Fraction(1, 2**80)]]
        primes = [Fraction(1, p) for p in (2**31 - 1, 2**30 - 35, 2**29 - 3, 2**29 - 33)]
        rows += [[*primes, 1 - sum(primes)], [*primes, Fraction(1)]]
    third = Fraction(1, 3)
    rows += [[third, third, third, Fraction(0), Fraction(0)], [third + 1, third, -Fraction(2, 3), *[Fraction(0)] * 2]]
    rows += [[Fraction(k, 4) for k in (-1, 3, 2, 0, 0)], [Fraction(k) for k in (-5, 1, 1, 0, 0)]]
    rows += [[Fraction(2**65), 1 - Fraction(2**65), *[Fraction(0)] * 3]]
    rows += [[Fraction(1, 2**65), 1 - Fraction(1, 2**65), *[Fraction(0)] * 3]]
    wraps = Fraction(2**62)  # four of them are 0 in 64 bits
    rows += [[wraps, wraps, wraps, wraps, Fraction(1)]]
    # p q + 2**64 as a multiple of q and one of p: over p q, whose numerator is 1 in 64 bits, it is nearly 5.
    p, q = 2**31 - 1, 2**31 - 3
    a = (p * q + 2**64) * pow(q, -1, p) % p
    b = Fraction(p * q + 2**64 - a * q, p * q)
    return [*rows, [Fraction(a, p), b - int(b), *[Fraction(1)] * int(b), *[Fraction(0)] * 5][:8]]


def test_probabilities_are_refused_exactly_where_they_do_not_sum_to_one():
    rows = rows_of_fractions()
    block = np.array([row + [Fraction(0)] * (8 - len(row)) for row in rows], dtype=object)
    sound = constants._sound_as_small_fractions(block)
    for row, told in zip(rows, sound.tolist(), strict=True):
        assert sums_to_one(row) or not told
        if sums_to_one(row):
            constants.check_probabilities(np.array([row], dtype=object))
        else:
            with pytest.raises(InputError, match=r"not 1 exactly|give numbers from 0 to 1"):
                constants.check_probabilities(np.array([row], dtype=object))
    assert 60 < sound.sum() < len(rows), "both ways are taken"
    constants.check_probabilities(block[[sums_to_one(row) for row in rows]])
    with pytest.raises(InputError):
        constants.check_probabilities(block)


def test_a_constant_that_is_found_by_slices_is_the_same(monkeypatch):
    rng = np.random.default_rng(10)
    matrices = rng.integers(-8, 9, (7, 2, 3, 4, 4)).astype(float)
    centres, thirds = np.zeros((7, 2, 3, 4)), np.full((7, 2), Fraction(1, 2))
    tasks = QuadraticTasks(matrices + np.swapaxes(matrices, -1, -2), centres, thirds)
    seen = []
    monkeypatch.setattr(constants, "MOST_AT_ONCE", 2 * 2 * 3 * 4 * 4)
    assert constants.by_slices(lambda a: seen.append(len(a)) or a.sum(axis=(1, 2, 3, 4)), tasks.matrices, 4).shape == (
        7,
    )
    assert seen == [2, 2, 2, 1]
    sliced = tasks.smoothness
    monkeypatch.undo()
    assert sliced.tolist() == QuadraticTasks(tasks.matrices, centres, thirds).smoothness.tolist()
    one = QuadraticTasks(tasks.matrices[0], centres[0], thirds[0])
    assert float(one.smoothness) == sliced[0]


@pytest.mark.parametrize("ar", [ball, filtering, float64], ids=repr)
def test_a_block_without_instances_has_constants_and_numbers(ar):
    none, of_tasks = np.zeros((0, 2, 3, 4)), np.zeros((0, 2), dtype=object)
    tasks = RidgeTasks(none, none[..., 0], none[..., 0], np.zeros(0), of_tasks, (loss("sin"),) * 2)
    assert tasks.smoothness.shape == tasks.hessian_lipschitz.shape == (0,)
    with ar.working():
        assert ar.midpoint(ar.exact(tasks.probabilities)).shape == (0, 2)
