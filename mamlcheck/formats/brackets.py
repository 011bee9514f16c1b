"""Shapes of brackets and of the portraits of their witnesses, as `mamlcheck brackets --json` and reports have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from mamlcheck.formats.codec import LATER, Document
from mamlcheck.formats.measures import Measures
from mamlcheck.formats.shared import Enclosure

State = Literal["closed", "open", "no instance", "conjecture", "not proved", "contradicted"]


@dataclass(frozen=True)
class Curve:
    """A second derivative along the line of a portrait, as points (t, value).

    tasks: the tasks, from 0, that have it. sample: of which sample, from 0; None for the whole task.
    """

    tasks: tuple[int, ...]
    sample: int | None
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Place:
    """A point that a claim uses. task: from 0, None where all share it. on_line: False where it is a projection."""

    name: str
    task: int | None
    at: float
    on_line: bool


@dataclass(frozen=True)
class Portrait:
    """What a drawing of an instance shows: second derivatives along a line, and the points that a claim uses.

    axis: what the horizontal axis is. smoothness: L. numbers: (name, value as text) of what a drawing cannot show.
    left_out: what is not shown, in words.
    """

    axis: str
    smoothness: float
    curves: tuple[Curve, ...]
    points: tuple[Place, ...]
    numbers: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class BracketRecord:
    """Between which constants the truth of a bound lies, as shares of the bound as printed.

    tightness: what the witness certainly reaches; exact: the same as a fraction, where it is one that can be read.
    proved: the least constant that is proved, a fraction, None where nothing is; proved_by: the claim whose proof says
    so. gap: how far apart both ends are at most. limit: what a family of instances reaches, by a number t that
    grows, exactly so for the members that are computed; None where there is no such family. arithmetic: which one
    certified. witness: its file in the reference run. description, portrait, python: of the witness; the last judges
    the claim on it again.
    """

    title: str
    tightness: Enclosure | None
    exact: str | None
    proved: str | None
    proved_by: str | None
    state: State
    gap: float | None
    limit: str | None
    arithmetic: str | None
    witness: str | None
    description: str | None
    portrait: Portrait | None
    python: str | None = field(default=None, metadata=LATER)


@dataclass(frozen=True)
class TermRecord:
    """A term of a bound, in LaTeX, and its value on an instance."""

    latex: str
    value: Enclosure


@dataclass(frozen=True)
class AtWork:
    """An instance on which every term of a claim's bound counts, where some are 0 on the witness of its bracket.

    idle: those that are 0 there, in LaTeX. least_share: the share of the bound that each term has here at least, as
    the hunt asked for it. terms: of the bound here. tightness and the rest as in `BracketRecord`.
    """

    idle: tuple[str, ...]
    least_share: str
    terms: tuple[TermRecord, ...]
    tightness: Enclosure
    arithmetic: str
    description: str
    portrait: Portrait
    python: str


@dataclass(frozen=True)
class Brackets(Document):
    """The brackets of claims, by their ids."""

    FORMAT: ClassVar[str] = "mamlcheck-brackets"
    VERSION: ClassVar[int] = 1

    claims: Mapping[str, BracketRecord]

    @property
    def measures(self) -> Measures:
        """What can be compared with other brackets."""
        return {
            name: {
                "tightness": row.tightness,
                "exact": row.exact,
                "proved": row.proved,
                "proved_by": row.proved_by,
                "state": row.state,
                "limit": row.limit,
            }
            for name, row in self.claims.items()
        }

    @property
    def contradicted(self) -> tuple[str, ...]:
        """Claims with an instance beyond what is said to be proved."""
        return tuple(name for name, row in self.claims.items() if row.state == "contradicted")


__all__ = ["AtWork", "BracketRecord", "Brackets", "Curve", "Place", "Portrait", "State", "TermRecord"]
