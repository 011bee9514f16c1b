"""What `filter` promises of every result, midpoints within the error and sizes that hold, on magnitudes to break it.

The oracles are exact fractions, and Arb at 256 bits where a function is no fraction. Numbers are drawn at the ends of
what their bounds allow.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest

from mamlcheck.arithmetic import BeyondFilter, FilterArray, ball, filtering, plain_error, tabled
from mamlcheck.arithmetic import filter as module
from mamlcheck.arithmetic.exact import double_above
from mamlcheck.tasks.loss import Loss, _calculus
from mamlcheck.tasks.losses import builtin_losses

U = Fraction(1, 2**53)
LOST = 1 + Fraction(1, 2**21)  # what an excess may have lost: half of what SLACK makes good where it is read
ROWS = 24


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


def objects(values: np.ndarray) -> np.ndarray:
    out = np.empty(values.shape, dtype=object)
    out.reshape(-1)[:] = [Fraction(v) for v in values.ravel().tolist()]
    return out


def usable(x: FilterArray) -> np.ndarray:
    """Whether something is known of each number."""
    error = np.asarray(module._along(module._error(x), x.ndim))
    return np.broadcast_to(np.isfinite(error), x.shape)


def units_of(x: FilterArray) -> Fraction:
    """The units of x; 0 where they are infinite, where nothing is known and no promise to break."""
    return Fraction(x.units) if math.isfinite(x.units) else Fraction(0)


def bounds_of(x: FilterArray) -> tuple[np.ndarray, np.ndarray]:
    """Size and error of each number, the latter in u."""
    size, excess = (np.broadcast_to(np.asarray(module._along(b, x.ndim)), x.shape) for b in (x.size, x.excess))
    errors = np.empty(x.shape, dtype=object)
    errors.reshape(-1)[:] = [
        units_of(x) * Fraction(m) + Fraction(s) if math.isfinite(m + s) else None
        for m, s in zip(size.ravel().tolist(), excess.ravel().tolist(), strict=True)
    ]
    return size, errors


def breaches(x: FilterArray, misses: Callable[[int, Fraction, Fraction], bool]) -> int:
    """How many numbers that are known break a promise.

    misses: whether number k is not within so much of its midpoint.
    """
    size, errors = bounds_of(x)
    one = 1 + units_of(x) * U
    count = 0
    rows = zip(x.mid.ravel().tolist(), size.ravel().tolist(), errors.ravel().tolist(), usable(x).ravel(), strict=True)
    for k, (mid, m, units, known) in enumerate(rows):
        if known:
            count += abs(Fraction(mid)) > Fraction(m) * one or misses(k, Fraction(mid), units * U * LOST)
    return count


def wrong(x: FilterArray, exact: np.ndarray) -> int:
    """How many numbers of x break a promise, by what they are exactly."""
    assert x.shape == exact.shape
    values = exact.ravel()
    size = bounds_of(x)[0].ravel()
    one = 1 + units_of(x) * U
    return breaches(
        x, lambda k, mid, error: abs(values[k] - mid) > error or abs(values[k]) > Fraction(size.item(k)) * one
    )


def wrong_root(x: FilterArray, squares: np.ndarray) -> int:
    """The same for roots of exact numbers."""
    values, size = squares.ravel(), bounds_of(x)[0].ravel()
    one = 1 + units_of(x) * U

    def misses(k: int, mid: Fraction, error: Fraction) -> bool:
        low, high = max(mid - error, Fraction(0)), mid + error
        return not low**2 <= values[k] <= high**2 or values[k] > (Fraction(size.item(k)) * one) ** 2

    return breaches(x, misses)


def rows(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Doubles whose slices differ in size by powers of two, with zeros and subnormals among them, and zero slices."""
    exponents = rng.choice([0, 0, 0, 1, -1, 30, -30, 100, -100], shape[0]).reshape(-1, *(1,) * (len(shape) - 1))
    within = rng.choice([0, 0, 0, 0, -3, -40, -900, -1074], shape)
    mantissas = rng.choice([1.0, -1.0, 1 + 2.0**-52, 2 - 2.0**-52, 0.0], shape)
    mantissas = np.where(rng.random(shape) < 0.6, rng.uniform(-2, 2, shape), mantissas)
    values = np.ldexp(mantissas, (exponents + within).astype(np.int64))
    values[rng.random(shape[0]) < 0.1] = 0.0
    return values


def drawn(rng: np.random.Generator, *shape: int, exact: bool = False) -> tuple[FilterArray, np.ndarray]:
    """An array and numbers at the ends of what its bounds allow."""
    mid = rows(rng, *shape)
    x = filtering.exact(mid)
    if exact or rng.random() < 0.2:
        return x, objects(mid)
    units = float(rng.choice([1.0, 3.0, 100.0, 2.0**19, 2.0**20]))
    wider = rng.choice([0.0, 1.0, 1e-3, 8.0, 2.0**20, 2.0**50], shape[0])
    excess = x.size * wider if isinstance(x.size, np.ndarray) else x.size * float(wider[0])
    x = FilterArray(mid, x.size, excess, units, x.reach)
    return x, at_the_ends(x, rng.choice([-1, 1, 1, 0], mid.size))


def at_the_ends(x: FilterArray, signs: np.ndarray) -> np.ndarray:
    """Numbers as far from the midpoints, to one side or the other, as the bounds allow; midpoints of unbounded ones."""
    one = 1 + units_of(x) * U
    numbers = []
    for mid, size, error, sign in zip(x.mid.ravel(), *(b.ravel() for b in bounds_of(x)), signs.tolist(), strict=True):
        number = Fraction(float(mid))
        if error is not None:
            most = Fraction(float(size)) * one
            number = max(-most, min(most, number + sign * U * error))
        numbers.append(number)
    out = np.empty(x.shape, dtype=object)
    out.reshape(-1)[:] = numbers
    return out


BINARY: dict[str, Callable[[Any, Any, Any], Any]] = {
    "add": lambda ar, x, y: x + y,
    "subtract": lambda ar, x, y: x - y,
    "multiply": lambda ar, x, y: x * y,
    "minimum": lambda ar, x, y: ar.minimum(x, y),
    "maximum": lambda ar, x, y: ar.maximum(x, y),
    "ints": lambda ar, x, y: 3 - 2 * x + (y - 7) * 5 + 1,
    "by an int": lambda ar, x, y: x / 3 - y / 1024,
    "weighted": lambda ar, x, y: ar.weighted_sum(x, y, -1),
    "along the slices": lambda ar, x, y: ar.sum(x * y, 0),
    "chain": lambda ar, x, y: (x * y - y * y) * x + (x - y) * (x + y),
    "of slices": lambda ar, x, y: x * y[:, :1] - y[:, None, 1],
    "mean": lambda ar, x, y: ar.mean(x, 1) - ar.mean(y, 0)[0],
}


class Exact:
    """The same operations on object arrays of fractions."""

    minimum = staticmethod(np.minimum)
    maximum = staticmethod(np.maximum)

    def weighted_sum(self, w: np.ndarray, x: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray((w * x).sum(axis=axis), dtype=object)

    def sum(self, x: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray(x.sum(axis=axis), dtype=object)

    def mean(self, x: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray(x.sum(axis=axis) / Fraction(x.shape[axis]), dtype=object)


def binary_misses(name: str, count: int = 6, seed: int = 1) -> int:
    misses = 0
    for k in range(count):
        rng = np.random.default_rng([seed, k])
        (x, p), (y, q) = drawn(rng, ROWS, 5), drawn(rng, ROWS, 5)
        if name == "of slices":
            (x, p), (y, q) = drawn(rng, ROWS, 5, 1), drawn(rng, ROWS, 5)
            got = x * y[:, :, None] - y[:, None, :1]
            misses += wrong(got, p * q[:, :, None] - q[:, None, :1])
            continue
        misses += wrong(BINARY[name](filtering, x, y), BINARY[name](Exact(), p, q))
    return misses


@pytest.mark.parametrize("name", BINARY)
def test_pairs(name):
    assert binary_misses(name) == 0


def division_misses(count: int = 20) -> int:
    misses = 0
    for k in range(count):
        rng = np.random.default_rng([2, k])
        (x, p), (y, q) = drawn(rng, ROWS, 3), drawn(rng, ROWS, 3, exact=k % 2 == 0)
        if k % 3 == 0:  # divisors far from 0, so that something is known
            shift = 2 + int(rng.integers(2))
            y, q = y / 2**110 + shift, q / Fraction(2**110) + shift
        got = x / y
        known = usable(got)
        assert not (known & (q == 0)).any()
        safe = np.where(q == 0, Fraction(1), q)
        misses += wrong(got, np.where(q == 0, Fraction(0), p / safe))
    return misses


def test_division():
    assert division_misses() == 0


def test_division_by_what_may_be_zero_is_unbounded():
    one = filtering.exact(np.ones(4))
    near = FilterArray(np.array([1.0, 1e-11, 0.0, 1.0]), np.ones(4), 0.0, 2.0**20, 1.0)  # off by 1.2e-10
    assert usable(one / near).tolist() == [True, False, False, True]
    assert not usable(one / filtering.exact(np.zeros(4))).any()
    assert not usable(filtering.exact(0.0) / filtering.exact(0.0)).any()


def one_misses(name: str, count: int = 8) -> int:
    exact = {
        "negative": (lambda x: -x, lambda p: -p),
        "abs": (filtering.abs, np.abs),
        "square": (filtering.square, lambda p: p * p),
        "power 0": (lambda x: filtering.power(x, 0), lambda p: 0 * p + 1),
        "power 1": (lambda x: filtering.power(x, 1), lambda p: p),
        "power 3": (lambda x: filtering.power(x, 3), lambda p: p**3),
        "sum": (lambda x: filtering.sum(x, -1), lambda p: p.sum(axis=-1)),
        "sum of slices": (lambda x: filtering.sum(x, 0), lambda p: p.sum(axis=0)),
        "mean": (lambda x: filtering.mean(x, 1), lambda p: p.sum(axis=1) / Fraction(p.shape[1])),
        "squared norm": (filtering.squared_norm, lambda p: (p * p).sum(axis=-1)),
    }[name]
    misses = 0
    for k in range(count):
        for shape in ((ROWS, 6), (ROWS, 3, 1), (1, 4), (ROWS,)):
            if name == "mean" and len(shape) == 1:
                continue
            x, p = drawn(np.random.default_rng([3, k]), *shape)
            misses += wrong(exact[0](x), np.asarray(exact[1](p), dtype=object))
    return misses


ONE = ("negative", "abs", "square", "power 0", "power 1", "power 3", "sum", "sum of slices", "mean", "squared norm")


@pytest.mark.parametrize("name", ONE)
def test_one_array(name):
    assert one_misses(name) == 0


def root_misses(count: int = 20) -> int:
    misses = 0
    for k in range(count):
        rng = np.random.default_rng([4, k])
        for shape in ((ROWS, 4), (ROWS,), (1, 5)):
            x, p = drawn(rng, *shape)
            x = filtering.abs(x) if k % 2 else x
            p = np.maximum(np.abs(p) if k % 2 else p, Fraction(0) * p)  # known to be non-negative
            if not x.units and not k % 2:
                continue  # a negative number that is exact has no root
            misses += wrong_root(filtering.sqrt(x), p)
    return misses


def test_sqrt():
    assert root_misses() == 0


def norm_misses(count: int = 20) -> int:
    misses = 0
    for k in range(count):
        for shape in ((ROWS, 4), (ROWS, 2, 3), (7,), (1, 5)):
            x, p = drawn(np.random.default_rng([5, k]), *shape)
            misses += wrong_root(filtering.norm(x), np.asarray((p * p).sum(axis=-1), dtype=object))
    return misses


def test_norm():
    assert norm_misses() == 0


def product_misses(count: int = 12) -> int:
    misses = 0
    for k in range(count):
        rng = np.random.default_rng([6, k])
        m, d, p = (int(v) for v in rng.integers(1, 6, 3))
        for lead, other in (
            ((ROWS,), (ROWS,)),
            ((ROWS, 2), (ROWS, 1)),
            ((), ()),
            ((1,), (ROWS,)),
            ((ROWS,), ()),
            ((), (ROWS,)),
        ):
            (a, b), (x, y) = drawn(rng, *lead, m, d, exact=k % 2 == 0), drawn(rng, *other, p, d)
            misses += wrong(filtering.matvec(a, x), np.matmul(y, np.swapaxes(b, -1, -2)))
            z, w = drawn(rng, *other, p, m)
            misses += wrong(filtering.rmatvec(a, z), np.matmul(w, b))
    return misses


def test_matrix_products():
    assert product_misses() == 0


def test_a_long_product_has_gamma_units_for_each_term():
    """As many terms as make the roundings of a sum add up: bounds that count one rounding would be wrong."""
    k = 4096
    x = np.full((1, k), 1.0 / 3.0)
    y = np.where(np.arange(k) % 2 == 0, 1.0, 1 - 2.0**-30)[None, :]
    got = filtering.matvec(filtering.exact(y), filtering.exact(x))
    assert wrong(got, np.matmul(objects(x), objects(y).T)) == 0
    assert got.units > k


# -- shapes --------------------------------------------------------------------------------------------------------
SHAPES: dict[str, Callable[[Any, Any], Any]] = {
    "index": lambda ar, x: x[..., 1:, None, :],
    "last": lambda ar, x: x[..., 0],
    "all but the first axis": lambda ar, x: x[..., 0, 1],
    "every axis": lambda ar, x: x[..., 2, 0, 1],
    "first": lambda ar, x: x[2],
    "from the end": lambda ar, x: x[-1, ..., None],
    "cut": lambda ar, x: x[1:3],
    "one": lambda ar, x: x[1:2],
    "backwards": lambda ar, x: x[::-1, ..., 0],
    "new first axis": lambda ar, x: x[None],
    "list": lambda ar, x: x[[3, 0]],
    "mask": lambda ar, x: x[:, np.array([True, False, True])],
    "diagonal": lambda ar, x: x[..., np.arange(2), np.arange(2)],
    "arrays for all axes": lambda ar, x: x[..., np.arange(2), np.arange(2), np.arange(2)],
    "array first": lambda ar, x: x[np.arange(2)],
    "number of NumPy": lambda ar, x: x[np.int64(1)],
    "reshape": lambda ar, x: x.reshape(len_of(x), -1),
    "reshape across": lambda ar, x: x.reshape(2, -1),
    "reshape to a line": lambda ar, x: x.reshape(-1),
    "transpose": lambda ar, x: ar.transpose(x, (0, 2, 1)),
    "transpose the first": lambda ar, x: ar.transpose(x, (1, 0, 2)),
    "transpose from the end": lambda ar, x: ar.transpose(x, (-3, -1, -2)),
    "take": lambda ar, x: ar.take(x, [1, 0, 1], -1),
    "take slices": lambda ar, x: ar.take(x, [3, 1], 0),
    "take slices from the end": lambda ar, x: ar.take(x, [3, 1], -3),
    "stack": lambda ar, x: ar.stack([x, 2 * x, x - 1], -2),
    "stack first": lambda ar, x: ar.stack([x, 2 * x], 0),
    "concatenate": lambda ar, x: ar.concatenate([x, 4 * x], -1),
    "concatenate first": lambda ar, x: ar.concatenate([x, 4 * x], 0),
    "broadcast": lambda ar, x: ar.broadcast_to(x[..., :1], (4, 3, 5)),
    "broadcast to more axes": lambda ar, x: ar.broadcast_to(x, (6, 4, 3, 2)),
    "fewer axes": lambda ar, x: x * x[0] + x[0],
    "fewer axes, as long": lambda ar, x: x.reshape(4, 6)[..., None] * x[:, 0, 0],
    "one against many": lambda ar, x: x[1:2] * x,
}


def len_of(x: Any) -> int:
    return x.shape[0]


class Objects:
    """Shape operations of object arrays."""

    transpose = staticmethod(np.transpose)
    stack = staticmethod(np.stack)
    concatenate = staticmethod(np.concatenate)
    broadcast_to = staticmethod(np.broadcast_to)

    def take(self, x: np.ndarray, indices: Any, axis: int) -> np.ndarray:
        return np.take(x, indices, axis=axis)


def shape_misses(name: str) -> int:
    misses = 0
    for k in range(8):
        x, p = drawn(np.random.default_rng([7, k]), 4, 3, 2)
        got = SHAPES[name](filtering, x)
        misses += wrong(got, np.asarray(SHAPES[name](Objects(), p), dtype=object))
        fits = all(isinstance(b, float) or b.shape == (len(got.mid),) for b in (got.size, got.excess))
        misses += not fits or (isinstance(got.size, float) and not isinstance(got.excess, float))
        misses += got.ndim > 0 and len(got.mid) == 1 and not isinstance(got.size, float)
    return misses


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_keep_the_bounds_of_each_slice(name):
    assert shape_misses(name) == 0


def test_bounds_of_slices_survive_what_leaves_the_first_axis_alone():
    """Else one large instance would widen all others of its block."""
    x = filtering.exact(np.array([1.0, 2.0**60, 0.0])[:, None, None] * np.ones((3, 4, 2)))
    for kept in (
        x[..., None, :],
        x[..., 0],
        x.reshape(3, 8),
        filtering.transpose(x, (0, 2, 1)),
        x + x[..., :1],
        -x * 2,
    ):
        assert isinstance(kept.size, np.ndarray)
        assert (kept.size[[0, 2]] <= [4, 0]).all()
    assert x[1:].size.tolist() == [2.0**60, 0.0]
    assert x[2].size == 0.0


def test_no_axes_and_no_elements():
    number = filtering.exact(0.5)
    assert wrong(number * number + 1, np.array(Fraction(5, 4), dtype=object)) == 0
    empty = filtering.exact(np.zeros((3, 0)))
    assert filtering.sum(empty, -1).mid.tolist() == [0.0] * 3
    assert filtering.lower(filtering.norm(empty)).tolist() == [0.0] * 3
    nothing = filtering.exact(np.zeros((0, 2)))
    assert filtering.lower(nothing * 2 / 3).shape == (0, 2)
    assert filtering.less_equal(nothing, nothing).shape == (0, 2)


# -- numbers in and out --------------------------------------------------------------------------------------------
def test_exact_numbers():
    values = [Fraction(1, 3), Fraction(7, 5), Fraction(-2), Fraction(0), Fraction(1, 3**50)]
    x = filtering.exact(values)
    assert x.units == 1.0
    assert wrong(x, np.array(values, dtype=object)) == 0
    assert filtering.exact([Fraction(1, 4), 3]).units == 0.0
    assert not usable(filtering.exact([Fraction(1, 3), Fraction(1, 10**400)])).any()  # rounded to 0, which it is not
    assert not usable(filtering.exact([10**400])).any()


def test_beyond_the_reach_a_slice_is_unbounded_and_others_are_not():
    x = filtering.exact(np.array([1.0, 2.0**-121, 2.0**121, 0.0, 2.0**120, 2.0**-120, 5e-324, 1.7e308]))
    assert usable(x).tolist() == [True, False, False, True, True, True, False, False]
    assert usable(x * x - 3).tolist() == usable(x).tolist()
    assert not usable(filtering.exact(2.0**-300)).any()


def test_products_that_leave_the_reach_are_unbounded():
    """2**-120 nine times is subnormal: nothing could be said of what underflows beside it."""
    x = filtering.exact(np.array([2.0**-120, 1.0]))
    assert usable(filtering.power(x, 7)).all()
    assert not usable(filtering.power(x, 8)).any()
    assert not usable(filtering.power(filtering.exact(2.0**120), 8)).any()
    assert wrong(filtering.power(x, 7), np.array([Fraction(1, 2**840), Fraction(1)], dtype=object)) == 0


def test_too_many_units_are_unbounded():
    x = FilterArray(np.ones(2), np.ones(2), 0.0, 2.0**21, 1.0)
    assert not usable(x).any()
    assert filtering.less_equal(x, x + 1).tolist() == [-1, -1]


def test_between():
    low, high = np.array([1.0, -1.0, 0.0, 2.0, -np.inf]), np.array([1.5, 1e-20, 0.0, 2.0 + 2.0**-51, 0.0])
    x = filtering.between(low, high)
    for ends in (low, high):
        assert wrong(x[:4], objects(ends[:4])) == 0
    assert usable(x).tolist() == [True] * 4 + [False]
    third = flint.arb(1) / 3
    assert filtering.lower(filtering.from_arb(np.array([third], dtype=object)))[0] <= 1 / 3


def reading_misses(count: int = 10) -> int:
    misses = 0
    for k in range(count):
        x, p = drawn(np.random.default_rng([8, k]), ROWS, 4)
        low, high, balls = filtering.lower(x), filtering.upper(x), filtering.in_ball(x)
        for a, b, m, r, v in zip(
            *(part.ravel().tolist() for part in (low, high, balls.mid, balls.rad)), p.ravel(), strict=True
        ):
            misses += not (a == -math.inf or Fraction(a) <= v) or not (b == math.inf or v <= Fraction(b))
            misses += math.isfinite(r) and abs(v - Fraction(m)) > Fraction(r)
    return misses


def test_lower_and_upper():
    assert reading_misses() == 0


def test_less_equal():
    x = filtering.exact(np.array([1.0, 2.0, 2.0, 0.0]))
    y = filtering.exact(np.array([2.0, 1.0, 2.0, 0.0]))
    assert filtering.less_equal(x, y).tolist() == [1, 0, 1, 1]
    third = filtering.exact([Fraction(1, 3)] * 2)
    assert filtering.less_equal(third, third).tolist() == [-1, -1]
    assert filtering.less_equal(third * 0, third * 0).tolist() == [1, 1]
    lost = filtering.exact(np.array([1e200, 0.0]))
    assert filtering.less_equal(lost, lost + 1).tolist() == [-1, 1]
    assert filtering.less_equal(lost + 1, lost * 0).tolist() == [-1, 0]


def test_exact_zeros_stay_exact():
    """alpha = 0, equal points and vanishing gradients: an instance of its own, whatever the others are."""
    alpha = filtering.exact(np.array([0.0, 1.0]))[:, None]
    step = filtering.exact([[Fraction(1, 3)] * 3] * 2) * alpha
    for zero in (step[0], filtering.norm(step)[:1], filtering.sqrt(filtering.squared_norm(step))[:1], (step / 3)[0]):
        assert (filtering.lower(zero) == 0).all()
        assert (filtering.upper(zero) == 0).all()
    change = filtering.vanishing_with(filtering.exact([[Fraction(1, 3)] * 3] * 2), step)
    assert filtering.upper(change)[0].tolist() == [0.0] * 3
    assert filtering.lower(change)[1].min() > 0.3
    x = filtering.exact(np.ones((2, 3)))
    assert filtering.vanishing_with(x, x) is x


UNBOUNDED_USES: dict[str, Callable[[FilterArray], FilterArray]] = {
    "add": lambda x: x + 1,
    "multiply by 0": lambda x: x * 0,
    "by an exact 0": lambda x: x * filtering.exact(np.zeros((3, 2))),
    "divide": lambda x: x / 3,
    "divide by it": lambda x: 1 / x,
    "minimum": lambda x: filtering.minimum(x, 0),
    "power 0": lambda x: filtering.power(x, 0),
    "sqrt": lambda x: filtering.sqrt(filtering.square(x)),
    "norm": lambda x: filtering.norm(x)[..., None],
    "matvec": lambda x: filtering.matvec(filtering.exact(np.zeros((3, 4, 2))), x[:, None, :])[:, 0],
    "rmatvec": lambda x: filtering.rmatvec(filtering.exact(np.zeros((3, 2, 4))), x[:, None, :])[:, 0],
    "stack": lambda x: filtering.stack([x * 0, x], -1)[..., 0],
    "vanishing": lambda x: filtering.vanishing_with(x, x),
    "loss": lambda x: filtering.lipschitz(lambda ar, t: (t,), x, (Fraction(1),))[0],
    "constant": lambda x: filtering.lipschitz(
        lambda ar, t: (ar.broadcast_to(ar.exact(1), t.shape),), x, (Fraction(0),)
    )[0],
}


@pytest.mark.parametrize("use", UNBOUNDED_USES)
@pytest.mark.parametrize("units", [0, 1])
def test_unbounded_is_contagious(use, units):
    """2**200 is beyond the reach, and whatever is made of it is unknown; the instances beside it are not."""
    x = filtering.exact(np.array([[1.0, 2.0], [2.0**200, 1.0], [1.0, 1.5]]))
    got = UNBOUNDED_USES[use](x + units)
    assert usable(got)[:, 0].tolist() == [True, False, True]


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_a_function_of_exact_numbers_of_no_known_size_is_unbounded(value):
    x = FilterArray(np.ones((2, 2)), np.array([1.0, value]), 0.0, 0.0, 1.0)
    (got,) = filtering.lipschitz(lambda ar, t: (t,), x, (Fraction(1),))
    assert usable(got)[:, 0].tolist() == [True, False]


def test_all_instances_are_lost_where_their_sum_is():
    x = filtering.exact(np.array([1.0, 2.0**200]))
    assert not usable(filtering.sum(x, 0)).any()


def test_elementary_functions_are_refused():
    for name in ("exp", "expm1", "log", "log1p", "tanh", "sin", "cos", "sinh", "cosh", "atan", "asinh", "erf"):
        with pytest.raises(BeyondFilter, match=f"no bounds for {name}: use ball"):
            getattr(filtering, name)(filtering.exact(1.0))


def test_a_function_without_a_constant_is_refused_where_it_is_not_at_exact_points():
    def identity(ar: Any, t: Any) -> tuple[Any]:
        return (t,)

    x = filtering.exact(np.ones(3))
    assert filtering.lipschitz(identity, x, (None,))[0].mid.tolist() == [1.0] * 3
    with pytest.raises(BeyondFilter, match="Lipschitz"):
        filtering.lipschitz(identity, x / 3, (None,))


def sloping_misses(count: int = 10) -> int:
    """3 t^2 / 2, of slope 3 |t|, at numbers near midpoints."""
    misses = 0
    for k in range(count):
        x, p = drawn(np.random.default_rng([12, k]), ROWS, 4)
        farthest = np.maximum(np.abs(p), np.abs(objects(x.mid)))
        steepest = np.array([double_above(3 * max(row)) for row in farthest.tolist()])
        slopes = filtering.exact(steepest[:, None] * np.array([0.5, 1.0]))
        (got,) = filtering.sloping(lambda t: (t * t * 3 / 2,), x, (slopes,))
        misses += wrong(got, p * p * 3 / 2)
    return misses


def test_slopes():
    assert sloping_misses() == 0


def test_slopes_of_other_slices_are_refused():
    x = filtering.exact(np.ones((2, 3))) / 3
    with pytest.raises(TypeError, match="slopes have 1 axes, the argument has 2"):
        filtering.sloping(lambda t: (t,), x, (filtering.exact(np.ones(2)),))


# -- elementary functions and losses ---------------------------------------------------------------------------------
def arguments(rng: np.random.Generator, most: float) -> np.ndarray:
    """Numbers up to `most` in size: at the middles between the places of the tables and beside them, tiny and large."""
    grid = np.arange(-200, 200) / 128
    wide = rng.uniform(-most, most, 300)
    small = rng.choice([-1, 1], 100) * 2.0 ** rng.uniform(-1074, 0, 100)
    beside = np.concatenate([np.nextafter(grid, 9), np.nextafter(grid, -9), grid])
    return np.concatenate([beside, wide, small, [0.0, most, -most]])


def off(values: np.ndarray, name: str, x: np.ndarray, relative: bool) -> float:
    """The largest error, in units of 2**-53, of a function at points, by Arb at 256 bits."""
    with flint.ctx.workprec(256):
        worst = flint.arb(0)
        for value, at in zip(values.tolist(), x.tolist(), strict=True):
            exact = getattr(flint.arb(at), name)()
            error = abs(flint.arb(value) - exact) - (flint.arb(2.0**-92) if relative else 0)
            worst = worst.max(error / exact if relative else error)
        return float(worst * 2**53)


def table_errors() -> dict[str, float]:
    rng = np.random.default_rng(9)
    x = arguments(rng, 64.0)
    places = tabled.reduced(x)
    far = np.concatenate([x, -np.abs(x) * 100])
    return {
        "exp": off(tabled.exp(far), "exp", far, relative=True) / tabled.EXP_UNITS,
        "tanh": off(tabled.tanh(far), "tanh", far, relative=False) / tabled.TANH_UNITS,
        "sin": off(tabled.sine(places), "sin", x, relative=False) / tabled.SINE_UNITS,
        "cos": off(tabled.cosine(places), "cos", x, relative=False) / tabled.SINE_UNITS,
    }


def test_tables_are_as_near_as_they_say():
    assert max(table_errors().values()) <= 1


def test_exp_far_below_the_tables_is_nearly_nothing():
    values = tabled.exp(np.array([-64.5, -1e5, -1e300, -1.7e308]))
    assert (values >= 0).all()
    assert (values <= tabled.CUT).all()


def test_tables_are_not_nearer_by_much():
    """So that a lost term of a polynomial is noticed."""
    assert min(table_errors().values()) > 0.15


LOSSES = (
    *builtin_losses(),
    Loss.from_expression("sqrt(1 + t**2)"),
    Loss.from_expression("atan(t)*t - log(1 + t**2)/2"),
    Loss.from_expression("t**2/6 + sin(3*t)/7"),
    Loss("own root", "log(exp(-t**2) + 2) + asinh(t)*t/3", Fraction(4), Fraction(4)),
    Loss.from_expression("tanh(t)/5 + erf(t)/9"),
)


def arb_values(loss: Loss, order: int, x: list[Any]) -> list[flint.arb]:
    from mamlcheck.arithmetic import arb

    with arb(256).working():
        numbers = np.empty(len(x), dtype=object)
        numbers[:] = [flint.arb(flint.fmpq(v.numerator, v.denominator)) for v in x]
        program = _calculus(loss.text).both
        return list(program(arb(256), numbers)[order - 1])


def loss_misses(loss: Loss, seed: int = 1) -> int:
    """How often psi' or psi'' of numbers within bounds are not within theirs."""
    rng = np.random.default_rng([10, seed])
    sizes = 2.0 ** np.array([-60, -21, -20, -3, 0, 0.99, 1, 3, 6, 7, 10, 19.9, 20, 21])
    sizes[5] = np.nextafter(2.0, 0.0)  # numbers within its error lie beyond the end of its place in the table
    mid = sizes[:, None] * np.concatenate(
        [rng.uniform(-1, 1, (len(sizes), 12)), [[1.0, -1.0, 0.0]] * len(sizes)], axis=1
    )
    x = filtering.exact(mid)
    misses = 0
    for units, wider in ((0.0, 0.0), (4.0, 1.0), (2.0**20, 2.0**30)):
        moved = FilterArray(mid, x.size, x.size * wider if units else 0.0, units, x.reach)
        exact = at_the_ends(moved, rng.choice([-1, 1], mid.size)).ravel().tolist()
        for order, got in enumerate(loss.first_and_second(filtering, moved), 1):
            values = arb_values(loss, order, exact)
            size = bounds_of(got)[0].ravel().tolist()

            def missed(k: int, middle: Fraction, error: Fraction, values=values, size=size, got=got) -> bool:
                one = 1 + Fraction(got.units) * U
                with flint.ctx.workprec(256):
                    distance = abs(values[k] - flint.arb(flint.fmpq(middle.numerator, middle.denominator)))
                    bound = flint.arb(flint.fmpq(error.numerator, error.denominator))
                    most = Fraction(size[k]) * one
                    return not (distance <= bound) or not (
                        abs(values[k]) <= flint.arb(flint.fmpq(most.numerator, most.denominator))
                    )

            misses += breaches(got, missed)
    return misses


@pytest.mark.parametrize("loss", LOSSES, ids=lambda psi: psi.name)
def test_losses(loss):
    assert loss_misses(loss) == 0


@pytest.mark.parametrize("loss", LOSSES, ids=lambda psi: psi.name)
def test_something_is_known_of_losses(loss):
    x = filtering.exact(np.array([1e-3, 0.5, 2.0, 30.0])[:, None] * np.ones((4, 2)))
    for got in loss.first_and_second(filtering, x / 3):
        assert usable(got).all()
        assert (filtering.upper(got) - filtering.lower(got)).max() < 1e-12


def test_error_tables_grow_with_the_arguments():
    for loss in LOSSES:
        for table in plain_error.error_tables(_calculus(loss.text).both):
            assert (np.diff(table.size[:-1]) >= 0).all()
            assert table.size[-1] == np.inf
            assert 0 <= table.units <= plain_error.ABSOLUTE_UNITS * 1.001


def test_a_function_that_leaves_its_domain_is_unbounded_there():
    def root(ar: Any, t: Any) -> tuple[Any]:
        return (ar.log(1 - t * t / 4),)

    x = filtering.exact(np.array([[0.5, 0.25], [0.9, 0.1], [3.0, 0.1]]))
    assert usable(filtering.lipschitz(root, x, (Fraction(4),))[0])[:, 0].tolist() == [True, True, False]


def test_ball_and_filter_agree_on_losses():
    t = np.random.default_rng(11).uniform(-4, 4, (5, 7))
    with ball.working():
        for loss in LOSSES:
            for a, b in zip(
                loss.first_and_second(ball, ball.exact(t)),
                loss.first_and_second(filtering, filtering.exact(t)),
                strict=True,
            ):
                assert (ball.lower(a) <= filtering.upper(b)).all()
                assert (filtering.lower(b) <= ball.upper(a)).all()


# -- the errors of plain doubles, operation by operation ---------------------------------------------------------------
NEAR_ONE = 2.0**-50 + 0.49 * 2.0**-52  # 1 + it is off by half a unit in the last place

TRACED: dict[str, tuple[Callable[[Any, Any], Any], list[float]]] = {
    "constant": (lambda ar, t: ar.broadcast_to(ar.exact(Fraction(1, 3)), t.shape), [1.0]),
    "product of rounded numbers": (lambda ar, t: (t / 3) * (t * ar.exact(Fraction(7, 5))), [0.7, 3.3]),
    "difference": (lambda ar, t: (1 + t) - 1, [NEAR_ONE, 1e-9, -0.3]),
    "quotient by a small difference": (lambda ar, t: 1 / ((1 + t) - 1), [NEAR_ONE, 1e-9, 1e-300]),
    "root": (lambda ar, t: ar.sqrt((1 + t) - 1), [NEAR_ONE, 1e-9, 1e-20]),
    "square": (lambda ar, t: ar.square(t / 3) - ar.abs(-t), [0.7, -3.3]),
    "exp of a rounded number": (lambda ar, t: ar.exp(t * t), [7.1, 7.3, 7.7, 2.3]),
    "exp beyond its range": (lambda ar, t: ar.exp(t), [63.9, 64.1, 100.0, -100.0, -700.0]),
    "log of a small difference": (lambda ar, t: ar.log((1 + t) - 1), [NEAR_ONE, 1e-9, 1e-20]),
    "log1p near -1": (lambda ar, t: ar.log1p((1 + t) - 2), [NEAR_ONE, 1e-9, 1e-20]),
    "sine of a rounded number": (lambda ar, t: ar.sin(t * t) + ar.cos(t * t), [7.1, 7.7, 31.7, 1e5]),
} | {
    name: (lambda ar, t, name=name: getattr(ar, name)(t * t / 3), [0.3, 0.7, 1.1, 1.9, 2.7])
    for name in ("exp", "expm1", "log", "log1p", "tanh", "sin", "cos", "sinh", "cosh", "atan", "asinh", "erf")
}  # fmt: skip


def traced_misses(name: str) -> int:
    """How often plain doubles are farther from what Arb finds than `Traced` says."""
    from mamlcheck.arithmetic import arb

    function, at = TRACED[name]
    points = np.concatenate([np.array(at), np.random.default_rng(13).uniform(0.5, 1, 40) * at[0]])
    with ball.working():
        traced = function(plain_error.Traced(), plain_error.TracedArray(ball.exact(points), np.zeros(points.shape)))
        values = np.broadcast_to(function(plain_error.Points(), points), points.shape)
    with arb(256).working():
        exact = np.broadcast_to(np.asarray(function(arb(256), arb(256).exact(points)), dtype=object), points.shape)
        return sum(
            math.isfinite(error) and not abs(flint.arb(value) - truth) <= flint.arb(error)
            for value, truth, error in zip(values.tolist(), exact.tolist(), traced.error.tolist(), strict=True)
        )


@pytest.mark.parametrize("name", TRACED)
def test_errors_of_plain_doubles(name):
    assert traced_misses(name) == 0


def test_exp_is_known_up_to_its_range_alone():
    points = np.array([63.0, 65.0, -1e6])
    with ball.working():
        traced = plain_error.Traced().exp(plain_error.TracedArray(ball.exact(points), np.zeros(3)))
    assert np.isfinite(traced.error).tolist() == [True, False, True]


def test_a_quotient_is_off_by_more_where_its_divisor_may_be_smaller():
    """1 over what is 1, but 1/2 in doubles, is 2 in doubles."""
    with ball.working():
        one = plain_error.Traced().exact(np.ones(2))
        halved = plain_error.TracedArray(ball.exact(np.ones(2)), np.array([0.5, 1.0]))
        error = (one / halved).error
    assert error[0] >= 1
    assert error[1] == np.inf


def test_numbers_beyond_the_end_of_their_place_in_a_table_have_the_next_one():
    """Of size just below 2, with an error that reaches beyond it: the loss t^2 / 2 has a slope of more than 2 there."""
    below = np.nextafter(2.0, 0.0)
    x = FilterArray(np.full((2, 1), below), np.full(2, below), 0.0, 2.0**20, 1.0)
    (got,) = filtering.lipschitz(lambda ar, t: (t,), x, (Fraction(1),))
    assert wrong(got, np.full((2, 1), Fraction(below) * (1 + 2**20 * U))) == 0
