"""A diagnosis: what a subject computes, as the result that is shown to its author."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from mamlcheck.conformance.diagnosis.evidence import Evidence
from mamlcheck.display import card, rich_line
from mamlcheck.formats.codec import Json, plain
from mamlcheck.formats.conformance import DiagnosisRecord, PartRecord

if TYPE_CHECKING:
    from rich.text import Text


@dataclass(frozen=True)
class Diagnosis:
    """What a subject computes. `print(diagnosis.text)` says all of it, `str(diagnosis)` the sentence alone.

    declared: the algorithm it is meant to be, if known. found: the algorithm it is, or is a mutant of; None when it is
    none. defects: ids of what is wrong with it. conforms: it is what was declared, with nothing wrong. sentence: all of
    this in words. relative_error: to the certified reference, the largest over the problems. scale: factor to the
    algorithm's direction. hessian_coefficient: 1 for MAML, 0 for FO-MAML. residual: of the best fit, relative. cause:
    what most likely is the reason. notes: what is worth knowing and not wrong. traceback: of the subject's exception.
    evidence: the observations that it rests on; None where there was no direction. made_of: the vectors that the
    direction is a sum of, with floats, where it is known to be one.
    """

    subject: str
    declared: str | None
    found: str | None
    defects: tuple[str, ...]
    conforms: bool
    sentence: str
    relative_error: float | None = None
    scale: float | None = None
    hessian_coefficient: float | None = None
    residual: float | None = None
    cause: str = ""
    notes: tuple[str, ...] = ()
    delta: float | None = None
    traceback: str = ""
    evidence: Evidence | None = None
    made_of: tuple[PartRecord, ...] = ()

    @property
    def rests_on(self) -> str:
        """The evidence in a sentence; nothing where there is none."""
        return "" if self.evidence is None else str(self.evidence)

    @property
    def text(self) -> str:
        """The sentence, what it rests on, and the notes, a line each."""
        lines = (self.sentence, self.rests_on, *(f"Note: {note}" for note in self.notes))
        return "\n".join(line for line in lines if line)

    def __str__(self) -> str:
        return self.sentence

    def __repr__(self) -> str:
        said = f"declared {self.declared}, " if self.declared else ""
        wrong = f", with {', '.join(self.defects)}" if self.defects else ""
        return f"<Diagnosis of {self.subject}: {said}found {self.found}{wrong}>"

    def __rich__(self) -> Text:
        return rich_line(self.sentence, bad=not self.conforms)

    def _repr_html_(self) -> str:
        rows = {"subject": self.subject, "evidence": self.rests_on, "notes": " ".join(self.notes)}
        return card(self.sentence, {name: value for name, value in rows.items() if value}, bad=not self.conforms)

    @property
    def record(self) -> DiagnosisRecord:
        """The shape of its JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return DiagnosisRecord(
            **values | {"evidence": self.evidence and self.evidence.record, "rests_on": self.rests_on}
        )

    def as_json(self) -> dict[str, Json]:
        """Plain data: a `DiagnosisRecord`."""
        return plain(self.record)
