"""What was computed of built-in problems, kept on disk from one run to the next.

It depends on no subject, and takes longer than all else in a usual diagnosis. What is kept is of the problems that
every subject is asked about and of the algorithms and mutants in their files: these are few. All of it lies in one
file: a line of JSON with each value's name and number of doubles, then the doubles of all of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Generic, TypeVar

import numpy as np

from mamlcheck.conformance import keeping
from mamlcheck.conformance.enclosures import Enclosure
from mamlcheck.conformance.problems.problem import EVERY_TASK, INNER_RATES, INNER_STEPS, AnyKey, Key

T = TypeVar("T")

SUFFIX = "directions"
DOUBLE = np.dtype("<f8")  # as it lies in a file, on any machine


@dataclass(frozen=True)
class Form(Generic[T]):
    """How values of a type lie in doubles (k,): `doubles` is None of one that is not to be kept. count: k, for a
    direction of n components.
    """

    doubles: Callable[[T], np.ndarray | None]
    value: Callable[[np.ndarray], T]
    count: Callable[[int], int]


ARRAY = Form[np.ndarray](lambda array: array, lambda doubles: doubles, lambda n: n)
NUMBER = Form[float](lambda number: np.array([number]), lambda doubles: float(doubles[0]), lambda n: 1)
CERTIFIED = Form[Enclosure](
    lambda one: np.concatenate([one.midpoint, one.rest, one.finer_radius]) if one.certified else None,
    lambda doubles: Enclosure(*doubles.reshape(3, -1)),
    lambda n: 3 * n,
)


@dataclass
class Shelf:
    """Values by name, each as doubles (k,). new: those that are not on disk yet."""

    values: dict[str, np.ndarray]
    new: dict[str, np.ndarray] = field(default_factory=dict)


def common(place: AnyKey) -> bool:
    """Whether every subject may be asked about a problem."""
    usual = isinstance(place, Key) and place.alpha in INNER_RATES and place.steps in INNER_STEPS
    return usual and place.tasks == EVERY_TASK


def shelved(name: str, made: Callable[[], T], form: Form[T], size: int) -> T:
    """The value of a name, of a direction of `size` components: from the shelf, or made and put there. What lies there
    and is of another size was not put there by this function, and is made anew.
    """
    shelf = _shelf(_file())
    if name in shelf.values and len(shelf.values[name]) == form.count(size):
        return form.value(shelf.values[name])
    found = made()
    doubles = form.doubles(found)
    if doubles is not None:
        shelf.values[name] = shelf.new[name] = doubles
    return found


def load() -> None:
    """Read what is there, if nobody has yet."""
    _shelf(_file())


def save() -> None:
    """Put on disk what is new, beside what other processes have put there meanwhile, which is taken over from there."""
    shelf = _shelf(_file())
    if shelf.new:
        everything = _read(_file()) | shelf.new
        shelf.values |= everything
        index = json.dumps({name: len(value) for name, value in everything.items()})
        body = np.concatenate(list(everything.values())).astype(DOUBLE).tobytes()
        keeping.write(_file(), SUFFIX, index.encode() + b"\n" + body)
        shelf.new.clear()


@cache
def _file() -> str:
    return keeping.name_of("directions of built-in problems")


@cache
def _shelf(file: str) -> Shelf:
    return Shelf(_read(file))


def _read(file: str) -> dict[str, np.ndarray]:
    data = keeping.read(file, SUFFIX)
    if data is None:
        return {}
    try:
        index, body = data.split(b"\n", 1)
        lengths: dict[str, int] = json.loads(index)
        doubles = np.frombuffer(body, DOUBLE).astype(np.float64)
        ends = np.cumsum(list(lengths.values())).tolist()
        if ends[-1] != len(doubles):
            return {}
        return {name: doubles[end - count : end] for (name, count), end in zip(lengths.items(), ends, strict=True)}
    except (ValueError, TypeError, AttributeError, IndexError, RecursionError):  # not written by `save`
        return {}
