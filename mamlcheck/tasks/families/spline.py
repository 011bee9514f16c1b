"""Spline tasks: ridge sums of functions whose second derivative is piecewise linear, one for each sample; exact.

They are dense in the smooth tasks that the theory speaks of, so the worst case of a bound is approached among them. In
files they are tasks of kind "ridge" with a profile of kind "splines".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from mamlcheck.arithmetic import Arithmetic, Numbers
from mamlcheck.arithmetic.exact import frozen
from mamlcheck.errors import InputError
from mamlcheck.tasks import ridge_sums
from mamlcheck.tasks.constants import fraction_array, numbers_above
from mamlcheck.tasks.draws import Draws, for_all_tasks
from mamlcheck.tasks.family import CURVATURE, LENGTH, SLOPE, Limits, Tasks, Wanted, entries
from mamlcheck.tasks.gathering import Gathering
from mamlcheck.tasks.written import array_in, get, numbers_to_json, object_in, only

MOST_EXACT_KNOTS = 64  # up to which the steepest piece is found in exact fractions
RIDGE = ("a", "b", "c", "mu", "probabilities")
SPLINE = ("knots", "values", "slope")


@dataclass(frozen=True)
class SplineTasks(Tasks):
    """n tasks of m samples in d dimensions: sample losses c psi(a . w - b) + mu |w|^2 / 2, psi a cubic spline.

    `a` (..., n, m, d), `b` and `c` (..., n, m), `mu` (...) >= 0 and `probabilities` (..., n), summing to 1. psi'' takes
    `values` (..., n, m, K) at the increasing `knots` (..., n, m, K), is linear between them and constant outside;
    psi'(0) = `slope` (..., n, m), psi(0) = 0; K >= 2. All exact numbers, and read-only. Raises `InputError` when shapes
    or values do not fit.
    """

    a: np.ndarray = entries("task", "sample", "coordinate")
    b: np.ndarray = entries("task", "sample", unit=LENGTH)
    c: np.ndarray = entries("task", "sample")
    mu: np.ndarray = entries(unit=CURVATURE)
    probabilities: np.ndarray = entries("task")
    knots: np.ndarray = entries("task", "sample", "knot", unit=LENGTH)
    values: np.ndarray = entries("task", "sample", "knot", unit=CURVATURE)
    slope: np.ndarray = entries("task", "sample", unit=SLOPE)

    kind = "ridge"
    random_dimensions = 1
    pulling = ("slope",)

    @classmethod
    def on_a_line(
        cls, knots: np.ndarray, values: np.ndarray, slope: np.ndarray, probabilities: np.ndarray
    ) -> SplineTasks:
        """Tasks in one dimension whose sample losses are the splines themselves: a = c = 1, b = 0, mu = 0."""
        shape = np.shape(slope)
        ones = np.ones(shape)
        return cls(ones[..., None], 0 * ones, ones, np.zeros(shape[:-2]), probabilities, knots, values, slope)

    def check(self) -> None:
        """Raise `InputError` for knots that do not increase, and for a negative ridge."""
        ridge_sums.check_ridge(self.mu)
        if self.knots.shape[-1] < 2 or not (self.knots[..., 1:] > self.knots[..., :-1]).all():
            raise InputError("a spline needs two or more knots, strictly increasing")

    @property
    def width(self) -> int:
        """A number for each knot."""
        return self.lengths["knot"]

    @property
    def polynomial(self) -> bool:
        """Gradients are piecewise quadratic."""
        return True

    def scaled(self, factor: np.ndarray) -> SplineTasks:
        """The tasks with all losses multiplied by factors (...): in c, so that values keep their sizes."""
        return self._times({"c": factor, "mu": factor})

    def pulled(self, factor: Fraction) -> SplineTasks:
        """As `Tasks` says where b = 0; elsewhere the gradients at w = 0 are not proportional to `slope`."""
        return self if self.b.any() else super().pulled(factor)

    def on(self, ar: Arithmetic) -> ridge_sums.RidgeOn:
        """The same tasks as numbers of an arithmetic."""
        return ridge_sums.ridge_on(ar, self, SplinesOn.of(ar, self.knots, self.values, self.slope))

    # -- constants -----------------------------------------------------------------------------------------------
    @cached_property
    def smoothness(self) -> np.ndarray:
        """L (...), doubles certified not to be below."""
        return ridge_sums.smoothness(self, self.sup_second)

    @cached_property
    def hessian_lipschitz(self) -> np.ndarray:
        """rho (...), doubles certified not to be below."""
        return ridge_sums.hessian_lipschitz(self, self.sup_third)

    @cached_property
    def least_curvature(self) -> np.ndarray:
        """mu (...): the ridge where c_ij psi_ij'' >= 0 at every knot, and so everywhere; else -L."""
        # The sign, since a product of small doubles may be rounded to 0.
        convex = (self.c[..., None] * np.sign(self.values) >= 0).all(axis=-1)
        return ridge_sums.least_curvature(self, convex, self.smoothness)

    @cached_property
    def hessian_deviation(self) -> np.ndarray | None:
        """A bound of E_j |Hess l_ij - H_i|^2 that holds at every w (...)."""
        return ridge_sums.hessian_deviation(self, self.sup_second)

    @cached_property
    def sup_second(self) -> np.ndarray:
        """Exact numbers (..., n, m) not below sup|psi''|: the largest |value|."""
        largest = np.max(np.abs(self.values), axis=-1)
        return frozen(largest) if largest.dtype != object else numbers_above(largest.ravel(), largest.shape)

    @cached_property
    def sup_third(self) -> np.ndarray:
        """Exact numbers (..., n, m) not below sup|psi'''|: the steepest piece of psi''."""
        # A fraction divided by a double would be rounded, either way; and few doubles, such as those that a file holds,
        # are worth exact fractions, so that a constant which is a short number stays one.
        if self.knots.dtype == self.values.dtype == np.float64 and self.knots.size > MOST_EXACT_KNOTS:
            steepest = self._steepest_in_doubles()
            if np.isfinite(steepest).all():
                return frozen(steepest)
        rise, run = (np.diff(fraction_array(x), axis=-1) for x in (self.values, self.knots))
        exactly = np.max(np.abs(rise) / run, axis=-1)
        return numbers_above(exactly.ravel(), exactly.shape)

    def _steepest_in_doubles(self) -> np.ndarray:
        """Doubles not below the steepest slopes; not finite where a difference or a quotient overflows."""
        with np.errstate(over="ignore", invalid="ignore"):
            rise, run = np.abs(np.diff(self.values, axis=-1)), np.diff(self.knots, axis=-1)
            # Two differences and a quotient: three roundings, fewer than the factor 1 + 2**-50 makes good; 2**-1060
            # covers the quotient's underflow. A run that overflowed would make a slope of 0 of any rise.
            slopes = np.where(np.isfinite(run), rise / run, np.inf) * (1 + 2.0**-50) + 2.0**-1060
            return np.asarray(np.max(np.where(rise == 0, 0.0, slopes), axis=-1))

    def float_constants(self) -> tuple[np.ndarray, np.ndarray] | None:
        """L and rho (...) of one-dimensional tasks by float64, proved by nothing."""
        if self.d != 1:
            return None
        scale, length = np.abs(self.c), np.abs(self.a[..., 0])
        steepest = np.abs(np.diff(self.values, axis=-1) / np.diff(self.knots, axis=-1)).max(axis=-1)
        largest = np.abs(self.values).max(axis=-1)
        smoothness = (scale * largest * length**2).mean(axis=-1).max(axis=-1) + self.mu
        return smoothness, (scale * steepest * length**3).mean(axis=-1).max(axis=-1)

    # -- files ---------------------------------------------------------------------------------------------------
    def to_json(self) -> dict[str, Any]:
        """What a file holds: the numbers of ridge sums, and the splines as their profile."""
        ridge = {name: numbers_to_json(getattr(self, name)) for name in RIDGE}
        profile = {name: numbers_to_json(getattr(self, name)) for name in SPLINE}
        return {"kind": self.kind} | ridge | {"profile": {"kind": "splines"} | profile}

    @classmethod
    def reads(cls, content: Mapping[str, Any]) -> bool:
        """Whether the tasks in a file are ridge sums of splines."""
        return super().reads(content) and bool(ridge_sums.profile_kind(content) == "splines")

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> SplineTasks:
        """The tasks in a file as a block of one instance. Raises `InputError` that says where the file is wrong."""
        only(content, {"kind", "profile", *RIDGE}, "tasks")
        profile = object_in(get(content, "profile", "tasks"), "profile")
        only(profile, {"kind", *SPLINE}, "profile")
        splines = [array_in(profile, name, "profile") for name in SPLINE]
        return cls(*(array_in(content, name, "tasks") for name in RIDGE), *splines)

    # -- made at random ------------------------------------------------------------------------------------------
    @classmethod
    def random(cls, draws: Draws, wanted: Wanted) -> SplineTasks:
        """Tasks on a line, of splines of 2 to 5 knots on the grid; all slopes at 0 are 0 where stationary."""
        knots_count = draws.integer(2, 5)
        lead = (len(wanted.probabilities), wanted.distinct, wanted.m)
        gaps = draws.grid(1, 3, *lead, knots_count)
        knots = np.cumsum(gaps, axis=-1) - knots_count
        values = draws.grid(-1, 1, *lead, knots_count)
        slope = draws.grid(-1, 1, *lead) * (0.0 if wanted.stationary else 1.0)
        knots, values, slope = (for_all_tasks(x, wanted.n) for x in (knots, values, slope))
        return cls.on_a_line(knots, values, slope, wanted.probabilities)

    @classmethod
    def strategy(cls, limits: Limits, numbers: Any) -> Any:
        """One set of tasks on a line without leading axes; numbers: a strategy for slopes, values and places."""
        from mamlcheck.tasks.drawing import STEPS, draw_samples, st, vector

        at_most = max(2, limits.max_knots)

        @st.composite
        def drawn_tasks(draw: Any) -> SplineTasks:
            k = draw(st.integers(2, at_most))
            steps = st.sampled_from(STEPS)
            sample = st.tuples(*vector(numbers, 2 + at_most), *vector(steps, at_most - 1))
            drawn = draw_samples(draw, st.none(), sample, limits)
            slope, first, values = drawn.numbers[..., 0], drawn.numbers[..., 1:2], drawn.numbers[..., 2 : 2 + k]
            gaps = drawn.numbers[..., 2 + at_most : 1 + at_most + k]
            knots = np.concatenate([first, first + np.cumsum(gaps, axis=-1)], axis=-1)
            return cls.on_a_line(knots, values, slope, drawn.probabilities)

        return drawn_tasks()


@dataclass(frozen=True)
class SplinesOn:
    """Splines as numbers of one arithmetic: psi''(t) = base + sum_k kinks_k (t - knots_k)_+ ."""

    knots: Numbers
    kinks: Numbers
    base: Numbers
    slope: Numbers
    bounds: tuple[Numbers, Numbers]  # what psi'' and its slope do not exceed: values (..., n, m, K), and slopes

    @classmethod
    def of(cls, ar: Arithmetic, knots: np.ndarray, values: np.ndarray, slope: np.ndarray) -> SplinesOn:
        """The splines of these knots and values (..., n, m, K) and slopes (..., n, m), as numbers of an arithmetic."""
        at, heights = ar.exact(knots), ar.exact(values)
        slopes = (heights[..., 1:] - heights[..., :-1]) / (at[..., 1:] - at[..., :-1])
        kinks = ar.concatenate([slopes[..., :1], slopes[..., 1:] - slopes[..., :-1], -slopes[..., -1:]], -1)
        return cls(at, kinks, heights[..., 0], ar.exact(slope), (heights, slopes))

    def select(self, ar: Arithmetic, tasks: list[int]) -> SplinesOn:
        """The splines of some tasks."""
        return SplinesOn(
            ar.take(self.knots, tasks, -3), ar.take(self.kinks, tasks, -3),
            ar.take(self.base, tasks, -2), ar.take(self.slope, tasks, -2),
            (ar.take(self.bounds[0], tasks, -3), ar.take(self.bounds[1], tasks, -3)),
        )  # fmt: skip

    def drawn(self, ar: Arithmetic, rows: Gathering) -> SplinesOn:
        """The splines of tasks that are drawn with batches of their samples."""
        knots, samples = ("task", "sample", "knot"), ("task", "sample")
        return SplinesOn(
            rows.of(ar, self.knots, knots), rows.of(ar, self.kinks, knots), rows.of(ar, self.base, samples),
            rows.of(ar, self.slope, samples), (rows.of(ar, self.bounds[0], knots), rows.of(ar, self.bounds[1], knots)),
        )  # fmt: skip

    def breaks(self) -> Numbers:
        """The knots (..., n, m, K)."""
        return self.knots

    def _beyond(self, ar: Arithmetic, t: Numbers) -> Numbers:
        """(t - knots_k)_+ of shape (..., n, P, m, K)."""
        return ar.maximum(t[..., None] - self.knots[..., None, :, :], 0)

    def _kinks(self) -> Numbers:
        return self.kinks[..., None, :, :]

    def value(self, ar: Arithmetic, t: Numbers) -> Numbers:
        beyond, before = self._beyond(ar, t), ar.maximum(-self.knots, 0)[..., None, :, :]
        cubic = ar.sum(self._kinks() * (ar.power(beyond, 3) - ar.power(before, 3)), -1) / 6
        offset = ar.sum(self._kinks() * ar.square(before), -1) / 2
        linear = (self.slope[..., None, :] - offset) * t
        return linear + self.base[..., None, :] * ar.square(t) / 2 + cubic

    def first(self, ar: Arithmetic, t: Numbers) -> Numbers:
        return ar.sloping(lambda at: (self._first(ar, at, self._beyond(ar, at)),), t, self.bounds[:1])[0]

    def _first(self, ar: Arithmetic, t: Numbers, beyond: Numbers) -> Numbers:
        before = ar.maximum(-self.knots, 0)[..., None, :, :]
        bend = ar.sum(self._kinks() * (ar.square(beyond) - ar.square(before)), -1) / 2
        return self.slope[..., None, :] + self.base[..., None, :] * t + bend

    def bend(self, ar: Arithmetic, t: Numbers, move: Numbers, at_t: tuple[Numbers, Numbers]) -> Numbers:
        """psi'(t + move) - psi'(t) - psi''(t) move; exactly 0 where there are no kinks. What is at t is not needed.

        Of a kink at distance s = t - knot it is (s + move)_+^2 / 2 - s_+^2 / 2 - s_+ move. With D = (s + move)_+ - s_+
        that is D^2 / 2 + s_+ (D - move), where D = max(move + min(s, 0), -s_+), and D - move = (-s - move)_+ unless
        s_+ = 0. Nothing of the size of s is subtracted: a step that meets no knot gives move^2 / 2, or 0.
        """
        step = move[..., None]
        away = t[..., None] - self.knots[..., None, :, :]
        before, short = ar.maximum(away, 0), ar.maximum(-(away + step), 0)
        risen = ar.maximum(step + ar.minimum(away, 0), -before)
        return ar.sum(self._kinks() * (ar.square(risen) / 2 + before * short), -1)

    def first_and_second(self, ar: Arithmetic, t: Numbers) -> tuple[Numbers, Numbers]:
        def both(at: Numbers) -> tuple[Numbers, Numbers]:
            beyond = self._beyond(ar, at)
            second = self.base[..., None, :] + ar.sum(self._kinks() * beyond, -1)
            return self._first(ar, at, beyond), second

        first, second = ar.sloping(both, t, self.bounds)
        return first, second
