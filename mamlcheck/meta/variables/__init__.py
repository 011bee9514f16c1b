"""The variables that claims quantify over beside the tasks, one file each in this folder.

A file holds VARIABLE, which says everything that is to be known of it: its shape, unit and sign, how it is written, how
it is drawn, and what it is where nobody gives it. Its place in the folder is its name in Python and in files. Nothing
is registered anywhere: instances, their files, hypotheses, sweeps, strategies, the simplifier, portraits and the
language of the proofs loop over `declared()`.

A file that is added later gives a default. Then instances that were written before can still be read, and what was
drawn before stays what it was.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from functools import cache

from mamlcheck.errors import InputError
from mamlcheck.tasks.family import NUMBER, Unit

LAST = 1000
"""The place of a variable that comes after those that were there before, in the order of the names."""

Exact = int | Fraction

STEPS: tuple[Exact, ...] = (1, Fraction(1, 2), 2, Fraction(1, 16), 4, Fraction(1, 2**20))
"""Sizes of steps that are worth trying, the simplest first."""


class Shape(Enum):
    """What a variable is."""

    NUMBER = "a number for each instance (...)"
    POINT = "a point of R^d for each instance (..., d)"
    DIRECTION = "a direction in R^d for each instance (..., d)"
    TASK = "the index of a task, counted from 0, the same in all instances of a block"
    BATCH = "the size D of a batch of samples, the same in all instances of a block"
    COUNT = "a whole number >= 1, the same in all instances of a block"


ARRAY_SHAPES = (Shape.NUMBER, Shape.POINT, Shape.DIRECTION)
"""Shapes of exact arrays that have the leading axes of the instances."""
VECTOR_SHAPES = (Shape.POINT, Shape.DIRECTION)
SIZE_SHAPES = (Shape.BATCH, Shape.COUNT)
"""Shapes of whole numbers that stand together in `Instances.sizes`."""


class Sign(Enum):
    """What is known of the sign of a number whatever the claim, since instances are refused otherwise."""

    ANY = "any"
    NONNEGATIVE = ">= 0"
    POSITIVE = "> 0"


class Listed(Enum):
    """What is computed for each of all batches of a size, so that an expectation over them is exact."""

    NOTHING = "nothing: formulas have the size alone"
    AFTER_A_STEP_OF_THE_FIXED_TASK = "the samples of the fixed task, where the batch's inner step ends"
    AFTER_A_STEP_OF_EVERY_TASK = "the samples of every task, where the batch's inner step ends"
    GRADIENTS_OF_EVERY_TASK = "the gradient of every task at w, from the samples drawn where these are few"

    def tasks(self, n: int) -> int:
        """For how many of n tasks."""
        return {Listed.NOTHING: 0, Listed.AFTER_A_STEP_OF_THE_FIXED_TASK: 1}.get(self, n)


@dataclass(frozen=True)
class Variable:
    """One variable that claims may quantify over.

    symbol: what claims call it in QUANTIFIES, and people in text. latex: the same in formulas. name: in Python and in
    files, by the place of its file.

    place: among the variables in files and in the order of arguments. written: its place in descriptions and beside
    portraits; None where it is left out of these.

    unit: of a number, and of the coordinates of a point or a direction. sign: of a number.

    default: what it is where nobody gives it; None where it must be given. of_tasks: where nobody gives it, it is the
    certified constant of the tasks that has its name. in_every_file: whether files hold it at its default, too.

    drawn: what a number or a count is one of when it is drawn, the simplest first; of a point or a direction, what its
    freely drawn coordinates are multiplied by. drawn_between: a number may also be any between these two.
    over_smoothness: what is drawn is divided by L. near: the point from which a drawn point is counted, else 0. listed:
    what is computed for each of all batches of this size, which bounds the sizes that are drawn.

    simple: what a number becomes when an instance is simplified; a point or a direction becomes this multiple of the
    first unit vector, counted from the point that it is `near`. None where it stays.

    term: what the language of the proofs calls it, where that is not its symbol.
    """

    symbol: str
    latex: str
    shape: Shape
    place: int = LAST
    written: int | None = LAST
    unit: Unit = NUMBER
    sign: Sign = Sign.ANY
    default: Exact | None = None
    of_tasks: bool = False
    in_every_file: bool = False
    drawn: tuple[Exact, ...] = (1,)
    drawn_between: tuple[Exact, Exact] | None = None
    over_smoothness: bool = False
    near: str = ""
    listed: Listed = Listed.NOTHING
    simple: Exact | None = None
    term: str = ""
    name: str = ""

    @property
    def is_array(self) -> bool:
        """Whether it is an exact array with the leading axes of the instances."""
        return self.shape in ARRAY_SHAPES

    @property
    def is_vector(self) -> bool:
        """Whether it has d coordinates."""
        return self.shape in VECTOR_SHAPES

    @property
    def is_size(self) -> bool:
        """Whether it stands in `Instances.sizes`."""
        return self.shape in SIZE_SHAPES

    @property
    def must_be_given(self) -> bool:
        """Whether an instance cannot be made without it."""
        return self.default is None and not self.of_tasks


@cache
def declared() -> tuple[Variable, ...]:
    """All variables, in the order of their places. Raises `InputError` where a file declares none, or two share a name.

    The names of variables in this package are those of its files.
    """
    found = [_declared_in(info.name) for info in pkgutil.iter_modules(__path__)]
    for names in ([v.symbol for v in found], [v.term for v in found]):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InputError(f"two files in mamlcheck/meta/variables declare {twice[0]}: give one another symbol")
    return tuple(sorted(found, key=lambda variable: (variable.place, variable.name)))


def _declared_in(name: str) -> Variable:
    variable = getattr(importlib.import_module(f"{__name__}.{name}"), "VARIABLE", None)
    if not isinstance(variable, Variable):
        raise InputError(f"mamlcheck/meta/variables/{name}.py declares no variable: it holds VARIABLE = Variable(...)")
    return replace(variable, name=name, term=variable.term or variable.symbol)


@cache
def arrays() -> tuple[Variable, ...]:
    """The variables that are exact arrays with the leading axes of the instances."""
    return tuple(variable for variable in declared() if variable.is_array)


@cache
def array_names() -> frozenset[str]:
    """The names of these variables."""
    return frozenset(variable.name for variable in arrays())


@cache
def own_arrays() -> tuple[Variable, ...]:
    """The arrays that belong to an instance itself: all but the constants of its tasks."""
    return tuple(variable for variable in arrays() if not variable.of_tasks)


@cache
def sizes() -> tuple[Variable, ...]:
    """The variables that stand in `Instances.sizes`."""
    return tuple(variable for variable in declared() if variable.is_size)


@cache
def indices() -> tuple[Variable, ...]:
    """The variables that are the index of a task."""
    return tuple(variable for variable in declared() if variable.shape is Shape.TASK)


def listed(quantifies: Collection[str]) -> Iterator[tuple[Variable, Listed]]:
    """The sizes whose batches are listed for a claim that quantifies over these symbols, and what for.

    A claim that speaks of no fixed task asks for inner steps of every task.
    """
    of_one = any(index.symbol in quantifies for index in indices())
    for size in sizes():
        if size.symbol in quantifies and size.listed is not Listed.NOTHING:
            of_every = size.listed is Listed.AFTER_A_STEP_OF_THE_FIXED_TASK and not of_one
            yield size, Listed.AFTER_A_STEP_OF_EVERY_TASK if of_every else size.listed


@cache
def in_text() -> tuple[Variable, ...]:
    """The variables that descriptions and portraits may write down, in their order there."""
    placed = [(v.written, v.name, v) for v in declared() if v.written is not None]
    return tuple(variable for _, _, variable in sorted(placed, key=lambda item: item[:2]))


def goes_without_saying(variable: Variable, value: object) -> bool:
    """Whether a number or a size is what it is where nobody gives it, of a variable that was given no place: few claims
    need it, and no text about others has to name it.
    """
    return variable.place == LAST and variable.default is not None and value == variable.default


__all__ = [
    "LAST", "STEPS", "Listed", "Shape", "Sign", "Variable", "array_names", "arrays", "declared", "goes_without_saying",
    "in_text", "indices", "listed", "own_arrays", "sizes",
]  # fmt: skip
