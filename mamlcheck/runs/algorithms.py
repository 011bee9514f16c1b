"""The three algorithms of the theory as runs take them: their direction on drawn batches, what their theorem allows.

The equations are those of `mamlcheck.meta.algorithms`. A batch is here the tasks with its samples alone
(`mamlcheck.tasks.gathering`), which is what `Batched` tells these equations.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from mamlcheck.arithmetic import Arithmetic, Numbers
from mamlcheck.errors import InputError
from mamlcheck.meta.algorithms import Product, hessian_difference, relative_delta, task_directions
from mamlcheck.meta.objective import per_point, per_task
from mamlcheck.tasks.family import TasksOn


@dataclass(frozen=True)
class Rates:
    """The inner rate, rho and HF-MAML's eta as numbers of one arithmetic, without axes; bent: whether rho > 0."""

    alpha: Numbers
    hessian_lipschitz: Numbers
    eta: Numbers
    bent: bool


@dataclass(frozen=True)
class Batches:
    """The tasks (S, B) that a step draws, with the samples of each batch; no Hessian batches where none is used."""

    inner: TasksOn
    outer: TasksOn
    hessian: TasksOn | None


def exact_product(ar: Arithmetic, rates: Rates, hessian: Any) -> Product:
    """H_i(w, D_h) v, equation (5)."""
    return lambda start, v: start.hessian_vector(v, hessian)


def difference_product(ar: Arithmetic, rates: Rates, hessian: Any) -> Product:
    """The difference of equations (10) and (11), over delta = eta / (rho alpha |v|); for rho = 0 any delta serves."""

    def product(start: Any, v: Numbers) -> Numbers:
        if rates.bent:
            delta = relative_delta(ar, rates.eta, rates.hessian_lipschitz, rates.alpha, v)
        else:
            delta = ar.exact(np.ones(v.shape[:-1]))
        return hessian_difference(ar, start, v, delta[..., None], hessian)

    return product


@dataclass(frozen=True)
class Algorithm:
    """An algorithm of the theory.

    factor: c of the step size c beta~. largest_rate: the largest alpha L of its theorem. product: what stands for the
    Hessian's product with a vector, None where nothing does. rests_on_eta: whether eta matters.
    """

    name: str
    title: str
    theorem: str
    factor: Fraction
    largest_rate: Fraction
    product: Callable[[Arithmetic, Rates, Any], Product] | None
    rests_on_eta: bool = False

    def direction(self, ar: Arithmetic, rates: Rates, w: Numbers, batches: Batches) -> Numbers:
        """The mean over the B drawn tasks (S, P, d), at points w (S, P, d)."""
        product = None if self.product is None else self.product(ar, rates, batches.hessian)
        each = task_directions(
            Batched(), per_task(w), per_point(rates.alpha), batches.inner, batches.outer, product
        )  # fmt: skip
        return ar.mean(each, -3)


class Batched:
    """Tasks as the equations see them where a batch is tasks of its own: nothing is asked but with a batch."""

    def at(self, w: Numbers) -> BatchedAt:
        """At points w (S, B or 1, P, d)."""
        return BatchedAt(w)


@dataclass(frozen=True)
class BatchedAt:
    """The same at points w."""

    w: Numbers

    def gradient(self, batch: TasksOn) -> Numbers:
        """grad f_i(w, batch) (S, B, P, d)."""
        return batch.at(self.w).gradient()

    def hessian_vector(self, v: Numbers, batch: TasksOn) -> Numbers:
        """H_i(w, batch) v (S, B, P, d)."""
        return batch.at(self.w).hessian_vector(v)

    def gradient_across(self, move: Numbers, batch: TasksOn) -> Numbers:
        """grad f_i(w + move, batch) - grad f_i(w - move, batch) (S, B, P, d)."""
        return batch.at(self.w).gradient_across(move)


ALGORITHMS = (
    Algorithm("maml", "MAML", "Theorem 4.12", Fraction(1, 12), Fraction(1, 6), exact_product),
    Algorithm("fo-maml", "FO-MAML", "Theorem 4.15", Fraction(1, 18), Fraction(1, 10), None),
    Algorithm("hf-maml", "HF-MAML", "Theorem 4.17", Fraction(1, 25), Fraction(1, 6), difference_product, True),
)


def algorithms_named(names: Sequence[str]) -> tuple[Algorithm, ...]:
    """The algorithms of these names, all three where none is named, in the paper's order. Raises `InputError`."""
    known = {each.name: each for each in ALGORITHMS}
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise InputError(f"algorithms = {names!r}: give a list of names, of {', '.join(known)}")
    for name in names:
        if name.lower() not in known:
            near = difflib.get_close_matches(name.lower(), known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise InputError(f"there is no algorithm {name!r} to run.{hint} They are: {', '.join(known)}")
    wanted = {name.lower() for name in names} or set(known)
    return tuple(each for each in ALGORITHMS if each.name in wanted)


__all__ = ["ALGORITHMS", "Algorithm", "Batches", "Rates", "algorithms_named"]
