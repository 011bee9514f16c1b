"""What a family of tasks is: exact numbers with axes and units, and what everything else asks of them.

A family is one file in `mamlcheck.tasks.families`, found by its place: a frozen dataclass that derives from `Tasks`,
declares its numbers with `entries`, and says what they are in an arithmetic (`on`) and how large L and rho are. What
follows from the axes and the units of the numbers stands here once: indexing, leaving out a task or a sample, other
units, JSON. A class of your own that lies elsewhere is a family too; only files do not know it.

`TasksOn` and `TasksAt` list what formulas ask of tasks in one arithmetic, and of tasks at points. This module knows
nothing of any family.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any, ClassVar, Protocol, Self

import numpy as np

from mamlcheck.arithmetic import Arithmetic, Numbers
from mamlcheck.arithmetic.exact import Sealed, exact_array, fractions_of, frozen
from mamlcheck.errors import InputError
from mamlcheck.tasks.constants import check_probabilities, fraction_array
from mamlcheck.tasks.gathering import Gathering
from mamlcheck.tasks.written import array_in, numbers_to_json, only

SIZES = {"task": "n", "sample": "m", "coordinate": "d"}  # axes that the data of every family have, and their lengths


@dataclass(frozen=True)
class Unit:
    """A unit as powers of that of the losses and that of lengths, the unit of parameters w."""

    loss: int = 0
    length: int = 0


NUMBER = Unit()
LENGTH = Unit(length=1)
PER_LENGTH = Unit(length=-1)
LOSS = Unit(loss=1)
SLOPE = Unit(loss=1, length=-1)
CURVATURE = Unit(loss=1, length=-2)


@dataclass(frozen=True)
class Entries:
    """The axes of an array of a family, behind the leading axes of a block, and the unit of its numbers."""

    axes: tuple[str, ...]
    unit: Unit


def entries(*axes: str, unit: Unit = NUMBER) -> Any:
    """Declares an array of exact numbers (..., *axes) of a family.

    axes: "task", "sample", "coordinate", or an axis of the family's own such as "knot". One array at least has the
    first three, each once or more; the one with the fewest axes fixes n, m and d.
    """
    return field(metadata={"entries": Entries(axes, unit)})


def for_each_task() -> Any:
    """Declares a tuple with one object for each of the n tasks, the same in all instances of a block."""
    return field(metadata={"for_each_task": True})


@dataclass(frozen=True)
class Limits:
    """How large a drawn set of tasks may be (`Tasks.strategy`)."""

    max_tasks: int = 3
    max_samples: int = 3
    max_dimension: int = 2
    max_knots: int = 4


@dataclass(frozen=True)
class Wanted:
    """What random tasks a sweep asks for (`Tasks.random`).

    n, m, d: sizes; distinct: 1 where all tasks have the same data, else n. probabilities: (N, n), of the N instances of
    the block. stationary: whether the gradients of all tasks are to be 0 at w = 0. losses: the losses that may be
    picked from, where the family is made of losses; those with psi'(0) = 0 alone where stationary.
    """

    n: int
    distinct: int
    m: int
    d: int
    probabilities: np.ndarray
    stationary: bool
    losses: Sequence[Any] = ()


class TasksAt(Protocol):
    """Tasks at points w (..., n or 1, P, d), in one arithmetic.

    Weights q and deviations r = q - 1/m, which sum to 0, are (..., P or 1, m); q = None is the full data, 1/m.
    """

    w: Numbers

    @property
    def m(self) -> int: ...
    def with_curvature(self) -> Self:
        """Prepare for Hessians as well as gradients, where both together are cheaper."""
        ...

    def value(self, q: Numbers | None = None) -> Numbers:
        """f_i(w, q) (..., n, P)."""
        ...

    def gradient(self, q: Numbers | None = None) -> Numbers:
        """grad f_i(w, q) (..., n, P, d)."""
        ...

    def gradient_of_drawn(self, drawn: np.ndarray) -> Numbers:
        """grad f_i(w, q) (..., n, K, d) of batches by the samples that they hold, indices (K, D); a single point."""
        ...

    def gradient_deviation(self, r: Numbers) -> Numbers:
        """grad f_i(w, q) - grad f_i(w) (..., n, P, d); exactly 0 for tasks of equal samples."""
        ...

    def hessian_vector(self, v: Numbers, q: Numbers | None = None) -> Numbers:
        """H_i(w, q) v (..., n, P, d), v (..., n, P, d)."""
        ...

    def hessian_vector_deviation(self, v: Numbers, r: Numbers) -> Numbers:
        """(H_i(w, q) - H_i(w)) v (..., n, P, d); exactly 0 for tasks of equal samples."""
        ...

    def hessian(self, q: Numbers | None = None) -> Numbers:
        """H_i(w, q) (..., n, P or 1, d, d)."""
        ...

    def gradient_change(self, step: Numbers, q: Numbers | None = None) -> Numbers:
        """grad f_i(w + step, q) - grad f_i(w, q) (..., n, P, d); exactly 0 for a step that is exactly 0."""
        ...

    def gradient_across(self, move: Numbers, q: Numbers | None = None) -> Numbers:
        """grad f_i(w + move, q) - grad f_i(w - move, q) (..., n, P, d); exactly 0 for a move that is exactly 0."""
        ...

    def gradient_bend(self, step: Numbers) -> Numbers:
        """grad f_i(w + step) - grad f_i(w) - H_i(w) step (..., n, P, d); exactly 0 where the step or all bending is."""
        ...

    def mean_of_products(self, v: Numbers) -> Numbers:
        """E_j Hess l_ij(w) v_j over the samples (..., n, d), v (..., n, m, d); a single point (P = 1)."""
        ...

    def gradient_variance(self) -> Numbers:
        """sigma~_i(w)^2 = E_j |grad l_ij(w) - grad f_i(w)|^2 over the samples (..., n, P)."""
        ...

    def gradient_variance_in(self, form: Numbers) -> Numbers:
        """E_j x_j . Q_i x_j (..., n, P), x_j = grad l_ij(w) - grad f_i(w) of a sample, Q symmetric (..., n, d, d)."""
        ...

    def hessian_spread(self) -> Numbers:
        """E_j (Hess l_ij(w) - H_i(w))^2 (..., n, P or 1, d, d), a matrix S: E_j |(Hess l_ij - H_i) v|^2 = v . S v."""
        ...

    def hessian_variance(self) -> Numbers:
        """sigma_H,i(w)^2 = E_j |Hess l_ij(w) - H_i(w)|^2 over the samples, in operator norm (..., n, P or 1)."""
        ...


class TasksOn(Protocol):
    """Tasks as numbers of one arithmetic."""

    @property
    def probabilities(self) -> Numbers:
        """p_i (..., n)."""
        ...

    def at(self, w: Numbers) -> TasksAt:
        """The tasks at points w (..., n or 1, P, d)."""
        ...

    def select(self, tasks: list[int]) -> Self:
        """Some of the tasks, in the order given, repeats allowed; their probabilities are left as they are."""
        ...

    def drawn(self, rows: Gathering) -> Self:
        """Tasks (S, B) drawn with batches of D of their samples, which are all the samples that they have then.

        So the full data of a drawn task is its batch. For tasks of one instance, without leading axes.
        """
        ...

    def breaks(self, origin: Numbers, direction: Numbers) -> np.ndarray | None:
        """Where second derivatives along the line origin + t direction, both (d,), have a kink: places t, unordered.

        Of the first instance of a block, whose second derivatives are linear between these places; None where they are
        smooth curves. A drawing is made of it, and nothing else.
        """
        ...


class Tasks(Sealed, ABC):
    """n tasks of m samples in d dimensions, as exact and read-only numbers: the base of every family.

    A family is a frozen dataclass that declares `entries`, among them `probabilities` (..., n), which sum to 1. It must
    define `kind`, `on`, `smoothness`, `hessian_lipschitz`, `random` and `strategy`; everything else has a default that
    is right for every family, if not always as much as the family could say. Raises `InputError` when shapes or values
    do not fit.
    """

    kind: ClassVar[str]
    """What the family is called, in files of instances too."""
    random_dimensions: ClassVar[int | None] = None
    """The largest d that `random` makes, or None where it makes any."""
    pulling: ClassVar[tuple[str, ...]] = ()
    """Arrays that the gradients at w = 0 are proportional to, where other things do not change with them."""

    probabilities: np.ndarray

    # -- what a family defines -------------------------------------------------------------------------------------
    @abstractmethod
    def on(self, ar: Arithmetic) -> TasksOn:
        """The tasks as numbers of an arithmetic."""

    @property
    @abstractmethod
    def smoothness(self) -> np.ndarray:
        """L (...): doubles certified not to be below; every f_i is L-smooth (Assumption 4.3)."""

    @property
    @abstractmethod
    def hessian_lipschitz(self) -> np.ndarray:
        """rho (...): doubles certified not to be below; every Hessian is rho-Lipschitz (Assumption 4.4)."""

    @classmethod
    @abstractmethod
    def random(cls, draws: Any, wanted: Wanted) -> Self:
        """A block of random tasks, drawn with `mamlcheck.tasks.draws.Draws`; what is drawn for an id never changes."""

    @classmethod
    @abstractmethod
    def strategy(cls, limits: Limits, numbers: Any) -> Any:
        """A Hypothesis strategy for tasks without leading axes; numbers: a strategy for exact numbers.

        Hypothesis is an extra: a family imports it, and `mamlcheck.tasks.drawing`, here and nowhere else.
        """

    def check(self) -> None:
        """Raise `InputError` for numbers that the family does not take; shapes and probabilities are right already."""

    # -- what a family may know better -----------------------------------------------------------------------------
    @property
    def width(self) -> int:
        """How many numbers a point takes at each sample: what batches cost."""
        return self.d

    @property
    def polynomial(self) -> bool:
        """Whether gradients are piecewise polynomials with rational coefficients: exact fractions settle them."""
        return False

    @property
    def provenance(self) -> str:
        """Of the constants L and rho: 'exact', 'certified', 'estimated' or 'declared'."""
        return "certified"

    @property
    def global_deviations(self) -> Mapping[str, np.ndarray] | None:
        """Bounds (...) that hold at every w of sigma^2, sigma~^2 and sigma_H^2, named sigma, sigma_tilde and
        sigma_hessian; None where there are none.
        """
        return None

    @property
    def least_curvature(self) -> np.ndarray:
        """mu (...): doubles certified not to be above what v . H_i(w) v is at least, for every task, w and unit v.

        Every f_i is convex where mu >= 0. -L is always right, and says that nothing better is known.
        """
        return frozen(-self.smoothness)

    @property
    def hessian_deviation(self) -> np.ndarray | None:
        """A bound (...) that holds at every w and in every task of E_j |Hess l_ij(w) - H_i(w)|^2, in Frobenius norm.

        None where there is none. Where batches are too many to enumerate, it bounds what their Hessians may do.
        """
        return None

    def float_constants(self) -> tuple[np.ndarray, np.ndarray] | None:
        """L and rho (...) by float64, proved by nothing: for searches. None where the certified ones are as cheap."""
        return None

    def scaled(self, factor: np.ndarray) -> Self:
        """The tasks with all losses multiplied by factors (...); exactly, where these are powers of two."""
        return self._times({name: factor for name, entry in self.declared().items() if entry.unit.loss})

    # -- sizes -----------------------------------------------------------------------------------------------------
    @property
    def n(self) -> int:
        return self.lengths["task"]

    @property
    def m(self) -> int:
        return self.lengths["sample"]

    @property
    def d(self) -> int:
        return self.lengths["coordinate"]

    @cached_property
    def lengths(self) -> dict[str, int]:
        """The length of every axis, by its name."""
        found: dict[str, int] = {}
        for name, entry in self.declared().items():
            shape = getattr(self, name).shape
            for axis, length in zip(entry.axes, shape[len(shape) - len(entry.axes) :], strict=True):
                found.setdefault(axis, int(length))
        return found

    @property
    def largest_array(self) -> int:
        """How many numbers one instance has in its largest array."""
        lead = self.probabilities.ndim - 1
        return max(int(np.prod(array.shape[lead:])) for array in self.numbers().values())

    # -- checks ----------------------------------------------------------------------------------------------------
    def __post_init__(self) -> None:
        declared = self.declared()
        for name in declared:
            object.__setattr__(self, name, exact_array(getattr(self, name)))
        for name in self._per_task():
            object.__setattr__(self, name, tuple(getattr(self, name)))
        family: Any = type(self)
        data = _data_of(family)
        axes, shape = declared[data].axes, getattr(self, data).shape
        if len(shape) < len(axes) or 0 in shape[len(shape) - len(axes) :]:
            wanted = ", ".join(SIZES.get(axis, axis) for axis in axes)
            raise InputError(
                f"{data} of shape {shape}: give n >= 1 tasks, m >= 1 samples, d >= 1 coordinates, ({wanted})"
            )
        lead, lengths = shape[: len(shape) - len(axes)], dict(zip(axes, shape[len(shape) - len(axes) :], strict=True))
        for name, entry in declared.items():
            own = getattr(self, name).shape
            lengths = dict(zip(entry.axes, own[len(lead) :], strict=False)) | lengths
            expected = (*lead, *(lengths.get(axis, axis) for axis in entry.axes))
            if own != expected:
                needed = f"({', '.join(map(str, expected))}{',' if len(expected) == 1 else ''})"
                raise InputError(f"{name} has shape {own}: {data} of shape {shape} needs it to have {needed}")
        for name in self._per_task():
            if len(getattr(self, name)) != lengths["task"]:
                raise InputError(
                    f"{len(getattr(self, name))} {name} for {lengths['task']} tasks: give one for each task"
                )
        check_probabilities(self.probabilities)
        self.check()

    # -- parts -----------------------------------------------------------------------------------------------------
    def __getitem__(self, index: Any) -> Self:
        """One instance out of a block of them; constants certified already are carried over."""
        picked = replace(self, **{name: np.asarray(array[index]) for name, array in self.numbers().items()})
        for name in ("smoothness", "hessian_lipschitz"):
            if name in self.__dict__:
                picked.__dict__[name] = frozen(np.asarray(self.__dict__[name][index]))
        return picked

    def alone(self, task: int) -> Self:
        """One of the tasks by itself, with probability 1."""
        kept = self._kept("task", [task])
        return replace(self, **kept | {"probabilities": np.ones((*self.probabilities.shape[:-1], 1))})

    def without(self, axis: str, index: int) -> Self:
        """The tasks without one task, sample or knot: `axis` is one of `shortenable`.

        Probabilities are divided by their sum. Raises `InputError` for the last of its kind, and where what is left is
        no set of tasks.
        """
        length = self.lengths[axis]
        if length < 2:
            raise InputError(f"the only {axis} cannot be left out")
        kept = self._kept(axis, [k for k in range(length) if k != index])
        if axis == "task":
            kept["probabilities"] = _summing_to_one(kept["probabilities"])
        return replace(self, **kept)

    @property
    def shortenable(self) -> tuple[str, ...]:
        """The axes that `without` takes: all but that of coordinates, which points have too."""
        return tuple(axis for axis in self.lengths if axis != "coordinate")

    @cached_property
    def same_samples(self) -> np.ndarray:
        """Whether all samples of a task are the same data (..., n), and so every batch of it the full data."""
        same = np.ones(self.probabilities.shape, dtype=bool)
        for name, entry in self.declared().items():
            if "sample" in entry.axes:
                array, count = getattr(self, name), len(entry.axes)
                equal = array == np.take(array, [0], axis=entry.axes.index("sample") - count)
                equal = equal.all(axis=tuple(k - count for k, axis in enumerate(entry.axes) if axis != "task"))
                same = same & (equal if "task" in entry.axes else equal[..., None])
        return frozen(same)

    @cached_property
    def same_tasks(self) -> np.ndarray:
        """Whether all tasks are the same data, their probabilities aside (...), and so every task the mean one."""
        same, declared = np.ones(self.probabilities.shape[:-1], dtype=bool), self.declared()
        for name, entry in declared.items():
            if "task" in entry.axes and name != "probabilities":
                array, count = getattr(self, name), len(entry.axes)
                equal = array == np.take(array, [0], axis=entry.axes.index("task") - count)
                same = same & equal.all(axis=tuple(range(-count, 0)))
        if same.any():  # of the tasks alone, what is no array, such as their losses
            others = [f.name for f in fields(self) if f.name not in declared]
            kinds = {tuple(getattr(self.alone(i), name) for name in others) for i in range(self.n)}
            same = same & (len(kinds) == 1)
        return frozen(same)

    # -- numbers and units -----------------------------------------------------------------------------------------
    def numbers(self) -> dict[str, np.ndarray]:
        """All arrays by name, probabilities last."""
        found = {name: getattr(self, name) for name in self.declared()}
        return {name: array for name, array in found.items() if name != "probabilities"} | {
            "probabilities": self.probabilities
        }

    def with_numbers(self, numbers: Mapping[str, np.ndarray]) -> Self:
        """The tasks with other arrays in place of those named; names of other things are passed over."""
        own = self.declared()
        return replace(self, **{name: array for name, array in numbers.items() if name in own})

    def places(self) -> Iterator[np.ndarray]:
        """The arrays of lengths: places on the axes of parameters, such as knots and centres."""
        return (getattr(self, name) for name, entry in self.declared().items() if entry.unit == LENGTH)

    def in_units(self, loss: Fraction = Fraction(1), length: Fraction = Fraction(1)) -> Self:
        """The same tasks, their numbers in units of so many of the old ones: exactly, where numbers are fractions."""
        return self._times(
            {
                name: 1 / (loss**entry.unit.loss * length**entry.unit.length)
                for name, entry in self.declared().items()
                if entry.unit != NUMBER
            }
        )

    def pulled(self, factor: Fraction) -> Self:
        """The tasks with gradients at w = 0 multiplied by a factor, where the family can; else as they are."""
        return self._times(dict.fromkeys(self.pulling, factor))

    # -- files -----------------------------------------------------------------------------------------------------
    def to_json(self) -> dict[str, Any]:
        """What a file of an instance holds of the tasks of one instance, without leading axes; numbers as text."""
        return {"kind": self.kind} | {name: numbers_to_json(getattr(self, name)) for name in self.declared()}

    @classmethod
    def reads(cls, content: Mapping[str, Any]) -> bool:
        """Whether the tasks in a file are of this family."""
        return bool(content.get("kind") == cls.kind)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """The tasks in a file as a block of one instance. Raises `InputError` that says where the file is wrong."""
        names = tuple(cls.declared())
        only(content, {"kind", *names}, "tasks")
        return cls(*(array_in(content, name, "tasks") for name in names))

    # -- what was declared -----------------------------------------------------------------------------------------
    @classmethod
    def declared(cls) -> Mapping[str, Entries]:
        """The arrays of the family by name, with their axes and units."""
        family: Any = cls
        return _declared(family)

    @classmethod
    def _per_task(cls) -> tuple[str, ...]:
        family: Any = cls
        return _declared_per_task(family)

    def _kept(self, axis: str, indices: list[int]) -> dict[str, Any]:
        """What has the axis, with the entries at these indices alone."""
        found: dict[str, Any] = {}
        for name, entry in self.declared().items():
            array = getattr(self, name)
            for behind in (len(entry.axes) - k for k, own in enumerate(entry.axes) if own == axis):
                array = np.take(array, indices, axis=-behind)
                found[name] = array
        if axis == "task":
            found |= {name: tuple(getattr(self, name)[i] for i in indices) for name in self._per_task()}
        return found

    def _times(self, factors: Mapping[str, Any]) -> Self:
        """The tasks with arrays multiplied by numbers, or by numbers (...) for each instance of a block."""
        changed = {}
        for name, factor in factors.items():
            array, axes = getattr(self, name), (None,) * len(self.declared()[name].axes)
            if isinstance(factor, np.ndarray):  # a fraction times a double would be rounded
                factor = (fraction_array(factor) if array.dtype == object else factor)[(..., *axes)]
            changed[name] = array * factor
        return replace(self, **changed)


@cache
def _declared(family: Any) -> Mapping[str, Entries]:
    found = {each.name: each.metadata["entries"] for each in fields(family) if "entries" in each.metadata}
    return MappingProxyType(found)


@cache
def _data_of(family: Any) -> str:
    """The array that fixes n, m and d: of those with the axes of all three, the one with the fewest axes."""
    data = [name for name, entry in _declared(family).items() if set(SIZES) <= set(entry.axes)]
    return min(data, key=lambda name: len(_declared(family)[name].axes))


@cache
def _declared_per_task(family: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(family) if "for_each_task" in each.metadata)


def _summing_to_one(probabilities: np.ndarray) -> np.ndarray:
    exact = np.empty(probabilities.shape, dtype=object)
    exact.ravel()[:] = list(fractions_of(probabilities))
    total = exact.sum(axis=-1, keepdims=True)
    if not total.all():
        raise InputError("the tasks that are left have probability 0")
    return np.asarray(exact / total)
