"""Ridge tasks: sample losses c_ij psi_ij(a_ij . w - b_ij) + mu |w|^2 / 2, and what their theory constants are.

`RidgeTasks` holds exact numbers; `RidgeTasks.on(ar)` the same numbers in one arithmetic; `.at(w)` everything known
of the tasks at points w: gradients, Hessian-vector products in O(m d) without a Hessian, variances over samples.
A batch is a weight vector q over the m samples; the full data is q = 1/m. A *deviation* r = q - 1/m sums to 0, and
the gradient is linear in q: noise computed from r is exactly 0 where r is.

Shapes: instances may carry leading axes; then n tasks, P points, m samples, d coordinates. Weights q and r are
(..., P or 1, m); points are (..., n or 1, P, d).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from mamlcheck.arithmetic import Arithmetic, arb, ball, rational
from mamlcheck.arithmetic.exact import Sealed, exact_array, frozen, kept, nearest_double, short_text
from mamlcheck.arithmetic.linear import between, spectral_norm
from mamlcheck.errors import InputError
from mamlcheck.tasks.profiles import Losses, Profile, Splines

Array = Any

EXACT_CONSTANTS = 4096  # one-dimensional samples up to which constants are certified in exact fractions


@dataclass(frozen=True)
class RidgeTasks(Sealed):
    """n tasks of m samples in d dimensions.

    `a` (..., n, m, d), `b` and `c` (..., n, m), `mu` (...) >= 0 and `probabilities` (..., n), summing to 1, are exact
    numbers, and read-only. `c` may have either sign. Raises `InputError` when shapes or values do not fit.
    """

    a: np.ndarray
    b: np.ndarray
    c: np.ndarray
    mu: np.ndarray
    probabilities: np.ndarray
    profile: Profile

    def __post_init__(self) -> None:
        for name in ("a", "b", "c", "mu", "probabilities"):
            object.__setattr__(self, name, exact_array(getattr(self, name)))
        shape = self.a.shape
        if len(shape) < 3 or 0 in shape[-3:]:
            raise InputError(f"data of shape {shape}: give n >= 1 tasks, m >= 1 samples, d >= 1 features, (n, m, d)")
        expected = {"b": shape[:-1], "c": shape[:-1], "mu": shape[:-3], "probabilities": shape[:-2]}
        for name, wanted in expected.items():
            if getattr(self, name).shape != wanted:
                raise InputError(f"{name} has shape {getattr(self, name).shape}: data {shape} need {wanted}")
        self.profile.check(shape)
        check_probabilities(self.probabilities)
        if (self.mu < 0).any():
            raise InputError("mu < 0: the ridge mu |w|^2 / 2 needs mu >= 0")

    @property
    def n(self) -> int:
        return int(self.a.shape[-3])

    @property
    def m(self) -> int:
        return int(self.a.shape[-2])

    @property
    def d(self) -> int:
        return int(self.a.shape[-1])

    @property
    def width(self) -> int:
        """How many numbers a point takes at each sample: one, or one for each knot of its spline."""
        return int(self.profile.knots.shape[-1]) if isinstance(self.profile, Splines) else 1

    @property
    def polynomial(self) -> bool:
        """Whether gradients are piecewise polynomials, so that exact fractions settle what rests on them.

        Other rational functions run in `rational` too, but denominators multiply with every sum over samples.
        """
        return self.profile.polynomial

    @property
    def provenance(self) -> str:
        """Of the constants L and rho: no better than the suprema they are built from."""
        return self.profile.provenance

    def __getitem__(self, index: Any) -> RidgeTasks:
        """One instance out of a block of them; constants certified already are carried over."""
        a, b, c, mu, p = (np.asarray(x[index]) for x in (self.a, self.b, self.c, self.mu, self.probabilities))
        picked = RidgeTasks(a, b, c, mu, p, self.profile[index])
        carry_constants(self, picked, index)
        return picked

    def alone(self, task: int) -> RidgeTasks:
        """One of the tasks by itself, with probability 1."""
        a, b, c = self.a[..., [task], :, :], self.b[..., [task], :], self.c[..., [task], :]
        return RidgeTasks(a, b, c, self.mu, np.ones((*self.mu.shape, 1)), self.profile.select([task]))

    @cached_property
    def same_samples(self) -> np.ndarray:
        """Whether all samples of a task are the same data (..., n), and so every batch of it the full data."""
        same = equal_along(self.a, -2).all(axis=-1) & equal_along(self.b, -1) & equal_along(self.c, -1)
        return frozen(np.asarray(same & self.profile.same_samples))

    def on(self, ar: Arithmetic) -> RidgeOn:
        """The same tasks as numbers of an arithmetic."""
        return RidgeOn(
            ar, ar.exact(self.a), ar.exact(self.b), ar.exact(self.c), ar.exact(self.mu) if self.mu.any() else None,
            ar.exact(self.probabilities), self.profile.on(ar), spread_of(ar, self.same_samples),
        )  # fmt: skip

    # -- constants of the theory: doubles certified not to be below -----------------------------------------------
    def _weighted(self, ar: Arithmetic, supremum: np.ndarray) -> Any:
        """|c_ij| sup / m (..., n, m)."""
        return ar.abs(ar.exact(self.c)) * ar.exact(supremum) / self.m

    def _gram_norm(self, ar: Arithmetic, weights: Any) -> Any:
        """Operator norm of sum_j weights_ij a_ij a_ij^T (..., n)."""
        a = ar.exact(self.a)
        if self.d == 1:
            return ar.sum(weights * ar.square(a[..., 0]), -1)
        weighted = ar.transpose(weights[..., None] * a, _last_two_swapped(a.ndim))
        return spectral_norm(ar, ar.rmatvec(a, weighted))

    @cached_property
    def smoothness(self) -> np.ndarray:
        """L (...): every f_i is L-smooth (Assumption 4.3): max_i |sum_j |c_ij| sup|psi''| a a^T / m| + mu."""

        def bound(ar: Any) -> np.ndarray:
            norms = self._gram_norm(ar, self._weighted(ar, self.profile.sup_second)) + ar.exact(self.mu)[..., None]
            return np.asarray(np.max(ar.upper(norms), axis=-1))

        return certified_constant(bound, exactly=self.d == 1 and self.a.size <= EXACT_CONSTANTS)

    @cached_property
    def hessian_lipschitz(self) -> np.ndarray:
        """rho (...): every Hessian is rho-Lipschitz (Assumption 4.4).

        The smaller of two bounds of sup_{|x|=|v|=1} sum_j s_j |a_j . x| (a_j . v)^2, s_j = |c_ij| sup|psi'''| / m:
        sum_j s_j |a_j|^3, and max_j |a_j| times the operator norm of sum_j s_j a_j a_j^T.
        """

        def bound(ar: Any) -> np.ndarray:
            weights = self._weighted(ar, self.profile.sup_third)
            lengths = ar.norm(ar.exact(self.a))
            cubes = ar.upper(ar.sum(weights * ar.power(lengths, 3), -1))
            if self.d > 1:
                longest = np.max(ar.upper(lengths), axis=-1)
                cubes = np.minimum(cubes, ar.upper(self._gram_norm(ar, weights) * between(ar, longest, longest)))
            return np.asarray(np.max(cubes, axis=-1))

        return certified_constant(bound, exactly=self.d == 1 and self.a.size <= EXACT_CONSTANTS)

    @cached_property
    def global_deviations(self) -> Mapping[str, np.ndarray] | None:
        """Bounds that hold at every w of sigma^2, sigma~^2 and sigma_H^2 (...), or None where psi' is unbounded.

        A variance is at most the second moment: sigma~_i^2 <= (1/m) sum_j c_ij^2 sup|psi'|^2 |a_ij|^2; sigma_H^2 by
        the Frobenius norm, likewise; sigma^2 <= E_i ((1/m) sum_j |c_ij| sup|psi'| |a_ij|)^2. The ridge is the same
        in every sample and cancels. None also where a bound exceeds the largest double.
        """
        first = self.profile.sup_first
        if first is None:
            return None

        def bounds(ar: Any) -> np.ndarray:
            c, lengths = ar.abs(ar.exact(self.c)), ar.norm(ar.exact(self.a))
            slopes = c * ar.exact(first) * lengths
            bends = c * ar.exact(self.profile.sup_second) * ar.square(lengths)
            of_tasks = ar.weighted_sum(ar.exact(self.probabilities), ar.square(ar.mean(slopes, -1)), -1)
            of_samples = (np.max(ar.upper(ar.mean(ar.square(x), -1)), axis=-1) for x in (slopes, bends))
            return np.stack([ar.upper(of_tasks), *of_samples])

        found = finite_bound(bounds, ball)
        if not np.isfinite(found).all():
            return None
        names = ("sigma", "sigma_tilde", "sigma_hessian")
        return MappingProxyType({name: frozen(np.asarray(b)) for name, b in zip(names, found, strict=True)})


def finite_bound(bound: Callable[[Any], np.ndarray], first: Any) -> np.ndarray:
    """The doubles that `bound(ar)` finds not below some number, by the arithmetic `first`.

    Where they are infinite they are found again by Arb, whose exponents have no end: what is infinite then has no bound
    that a double holds.
    """
    best = np.asarray(np.inf)
    for ar in (first, arb(64)):
        with ar.working():
            best = np.minimum(best, bound(ar))
        if np.isfinite(best).all():
            break
    return np.asarray(best)


def certified_constant(bound: Callable[[Any], np.ndarray], exactly: bool) -> np.ndarray:
    """`finite_bound` in exact fractions or in `ball`, rounded up to 40 bits, read-only."""
    return frozen(rounded_up(finite_bound(bound, rational if exactly else ball)))


def _last_two_swapped(ndim: int) -> tuple[int, ...]:
    return (*range(ndim - 2), ndim - 1, ndim - 2)


def rounded_up(constant: np.ndarray) -> np.ndarray:
    """The constant rounded up to 40 bits: still an upper bound, and the same whatever the BLAS rounds its way.

    Constants that have 40 bits or fewer, as those of simple exact tasks, stay exactly what they are.
    """
    mantissa, exponent = np.frexp(constant)
    with np.errstate(over="ignore"):
        return np.asarray(np.ldexp(np.ceil(np.ldexp(mantissa, 40)), exponent - 40))


def equal_along(x: np.ndarray, axis: int) -> np.ndarray:
    """Whether all entries along an axis are equal."""
    return np.asarray((x == np.take(x, [0], axis=axis)).all(axis=axis))


def spread_of(ar: Arithmetic, same_samples: np.ndarray) -> Array | None:
    """1 where the samples of a task differ, exactly 0 where they are the same (..., n); None where all differ.

    What batches change is multiplied by it: that is exactly 0 where there is nothing to change, where a difference
    of two equal enclosures would not be.
    """
    return ar.exact((~same_samples).astype(np.float64)) if same_samples.any() else None


def mean_of_drawn(ar: Arithmetic, of_samples: Array, drawn: np.ndarray) -> Array:
    """The means (..., K, d) over the samples drawn, indices (K, D), of what the samples have (..., m, d)."""
    total = ar.take(of_samples, drawn[:, 0], -2)
    for k in range(1, drawn.shape[1]):
        total = total + ar.take(of_samples, drawn[:, k], -2)
    return total / int(drawn.shape[1])


def carry_constants(tasks: Any, picked: Any, index: Any) -> None:
    """Give instances picked out of a block the constants that the block has certified."""
    for name in ("smoothness", "hessian_lipschitz"):
        if name in tasks.__dict__:
            picked.__dict__[name] = frozen(np.asarray(tasks.__dict__[name][index]))


def check_probabilities(probabilities: np.ndarray) -> None:
    """Raise `InputError` unless every row is non-negative and sums to exactly 1."""
    rows = probabilities.reshape(-1, probabilities.shape[-1])
    if _sound_on_grid(rows):
        return
    for row in rows:
        exact = [Fraction(v) for v in row.tolist()]
        if min(exact) < 0:
            raise InputError(f"a probability is {_said(min(exact))}: give numbers from 0 to 1")
        if sum(exact) != 1:
            raise InputError(
                f"the probabilities sum to {_said(sum(exact, Fraction(0)))}, not 1 exactly: give fractions, such as "
                "Fraction(1, 3), since thirds are not doubles"
            )


def _said(value: Fraction) -> str:
    return short_text(value, 60) or f"about {nearest_double(value):.17g}"


def _sound_on_grid(rows: np.ndarray) -> bool:
    """Whether all are multiples of 2**-44 in [0, 1] and sum to 1: told exactly, and at once for a whole block."""
    if rows.dtype != np.float64 or not ((rows >= 0) & (rows <= 1)).all() or rows.shape[-1] > 2**8:
        return False
    counts = rows * 2.0**44  # exact, and so are the sums: integers of at most 2**52
    return bool((counts == np.floor(counts)).all() and (counts.sum(axis=-1) == 2.0**44).all())


@dataclass(frozen=True)
class RidgeOn:
    """`RidgeTasks` as numbers of one arithmetic; `mu` is None where no instance has a ridge."""

    ar: Arithmetic
    a: Array
    b: Array
    c: Array
    mu: Array | None
    probabilities: Array
    profile: Any
    spread: Array | None

    def at(self, w: Array) -> RidgeAt:
        """What is known of the tasks at points w (..., n or 1, P, d)."""
        return RidgeAt(self, w)

    def select(self, tasks: list[int]) -> RidgeOn:
        """Some of the tasks, in the order given, repeats allowed; their probabilities are left as they are."""
        ar = self.ar
        return RidgeOn(
            ar, ar.take(self.a, tasks, -3), ar.take(self.b, tasks, -2), ar.take(self.c, tasks, -2), self.mu,
            ar.take(self.probabilities, tasks, -1), self._selected_profile(tasks),
            None if self.spread is None else ar.take(self.spread, tasks, -1),
        )  # fmt: skip

    def _selected_profile(self, tasks: list[int]) -> Any:
        profile, ar = self.profile, self.ar
        if isinstance(profile, Losses):
            return profile.select(tasks)
        return type(profile)(
            ar.take(profile.knots, tasks, -3), ar.take(profile.kinks, tasks, -3),
            ar.take(profile.base, tasks, -2), ar.take(profile.slope, tasks, -2),
        )  # fmt: skip

    @kept
    def coefficients(self) -> Array:
        """c_ij / m, what a sample weighs in the full data (..., n, 1, m)."""
        return self.c[..., None, :] / int(self.c.shape[-1])

    @kept
    def squared_lengths(self) -> Array:
        """|a_ij|^2 (..., n, 1, m)."""
        return self.ar.squared_norm(self.a)[..., None, :]


class RidgeAt:
    """Ridge tasks at points w: each quantity is computed when first asked for, and once."""

    def __init__(self, tasks: RidgeOn, w: Array):
        self.tasks = tasks
        self.w = w
        self.ar = tasks.ar
        self.t = self.ar.matvec(tasks.a, w) - tasks.b[..., None, :]

    @property
    def m(self) -> int:
        return int(self.t.shape[-1])

    @property
    def _c(self) -> Array:
        return self.tasks.c[..., None, :]

    @kept
    def _derivatives(self) -> tuple[Array, Array]:
        """psi' and psi'' of every sample (..., n, P, m)."""
        first, second = self.tasks.profile.first_and_second(self.ar, self.t)
        return first, second

    @kept
    def _slopes(self) -> Array:
        """psi' (..., n, P, m), without psi'' when nobody has asked for that."""
        if "_derivatives" in self.__dict__:
            return self._derivatives[0]
        return self.tasks.profile.first(self.ar, self.t)

    def with_curvature(self) -> RidgeAt:
        """Compute psi' and psi'' together now, which is cheaper than one after the other."""
        _ = self._derivatives
        return self

    def _mean(self, y: Array, q: Array | None) -> Array:
        """sum_j q_j c_j y_j a_j (..., n, P, d); q = 1/m when None."""
        coefficients = self.tasks.coefficients if q is None else self._c * q
        return self.ar.rmatvec(self.tasks.a, y * coefficients)

    def _spread(self, x: Array, axes: int) -> Array:
        """x, exactly 0 for tasks of equal samples; x has `axes` axes after that of the tasks."""
        spread = self.tasks.spread
        return x if spread is None else x * spread[(..., *(None,) * axes)]

    def _with_ridge(self, x: Array, v: Array) -> Array:
        """x + mu v."""
        mu = self.tasks.mu
        return x if mu is None else x + mu[..., None, None, None] * v

    def value(self, q: Array | None = None) -> Array:
        """f_i(w, q) (..., n, P)."""
        ar, mu = self.ar, self.tasks.mu
        coefficients = self.tasks.coefficients if q is None else self._c * q
        mean = ar.weighted_sum(coefficients, self.tasks.profile.value(ar, self.t), -1)
        return mean if mu is None else mean + mu[..., None, None] * ar.squared_norm(self.w) / 2

    def gradient(self, q: Array | None = None) -> Array:
        """grad f_i(w, q) (..., n, P, d)."""
        return self._with_ridge(self._mean(self._slopes, q), self.w)

    def gradient_of_drawn(self, drawn: np.ndarray) -> Array:
        """grad f_i(w, q) (..., n, K, d) of batches by the samples that they hold, indices (K, D); a single point."""
        of_samples = (self._c * self._slopes)[..., 0, :, None] * self.tasks.a
        return self._with_ridge(mean_of_drawn(self.ar, of_samples, drawn), self.w)

    def gradient_deviation(self, r: Array) -> Array:
        """grad f_i(w, q) - grad f_i(w) for r = q - 1/m (..., n, P, d)."""
        return self._spread(self._mean(self._slopes, r), 2)

    def hessian_vector(self, v: Array, q: Array | None = None) -> Array:
        """H_i(w, q) v (..., n, P, d), v (..., n, P, d)."""
        return self._with_ridge(self._mean(self._bent(v), q), v)

    def hessian_vector_deviation(self, v: Array, r: Array) -> Array:
        """(H_i(w, q) - H_i(w)) v for r = q - 1/m (..., n, P, d)."""
        return self._spread(self._mean(self._bent(v), r), 2)

    def _bent(self, v: Array) -> Array:
        return self._derivatives[1] * self.ar.matvec(self.tasks.a, v)

    def hessian(self, q: Array | None = None) -> Array:
        """H_i(w, q) (..., n, P, d, d), explicitly: for reference, O(m d^2)."""
        hessian, mu = self._bare_hessian(q), self.tasks.mu
        if mu is None:
            return hessian
        return hessian + mu[..., None, None, None, None] * self.ar.exact(np.eye(int(self.w.shape[-1])))

    def _bare_hessian(self, q: Array | None) -> Array:
        """The Hessian without the ridge."""
        ar = self.ar
        weights = self._derivatives[1] * (self.tasks.coefficients if q is None else self._c * q)
        a = self.tasks.a[..., None, :, :]
        return ar.rmatvec(a, ar.transpose(weights[..., None] * a, _last_two_swapped(weights.ndim + 1)))

    def gradient_change(self, step: Array, q: Array | None = None) -> Array:
        """grad f_i(w + step, q) - grad f_i(w, q) (..., n, P, d); exactly 0 for a step that is exactly 0."""
        ar = self.ar
        move = ar.matvec(self.tasks.a, step)
        change = self.tasks.profile.first(ar, self.t + move) - self._slopes
        return self._with_ridge(self._mean(ar.vanishing_with(change, move), q), step)

    def gradient_across(self, move: Array, q: Array | None = None) -> Array:
        """grad f_i(w + move, q) - grad f_i(w - move, q) (..., n, P, d); exactly 0 for a move that is exactly 0."""
        return self.tasks.at(self.w - move).gradient_change(2 * move, q)

    def gradient_bend(self, step: Array) -> Array:
        """grad f_i(w + step) - grad f_i(w) - H_i(w) step (..., n, P, d); exactly 0 where the step or all bending is."""
        ar = self.ar
        move = ar.matvec(self.tasks.a, step)
        bend = self.tasks.profile.bend(ar, self.t, move, self._derivatives)
        return self._mean(ar.vanishing_with(bend, move), None)

    def gradient_variance(self) -> Array:
        """E_j |grad l_ij(w) - grad f_i(w)|^2 over the samples (..., n, P): sigma~_i(w)^2.

        The ridge is the same in every sample and drops out: mean |k_j a_j|^2 - |mean k_j a_j|^2, k_j = c_j psi'_j.
        """
        ar = self.ar
        squares = ar.mean(ar.square(self._c * self._slopes) * self.tasks.squared_lengths, -1)
        return self._spread(squares - ar.squared_norm(self._mean(self._slopes, None)), 1)

    def hessian_variance(self) -> Array:
        """E_j |Hess l_ij(w) - H_i(w)|^2 in operator norm (..., n, P): sigma_H,i(w)^2. The ridge drops out."""
        ar = self.ar
        a = self.tasks.a[..., None, :, :, None]
        outer = a * ar.transpose(a, _last_two_swapped(a.ndim))
        deviations = (self._c * self._derivatives[1])[..., None, None] * outer - self._bare_hessian(None)[
            ..., None, :, :
        ]
        return self._spread(ar.mean(ar.square(spectral_norm(ar, deviations)), -1), 1)


__all__ = ["Losses", "RidgeAt", "RidgeOn", "RidgeTasks", "Splines", "check_probabilities"]
