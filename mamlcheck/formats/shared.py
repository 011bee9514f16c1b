"""What several documents have in common: enclosures of numbers, and counts of verdicts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Word = Literal["holds", "at confidence", "violated", "undecided", "no support", "not judged"]


@dataclass(frozen=True)
class Enclosure:
    """A number lies between these bounds; None where a bound is not known, or infinite."""

    lower: float | None
    upper: float | None

    @classmethod
    def of(cls, bounds: tuple[float, float]) -> Enclosure:
        """The enclosure with these bounds (lower, upper)."""
        lower, upper = (float(value) if math.isfinite(value) else None for value in bounds)
        return cls(lower, upper)

    @property
    def width(self) -> float:
        """How far apart the bounds are; infinite where one is not known."""
        return math.inf if self.lower is None or self.upper is None else self.upper - self.lower

    def __str__(self) -> str:
        return f"[{_bound(self.lower, '-inf')}, {_bound(self.upper, 'inf')}]"


def _bound(value: float | None, unknown: str) -> str:
    return unknown if value is None else repr(value)


@dataclass(frozen=True)
class Counts:
    """How many instances have which verdict, in the order of `mamlcheck.check.verdict.Verdict`.

    A vacuous one, where a hypothesis fails, supports nothing. One at confidence holds by sampling, with a stated
    probability, and is counted with those that hold nowhere.
    """

    holds: int = 0
    violated: int = 0
    undecided: int = 0
    vacuous: int = 0
    at_confidence: int = 0

    @classmethod
    def sum(cls, several: Iterable[Counts]) -> Counts:
        """All of them together."""
        parts = tuple(several)
        return cls(
            holds=sum(part.holds for part in parts),
            violated=sum(part.violated for part in parts),
            undecided=sum(part.undecided for part in parts),
            vacuous=sum(part.vacuous for part in parts),
            at_confidence=sum(part.at_confidence for part in parts),
        )

    @property
    def by_name(self) -> tuple[tuple[str, int], ...]:
        """The counts, each with its name."""
        names = ("holds", "violated", "undecided", "vacuous", "at_confidence")
        return tuple((name, getattr(self, name)) for name in names)

    @property
    def total(self) -> int:
        """All instances."""
        return self.judged + self.vacuous

    @property
    def judged(self) -> int:
        """Instances that meet the hypotheses, as far as is known."""
        return self.decided + self.undecided + self.at_confidence

    @property
    def decided(self) -> int:
        """Instances on which the claim certainly holds, or certainly is violated."""
        return self.holds + self.violated

    @property
    def all_hold(self) -> bool:
        """Whether nothing is violated or undecided."""
        return not (self.violated or self.undecided)

    @property
    def status(self) -> Word:
        """The one word for these counts: the worst that is in them."""
        if self.violated:
            return "violated"
        if self.undecided:
            return "undecided"
        if not self.total:
            return "not judged"
        if self.at_confidence:
            return "at confidence"
        return "holds" if self.holds else "no support"


__all__ = ["Counts", "Enclosure", "Word"]
