"""Batches that are not enumerated: moments and samples of them enclose what all batches give, where that is known."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest

from mamlcheck.arithmetic import arb, ball
from mamlcheck.arithmetic.clouds import Cloud, ball_of_clouds
from mamlcheck.check.sweeps import FamilySweep, RandomSweep
from mamlcheck.errors import TooManyBatches
from mamlcheck.meta.beyond import BeyondEnumeration
from mamlcheck.meta.instance import BatchSizes, Instances
from mamlcheck.meta.sampling import Sample
from mamlcheck.tasks.families.ridge import RidgeTasks
from mamlcheck.tasks.losses import loss

SCALARS = ("noisy_gradient_excess", "noisy_gradient_variance", "noisy_gradient_second_moment")
VECTORS = ("noisy_gradient_bias", "stochastic_meta_gradient_error")
PRECISE = arb(128)


@pytest.fixture
def not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no batch could be enumerated."""
    monkeypatch.setattr(BeyondEnumeration, "_listed", lambda self, role: False)


@cache
def small() -> tuple[Instances, ...]:
    """Random instances of all families, small enough to enumerate their batches."""
    found = []
    for k in range(24):
        for sweep in (RandomSweep(1), FamilySweep("spline", 1), FamilySweep("quadratic", 1)):
            block = sweep.block(k)
            if block.tasks.m > 1 and math.comb(block.tasks.m + 2, 3) * block.tasks.m <= 200 and block.tasks.d <= 5:
                found.append(block[k % 7 : k % 7 + 1])
    return tuple(found)


def instances(count: int, sizes: dict[str, int]) -> Iterator[Instances]:
    """Some of them, with these batch sizes."""
    assert count <= len(small())
    for one in small()[:count]:
        yield replace(one, sizes=replace(one.sizes, **sizes), smoothness=None, hessian_lipschitz=None)


def ends(x: Any, ar: Any = ball) -> tuple[np.ndarray, np.ndarray]:
    return ar.lower(x), ar.upper(x)


def exactly(one: Instances, name: str) -> Any:
    """The quantity by all batches, in Arb."""
    with PRECISE.working():
        return getattr(one.on(PRECISE), name)


def holds(found: Any, exact: Any) -> bool:
    """Whether an enclosure, scalar or vector, holds a number that is known well."""
    low, high = ends(exact, PRECISE)
    lower, upper = ends(found)
    inside = bool((lower <= high).all() and (low <= upper).all())
    if not isinstance(found, Cloud):
        return inside
    gap = ball.norm(found.centre - ball.exact(0.5 * (low + high)))
    width = float(np.max(high - low)) * math.sqrt(low.shape[-1])
    return inside and bool((ball.lower(gap) <= found.error + width).all())


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.usefixtures("not_listed")
def test_moments_enclose_what_all_batches_give(size: int) -> None:
    narrow = dict.fromkeys((*SCALARS, *VECTORS, "first", "second"), 0)
    for one in instances(12, {"inner": size, "test": size, "stepsize": size, "stepsize_tasks": 2, "outer": 2}):
        with ball.working():
            x = BeyondEnumeration(one)
            for name in (*SCALARS, *VECTORS):
                found, exact = getattr(x, name), exactly(one, name)
                assert holds(found, exact), (name, one.as_python() if one.tasks.n < 3 else one)
                narrow[name] += bool((ball.upper(found) - ball.lower(found) < 1e300).all())
            for name, found, exact in zip(
                ("first", "second"), x.stepsize_moments, exactly(one, "stepsize_moments"), strict=True
            ):
                assert holds(found, exact), name
                lower, upper = ends(found)
                narrow[name] += bool((upper < 2 * lower).all())
    assert min(narrow.values()) >= 6, narrow


@pytest.mark.usefixtures("not_listed")
def test_a_negative_rate_turns_no_bound_around() -> None:
    for one in instances(8, {"inner": 2, "test": 2}):
        back = replace(one, alpha=-4 * one.alpha)
        with ball.working():
            x = BeyondEnumeration(back)
            for name in (*SCALARS, *VECTORS):
                assert holds(getattr(x, name), exactly(back, name)), name
            assert (x.stochastic_meta_gradient_error.error >= 0).all()


@pytest.mark.usefixtures("not_listed")
def test_moments_are_exact_where_gradients_are_linear() -> None:
    """Quadratic tasks: nothing bends, so that nothing is sampled, and enclosures are as narrow as rounding allows."""
    linear = [one for one in instances(12, {"inner": 2, "test": 2}) if one.tasks.kind == "quadratic"]
    assert linear
    for one in linear:
        with ball.working():
            x = BeyondEnumeration(one, Sample(1, 64, Fraction(1, 10)))
            for name in ("noisy_gradient_excess", "stochastic_meta_gradient_error", "noisy_gradient_bias"):
                found, exact = getattr(x, name), exactly(one, name)
                assert holds(found, exact)
                scale = max(1.0, float(np.abs(ball.midpoint(x.fixed_task.adapted_gradient)).max()) ** 2)
                assert float((ball.upper(found) - ball.lower(found)).max()) <= 1e-11 * scale


@pytest.mark.usefixtures("not_listed")
def test_equal_samples_move_nothing() -> None:
    for one in instances(12, {"inner": 3, "test": 3}):
        name = next(name for name, entry in one.tasks.declared().items() if entry.axes.count("coordinate"))
        arrays = {}
        for other, entry in one.tasks.declared().items():
            array = getattr(one.tasks, other)
            if "sample" in entry.axes:
                axis = array.ndim - len(entry.axes) + entry.axes.index("sample")
                array = np.repeat(np.take(array, [0], axis=axis), array.shape[axis], axis=axis)
            arrays[other] = array
        assert name in arrays
        same = replace(one, tasks=one.tasks.with_numbers(arrays))
        with ball.working():
            x = BeyondEnumeration(same, Sample(1, 64, Fraction(1, 10)))
            for quantity in (x.noisy_gradient_excess, ball_of_clouds.norm(x.noisy_gradient_bias)):
                assert ends(quantity) == (0, 0)
            assert float(ball.upper(ball_of_clouds.norm(x.stochastic_meta_gradient_error)).max()) < 1e-11


@pytest.mark.parametrize("role", ["inner", "test"])
@pytest.mark.usefixtures("not_listed")
def test_samples_enclose_what_all_batches_give(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """10 seeds for each of 6 instances, at a risk of 1/1000 for each quantity: no miss is to be expected."""
    names = (*SCALARS, "noisy_gradient_bias") if role == "inner" else ("stochastic_meta_gradient_error",)
    misses, nearer, tried = 0, 0, 0
    for one in instances(6, {role: 3}):
        exact = {name: exactly(one, name) for name in names}
        with ball.working():
            certified = BeyondEnumeration(one)
            for seed in range(10):
                sampled = BeyondEnumeration(one, Sample(seed, 1024, Fraction(1, 1000)))
                for name in names:
                    found, before = getattr(sampled, name), getattr(certified, name)
                    tried += 1
                    misses += not holds(found, exact[name])
                    nearer += bool(
                        (ball.upper(found) - ball.lower(found) < ball.upper(before) - ball.lower(before)).any()
                    )
    assert tried == 60 * len(names)
    assert misses <= 1
    assert nearer >= tried / 12


@pytest.mark.usefixtures("not_listed")
def test_a_sample_is_made_again_from_its_key() -> None:
    one = next(one for one in instances(12, {"inner": 3}) if one.tasks.kind == "ridge" and one.alpha > 1e-3)
    sample = Sample(5, 256, Fraction(1, 100))
    with ball.working():
        first, again, other = (
            BeyondEnumeration(one, s).noisy_gradient_excess for s in (sample, sample, replace(sample, key=6))
        )
    assert ends(first) == ends(again)
    assert ends(first) != ends(other)


def test_what_can_be_enumerated_is() -> None:
    for one in instances(3, {"inner": 2, "test": 2, "stepsize": 2}):
        with ball.working():
            x, y = BeyondEnumeration(one), one.on(ball)
            for name in (*SCALARS, *VECTORS):
                assert [e.tolist() for e in ends(getattr(x, name))] == [e.tolist() for e in ends(getattr(y, name))]
            for found, known in zip(x.stepsize_moments, y.stepsize_moments, strict=True):
                assert ends(found) == ends(known)


@pytest.mark.usefixtures("not_listed")
def test_without_a_bound_of_how_far_hessians_are_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """A family need not know one: then the variance where D_o is drawn is not known, and the rest is.

    Of constant Hessians all is known: what they are at one point they are everywhere.
    """
    for one in instances(12, {"inner": 3, "test": 3}):
        monkeypatch.setattr(type(one.tasks), "hessian_deviation", None)
        with ball.working():
            x = BeyondEnumeration(replace(one, tasks=one.tasks.with_numbers({})))
            if one.tasks.kind == "quadratic":
                assert holds(x.noisy_gradient_variance, exactly(one, "noisy_gradient_variance"))
            else:
                with pytest.raises(TooManyBatches, match="no bound of how far the Hessians of their samples are apart"):
                    _ = x.noisy_gradient_variance
            for name in (*VECTORS, "noisy_gradient_excess"):
                assert holds(getattr(x, name), exactly(one, name))


# -- each part of a sum, where it is a large one -------------------------------------------------------------------
def of_one_task(
    name: str, samples: list[tuple[float, float, float]], alpha: float, w: float, sizes: dict[str, int]
) -> Instances:
    """One task on a line, of a few samples (a, b, c)."""
    a, b, c = (np.array([[column]]) for column in zip(*samples, strict=True))
    tasks = RidgeTasks(a[..., None], b, c, np.zeros(1), np.ones((1, 1)), (loss(name),))
    point, one = np.array([[w]]), np.ones(1)
    return Instances(tasks, one * alpha, point, point + 1, point + 2, one, one, sizes=BatchSizes(**sizes))


BATCHES_OF_TWO = {"inner": 2, "test": 2}
MOST = Sample(1, 2**16, Fraction(1, 1000))


@pytest.mark.usefixtures("not_listed")
def test_the_product_with_the_bias_is_seen() -> None:
    """2 g . E e is many times as large as the enclosure is wide."""
    one = of_one_task("sin", [(1.0, 4.0, 2.0), (1.5, -2.5, 1.5)], 0.125, 0.25, BATCHES_OF_TWO)
    with PRECISE.working():
        y = one.on(PRECISE)
        along = abs(PRECISE.midpoint(y.fixed_task.adapted_gradient[..., 0, 0, :] * y.noisy_gradient_bias)).item()
    with ball.working():
        found = BeyondEnumeration(one, MOST).noisy_gradient_excess
    assert holds(found, exactly(one, "noisy_gradient_excess"))
    low, high = ends(found)
    assert (high - low).item() < along / 4


@pytest.mark.usefixtures("not_listed")
def test_hessians_that_go_with_the_bend_are_seen() -> None:
    """E (H^ - H) bend is many times as large as what is uncertain of E (I - alpha H) bend."""
    one = of_one_task("sin", [(0.5, 1.25, -0.75), (2.0, -0.75, 0.25)], 4.0, -1.5, BATCHES_OF_TWO)
    with PRECISE.working():
        y = one.on(PRECISE)
        deviations = y.batches("test").deviations(PRECISE)
        bend = y.at_w.end.gradient_bend(-(y.at_w.alpha * y.at_w.start.gradient_deviation(deviations)))
        bent = y.over_batches("test", y.at_w.start.hessian_vector_deviation(bend, deviations), -2)
        drift = abs(4.0 * PRECISE.midpoint(bent)).item()
    with ball.working():
        x = BeyondEnumeration(one, MOST)
        found = x.stochastic_meta_gradient_error
        share = ball.sqrt(x._mean_squared_hessian_error(2) * x._test.squared_bend)
    assert holds(found, exactly(one, "stochastic_meta_gradient_error"))
    assert found.error.item() - 4.0 * ball.upper(share).item() < drift / 4


@pytest.mark.usefixtures("not_listed")
def test_bends_are_pulled_back() -> None:
    """Twice alpha H E bend is larger than what is uncertain: were it added, that would be seen."""
    one = of_one_task("sin", [(1.5, -2.0, -0.5), (2.5, 2.0, 0.25)], 2.0, 1.375, BATCHES_OF_TWO)
    with PRECISE.working():
        y = one.on(PRECISE)
        pulled = y.at_w.start.hessian_vector(y.noisy_gradient_bias[..., None, None, :])
        size = abs(2.0 * PRECISE.midpoint(pulled)).item()
    with ball.working():
        found = BeyondEnumeration(one, MOST).stochastic_meta_gradient_error
    assert holds(found, exactly(one, "stochastic_meta_gradient_error"))
    assert found.error.item() < 2 * size * 0.75


@pytest.mark.usefixtures("not_listed")
def test_step_sizes_are_larger_in_the_mean_than_that_of_the_mean() -> None:
    """All gradients point one way, so that the mean norm is that of the mean gradient: only the variance is left."""
    samples = [(1.0, 0.0, 1.0), (2.0, 1.0, 0.5), (0.5, -2.0, 3.0)]
    one = of_one_task("log1p_square", samples, 4.0, 9.0, {"stepsize": 1, "stepsize_tasks": 1})
    with ball.working():
        x = BeyondEnumeration(one)
        of_the_mean = [1 / (4 * x.smoothness + 2 * x.hessian_lipschitz * x.alpha * ball.norm(x.at_w.gradient)[0, 0])]
        of_the_mean.append(ball.square(of_the_mean[0]))
        for found, exact, mean in zip(x.stepsize_moments, exactly(one, "stepsize_moments"), of_the_mean, strict=True):
            assert holds(found, exact)
            assert PRECISE.lower(exact)[0] > ball.upper(mean)[0]


# -- the moments of a step -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.usefixtures("not_listed")
def test_moments_of_steps_are_sums_over_all_batches(size: int) -> None:
    for one in instances(8, {"inner": size, "test": size}):
        with PRECISE.working():
            y = one.on(PRECISE)
            batches = y.batches("test")
            noise = y.at_w.start.gradient_deviation(batches.deviations(PRECISE)) * y.at_w.alpha
            squares = PRECISE.squared_norm(noise)
            change = y.at_w.end.gradient_change(-noise)
            bend = y.at_w.end.gradient_bend(-noise)
            linear = change - bend
            chances = batches.probabilities(PRECISE)
            means = {
                "second": PRECISE.weighted_sum(chances, squares, -1),
                "fourth": PRECISE.weighted_sum(chances, PRECISE.square(squares), -1),
                "linear_spread": PRECISE.weighted_sum(chances, PRECISE.squared_norm(linear), -1),
            }
            excess = PRECISE.squared_norm(change) - PRECISE.squared_norm(linear)
            bounds = {
                "mean_bend": PRECISE.weighted_sum(chances, PRECISE.norm(bend), -1),
                "squared_bend": PRECISE.weighted_sum(chances, PRECISE.squared_norm(bend), -1),
                "mean_excess": PRECISE.abs(PRECISE.weighted_sum(chances, excess, -1)),
                "squared_excess": PRECISE.weighted_sum(chances, PRECISE.square(excess), -1),
            }
        with ball.working():
            step = BeyondEnumeration(one)._test
            for name, exact in means.items():
                found = getattr(step, name)
                assert holds(found, exact), name
                low, high = ends(found)
                assert (high - low <= 1e-9 * high + 1e-30).all(), name
            for name, exact in bounds.items():
                assert (PRECISE.lower(exact) <= ball.upper(getattr(step, name))).all(), name
            assert (PRECISE.lower(squares).max(axis=-1) <= step.longest_squared).all()


def test_products_with_hessians_of_samples_and_how_far_these_are_apart() -> None:
    rng = np.random.default_rng(1)
    for one in instances(8, {}):
        n, m, d = one.tasks.n, one.tasks.m, one.tasks.d
        v = rng.integers(-8, 9, size=(1, n, m, d)) / 4
        with PRECISE.working():
            at = one.on(PRECISE).at_w.start
            hessians = at.hessian(PRECISE.exact(np.eye(m)))  # (1, n, m, d, d): of each sample
            hessians = PRECISE.broadcast_to(hessians, (1, n, m, d, d))
            truth = PRECISE.mean(PRECISE.matvec(hessians, PRECISE.exact(v[..., None, :]))[..., 0, :], -2)
            apart = hessians - PRECISE.mean(hessians, -3)[..., None, :, :]
            squares = PRECISE.mean(PRECISE.squared_norm(apart.reshape(1, n, m, d * d)), -1)
        with ball.working():
            found = one.on(ball).at_w.start.mean_of_products(ball.exact(v))
        assert holds(found, truth)
        bound = one.tasks.hessian_deviation
        assert bound is not None
        assert (PRECISE.lower(squares).max(axis=-1) <= bound).all()
