"""One formula, the same answer in every arithmetic; and the traps of the libraries underneath.

Random formulas are checked against exact fractions: `ball` and `arb` must contain the exact value, `float64`
must lie within the radius that `ball` proves for the very same operations.
"""

from __future__ import annotations

import copy
import math
import pickle
from fractions import Fraction
from importlib import import_module

import flint
import numpy as np
import pytest
import sympy

import mamlcheck.arithmetic as package
from mamlcheck.arithmetic import BallArray, NotExact, arb, ball, float64, rational, symbolic
from mamlcheck.arithmetic.exact import double_above, double_below, fraction, nearest_double
from mamlcheck.errors import InputError

NUMERIC = (float64, ball, arb(53), arb(200), rational)
ALL = (*NUMERIC, symbolic)
TRANSCENDENTAL = ("exp", "expm1", "log", "log1p", "tanh", "sin", "cos", "sinh", "cosh", "atan", "asinh", "erf")
every = pytest.mark.parametrize("ar", ALL, ids=repr)


def exact_values(ar, x) -> np.ndarray:
    """Fractions of an array of `rational` or `symbolic`."""
    flat = np.asarray(x, dtype=object).ravel()
    if ar is rational:
        return np.array([fraction(v) for v in flat], dtype=object)
    return np.array([Fraction(int(v.p), int(v.q)) for v in flat], dtype=object)


def contains(ar, x, exact: np.ndarray) -> bool:
    if ar is ball:
        rad = np.zeros(x.shape) if x.rad is None else x.rad
        return all(
            not np.isfinite(r) or abs(v - Fraction(m)) <= Fraction(r)
            for m, r, v in zip(x.mid.ravel().tolist(), rad.ravel().tolist(), exact.ravel(), strict=True)
        )
    with flint.ctx.workprec(2000):  # a fraction becomes a ball at the working precision
        return all(
            (b - flint.arb(flint.fmpq(v.numerator, v.denominator))).contains(0)
            for b, v in zip(x.ravel(), exact.ravel(), strict=True)
        )


# -- random formulas -----------------------------------------------------------------------------------------
def formula(ar, seed: int, a, x, c):
    """A formula drawn from the seed, the same in each arithmetic: a (n, m, d), x (n, P, d), c (n, 1, m)."""
    rng = np.random.default_rng(seed)
    steps = (
        lambda y, other: y + other,
        lambda y, other: other - y,
        lambda y, other: y * other,
        lambda y, other: y / (1 + ar.square(other)),
        lambda y, other: ar.maximum(y, 0) + ar.minimum(y, other) * 2,
        lambda y, other: ar.abs(y) - ar.mean(y, -1)[..., None],
        lambda y, other: ar.power(y, 3) / 7,
        lambda y, other: -ar.matvec(a, ar.rmatvec(a, y)),
        lambda y, other: y / (ar.squared_norm(y)[..., None] + 1),
    )
    y = ar.matvec(a, x) - c
    for choice in rng.integers(0, len(steps), 6).tolist():
        y = steps[choice](y, c * int(rng.integers(1, 5)))
    return ar.sum(ar.weighted_sum(c, y, -1), 0)


@pytest.mark.parametrize("seed", range(40))
def test_a_random_formula_agrees(seed):
    rng = np.random.default_rng(1000 + seed)
    n, m, d, p = (int(v) for v in rng.integers(1, 4, 4))

    def number(*_):
        return Fraction(int(rng.integers(-9, 10)), int(rng.integers(1, 8)))

    fractions = [
        np.fromfunction(np.vectorize(number, otypes=[object]), shape) for shape in ((n, m, d), (n, p, d), (n, 1, m))
    ]
    results = {}
    for ar in ALL:
        with ar.working():
            results[ar] = formula(ar, seed, *(ar.exact(v) for v in fractions))
    exact = exact_values(rational, results[rational])
    assert results[rational].shape == (p,)
    assert {np.shape(r) if ar is not ball else r.shape for ar, r in results.items()} == {(p,)}
    assert (exact_values(symbolic, results[symbolic]) == exact).all()
    assert contains(ball, results[ball], exact)
    assert contains(arb(53), results[arb(53)], exact)
    assert contains(arb(200), results[arb(200)], exact)
    # float64 does what ball does with its midpoints, from data within a rounding: ball's proof covers its
    # error too.
    rounded = [np.array(v, dtype=float) for v in fractions]
    with ball.working():
        for data in (rounded, [ball.exact(v).mid for v in fractions]):
            enclosure = formula(ball, seed, *(ball.exact(v) for v in data))
            values = formula(float64, seed, *data)
            assert (np.abs(values - enclosure.mid) <= 2 * enclosure.rad).all()


@pytest.mark.parametrize("name", TRANSCENDENTAL)
def test_transcendental_functions_agree(name):
    points = [Fraction(k, 7) for k in range(1, 20)]
    with arb(200).working():
        fine = getattr(arb(200), name)(arb(200).exact(points))
        coarse = getattr(ball, name)(ball.exact(points))
        assert all(
            flint.arb(m, r).overlaps(v) for m, r, v in zip(coarse.mid.tolist(), coarse.rad.tolist(), fine, strict=True)
        )
        assert (coarse.rad <= 1e-14 * (np.abs(coarse.mid) + 1)).all()
        exact = [sympy.N(v, 40) for v in getattr(symbolic, name)(symbolic.exact(points))]
        assert all(
            v.contains(flint.arb(str(e))) or (v - flint.arb(str(e))).abs_upper() < 1e-35
            for v, e in zip(fine, exact, strict=True)
        )
    plain = getattr(float64, name)(float64.exact(points))
    assert (np.abs(plain - coarse.mid) <= coarse.rad + 8 * np.spacing(np.abs(coarse.mid) + 1)).all()


# -- shapes, broadcasting, indexing --------------------------------------------------------------------------
SHAPES = {
    "add": lambda ar, x, y: x + y,
    "int": lambda ar, x, y: 2 * x - 1,
    "divide": lambda ar, x, y: y / (x + 20),
    "index": lambda ar, x, y: x[..., 1:, None, :],
    "first": lambda ar, x, y: x[0],
    "step": lambda ar, x, y: x[:, ::-2],
    "element": lambda ar, x, y: x[0, 1, ...] * y[0, 0, 0, ...],
    "reshape": lambda ar, x, y: x.reshape(6, -1),
    "sum": lambda ar, x, y: ar.sum(x, 1),
    "last sum": lambda ar, x, y: ar.sum(x, -1),
    "mean": lambda ar, x, y: ar.mean(x, 0),
    "weighted": lambda ar, x, y: ar.weighted_sum(y, x, 1),
    "to a number": lambda ar, x, y: ar.sum(x[0, 0], 0),
    "matvec": lambda ar, x, y: ar.matvec(x, y),
    "rmatvec": lambda ar, x, y: ar.rmatvec(x, ar.matvec(x, y)),
    "norm": lambda ar, x, y: ar.squared_norm(x),
    "stack": lambda ar, x, y: ar.stack([x, x], 1),
    "concatenate": lambda ar, x, y: ar.concatenate([x, x], -1),
    "broadcast": lambda ar, x, y: ar.broadcast_to(y, (2, 3, 4)),
    "transpose": lambda ar, x, y: ar.transpose(x, (2, 0, 1)),
    "take": lambda ar, x, y: ar.take(x, [1, 0, 1], 2),
    "minimum": lambda ar, x, y: ar.minimum(x, y),
    "maximum of an int": lambda ar, x, y: ar.maximum(x, 0),
    "power": lambda ar, x, y: ar.power(x, 0),
    "square": lambda ar, x, y: ar.square(x),
    "vanishing": lambda ar, x, y: ar.vanishing_with(x, y),
    "lipschitz": lambda ar, x, y: ar.lipschitz(lambda a, t: (t * 2,), x, (Fraction(2),))[0],
    "abs": lambda ar, x, y: ar.abs(-x),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_and_values_agree(name):
    values = np.random.default_rng(5).integers(-8, 9, (2, 3, 4)) / 4
    other = np.random.default_rng(6).integers(-8, 9, (2, 1, 4)) / 4
    expected = None
    for ar in (rational, *ALL):
        with ar.working():
            result = SHAPES[name](ar, ar.exact(values), ar.exact(other))
        shape = result.shape
        if expected is None:
            expected, expected_shape = exact_values(rational, result), shape
        assert shape == expected_shape, ar
        if ar is rational or ar is symbolic:
            assert (exact_values(ar, result) == expected).all()
        elif ar is float64:
            assert np.allclose(result.ravel(), [float(v) for v in expected], rtol=1e-14, atol=1e-14)
        else:
            assert contains(ar, result, expected)


@every
def test_a_number_has_no_axes(ar):
    with ar.working():
        x = ar.exact(Fraction(3, 4))
        for result in (
            x,
            ar.square(x),
            ar.power(x, 2),
            ar.sqrt(ar.square(x)),
            ar.minimum(x, 1),
            ar.sum(x[None], 0),
        ):
            assert result.shape == ()


@every
def test_nothing_sums_to_zero(ar):
    with ar.working():
        x = ar.exact(np.zeros((2, 0)))
        for result in (ar.sum(x, -1), ar.squared_norm(x)):
            assert ar.midpoint(result).tolist() == [0.0, 0.0]


@every
def test_lower_and_upper_surround(ar):
    with ar.working():
        x = ar.exact([Fraction(1, 3), Fraction(-1, 3), 2])
        low, high, mid = ar.lower(x), ar.upper(x), ar.midpoint(x)
    assert low.dtype == high.dtype == mid.dtype == np.float64
    assert (low <= mid).all()
    assert (mid <= high).all()
    if ar.rigorous:
        assert all(Fraction(v) <= e for v, e in zip(low.tolist(), (Fraction(1, 3), Fraction(-1, 3), 2), strict=True))
        assert all(Fraction(v) >= e for v, e in zip(high.tolist(), (Fraction(1, 3), Fraction(-1, 3), 2), strict=True))
    assert low[2] == high[2] == 2.0


@every
def test_less_equal_decides(ar):
    with ar.working():
        answer = ar.less_equal(ar.exact([1, 2, 3]), ar.exact([2, 2, 1]))
    assert answer.tolist() == [1, 1, 0]
    assert answer.dtype == np.int8


@every
@pytest.mark.parametrize("n", [-1, 0.5, True, "2"])
def test_powers_are_integers(ar, n):
    with pytest.raises(InputError, match="exponent"):
        ar.power(ar.exact([2]), n)


# -- traps ---------------------------------------------------------------------------------------------------
def test_arb_overlapping_balls_do_not_decide():
    ar = arb(64)
    wide = np.array([flint.arb(1, 0.5), flint.arb("nan"), flint.arb(0, "inf")], dtype=object)
    other = ar.exact([1, 1, 1])
    assert not wide[0] <= other[0]  # python-flint's own answer, which does not mean ">"
    assert not wide[0] > other[0]
    assert ar.less_equal(wide, other).tolist() == [-1, -1, -1]
    assert ar.less_equal(other, wide).tolist() == [-1, -1, -1]


def test_arb_bounds_of_what_is_not_finite():
    lost = np.array([flint.arb("nan"), flint.arb(0, "inf"), flint.arb("inf")], dtype=object)
    assert arb(64).lower(lost).tolist() == [-np.inf] * 3
    assert arb(64).upper(lost).tolist() == [np.inf] * 3


def test_arb_of_a_decimal_is_the_double():
    assert arb(64).exact(0.1)[()] == flint.arb(flint.fmpq(*(0.1).as_integer_ratio()))
    with arb(64).working():
        assert not arb(64).exact(Fraction(1, 10))[()].is_exact()
    assert arb(64).exact(Fraction(1, 10))[()].contains(flint.fmpq(1, 10))


def test_arb_sqrt_of_a_ball_around_zero():
    ar = arb(64)
    assert not flint.arb(0, 1e-10).sqrt().is_finite()
    with ar.working():
        root = ar.sqrt(np.array([flint.arb(0, 1e-10), flint.arb(0)], dtype=object))
    assert root[0].is_finite()
    assert root[0].contains(flint.arb(1e-10).sqrt().mid())
    assert root[1] == 0


def test_arb_square_of_a_ball_around_zero():
    ar = arb(64)
    x = np.array([flint.arb(0, 1)], dtype=object)
    with ar.working():
        for result in (ar.square(x), ar.power(x, 2), ar.power(x, 3), ar.power(x, 0), ar.squared_norm(x)):
            assert np.ravel(result)[0].is_finite()


def test_arb_norm_and_matrix_products_of_every_size():
    ar = arb(100)
    for shape in ((2, 3, 2), (5, 7, 3)):
        m, d, p = shape
        rng = np.random.default_rng(9)
        a, x = rng.normal(0, 1, (2, m, d)), rng.normal(0, 1, (1, p, d))
        with ar.working():
            result = ar.matvec(ar.exact(a), ar.exact(x))
        exact = rational.matvec(rational.exact(a), rational.exact(x))
        assert result.shape == exact.shape
        assert contains(ar, result, exact_values(rational, exact))


@every
def test_numpy_integers_are_numbers(ar):
    x = ar.exact(np.arange(3))
    assert ar.midpoint(x).tolist() == [0, 1, 2]
    assert ar.midpoint(ar.exact(np.int64(3))).tolist() == 3
    assert ar.midpoint(ar.exact([np.int32(3), Fraction(1, 2)])).tolist() == [3, 0.5]


@every
@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), True, "1/3", None, [1, "2"], np.array([1.0, np.inf])])
def test_only_exact_numbers_come_in(ar, wrong):
    with pytest.raises(InputError):
        ar.exact(wrong)


MASKED = np.ma.array([1.0, 2.0], mask=[False, True])
REFUSED = {
    "a masked value": MASKED,
    "a masked value in a list": [MASKED, MASKED],
    "a masked value in a tuple of lists": ([1, 2], [MASKED[0], MASKED[1]]),
    "masked integers": np.ma.array([1, 2], mask=[True, False]),
    "masked fractions": np.ma.array(np.array([Fraction(1, 3), 2], dtype=object), mask=[False, True]),
    "durations": np.array([3], dtype="timedelta64[s]"),
    "a duration": np.timedelta64(3, "s"),
    "not a time": np.array(["NaT"], dtype="timedelta64[s]"),
    "dates": np.array(["2020-01-01"], dtype="datetime64[D]"),
    "complex numbers": np.array([1 + 0j]),
    "truth values": np.array([True]),
    "texts": np.array(["1"]),
    "bytes": np.array([b"1"]),
    "records": np.array([(1.0, 2.0)], dtype=[("x", float), ("y", float)]),
    "objects that are no numbers": np.array([None], dtype=object),
    "objects with NaN": np.array([1.0, np.nan], dtype=object),
    "rows of different lengths": np.array([[1, 2], [3]], dtype=object),
    "a generator": (k for k in range(3)),
    "NaN in half precision": np.array([np.nan], dtype=np.float16),
    "infinity in long doubles": np.array([np.inf], dtype=np.longdouble),
}


@every
@pytest.mark.parametrize("wrong", REFUSED)
def test_what_holds_no_exact_numbers_is_refused(ar, wrong):
    with pytest.raises(InputError):
        ar.exact(REFUSED[wrong])


def test_masked_values_say_what_they_are():
    with pytest.raises(InputError, match="masked values, which are no numbers: leave them out"):
        ball.exact(MASKED)


LONG = np.longdouble(1) / 3
TAKEN = {
    "a mask that hides nothing": (np.ma.array([1.0, 2.0], mask=[False, False]), [1, 2]),
    "a subclass of arrays": (np.array([1.0, 2.0]).view(np.recarray), [1, 2]),
    "half precision": (np.array([0.1], dtype=np.float16), [Fraction(float(np.float16(0.1)))]),
    "single precision": (np.array([0.1], dtype=np.float32), [Fraction(float(np.float32(0.1)))]),
    "the other byte order": (np.array([0.1], dtype=">f8"), [Fraction(0.1)]),
    "long doubles": (np.array([LONG]), [Fraction(*LONG.as_integer_ratio())]),
    "large integers": (np.array([2**63 + 1], dtype=np.uint64), [2**63 + 1]),
    "objects": (np.array([0.5, Fraction(1, 3), flint.fmpq(1, 7)], dtype=object), [0.5, Fraction(1, 3), Fraction(1, 7)]),
}  # fmt: skip


@pytest.mark.parametrize("ar", [ball, arb(200), rational], ids=repr)
@pytest.mark.parametrize("kind", TAKEN)
def test_every_exact_number_is_the_number_it_is(ar, kind):
    values, truth = TAKEN[kind]
    with ar.working():
        taken = ar.exact(values)
    assert taken.shape == np.shape(values)
    exact = np.array([Fraction(v) for v in truth], dtype=object)
    if ar is rational:
        assert exact_values(ar, taken).tolist() == exact.tolist()
    else:
        assert contains(ar, taken, exact)


def test_a_long_double_beyond_the_doubles_is_a_number():
    if np.finfo(np.longdouble).maxexp <= 1024:
        pytest.skip("long doubles are doubles here")
    huge = np.longdouble(2) ** 2000
    assert exact_values(rational, rational.exact(np.array([huge]))).tolist() == [Fraction(2) ** 2000]


# -- what is not a number -------------------------------------------------------------------------------------
UNDEFINED = {
    "root": lambda ar, x: ar.sqrt(x - 6),
    "root of a little less than 0": lambda ar, x: ar.sqrt(ar.exact(Fraction(-1, 10**40)) * x),
    "logarithm of a negative": lambda ar, x: ar.log(x - 6),
    "logarithm of 0": lambda ar, x: ar.log(x - x),
    "log1p of -1": lambda ar, x: ar.log1p(x - x - 1),
    "log1p below": lambda ar, x: ar.log1p(x - 6),
    "1 / 0": lambda ar, x: x / (x - x),
    "0 / 0": lambda ar, x: (x - x) / (x - x),
    "inf - inf": lambda ar, x: x / (x - x) - x / (x - x),
    "1 / inf": lambda ar, x: 1 / (x / (x - x)),
    "exp(-1 / 0)": lambda ar, x: ar.exp(-(x / (x - x))),
    "0 times 1 / 0": lambda ar, x: (x - x) * (x / (x - x)),
    "undefined to the power 0": lambda ar, x: ar.power(ar.sqrt(x - 6), 0),
    "tanh of 1 / 0": lambda ar, x: ar.tanh(x / (x - x)),
    "atan of a logarithm of 0": lambda ar, x: ar.atan(ar.log(x - x)),
    "minimum": lambda ar, x: ar.minimum(ar.sqrt(x - 6), x),
    "maximum": lambda ar, x: ar.maximum(x, ar.sqrt(x - 6)),
    "sum": lambda ar, x: ar.sum(ar.stack([x, ar.sqrt(x - 6)], 0), 0),
    "norm": lambda ar, x: ar.norm(ar.stack([x, ar.log(x - x)], -1)),
}


@pytest.mark.parametrize("name", UNDEFINED)
def test_what_is_not_a_number_is_not_compared(name):
    """At x = 1, in every rigorous arithmetic: neither below nor above anything, or `NotExact`."""
    for ar in (ball, arb(53), arb(200), rational):
        try:
            with ar.working():
                found = UNDEFINED[name](ar, ar.exact([1]))
                for other in (-(10**9), 0, 10**9):
                    assert ar.less_equal(found, ar.exact([other])).tolist() == [-1]
                    assert ar.less_equal(ar.exact([other]), found).tolist() == [-1]
                assert ar.lower(found)[0] == -np.inf
                assert ar.upper(found)[0] == np.inf
        except NotExact:
            assert ar is rational


def test_arb_compares_no_infinities():
    infinity, one = np.array([flint.arb("inf")], dtype=object), arb(64).exact([1])
    assert flint.arb(1) <= flint.arb("inf")  # as Arb has it
    for x, y in ((infinity, one), (one, infinity), (-infinity, one), (infinity, infinity)):
        assert arb(64).less_equal(x, y).tolist() == [-1]


def test_sympy_decides_nothing_of_what_is_not_real():
    for value in (sympy.sqrt(-5), sympy.zoo, sympy.nan, sympy.oo, -sympy.oo, sympy.I, sympy.Symbol("z")):
        x = np.array([value], dtype=object)
        assert symbolic.less_equal(x, symbolic.exact([1])).tolist() == [-1]
        assert symbolic.less_equal(symbolic.exact([1]), x).tolist() == [-1]


def test_a_division_by_zero_leaves_the_rationals():
    one = rational.exact([1])
    with pytest.raises(NotExact, match="divides by 0"), rational.working():
        _ = one / (one - one)
    with rational.working():
        assert exact_values(rational, one / 2)[0] == Fraction(1, 2)


def test_a_ball_takes_no_other_numbers():
    x = ball.exact([1, 2])
    for wrong in (0.1, Fraction(1, 3), np.float64(0.1), np.array([0.1, 0.2]), "1", True, np.timedelta64(3, "s")):
        with pytest.raises(TypeError):
            _ = x + wrong
        with pytest.raises(TypeError):
            _ = wrong * x
    with pytest.raises(TypeError):
        _ = x**2
    with pytest.raises(TypeError):
        _ = x < x
    assert (x + np.int64(3)).mid.tolist() == [4, 5]
    assert contains(ball, x * (2**80 + 1), np.array([2**80 + 1, 2**81 + 2], dtype=object))


def test_probabilities_in_thirds_are_not_doubles():
    thirds = [Fraction(1, 3)] * 3
    assert exact_values(rational, rational.sum(rational.exact(thirds), 0)) == [1]
    assert contains(ball, ball.sum(ball.exact(thirds), 0), np.array([Fraction(1)], dtype=object))
    assert (ball.exact(thirds).rad > 0).all()


# -- rational and symbolic -----------------------------------------------------------------------------------
@pytest.mark.parametrize("name", TRANSCENDENTAL)
def test_rational_has_no_transcendental_functions(name):
    with pytest.raises(NotExact, match="use arb"):
        getattr(rational, name)(rational.exact([1]))


def test_rational_roots():
    assert exact_values(rational, rational.sqrt(rational.exact([Fraction(9, 4), 0])))[0] == Fraction(3, 2)
    assert exact_values(rational, rational.norm(rational.exact([3, 4])))[0] == 5
    third = rational.sqrt(rational.exact(Fraction(1, 3)))
    assert exact_values(rational, third * third).tolist() == [Fraction(1, 3)]
    for wrong in (rational.exact(-1), rational.exact(1) + third):
        with pytest.raises(NotExact):
            rational.sqrt(wrong)


@pytest.mark.parametrize("ar", [rational, symbolic], ids=repr)
def test_enclosures_are_not_exact(ar):
    with pytest.raises(NotExact):
        ar.from_arb(np.array([flint.arb(1, 1)], dtype=object))


def test_symbolic_equals_sympy():
    x, y = sympy.symbols("x y", real=True)
    array = np.array(sympy.symbols("x y", real=True), dtype=object)
    assert array.tolist() == [x, y]
    assert symbolic.exp(array)[0] == sympy.exp(x)
    assert symbolic.expm1(array)[0] == sympy.exp(x) - 1
    assert symbolic.log1p(array)[1] == sympy.log(1 + y)
    assert symbolic.abs(array)[1] == sympy.Abs(y)
    assert symbolic.maximum(array, 0)[0] == sympy.Max(x, 0)
    assert symbolic.sqrt(symbolic.square(array))[0] == sympy.Abs(x)
    assert symbolic.squared_norm(array)[()] == x**2 + y**2
    assert sympy.simplify(symbolic.power(array, 3)[0] - x**3) == 0
    assert symbolic.less_equal(array, array).tolist() == [1, 1]
    assert symbolic.less_equal(array, array[::-1]).tolist() == [-1, -1]
    assert sympy.diff(symbolic.tanh(array)[0], x) == 1 - sympy.tanh(x) ** 2
    with pytest.raises(NotExact, match="not a rational number"):
        symbolic.lower(array)


# -- the objects themselves ----------------------------------------------------------------------------------
@every
def test_an_arithmetic_is_a_value(ar):
    assert pickle.loads(pickle.dumps(ar)) == ar
    assert copy.deepcopy(ar) == ar
    assert len({ar, copy.copy(ar)}) == 1
    assert ar != "ball"
    assert sum(ar == other for other in ALL) == 1


def test_arb_is_told_its_precision():
    assert arb(64) == arb(64) != arb(65)
    for wrong in (0, -3, 53.0, True):
        with pytest.raises(InputError, match="bits"):
            arb(wrong)
    before = flint.ctx.prec
    with arb(300).working():
        assert flint.ctx.prec == 300
    assert flint.ctx.prec == before


def test_the_names_are_the_objects_whatever_is_imported():
    for name in ("float64", "ball", "arb", "rational", "symbolic"):
        import_module(f"mamlcheck.arithmetic.{name}")
        assert (
            getattr(package, name)
            is {"float64": float64, "ball": ball, "arb": arb, "rational": rational, "symbolic": symbolic}[name]
        )


def test_every_arithmetic_offers_the_protocol():
    protocol = package.Operations
    assert len(protocol.__abstractmethods__) > 35
    for ar in ALL:
        missing = [n for n in protocol.__abstractmethods__ if getattr(type(ar), n, None) is getattr(protocol, n)]
        assert missing == []
    assert all(getattr(protocol, name).__doc__ for name in protocol.__abstractmethods__)


def test_an_arithmetic_that_lacks_an_operation_cannot_be_made():
    lacking = type("Lacking", (type(ball),), {"sum": package.Operations.sum})
    with pytest.raises(TypeError, match="sum"):
        lacking()


# -- exact numbers and their doubles -------------------------------------------------------------------------
def test_nearest_double_and_its_neighbours():
    rng = np.random.default_rng(12)
    for _ in range(2000):
        v = Fraction(int(rng.integers(-(2**60), 2**60)), int(rng.integers(1, 2**60))) * Fraction(2) ** int(
            rng.integers(-1090, 1030)
        )
        near, low, high = nearest_double(v), double_below(v), double_above(v)
        assert low <= near <= high
        assert low == -np.inf or Fraction(low) <= v
        assert high == np.inf or v <= Fraction(high)
        assert low == high or math.nextafter(low, math.inf) == high
        if np.isfinite(near) and np.isfinite(low) and np.isfinite(high):
            assert abs(Fraction(near) - v) == min(v - Fraction(low), Fraction(high) - v)


def test_lipschitz_is_the_function_where_nothing_is_widened():
    for ar in (float64, arb(80), rational):
        with ar.working():
            (one,) = ar.lipschitz(lambda a, t: (a.square(t),), ar.exact([2]), (None,))
            two = ar.lipschitz(lambda a, t: (t, a.square(t)), ar.exact([2]), (Fraction(1), Fraction(4)))
            assert ar.midpoint(one).tolist() == ar.midpoint(two[1]).tolist() == [4.0]


def test_arb_lipschitz_contains_the_ends():
    ar = arb(80)
    with ar.working():
        x = np.array([flint.arb(2, 0.5)], dtype=object)
        (result,) = ar.lipschitz(lambda a, t: (a.sin(t),), x, (Fraction(1),))
        assert all(result[0].contains(flint.arb(v).sin()) for v in (1.5, 2, 2.5))


def test_vanishing_with_needs_an_exact_zero():
    for ar in (arb(64), rational, float64):
        out = ar.vanishing_with(ar.exact([1, 2]), ar.exact([0, 3]))
        assert ar.midpoint(out).tolist() == [0.0, 2.0]
    fuzzy = np.array([flint.arb(0, 1e-30)], dtype=object)
    assert arb(64).vanishing_with(arb(64).exact([1]), fuzzy)[0] == 1


def test_a_ball_prints_its_numbers():
    assert "mid" in repr(BallArray(np.array([1.0])))
    assert BallArray(np.array([1.0])).ndim == 1
