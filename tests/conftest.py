"""An oracle for tasks, written from the definition of the sample losses and sharing nothing with the package.

Numbers are Python's: `Fraction` where everything is rational (splines, quadratics), else mpmath at 60 digits
with psi's derivatives by `mpmath.diff`. One task at a time, one point at a time: no shapes to get wrong.
"""

from __future__ import annotations

import functools
import itertools
import math
import os
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy

from mamlcheck.tasks.losses import loss

os.environ.pop("COLUMNS", None)  # what is printed depends on no terminal of whoever runs the tests, nor on xdist's 80

DIGITS = 60
# mpmath.diff works with more digits than it is asked for: its error is far below this.
ORACLE_ERROR = Fraction(1, 10**40)

PSI: dict[str, Callable[[Any], Any]] = {
    "quadratic": lambda t: t * t / 2,
    "log_cosh": lambda t: mpmath.log(mpmath.cosh(t)),
    "log1p_square": lambda t: mpmath.log(1 + t * t),
    "welsch": lambda t: 1 - mpmath.exp(-t * t / 2),
    "geman_mcclure": lambda t: t * t / (1 + t * t),
    "sin": mpmath.sin,
    "softplus": lambda t: mpmath.log(1 + mpmath.exp(t)),
    "tanh_squared": lambda t: mpmath.tanh(t) ** 2,
}


def to_mp(value: Any) -> Any:
    """A Fraction, int or mpf as an mpf of DIGITS digits. Refuses floats: mpf * Fraction is a float,
    silently.
    """
    if isinstance(value, float):
        raise TypeError(f"{value!r} is a float: the oracle lost its digits somewhere")
    if isinstance(value, Fraction):
        return mpmath.mpf(value.numerator) / value.denominator
    return mpmath.mpf(value)


@pytest.fixture(scope="session", autouse=True)
def nobodys_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is kept on disk is kept in a folder of the tests, not in that of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        base = tmp_path_factory.getbasetemp()
        shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base  # one folder for all workers of a run
        patch.setenv("XDG_CACHE_HOME", str(shared / "cache"))
        yield


@functools.lru_cache(maxsize=4096)
def psi_of_loss(name: str, order: int, t: Any) -> Any:
    """psi, psi' or psi'' of a builtin loss at t."""
    psi = PSI[name] if name in PSI else as_written(name)
    with mpmath.workdps(DIGITS):
        return mpmath.diff(psi, to_mp(t), order) if order else psi(to_mp(t))


@functools.cache
def as_written(name: str) -> Callable[[Any], Any]:
    """A loss that is not known by hand, as SymPy reads the expression in its file and mpmath computes it."""
    t = sympy.Symbol("t", real=True)
    return sympy.lambdify(t, sympy.sympify(loss(name).text, {"t": t}), "mpmath")


def spline(knots: list[Any], values: list[Any], slope: Fraction, order: int, t: Fraction) -> Fraction:
    """psi, psi' or psi'' of a spline: psi'' interpolated, the others integrated from 0 piece by piece."""
    knots, values = [Fraction(k) for k in knots], [Fraction(v) for v in values]

    def second(x: Fraction) -> Fraction:
        if x <= knots[0]:
            return values[0]
        for left, right, low, high in zip(knots, knots[1:], values, values[1:], strict=False):
            if x <= right:
                return low + (high - low) * (x - left) / (right - left)
        return values[-1]

    if order == 2:
        return second(t)
    low, high = min(t, Fraction(0)), max(t, Fraction(0))
    cuts = [low, *(k for k in knots if low < k < high), high]
    pieces = list(itertools.pairwise(cuts)) if t >= 0 else [(b, a) for a, b in itertools.pairwise(cuts)][::-1]
    first, value = slope, Fraction(0)
    for a, b in pieces:
        middle = (a + b) / 2
        trapezoid = (b - a) * (second(a) + second(b)) / 2  # exact: psi'' is linear here
        half_way = first + (middle - a) * (second(a) + second(middle)) / 2
        value += (b - a) * (first + 4 * half_way + first + trapezoid) / 6  # Simpson, exact: psi' is quadratic
        first += trapezoid
    return first if order == 1 else value


def numbers(values: Any) -> np.ndarray:
    """An object array of Python numbers, each a Fraction unless it is an mpf already."""
    array = np.array(values, dtype=object)
    out = np.empty(array.shape, dtype=object)
    out.reshape(-1)[:] = [v if isinstance(v, mpmath.mpf) else Fraction(v) for v in array.ravel().tolist()]
    return out


def symmetric_norm(matrix: np.ndarray) -> Any:
    """Operator norm of a symmetric matrix, by mpmath's eigenvalues."""
    with mpmath.workdps(DIGITS):
        rows = [[to_mp(v) for v in row] for row in matrix.tolist()]
        return max(abs(v) for v in mpmath.eigsy(mpmath.matrix(rows), eigvals_only=True))


class OneTask:
    """What follows from value, gradient and Hessian alone, for weights q over the m samples."""

    m: int
    value: Callable[..., Any]
    gradient: Callable[..., np.ndarray]
    hessian: Callable[..., np.ndarray]
    exact = True

    def lift(self, x: Any) -> Any:
        """A number or an array of them, as the numbers this task computes with."""
        array = np.array(x, dtype=object)
        out = np.empty(array.shape, dtype=object)
        out.reshape(-1)[:] = [Fraction(v) if self.exact else to_mp(v) for v in array.ravel().tolist()]
        return out if array.ndim else out[()]

    def weights(self, q: Any) -> np.ndarray:
        return self.lift([Fraction(1, self.m)] * self.m if q is None else q)

    def alone(self, j: int) -> np.ndarray:
        return self.lift([int(k == j) for k in range(self.m)])

    def adapted(self, alpha: Any, w: Any, q: Any = None) -> np.ndarray:
        """Equation (4)."""
        return self.lift(w) - self.lift(alpha) * self.gradient(w, q)

    def gradient_variance(self, w: Any) -> Any:
        mean = self.gradient(w)
        gaps = [self.gradient(w, self.alone(j)) - mean for j in range(self.m)]
        return sum(gap @ gap for gap in gaps) / self.m

    def hessian_variance(self, w: Any) -> Any:
        mean = self.hessian(w)
        norms = [symmetric_norm(self.hessian(w, self.alone(j)) - mean) for j in range(self.m)]
        return sum(norm**2 for norm in norms) / self.m


class RidgeOracle(OneTask):
    """f(w, q) = sum_j q_j c_j psi_j(a_j . w - b_j) + mu |w|^2 / 2; `psi(j, order, t)`."""

    def __init__(self, a: Any, b: Any, c: Any, mu: Any, psi: Callable[[int, int, Any], Any], exact: bool):
        self.exact = exact
        self.a, self.b, self.c, self.mu = (self.lift(x) for x in (a, b, c, mu))
        self.psi = psi
        self.m = len(self.b)

    def _weighted(self, w: Any, q: Any, order: int) -> list[Any]:
        t = self.a @ self.lift(w) - self.b
        weights = self.weights(q) * self.c
        return [weights[j] * self.psi(j, order, t[j]) for j in range(self.m)]

    def value(self, w: Any, q: Any = None) -> Any:
        w = self.lift(w)
        return sum(self._weighted(w, q, 0)) + self.mu * (w @ w) / 2

    def gradient(self, w: Any, q: Any = None) -> np.ndarray:
        w = self.lift(w)
        return sum(y * a for y, a in zip(self._weighted(w, q, 1), self.a, strict=True)) + self.mu * w

    def hessian(self, w: Any, q: Any = None) -> np.ndarray:
        terms = (y * np.outer(a, a) for y, a in zip(self._weighted(w, q, 2), self.a, strict=True))
        return sum(terms) + self.mu * self.lift(np.eye(len(w), dtype=int).tolist())


class QuadraticOracle(OneTask):
    """f(w, q) = sum_j q_j (w - z_j)^T Q_j (w - z_j) / 2, in Fractions."""

    def __init__(self, matrices: Any, centres: Any):
        self.matrices, self.centres = self.lift(matrices), self.lift(centres)
        self.m = len(self.centres)

    def value(self, w: Any, q: Any = None) -> Any:
        gaps, q = self.lift(w) - self.centres, self.weights(q)
        return sum(q[j] * (gaps[j] @ (self.matrices[j] @ gaps[j])) / 2 for j in range(self.m))

    def gradient(self, w: Any, q: Any = None) -> np.ndarray:
        gaps, q = self.lift(w) - self.centres, self.weights(q)
        return sum(q[j] * (self.matrices[j] @ gaps[j]) for j in range(self.m))

    def hessian(self, w: Any, q: Any = None) -> np.ndarray:
        q = self.weights(q)
        return sum(q[j] * self.matrices[j] for j in range(self.m))


class Oracle:
    """What tests ask for: tasks by their plain data, and whether a number of an arithmetic is right."""

    symmetric_norm = staticmethod(symmetric_norm)
    numbers = staticmethod(numbers)
    to_mp = staticmethod(to_mp)
    spline = staticmethod(spline)
    psi = staticmethod(psi_of_loss)
    names = tuple(PSI)
    digits = DIGITS

    def tasks(self, tasks: Any, at: Any = ()) -> list[OneTask]:
        """Oracles of the n tasks of one instance (index `at` into the leading axes), from the tasks' data
        alone.
        """
        if hasattr(tasks, "matrices"):
            return [
                QuadraticOracle(numbers(tasks.matrices[at][i]), numbers(tasks.centres[at][i])) for i in range(tasks.n)
            ]
        a, b, c, mu = (numbers(np.asarray(x)[at]) for x in (tasks.a, tasks.b, tasks.c, tasks.mu))
        exact = hasattr(tasks, "knots")
        return [RidgeOracle(a[i], b[i], c[i], mu[()], self._psi(tasks, at, i), exact) for i in range(tasks.n)]

    @staticmethod
    def _psi(tasks: Any, at: Any, i: int) -> Callable[[int, int, Any], Any]:
        if hasattr(tasks, "knots"):
            knots, values, slope = (numbers(x[at])[i] for x in (tasks.knots, tasks.values, tasks.slope))
            return lambda j, order, t: spline(knots[j].tolist(), values[j].tolist(), slope[j], order, t)
        return lambda j, order, t: psi_of_loss(tasks.losses[i].name, order, t)

    @staticmethod
    def probabilities(tasks: Any, at: Any = ()) -> list[Fraction]:
        return numbers(tasks.probabilities[at]).tolist()

    @staticmethod
    def meta_gradient(tasks: list[OneTask], probabilities: Any, alpha: Any, w: Any) -> np.ndarray:
        """grad F(w) = E_i (I - alpha H_i(w)) grad f_i(w - alpha grad f_i(w))."""
        total: Any = 0
        for p, task in zip(probabilities, tasks, strict=True):
            g = task.gradient(task.adapted(alpha, w))
            total = total + task.lift(p) * (g - task.lift(alpha) * (task.hessian(w) @ g))
        return np.asarray(total)

    @staticmethod
    def meta_objective(tasks: list[OneTask], probabilities: Any, alpha: Any, w: Any) -> Any:
        """F(w) = E_i f_i(w - alpha grad f_i(w))."""
        values = [task.value(task.adapted(alpha, w)) for task in tasks]
        return sum(task.lift(p) * v for p, task, v in zip(probabilities, tasks, values, strict=True))

    @staticmethod
    def sequences(m: int, size: int) -> list[np.ndarray]:
        """The weights of every sequence of `size` draws from m samples: m**size of them, equally likely."""
        return [
            numbers([Fraction(draws.count(j), size) for j in range(m)])
            for draws in itertools.product(range(m), repeat=size)
        ]

    # -- comparing -----------------------------------------------------------------------------------------
    def check(self, ar: Any, computed: Any, truth: Any, width: float | None = None) -> None:
        """Assert that numbers of an arithmetic are the true ones, shape included.

        Balls must hold the truth and be narrow; fractions must be equal to a truth that is a fraction.
        `width` is the radius allowed, relative to 1 + |truth|.
        """
        truth = np.array(truth, dtype=object)
        assert computed.shape == truth.shape, (computed.shape, truth.shape)
        allowed = Fraction(width if width is not None else {"arb": 2.0**-90}.get(ar.name, 2.0**-38))
        for (middle, radius), true in zip(_balls(ar, computed), truth.ravel().tolist(), strict=True):
            exact = true if isinstance(true, Fraction) else _fraction(true)
            error = Fraction(0) if isinstance(true, (Fraction, int)) else ORACLE_ERROR * (1 + abs(exact))
            scale = 1 + abs(exact)
            assert middle is not None, f"{ar.name}: unbounded, should be {float(exact)}"
            distance = abs(middle - exact)
            if ar.name == "float64":
                assert distance <= allowed * scale, f"float64: {float(middle)} for {float(exact)}"
            else:
                assert distance <= radius + error, f"{ar.name}: off by {float(distance)}, radius {float(radius)}"
                assert radius <= allowed * scale, f"{ar.name}: radius {float(radius)} at {float(exact)}"


def _fraction(value: Any) -> Fraction:
    if isinstance(value, mpmath.mpf):
        sign, mantissa, exponent, _ = value._mpf_
        return Fraction((-1) ** sign * int(mantissa)) * Fraction(2) ** exponent
    return Fraction(value)


def _arb_fraction(value: Any) -> Fraction:
    mantissa, exponent = value.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _balls(ar: Any, x: Any) -> list[tuple[Fraction | None, Fraction]]:
    """(middle, radius) of every number, exactly; middle None where unbounded."""
    if ar.name == "ball":
        rad = np.zeros(x.shape) if x.rad is None else x.rad
        pairs = list(zip(x.mid.ravel().tolist(), rad.ravel().tolist(), strict=True))
        return [
            (Fraction(m), Fraction(r)) if math.isfinite(m) and math.isfinite(r) else (None, Fraction(0))
            for m, r in pairs
        ]
    if ar.name == "arb":
        return [
            (_arb_fraction(v.mid()), _arb_fraction(v.rad())) if v.is_finite() else (None, Fraction(0))
            for v in x.ravel().tolist()
        ]
    if ar.name == "rational":
        return [(Fraction(int(v.p), int(v.q)), Fraction(0)) for v in x.ravel().tolist()]
    return [(Fraction(v), Fraction(0)) for v in np.asarray(x).ravel().tolist()]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest in one piece comes first, so that other processes do all the rest beside it."""
    items.sort(key=lambda item: item.path.name != "test_promise.py")


@pytest.fixture
def oracle() -> Iterator[Oracle]:
    """The oracle, with mpmath at DIGITS digits for as long as the test runs."""
    with mpmath.workdps(DIGITS):
        yield Oracle()
