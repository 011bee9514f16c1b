"""Vectors, operators and coefficients of the proofs' language in normal form: equal ones look alike.

A vector is a linear combination of words; a word is operators applied to an atom, such as H_i(w) applied to
grad f_i(w'). Coefficients are SymPy expressions. What an expression may hold, and whether it is identically 0, is
decided here as well. Which symbols there are, and what they stand for, is said in `terms`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any

import sympy

Expr = Any  # sympy.Expr, which carries no types

NO_INDEX: frozenset[str] = frozenset()

# By exact type: a class of somebody's own may answer what it likes.
NUMBERS = frozenset({
    sympy.Rational, sympy.Integer,
    *(type(number) for number in (sympy.S.Zero, sympy.S.One, sympy.S.NegativeOne, sympy.S.Half)),
})  # fmt: skip
NODES = NUMBERS | {sympy.Add, sympy.Mul, sympy.Pow, sympy.Min, sympy.Symbol}


class Sealed:
    """What has no subclasses: a method of one could answer otherwise than the language does."""

    def __init_subclass__(cls) -> None:
        if any(issubclass(base, Sealed) and base is not Sealed for base in cls.__bases__):
            raise TypeError(f"{cls.__bases__[0].__name__} has no subclasses: a proof is made of the language's own")


def is_zero(expression: Expr) -> bool:
    """Whether a rational function is identically 0: it, or its numerator, expands to nothing.

    Proofs share their lemmas, and so the differences that are asked about: the answer is kept for an expression that is
    made of nothing strange, so that its equality is SymPy's own.
    """
    return _vanishes(expression) if strange(expression) is None else _vanishes.__wrapped__(expression)


@lru_cache(maxsize=2**13)
def _vanishes(expression: Expr) -> bool:
    if sympy.expand(expression) == 0:  # most are seen so, without a common denominator
        return True
    numerator = sympy.fraction(sympy.together(expression))[0]
    return bool(sympy.expand(numerator) == 0)


def strange(expression: Expr) -> Expr | None:
    """A part of an expression that is no rational function of symbols, nor a minimum of such, or None.

    Floats, which round, complex and infinite numbers and roots are none: a root is a symbol of the language. Nor is an
    object that SymPy would take for an expression: it may be taken for another one the next time.
    """
    if type(expression) is int:
        return None
    parts = [expression]
    while parts:  # parts before what they are made of
        part = parts.pop()
        if type(part) not in NODES or (type(part) is sympy.Pow and not isinstance(part.exp, sympy.Integer)):
            return part
        parts.extend(reversed(part.args))
    return None


def undefined(expression: Expr) -> Expr | None:
    """A denominator in an expression that is not known to be > 0, or None."""
    parts = [sympy.sympify(expression)]
    while parts:
        part = parts.pop()
        if isinstance(part, sympy.Pow) and not part.exp.is_nonnegative and not part.base.is_positive:
            return part.base
        parts.extend(reversed(part.args))
    return None


def normal(expression: Expr) -> Expr:
    """A coefficient in normal form: equal coefficients look alike."""
    if type(expression) in NUMBERS:
        return expression
    expanded = sympy.expand(expression)
    return expanded if expanded.is_polynomial() else sympy.cancel(expanded)


# -- vectors and operators -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Atom(Sealed):
    """A vector or an operator that is not taken apart.

    kind: 'vector', 'gradient', 'hessian', 'difference', 'mean' (of `inner` over `index`), 'direction' (of `inner`),
    'meta gradient'. depends: the random indices it varies with. index, batch: whose derivative it is, on which samples
    ('' is all). inner: the point it is taken at, or the vector it is made of; along: of a difference, the vector v;
    steps: of a meta-gradient, the number of inner steps.
    """

    kind: str
    name: str
    latex: str = field(compare=False)
    depends: frozenset[str] = NO_INDEX
    index: str = ""
    batch: str = ""
    inner: Vector | None = None
    along: Vector | None = None
    steps: int = 1

    @property
    def is_operator(self) -> bool:
        """Whether it is applied to a vector."""
        return self.kind == "hessian"

    def __str__(self) -> str:
        return self.name


Word = tuple[Atom, ...]  # operators, then one vector; or operators alone


def collected(pairs: Iterable[tuple[Word, Expr]]) -> dict[Word, Expr]:
    """Equal words put together; coefficients that are 0 left out."""
    found: dict[Word, Expr] = {}
    for word, coefficient in pairs:
        found[word] = found.get(word, sympy.Integer(0)) + coefficient
    return {word: c for word, raw in found.items() if (c := normal(raw)) != 0}


@dataclass(frozen=True, eq=False)
class Vector(Sealed):
    """A linear combination of words. Its terms can be read, and stay what they were made."""

    terms: Mapping[Word, Expr]

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", MappingProxyType(dict(self.terms)))

    @cached_property
    def key(self) -> tuple[tuple[tuple[str, ...], str], ...]:
        """What decides equality."""
        return tuple(sorted((tuple(a.name for a in word), str(c)) for word, c in self.terms.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vector) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __add__(self, other: Vector) -> Vector:
        return Vector(collected([*self.terms.items(), *other.terms.items()]))

    def __neg__(self) -> Vector:
        return self * -1

    def __sub__(self, other: Vector) -> Vector:
        return self + -other

    def __mul__(self, factor: Expr) -> Vector:
        return Vector(collected((word, c * factor) for word, c in self.terms.items()))

    __rmul__ = __mul__

    def __truediv__(self, factor: Expr) -> Vector:
        inverse = 1 / sympy.sympify(factor)
        return Vector(collected((word, c * inverse) for word, c in self.terms.items()))

    @property
    def depends(self) -> frozenset[str]:
        """The indices any part of it varies with."""
        return NO_INDEX.union(*(a.depends for word in self.terms for a in word))

    @property
    def ordered(self) -> list[tuple[Word, Expr]]:
        """Its terms in an order that is always the same."""
        return sorted(self.terms.items(), key=lambda item: [a.name for a in item[0]])

    @cached_property
    def _text(self) -> str:
        return _joined((str(c), " ".join(a.name for a in word)) for word, c in self.ordered)

    def __str__(self) -> str:
        return self._text

    @cached_property
    def latex(self) -> str:
        """For people: in the order in which it was written, with no sign in front where that can be."""
        terms = sorted(self.terms.items(), key=lambda item: item[1].could_extract_minus_sign())
        return _joined((sympy.latex(c), r" \, ".join(a.latex for a in word)) for word, c in terms)


def _joined(parts: Iterable[tuple[str, str]]) -> str:
    text = ""
    for coefficient, word in parts:
        whole = any(mark in coefficient[1:] for mark in (" + ", " - "))
        sign, size = ("-", coefficient[1:]) if coefficient.startswith("-") and not whole else ("+", coefficient)
        factor = "" if size == "1" else (f"({size}) " if whole else f"{size} ")
        text += f" {sign} {factor}{word}" if text else f"{'-' if sign == '-' else ''}{factor}{word}"
    return text or "0"


@dataclass(frozen=True, eq=False)
class Operator(Sealed):
    """A linear combination of operator words; the empty word is the identity."""

    terms: Mapping[Word, Expr]

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", MappingProxyType(dict(self.terms)))

    def __add__(self, other: Operator) -> Operator:
        return Operator(collected([*self.terms.items(), *other.terms.items()]))

    def __sub__(self, other: Operator) -> Operator:
        return self + other * -1

    def __mul__(self, factor: Expr) -> Operator:
        return Operator(collected((word, c * factor) for word, c in self.terms.items()))

    __rmul__ = __mul__

    def __call__(self, v: Vector) -> Vector:
        """The operator applied: linear in both."""
        return Vector(collected((o + w, a * b) for o, a in self.terms.items() for w, b in v.terms.items()))


IDENTITY = Operator({(): sympy.Integer(1)})
