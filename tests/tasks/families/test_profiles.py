"""What ridge sums are made of: psi, psi', psi'' of losses and splines against the oracle; suprema; what is refused."""

from __future__ import annotations

from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest

from mamlcheck.arithmetic import NotExact, arb, ball, float64, rational
from mamlcheck.errors import InputError
from mamlcheck.tasks.constants import PROVENANCES, weakest
from mamlcheck.tasks.families.ridge import LossesOn, RidgeTasks, suprema
from mamlcheck.tasks.families.spline import SplineTasks
from mamlcheck.tasks.losses import builtin_losses, loss

LOSSES = [psi.name for psi in builtin_losses()]
ARITHMETICS = [float64, ball, arb(128), rational]
# Every arithmetic that can run a loss: exact fractions where psi is a rational function.
PAIRS = [
    pytest.param(name, ar, id=f"{name}-{ar!r}")
    for name in LOSSES
    for ar in ARITHMETICS
    if ar is not rational or loss(name).rational
]
POINTS = [Fraction(p) for p in ("0", "1/3", "-1/3", "-7/8", "2", "-31/10", "11/2", "-17/2")]

# Two tasks of two samples: K = 3 knots, thirds among them, one spline flat, one with both signs.
KNOTS = [[[-1, 0, 1], [Fraction(-1, 3), 1, 2]], [[1, 2, 4], [-5, -3, Fraction(-1, 7)]]]
VALUES = [[[1, -1, Fraction(1, 2)], [0, 2, -1]], [[1, 1, 1], [Fraction(1, 3), -2, 0]]]
SLOPE = [[0, 1], [Fraction(-1, 3), 6]]


def objects(values):
    """An object array of Fractions."""
    array = np.array(values, dtype=object)
    out = np.empty(array.shape, dtype=object)
    out.reshape(-1)[:] = [Fraction(v) for v in array.ravel()]
    return out


def on_a_line(knots, values, slope):
    """Equally likely tasks, from knots and values (..., n, m, K) and slopes (..., n, m)."""
    n = np.shape(slope)[-2]
    uniform = np.full(np.shape(slope)[:-1], Fraction(1, n), dtype=object)
    return SplineTasks.on_a_line(knots, values, slope, uniform)


def splines():
    return on_a_line(objects(KNOTS), objects(VALUES), objects(SLOPE))


def evaluations(profile, ar, t):
    """psi, psi' twice over and psi'' as (order, array)."""
    first, second = profile.first_and_second(ar, t)
    return [(0, profile.value(ar, t)), (1, profile.first(ar, t)), (1, first), (2, second)]


# -- losses ----------------------------------------------------------------------------------------
def test_the_oracle_knows_the_first_losses_by_hand(oracle):
    assert len(oracle.names) == 8
    assert set(oracle.names) <= set(LOSSES)


@pytest.mark.parametrize(("name", "ar"), PAIRS)
def test_loss_and_its_derivatives(oracle, name, ar):
    profile = LossesOn((loss(name),) * 2)
    t = objects([[POINTS[:4], POINTS[4:]], [POINTS[3:7], POINTS[1:5]]])  # (n, P, m)
    with ar.working():
        numbers = ar.exact(t)
        if ar is rational and name == "log1p_square":  # only its derivatives are rational
            with pytest.raises(NotExact):
                profile.value(ar, numbers)
            found = list(zip((1, 2), profile.first_and_second(ar, numbers), strict=True))
        else:
            found = evaluations(profile, ar, numbers)
        for order, computed in found:
            truth = [[[oracle.psi(name, order, x) for x in row] for row in task] for task in t.tolist()]
            oracle.check(ar, computed, truth)


@pytest.mark.parametrize("ar", [ball, arb(128)], ids=repr)
@pytest.mark.parametrize("name", LOSSES)
def test_loss_on_wide_balls_holds_every_point(oracle, name, ar):
    """An argument known only to a radius: psi at 9 points of each ball, its ends included."""
    centres = [Fraction(x) for x in ("0", "-1/2", "9/8", "-3", "5")]
    with ar.working():
        half = Fraction(1, 2)
        wide = np.empty((1, 1, len(centres)), dtype=object)
        wide[0, 0, :] = [flint.arb(float(c), float(half)) for c in centres]
        t = ar.from_arb(wide)
        profile = LossesOn((loss(name),))
        for order, computed in evaluations(profile, ar, t):
            low, high = ar.lower(computed).ravel().tolist(), ar.upper(computed).ravel().tolist()
            assert np.isfinite(low).all()
            assert np.isfinite(high).all()
            for k, c in enumerate(centres):
                for share in range(-4, 5):
                    truth = oracle.psi(name, order, c + half * Fraction(share, 4))
                    error = mpmath.mpf(10) ** -40  # of the oracle
                    assert oracle.to_mp(Fraction(low[k])) - error <= truth <= oracle.to_mp(Fraction(high[k])) + error


@pytest.mark.parametrize("ar", [float64, ball, arb(128)], ids=repr)
def test_each_task_has_its_own_loss(oracle, ar):
    """Runs of equal neighbours are evaluated together; the same loss may come back later."""
    order = [*LOSSES, LOSSES[0], LOSSES[0], LOSSES[1], LOSSES[0]]
    profile = LossesOn(tuple(loss(name) for name in order))
    t = objects([[[Fraction(k - 3, 4), Fraction(1, k + 1)]] for k in range(len(order))])
    with ar.working():
        for k, computed in evaluations(profile, ar, ar.exact(t)):
            truth = [[[oracle.psi(n, k, x) for x in row] for row in rows] for n, rows in zip(order, t, strict=True)]
            oracle.check(ar, computed, truth)
        chosen = [len(order) - 1, 2, 2]
        first = profile.select(ar, chosen).first(ar, ar.exact(t[chosen]))
        oracle.check(ar, first, [[[oracle.psi(order[k], 1, x) for x in t[k, 0]]] for k in chosen])


def test_suprema_of_losses_are_doubles_not_below():
    losses = tuple(builtin_losses())
    for name in ("sup_second", "sup_third"):
        bounds = suprema(losses, name)
        assert bounds.shape == (len(losses), 1)
        assert all(Fraction(b) >= getattr(psi, name).upper for b, psi in zip(bounds[:, 0], losses, strict=True))
    bounded = tuple(psi for psi in losses if psi.sup_first is not None)
    assert len(bounded) == len(losses) - 1
    sups = suprema(bounded, "sup_first")
    assert all(Fraction(b) >= psi.sup_first.upper for b, psi in zip(sups[:, 0], bounded, strict=True))


@pytest.mark.parametrize("psi", builtin_losses(), ids=lambda psi: psi.name)
def test_suprema_of_losses_are_certified_and_reached(oracle, psi):
    """A dense scan by the oracle never exceeds the certified supremum, and comes close to it."""
    scan = [Fraction(k, 16) for k in range(-160, 161)]
    for order, supremum in ((1, psi.sup_first), (2, psi.sup_second)):
        if supremum is None:
            continue
        best = max(abs(oracle.psi(psi.name, order, t)) for t in scan)
        assert best <= oracle.to_mp(supremum.upper) + oracle.to_mp(Fraction(1, 10**40))
        assert best >= oracle.to_mp(supremum.upper) * (1 - mpmath.mpf(2) ** -6)  # the scan has gaps of 1/16


def test_losses_count_must_match():
    with pytest.raises(InputError, match="2 losses for 3 tasks"):
        RidgeTasks(
            np.ones((3, 4, 1)), np.ones((3, 4)), np.ones((3, 4)), np.zeros(()), objects(["1/3"] * 3), (loss("sin"),) * 2
        )


def test_weakest_provenance():
    assert PROVENANCES == ("exact", "certified", "estimated", "declared")
    assert weakest("exact", "certified") == "certified"
    assert weakest("declared", "exact", "estimated") == "declared"
    assert weakest("exact") == "exact"


# -- splines ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("ar", ARITHMETICS, ids=repr)
def test_spline_and_its_derivatives(oracle, ar):
    """Between, at and beyond the knots, on both sides of 0, against piecewise integration in fractions."""
    points = [*POINTS, Fraction(-5), Fraction(-3), Fraction(1), Fraction(4), Fraction(-1, 7)]
    t = objects([[[x, -x] for x in points]] * 2)  # (n, P, m)
    with ar.working():
        on = splines().on(ar).profile
        found = evaluations(on, ar, ar.exact(t))
        for order, computed in found:
            truth = [
                [
                    [oracle.spline(KNOTS[i][j], VALUES[i][j], Fraction(SLOPE[i][j]), order, row[j]) for j in (0, 1)]
                    for row in t[i].tolist()
                ]
                for i in (0, 1)
            ]
            oracle.check(ar, computed, truth)


def test_spline_oracle_is_the_definition(oracle):
    """psi(0) = 0, psi'(0) = slope, and psi'' by central differences of psi', far from every knot."""
    k, v, s = objects(KNOTS[0][1]).tolist(), objects(VALUES[0][1]).tolist(), Fraction(1)
    assert oracle.spline(k, v, s, 0, Fraction(0)) == 0
    assert oracle.spline(k, v, s, 1, Fraction(0)) == 1
    h = Fraction(1, 1000)
    for t in (Fraction(-3), Fraction(1, 2), Fraction(3, 2), Fraction(9)):
        for order in (0, 1):
            up, down = (oracle.spline(k, v, s, order, t + e) for e in (h, -h))
            exact = oracle.spline(k, v, s, order + 1, t)
            assert abs((up - down) / (2 * h) - exact) <= h * h  # psi''' is at most 6, so psi' is off by h^2 at most


def test_spline_suprema_are_exact():
    found = splines()
    assert found.sup_second.tolist() == [[1.0, 2.0], [1.0, 2.0]]
    # 2 over 1; 3 over 1; flat; -7/3 over 2, 2 over 20/7 -> the doubles above 2, 3, 0, 7/6
    assert found.sup_third[0].tolist() == [2.0, 3.0]
    assert found.sup_third[1, 0] == 0.0
    assert Fraction(7, 6) <= Fraction(found.sup_third[1, 1]) <= Fraction(7, 6) * (1 + Fraction(1, 2**52))


@pytest.mark.parametrize("kinds", ["doubles", "fractions", "mixed", "mixed the other way"])
def test_spline_slope_bound_is_never_below(kinds):
    """sup|psi'''| is a certificate whatever the numbers are made of: exact fractions decide."""
    rng = np.random.default_rng(5)
    knots = np.cumsum(rng.uniform(0.01, 1.0, (1, 200, 4)), axis=-1)
    values = rng.uniform(-1, 1, (1, 200, 4))
    slope = np.zeros((1, 200))
    exact_knots, exact_values = objects(knots), objects(values)
    if kinds != "doubles":
        exact_knots = exact_knots / 3 if kinds != "mixed" else exact_knots
        exact_values = exact_values / 3 if kinds != "mixed the other way" else exact_values
    given = on_a_line(
        exact_knots if kinds in ("fractions", "mixed the other way") else knots,
        exact_values if kinds in ("fractions", "mixed") else values,
        slope,
    )
    truth = np.max(np.abs(np.diff(exact_values, axis=-1)) / np.diff(exact_knots, axis=-1), axis=-1)
    bounds = given.sup_third
    assert bounds.dtype == np.float64
    for bound, true in zip(bounds.ravel().tolist(), truth.ravel().tolist(), strict=True):
        assert Fraction(bound) >= true
        assert Fraction(bound) <= true * (1 + Fraction(1, 2**49))


def test_spline_selection_and_indexing(oracle):
    block = on_a_line(objects([KNOTS, KNOTS]), objects([VALUES, VALUES]), objects([SLOPE, [[5, 5], [7, 8]]]))
    one = block[1]
    assert one.knots.tolist() == objects(KNOTS).tolist()
    assert one.slope.tolist() == [[5, 5], [7, 8]]
    alone = splines().alone(1)
    assert alone.slope.tolist() == objects([SLOPE[1]]).tolist()
    assert alone.values.tolist() == objects([VALUES[1]]).tolist()
    with rational.working():
        chosen = splines().on(rational).select([1, 1, 0])
        knots = rational.exact(objects([KNOTS[1], KNOTS[1], KNOTS[0]]))
        assert (chosen.profile.knots == knots).all()
        assert chosen.at(rational.exact(np.zeros((1, 1)))).gradient().ravel().tolist() == [
            flint.fmpq(17, 6), flint.fmpq(17, 6), flint.fmpq(1, 2),
        ]  # fmt: skip


def test_splines_refuse_what_does_not_fit():
    with pytest.raises(InputError, match=r"values has shape \(2, 2, 2\): .* to have \(2, 2, 3\)"):
        on_a_line(objects(KNOTS), objects(VALUES)[..., 1:], objects(SLOPE))
    with pytest.raises(InputError, match=r"knots has shape \(1, 2, 3\): .* to have \(2, 2, 3\)"):
        on_a_line(objects(KNOTS)[:1], objects(VALUES), objects(SLOPE))
    with pytest.raises(InputError, match="strictly increasing"):
        on_a_line(objects([[[0, 0, 1]]]), objects([[[1, 2, 3]]]), objects([[0]]))
    with pytest.raises(InputError, match="two or more knots"):
        on_a_line(objects([[[0]]]), objects([[[1]]]), objects([[0]]))
    with pytest.raises(InputError, match="NaN"):
        on_a_line(np.array([[[0.0, np.inf]]]), np.array([[[1.0, 2.0]]]), np.array([[0.0]]))
