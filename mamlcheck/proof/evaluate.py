"""The value of every expression of a proof on instances, in any arithmetic.

A `Value` is an array with named axes: instances (...) first, then the indices it varies with (the task, batches),
then, for vectors, the coordinates. Means are sums over an axis with exact probabilities. What a batch changes is
computed from deviations q - 1/m, so that it is exactly 0 where there is nothing to change. This module proves nothing
and knows no chain.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import TypeAlias

import flint
import numpy as np
import sympy

from mamlcheck.arithmetic import Arithmetic, Numbers
from mamlcheck.errors import TooManyBatches
from mamlcheck.language.terms import Atom, Expr, Language, Meaning, NotInLanguage, Vector, Word, is_zero
from mamlcheck.language.vocabulary import (
    BATCHES,
    DRAW,
    NUMBERS,
    ROLES,
    SAMPLES,
    TASK,
    VECTOR_VARIABLES,
    ratio,
    smoothness,
)
from mamlcheck.meta.algorithms import hessian_difference_within
from mamlcheck.meta.expectation import Batches, multisets
from mamlcheck.meta.instance import InstanceOn
from mamlcheck.meta.objective import InnerStep
from mamlcheck.meta.reach import MOST_LISTED, MOST_POINT_OBJECTS
from mamlcheck.meta.several_steps import SeveralSteps
from mamlcheck.tasks.family import TasksAt, TasksOn

ORDER = (TASK, *BATCHES)  # the order of axes after that of the instances


@dataclass(frozen=True)
class Value:
    """An array (N or 1, one axis for each of `axes`), of vectors with the coordinates last."""

    array: Numbers
    axes: tuple[str, ...] = ()


@dataclass(frozen=True)
class OfWord:
    """The value of a word; `deviation`: what the batch of its first atom changes of it, and no more."""

    word: Word
    deviation: bool = False


@dataclass(frozen=True)
class GradientChange:
    """grad f(end) - grad f(start) for the function of an index."""

    index: str
    start: Vector
    end: Vector


Part: TypeAlias = OfWord | GradientChange
"""What the terms of a vector are computed as, so that what cancels is never computed as a difference."""


def _ordered(names: Iterable[str]) -> tuple[str, ...]:
    found = set(names)
    return tuple(name for name in ORDER if name in found)


class Values:
    """Evaluates expressions of a language on a block of instances; each part once."""

    def __init__(self, language: Language, x: InstanceOn):
        self.language = language
        self.x = x
        self.ar: Arithmetic = x.ar
        self._scalars: dict[Expr, Value] = {}
        self._vectors: dict[Vector, Value] = {}
        self._points: dict[tuple[Vector, str], TasksAt] = {}
        self._parts: dict[Part, Value] = {}

    # -- axes ------------------------------------------------------------------------------------------------------
    def aligned(self, value: Value, axes: tuple[str, ...], coordinates: int = 0) -> Numbers:
        """The array with axes of length 1 where it does not vary."""
        if value.axes == axes:
            return value.array
        index = [slice(None), *(slice(None) if name in value.axes else None for name in axes)]
        return value.array[(*index, *[slice(None)] * coordinates)]

    def _sum(self, values: list[Value], coordinates: int) -> Value:
        axes = _ordered({name for v in values for name in v.axes})
        total = self.aligned(values[0], axes, coordinates)
        for value in values[1:]:
            total = total + self.aligned(value, axes, coordinates)
        return Value(total, axes)

    def _averaged(self, index: str, value: Value, coordinates: int) -> Value:
        """The mean over an axis, with the probabilities of tasks or of batches."""
        if index not in value.axes:
            return value
        position = 1 + value.axes.index(index)
        axis = position - value.array.ndim
        if index == TASK:
            weights = self.x.tasks.probabilities
            shape = (weights.shape[0], *(weights.shape[-1] if k == position else 1 for k in range(1, value.array.ndim)))
        else:
            weights = self._batches(index).probabilities(self.ar)
            shape = tuple(weights.shape[0] if k == position else 1 for k in range(value.array.ndim))
        mean = self.ar.weighted_sum(weights.reshape(shape), value.array, axis)
        return Value(mean, tuple(name for name in value.axes if name != index))

    def _batches(self, batch: str) -> Batches:
        if batch in SAMPLES:
            return multisets(self.x.given.tasks.m, 1)
        batches: Batches = self.x.batches(ROLES[batch])
        return batches

    # -- scalars -----------------------------------------------------------------------------------------------------
    def scalar(self, expression: Expr) -> Value:
        """The value of a scalar of the language."""
        if expression not in self._scalars:
            self._scalars[expression] = self._scalar(expression)
        return self._scalars[expression]

    def _scalar(self, e: Expr) -> Value:
        if isinstance(e, sympy.Rational):
            return Value(self.ar.exact([Fraction(int(e.p), int(e.q))]))
        if isinstance(e, sympy.Symbol):
            return self._meant(e, self.language.meanings[e])
        if isinstance(e, sympy.Add):
            return self._sum([self.scalar(part) for part in e.args], 0)
        if isinstance(e, sympy.Mul):
            return self._product([self.scalar(part) for part in e.args])
        if isinstance(e, sympy.Min):
            parts = [self.scalar(part) for part in e.args]
            axes = _ordered({name for part in parts for name in part.axes})
            return Value(reduce(self.ar.minimum, (self.aligned(part, axes) for part in parts)), axes)
        if isinstance(e, sympy.Pow) and isinstance(e.exp, sympy.Integer):
            return self._power(e.base, int(e.exp))
        raise NotInLanguage(f"{e} is no scalar of the proofs")

    def _product(self, values: list[Value]) -> Value:
        axes = _ordered({name for v in values for name in v.axes})
        total = self.aligned(values[0], axes)
        for value in values[1:]:
            total = total * self.aligned(value, axes)
        return Value(total, axes)

    def _power(self, base: Expr, exponent: int) -> Value:
        size = abs(exponent)
        if size % 2 == 0 and isinstance(base, sympy.Symbol):
            squared = self._squared(self.language.meanings[base], base)
            value = Value(self.ar.power(squared.array, size // 2), squared.axes)
        else:
            plain = self.scalar(base)
            value = Value(self.ar.power(plain.array, size), plain.axes)
        return value if exponent > 0 else Value(1 / value.array, value.axes)

    def _squared(self, meaning: Meaning, symbol: Expr) -> Value:
        """The square, without the root that would make it inexact."""
        if meaning.kind == "norm":
            v = self.vector(meaning.parts[0])
            return Value(self.ar.squared_norm(v.array), v.axes)
        if meaning.kind.endswith("deviation"):
            return self._variance(meaning.kind, *meaning.parts)
        if meaning.kind == "root":
            return self.scalar(meaning.parts[0])
        if meaning.kind == "number":
            square = NUMBERS[symbol.name].square
            if square is not None:
                return Value(square(self.x))
        value = self.scalar(symbol)
        return Value(self.ar.square(value.array), value.axes)

    def _meant(self, symbol: Expr, meaning: Meaning) -> Value:
        if meaning.kind == "number":
            return Value(NUMBERS[symbol.name].value(self.x))
        if meaning.kind == "ratio":
            top, bottom = (self.scalar(part).array for part in meaning.parts)
            return Value(ratio(self.ar, top, bottom))
        if meaning.kind == "norm":
            v = self.vector(meaning.parts[0])
            return Value(self.ar.norm(v.array), v.axes)
        if meaning.kind == "inner":
            u, v = (self.vector(part) for part in meaning.parts)
            axes = _ordered({*u.axes, *v.axes})
            return Value(self.ar.sum(self.aligned(u, axes, 1) * self.aligned(v, axes, 1), -1), axes)
        if meaning.kind == "mean":
            index, inner = meaning.parts
            return self._mean_of_draws(inner) if index == DRAW else self._averaged(index, self.scalar(inner), 0)
        if meaning.kind in ("objective", "outcome"):
            raise TooManyBatches(f"{symbol} is known along a run alone: it has no value on an instance")
        if meaning.kind == "draws":  # a value that X takes: all B' draws may be the same one
            factor, one, _ = meaning.parts
            return self._product([self.scalar(factor), self.scalar(one)])
        squared = self._squared(meaning, symbol)
        return Value(self.ar.sqrt(squared.array), squared.axes)

    def _mean_of_draws(self, inner: Expr) -> Value:
        """E over the step size's draws of X, X^2, or a power of 1 / (4L + X)."""
        (draws,) = (s for s in inner.free_symbols if self.language.meanings[s].kind == "draws")
        factor, one, over = self.language.meanings[draws].parts
        if inner in (draws, draws**2):
            first, second = self.scalar(one), self.scalar(one**2)
            for index in over:
                first, second = self._averaged(index, first, 0), self._averaged(index, second, 0)
            scale = self.scalar(factor).array
            if inner == draws:
                return Value(scale * first.array)
            mean = self.ar.square(first.array)
            variance = (second.array - mean) / self.x.sizes.stepsize_tasks
            return Value(self.ar.square(scale) * (mean + variance))
        for power in (1, 2):
            if is_zero(1 / inner - (4 * smoothness(self.language) + draws) ** power):
                return Value(self.x.stepsize_moments[power - 1])
        raise NotInLanguage(f"the mean of {inner} over the draws of the step size is not known")

    # -- vectors -----------------------------------------------------------------------------------------------------
    def vector(self, v: Vector) -> Value:
        """The value of a vector of the language."""
        if v not in self._vectors:
            self._vectors[v] = self._vector(v)
        return self._vectors[v]

    def _vector(self, v: Vector) -> Value:
        parts: dict[Part, Expr] = {}
        for word, coefficient in v.terms.items():
            for part in _taken_apart(self.language, word):
                parts[part] = parts.get(part, sympy.Integer(0)) + coefficient
        values = []
        for part, coefficient in _in_pairs({k: c for k, c in parts.items() if sympy.expand(c) != 0}):
            factor, value = self.scalar(coefficient), self._part(part)
            values.append(Value(self.aligned(factor, value.axes)[..., None] * value.array, value.axes))
        if not values:
            return Value(self.ar.exact(np.zeros((1, self.x.given.tasks.d))))
        return self._sum(values, 1)

    def _part(self, part: Part) -> Value:
        if part not in self._parts:
            self._parts[part] = self._change(part) if isinstance(part, GradientChange) else self._word(part)
        return self._parts[part]

    def _word(self, part: OfWord) -> Value:
        first, rest = part.word[0], part.word[1:]
        if first.kind == "hessian":
            inner = self.vector(Vector({rest: sympy.Integer(1)}))
            return self._hessian_vector(first, inner, part.deviation)
        if first.kind == "gradient":
            return self._gradient(first, part.deviation)
        if first.kind == "difference":
            return self._difference(first)
        if first.kind == "vector":
            if first.name not in VECTOR_VARIABLES or first.depends:
                raise TooManyBatches(f"{first.name} stands for any point, or for any iterate of a run: it has no value")
            return Value(getattr(self.x, first.name))
        assert first.inner is not None  # all other kinds are made of something
        if first.kind == "mean":
            return self._averaged(first.index, self.vector(first.inner), 1)
        if first.kind == "direction":
            return self._direction(self.vector(first.inner))
        return self._meta_gradient(first)

    def _direction(self, v: Value) -> Value:
        """v / |v|, the first unit vector where v = 0, and all of [-1, 1] where neither is certain."""
        ar = self.ar
        size = ar.norm(v.array)
        some, none = ar.lower(size) > 0, ar.upper(size) == 0
        good = ar.exact(some.astype(float))
        first = np.zeros(v.array.shape[-1])
        first[0] = 1.0
        direction = (v.array * good[..., None]) / (size * good + (1 - good))[..., None]
        direction = direction + ar.exact(first) * ar.exact(none.astype(float))[..., None]
        open_ = ~(some | none)
        if open_.any():
            anywhere = ar.from_arb(np.array([flint.arb(0, 1)], dtype=object))
            direction = direction + anywhere * ar.exact(open_.astype(float))[..., None]
        return Value(direction, v.axes)

    def _meta_gradient(self, atom: Atom) -> Value:
        point = self.vector(atom.inner)  # type: ignore[arg-type]
        lead = self.x.alpha.shape
        w = self.ar.broadcast_to(point.array, (*lead, point.array.shape[-1]))[..., None, :]
        if atom.steps > 1:
            return Value(SeveralSteps(self.ar, self.x.tasks, self.x.alpha, w, atom.steps).meta_gradient[..., 0, :])
        step = InnerStep(self.ar, self.x.tasks, self.x.alpha, w)
        if atom.batch:
            return Value(step.stochastic_meta_gradient(self._batches(atom.batch))[..., 0, :])
        return Value(step.meta_gradient[..., 0, :])

    # -- derivatives at points -----------------------------------------------------------------------------------------
    def _tasks(self) -> TasksOn:
        tasks: TasksOn = self.x.tasks if TASK in self.language.drawn else self.x.fixed_task.tasks
        return tasks

    def _task_axis(self) -> tuple[str, ...]:
        return (TASK,) if TASK in self.language.drawn else ()

    def _flat(self, value: Value, batches: tuple[str, ...]) -> Numbers:
        """Points (N, n or 1, P, d) as the tasks take them, one for each combination of batches."""
        axes = _ordered({TASK, *batches})
        array = self.aligned(value, axes, 1)
        sizes = tuple(len(self._batches(b).multiplicity) for b in batches)
        total = int(np.prod(sizes)) if sizes else 1
        n, d, tasks = array.shape[1], array.shape[-1], self.x.given.tasks
        if total > MOST_LISTED or n * total * tasks.m * tasks.width > MOST_POINT_OBJECTS:
            raise TooManyBatches(
                f"{' and '.join(batches)} together make {total} batches, more than can be computed with {tasks.m} "
                "samples"
            )
        return self.ar.broadcast_to(array, (array.shape[0], n, *sizes, d)).reshape(array.shape[0], n, total, d)

    def _unflat(self, array: Numbers, batches: tuple[str, ...], coordinates: int) -> Value:
        sizes = tuple(len(self._batches(b).multiplicity) for b in batches)
        rest = array.shape[array.ndim - coordinates :]
        # a quadratic's Hessian is the same at all points: along a fixed vector there is one product for all of them
        every = self.ar.broadcast_to(array, (*array.shape[:2], int(np.prod(sizes)), *rest))
        shaped = every.reshape(*array.shape[:2], *sizes, *rest)
        axes = _ordered({*self._task_axis(), *batches})
        return Value(shaped if self._task_axis() else shaped[:, 0], axes)

    def _at(self, at: Vector, batches: tuple[str, ...]) -> TasksAt:
        key = (at, " ".join(batches))
        if key not in self._points:
            lead = self.x.alpha.shape
            flat = self._flat(self.vector(at), batches)
            self._points[key] = self._tasks().at(self.ar.broadcast_to(flat, (*lead, *flat.shape[1:])))
        return self._points[key]

    def _deviations(self, batch: str, batches: tuple[str, ...]) -> Numbers:
        """q - 1/m of a batch (P, m), for each combination of batches."""
        deviations: Numbers = self._batches(batch).deviations(self.ar)
        if batches == (batch,):
            return deviations
        sizes = [len(self._batches(b).multiplicity) for b in batches]
        which = np.indices(sizes)[batches.index(batch)].reshape(-1)
        return self.ar.take(deviations, which, 0)

    def _gradient(self, atom: Atom, deviation: bool) -> Value:
        assert atom.inner is not None
        own = _ordered(self.vector(atom.inner).axes)
        batches = tuple(b for b in BATCHES if b in own or (deviation and b == atom.batch))
        if not deviation:
            return self._unflat(self._at(atom.inner, batches).gradient(), batches, 1)
        if len(batches) == 1 and atom.batch not in own:
            change = self._at(atom.inner, ()).gradient_deviation(self._deviations(atom.batch, batches))
        else:
            change = self._at(atom.inner, batches).gradient_deviation(self._deviations(atom.batch, batches))
        return self._unflat(change, batches, 1)

    def _hessian_vector(self, atom: Atom, v: Value, deviation: bool) -> Value:
        assert atom.inner is not None
        own = {*self.vector(atom.inner).axes, *v.axes}
        batches = tuple(b for b in BATCHES if b in own or (deviation and b == atom.batch))
        at = self._at(atom.inner, batches if {*self.vector(atom.inner).axes} & {*BATCHES} else ())
        flat = self._flat(v, batches if {*v.axes} & {*BATCHES} else ())
        if deviation:
            bent = at.hessian_vector_deviation(flat, self._deviations(atom.batch, batches))
        else:
            bent = at.hessian_vector(flat)
        return self._unflat(bent, batches, 1)

    def _difference(self, atom: Atom) -> Value:
        """HF-MAML's Hessian difference; where rho alpha = 0 every delta is as good, and eta / |v| is taken."""
        assert atom.inner is not None
        assert atom.along is not None
        ar, x = self.ar, self.x
        v = self.vector(atom.along)
        batches = tuple(b for b in BATCHES if b in {*self.vector(atom.inner).axes, *v.axes} or b == atom.batch)
        scale = x.hessian_lipschitz * x.alpha
        none = ar.exact((ar.upper(scale) == 0).astype(float))
        reach = (x.difference_factor / (scale + none))[..., None, None, None]
        at, flat = self._at(atom.inner, batches), self._flat(v, batches)
        weights = (
            self._deviations(atom.batch, batches) + ar.exact([Fraction(1, x.given.tasks.m)]) if atom.batch else None
        )
        flat = ar.broadcast_to(flat, (*x.alpha.shape, *flat.shape[1:]))
        return self._unflat(hessian_difference_within(ar, at, flat, reach, weights), batches, 1)

    def _change(self, part: GradientChange) -> Value:
        """Exactly 0 where the two points are the same."""
        begin, stop = self.vector(part.start), self.vector(part.end)
        batches = tuple(b for b in BATCHES if b in {*begin.axes, *stop.axes})
        step = self.vector(part.end - part.start)
        at = self._at(part.start, batches if {*begin.axes} & {*BATCHES} else ())
        flat = self._flat(step, batches if {*step.axes} & {*BATCHES} else ())
        return self._unflat(at.gradient_change(flat), batches, 1)

    def _variance(self, kind: str, index: str, at: Vector) -> Value:
        batches = tuple(b for b in BATCHES if b in self.vector(at).axes)
        there = self._at(at, batches)
        variance = there.gradient_variance() if kind.startswith("gradient") else there.hessian_variance()
        return self._unflat(variance, batches, 0)


def _taken_apart(language: Language, word: Word) -> list[Part]:
    """A batch's derivative as the full one and what the batch changes of it."""
    first = word[0]
    if first.kind not in ("gradient", "hessian") or not first.batch:
        return [OfWord(word)]
    return [OfWord((language.full(first), *word[1:])), OfWord(word, deviation=True)]


def _in_pairs(parts: dict[Part, Expr]) -> list[tuple[Part, Expr]]:
    """Gradients of one function at two points with opposite factors are taken together, as a change."""
    found: list[tuple[Part, Expr]] = []
    waiting: list[tuple[Atom, Part, Expr]] = []
    for part, coefficient in parts.items():
        if not isinstance(part, OfWord) or part.deviation or part.word[0].kind != "gradient":
            found.append((part, coefficient))
            continue
        end = part.word[0]
        partner = next((p for p in waiting if p[0].index == end.index and sympy.expand(p[2] + coefficient) == 0), None)
        if partner is None:
            waiting.append((end, part, coefficient))
            continue
        waiting.remove(partner)
        start = partner[0]
        assert start.inner is not None  # gradients are taken at a point
        assert end.inner is not None
        found.append((GradientChange(end.index, start.inner, end.inner), coefficient))
    return found + [(part, coefficient) for _, part, coefficient in waiting]
