"""What is told of the checks of a subject: `Conformance`, and the exception that carries it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mamlcheck.conformance.checks.folding import folded
from mamlcheck.conformance.diagnosis.result import Diagnosis
from mamlcheck.conformance.problems.kinds import kinds
from mamlcheck.conformance.problems.problem import DTYPES
from mamlcheck.conformance.words import counted, listed
from mamlcheck.display import card, rich_line
from mamlcheck.formats.codec import Json, plain
from mamlcheck.formats.conformance import CheckRecord, ConformanceRecord

if TYPE_CHECKING:
    from rich.text import Text


@dataclass(frozen=True)
class Conformance:
    """Every check of a subject against an algorithm; `diagnosis` is there when all were wanted, or one failed.

    `print(conformance.text)` says all that failed, `str(conformance)` the summary alone.
    """

    subject: str
    algorithm: str
    results: tuple[CheckRecord, ...]
    diagnosis: Diagnosis | None = None
    unmatched: tuple[str, ...] = ()  # expected failures that name no check
    by_name: bool = True  # the subject can be named in a call
    delta: float | None = None  # as it was given, beside what is declared
    not_run: Mapping[str, str] = field(default_factory=dict)  # kinds and precisions it cannot be run on, and why

    @property
    def run(self) -> int:
        """The number of checks that were run."""
        return sum(r.outcome != "not run" for r in self.results)

    @property
    def failed(self) -> tuple[CheckRecord, ...]:
        """The checks that say no: failed, or expected to fail and passed."""
        return tuple(r for r in self.results if r.outcome in ("failed", "unexpected pass"))

    @property
    def conforms(self) -> bool:
        """Something passed, nothing failed but what was expected to, and every expected failure names a check."""
        return any(r.outcome == "passed" for r in self.results) and not self.failed and not self.unmatched

    def paste(self, result: CheckRecord) -> str:
        """Python that repeats one check."""
        lines = ["from mamlcheck.conformance import check_subject"]
        source = repr(self.subject)
        if not self.by_name:
            module, _, source = self.subject.rpartition(":")
            if source.isidentifier() and module not in ("", "__main__"):
                lines.append(f"from {module} import {source}")
            else:  # made where it is used: there is nothing to import it from
                lines.append(f"make = ...  # {self.subject}")
                source = "make"
        delta = "" if self.delta is None else f", delta={self.delta!r}"
        return "\n".join([*lines, f"check_subject({source}, {self.algorithm!r}{delta}, only={result.check!r})"])

    def summary(self) -> str:
        """One line: how many checks were run, and what became of them."""
        counts = {o: sum(r.outcome == o for r in self.results) for o in dict.fromkeys(r.outcome for r in self.results)}
        said = ", ".join(f"{n} {outcome}" for outcome, n in counts.items())
        outcome = "conforms" if self.conforms else "does not conform"
        where = f"{self._where}{self._but_for}" if self.conforms else ""
        return f"{self.subject} {outcome} to {self.algorithm}{where}: {counted(self.run, 'check')} run; {said}."

    @property
    def _where(self) -> str:
        """The kinds of problems and the precisions that it can be run on, where these are not all."""
        said = []
        for everything, word in ((tuple(kinds()), "on"), (DTYPES, "in")):
            left = [value for value in everything if value not in self.not_run]
            said += [f" {word} {listed(left)}"] if len(left) < len(everything) else []
        return "".join(said)

    @property
    def _but_for(self) -> str:
        """What was expected to fail, and so keeps others from being run."""
        expected = any(r.outcome == "expected failure" for r in self.results)
        return " but for expected failures and the checks that need them" if expected else ""

    @property
    def text(self) -> str:
        """The diagnosis, the summary, what failed, and what repeats the first of it."""
        bad = self.failed
        lines = [] if self.diagnosis is None else [self.diagnosis.text]
        lines.append(self.summary())
        lines += [f"the expected failure {name!r} matches no check" for name in self.unmatched]
        lines += [f"{one.outcome}: {one.label}: {one.message}" for one in folded(self.results) if one.results[0] in bad]
        if bad:
            lines += ["To repeat the first:", self.paste(bad[0])]
            if bad[0].traceback:
                lines.append(bad[0].traceback)
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return f"<Conformance: {self.summary()}>"

    def __rich__(self) -> Text:
        return rich_line(self.summary(), bad=not self.conforms)

    def _repr_html_(self) -> str:
        said = {} if self.diagnosis is None else {"diagnosis": self.diagnosis.sentence}
        failed = {one.label: one.message for one in folded(self.failed)}
        return card(self.summary(), said | failed, bad=not self.conforms)

    @property
    def record(self) -> ConformanceRecord:
        """The shape of its JSON."""
        return ConformanceRecord(
            subject=self.subject,
            algorithm=self.algorithm,
            conforms=self.conforms,
            checks_run=self.run,
            diagnosis=None if self.diagnosis is None else self.diagnosis.record,
            unmatched_expected_failures=self.unmatched,
            cannot_be_run=self.not_run,
            results=self.results,
        )

    def as_json(self) -> dict[str, Json]:
        """Plain data: a `ConformanceRecord`."""
        return plain(self.record)


class NonConformance(AssertionError):  # noqa: N818 - reads as what it says
    """A subject does not conform; `conformance` says where."""

    def __init__(self, conformance: Conformance):
        super().__init__(conformance.text)
        self.conformance = conformance
