"""The shape of the results in a reference run: what every claim gave on a fixed sweep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from mamlcheck.formats.codec import Document
from mamlcheck.formats.measures import OF_THE_RUN, Measure, Measures
from mamlcheck.formats.shared import Counts, Enclosure


@dataclass(frozen=True)
class ReferencePart:
    """What a claim gave on one source: counts of verdicts and, of tightness, quantiles by their level ('50 %').

    printed_form: verdicts on the claim with deviations bounded at all points, None where no tasks allow that. measured:
    instances that have a tightness.
    """

    holds: int
    violated: int
    undecided: int
    vacuous: int
    at_confidence: int
    printed_form: Counts | None
    measured: int
    worst_instance: str | None
    tightness: Mapping[str, Enclosure]

    @property
    def counts(self) -> Counts:
        """The verdicts on the claim in its strong form."""
        return Counts(self.holds, self.violated, self.undecided, self.vacuous, self.at_confidence)

    @property
    def violations(self) -> Iterator[tuple[str, int]]:
        """How many instances violate the strong form and, where it was judged, the printed form."""
        yield "violated", self.violated
        if self.printed_form is not None:
            yield "printed form, violated", self.printed_form.violated

    @property
    def measures(self) -> Iterator[tuple[str, Measure]]:
        """What can be compared, by name."""
        yield from self.counts.by_name
        yield "measured", self.measured
        yield "worst instance", self.worst_instance
        for name, count in () if self.printed_form is None else self.printed_form.by_name:
            yield f"printed form, {name}", count
        for level, bounds in self.tightness.items():
            yield f"tightness at {level}", bounds


@dataclass(frozen=True)
class ReferenceSource:
    """A source of instances, and how many of them were judged."""

    name: str
    instances: int


@dataclass(frozen=True)
class ReferenceResults(Document):
    """What the claims gave, by claim and source."""

    FORMAT: ClassVar[str] = "mamlcheck-reference"
    VERSION: ClassVar[int] = 2

    seed: int
    sources: tuple[ReferenceSource, ...]
    claims: Mapping[str, Mapping[str, ReferencePart]]

    @property
    def measures(self) -> Measures:
        """What can be compared with another reference run."""
        run: dict[str, Measure] = {f"instances of {source.name}": source.instances for source in self.sources}
        claims = {
            name: {f"{source}: {what}": value for source, part in by_source.items() for what, value in part.measures}
            for name, by_source in self.claims.items()
        }
        return {OF_THE_RUN: {"seed": self.seed} | run} | claims


__all__ = ["ReferencePart", "ReferenceResults", "ReferenceSource"]
