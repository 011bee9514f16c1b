"""Instances as data: everything a claim quantifies over, as exact numbers, of one instance or of a block of them.

Which variables there are is declared in `mamlcheck.meta.variables`. Here stands what holds of them all: shapes, signs,
defaults, and which constants are proved. Nothing is computed here, and nothing is written or read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

import numpy as np

from mamlcheck.arithmetic.exact import Sealed, exact_array, fraction, fractions_of, nearest_double
from mamlcheck.errors import InputError
from mamlcheck.meta.variables import Sign, Variable, arrays, declared, indices, sizes
from mamlcheck.tasks.family import Tasks

Made = TypeVar("Made")


def frozen_with(**fields: Any) -> Callable[[type[Made]], type[Made]]:
    """Makes a class a frozen dataclass of these fields too, in this order, each with its default or `MISSING`."""

    def decorated(made: type[Made]) -> type[Made]:
        made.__annotations__ = dict.fromkeys(fields, Any)
        for name, default in fields.items():
            if default is not MISSING:
                setattr(made, name, default)
        return dataclass(frozen=True, repr=False)(made)

    return decorated


class _HasFields:
    """What the type checker is to know of a class whose fields are the declared variables: that it is a dataclass."""

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

        def __init__(self, *given: Any, **named: Any) -> None: ...


# -- sizes -----------------------------------------------------------------------------------------------------------
@frozen_with(**{size.name: int(size.default or 1) for size in sizes()})
class BatchSizes(_HasFields):
    """Sizes of batches, such as D_in, and numbers of tasks, such as B': the declared variables of these shapes.

    All are at least 1, which is what they are by default.
    """

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> int: ...

    def __post_init__(self) -> None:
        for name, size in vars(self).items():
            if not isinstance(size, int) or isinstance(size, bool) or size < 1:
                raise InputError(f"batch size {name} = {size!r}: give an integer >= 1")

    def __repr__(self) -> str:
        return f"BatchSizes({', '.join(f'{name}={size}' for name, size in vars(self).items())})"


# -- all variables ---------------------------------------------------------------------------------------------------
def _fields() -> dict[str, Any]:
    """The names of what an instance consists of, with its default where it has one."""
    given = {variable.name: MISSING for variable in arrays() if variable.must_be_given}
    of_blocks = {variable.name: int(variable.default or 0) for variable in indices()}
    others = {variable.name: None for variable in arrays() if not variable.must_be_given}
    return {"tasks": MISSING, **given, **of_blocks, "sizes": BatchSizes(), **others}


def _check_array(variable: Variable, value: np.ndarray, wanted: tuple[int, ...]) -> None:
    """Raise `InputError` for another shape than wanted, and for numbers of a sign that the variable does not allow."""
    if value.shape != wanted:
        raise InputError(f"{variable.name} has shape {value.shape}: these tasks need {wanted}")
    if variable.sign is Sign.ANY:
        return
    if not (value > 0 if variable.sign is Sign.POSITIVE else value >= 0).all():
        least = nearest_double(fraction(value.min()))
        raise InputError(f"{variable.name} must be {variable.sign.value}: {least:.6g} is not")


def _integer(variable: Variable, index: Any) -> int:
    """An index as an int. Raises `InputError` for anything else: True would be task 1, and 0.5 no task at all."""
    if isinstance(index, (bool, np.timedelta64)) or not isinstance(index, (int, np.integer)):
        raise InputError(f"{variable.name} = {index!r}: give the index of a task, an integer counted from 0")
    return int(index)


@frozen_with(**_fields())
class Given(_HasFields, Sealed):
    """A block of instances with leading axes (...), or one instance with none.

    tasks: n tasks of m samples in d dimensions. sizes: batch sizes. Every other declared variable is an attribute of
    its name: a number (...), a point or a direction (..., d), or the index of a task. A variable that is not given has
    its default; a constant of the tasks that is not given by hand is None. All numbers are exact, and read-only.

    Raises `InputError` for shapes that do not fit together, signs that are not allowed, and an index out of range.
    """

    FIELDS: ClassVar[tuple[Variable, ...]] = declared()
    """The declared variables, in the order in which files have them."""

    if TYPE_CHECKING:
        tasks: Tasks
        sizes: BatchSizes
        task: int

        def __getattr__(self, name: str) -> np.ndarray: ...

    def __post_init__(self) -> None:
        of_numbers, of_vectors = self.shape, (*self.shape, self.tasks.d)
        for variable in arrays():
            value, wanted = getattr(self, variable.name), of_vectors if variable.is_vector else of_numbers
            if value is None and variable.must_be_given:
                raise InputError(
                    f"{variable.name} = None: every instance needs {variable.name}, exact numbers {wanted}"
                )
            if value is None and variable.default is not None:
                value = np.broadcast_to(_exact(variable.default), wanted)
            if value is not None:
                value = exact_array(value)
                _check_array(variable, value, wanted)
                object.__setattr__(self, variable.name, value)
        for variable in indices():
            index = _integer(variable, getattr(self, variable.name))
            if not 0 <= index < self.tasks.n:
                raise InputError(f"{variable.name} index {index}: there are {self.tasks.n} tasks, counted from 0")
            object.__setattr__(self, variable.name, index)
        if not isinstance(self.sizes, BatchSizes):
            raise InputError(f"sizes = {self.sizes!r}: give BatchSizes, such as BatchSizes(inner=2)")

    @property
    def shape(self) -> tuple[int, ...]:
        """The leading axes."""
        return self.tasks.probabilities.shape[:-1]

    def __getitem__(self, index: Any) -> Self:
        """One instance out of a block, or several."""
        picked = {v.name: getattr(self, v.name) for v in arrays()}
        parts: dict[str, Any] = {name: None if x is None else np.asarray(x[index]) for name, x in picked.items()}
        parts |= {variable.name: getattr(self, variable.name) for variable in indices()}
        return type(self)(tasks=self.tasks[index], sizes=self.sizes, **parts)

    def number(self, name: str) -> np.ndarray:
        """What claims use under the name of a variable, exact: a constant of the tasks is given by hand or certified.

        Raises `InputError` where a constant of the tasks exceeds the largest double.
        """
        value = getattr(self, name)
        if value is not None:
            return np.asarray(value)
        certified = np.asarray(getattr(self.tasks, name))
        if not np.isfinite(certified).all():
            symbol = next(variable.symbol for variable in self.FIELDS if variable.name == name)
            raise InputError(f"{symbol} of these tasks exceeds the largest double, 1.8e308: scale the data down")
        return certified

    @property
    def smoothness_constant(self) -> np.ndarray:
        """L (...), exact numbers. Raises `InputError` where the tasks' L exceeds the largest double."""
        return self.number("smoothness")

    @property
    def hessian_lipschitz_constant(self) -> np.ndarray:
        """rho (...), exact numbers. Raises `InputError` where the tasks' rho exceeds the largest double."""
        return self.number("hessian_lipschitz")

    @cached_property
    def provenance(self) -> str:
        """The weakest provenance among the constants: 'exact', 'certified' or 'declared'.

        Constants given by hand keep the tasks' provenance where they are not below the certified ones, since then
        they are certified too; otherwise they are 'declared'.
        """
        for constant in (variable.name for variable in arrays() if variable.of_tasks):
            given = getattr(self, constant)
            if given is not None and not _at_least(given, getattr(self.tasks, constant)):
                return "declared"
        return self.tasks.provenance

    @property
    def guaranteed(self) -> bool:
        """Whether a verdict on these instances rests on nothing unproved."""
        return self.provenance in ("exact", "certified")


def _exact(value: int | Fraction) -> np.ndarray:
    """An exact number as an array of no axes: a double where it is one."""
    as_double = float(value)
    return np.array(as_double if Fraction(as_double) == value else Fraction(value))


def _at_least(given: np.ndarray, certified: np.ndarray) -> bool:
    if not np.isfinite(certified).all():
        return False
    return all(x >= Fraction(y) for x, y in zip(fractions_of(given), certified.ravel().tolist(), strict=True))
