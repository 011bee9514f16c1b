"""Reading: a claim's own formula, run on quantities that stand for terms, gives the term that the claim computes.

The sides of claims and the inequalities of hypotheses are functions of an instance `x`, and run in every arithmetic.
Here they run once more, on `Quantities`, whose values are not arrays but `Reading`s: terms of the language with the
axes that the arrays have. What comes out is what a proof has to begin and end with, as an identity and not on samples.

That the function does on instances what it did here is so for straight-line code alone: `straight_line` refuses
branches, loops, closures, and calls of anything but such code. What asks for a quantity that has no term, or for an
operation that the language has not, is refused with its name. Such a claim can be checked, and cannot be proved.
"""

from __future__ import annotations

import dis
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from types import FunctionType, ModuleType
from typing import Any

import sympy

from mamlcheck.errors import MamlcheckError
from mamlcheck.language.terms import Expr, Language, Vector
from mamlcheck.language.vocabulary import TASK

TASKS, POINTS, COORDINATES, ONE = "tasks", "points", "coordinates", "1"  # what an axis of an array runs over


class CannotBeRead(MamlcheckError):  # noqa: N818 - reads as what it says
    """A formula that is no term of the language; the message says what stands in the way."""


# -- values ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Least:
    """The smallest of several scalars."""

    of: tuple[Expr, ...]


def _each(scalar: Any, change: Callable[[Expr], Expr]) -> Any:
    return Least(tuple(map(change, scalar.of))) if isinstance(scalar, Least) else change(scalar)


def alternatives(scalar: Expr | Least) -> tuple[Expr, ...]:
    """The scalars whose smallest a scalar is: itself alone, or what a minimum is of."""
    return scalar.of if isinstance(scalar, Least) else (scalar,)


@dataclass(frozen=True, eq=False)
class Reading:
    """Terms in place of an array.

    axes: what the array's axes run over, after those of the instances; None for a plain number, which goes with any.
    cells: a term for each point where there is an axis of points, else one; a `Vector` where the last axis is that of
    the coordinates, else a scalar.
    """

    axes: tuple[str, ...] | None
    cells: tuple[Any, ...]

    @property
    def is_vector(self) -> bool:
        """Whether the cells are vectors."""
        return bool(self.axes) and self.axes[-1] == COORDINATES  # type: ignore[index]

    # -- picking ---------------------------------------------------------------------------------------------------
    def __getitem__(self, index: Any) -> Reading:
        """`[..., k]`, `[..., None]`, `[..., k, :]`: what an array would give."""
        index = index if isinstance(index, tuple) else (index,)
        if self.axes is None or not index or index[0] is not Ellipsis:
            raise CannotBeRead(f"the index {index} does not begin with ...: instances keep their own axes")
        picked = sum(i is not None for i in index[1:])
        if picked > len(self.axes):
            raise CannotBeRead(f"the index {index} has more axes than {self.axes}")
        axes, cells = list(self.axes[: len(self.axes) - picked]), self.cells
        left = list(self.axes[len(self.axes) - picked :])
        for i in index[1:]:
            axis = left.pop(0) if i is not None else ONE
            if i is None or i == slice(None):
                axes.append(axis)
            elif axis == POINTS and i in (0, 1):
                cells = (self.cells[i],)
            elif axis != ONE or i != 0:
                raise CannotBeRead(f"the index {i!r} picks one of the {axis}: no term stands for that")
        return Reading(tuple(axes), cells)

    # -- calculating -----------------------------------------------------------------------------------------------
    def __neg__(self) -> Reading:
        return _combined(self, -1, _times)

    def __add__(self, other: Any) -> Reading:
        return _combined(self, other, _plus)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Reading:
        return self + -_reading(other)

    def __rsub__(self, other: Any) -> Reading:
        return _combined(-self, other, _plus)

    def __mul__(self, other: Any) -> Reading:
        return _combined(self, other, _times)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Reading:
        return _combined(self, other, _over)

    def __rtruediv__(self, other: Any) -> Reading:
        return _combined(_reading(other), self, _over)

    def _not_a_number(self, *_: Any) -> Any:
        raise CannotBeRead("a formula that compares, counts or converts its quantities is no term")

    __bool__ = __float__ = __int__ = __index__ = __len__ = __iter__ = _not_a_number
    __lt__ = __le__ = __gt__ = __ge__ = _not_a_number


def plain(value: Expr) -> Reading:
    """A number of the whole block, such as the size of a batch."""
    return Reading(None, (sympy.sympify(value),))


def _reading(value: Any) -> Reading:
    if isinstance(value, Reading):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return plain(sympy.Integer(value))
    raise CannotBeRead(f"{value!r} is no quantity of an instance and no integer: other numbers come in by x.ar.exact")


def _combined(first: Any, second: Any, operation: Callable[[Any, Any], Any]) -> Reading:
    a, b = _reading(first), _reading(second)
    axes = _common_axes(a.axes, b.axes)
    count = max(len(a.cells), len(b.cells))
    cells = (operation(*pair) for pair in zip(_repeated(a.cells, count), _repeated(b.cells, count), strict=True))
    return Reading(axes, tuple(cells))


def _repeated(cells: tuple[Any, ...], count: int) -> tuple[Any, ...]:
    return cells * (count // len(cells))


def _common_axes(a: tuple[str, ...] | None, b: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if a is None or b is None:
        return a if b is None else b
    if len(a) != len(b) or any(p != q and ONE not in (p, q) for p, q in zip(a, b, strict=True)):
        raise CannotBeRead(f"arrays over {a} and {b} do not go together: give them the same axes with [..., None]")
    return tuple(q if p == ONE else p for p, q in zip(a, b, strict=True))


def _plus(a: Any, b: Any) -> Any:
    if isinstance(a, Vector) or isinstance(b, Vector):
        if not (isinstance(a, Vector) and isinstance(b, Vector)):
            raise CannotBeRead("the sum of a vector and a number is no term")
        return a + b
    if isinstance(b, Least):
        a, b = b, a
    if isinstance(b, Least):
        raise CannotBeRead("the sum of two minima is no term")
    return _each(a, lambda one: one + b)


def _times(a: Any, b: Any) -> Any:
    if isinstance(b, (Vector, Least)):
        a, b = b, a
    if isinstance(b, (Vector, Least)):
        raise CannotBeRead(
            "the product of two vectors, or of two minima, is no term: x.ar.squared_norm and x.ar.norm are"
        )
    if isinstance(a, Vector):
        return a * b
    if isinstance(a, Least) and not b.is_nonnegative:
        raise CannotBeRead(f"a minimum times {b}, which may be negative, is no term")
    return _each(a, lambda one: one * b)


def _over(a: Any, b: Any) -> Any:
    if isinstance(b, (Vector, Least)):
        raise CannotBeRead("the quotient by a vector or by a minimum is no term")
    if not b.is_positive:  # here, since x / x is 1 once it is a term
        raise CannotBeRead(f"a division by {b}, which is not known to be > 0, is no term")
    return _times(a, 1 / b)


# -- the arithmetic ----------------------------------------------------------------------------------------------------
class TermArithmetic:
    """The operations of an arithmetic that have terms, on `Reading`s."""

    def __init__(self, language: Language):
        self._language = language

    def __getattr__(self, name: str) -> Any:
        raise CannotBeRead(f"x.ar.{name} has no term in the language of the proofs")

    def exact(self, value: Any) -> Reading:
        """An int, a Fraction, or a double, which is the dyadic number that it holds."""
        if isinstance(value, bool) or not isinstance(value, (int, float, Fraction)):
            raise CannotBeRead(f"x.ar.exact({value!r}) is no single number")
        number = Fraction(value)
        return plain(sympy.Rational(number.numerator, number.denominator))

    def square(self, x: Any) -> Reading:
        """X * x."""
        return self.power(x, 2)

    def power(self, x: Any, n: int) -> Reading:
        """x**n of a scalar, n >= 0."""
        given = self._scalars(x)
        if type(n) is not int or n < 0 or any(isinstance(cell, Least) for cell in given.cells):
            raise CannotBeRead(f"the power {n!r}, or that of a minimum, is no term: powers are whole and >= 0")
        return Reading(given.axes, tuple(cell**n for cell in given.cells))

    def sqrt(self, x: Any) -> Reading:
        """The root of a scalar that is manifestly >= 0."""
        given = self._scalars(x)
        return Reading(given.axes, tuple(_each(cell, self._root) for cell in given.cells))

    def minimum(self, x: Any, y: Any) -> Reading:
        """The smaller of two scalars."""
        return _combined(self._scalars(x), self._scalars(y), lambda a, b: Least((*alternatives(a), *alternatives(b))))

    def norm(self, x: Any) -> Reading:
        """|x| along the last axis."""
        given = self._vectors(x)
        return Reading(given.axes[:-1], tuple(map(self._language.norm, given.cells)))  # type: ignore[index]

    def squared_norm(self, x: Any) -> Reading:
        """|x|^2 along the last axis."""
        return self.square(self.norm(x))

    def weighted_sum(self, weights: Any, x: Any, axis: int) -> Reading:
        """E over tasks: the weights are the tasks' probabilities, the axis is that of the tasks."""
        given, probabilities = _reading(x), _reading(weights)
        axes, count = given.axes or (), probabilities.axes or ()
        if probabilities.cells != (PROBABILITIES,) or not -len(axes) <= axis < 0 or axes[axis] != TASKS:
            raise CannotBeRead("x.ar.weighted_sum has a term where it is a mean over tasks by x.tasks.probabilities")
        if len(count) < -axis or count[len(count) + axis] != TASKS:
            raise CannotBeRead("the tasks' probabilities are not along the axis of the tasks")
        mean = self._language.mean_vector if given.is_vector else self._language.mean
        left = tuple(name for k, name in enumerate(axes, -len(axes)) if k != axis)
        return Reading(left, tuple(_each(cell, lambda one: mean(TASK, one)) for cell in given.cells))

    def _root(self, expression: Expr) -> Expr:
        known = _root_of_a_square(expression)
        return self._language.root(expression) if known is None else known

    def _scalars(self, x: Any) -> Reading:
        given = _reading(x)
        if given.is_vector:
            raise CannotBeRead("a vector stands where a number belongs: no term")
        return given

    def _vectors(self, x: Any) -> Reading:
        given = _reading(x)
        if not given.is_vector:
            raise CannotBeRead("a number stands where a vector belongs: no term")
        return given


PROBABILITIES = sympy.Symbol("the tasks' probabilities")  # of no language: it cannot stand in a side


def _root_of_a_square(expression: Expr) -> Expr | None:
    """The root of a product of even powers of numbers >= 0, or None."""
    coefficient, powers = sympy.together(expression).as_coeff_mul()
    root = sympy.sqrt(coefficient)
    if not root.is_Rational:
        return None
    for power in powers:
        base, exponent = power.as_base_exp()
        if not (exponent.is_Integer and exponent % 2 == 0 and base.is_nonnegative):
            return None
        root *= base ** (exponent // 2)
    return root


# -- straight-line code ------------------------------------------------------------------------------------------------
INSTRUCTIONS = (
    "BINARY_OP", "BINARY_SLICE", "BINARY_SUBSCR", "BUILD_SLICE", "BUILD_TUPLE", "CACHE", "CALL", "COPY",
    "EXTENDED_ARG", "KW_NAMES", "LOAD_ATTR", "LOAD_CONST", "LOAD_FAST", "LOAD_GLOBAL", "LOAD_METHOD", "LOAD_SMALL_INT",
    "NOP", "POP_TOP", "PRECALL", "PUSH_NULL", "RESUME", "RETURN_CONST", "RETURN_VALUE", "STORE_FAST", "SWAP",
    "UNARY_NEGATIVE", "UNPACK_SEQUENCE",
)  # fmt: skip
"""What straight-line code is made of, by the names (or what they begin with) of CPython 3.11 and later."""


def straight_line(function: Any) -> None:
    """Raise unless a function is straight-line code: the same operations on whatever it is given."""
    if not isinstance(function, FunctionType):
        raise CannotBeRead(f"{function!r} is no plain function")
    _walk(function, set())


def _walk(function: FunctionType, seen: set[FunctionType]) -> None:
    code = function.__code__
    if function in seen:  # by identity: equal code may load other things
        return
    seen.add(function)
    where = f"{function.__name__} (line {code.co_firstlineno})"
    held = (function.__closure__, function.__defaults__, function.__kwdefaults__, function.__dict__)
    if any(held) or code.co_exceptiontable:
        raise CannotBeRead(f"{where} holds values from outside, or catches errors: only straight-line code can be read")
    for called in _loaded(function, where):
        if isinstance(called, FunctionType):
            _walk(called, seen)
        elif not (type(called) in (int, Fraction) or called is Fraction):
            raise CannotBeRead(f"{where} uses {called!r}: a formula uses x, integers, fractions and functions like it")


def _loaded(function: FunctionType, where: str) -> Iterator[Any]:
    """What the code loads by name. Raises where it branches, loops, compares, keeps or hides something."""
    instructions = list(dis.get_instructions(function))
    for one, following in zip(instructions, [*instructions[1:], instructions[-1]], strict=True):
        if not one.opname.startswith(INSTRUCTIONS) or (one.opname == "BINARY_OP" and one.argrepr.endswith("=")):
            raise CannotBeRead(f"{where} does more than calculate ({one.opname}): only straight-line code can be read")
        if one.opname.startswith(("LOAD_ATTR", "LOAD_METHOD")) and str(one.argval).startswith("_"):
            raise CannotBeRead(f"{where} asks for the private name {one.argval}")
        if one.opname == "LOAD_CONST" and not _is_index_or_number(one.argval):
            raise CannotBeRead(f"{where} holds {one.argval!r}: a formula holds whole numbers and indices alone")
        if one.opname == "LOAD_GLOBAL":
            yield _named(function, one.argval, following, where)


def _is_index_or_number(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_index_or_number, value))
    return value is None or value is Ellipsis or type(value) in (int, float, slice)


def _named(function: FunctionType, name: str, following: dis.Instruction, where: str) -> Any:
    if name not in function.__globals__:
        raise CannotBeRead(f"{where} uses {name}, which its file does not define")
    value = function.__globals__[name]
    if isinstance(value, ModuleType) and following.opname.startswith(("LOAD_ATTR", "LOAD_METHOD")):
        return getattr(value, following.argval, None)
    return value


# -- reading -----------------------------------------------------------------------------------------------------------
def read_scalars(function: Any, x: Any) -> tuple[Expr | Least, ...]:
    """The scalars, one or several, that a function computes of an instance. Raises `CannotBeRead`, `NotInLanguage`."""
    straight_line(function)
    try:
        computed = function(x)
        values = [_reading(v) for v in (computed if isinstance(computed, tuple) else (computed,))]
    except (TypeError, AttributeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
        raise CannotBeRead(f"{function.__name__} has no term: {error}") from None
    for value in values:
        if value.axes not in ((), None):
            raise CannotBeRead(f"{function.__name__} is no single number: it has axes {value.axes}")
    return tuple(value.cells[0] for value in values)


def read_scalar(function: Any, x: Any) -> Expr | Least:
    """The one scalar that a function of an instance computes. Raises `CannotBeRead` or `NotInLanguage`."""
    scalars = read_scalars(function, x)
    if len(scalars) != 1:
        raise CannotBeRead(f"{function.__name__} returns {len(scalars)} values where one belongs")
    return scalars[0]
