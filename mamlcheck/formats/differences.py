"""The shapes of differences: between two documents (`mamlcheck diff`), and from a reference run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from mamlcheck.formats.codec import Document
from mamlcheck.formats.measures import Measure, shown


@dataclass(frozen=True)
class Difference:
    """A measure that differs; None where one of the documents does not have it."""

    claim: str
    measure: str
    old: Measure
    new: Measure

    def __str__(self) -> str:
        return f"{self.claim}, {self.measure}: {shown(self.old)} -> {shown(self.new)}"


@dataclass(frozen=True)
class Differences(Document):
    """What `mamlcheck diff --json` prints. equal: whether there is no difference."""

    FORMAT: ClassVar[str] = "mamlcheck-diff"
    VERSION: ClassVar[int] = 2

    equal: bool
    differences: tuple[Difference, ...]


Part = Literal["witness", "results", "brackets", "claims"]


@dataclass(frozen=True)
class Drift:
    """A measure that is no longer what it was in a reference run, in a part of it."""

    part: Part
    claim: str
    measure: str
    old: Measure
    new: Measure

    @classmethod
    def of(cls, part: Part, difference: Difference) -> Drift:
        """The drift that a difference in this part is."""
        return cls(part, difference.claim, difference.measure, difference.old, difference.new)

    def __str__(self) -> str:
        return (
            f"{self.claim}: {self.part}: {self.measure} was {shown(self.old)} in the reference run and is "
            f"{shown(self.new)} now"
        )


@dataclass(frozen=True)
class Drifts(Document):
    """What `mamlcheck reference check --json` prints. not_kept: claims that the reference run does not know."""

    FORMAT: ClassVar[str] = "mamlcheck-drifts"
    VERSION: ClassVar[int] = 2

    drifts: tuple[Drift, ...]
    not_kept: tuple[str, ...]


@dataclass(frozen=True)
class Renewed(Document):
    """What `mamlcheck reference update --json` prints: the folder, what changed, and which files were written."""

    FORMAT: ClassVar[str] = "mamlcheck-renewed"
    VERSION: ClassVar[int] = 1

    folder: str
    drifts: tuple[Drift, ...]
    written: tuple[str, ...]


__all__ = ["Difference", "Differences", "Drift", "Drifts", "Part", "Renewed"]
