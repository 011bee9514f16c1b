"""Every primitive against its definition on numbers of mpmath, and its derivatives against mpmath's differences.

The definitions are NumPy's on arrays of mpf: they share nothing with the arithmetics, nor with the rules of derivation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

from mamlcheck.arithmetic import arb, ball, double_double, float64, rational
from mamlcheck.programs.building import Builder, Value
from mamlcheck.programs.derivatives import direction, gradient, hessian_vector
from mamlcheck.programs.finding import primitives
from mamlcheck.programs.running import run

DIGITS = 60
DIFFERENCE_ERROR = 1e-25  # mpmath's differences at 60 digits, of second derivatives of functions of size 10
LEAVES = {"input", "constant", "pi"}
TABLE = np.array([[0, 5, 5], [-1, 2, 5]])


def each(function: Callable[[Any], Any]) -> Callable[[np.ndarray], np.ndarray]:
    return np.vectorize(function, otypes=[object])


@dataclass(frozen=True)
class Case:
    """function: of values. definition: the same of arrays of exact numbers. arrays: where, in doubles."""

    function: Callable[..., Value]
    definition: Callable[..., Any]
    arrays: tuple[np.ndarray, ...]
    rational: bool = True


X = np.array([[0.5, -1.25, 2.0], [1.5, -0.75, 0.25]])
Y = np.array([[1.5, 0.5, -0.25], [-2.0, 1.0, 0.75]])
P = np.abs(X) + 0.125


def centered(x: np.ndarray) -> np.ndarray:
    return x - x.sum(1, keepdims=True) / 3


def placed(x: np.ndarray) -> np.ndarray:
    out = np.zeros(7, dtype=object)
    for place, number in zip(TABLE.ravel(), x.ravel(), strict=True):
        if place >= 0:
            out[place] += number
    return out


def largest_along(x: np.ndarray) -> np.ndarray:
    return np.array([max(row) for row in x], dtype=object)


def shared_largest(x: np.ndarray) -> np.ndarray:
    return np.array([[n if n == max(row) else 0 for n in row] for row in x], dtype=object)


CASES: dict[str, Case] = {
    "add": Case(lambda x, y: x + y, lambda x, y: x + y, (X, Y)),
    "sub": Case(lambda x, y: x - y, lambda x, y: x - y, (X, Y)),
    "mul": Case(lambda x, y: x * y, lambda x, y: x * y, (X, Y)),
    "div": Case(lambda x, y: x / y, lambda x, y: x / y, (X, Y)),
    "neg": Case(lambda x: -x, lambda x: -x, (X,)),
    "exp": Case(Value.exp, each(mpmath.exp), (X,), rational=False),
    "log": Case(Value.log, each(mpmath.log), (P,), rational=False),
    "tanh": Case(Value.tanh, each(mpmath.tanh), (X,), rational=False),
    "sqrt": Case(Value.sqrt, each(mpmath.sqrt), (P,), rational=False),
    "erf": Case(Value.erf, each(mpmath.erf), (X,), rational=False),
    "sin": Case(Value.sin, each(mpmath.sin), (X,), rational=False),
    "cos": Case(Value.cos, each(mpmath.cos), (X,), rational=False),
    "atan": Case(Value.atan, each(mpmath.atan), (X,), rational=False),
    "sum": Case(lambda x: x.sum(0), lambda x: x.sum(0), (X,)),
    "center": Case(lambda x: x.centered(1), centered, (X,)),
    "broadcast": Case(lambda x: x.broadcast_to((4, 2, 3)), lambda x: np.broadcast_to(x, (4, 2, 3)), (X,)),
    "reshape": Case(lambda x: x.reshape((3, 2)), lambda x: x.reshape(3, 2), (X,)),
    "transpose": Case(lambda x: x.transpose((1, 0)), lambda x: x.T, (X,)),
    "matmul": Case(lambda x, y: x @ y.swapped, lambda x, y: x.dot(y.T), (X, Y)),
    "gather": Case(
        lambda x: x.gathered(TABLE), lambda x: np.where(TABLE < 0, 0, x.ravel()[np.maximum(TABLE, 0)]), (X,)
    ),
    "scatter": Case(lambda x: x.scattered(TABLE, (7,)), placed, (X,)),
    "concat": Case(lambda x, y: x.builder.concatenated([x, y, x], 1), lambda x, y: np.hstack([x, y, x]), (X, Y)),
    "keep": Case(lambda x, y: x.kept(y.positive()), lambda x, y: np.where(y > 0, x, 0), (X, Y)),
    "drop": Case(lambda x, y: x.dropped(y.positive()), lambda x, y: np.where(y > 0, 0, x), (X, Y)),
    "positive": Case(lambda x: x.kept(x.positive()), lambda x: np.where(x > 0, x, 0), (X,)),
    "take": Case(lambda x: x.taken(x.argmax()), largest_along, (X,)),
    "argmax": Case(lambda x: x.taken(x.argmax()), largest_along, (X,)),
    "put": Case(lambda x: x.taken(x.argmax()).put(x.argmax(), 3), shared_largest, (X,)),
    "largest": Case(lambda x: x.kept(x.largest()), shared_largest, (X,)),
    "peak": Case(lambda x: x.taken(x.peak()), largest_along, (X,)),
}


def scalar(case: Case, arrays: list[np.ndarray]) -> Any:
    """The sum of the squares of the results, each with a weight of its own, by the definition."""
    y = np.asarray(case.definition(*arrays), dtype=object)
    return sum((k + 1) * number * number for k, number in enumerate(y.ravel()))


def program_of(case: Case) -> tuple[Any, list[str]]:
    builder = Builder()
    names = [f"x{k}" for k in range(len(case.arrays))]
    y = case.function(*(builder.input(name, a.shape) for name, a in zip(names, case.arrays, strict=True)))
    weights = builder.constant(np.arange(1.0, y.size + 1).reshape(y.shape))
    return builder.program([(weights * y.square()).sum()]), names


def directions(case: Case) -> list[list[np.ndarray]]:
    """Two vectors of dyadic numbers for each input."""
    random = np.random.default_rng(1)
    return [[random.integers(-8, 9, a.shape) / 8 for a in case.arrays] for _ in range(2)]


def expected(case: Case) -> list[Any]:
    """The number, its derivative along u, and its second derivative along u and v, to 60 digits."""
    with mpmath.workdps(DIGITS):
        u, v = ([each(mpmath.mpf)(a) for a in vectors] for vectors in directions(case))
        x = [each(mpmath.mpf)(a) for a in case.arrays]

        def moved(s: Any, t: Any) -> Any:
            return scalar(case, [a + s * b + t * c for a, b, c in zip(x, u, v, strict=True)])

        return [
            moved(0, 0),
            mpmath.diff(lambda s: moved(s, 0), 0),
            mpmath.diff(moved, (0, 0), (1, 1)),
        ]


def computed(case: Case, ar: Any) -> list[Any]:
    """The same by programs."""
    program, names = program_of(case)
    arrays = {name: ar.exact(a) for name, a in zip(names, case.arrays, strict=True)}
    u, v = ([ar.exact(a) for a in vectors] for vectors in directions(case))
    along = {direction(name): w for name, w in zip(names, v, strict=True)}
    with ar.working():
        slopes = run(gradient(program, names), ar, arrays)
        curved = run(hessian_vector(program, names), ar, arrays | along)

        def inner(parts: Any) -> Any:
            return ar.sum(ar.concatenate([(a * b).reshape(-1) for a, b in zip(parts, u, strict=True)], 0), 0)

        return [run(program, ar, arrays)[0], inner(slopes), inner(curved)]


def test_every_primitive_has_a_case() -> None:
    assert set(CASES) | LEAVES | {"hold"} == set(primitives())


@pytest.mark.parametrize("name", CASES)
def test_the_case_is_of_the_primitive(name: str) -> None:
    program, _ = program_of(CASES[name])
    assert name in {node.operation for node in program.nodes}


@pytest.mark.parametrize("name", CASES)
def test_doubles_agree_with_mpmath(name: str) -> None:
    case = CASES[name]
    size = max(abs(float(e)) for e in expected(case)) or 1.0
    for got, want in zip(computed(case, float64), expected(case), strict=True):
        assert abs(float(np.asarray(got)) - float(want)) <= 1e-14 * size


@pytest.mark.parametrize("name", CASES)
def test_arb_at_256_bits_agrees_with_mpmath(name: str) -> None:
    case = CASES[name]
    fine = arb(256)
    for got, want in zip(computed(case, fine), expected(case), strict=True):
        middle, radius = got.reshape(-1)[0].mid(), float(got.reshape(-1)[0].rad())
        assert radius < 1e-60
        with mpmath.workdps(DIGITS):
            assert abs(mpmath.mpf(middle.str(70, radius=False)) - want) <= DIFFERENCE_ERROR * max(1, abs(want))


@pytest.mark.parametrize("name", CASES)
def test_balls_enclose_what_arb_has(name: str) -> None:
    case = CASES[name]
    with arb(256).working():
        exact = [float(x.reshape(-1)[0].mid()) for x in computed(case, arb(256))]
    for got, want in zip(computed(case, ball), exact, strict=True):
        low, high = float(np.asarray(ball.lower(got))), float(np.asarray(ball.upper(got)))
        assert np.nextafter(low, -np.inf) <= want <= np.nextafter(high, np.inf)


@pytest.mark.parametrize("name", CASES)
def test_pairs_of_doubles_agree_with_mpmath(name: str) -> None:
    case = CASES[name]
    wanted = expected(case)
    size = max(abs(float(e)) for e in wanted) or 1.0
    for got, want in zip(computed(case, double_double), wanted, strict=True):
        with mpmath.workdps(DIGITS):
            pair = mpmath.mpf(float(got.high)) + mpmath.mpf(float(got.low))
            assert abs(pair - want) <= 1e-25 * size


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.rational])
def test_fractions_are_exact(name: str) -> None:
    case = CASES[name]
    found = [Fraction(str(x.reshape(-1)[0])) for x in computed(case, rational)]
    assert found[0] == scalar(case, [each(Fraction)(a) for a in case.arrays])
    for got, want in zip(found[1:], expected(case)[1:], strict=True):
        with mpmath.workdps(DIGITS):
            assert abs(mpmath.mpf(got.numerator) / got.denominator - want) <= DIFFERENCE_ERROR * max(1, abs(want))


def test_what_is_held_has_no_derivative() -> None:
    """x held(x^2): the value is that of x^3, the derivative x^2, and the second derivative 0."""
    case = Case(lambda x: x * x.square().held(), lambda x: x**3, (X,))
    builder = Builder()
    x = builder.input("x", X.shape)
    program = builder.program([(x * x.square().held()).sum()])
    assert float(np.asarray(run(program, float64, {"x": X})[0])) == (X**3).sum()
    assert np.array_equal(run(gradient(program, ["x"]), float64, {"x": X})[0], X**2)
    v = directions(case)[0][0]
    curved = run(hessian_vector(program, ["x"]), float64, {"x": X, direction("x"): v})[0]
    assert np.array_equal(curved, np.zeros_like(X))


def test_pi_is_pi() -> None:
    builder = Builder()
    program = builder.program([builder.pi()])
    with arb(256).working():
        (found,) = run(program, arb(256), {})
    with mpmath.workdps(DIGITS):
        assert abs(mpmath.mpf(found.reshape(-1)[0].mid().str(70, radius=False)) - mpmath.pi) < mpmath.mpf(10) ** -55
