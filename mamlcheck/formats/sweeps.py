"""The shape of what `mamlcheck sweep --json` prints: which chunks of a range are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mamlcheck.formats.codec import Document


@dataclass(frozen=True)
class SweptRange(Document):
    """The chunks of the instances `first` to `end` - 1 of a sweep, in a folder.

    chunks: how many the range has; were_there: of these before; done: now. partial: whether it was stopped before all
    were done.
    """

    FORMAT: ClassVar[str] = "mamlcheck-sweep"
    VERSION: ClassVar[int] = 1

    source: str
    seed: int
    first: int
    end: int
    folder: str
    chunks: int
    were_there: int
    done: int
    partial: bool


__all__ = ["SweptRange"]
