"""What is kept of a range of a sweep beside the spread of its tightness: a record for each claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from mamlcheck.formats.codec import LATER, Document
from mamlcheck.formats.shared import Counts, Enclosure


@dataclass(frozen=True)
class ContenderRecord:
    """An instance that may be tighter than the tightest that is known. index: its place in the sweep."""

    index: int
    tightness: Enclosure


@dataclass(frozen=True)
class PointRecord:
    """Both sides on an instance, and the index of the first instance of its block. rate: about alpha L, where known."""

    block: int
    index: int
    left: float
    right: float
    rate: float | None = field(default=None, metadata=LATER)


@dataclass(frozen=True)
class WorstRecord:
    """The instance that is certainly tightest, with both sides; description: what it is, in a line."""

    index: int
    tightness: Enclosure
    description: str
    lhs: Enclosure
    rhs: Enclosure


@dataclass(frozen=True)
class FailureRecord:
    """An instance on which the claim is violated or undecided, with both sides."""

    index: int
    verdict: Literal["VIOLATED", "UNDECIDED"]
    lhs: Enclosure
    rhs: Enclosure


@dataclass(frozen=True)
class TallyRecord:
    """What is known of a claim on a range of instances; `mamlcheck.check.tally.Tally` says what each entry means.

    narrow: None where no tightness is known well enough.
    """

    counts: Counts
    printed: Counts
    guaranteed: bool
    arithmetic: Mapping[str, int]
    histogram: tuple[int, ...]
    zero: int
    narrow: float | None
    contenders: tuple[ContenderRecord, ...]
    worst: WorstRecord | None
    failures: tuple[FailureRecord, ...]
    scatter: tuple[PointRecord, ...]


@dataclass(frozen=True, kw_only=True)
class ChunkRecord(Document):
    """What claims gave on the instances `first` to `end` - 1 of a sweep, whose name holds its version.

    columns: SHA-256 of the columns of the Parquet file that this stands in. mamlcheck: the version that made it.
    """

    FORMAT: ClassVar[str] = "mamlcheck-chunk"
    VERSION: ClassVar[int] = 1

    source: str
    seed: int
    first: int
    end: int
    mamlcheck: str
    columns: str
    claims: Mapping[str, TallyRecord]


__all__ = ["ChunkRecord", "ContenderRecord", "FailureRecord", "PointRecord", "TallyRecord", "WorstRecord"]
