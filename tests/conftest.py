"""An oracle for tasks, written from the definition of the sample losses and sharing nothing with the package.

Numbers are Python's: `Fraction` where everything is rational (splines, quadratics), else mpmath at 60 digits with
psi's derivatives by `mpmath.diff`. One task at a time, one point at a time, no shapes to get wrong together.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

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
    """A Fraction, int, double or mpf as an mpf of DIGITS digits."""
    if isinstance(value, Fraction):
        return mpmath.mpf(value.numerator) / value.denominator
    return mpmath.mpf(value)


@functools.lru_cache(maxsize=4096)
def psi_of_loss(name: str, order: int, t: Any) -> Any:
    """psi, psi' or psi'' of a builtin loss at t."""
    with mpmath.workdps(DIGITS):
        return mpmath.diff(PSI[name], to_mp(t), order) if order else PSI[name](to_mp(t))


def spline(knots: list[Fraction], values: list[Fraction], slope: Fraction, order: int, t: Fraction) -> Fraction:
    """psi, psi' or psi'' of a spline: psi'' interpolated, the others integrated from 0 piece by piece."""

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

    def uniform(self) -> np.ndarray:
        return numbers([Fraction(1, self.m)] * self.m)

    def alone(self, j: int) -> np.ndarray:
        return numbers([int(k == j) for k in range(self.m)])

    def gradient_variance(self, w: np.ndarray) -> Any:
        mean = self.gradient(w)
        gaps = [self.gradient(w, self.alone(j)) - mean for j in range(self.m)]
        return sum(gap @ gap for gap in gaps) / self.m

    def hessian_variance(self, w: np.ndarray) -> Any:
        mean = self.hessian(w)
        with mpmath.workdps(DIGITS):
            return sum(symmetric_norm(self.hessian(w, self.alone(j)) - mean) ** 2 for j in range(self.m)) / self.m


@dataclass
class RidgeOracle(OneTask):
    """f(w, q) = sum_j q_j c_j psi_j(a_j . w - b_j) + mu |w|^2 / 2; `psi(j, order, t)`."""

    a: np.ndarray
    b: np.ndarray
    c: np.ndarray
    mu: Any
    psi: Callable[[int, int, Any], Any]

    @property
    def m(self) -> int:
        return len(self.b)

    def _weighted(self, w: np.ndarray, q: np.ndarray | None, order: int) -> list[Any]:
        q = self.uniform() if q is None else q
        t = self.a @ w - self.b
        out = []
        for j in range(self.m):
            value = self.psi(j, order, t[j])
            weight = q[j] * self.c[j]
            out.append((weight if isinstance(value, Fraction) else to_mp(weight)) * value)
        return out

    def value(self, w: np.ndarray, q: np.ndarray | None = None) -> Any:
        return sum(self._weighted(w, q, 0)) + self._like(w, self.mu * (w @ w) / 2)

    def gradient(self, w: np.ndarray, q: np.ndarray | None = None) -> np.ndarray:
        rows = [y * self._like_row(a) for y, a in zip(self._weighted(w, q, 1), self.a, strict=True)]
        return sum(rows) + self._like_row(self.mu * w)

    def hessian(self, w: np.ndarray, q: np.ndarray | None = None) -> np.ndarray:
        rows = [
            y * np.outer(self._like_row(a), self._like_row(a))
            for y, a in zip(self._weighted(w, q, 2), self.a, strict=True)
        ]
        return sum(rows) + np.diag(self._like_row(numbers([self.mu] * len(w))))

    def _exact(self) -> bool:
        return isinstance(self.psi(0, 0, Fraction(0)), Fraction)

    def _like(self, w: np.ndarray, value: Any) -> Any:
        return value if self._exact() else to_mp(value)

    def _like_row(self, row: np.ndarray) -> np.ndarray:
        return row if self._exact() else numbers([to_mp(v) for v in row])


@dataclass
class QuadraticOracle(OneTask):
    """f(w, q) = sum_j q_j (w - z_j)^T Q_j (w - z_j) / 2, in Fractions."""

    matrices: np.ndarray
    centres: np.ndarray

    @property
    def m(self) -> int:
        return len(self.centres)

    def value(self, w: np.ndarray, q: np.ndarray | None = None) -> Any:
        q = self.uniform() if q is None else q
        gaps = w - self.centres
        return sum(q[j] * (gaps[j] @ (self.matrices[j] @ gaps[j])) / 2 for j in range(self.m))

    def gradient(self, w: np.ndarray, q: np.ndarray | None = None) -> np.ndarray:
        q = self.uniform() if q is None else q
        return sum(q[j] * (self.matrices[j] @ (w - self.centres[j])) for j in range(self.m))

    def hessian(self, w: np.ndarray, q: np.ndarray | None = None) -> np.ndarray:
        q = self.uniform() if q is None else q
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
        """Oracles of the n tasks of one instance (index `at` into the leading axes), from the tasks' data alone."""
        if hasattr(tasks, "matrices"):
            return [
                QuadraticOracle(numbers(tasks.matrices[at][i]), numbers(tasks.centres[at][i]))
                for i in range(tasks.n)
            ]
        return [
            RidgeOracle(
                numbers(tasks.a[at][i]), numbers(tasks.b[at][i]), numbers(tasks.c[at][i]),
                Fraction(np.asarray(tasks.mu)[at]), self._psi(tasks.profile, at, i),
            )
            for i in range(tasks.n)
        ]  # fmt: skip

    @staticmethod
    def _psi(profile: Any, at: Any, i: int) -> Callable[[int, int, Any], Any]:
        if hasattr(profile, "knots"):
            knots, values, slope = (numbers(x[at][i]) for x in (profile.knots, profile.values, profile.slope))
            return lambda j, order, t: spline(knots[j].tolist(), values[j].tolist(), slope[j], order, t)
        return lambda j, order, t: psi_of_loss(profile.of_task[i].name, order, t)

    @staticmethod
    def probabilities(tasks: Any, at: Any = ()) -> list[Fraction]:
        return numbers(tasks.probabilities[at]).tolist()

    def meta_gradient(self, tasks: list[OneTask], probabilities: Any, alpha: Any, w: np.ndarray) -> np.ndarray:
        """grad F(w) = E_i (I - alpha H_i(w)) grad f_i(w - alpha grad f_i(w))."""
        total = 0
        for p, task in zip(probabilities, tasks, strict=True):
            g = task.gradient(w - alpha * task.gradient(w))
            total = total + p * (g - alpha * (task.hessian(w) @ g))
        return total

    def meta_objective(self, tasks: list[OneTask], probabilities: Any, alpha: Any, w: np.ndarray) -> Any:
        """F(w) = E_i f_i(w - alpha grad f_i(w))."""
        return sum(
            p * task.value(w - alpha * task.gradient(w)) for p, task in zip(probabilities, tasks, strict=True)
        )

    @staticmethod
    def sequences(m: int, size: int) -> list[np.ndarray]:
        """The weights of every sequence of `size` draws from m samples: m**size of them, equally likely."""
        return [
            numbers([Fraction(draws.count(j), size) for j in range(m)])
            for draws in itertools.product(range(m), repeat=size)
        ]

    # -- comparing --------------------------------------------------------------------------------------------------
    def check(self, ar: Any, computed: Any, truth: Any, width: float | None = None) -> None:
        """Assert that numbers of an arithmetic are the true ones, shape included.

        Balls must hold the truth and be narrow; fractions must be equal to a truth that is a fraction. `width` is the
        radius allowed, relative to 1 + |truth|.
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


@pytest.fixture(scope="session")
def oracle() -> Oracle:
    """The oracle, at DIGITS digits for as long as the tests run."""
    with mpmath.workdps(DIGITS):
        yield Oracle()
