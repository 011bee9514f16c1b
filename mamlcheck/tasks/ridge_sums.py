"""Ridge sums: what sample losses c_ij psi_ij(a_ij . w - b_ij) + mu |w|^2 / 2 are in an arithmetic, whatever the psi_ij.

Two families are made of them: ridge tasks, whose psi are losses, and spline tasks, whose psi are splines. A *profile*
evaluates psi, psi' and psi'' on the arguments t of all samples at once (..., n, P, m), and knows nothing of the vectors
a_ij. `RidgeOn` holds the numbers of one arithmetic; `RidgeOn.at(w)` everything known of the tasks at points w:
gradients, Hessian-vector products in O(m d) without a Hessian, variances over samples.

A batch is a weight vector q over the m samples; the full data is q = 1/m. A *deviation* r = q - 1/m sums to 0, and
the gradient is linear in q: noise computed from r is exactly 0 where r is.

Shapes: instances may carry leading axes; then n tasks, P points, m samples, d coordinates. Weights q and r are
(..., P or 1, m); points are (..., n or 1, P, d).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from mamlcheck.arithmetic import Arithmetic, Numbers, ball
from mamlcheck.arithmetic.exact import double_below, fractions_of, frozen, kept
from mamlcheck.arithmetic.linear import Coordinates, between, coordinates, gram_norm_above, spectral_norm
from mamlcheck.errors import InputError
from mamlcheck.tasks.constants import (
    MOST_EXACT_SAMPLES,
    certified_constant,
    finite_bound,
    mean_of_drawn,
    spread_of,
    spread_out,
)
from mamlcheck.tasks.gathering import Gathering


class DrawnProfile(Protocol):
    """The psi of all samples in one arithmetic, as far as tasks at points need them."""

    def value(self, ar: Arithmetic, t: Numbers) -> Numbers:
        """psi(t) (..., n, P, m)."""
        ...

    def first(self, ar: Arithmetic, t: Numbers) -> Numbers:
        """psi'(t) (..., n, P, m)."""
        ...

    def first_and_second(self, ar: Arithmetic, t: Numbers) -> tuple[Numbers, Numbers]:
        """psi'(t) and psi''(t); what they share is computed once."""
        ...

    def bend(self, ar: Arithmetic, t: Numbers, move: Numbers, at_t: tuple[Numbers, Numbers]) -> Numbers:
        """psi'(t + move) - psi'(t) - psi''(t) move, from psi' and psi'' at t; exactly 0 for a quadratic psi."""
        ...


class Profile(DrawnProfile, Protocol):
    """The same, of all tasks: some of them can be taken."""

    def select(self, ar: Arithmetic, tasks: list[int]) -> Profile:
        """The psi of some tasks."""
        ...

    def drawn(self, ar: Arithmetic, rows: Gathering) -> DrawnProfile:
        """The psi of tasks that are drawn with batches of their samples."""
        ...

    def breaks(self) -> Numbers | None:
        """Where psi'' has a kink (..., n, m, K), being linear between; None where it is a smooth curve."""
        ...


class RidgeSums(Protocol):
    """Tasks made of ridge sums, as exact numbers: `a` (..., n, m, d), `b` and `c` (..., n, m), `mu` (...)."""

    a: np.ndarray
    b: np.ndarray
    c: np.ndarray
    mu: np.ndarray
    probabilities: np.ndarray
    same_samples: np.ndarray


def profile_kind(content: Mapping[str, Any]) -> Any:
    """What a file of tasks of kind "ridge" says of its psi: "losses" or "splines", if it is right."""
    profile = content.get("profile")
    return profile.get("kind") if isinstance(profile, dict) else None


def check_ridge(mu: np.ndarray) -> None:
    """Raise `InputError` for a negative ridge."""
    if (mu < 0).any():
        raise InputError("mu < 0: the ridge mu |w|^2 / 2 needs mu >= 0")


# -- constants of the theory: doubles certified not to be below ------------------------------------------------
def smoothness(tasks: Any, sup_second: np.ndarray, unit_norms: np.ndarray | None = None) -> np.ndarray:
    """L (...): every f_i is L-smooth (Assumption 4.3): max_i |sum_j |c_ij| sup|psi''| a a^T / m| + mu.

    unit_norms: those of the tasks, where the suprema are the same for all samples of a task.
    """

    def bound(ar: Any) -> np.ndarray:
        norms = _gram_norm(ar, tasks, sup_second, unit_norms) + ar.exact(tasks.mu)[..., None]
        return np.asarray(np.max(ar.upper(norms), axis=-1))

    return certified_constant(bound, _exactly(tasks))


def hessian_lipschitz(tasks: Any, sup_third: np.ndarray, unit_norms: np.ndarray | None = None) -> np.ndarray:
    """rho (...): every Hessian is rho-Lipschitz (Assumption 4.4).

    The smaller of two bounds of sup_{|x|=|v|=1} sum_j s_j |a_j . x| (a_j . v)^2, s_j = |c_ij| sup|psi'''| / m:
    sum_j s_j |a_j|^3, and max_j |a_j| times the operator norm of sum_j s_j a_j a_j^T. unit_norms: as for `smoothness`.
    """

    def bound(ar: Any) -> np.ndarray:
        lengths = ar.norm(ar.exact(tasks.a))
        cubes = ar.upper(ar.sum(_weighted(ar, tasks, sup_third) * ar.power(lengths, 3), -1))
        if tasks.a.shape[-1] > 1:
            longest = np.max(ar.upper(lengths), axis=-1)
            norms = _gram_norm(ar, tasks, sup_third, unit_norms)
            cubes = np.minimum(cubes, ar.upper(norms * between(ar, longest, longest)))
        return np.asarray(np.max(cubes, axis=-1))

    return certified_constant(bound, _exactly(tasks))


def least_curvature(tasks: Any, convex: np.ndarray, smoothness: np.ndarray) -> np.ndarray:
    """mu (...): the ridge where c_ij psi_ij is known to be convex in every sample, `convex` (..., n, m); else -L."""
    all_convex = convex.all(axis=(-1, -2))
    ridge = np.array([double_below(v) for v in fractions_of(tasks.mu)]).reshape(tasks.mu.shape)
    return frozen(np.where(all_convex, ridge, -smoothness))


def global_deviations(tasks: Any, sup_first: np.ndarray, sup_second: np.ndarray) -> Mapping[str, np.ndarray] | None:
    """Bounds that hold at every w of sigma^2, sigma~^2 and sigma_H^2 (...), or None where one exceeds all doubles.

    A variance is at most the second moment: sigma~_i^2 <= (1/m) sum_j c_ij^2 sup|psi'|^2 |a_ij|^2; sigma_H^2 by
    the Frobenius norm, likewise; sigma^2 <= E_i ((1/m) sum_j |c_ij| sup|psi'| |a_ij|)^2. The ridge is the same
    in every sample and cancels.
    """

    def bounds(ar: Any) -> np.ndarray:
        c, lengths = ar.abs(ar.exact(tasks.c)), ar.norm(ar.exact(tasks.a))
        slopes = c * ar.exact(sup_first) * lengths
        bends = c * ar.exact(sup_second) * ar.square(lengths)
        of_tasks = ar.weighted_sum(ar.exact(tasks.probabilities), ar.square(ar.mean(slopes, -1)), -1)
        of_samples = (np.max(ar.upper(ar.mean(ar.square(x), -1)), axis=-1) for x in (slopes, bends))
        return np.stack([ar.upper(of_tasks), *of_samples])

    found = finite_bound(bounds, ball)
    if not np.isfinite(found).all():
        return None
    names = ("sigma", "sigma_tilde", "sigma_hessian")
    return MappingProxyType({name: frozen(np.asarray(b)) for name, b in zip(names, found, strict=True)})


def hessian_deviation(tasks: Any, sup_second: np.ndarray) -> np.ndarray | None:
    """A bound everywhere of E_j |Hess l_ij(w) - H_i(w)|^2 in Frobenius norm (...), None where it exceeds all doubles.

    A variance is at most the second moment (1/m) sum_j c_ij^2 sup|psi''|^2 |a_ij|^4; the ridge cancels.
    """

    def bound(ar: Any) -> np.ndarray:
        bends = ar.abs(ar.exact(tasks.c)) * ar.exact(sup_second) * ar.squared_norm(ar.exact(tasks.a))
        return np.asarray(np.max(ar.upper(ar.mean(ar.square(bends), -1)), axis=-1))

    found = finite_bound(bound, ball)
    return frozen(found) if np.isfinite(found).all() else None


def _exactly(tasks: RidgeSums) -> bool:
    return tasks.a.shape[-1] == 1 and tasks.a.size <= MOST_EXACT_SAMPLES


def unit_norms(tasks: Any) -> np.ndarray | None:
    """Doubles (..., n) not below |sum_j |c_ij| a a^T / m|, which L and rho share; infinite where `ball` finds none.

    None in one dimension, where constants are sums.
    """
    if tasks.a.shape[-1] == 1:
        return None
    with ball.working():
        weights = ball.abs(ball.exact(tasks.c)) / int(tasks.c.shape[-1])
        return gram_norm_above(ball, ball.exact(tasks.a), weights)


def _weighted(ar: Arithmetic, tasks: RidgeSums, supremum: np.ndarray) -> Any:
    """|c_ij| sup / m (..., n, m)."""
    return ar.abs(ar.exact(tasks.c)) * ar.exact(supremum) / int(tasks.c.shape[-1])


def _gram_norm(ar: Arithmetic, tasks: RidgeSums, supremum: np.ndarray, unit_norms: np.ndarray | None) -> Any:
    """Numbers not below |sum_j |c_ij| sup a a^T / m| (..., n); that norm itself in one dimension."""
    if unit_norms is not None and ar.name == "ball":
        return between(ar, unit_norms, unit_norms) * ar.exact(supremum)[..., 0]
    a, weights = ar.exact(tasks.a), _weighted(ar, tasks, supremum)
    if tasks.a.shape[-1] == 1:
        return ar.sum(weights * ar.square(a[..., 0]), -1)
    above = gram_norm_above(ar, a, weights)
    return between(ar, above, above)


def _last_two_swapped(ndim: int) -> tuple[int, ...]:
    return (*range(ndim - 2), ndim - 1, ndim - 2)


# -- in one arithmetic ------------------------------------------------------------------------------------------
def ridge_on(ar: Arithmetic, tasks: Any, profile: Profile) -> RidgeOn:
    """The tasks as numbers of an arithmetic, with the psi of that arithmetic."""
    return RidgeOn(
        ar, ar.exact(tasks.a), ar.exact(tasks.b), ar.exact(tasks.c), ar.exact(tasks.mu) if tasks.mu.any() else None,
        ar.exact(tasks.probabilities), profile, spread_of(ar, tasks.same_samples),
    )  # fmt: skip


@dataclass(frozen=True)
class RidgeOn:
    """Ridge sums as numbers of one arithmetic; `mu` is None where no instance has a ridge."""

    ar: Arithmetic
    a: Numbers
    b: Numbers
    c: Numbers
    mu: Numbers | None
    probabilities: Numbers
    profile: Any  # a `Profile`, one of drawn tasks, or one of SymPy expressions
    spread: Numbers | None

    def at(self, w: Numbers) -> RidgeAt:
        """What is known of the tasks at points w (..., n or 1, P, d)."""
        return RidgeAt(self, w)

    def select(self, tasks: list[int]) -> RidgeOn:
        """Some of the tasks, in the order given, repeats allowed; their probabilities are left as they are."""
        ar = self.ar
        return RidgeOn(
            ar, ar.take(self.a, tasks, -3), ar.take(self.b, tasks, -2), ar.take(self.c, tasks, -2), self.mu,
            ar.take(self.probabilities, tasks, -1), self.profile.select(ar, tasks),
            None if self.spread is None else ar.take(self.spread, tasks, -1),
        )  # fmt: skip

    def drawn(self, rows: Gathering) -> RidgeOn:
        """Tasks (S, B) drawn with batches of their samples, as `TasksOn` says."""
        ar = self.ar
        return RidgeOn(
            ar, rows.of(ar, self.a, ("task", "sample", "coordinate")), rows.of(ar, self.b, ("task", "sample")),
            rows.of(ar, self.c, ("task", "sample")), self.mu, rows.of(ar, self.probabilities, ("task",)),
            self.profile.drawn(ar, rows), None if self.spread is None else rows.of(ar, self.spread, ("task",)),
        )  # fmt: skip

    def breaks(self, origin: Numbers, direction: Numbers) -> np.ndarray | None:
        """Where second derivatives along the line origin + t direction have a kink, of the first instance of a block;
        None where they are smooth curves.
        """
        knots = self.profile.breaks()
        if knots is None:
            return None
        ar = self.ar
        along = np.asarray(ar.sum(self.a[0] * direction, -1))
        offset = np.asarray(ar.sum(self.a[0] * origin, -1) - self.b[0])
        moving = np.array([not bool(v == 0) for v in along.ravel()]).reshape(along.shape)
        return np.asarray((knots[0][moving] - offset[moving][:, None]) / along[moving][:, None])

    @kept
    def coefficients(self) -> Numbers:
        """c_ij / m, what a sample weighs in the full data (..., n, 1, m)."""
        return self.c[..., None, :] / int(self.c.shape[-1])

    @cached_property
    def coordinates(self) -> Coordinates | None:
        """The vectors a_ij by coordinates in what they span (..., n, m, m); None where they are no more than these."""
        if self.a.shape[-2] >= self.a.shape[-1] or self.ar.name in ("rational", "symbolic"):
            return None
        return coordinates(self.ar, self.a)

    @kept
    def squared_lengths(self) -> Numbers:
        """|a_ij|^2 (..., n, 1, m)."""
        return self.ar.squared_norm(self.a)[..., None, :]


class RidgeAt:
    """Ridge tasks at points w: each quantity is computed when first asked for, and once."""

    def __init__(self, tasks: RidgeOn, w: Numbers):
        self.tasks = tasks
        self.w = w
        self.ar = tasks.ar
        self.t = self.ar.matvec(tasks.a, w) - tasks.b[..., None, :]

    @property
    def m(self) -> int:
        return int(self.t.shape[-1])

    @property
    def _c(self) -> Numbers:
        return self.tasks.c[..., None, :]

    @kept
    def _derivatives(self) -> tuple[Numbers, Numbers]:
        """psi' and psi'' of every sample (..., n, P, m)."""
        first, second = self.tasks.profile.first_and_second(self.ar, self.t)
        return first, second

    @kept
    def _slopes(self) -> Numbers:
        """psi' (..., n, P, m), without psi'' when nobody has asked for that."""
        if "_derivatives" in self.__dict__:
            return self._derivatives[0]
        first: Numbers = self.tasks.profile.first(self.ar, self.t)
        return first

    def with_curvature(self) -> RidgeAt:
        """Compute psi' and psi'' together now, which is cheaper than one after the other."""
        _ = self._derivatives
        return self

    def _mean(self, y: Numbers, q: Numbers | None) -> Numbers:
        """sum_j q_j c_j y_j a_j (..., n, P, d); q = 1/m when None."""
        coefficients = self.tasks.coefficients if q is None else self._c * q
        return self.ar.rmatvec(self.tasks.a, y * coefficients)

    def _spread(self, x: Numbers, axes: int) -> Numbers:
        return spread_out(self.tasks.spread, x, axes)

    def _with_ridge(self, x: Numbers, v: Numbers) -> Numbers:
        """x + mu v."""
        mu = self.tasks.mu
        return x if mu is None else x + mu[..., None, None, None] * v

    def value(self, q: Numbers | None = None) -> Numbers:
        """f_i(w, q) (..., n, P)."""
        ar, mu = self.ar, self.tasks.mu
        coefficients = self.tasks.coefficients if q is None else self._c * q
        mean = ar.weighted_sum(coefficients, self.tasks.profile.value(ar, self.t), -1)
        return mean if mu is None else mean + mu[..., None, None] * ar.squared_norm(self.w) / 2

    def gradient(self, q: Numbers | None = None) -> Numbers:
        """grad f_i(w, q) (..., n, P, d)."""
        return self._with_ridge(self._pull if q is None else self._mean(self._slopes, q), self.w)

    def gradient_of_drawn(self, drawn: np.ndarray) -> Numbers:
        """grad f_i(w, q) (..., n, K, d) of batches by the samples that they hold, indices (K, D); a single point."""
        of_samples = (self._c * self._slopes)[..., 0, :, None] * self.tasks.a
        return self._with_ridge(mean_of_drawn(self.ar, of_samples, drawn), self.w)

    def gradient_deviation(self, r: Numbers) -> Numbers:
        """grad f_i(w, q) - grad f_i(w) for r = q - 1/m (..., n, P, d)."""
        return self._spread(self._mean(self._slopes, r), 2)

    def hessian_vector(self, v: Numbers, q: Numbers | None = None) -> Numbers:
        """H_i(w, q) v (..., n, P, d), v (..., n, P, d)."""
        return self._with_ridge(self._mean(self._bent(v), q), v)

    def hessian_vector_deviation(self, v: Numbers, r: Numbers) -> Numbers:
        """(H_i(w, q) - H_i(w)) v for r = q - 1/m (..., n, P, d)."""
        return self._spread(self._mean(self._bent(v), r), 2)

    def _bent(self, v: Numbers) -> Numbers:
        return self._derivatives[1] * self.ar.matvec(self.tasks.a, v)

    def hessian(self, q: Numbers | None = None) -> Numbers:
        """H_i(w, q) (..., n, P, d, d), explicitly: for reference, O(m d^2)."""
        hessian, mu = self._bare_hessian(q), self.tasks.mu
        if mu is None:
            return hessian
        return hessian + mu[..., None, None, None, None] * self.ar.exact(np.eye(int(self.w.shape[-1])))

    def _bare_hessian(self, q: Numbers | None) -> Numbers:
        """The Hessian without the ridge."""
        return self._outer_products(self._derivatives[1] * (self.tasks.coefficients if q is None else self._c * q))

    def _outer_products(self, weights: Numbers) -> Numbers:
        """sum_j x_j a_j a_j^T (..., n, P, d, d) for numbers x (..., n, P, m)."""
        a = self.tasks.a[..., None, :, :]
        return self.ar.rmatvec(a, self.ar.transpose(weights[..., None] * a, _last_two_swapped(weights.ndim + 1)))

    def hessian_spread(self) -> Numbers:
        """E_j (Hess l_ij(w) - H_i(w))^2 (..., n, P, d, d).

        The ridge drops out: mean (k_j |a_j|)^2 a_j a_j^T - (mean k_j a_j a_j^T)^2, k_j = c_j psi''_j.
        """
        ar, bare = self.ar, self._bare_hessian(None)
        squares = ar.square(self._c * self._derivatives[1]) * self.tasks.squared_lengths / self.m
        return self._spread(self._outer_products(squares) - ar.rmatvec(bare, bare), 3)

    def gradient_change(self, step: Numbers, q: Numbers | None = None) -> Numbers:
        """grad f_i(w + step, q) - grad f_i(w, q) (..., n, P, d); exactly 0 for a step that is exactly 0."""
        ar = self.ar
        move = ar.matvec(self.tasks.a, step)
        change = self.tasks.profile.first(ar, self.t + move) - self._slopes
        return self._with_ridge(self._mean(ar.vanishing_with(change, move), q), step)

    def gradient_across(self, move: Numbers, q: Numbers | None = None) -> Numbers:
        """grad f_i(w + move, q) - grad f_i(w - move, q) (..., n, P, d); exactly 0 for a move that is exactly 0."""
        return self.tasks.at(self.w - move).gradient_change(2 * move, q)

    def gradient_bend(self, step: Numbers) -> Numbers:
        """grad f_i(w + step) - grad f_i(w) - H_i(w) step (..., n, P, d); exactly 0 where the step or all bending is."""
        ar = self.ar
        move = ar.matvec(self.tasks.a, step)
        bend = self.tasks.profile.bend(ar, self.t, move, self._derivatives)
        return self._mean(ar.vanishing_with(bend, move), None)

    def mean_of_products(self, v: Numbers) -> Numbers:
        """E_j Hess l_ij(w) v_j over the samples (..., n, d), v (..., n, m, d); a single point (P = 1)."""
        ar, mu = self.ar, self.tasks.mu
        bent = self._derivatives[1] * ar.sum(self.tasks.a * v, -1)[..., None, :]
        mean = self._mean(bent, None)[..., 0, :]
        return mean if mu is None else mean + mu[..., None, None] * ar.mean(v, -2)

    def gradient_variance(self) -> Numbers:
        """E_j |grad l_ij(w) - grad f_i(w)|^2 over the samples (..., n, P): sigma~_i(w)^2.

        The ridge is the same in every sample and drops out: mean |k_j a_j|^2 - |mean k_j a_j|^2, k_j = c_j psi'_j.
        """
        return self._spread(self._second_moment(self.tasks.squared_lengths) - self.ar.squared_norm(self._pull), 1)

    def gradient_variance_in(self, form: Numbers) -> Numbers:
        """E_j x_j . Q_i x_j (..., n, P), x_j = grad l_ij(w) - grad f_i(w) of a sample, Q symmetric (..., n, d, d).

        As `gradient_variance`, with a_j . Q a_j in place of |a_j|^2.
        """
        ar, a = self.ar, self.tasks.a
        of_samples = ar.sum(a * ar.matvec(form, a), -1)[..., None, :]
        of_mean = ar.sum(self._pull * ar.matvec(form, self._pull), -1)
        return self._spread(self._second_moment(of_samples) - of_mean, 1)

    def _second_moment(self, of_samples: Numbers) -> Numbers:
        """The mean over the samples of (c_j psi'_j)^2 x_j (..., n, P), from x (..., n, 1, m)."""
        return self.ar.mean(self._squared_pulls * of_samples, -1)

    @kept
    def _squared_pulls(self) -> Numbers:
        """(c_j psi'_j)^2 (..., n, P, m)."""
        return self.ar.square(self._c * self._slopes)

    @kept
    def _pull(self) -> Numbers:
        """The gradient without the ridge (..., n, P, d)."""
        return self._mean(self._slopes, None)

    def hessian_variance(self) -> Numbers:
        """E_j |Hess l_ij(w) - H_i(w)|^2 in operator norm (..., n, P): sigma_H,i(w)^2. The ridge drops out."""
        norms = _deviation_norms(self.ar, self._c * self._derivatives[1], self.tasks.a, self.tasks.coordinates)
        return self._spread(self.ar.mean(self.ar.square(norms), -1), 1)


def _deviation_norms(ar: Arithmetic, bends: Numbers, a: Numbers, few: Coordinates | None) -> Numbers:
    """|bend_j a_j a_j^T - mean_k bend_k a_k a_k^T| (..., n, P, m) for bends (..., n, P, m), vectors (..., n, m, d).

    few: coordinates of the vectors, where these are fewer than their dimensions.
    """
    vectors = (a if few is None else ar.exact(few.vectors))[..., None, :, :]
    weighted = (bends / int(bends.shape[-1]))[..., None] * vectors
    mean = ar.rmatvec(vectors, ar.transpose(weighted, _last_two_swapped(weighted.ndim)))
    columns = vectors[..., None]
    outer = columns * ar.transpose(columns, _last_two_swapped(columns.ndim))
    norms = spectral_norm(ar, bends[..., None, None] * outer - mean[..., None, :, :])
    if few is None or not ar.rigorous:
        return norms
    # A deviation is a sum over all samples k of (bend_j [j = k] - bend_k / m) a_k a_k^T.
    missed = ar.abs(bends) * between(ar, few.missed, few.missed)[..., None, :]
    missed = ar.upper(missed + ar.mean(missed, -1)[..., None])
    near_one = 1 + between(ar, -few.defect, few.defect)[..., None, None]
    return norms * near_one + between(ar, -missed, missed)
