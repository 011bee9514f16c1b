"""Shapes of findings with their executed examples, as `mamlcheck findings --json` and reports have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from mamlcheck.formats.codec import Document

Comparison = Literal["<", "<=", "=", "!=", ">=", ">"]


@dataclass(frozen=True)
class QuantityRecord:
    """An exact number or a word that an example computed. case: the part of the example that it is of, or ''."""

    case: str
    name: str
    value: str


@dataclass(frozen=True)
class RelationRecord:
    """left relation right, whether that holds, and what it shows (prose). case: as for a quantity."""

    case: str
    text: str
    left: str
    relation: Comparison
    right: str
    holds: bool


@dataclass(frozen=True)
class FindingRecord:
    """A place of the paper that needs care, with its example, executed.

    refutes: what is false as printed, such as 'Theorem 4.17', or ''. see: where mamlcheck deals with it. error: what
    stopped the example.
    """

    id: str
    title: str
    place: str
    status: Literal["confirmed", "NOT CONFIRMED"]
    refutes: str
    printed: str
    true: str
    why: str
    handled: str
    see: tuple[str, ...]
    setting: str
    quantities: tuple[QuantityRecord, ...]
    facts: tuple[RelationRecord, ...]
    error: str | None

    @property
    def confirmed(self) -> bool:
        """Whether the example shows what the finding says."""
        return self.status == "confirmed"


@dataclass(frozen=True)
class Findings(Document):
    """Findings, and how many of them their examples confirm."""

    FORMAT: ClassVar[str] = "mamlcheck-findings"
    VERSION: ClassVar[int] = 1

    confirmed: int
    not_confirmed: int
    findings: tuple[FindingRecord, ...]


__all__ = ["Comparison", "FindingRecord", "Findings", "QuantityRecord", "RelationRecord"]
