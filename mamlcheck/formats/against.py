"""Shapes of what changed since earlier results: what `mamlcheck report --against OLD.json` adds to a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mamlcheck.formats.differences import Difference
from mamlcheck.formats.shared import Enclosure, Word

Turn = Literal["worse", "gone", "better", "new", "other"]
"""What a change is; the gravest first. gone, new: the row is in the old results alone, or in the new ones alone."""


@dataclass(frozen=True)
class Standing:
    """How it stood with a claim in some results: its verdict in a word, and its largest tightness, None without one."""

    word: Word
    tightness: Enclosure | None


@dataclass(frozen=True)
class ChangedRow:
    """A claim, or an implementation, with what differs: each measure with its old and its new value."""

    name: str
    title: str
    turn: Turn
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Comparison:
    """What changed since some results. file: their file, with the folder that it is in.

    mamlcheck: the version that made them, '' where they do not say it. alike: whether they are of the same seed and as
    many instances of the same sources; where they are not, counts and tightness are of other instances, and are not
    compared. rows: those that changed, the gravest first; unchanged: how many did not. standings: of the old results,
    by claim.
    """

    file: str
    mamlcheck: str
    seed: int
    completed: int
    partial: bool
    alike: bool
    rows: tuple[ChangedRow, ...]
    unchanged: int
    standings: Mapping[str, Standing]


__all__ = ["ChangedRow", "Comparison", "Standing", "Turn"]
