"""The directions of one task of one step as terms: MAML (5), FO-MAML (8), HF-MAML (10)-(11), their means and moments.

G_1 is the direction of one task that is drawn, with its batches D_in, D_o and D_h: D = E G_1, V = E |G_1|^2. Names are
those of `mamlcheck.meta.directions`.
"""

from __future__ import annotations

from dataclasses import dataclass

from mamlcheck.language import vocabulary
from mamlcheck.language.reading import COORDINATES, CannotBeRead, Reading
from mamlcheck.language.terms import Expr, Language, Vector
from mamlcheck.language.vocabulary import TASK

INNER, OUTER, HESSIAN = "D_in", "D_o", "D_h"
OVER = (HESSIAN, OUTER, INNER, TASK)  # what a direction's mean runs over, the last drawn first


def outer_gradient(x: Language, at: Vector) -> Vector:
    """v = grad f_i(w_i, D_o), w_i = w - alpha grad f_i(w, D_in)."""
    return x.gradient(TASK, vocabulary.adapted(x, at, INNER), OUTER)


def maml(x: Language, at: Vector) -> Vector:
    """(I - alpha H_i(w, D_h)) v."""
    return vocabulary.pull_back(x, at, HESSIAN)(outer_gradient(x, at))


def hf_maml(x: Language, at: Vector) -> Vector:
    """The outer gradient v less alpha times the Hessian difference d_i(D_h) along it."""
    v = outer_gradient(x, at)
    bend: Vector = vocabulary.inner_rate(x) * x.difference(TASK, at, v, HESSIAN)
    return v - bend


def full_hf_maml(x: Language, at: Vector) -> Vector:
    """HF-MAML's direction of one task with all data in every batch: g - alpha d_i along g."""
    g = vocabulary.adapted_gradient(x, at)
    bend: Vector = vocabulary.inner_rate(x) * x.difference(TASK, at, g)
    return g - bend


def mean(x: Language, v: Vector) -> Vector:
    """E over all that a step draws for one task, the task included."""
    for index in OVER:
        v = x.mean_vector(index, v)
    return v


def mean_square(x: Language, v: Vector) -> Expr:
    """E |v|^2 over the same."""
    scalar = x.norm(v) ** 2
    for index in OVER:
        scalar = x.mean(index, scalar)
    return scalar


@dataclass(frozen=True)
class DirectionQuantities:
    """What claims need of an algorithm's direction. noise: what the Hessian batch changes of it, None for FO-MAML."""

    language: Language
    at: Vector
    direction: Vector
    noise: Vector | None = None

    def __getattr__(self, name: str) -> Reading:
        raise CannotBeRead(f"the quantity {name} of a direction is none of the proofs' language")

    @property
    def mean(self) -> Reading:
        """D."""
        return Reading((COORDINATES,), (mean(self.language, self.direction),))

    @property
    def error(self) -> Reading:
        """D - grad F(w)."""
        found = mean(self.language, self.direction) - self.language.meta_gradient(self.at)
        return Reading((COORDINATES,), (found,))

    @property
    def along(self) -> Reading:
        """<grad F(w), D>."""
        x = self.language
        return Reading((), (x.inner(x.meta_gradient(self.at), mean(x, self.direction)),))

    @property
    def second_moment(self) -> Reading:
        """V."""
        return Reading((), (mean_square(self.language, self.direction),))

    @property
    def hessian_noise(self) -> Reading:
        """E |G_1 - E_h G_1|^2: what the Hessian batch adds to V."""
        return Reading((), (mean_square(self.language, self.noise or self.direction - self.direction),))


def of_maml(x: Language, at: Vector) -> DirectionQuantities:
    """MAML's; alpha (H_i(w, D_h) - H_i(w)) v is what the Hessian batch changes."""
    v, alpha = outer_gradient(x, at), vocabulary.inner_rate(x)
    noise: Vector = alpha * (x.hessian(TASK, at, HESSIAN)(v) - x.hessian(TASK, at)(v))
    return DirectionQuantities(x, at, maml(x, at), noise)


def of_fo_maml(x: Language, at: Vector) -> DirectionQuantities:
    """FO-MAML's."""
    return DirectionQuantities(x, at, outer_gradient(x, at))


def of_hf_maml(x: Language, at: Vector) -> DirectionQuantities:
    """HF-MAML's; alpha (d_i(D_h) - d_i) is what the Hessian batch changes."""
    v, alpha = outer_gradient(x, at), vocabulary.inner_rate(x)
    noise: Vector = alpha * (x.difference(TASK, at, v, HESSIAN) - x.difference(TASK, at, v))
    return DirectionQuantities(x, at, hf_maml(x, at), noise)


@dataclass(frozen=True)
class RunQuantities:
    """What claims need of a run whose iterate is w_K: means over K, uniform on 0, ..., T - 1, and all that is drawn."""

    language: Language
    at: Vector

    def __getattr__(self, name: str) -> Reading:
        raise CannotBeRead(f"the quantity {name} of a run is none of the proofs' language")

    @property
    def mean_size(self) -> Reading:
        """E |grad F(w_K)|."""
        x = self.language
        return Reading((), (x.mean(vocabulary.ITERATE, x.norm(x.meta_gradient(self.at))),))

    @property
    def mean_test_size(self) -> Reading:
        """E |grad F^(w_K)|, F^ with batches D_test."""
        x = self.language
        return Reading((), (x.mean(vocabulary.ITERATE, x.norm(x.meta_gradient(self.at, "D_test"))),))

    @property
    def weighted_square(self) -> Reading:
        """E [|grad F(w_K)|^2 / L(w_K)]."""
        x = self.language
        bound = vocabulary.smoothness_bound(x, self.at)
        return Reading((), (x.mean(vocabulary.ITERATE, x.norm(x.meta_gradient(self.at)) ** 2 / bound),))


def run_of(x: Language, at: Vector, direction: Vector, factor: Expr) -> RunQuantities:
    """The run along a direction with a factor c of the step size: this proof is about no other."""
    x.run(direction, factor)
    return RunQuantities(x, at)
