"""The shapes of witness files and of what a hunt prints. An instance in them is as instance files have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from mamlcheck.formats.codec import Document
from mamlcheck.formats.measures import Measures, leaves
from mamlcheck.formats.shared import Enclosure

InstanceContent = Mapping[str, object]
"""The object of an instance file: `mamlcheck.meta.files` reads it."""


@dataclass(frozen=True)
class Hunted:
    """How a witness was found. simplified_from: its certified tightness (lower bound) before it was simplified."""

    seed: int
    dimension: int
    family: str
    evaluations: int
    simplified_from: float


@dataclass(frozen=True)
class WitnessRecord(Document):
    """An instance that is kept because a claim is extreme on it, with certified bounds of its tightness."""

    FORMAT: ClassVar[str] = "mamlcheck-witness"
    VERSION: ClassVar[int] = 1

    claim: str
    tightness: Enclosure
    arithmetic: str
    hunted: Hunted
    instance: InstanceContent

    @property
    def measures(self) -> Measures:
        """What can be compared with another witness: all of it."""
        hunted = leaves("hunted", vars(self.hunted))
        instance = leaves("instance", self.instance)
        return {self.claim: {"tightness": self.tightness, "arithmetic": self.arithmetic, **hunted, **instance}}


@dataclass(frozen=True)
class HuntRecord:
    """What a hunt for one claim found. factor: of its right side, as given, None where it is hunted as it stands.

    tightness, arithmetic, family, found_after, simplified_from, instance: of the best witness, None where nothing was
    certified.
    """

    claim: str
    factor: str | None
    verdict: str | None
    refuted: bool
    seed: int
    dimension: int
    evaluations: int
    seconds: float
    stopped: str
    tightness: Enclosure | None
    arithmetic: str | None
    family: str | None
    found_after: int | None
    simplified_from: float | None
    instance: InstanceContent | None


@dataclass(frozen=True)
class Hunts(Document):
    """What `mamlcheck hunt --json` prints."""

    FORMAT: ClassVar[str] = "mamlcheck-hunts"
    VERSION: ClassVar[int] = 2

    hunts: tuple[HuntRecord, ...]


__all__ = ["HuntRecord", "Hunted", "Hunts", "InstanceContent", "WitnessRecord"]
