"""Gathering: tallies as they come in, of pieces of work in any order, joined by and by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mamlcheck.check.tally import Tally, joined
from mamlcheck.check.work import Tallies

TALLIES_TOGETHER = 64  # that wait to be joined: at once is cheaper than one by one


@dataclass
class Gathering:
    """Tallies as they come in, of pieces in any order."""

    tallies: dict[str, list[Tally]]
    instances: int = 0

    @classmethod
    def of(cls, claims: Iterable[str]) -> Gathering:
        """Nothing yet, of these claims."""
        return cls({claim: [Tally()] for claim in claims})

    def add(self, found: Tallies, instances: int) -> None:
        """What came of some more instances."""
        for claim, tally in found.items():
            waiting = self.tallies[claim]
            waiting.append(tally)
            if len(waiting) > TALLIES_TOGETHER:
                waiting[:] = [joined(waiting)]
        self.instances += instances

    def whole(self) -> Tallies:
        """Everything that came in."""
        return {claim: joined(tallies) for claim, tallies in self.tallies.items()}


__all__ = ["Gathering"]
