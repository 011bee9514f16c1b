"""The axioms, one file each: what may be concluded without further proof, with its statement and its source.

A file holds STATEMENT (LaTeX), SOURCE, ASSUMES where it says what an assumption of the paper says (any of those named
is enough, and the claim that is proved has to make it), and two functions. `conclude(x, ...)` returns (left, right,
equal) of scalars, or of vectors where equal, or raises `DoesNotApply`. Constants are made from the language by what
they are, so that an axiom cannot be handed another number in their place. `trials(x, index, u, v, w)` makes arguments
for `conclude` out of a drawn index and any three vectors: the tests compute on instances what it then concludes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from mamlcheck.language.terms import Expr, Language, Operator, Vector


@dataclass(frozen=True)
class Bound:
    """left <= right, proved: all that an axiom is shown of a fact that it is given."""

    left: Expr
    right: Expr


Argument: TypeAlias = str | int | Expr | Vector | Operator | Bound
Conclusion: TypeAlias = tuple[Expr, Expr, bool] | tuple[Vector, Vector, bool]
Trials: TypeAlias = Iterator[tuple[Argument, ...]]


class Conclude(Protocol):
    """What an axiom's file calls `conclude`: it names the arguments that it takes, and refuses others."""

    def __call__(self, x: Language, /, *arguments: Argument) -> Conclusion: ...
