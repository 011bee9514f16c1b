"""Attempts to catch `ball` not containing the exact result.

Every check compares a ball with exact fractions (python-flint `fmpq`), or with Arb at 1500 bits for
elementary functions, at points of the operands' balls: both ends, the midpoint, and points between. The
*teeth* tests take a guard away and require that the same checks notice.
"""

from __future__ import annotations

import ctypes
import dataclasses
import math
import platform
import sys
from fractions import Fraction
from importlib import import_module
from typing import Any

import flint
import numpy as np
import pytest

from mamlcheck.arithmetic import BallArray, arb, ball, rational
from mamlcheck.arithmetic.exact import double_above
from mamlcheck.check.sweeps import RandomSweep
from mamlcheck.check.verdict import judge
from mamlcheck.claims import load_claim
from mamlcheck.errors import InputError

ball_module: Any = import_module("mamlcheck.arithmetic.ball")
enclosures: Any = import_module("mamlcheck.arithmetic.enclosures")
TINY, HUGE = 2.0**-1074, sys.float_info.max
UNBOUNDED = (np.inf, np.nan)
ELEMENTARY = ("exp", "expm1", "log", "log1p", "tanh", "sin", "cos", "sinh", "cosh", "atan", "asinh", "erf")


@pytest.fixture(autouse=True)
def quiet():
    with ball.working():
        yield


# -- exact points and the check ------------------------------------------------------------------------------
def q(value: float) -> flint.fmpq:
    return flint.fmpq(*float(value).as_integer_ratio())


def fractions(values: np.ndarray) -> np.ndarray:
    out = np.empty(values.shape, dtype=object)
    out.reshape(-1)[:] = [q(v) for v in values.ravel().tolist()]
    return out


def points(x: BallArray, rng: np.random.Generator) -> list[np.ndarray]:
    """Exact points of the balls: both ends, the midpoint, ends at random, and fractions of the radius."""
    mid = fractions(x.mid)
    if x.rad is None:
        return [mid] * 5
    rad = fractions(x.rad)
    ends = rng.integers(0, 2, x.shape).astype(object) * 2 - 1
    between = rng.integers(-7, 8, x.shape).astype(object)
    return [mid - rad, mid, mid + rad, mid + rad * ends, mid + rad * between * flint.fmpq(1, 7)]


def misses(result: BallArray, exact: np.ndarray) -> int:
    """How many of the exact numbers are certainly outside of their ball."""
    assert result.shape == exact.shape
    rad = np.zeros(result.shape) if result.rad is None else result.rad
    assert rad.shape == result.shape
    assert not (rad < 0).any()
    assert not np.isfinite(rad[~np.isfinite(result.mid)]).any(), "a midpoint is not finite, its radius is"
    count = 0
    for m, r, v in zip(result.mid.ravel().tolist(), rad.ravel().tolist(), exact.ravel(), strict=True):
        if math.isfinite(r):
            low, high = q(m) - q(r), q(m) + q(r)
            count += bool(v < low or v > high)
    return count


def finite_share(result: BallArray) -> float:
    return 1.0 if result.rad is None else float(np.isfinite(result.rad).mean())


# -- adversarial balls ---------------------------------------------------------------------------------------
def doubles(rng: np.random.Generator, size: int) -> np.ndarray:
    """Doubles of every kind: all magnitudes, near 1, subnormals, powers of 2, the limits, both zeros."""
    mantissa = 1 + rng.integers(0, 2**52, size) * 2.0**-52
    anywhere = np.ldexp(mantissa, rng.integers(-1074, 1024, size))
    kinds = [
        anywhere,
        np.ldexp(mantissa, rng.integers(-3, 4, size)),
        np.ldexp(mantissa, rng.integers(-560, 512, size)),
        rng.integers(0, 9, size) * TINY,
        rng.integers(2**50, 2**53, size) * TINY,
        np.ldexp(1.0, rng.integers(-1074, 1024, size)),
        1 + rng.integers(-4, 5, size) * 2.0**-52,
        rng.choice([0.0, -0.0, HUGE, 2.0**-1022, 2.0**-1021, 2.0**-960, 2.0**-969, 0.5, 3.0], size),
    ]
    out = np.choose(rng.choice(len(kinds), size, p=[0.25, 0.2, 0.2, 0.08, 0.05, 0.08, 0.07, 0.07]), kinds)
    return out * rng.choice([1.0, -1.0], size)


def balls(rng: np.random.Generator, size: int) -> BallArray:
    """Balls of every kind: points, a rounding wide, touching 0, around 0, far wider, subnormal."""
    mid = doubles(rng, size)
    scale = np.abs(mid)
    kinds = [
        np.zeros(size),
        scale * 2.0**-53,
        scale * np.ldexp(1 + rng.random(size), rng.integers(-60, 0, size)),
        scale,
        scale * (1 - 2.0**-53),
        np.nextafter(scale, 0),
        rng.integers(0, 5, size) * TINY,
        np.abs(doubles(rng, size)),
    ]
    rad = np.choose(rng.choice(len(kinds), size, p=[0.15, 0.15, 0.3, 0.05, 0.1, 0.05, 0.1, 0.1]), kinds)
    return BallArray(mid, np.where(np.isfinite(rad), rad, 0.0))


def pair(rng: np.random.Generator, size: int) -> tuple[BallArray, BallArray]:
    """Two arrays of balls: half unrelated; half cancelling, or with a product or quotient near underflow."""
    x, y = balls(rng, size), balls(rng, size)
    near = x.mid * (1 + rng.integers(-3, 4, size) * 2.0**-52) * rng.choice([1.0, -1.0], size)
    exponent = np.frexp(x.mid)[1]
    target = rng.choice([-1074, -1073, -1060, -1022, -1021, -969, -960, 1023, 0], size)
    product = np.ldexp(1 + rng.random(size), np.clip(target - exponent, -1073, 1022))
    quotient = np.ldexp(1 + rng.random(size), np.clip(exponent - target, -1073, 1022))
    mid = np.choose(rng.choice(5, size, p=[0.4, 0.2, 0.15, 0.15, 0.1]), [y.mid, near, product, quotient, y.mid * 0 + 3])
    mid = np.where(np.isfinite(mid), mid, 1.0)
    rad = np.where(rng.random(size) < 0.5, np.abs(mid) * np.ldexp(1.0, rng.integers(-55, 0, size)), y.rad)
    return x, BallArray(mid, rad)


def bare(x: BallArray) -> BallArray:
    return BallArray(x.mid)


def variants(x: BallArray, y: BallArray) -> list[tuple[BallArray, BallArray]]:
    return [(x, y), (bare(x), bare(y)), (bare(x), y), (x, bare(y))]


# -- elementwise operations on pairs -------------------------------------------------------------------------
BINARY = {
    "add": (lambda x, y: x + y, lambda a, b: a + b),
    "subtract": (lambda x, y: x - y, lambda a, b: a - b),
    "multiply": (lambda x, y: x * y, lambda a, b: a * b),
    "minimum": (ball.minimum, np.minimum),
    "maximum": (ball.maximum, np.maximum),
}


def binary_misses(name: str, size: int, seed: int) -> int:
    rng = np.random.default_rng(seed)
    compute, exactly = BINARY[name]
    count = 0
    for x, y in variants(*pair(rng, size)):
        result = compute(x, y)
        assert finite_share(result) > 0.7
        for a, b in zip(points(x, rng), points(y, rng), strict=True):
            count += misses(result, np.asarray(exactly(a, b)))
    return count


@pytest.mark.parametrize("name", BINARY)
def test_pairs(name):
    assert binary_misses(name, 5000, 1) == 0


def division_misses(size: int, seed: int) -> int:
    rng = np.random.default_rng(seed)
    count = 0
    for x, y in variants(*pair(rng, size)):
        result = x / y
        holds_zero = np.abs(y.mid) <= (0 if y.rad is None else y.rad)
        assert not np.isfinite(result.rad[holds_zero]).any()
        for a, b in zip(points(x, rng), points(y, rng), strict=True):
            count += misses(result, a / np.where(holds_zero, flint.fmpq(1), b))
    return count


def test_division():
    assert division_misses(6000, 2) == 0


def test_division_of_what_underflows_by_a_wide_ball():
    # The quotient of midpoints is 2**-1084 and rounds to 0; at the far end of the divisor it is 2**-1031.
    result = BallArray(np.array([TINY])) / BallArray(np.array([2.0**10]), np.array([2.0**10 * (1 - 2.0**-53)]))
    assert misses(result, np.array([flint.fmpq(1, 2**1074) / flint.fmpq(1, 2**43)], dtype=object)) == 0


# -- elementwise operations on one array ---------------------------------------------------------------------
UNARY = {
    "negative": (lambda x: -x, lambda a: -a),
    "abs": (ball.abs, abs),
    "square": (ball.square, lambda a: a * a),
    "double": (lambda x: 2 * x, lambda a: 2 * a),
    "plus one": (lambda x: x + 1, lambda a: a + 1),
    "one less": (lambda x: 1 - x, lambda a: 1 - a),
    "a third": (lambda x: x / 3, lambda a: a / 3),
    "large int": (lambda x: x * (2**64 // 3), lambda a: a * (2**64 // 3)),
    **{f"power {n}": (lambda x, n=n: ball.power(x, n), lambda a, n=n: a**n) for n in (0, 1, 2, 3, 5, 8)},
}


@pytest.mark.parametrize("name", UNARY)
def test_one_array(name):
    rng = np.random.default_rng(3)
    compute, exactly = UNARY[name]
    for x in (balls(rng, 2000), bare(balls(rng, 2000))):
        result = compute(x)
        assert finite_share(result) > 0.5
        for a in points(x, rng):
            assert misses(result, exactly(a)) == 0


def test_sqrt():
    rng = np.random.default_rng(4)
    x = balls(rng, 3000)
    for y in (BallArray(np.abs(x.mid), x.rad), bare(BallArray(np.abs(x.mid))), x):
        result = ball.sqrt(y)
        rad = np.zeros(y.shape) if result.rad is None else result.rad
        whole_negative = (y.mid < 0) if y.rad is None else y.mid + y.rad < 0
        assert not np.isfinite(rad[whole_negative]).any()
        for a in points(y, rng):
            a = np.maximum(a, flint.fmpq(0))  # the argument is known to be non-negative
            for m, r, v, skip in zip(result.mid.tolist(), rad.tolist(), a, whole_negative.tolist(), strict=True):
                if math.isfinite(r) and not skip:
                    below, above = q(m) - q(r), q(m) + q(r)
                    assert above >= 0
                    assert above * above >= v
                    assert below <= 0 or below * below <= v


def test_sqrt_of_subnormals_whose_half_is_rounded():
    # rad/mid = 2/3, though 2 <= fl(3/2) = 2 in units of 2**-1074.
    result = ball.sqrt(BallArray(np.array([3 * TINY]), np.array([2 * TINY])))
    assert q(result.mid[0] - result.rad[0]) ** 2 <= flint.fmpq(1, 2**1074)


# -- elementary functions ------------------------------------------------------------------------------------
def arguments(rng: np.random.Generator, size: int) -> BallArray:
    x = balls(rng, size)
    moderate = rng.normal(0, rng.choice([1e-3, 1.0, 30.0, 400.0], size))
    keep = rng.random(size) < 0.3
    mid = np.where(keep, x.mid, moderate)
    return BallArray(mid, np.where(keep, x.rad, np.abs(mid) * np.ldexp(1.0, rng.integers(-60, 2, size))))


def elementary_misses(name: str, size: int, seed: int) -> int:
    rng = np.random.default_rng(seed)
    x = arguments(rng, size)
    if name == "log":
        x = BallArray(np.abs(x.mid), x.rad)
    if name == "log1p":
        x = BallArray(np.where(x.mid > -1, x.mid, -1 - 1 / x.mid), x.rad)
    count = 0
    with flint.ctx.workprec(1500):
        for y in (x, bare(x)):
            result = getattr(ball, name)(y)
            assert finite_share(result) > 0.3
            for a in points(y, rng)[:: 1 if y.rad is not None else 5]:
                values = np.empty(a.shape, dtype=object)
                values[:] = [getattr(flint.arb(v), name)() for v in a]
                undefined = np.array([not v.is_finite() for v in values])
                rad = np.where(undefined, result.rad, np.nan)
                assert not np.isfinite(rad[undefined]).any()
                count += misses(
                    BallArray(result.mid, np.where(undefined, np.nan, result.rad)),
                    np.where(undefined, flint.arb(0), values),
                )
    return count


@pytest.mark.parametrize("name", ELEMENTARY)
def test_elementary(name):
    assert elementary_misses(name, 1200, 5) == 0


@pytest.mark.parametrize("name", ELEMENTARY)
def test_elementary_without_crival(name, monkeypatch):
    monkeypatch.setattr(enclosures, "ival", None)
    assert elementary_misses(name, 120, 6) == 0


@pytest.mark.skipif(enclosures.ival is None, reason="crival has no wheel here")
@pytest.mark.parametrize("name", ELEMENTARY)
def test_both_enclosures_hold_the_same_numbers(name):
    rng = np.random.default_rng(7)
    x = np.abs(rng.normal(0, 3, 300)) + (TINY if name == "log" else 0)
    for low, high in ((x, x), (x, x + rng.random(300))):
        tight = enclosures.elementary(name, low, high)
        by_arb = enclosures.elementary_by_arb(name, low, high)
        assert (tight[0] <= by_arb[1]).all()
        assert (by_arb[0] <= tight[1]).all()
        if low is high:  # crival is tightest; Arb at 64 bits is at most a double further out
            assert (by_arb[0] <= tight[0]).all()
            assert (by_arb[1] >= tight[1]).all()
            assert (by_arb[1] - by_arb[0] <= 3 * np.spacing(np.abs(x) + np.abs(by_arb[1]))).all()


@pytest.mark.parametrize("name", ELEMENTARY)
def test_elementary_in_threads_gives_the_same(name, monkeypatch):
    x = np.random.default_rng(8).normal(0, 3, (5, 401)).T  # not contiguous
    x = np.abs(x) if name == "log" else np.where(x > -1, x, 0.5) if name == "log1p" else x
    alone = enclosures.elementary(name, x, x + 1)
    monkeypatch.setattr(enclosures, "ELEMENTS_PER_THREAD", 300)
    monkeypatch.setattr(enclosures, "_cores", lambda: 4)
    parts = enclosures.elementary(name, x, x + 1)
    assert np.array_equal(alone[0], parts[0])
    assert np.array_equal(alone[1], parts[1])
    assert alone[0].shape == x.shape


# -- sums, means, norms --------------------------------------------------------------------------------------
def tables(rng: np.random.Generator, shape: tuple[int, ...]) -> BallArray:
    """Balls with rows of one scale, rows of mixed scales, rows that cancel, and exact zeros."""
    x = balls(rng, math.prod(shape))
    mid, rad = x.mid.reshape(shape), x.rad.reshape(shape)
    scale = np.ldexp(1.0, rng.choice([-1074, -1050, -1000, -530, -100, 0, 0, 0, 300], (*shape[:-1], 1)))
    even = rng.normal(0, 1, shape) * scale
    mid = np.where(rng.random((*shape[:-1], 1)) < 0.6, even, mid * 2.0**-60)
    mid = np.where(rng.random((*shape[:-1], 1)) < 0.3, mid * (-1.0) ** np.arange(shape[-1]) + 0.0, mid)
    rad = np.where(rng.random(shape) < 0.7, np.abs(mid) * 2.0**-50, np.minimum(rad, 1e200))
    zero = rng.random(shape) < 0.15
    return BallArray(np.where(zero, 0.0, mid), np.where(zero, 0.0, rad))


def exact_sum(a: np.ndarray, axis: int) -> np.ndarray:
    return rational.sum(a, axis)


@pytest.mark.parametrize("k", [0, 1, 2, 3, 7, 8, 33, 200])
def test_sums(k):
    rng = np.random.default_rng(k)
    x = tables(rng, (40, k))
    weights = tables(rng, (1, k))
    for y in (x, bare(x)):
        for a in points(y, rng)[:: 1 if y.rad is not None else 5]:
            assert misses(ball.sum(y, -1), exact_sum(a, -1)) == 0
            assert misses(ball.sum(ball.transpose(y, (1, 0)), 0), exact_sum(a, -1)) == 0
            assert misses(ball.squared_norm(y), exact_sum(a * a, -1)) == 0
            if k:
                assert misses(ball.mean(y, 1), exact_sum(a, 1) / k) == 0
        for a, w in zip(points(y, rng), points(weights, rng), strict=True):
            assert misses(ball.weighted_sum(weights, y, -1), exact_sum(w * a, -1)) == 0


def test_norm():
    rng = np.random.default_rng(11)
    x = tables(rng, (60, 5))
    result = ball.norm(x)
    for a in points(x, rng):
        for m, r, v in zip(result.mid.tolist(), result.rad.tolist(), exact_sum(a * a, -1), strict=True):
            if math.isfinite(r):
                assert (q(m) + q(r)) ** 2 >= v
                assert q(m) <= q(r) or (q(m) - q(r)) ** 2 <= v


# -- matrix products -----------------------------------------------------------------------------------------
def product_misses(lead: tuple[int, ...], m: int, d: int, p: int, seed: int) -> int:
    rng = np.random.default_rng(seed)
    a, x, y = tables(rng, (*lead, m, d)), tables(rng, (*lead, p, d)), tables(rng, (*lead, p, m))
    count = 0
    for data, vectors in variants(a, x):
        result = ball.matvec(data, vectors)
        for e, f in zip(points(data, rng), points(vectors, rng), strict=True):
            count += misses(result, rational.matvec(e, f))
    for data, vectors in variants(a, y):
        result = ball.rmatvec(data, vectors)
        for e, f in zip(points(data, rng), points(vectors, rng), strict=True):
            count += misses(result, rational.rmatvec(e, f))
    return count


@pytest.mark.parametrize(
    ("lead", "m", "d", "p"),
    [((), 3, 1, 1), ((7,), 2, 2, 2), ((5, 2), 3, 5, 2), ((4,), 8, 4, 1), ((2,), 5, 33, 3), ((1,), 3, 200, 2),
     ((2,), 40, 3, 1), ((3,), 4, 0, 2)],
)  # fmt: skip
def test_matrix_products(lead, m, d, p):
    assert product_misses(lead, m, d, p, 13) == 0


def test_products_broadcast_views_and_strides():
    rng = np.random.default_rng(14)
    a, x = tables(rng, (3, 1, 4, 6)), tables(rng, (2, 2, 6))
    view = ball.transpose(tables(rng, (6, 2, 2)), (1, 2, 0))
    for vectors in (x, ball.broadcast_to(x[:1], (2, 2, 6)), view, x[..., ::-1], x[:, :1]):
        for data in (
            a,
            ball.broadcast_to(a[:1], (3, 2, 4, 6)),
            ball.transpose(ball.transpose(a, (0, 1, 3, 2)), (0, 1, 3, 2)),
        ):
            result = ball.matvec(data, vectors)
            for e, f in zip(points(data, rng), points(vectors, rng), strict=True):
                assert misses(result, rational.matvec(e, f)) == 0


def test_product_that_overflows_on_the_way_is_unbounded():
    # The partial sums overflow, the exact sum is 0; the radius, smaller by gamma, would stay finite.
    data = BallArray(np.array([[1e160, 1e160, 1e160, 1e160]]))
    vectors = BallArray(np.array([[1.5e148, 1.5e148, -1.5e148, -1.5e148]]))
    assert not np.isfinite(ball.matvec(data, vectors).rad).any()
    assert not np.isfinite(ball.rmatvec(ball.transpose(data, (1, 0)), vectors).rad).any()
    assert not np.isfinite(ball.squared_norm(BallArray(np.array([1e154, 1e155]))).rad).any()
    assert not np.isfinite(ball.sum(BallArray(np.array([HUGE, HUGE, -HUGE, -HUGE])), 0).rad).any()


def test_sum_that_overflows_in_one_order_only_is_unbounded():
    # The midpoints are summed pairwise and overflow; their cached sizes, in the other layout, one by one and
    # do not.
    x = BallArray(np.full((2, 200), 2.0**969))
    x.mid[:, 0] = HUGE
    x._absolute = np.asfortranarray(x.mid)
    assert np.isinf(np.sum(x.mid, axis=-1)).all()
    assert np.isfinite(np.sum(x._absolute, axis=-1)).all()
    assert not np.isfinite(ball.sum(x, -1).rad).any()


def test_a_blas_that_skips_zero_factors_does_not_lose_an_infinity(monkeypatch):
    def skipping(x, y):
        skip = (x[..., :, :, None] == 0) | (y[..., None, :, :] == 0)
        return np.where(skip, 0.0, x[..., :, :, None] * y[..., None, :, :]).sum(axis=-2)

    monkeypatch.setattr(np, "matmul", skipping)
    zero = ball.exact([[0.0, 1.0]])
    for r in UNBOUNDED:
        lost = BallArray(np.array([[2.0, 3.0]]), np.array([[r, 0.25]]))
        for result in (ball.matvec(zero, lost), ball.matvec(lost, zero)):
            assert not np.isfinite(result.rad).any()


# -- the same through whole formulas: lipschitz, shape operations, vanishing_with ----------------------------
def test_lipschitz():
    rng = np.random.default_rng(15)
    x = arguments(rng, 400)
    third = Fraction(1, 3)

    def function(ar, t):
        return ar.sin(t), ar.tanh(t) / 3

    sine, tangent = ball.lipschitz(function, x, (Fraction(1), third))
    (single,) = ball.lipschitz(lambda ar, t: (ar.atan(t),), x, (Fraction(1),))
    (halved,) = ball.lipschitz(lambda ar, t: (t / 2**40,), x, (Fraction(1, 2**40),))
    with flint.ctx.workprec(1500):
        for a in points(x, rng):
            numbers = [flint.arb(v) for v in a]
            for result, f in (
                (sine, lambda v: v.sin()),
                (tangent, lambda v: v.tanh() / 3),
                (single, lambda v: v.atan()),
            ):
                values = np.empty(len(a), dtype=object)
                values[:] = [f(v) for v in numbers]
                assert misses(result, values) == 0
            assert misses(halved, a / 2**40) == 0


def test_lipschitz_without_a_constant_runs_on_the_balls():
    x = BallArray(np.array([1.0]), np.array([0.5]))
    wide, none = ball.lipschitz(lambda ar, t: (ar.sin(t), ar.square(t)), x, (Fraction(1), None))
    assert misses(none, np.array([flint.fmpq(9, 4)], dtype=object)) == 0
    assert wide.rad[0] < 0.5


def test_shape_operations_keep_every_ball():
    rng = np.random.default_rng(16)
    x, y = balls(rng, 24).reshape(2, 3, 4), bare(balls(rng, 24)).reshape(2, 3, 4)
    x.absolute  # noqa: B018  the cache must follow
    moves = [
        lambda ar, s, t: ar.stack([s, t], 1),
        lambda ar, s, t: ar.concatenate([t, s], -1),
        lambda ar, s, t: ar.broadcast_to(s[:, :1], (5, 2, 3, 4)),
        lambda ar, s, t: ar.transpose(s, (2, 0, 1)),
        lambda ar, s, t: ar.take(s, [2, 0, 0], 1),
        lambda ar, s, t: s[..., None, 1:, ::-1],
        lambda ar, s, t: s.reshape(6, 4)[1],
        lambda ar, s, t: s.reshape(4, 6)[None, ..., 2],
        lambda ar, s, t: s[1, 2, 3, ...],
    ]
    for move in moves:
        result = move(ball, x, y)
        assert misses(result, move(rational, fractions(x.mid), fractions(y.mid))) == 0
        assert np.array_equal(result.absolute, np.abs(result.mid))
        for a, b in zip(points(x, rng), points(y, rng), strict=True):
            assert misses(result, np.asarray(move(rational, a, b), dtype=object)) == 0


def test_vanishing_with():
    x = BallArray(np.array([1.0, 2.0, np.nan]), np.array([0.5, 0.5, np.nan]))
    step = BallArray(np.array([0.0, 0.0, 0.0]), np.array([0.0, TINY, 0.0]))
    result = ball.vanishing_with(x, step)
    assert result.mid.tolist() == [0.0, 2.0, 0.0]
    assert result.rad.tolist() == [0.0, 0.5, 0.0]
    assert ball.vanishing_with(bare(x), BallArray(np.zeros(3))).rad is None
    assert ball.vanishing_with(x, BallArray(np.zeros(3), np.full(3, np.nan))) is x


# -- entering and leaving ------------------------------------------------------------------------------------
def numbers(rng: np.random.Generator, count: int) -> list[Fraction]:
    top = [int(v) for v in rng.integers(-(2**62), 2**62, count)]
    bottom = [int(v) for v in rng.integers(1, 2**62, count)]
    shift = [int(v) for v in rng.integers(-1080, 1020, count)]
    out = [Fraction(a, b) * Fraction(2) ** s for a, b, s in zip(top, bottom, shift, strict=True)]
    return [
        *out,
        Fraction(1, 3),
        Fraction(2**1024),
        Fraction(-(10**400)),
        Fraction(1, 10**400),
        Fraction(2**53 + 1),
        Fraction(0),
    ]


def exact_misses() -> int:
    values = numbers(np.random.default_rng(17), 2000)
    exact = np.empty(len(values), dtype=object)
    exact[:] = [flint.fmpq(v.numerator, v.denominator) for v in values]
    return misses(ball.exact(values), exact)


def test_fractions_come_in_whole():
    assert exact_misses() == 0
    assert ball.exact([Fraction(1, 4), 3]).rad is None
    assert ball.exact([0.1, 1e-320]).rad is None
    assert ball.exact(Fraction(1, 3)).shape == ()
    assert not np.isfinite(ball.exact(10**400).rad)
    for wrong in (math.nan, math.inf, True, "1", None, 1j, [1.0, math.nan]):
        with pytest.raises(InputError):
            ball.exact(wrong)


@pytest.mark.skipif(np.finfo(np.longdouble).nmant <= 52, reason="long double is double here")
def test_long_doubles_are_not_rounded_on_the_way_in():
    wide = np.array([1, 1], dtype=np.longdouble)
    wide[1] += np.longdouble(2) ** -60
    result = ball.exact(wide)
    assert misses(result, np.array([flint.fmpq(1), 1 + flint.fmpq(1, 2**60)], dtype=object)) == 0
    assert result.rad is not None


def test_from_arb():
    rng = np.random.default_rng(18)
    values = numbers(rng, 500)
    wide = np.empty(len(values), dtype=object)
    exact = wide.copy()
    with flint.ctx.workprec(120):
        wide[:] = [flint.arb(flint.fmpq(v.numerator, v.denominator)) for v in values]
    exact[:] = [flint.fmpq(v.numerator, v.denominator) for v in values]
    result = ball.from_arb(wide)
    assert misses(result, exact) == 0
    lost = np.array([flint.arb("nan"), flint.arb(0, "inf"), flint.arb("inf"), flint.arb(10) ** 400], dtype=object)
    assert not np.isfinite(ball.from_arb(lost).rad).any()
    for v, low, high in zip(exact, *enclosures.arb_bounds(wide), strict=True):
        assert low == -math.inf or q(low) <= v
        assert high == math.inf or v <= q(high)


def bound_misses(size: int) -> int:
    x = balls(np.random.default_rng(19), size)
    count = 0
    for m, r, low, high in zip(*(a.tolist() for a in (x.mid, x.rad, ball.lower(x), ball.upper(x))), strict=True):
        count += math.isfinite(low) and q(low) > q(m) - q(r)
        count += math.isfinite(high) and q(high) < q(m) + q(r)
        count += low == math.inf or high == -math.inf
    return count


def test_lower_and_upper():
    assert bound_misses(5000) == 0
    x = BallArray(np.array([1.0, 1.0, np.nan, np.inf, 0.1]), np.array([0.0, np.inf, np.nan, np.nan, 0.0]))
    assert ball.lower(x).tolist() == [1.0, -np.inf, -np.inf, -np.inf, 0.1]
    assert ball.upper(x).tolist() == [1.0, np.inf, np.inf, np.inf, 0.1]


def test_less_equal():
    rng = np.random.default_rng(20)
    x, y = pair(rng, 4000)
    answers = ball.less_equal(x, y)
    low_x, high_x = fractions(x.mid) - fractions(x.rad), fractions(x.mid) + fractions(x.rad)
    low_y, high_y = fractions(y.mid) - fractions(y.rad), fractions(y.mid) + fractions(y.rad)
    for answer, a, b, c, d in zip(answers.tolist(), low_x, high_x, low_y, high_y, strict=True):
        assert answer == -1 or (b <= c if answer == 1 else a > d)
    assert set(answers.tolist()) == {-1, 0, 1}
    assert answers.dtype == np.int8


def test_less_equal_on_ties_and_unbounded():
    point = ball.exact([1.0, 0.0, -0.0])
    assert ball.less_equal(point, point).tolist() == [1, 1, 1]
    assert ball.less_equal(ball.exact([1.0]), BallArray(np.array([1.0]), np.array([TINY]))).tolist() == [-1]
    for r in UNBOUNDED:
        for m in (0.0, 1e300, np.inf, -np.inf, np.nan):
            lost = BallArray(np.array([m]), np.array([r]))
            for other in (ball.exact([-HUGE]), ball.exact([HUGE]), lost):
                assert ball.less_equal(lost, other).tolist() == [-1]
                assert ball.less_equal(other, lost).tolist() == [-1]


# -- unbounded is contagious ---------------------------------------------------------------------------------
LOST = [
    BallArray(np.array([m]), np.array([r]))
    for r in UNBOUNDED
    for m in (0.0, 1.0, -3.0, 1e-310, np.inf, -np.inf, np.nan)
]


@pytest.mark.parametrize("other", [0.0, 1.0, -1e300, TINY])
def test_unbounded_is_contagious(other):
    point = ball.exact([other])
    widths = [point, BallArray(point.mid, np.array([0.0])), BallArray(point.mid, np.array([0.25]))]
    results = []
    for lost in LOST:
        for y in widths:
            results += [lost + y, y - lost, lost * y, y * lost, lost / y, y / lost]
            results += [ball.minimum(lost, y), ball.maximum(y, lost)]
            both = ball.concatenate([lost, y], 0)
            results += [ball.sum(both, 0), ball.mean(both, 0), ball.squared_norm(both), ball.norm(both)]
            results += [ball.weighted_sum(ball.exact([0.0, 1.0]), both, 0)]
            results += [
                ball.matvec(both[None], ball.exact([[0.0, 1.0]])),
                ball.rmatvec(both[:, None], ball.exact([[0.0, 1.0]])),
            ]
            results += [
                ball.matvec(ball.exact([[0.0, 1.0]]), both[None]),
                ball.matvec(both[None], both[None]),
            ]
        results += [ball.abs(lost), -lost, ball.square(lost), ball.sqrt(lost)]
        results += [ball.power(lost, n) for n in (0, 1, 2, 3)]
        results += [getattr(ball, name)(lost) for name in ELEMENTARY]
        results += [
            ball.lipschitz(lambda ar, t: (ar.tanh(t),), lost, (bound,))[0] for bound in (Fraction(1), Fraction(0), None)
        ]
        results += [ball.stack([lost, point], 0)[0], ball.broadcast_to(lost, (3, 1)), ball.take(lost, [0], 0)]
    for result in results:
        assert result.rad is not None
        assert not np.isfinite(result.rad).any()


@pytest.mark.parametrize("name", ELEMENTARY)
@pytest.mark.parametrize("crival", [True, False])
def test_elementary_at_points_that_are_no_numbers(name, crival, monkeypatch):
    if not crival:
        monkeypatch.setattr(enclosures, "ival", None)
    result = getattr(ball, name)(BallArray(np.array([np.inf, -np.inf, np.nan])))
    assert not np.isfinite(result.rad).any()


@pytest.mark.parametrize("crival", [True, False])
def test_outside_of_the_domain_is_unbounded(crival, monkeypatch):
    if not crival:
        monkeypatch.setattr(enclosures, "ival", None)
    x = BallArray(np.array([0.0, -1.0, 0.5, -2.0]), np.array([0.0, 0.0, 1.0, 5.0]))
    assert not np.isfinite(ball.log(x).rad).any()
    assert not np.isfinite(ball.log(bare(x)).rad[[0, 1, 3]]).any()
    assert not np.isfinite(ball.log1p(x - 1).rad).any()
    assert not np.isfinite(ball.exp(ball.exact([800.0])).rad).any()
    assert not np.isfinite(ball.sqrt(ball.exact([-1.0])).rad).any()


def test_a_row_that_is_lost_does_not_lose_the_others():
    data = BallArray(np.ones((2, 3)))
    vectors = BallArray(np.ones((2, 3)), np.array([[0.0, np.nan, 0.0], [0.0, 0.0, 0.0]]))
    assert np.isfinite(ball.matvec(data, vectors).rad).tolist() == [[False, False], [True, True]]


# -- exact zeros, empty and 0-d arrays -----------------------------------------------------------------------
def test_exact_zeros_stay_exact():
    zero, x = ball.exact([0.0, -0.0]), BallArray(np.array([3.0, TINY]), np.array([0.1, 1.0]))
    product = zero * x
    for result in (
        *(product, x * zero, zero + zero, zero / (x + 5), ball.square(zero), ball.tanh(zero)),
        *(
            ball.sqrt(zero),
            ball.sqrt(product),
            ball.norm(product),
            ball.squared_norm(zero),
            ball.sum(product, 0),
        ),
        *(ball.matvec(zero[None], x[None]), ball.matvec(x[None], product[None])),
    ):
        assert (result.mid == 0).all()
        assert result.rad is None or (result.rad == 0).all()
    crossed = ball.matvec(ball.exact([[0.0, 1.0]]), ball.exact([[1.0, 0.0]]))
    assert crossed.rad.tolist() == [[0.0]]


def test_no_axes_and_no_elements():
    x = ball.exact(3)
    for result in (
        *(x + x, 1 - x, x * x, x / 3, -x, ball.sqrt(x), ball.exp(x), ball.minimum(x, 1), ball.power(x, 3)),
        *(ball.abs(x), ball.sum(x[None], 0), ball.norm(x[None]), x[None][0], ball.stack([x, x], 0)[1]),
    ):
        assert isinstance(result.mid, np.ndarray)
        assert result.rad is None or isinstance(result.rad, np.ndarray)
        assert result.shape == ()
    for r in (None, np.zeros((0, 4))):
        empty = BallArray(np.zeros((0, 4)), r)
        for result in (
            empty + 1,
            empty * empty,
            empty / 2,
            ball.exp(empty),
            ball.sqrt(empty),
            ball.minimum(empty, 0),
        ):
            assert result.shape == (0, 4)
        assert ball.squared_norm(empty).shape == (0,)
        assert ball.sum(empty, 0).mid.tolist() == [0.0] * 4
        assert ball.matvec(BallArray(np.zeros((2, 4))), empty).shape == (0, 2)


def test_results_are_sharp():
    """Containment alone would be met by infinite radii: on tame numbers the radius is a few roundings."""
    rng = np.random.default_rng(21)
    x, y = ball.exact(1 + rng.random(100)), ball.exact(1 + rng.random(100))
    for result in (x + y, x * y, x / y, ball.sqrt(x), ball.exp(x), ball.tanh(x), ball.log(x), ball.atan(x)):
        assert (result.rad <= 8 * 2.0**-53 * result.mid).all()
    assert ball.sum(x, 0).rad <= 110 * 2.0**-53 * ball.sum(x, 0).mid
    assert ball.matvec(x[None], y[None]).rad <= 110 * 2.0**-53 * 225
    low = ball.minimum(BallArray(np.array([1.0]), np.array([1e-9])), BallArray(np.array([2.0]), np.array([0.5])))
    assert low.rad.tolist() == [1e-9]


# -- teeth: without its guard, each check reports a miss -----------------------------------------------------
def test_teeth_rounding_of_a_result(monkeypatch):
    monkeypatch.setattr(ball_module, "DOUBLE_ROUNDOFF", 0.0)
    assert binary_misses("add", 100, 1)
    assert binary_misses("multiply", 100, 1)
    assert division_misses(100, 2)


@pytest.mark.parametrize("name", ["add", "multiply"])
def test_teeth_rounding_of_a_radius(name, monkeypatch):
    monkeypatch.setattr(ball_module, "RADIUS_GROWTH", 1.0)
    assert binary_misses(name, 700, 1)


def overlap_misses() -> int:
    """A wide ball that reaches beyond a point, by a distance that is rounded."""
    rng = np.random.default_rng(24)
    x, y = ball.exact(np.zeros(500)), BallArray(-rng.random(500), 100 * rng.random(500) + 1)
    reach = fractions(y.mid) + fractions(y.rad)
    return misses(ball.maximum(x, y), reach) + misses(ball.minimum(x, -y), -reach)


def test_teeth_radius_of_the_larger(monkeypatch):
    assert overlap_misses() == 0
    monkeypatch.setattr(ball_module, "RADIUS_GROWTH", 1.0)
    assert overlap_misses()


def test_teeth_rounding_of_a_quotients_radius(monkeypatch):
    monkeypatch.setattr(ball_module, "RADIUS_GROWTH", 1.0)
    assert division_misses(900, 2)


def test_teeth_underflow(monkeypatch):
    monkeypatch.setattr(ball_module, "UNDERFLOW_ERROR", 0.0)
    assert binary_misses("multiply", 700, 1)
    assert division_misses(900, 2)
    assert product_misses((5, 2), 3, 5, 2, 13)


def test_teeth_gamma(monkeypatch):
    rng = np.random.default_rng(22)
    x = ball.exact(rng.random((30, 20)))
    exact = fractions(x.mid)
    monkeypatch.setattr(ball_module, "gamma", lambda k: 0.0)
    assert misses(ball.sum(x, -1), exact_sum(exact, -1))
    assert misses(ball.squared_norm(x), exact_sum(exact * exact, -1))
    assert misses(ball.matvec(x, x), rational.matvec(exact, exact))


TINY_ROW, HUGE_ROW = (
    np.array([[3 * TINY, 5 * TINY, 7 * TINY]]) * 1000,
    np.array([[1.1e300, 1.3e300, 1.7e300]]),
)


def small_product_misses() -> int:
    result = ball.matvec(ball.exact(HUGE_ROW), ball.exact(TINY_ROW))
    return misses(result, rational.matvec(fractions(HUGE_ROW), fractions(TINY_ROW)))


def test_spread_that_underflows_is_lifted():
    assert small_product_misses() == 0


def test_teeth_spread_that_underflows(monkeypatch):
    monkeypatch.setattr(ball_module, "UNDERFLOW_FREE", 0.0)
    assert small_product_misses()


def test_teeth_squared_norm_that_underflows(monkeypatch):
    row = np.array([[1.3e-162, 1.7e-162]])
    exact = exact_sum(fractions(row) ** 2, -1)
    assert misses(ball.squared_norm(ball.exact(row)), exact) == 0
    monkeypatch.setattr(ball_module, "UNDERFLOW_FREE", 0.0)
    assert misses(ball.squared_norm(ball.exact(row)), exact)


def test_teeth_widening_that_underflows(monkeypatch):
    x = BallArray(np.array([0.0]), np.array([TINY]))
    bound = Fraction(1, 3)
    exact = np.array([flint.fmpq(1, 3 * 2**1074)], dtype=object)

    def third(ar, t):
        return (BallArray(np.zeros(t.shape)),)

    assert misses(ball.lipschitz(third, x, (bound,))[0], exact) == 0
    monkeypatch.setattr(ball_module, "UNDERFLOW_ERROR", 0.0)
    assert misses(ball.lipschitz(third, x, (bound,))[0], exact)


def test_teeth_lipschitz_constant_rounded_up(monkeypatch):
    x = BallArray(np.array([0.0]), np.array([1.0]))
    bound = Fraction(1, 10) + Fraction(1, 10**17)
    exact = np.array([flint.fmpq(bound.numerator, bound.denominator)], dtype=object)

    def zero(ar, t):
        return (BallArray(np.zeros(t.shape)),)

    assert misses(ball.lipschitz(zero, x, (bound,))[0], exact) == 0
    monkeypatch.setattr(ball_module, "_above", lambda v: 0.1)
    monkeypatch.setattr(ball_module, "RADIUS_GROWTH", 1.0)
    assert misses(ball.lipschitz(zero, x, (bound,))[0], exact)


def test_teeth_radius_of_fractions(monkeypatch):
    monkeypatch.setattr(ball_module, "double_above", lambda v: -double_above(-v))
    assert exact_misses()


@pytest.mark.parametrize("name", ELEMENTARY)
def test_teeth_elementary_functions(name, monkeypatch):
    others = {"atan": np.arctan, "asinh": np.arcsinh, "erf": np.vectorize(math.erf, otypes=[float])}
    function = others[name] if name in others else getattr(np, name)

    def nearest(_, low, high):
        ends = function(low), function(high)
        return np.minimum(*ends), np.maximum(*ends)

    monkeypatch.setattr(enclosures, "elementary", nearest)
    assert elementary_misses(name, 150, 5)


def test_teeth_bounds(monkeypatch):
    monkeypatch.setattr(ball_module, "RELATIVE_ULP", 0.0)
    assert bound_misses(1000)


def test_teeth_from_bounds(monkeypatch):
    monkeypatch.setattr(ball_module, "RADIUS_GROWTH", 1.0)
    rng = np.random.default_rng(23)
    low, high = rng.normal(0, 1, 2000), rng.normal(5, 1, 2000)
    low, high = np.minimum(low, high), np.maximum(low, high)
    around = ball_module.from_bounds(low, high)
    assert misses(around, fractions(low)) + misses(around, fractions(high))


def test_teeth_overflow_of_a_midpoint(monkeypatch):
    monkeypatch.setattr(ball_module, "_all_finite", lambda x: True)
    data, vectors = BallArray(np.array([[1e160]])), BallArray(np.array([[1e150]]))
    assert np.isfinite(ball.matvec(data, vectors).rad).all()


# -- radii by norms, scaling by powers of 2, and elementary functions by others ------------------------------
def dense_product_misses(k: int, scale: float = 1.0) -> int:
    """Rows parallel to the columns, for which Cauchy and Schwarz is an equation; and rows of wide balls."""
    rng = np.random.default_rng(25)
    data = ball.exact((1 + rng.random((6, 3, k))) * scale)
    near = data.mid * (1 + 2.0**-40 * rng.random((6, 1, 1)))
    count = 0
    for x in (ball.exact(near), BallArray(near, np.abs(near)), BallArray(near, near * 2.0**-60)):
        result = ball.matvec(data, x)
        for e in points(x, rng):
            count += misses(result, rational.matvec(fractions(data.mid), e))
    return count


@pytest.mark.parametrize("k", [1, 2, 3, 17, 60])
def test_radius_by_norms(k, monkeypatch):
    used = []
    by_norms = ball_module._radius_by_norms
    monkeypatch.setattr(ball_module, "_radius_by_norms", lambda *a: used.append(by_norms(*a)) or used[-1])
    assert dense_product_misses(k) == 0
    assert all(rad is not None for rad in used)
    for scale in (2.0**-449, 2.0**-480, 2.0**-500, 2.0**-530, 2.0**400, 2.0**449, 2.0**500):
        assert dense_product_misses(k, scale) == 0


def test_teeth_norms_lose_no_rounding(monkeypatch):
    monkeypatch.setattr(ball_module, "gamma", lambda k: 0.0)  # the radii are met exactly, to rounding
    assert dense_product_misses(17)


def test_teeth_norms_of_the_matrix(monkeypatch):
    norms = ball_module._norms
    monkeypatch.setattr(ball_module, "_norms", lambda a, axis: norms(a, axis) * (1 - 2.0**-20))
    assert dense_product_misses(17)


def test_norms_along_either_axis():
    a = ball.exact(1 + np.random.default_rng(26).random((2, 3, 5)))
    assert np.allclose(a.norms(-1), np.linalg.norm(a.mid, axis=-1), rtol=1e-15, atol=0)
    assert np.allclose(a.norms(-2), np.linalg.norm(a.mid, axis=-2), rtol=1e-15, atol=0)
    assert BallArray(a.mid, a.mid).norms(-1) is None
    for entry in (0.0, 1e200, np.nan, np.inf):
        spoilt = a.mid.copy()
        spoilt[1, 2, 3] = entry
        assert BallArray(spoilt).norms(-1) is None
        assert BallArray(spoilt).norms(-2) is None


def test_teeth_tiny_and_huge_norms(monkeypatch):
    tiny, huge = ball.exact([[1.1e-170, 1.3e-170]]), ball.exact([[1.1e160, 1.3e160]])
    exact = rational.matvec(fractions(tiny.mid), fractions(tiny.mid))
    across = ball.exact([[1.5e160, -1.5e160]])  # the two products overflow, their sum is moderate
    assert misses(ball.matvec(tiny, tiny), exact) == 0
    assert not np.isfinite(ball.matvec(huge, across).rad).any()
    monkeypatch.setattr(ball_module, "UNDERFLOW_FREE", 0.0)
    monkeypatch.setattr(ball_module, "LEAST_NORM", 0.0)
    monkeypatch.setattr(ball_module, "_norms", lambda a, axis: np.sqrt(np.sum(a * a, axis)))
    monkeypatch.setattr(ball_module, "UNDERFLOW_ERROR", 0.0)
    assert misses(ball.matvec(tiny, tiny), exact)


def power_of_two_misses() -> int:
    rng = np.random.default_rng(27)
    x = balls(rng, 1500)
    x = x[np.flatnonzero(np.abs(x.mid) >= 2.0**-900)]
    tiny = BallArray(np.full(9, 1.5), np.arange(9) * TINY)
    count = 0
    for factor in (0.5, 2.0, -4.0, 2.0**-40, 2.0**30):
        for y in (x, bare(x), tiny):
            result = y * ball.exact(factor)
            quotient = y / ball.exact(factor)
            for a in points(y, rng):
                count += misses(result, a * q(factor)) + misses(quotient, a / q(factor))
    return count


def test_powers_of_two():
    assert power_of_two_misses() == 0
    assert (ball.exact([3.0, 5.0]) * 4).rad is None
    assert (ball.exact([3.0, 5.0]) / 8).rad is None
    assert (ball.exact([3.0, 5.0]) / 3).rad is not None
    assert misses(ball.exact([3 * TINY]) / 2, np.array([flint.fmpq(3, 2**1075)], dtype=object)) == 0
    assert not np.isfinite((ball.exact([HUGE]) * 2).rad).any()


def test_teeth_power_of_two(monkeypatch):
    monkeypatch.setattr(ball_module, "UNDERFLOW_ERROR", 0.0)
    assert power_of_two_misses()
    monkeypatch.setattr(ball_module, "_is_power_of_two", lambda x: x.rad is None and x.ndim == 0)
    third = ball.exact([1.1]) * ball.exact(1.3)
    assert misses(third, np.array([q(1.1) * q(1.3)], dtype=object))


def indirect_misses(name: str) -> int:
    """tanh and cos at points, exp of narrow balls: each by a formula of its own."""
    rng = np.random.default_rng(28)
    mid = rng.normal(0, 1, 600) * np.ldexp(1.0, rng.integers(-60, 8, 600))
    mid = np.concatenate([mid, [2.0**-950, -(2.0**-900), 700.0, -700.0, 355.0 / 226.0, math.pi]])
    rad = {"exp": np.minimum(np.abs(mid) * np.ldexp(1.0, rng.integers(-60, 1, mid.size)), 1.0)}.get(name)
    x = BallArray(mid, rad)
    count = 0
    with flint.ctx.workprec(1500):
        for a in points(x, rng)[:: 1 if name == "exp" else 5]:
            values = np.empty(len(a), dtype=object)
            values[:] = [getattr(flint.arb(v), name)() for v in a]
            count += misses(getattr(ball, name)(x), values)
    return count


@pytest.mark.parametrize("crival", [True, False])
@pytest.mark.parametrize("name", ["tanh", "cos", "exp"])
def test_elementary_by_others(name, crival, monkeypatch):
    if not crival:
        monkeypatch.setattr(enclosures, "ival", None)
    assert indirect_misses(name) == 0


@pytest.mark.parametrize("name", ["tanh", "cos", "exp"])
def test_teeth_width_of_the_function_within(name, monkeypatch):
    """An enclosure 32 ulps wide to one side is carried over; taken for a point, it misses."""
    tight = enclosures.elementary

    def wide(name, a, b):
        low, high = tight(name, a, b)
        return low - np.abs(low) * 2.0**-48, high

    monkeypatch.setattr(enclosures, "elementary", wide)
    assert indirect_misses(name) == 0
    monkeypatch.setattr(enclosures, "elementary", lambda name, a, b: (wide(name, a, b)[0],) * 2)
    assert indirect_misses(name)


def test_teeth_roundings_of_cos(monkeypatch):
    monkeypatch.setattr(ball_module, "FOUR_UNITS", 0.0)
    assert indirect_misses("cos")


def test_teeth_roundings_of_tanh(monkeypatch):
    tight = enclosures.elementary
    monkeypatch.setattr(enclosures, "elementary", lambda name, a, b: (tight(name, a, b)[0],) * 2)
    monkeypatch.setattr(ball_module, "THREE_UNITS", 0.0)
    assert indirect_misses("tanh") > 300


def test_bounds_are_rounded_up():
    for bound in (Fraction(1, 3), Fraction(2**60 + 1), Fraction(1, 10**320), Fraction(10**400), Fraction(0)):
        above = ball_module._above(bound)
        assert above == math.inf or bound <= Fraction(above)
    assert ball_module._above(Fraction(0)) == 0


def test_from_arb_steps_outward(monkeypatch):
    third = np.array([flint.arb(1) / 3, flint.arb(-1) / 3], dtype=object)
    low, high = enclosures.arb_bounds(third)
    assert all(q(a) < flint.fmpq(s, 3) < q(b) for a, b, s in zip(low, high, (1, -1), strict=True))


# -- the processor's mode ------------------------------------------------------------------------------------
class Modes:
    """The floating-point environment of this thread, read and written through the C library."""

    def __init__(self) -> None:
        self.libc = ctypes.CDLL(None)
        self.saved = ctypes.create_string_buffer(256)
        self.libc.fegetenv(self.saved)

    def restore(self) -> None:
        self.libc.fesetenv(self.saved)

    def flush_subnormals(self) -> None:
        changed = ctypes.create_string_buffer(self.saved.raw, 256)
        x86 = platform.machine() == "x86_64"
        word = ctypes.c_uint32.from_buffer(changed, 28 if x86 else 0)  # MXCSR in glibc's fenv_t, or FPCR
        word.value |= 0x8040 if x86 else 1 << 24
        self.libc.fesetenv(changed)


@pytest.fixture
def modes():
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64") or platform.libc_ver()[0] != "glibc":
        pytest.skip("the layout of fenv_t is known for glibc on x86-64 and aarch64 only")
    found = Modes()
    yield found
    found.restore()


def test_flushed_subnormals_are_refused(modes):
    ball_module.check_floating_point()
    modes.flush_subnormals()
    with pytest.raises(ball_module.FloatingPointModeError, match="subnormal"):
        ball.working()


@pytest.mark.parametrize("which", [ball, "judge"])
def test_subnormals_flushed_inside_a_block_are_noticed_at_its_end(modes, which):
    """As when a claim imports a library built with -ffast-math: what was computed since is worth nothing."""

    def flushing(x):
        modes.flush_subnormals()
        return x.alpha

    with pytest.raises(ball_module.FloatingPointModeError, match="subnormal"):  # noqa: PT012
        if which == "judge":
            claim = dataclasses.replace(load_claim("lemma_4_8"), hypotheses=(), left=flushing, right=lambda x: x.alpha)
            judge(claim, RandomSweep(1).block(0)[:2])
        else:
            with ball.working():
                assert ball.exact([2.0**-1022]).mid * 0.5 > 0
                modes.flush_subnormals()
                assert ball.exact([2.0**-1022]).mid * 0.5 == 0


def test_what_stops_a_block_is_not_hidden_by_the_check_at_its_end(modes):
    with pytest.raises(ZeroDivisionError), ball.working():  # noqa: PT012
        modes.flush_subnormals()
        _ = 1 // 0


@pytest.mark.parametrize("direction", ["upward", "downward", "to zero"])
def test_directed_rounding_is_refused(modes, direction):
    codes = {"x86_64": (0x800, 0x400, 0xC00), "aarch64": (0x400000, 0x800000, 0xC00000)}[platform.machine()]
    modes.libc.fesetround(codes[("upward", "downward", "to zero").index(direction)])
    with pytest.raises(ball_module.FloatingPointModeError, match="nearest"):
        ball.working()


def test_arb_agrees_that_a_ball_is_a_ball():
    x = arb(256).exact([Fraction(1, 3)])
    assert misses(ball.from_arb(x), np.array([flint.fmpq(1, 3)], dtype=object)) == 0


# -- NumPy's products ------------------------------------------------------------------------------------------
def in_single_precision(x, y):
    return (x.astype(np.float32) @ y.astype(np.float32)).astype(np.float64)


def summed_in_single_precision(x, y):
    terms = (x[..., :, :, None] * y[..., None, :, :]).astype(np.float32)
    return terms.sum(axis=-2, dtype=np.float32).astype(np.float64)


def without_the_last_term(x, y):
    k = x.shape[-1]
    return sum((x[..., :, j : j + 1] * y[..., j : j + 1, :] for j in range(k - 1)), 0 * x[..., :, :1] * y[..., :1, :])


def without_the_last_row(x, y):
    out = (x[..., :, :, None] * y[..., None, :, :]).sum(axis=-2)
    out[..., -1, :] *= x.shape[-2] < 32
    return out


def off_for_transposed_operands(x, y):
    out = (x[..., :, :, None] * y[..., None, :, :]).sum(axis=-2)
    return out if y.flags.c_contiguous else out + 1


@pytest.mark.parametrize(
    "product",
    [in_single_precision, summed_in_single_precision, without_the_last_term, without_the_last_row,
     off_for_transposed_operands],
)  # fmt: skip
def test_a_wrong_blas_is_not_trusted(product, monkeypatch):
    """Nothing is computed in `ball` with it: the check comes with the first block of a process."""
    ball_module.check_products()
    ball_module.check_products.cache_clear()
    monkeypatch.setattr(np, "matmul", product)
    with pytest.raises(ball_module.WrongProductsError, match="integers of shapes"), ball.working():
        pass
    monkeypatch.undo()
    with ball.working():
        pass


def test_right_products_pass_whatever_their_order(monkeypatch):
    """Backwards, and with fused multiply-add as far as Python has it: integers leave nothing to round."""

    def backwards(x, y):
        return (x[..., :, ::-1, None] * y[..., None, ::-1, :]).sum(axis=-2)

    ball_module.check_products.cache_clear()
    monkeypatch.setattr(np, "matmul", backwards)
    ball_module.check_products()
    for x, y in ball_module._integer_factors():
        assert float(np.abs(x).max()) * float(np.abs(y).max()) * x.shape[-1] < 2**53
        assert (np.abs(x) % 2 == 1).all()


def test_products_are_tried_once():
    ball_module.check_products.cache_clear()
    for _ in range(3):
        with ball.working():
            pass
    assert ball_module.check_products.cache_info().misses == 1
