"""Jaxprs lowered to primitives: what goes in and out of equations, and how they are gone through one by one.

What an equation gives is a NumPy array where it depends on no parameter and is known exactly, a `Value`, a `Flag` where
it is a truth that depends on parameters, or an `Unknown`: something that cannot be lowered, which is an error only if
the loss depends on it. Data that is computed in floats is no more exact than the rest, so it is lowered like that.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, partial
from typing import Any, TypeAlias

import jax
import numpy as np

from mamlcheck.errors import InputError
from mamlcheck.place import names_in
from mamlcheck.programs.building import Builder, Value
from mamlcheck.programs.program import Shape
from mamlcheck.programs.tracing import CannotBeTraced
from mamlcheck.programs.tracing._jax.places import is_users, place_of


@dataclass(frozen=True)
class Flag:
    """Whether something holds, number by number. where: flags of a primitive; opposite: it holds where these do not."""

    where: Value
    opposite: bool = False

    @property
    def shape(self) -> Shape:
        return self.where.shape

    @property
    def negated(self) -> Flag:
        """Where this does not hold."""
        return Flag(self.where, not self.opposite)

    def kept(self, x: Value) -> Value:
        """The numbers where it holds, 0 elsewhere."""
        return x.dropped(self.where) if self.opposite else x.kept(self.where)

    @property
    def number(self) -> Value:
        """1 where it holds, 0 elsewhere."""
        return self.kept(self.where.builder.constant(1))


@dataclass(frozen=True)
class Unknown:
    """What cannot be lowered, and why."""

    error: CannotBeTraced


Item: TypeAlias = np.ndarray | Value | Flag | Unknown
Operation: TypeAlias = Callable[..., Any]  # of an Equation and its Items, to an Item or, for several results, a list


@dataclass(frozen=True)
class Equation:
    """One equation of a jaxpr, as the files of operations see it. eqn: JAX's; lowering: what it is part of."""

    eqn: Any
    lowering: Lowering

    @property
    def name(self) -> str:
        """Of JAX's primitive."""
        return str(self.eqn.primitive.name)

    @property
    def settings(self) -> dict[str, Any]:
        """The primitive's parameters."""
        return dict(self.eqn.params)

    @property
    def builder(self) -> Builder:
        return self.lowering.builder

    @property
    def shape(self) -> Shape:
        """Of the (first) result."""
        return tuple(self.eqn.outvars[0].aval.shape)

    @property
    def kind(self) -> str:
        """Of the (first) result: 'f' for floats, 'i' or 'u' for integers, 'b' for truths, something else for others."""
        return kind(self.eqn.outvars[0].aval.dtype)

    def value(self, x: Item) -> Value:
        """A value, whatever it was: exact numbers become a constant, truths 1 and 0."""
        if isinstance(x, Unknown):
            raise x.error
        return x if isinstance(x, Value) else x.number if isinstance(x, Flag) else self.builder.constant(x)

    def known(self, x: Item, what: str) -> np.ndarray:
        """An array that depends on no parameter."""
        if not isinstance(x, np.ndarray):
            raise self.refusal(f"{what} depends on the parameters, or on numbers that are computed from floats")
        return x

    def evaluated(self, inputs: Sequence[np.ndarray], **changed: object) -> list[np.ndarray]:
        """What JAX's primitive makes of these arrays, with some of its parameters changed."""
        made = [jax.numpy.asarray(x) for x in inputs]
        found = self.eqn.primitive.bind(*made, **(self.settings | changed))
        return [np.asarray(x) for x in (found if self.eqn.primitive.multiple_results else [found])]

    def refusal(self, why: str) -> CannotBeTraced:
        """The error to raise where a setting or an input is none that can be lowered."""
        at = f", at {self.builder.place}" if self.builder.place else ""
        return CannotBeTraced(f"jax's `{self.name}`{at} cannot be lowered to primitives: {why}")


@dataclass
class Lowering:
    """A jaxpr on its way into a builder, and what is found on the way.

    notes: sentences. changed: names of states that change. coarsest: the fewest bits of a float that is computed.
    """

    builder: Builder
    notes: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    coarsest: int = 53

    def run(self, jaxpr: Any, constants: Sequence[Any], inputs: Sequence[Item]) -> list[Item]:
        """The results of an open jaxpr, for its constants, arrays of JAX or items, and its inputs."""
        found: dict[Any, Item] = {}
        found.update(zip(jaxpr.constvars, map(item, constants), strict=True))
        found.update(zip(jaxpr.invars, inputs, strict=True))

        def read(atom: Any) -> Item:
            return item(atom.val) if hasattr(atom, "val") else found[atom]

        for eqn in jaxpr.eqns:
            place = place_of(eqn) if is_users(jaxpr) else ""
            with self.builder.at(place or self.builder.place):
                found.update(zip(eqn.outvars, self._one(eqn, [read(x) for x in eqn.invars]), strict=True))
        return [read(x) for x in jaxpr.outvars]

    def _one(self, eqn: Any, inputs: list[Item]) -> list[Item]:
        """The results of one equation."""
        equation = Equation(eqn, self)
        function = operations().get(equation.name)
        unknown = [x for x in inputs if isinstance(x, Unknown)]
        if unknown and not getattr(function, "nested", False):
            return [unknown[0]] * len(eqn.outvars)
        try:
            found = self._lowered(equation, function, inputs)
        except CannotBeTraced as error:
            return [Unknown(error)] * len(eqn.outvars)
        except InputError as error:
            return [Unknown(equation.refusal(str(error)))] * len(eqn.outvars)
        results = found if isinstance(found, (list, tuple)) else [found]
        return [self._checked(eqn, var.aval, item(x)) for var, x in zip(eqn.outvars, results, strict=True)]

    def _lowered(self, equation: Equation, function: Operation | None, inputs: list[Item]) -> Any:
        arrays = [x for x in inputs if isinstance(x, np.ndarray)]
        if len(arrays) == len(inputs) and not getattr(function, "nested", False):
            exact = (
                not inputs
                or getattr(function, "exact", False)
                or all(kind(v.aval.dtype) != "f" for v in equation.eqn.outvars)
            )
            if exact:
                return [item(x) for x in equation.evaluated(arrays)]
            folded = _folded(equation.name, arrays)
            if folded is not None:
                return folded.reshape(equation.shape)
        if function is None and not gives_floats(equation):
            raise equation.refusal(
                "it gives integers or truths that depend on the parameters, and jump: there is no derivative to check"
            )
        if function is None:
            folder = next(iter(importlib.import_module(OPERATIONS).__path__))
            raise equation.refusal(
                f"it is not there; to add it, write a file {folder}/NAME.py with "
                f"OPERATIONS = {{{equation.name!r}: function(equation, *inputs) -> result}}, made of primitives"
            )
        return function(equation, *inputs)

    def _checked(self, eqn: Any, aval: Any, x: Item) -> Item:
        if isinstance(x, Value) and kind(aval.dtype) == "b":
            x = Flag(x.positive())
        if isinstance(x, Value) and kind(aval.dtype) == "f":
            bits = int(jax.numpy.finfo(aval.dtype).nmant) + 1
            if bits < self.coarsest:
                self.coarsest = bits
                self.notes.append(
                    f"Part of the loss is computed in {aval.dtype}, first at {self.builder.place}: the program "
                    "computes it in real numbers."
                )
        if not isinstance(x, Unknown) and tuple(x.shape) != tuple(aval.shape):
            raise AssertionError(f"{eqn.primitive.name} was lowered to the shape {x.shape}, and has {aval.shape}")
        return x


def gives_floats(equation: Equation) -> bool:
    """Whether some of its results are floats."""
    return any(kind(v.aval.dtype) == "f" for v in equation.eqn.outvars)


def kind(dtype: Any) -> str:
    """'f' for floats of any size, NumPy's letter for others, 'V' for keys of random numbers."""
    if jax.numpy.issubdtype(dtype, np.floating):
        return "f"
    return "V" if jax.numpy.issubdtype(dtype, jax.dtypes.extended) else np.dtype(dtype).kind


def item(x: Any) -> Item:
    """What enters a jaxpr from outside; floats of any size are exact doubles."""
    if isinstance(x, (Value, Flag, Unknown)):
        return x
    if jax.numpy.issubdtype(getattr(x, "dtype", np.dtype(object)), jax.dtypes.prng_key):
        return Unknown(CannotBeTraced(RANDOM.format("a key of jax.random")))
    array = np.asarray(x)
    return array.astype(np.float64) if kind(array.dtype) == "f" else array


STATE = "mamlcheck: "
"""How the names of new states begin, by which `models` marks them in a jaxpr."""

RANDOM = (
    "the loss draws random numbers ({}), as dropout does: the direction of one draw says nothing of the algorithm. "
    "Switch it off: deterministic=True in Flax, model.eval() in Flax's nnx, inference=True or "
    "equinox.nn.inference_mode(model) in Equinox; where random numbers are data, draw them before, and hand them over"
)


OPERATIONS = "mamlcheck.programs.tracing.jax_operations"
"""The folder, found by name: its files import this one."""


@cache
def operations() -> dict[str, Operation]:
    """What all files of `jax_operations` offer."""
    found: dict[str, Operation] = {}
    for name in names_in(importlib.import_module(OPERATIONS).__path__):
        found |= importlib.import_module(f"{OPERATIONS}.{name}").OPERATIONS
    return found


# -- how operations are written ----------------------------------------------------------------------------------------
def numbers(function: Callable[..., Value]) -> Operation:
    """The operation of a function of values alone."""
    return lambda equation, *inputs: function(*map(equation.value, inputs))


def marked(function: Operation, *marks: str) -> Operation:
    """The operation with marks. 'exact': on doubles it is free of rounding, so JAX may do it where all is known.

    'nested': it looks into its inputs itself, and is asked even where all is known.
    """
    other = partial(function)
    for mark in marks:
        setattr(other, mark, True)
    return other


def _folded(name: str, inputs: Sequence[np.ndarray]) -> np.ndarray | None:
    """The result of arithmetic with single exact numbers, where it is a double: the framework's own constants."""
    rules: dict[str, Callable[..., Any]] = {
        "add": lambda x, y: x + y,
        "sub": lambda x, y: x - y,
        "mul": lambda x, y: x * y,
        "div": lambda x, y: x / y,
    }
    if name not in rules or any(x.size != 1 or not np.isfinite(x).all() for x in inputs):
        return None
    parts = [Fraction(x.item()) for x in inputs]
    if name == "div" and not parts[1]:
        return None
    exact = rules[name](*parts)
    found = float(exact) if abs(exact) < Fraction(2) ** 1000 else math.inf
    return np.asarray(found) if math.isfinite(found) and Fraction(found) == exact else None
