"""Ridge tasks: sample losses c_ij psi_i(a_ij . w - b_ij) + mu |w|^2 / 2, psi_i a loss for each task."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np

from mamlcheck.arithmetic import Arithmetic, Numbers
from mamlcheck.errors import InputError
from mamlcheck.tasks import ridge_sums
from mamlcheck.tasks.constants import numbers_above, weakest
from mamlcheck.tasks.draws import Draws, for_all_tasks
from mamlcheck.tasks.family import CURVATURE, LOSS, PER_LENGTH, Limits, Tasks, Wanted, entries, for_each_task
from mamlcheck.tasks.gathering import Gathering
from mamlcheck.tasks.loss import Loss
from mamlcheck.tasks.losses import builtin_losses, loss_from_json, loss_to_json
from mamlcheck.tasks.written import array_in, get, numbers_to_json, object_in, only, shown

MOST_LOSSES_IN_FILES = 100_000


@dataclass(frozen=True)
class RidgeTasks(Tasks):
    """n tasks of m samples in d dimensions.

    `a` (..., n, m, d), `b` and `c` (..., n, m), `mu` (...) >= 0 and `probabilities` (..., n), summing to 1, are exact
    numbers, and read-only. `c` may have either sign. `losses`: psi_i of each task, the same for all its samples and in
    all instances of a block. Raises `InputError` when shapes or values do not fit.
    """

    a: np.ndarray = entries("task", "sample", "coordinate", unit=PER_LENGTH)
    b: np.ndarray = entries("task", "sample")
    c: np.ndarray = entries("task", "sample", unit=LOSS)
    mu: np.ndarray = entries(unit=CURVATURE)
    probabilities: np.ndarray = entries("task")
    losses: tuple[Loss, ...] = for_each_task()

    kind = "ridge"

    def check(self) -> None:
        """Raise `InputError` for a negative ridge."""
        ridge_sums.check_ridge(self.mu)

    @property
    def width(self) -> int:
        """One number for each sample: the argument of psi."""
        return 1

    @property
    def polynomial(self) -> bool:
        """Whether every psi is a polynomial.

        Other rational functions run in `rational` too, but denominators multiply with every sum over samples.
        """
        return all(psi.polynomial for psi in set(self.losses))

    @property
    def provenance(self) -> str:
        """The weakest provenance of the suprema that L and rho are built from."""
        return weakest(*(s.provenance for psi in set(self.losses) for s in (psi.sup_second, psi.sup_third)))

    def on(self, ar: Arithmetic) -> ridge_sums.RidgeOn:
        """The same tasks as numbers of an arithmetic."""
        return ridge_sums.ridge_on(ar, self, LossesOn(self.losses))

    # -- constants -----------------------------------------------------------------------------------------------
    @cached_property
    def smoothness(self) -> np.ndarray:
        """L (...), doubles certified not to be below."""
        return ridge_sums.smoothness(self, suprema(self.losses, "sup_second"), self._unit_norms)

    @cached_property
    def hessian_lipschitz(self) -> np.ndarray:
        """rho (...), doubles certified not to be below."""
        return ridge_sums.hessian_lipschitz(self, suprema(self.losses, "sup_third"), self._unit_norms)

    @cached_property
    def _unit_norms(self) -> np.ndarray | None:
        return ridge_sums.unit_norms(self)

    @cached_property
    def global_deviations(self) -> Mapping[str, np.ndarray] | None:
        """Bounds of the deviations that hold at every w (...), or None where psi' is unbounded."""
        if any(psi.sup_first is None for psi in self.losses):
            return None
        first, second = (suprema(self.losses, order) for order in ("sup_first", "sup_second"))
        return ridge_sums.global_deviations(self, first, second)

    @cached_property
    def least_curvature(self) -> np.ndarray:
        """mu (...): the ridge where every c_ij >= 0 and every psi_i is certified to be convex; else -L."""
        convex = np.array([psi.convex for psi in self.losses])[:, None]
        return ridge_sums.least_curvature(self, (self.c == 0) | ((self.c > 0) & convex), self.smoothness)

    @cached_property
    def hessian_deviation(self) -> np.ndarray | None:
        """A bound of E_j |Hess l_ij - H_i|^2 that holds at every w (...)."""
        return ridge_sums.hessian_deviation(self, suprema(self.losses, "sup_second"))

    # -- files ---------------------------------------------------------------------------------------------------
    def to_json(self) -> dict[str, Any]:
        """What a file holds: the numbers of ridge sums, and the losses as their profile."""
        numbers = {name: numbers_to_json(getattr(self, name)) for name in self.declared()}
        losses = [loss_to_json(psi) for psi in self.losses]
        return {"kind": self.kind} | numbers | {"profile": {"kind": "losses", "losses": losses}}

    @classmethod
    def reads(cls, content: Mapping[str, Any]) -> bool:
        """Whether the tasks in a file are ridge sums of losses, or of what no family knows."""
        return super().reads(content) and bool(ridge_sums.profile_kind(content) != "splines")

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> RidgeTasks:
        """The tasks in a file as a block of one instance. Raises `InputError` that says where the file is wrong."""
        names = tuple(cls.declared())
        only(content, {"kind", "profile", *names}, "tasks")
        losses = _losses_of(object_in(get(content, "profile", "tasks"), "profile"))
        a, b, c, mu, probabilities = (array_in(content, name, "tasks") for name in names)
        return cls(a, b, c, mu, probabilities, losses)

    # -- made at random ------------------------------------------------------------------------------------------
    @classmethod
    def random(cls, draws: Draws, wanted: Wanted) -> RidgeTasks:
        """Data on the grid, about as long in every dimension; b = 0 where stationary tasks are wanted."""
        n, d, lead = wanted.n, wanted.d, (len(wanted.probabilities), wanted.distinct, wanted.m)
        scale = 2.0 ** -(math.ceil(math.log2(d) / 2) if d > 1 else 0)
        a = draws.grid(-2, 2, *lead, d) * scale
        b = np.zeros(lead) if wanted.stationary else draws.grid(-2, 2, *lead)
        c = draws.grid(0.25, 2, *lead)
        if draws.chance(0.5):
            c = c * np.where(draws.doubles(*lead) < 0.5, -1.0, 1.0)
        mu = draws.grid(0, 1, lead[0]) if draws.chance(0.25) else np.zeros(lead[0])
        a, b, c = (for_all_tasks(x, n) for x in (a, b, c))
        return cls(a, b, c, mu, wanted.probabilities, _random_losses(draws, wanted))

    @classmethod
    def strategy(cls, limits: Limits, numbers: Any, losses: Any = None) -> Any:
        """One set of tasks without leading axes; numbers: a strategy for the entries of a, b and c, c of either sign.

        losses: a strategy for psi, drawn for each task; where left out, all built-in ones.
        """
        from mamlcheck.tasks.drawing import draw_dimension, draw_samples, sampled_losses, st, vector

        of_task = sampled_losses(builtin_losses()) if losses is None else losses

        @st.composite
        def drawn_tasks(draw: Any) -> RidgeTasks:
            mu = np.array(draw(st.sampled_from((Fraction(0), Fraction(1), Fraction(1, 3)))), dtype=object)
            d, at_most = draw_dimension(draw, limits)
            scales = st.sampled_from((Fraction(1), Fraction(-1))) | numbers
            sample = st.tuples(scales, numbers, *vector(numbers, at_most))
            drawn = draw_samples(draw, of_task, sample, limits)
            c, b, a = drawn.numbers[..., 0], drawn.numbers[..., 1], drawn.numbers[..., 2 : 2 + d]
            return cls(a, b, c, mu, drawn.probabilities, drawn.of_task)

        return drawn_tasks()


def suprema(losses: tuple[Loss, ...], order: str) -> np.ndarray:
    """Exact numbers (n, 1) not below the suprema of psi_i' (`order` "sup_first") or a later derivative, which exist."""
    return numbers_above([getattr(psi, order).upper for psi in losses], (-1, 1))


def _random_losses(draws: Draws, wanted: Wanted) -> tuple[Loss, ...]:
    """One loss for all tasks or one for each; those of one name lie side by side, which is quicker to compute."""
    if wanted.distinct == 1 or draws.chance(0.5):
        return (draws.pick(wanted.losses),) * wanted.n
    return tuple(sorted((draws.pick(wanted.losses) for _ in range(wanted.n)), key=lambda psi: psi.name))


def _losses_of(profile: dict[str, Any]) -> tuple[Loss, ...]:
    kind = get(profile, "kind", "profile")
    if kind != "losses":
        raise InputError(f"a profile of kind {shown(kind)} is not known: give 'losses' or 'splines'")
    only(profile, {"kind", "losses"}, "profile")
    listed = get(profile, "losses", "profile")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_LOSSES_IN_FILES:
        raise InputError("losses must be a list with one loss for each task")
    return tuple(loss_from_json(object_in(item, "a loss")) for item in listed)


@dataclass(frozen=True)
class LossesOn:
    """psi_i of each task: losses carry no numbers, and are the same in every arithmetic."""

    of_task: tuple[Loss, ...]

    def select(self, ar: Arithmetic, tasks: list[int]) -> LossesOn:
        """The losses of some tasks."""
        return LossesOn(tuple(self.of_task[i] for i in tasks))

    def drawn(self, ar: Arithmetic, rows: Gathering) -> LossesOn | DrawnLosses:
        """The losses of tasks that are drawn with batches of their samples."""
        if len(set(self.of_task)) == 1:
            return LossesOn((self.of_task[0],) * rows.tasks.shape[-1])
        return DrawnLosses(self.of_task, rows.tasks)

    def breaks(self) -> None:
        """None: psi'' is a smooth curve."""
        return

    @cached_property
    def _curved(self) -> np.ndarray:
        """Where psi_i'' is not constant (n, 1)."""
        return np.array([not psi.quadratic for psi in self.of_task])[:, None]

    def value(self, ar: Arithmetic, t: Numbers) -> Numbers:
        return self._by_loss(ar, t, lambda loss, part: (loss.value(ar, part),))[0]

    def first(self, ar: Arithmetic, t: Numbers) -> Numbers:
        return self._by_loss(ar, t, lambda loss, part: (loss.first(ar, part),))[0]

    def first_and_second(self, ar: Arithmetic, t: Numbers) -> tuple[Numbers, Numbers]:
        first, second = self._by_loss(ar, t, lambda loss, part: loss.first_and_second(ar, part))
        return first, second

    def bend(self, ar: Arithmetic, t: Numbers, move: Numbers, at_t: tuple[Numbers, Numbers]) -> Numbers:
        """psi'(t + move) - psi'(t) - psi''(t) move, from psi' and psi'' at t; exactly 0 for a quadratic psi."""
        difference = self.first(ar, t + move) - at_t[0] - at_t[1] * move
        bend = ar.expanded(difference, move, lambda: self._expanded_bend(ar, t, move))
        if self._curved.all():
            return bend
        return bend * ar.exact(self._curved.astype(np.float64))[..., None]

    def _expanded_bend(self, ar: Arithmetic, t: Numbers, move: Numbers) -> tuple[Numbers, Numbers] | None:
        """psi'''(t) move^2 / 2, and a bound of what it leaves out of the bend; None where psi has no such bound.

        By Taylor's theorem with Lagrange's remainder, psi being analytic, the rest is psi''''(s) move^3 / 6 for some s
        between t and t + move.
        """
        if any(psi.sup_fourth is None for psi in self.of_task):
            return None
        (third,) = self._by_loss(ar, t, lambda loss, part: (loss.third(ar, part),))
        square, supremum = ar.square(move), ar.exact(suprema(self.of_task, "sup_fourth"))[..., None]
        return third * square / 2, supremum * ar.abs(move) * square / 6

    def _by_loss(
        self, ar: Arithmetic, t: Numbers, evaluate: Callable[[Loss, Numbers], tuple[Numbers, ...]]
    ) -> tuple[Numbers, ...]:
        """Evaluate over runs of neighbouring tasks that share a loss, and join the runs along the task axis."""
        runs = [(loss, len(list(group))) for loss, group in groupby(self.of_task)]
        if len(runs) == 1:
            return evaluate(runs[0][0], t)
        results, start = [], 0
        for loss, length in runs:
            results.append(evaluate(loss, t[..., start : start + length, :, :]))
            start += length
        return tuple(ar.concatenate(parts, -3) for parts in zip(*results, strict=True))


@dataclass(frozen=True)
class DrawnLosses:
    """psi of tasks that every row draws for itself: `drawn` (S, B) are indices of tasks, `of_task` their losses."""

    of_task: tuple[Loss, ...]
    drawn: np.ndarray

    @cached_property
    def _sorted(self) -> tuple[LossesOn, np.ndarray, np.ndarray]:
        """The losses of all that is drawn, equal ones side by side; which place stands where, and the way back."""
        kinds = {psi: number for number, psi in enumerate(dict.fromkeys(self.of_task))}
        order = np.argsort(np.array([kinds[psi] for psi in self.of_task])[self.drawn.reshape(-1)], kind="stable")
        losses = tuple(self.of_task[i] for i in self.drawn.reshape(-1)[order].tolist())
        return LossesOn(losses), order, np.argsort(order)

    def value(self, ar: Arithmetic, t: Numbers) -> Numbers:
        return self._in_order(ar, lambda psi, at: (psi.value(ar, at),), t)[0]

    def first(self, ar: Arithmetic, t: Numbers) -> Numbers:
        return self._in_order(ar, lambda psi, at: (psi.first(ar, at),), t)[0]

    def first_and_second(self, ar: Arithmetic, t: Numbers) -> tuple[Numbers, Numbers]:
        first, second = self._in_order(ar, lambda psi, at: psi.first_and_second(ar, at), t)
        return first, second

    def bend(self, ar: Arithmetic, t: Numbers, move: Numbers, at_t: tuple[Numbers, Numbers]) -> Numbers:
        """psi'(t + move) - psi'(t) - psi''(t) move, from psi' and psi'' at t; exactly 0 for a quadratic psi."""
        return self._in_order(ar, lambda psi, at, by, *of: (psi.bend(ar, at, by, of),), t, move, *at_t)[0]

    def _in_order(
        self, ar: Arithmetic, evaluate: Callable[..., tuple[Numbers, ...]], *arrays: Numbers
    ) -> tuple[Numbers, ...]:
        """Evaluate with losses and arrays (S, B, P, D), of all that is drawn that with equal losses side by side."""
        losses, order, back = self._sorted
        given = (ar.take(x.reshape((len(order), *x.shape[2:])), order, 0) for x in arrays)
        shape = (*self.drawn.shape, *arrays[0].shape[2:])
        return tuple(ar.take(x, back, 0).reshape(shape) for x in evaluate(losses, *given))
