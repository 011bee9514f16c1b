"""Shapes of proofs written for Rocq, and of what it said of them, as `mamlcheck prove --rocq --json` prints them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from mamlcheck.formats.codec import Document
from mamlcheck.formats.proofs import Rechecked


@dataclass(frozen=True)
class RocqFile:
    """One file, and what Rocq said of it.

    state: 'written' where Rocq was not asked; 'accepted' or 'refused'; 'not written' where there is no file. lines: of
    the file. seconds: that Rocq took, None where it was not asked or had accepted the same file before. rests_on: the
    axioms of its standard library that the theorem rests on. said: its message where it refused, or why there is no
    file.
    """

    state: Literal["written", "accepted", "refused", "not written"]
    file: str
    lines: int
    seconds: float | None = None
    rests_on: tuple[str, ...] = ()
    said: str = ""


@dataclass(frozen=True)
class RocqFiles(Document):
    """Proofs as files for Rocq. rocq: its version, '' where it was not asked. library: the files that all rest on."""

    FORMAT: ClassVar[str] = "mamlcheck-rocq"
    VERSION: ClassVar[int] = 2

    folder: str
    rocq: str
    library: tuple[str, ...]
    claims: Mapping[str, RocqFile]

    @property
    def accepted(self) -> bool:
        """Whether Rocq was asked, and accepted all that was written."""
        return all(file.state in ("accepted", "not written") for file in self.claims.values())


@dataclass(frozen=True)
class RocqRecord(Document):
    """What Rocq accepted of the proofs that ship with mamlcheck. sources: the digest of all that they are made of."""

    FORMAT: ClassVar[str] = "mamlcheck-rocq-record"
    VERSION: ClassVar[int] = 1

    sources: str
    claims: Mapping[str, Rechecked]
