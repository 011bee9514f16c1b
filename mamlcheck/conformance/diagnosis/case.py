"""A subject's observations as those who look for what else is wrong need them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mamlcheck.conformance.diagnosis.evidence import Evidence, evidence
from mamlcheck.conformance.diagnosis.explanation import Explanation
from mamlcheck.conformance.diagnosis.fits import Question, unit_of
from mamlcheck.conformance.subjects.observing import Observation, SubjectFailure


@dataclass(frozen=True)
class Case:
    """question: the observations with the fewest inner steps, which an explanation is of. seen: all in the precision
    that was asked for. others: all in the other precision. not_run: see `evidence.cannot_run`.
    """

    question: Question
    seen: Sequence[Observation]
    others: Sequence[Observation]
    not_run: Mapping[str, SubjectFailure]

    @property
    def other(self) -> Observation | None:
        """One in the other precision, if it was looked at."""
        return self.question.other

    @property
    def coarser(self) -> Observation | None:
        """The other precision, where it has a direction and is the coarser one: a finer one was not asked for."""
        o = self.other
        return o if o is not None and o.has_direction and unit_of(o) > max(self.question.units) else None

    def about(self, seen: Sequence[Observation]) -> Question:
        """The same question, of other observations."""
        return self.question.of(seen)

    @property
    def judged(self) -> list[Observation]:
        """The observations with a direction in the precision asked for, or in the coarser one."""
        found = [o for o in self.seen if o.has_direction]
        return found if self.coarser is None else [*found, self.coarser]

    def held(self, e: Explanation) -> list[Observation]:
        """The observations that an explanation is held against."""
        return [o for o in self.judged if not e.losses or o.problem.loss in e.losses]

    def evidence(self, e: Explanation) -> Evidence:
        """What an explanation rests on."""
        return evidence(self.held(e), len(self.seen) + len(self.others))
