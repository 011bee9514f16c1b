"""A diagnosis: what a subject computes, as the result that is shown to its author."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from mamlcheck.conformance.diagnosis.evidence import Evidence
from mamlcheck.conformance.words import listed
from mamlcheck.formats.codec import Json, plain
from mamlcheck.formats.conformance import DiagnosisRecord

CHECKS_NAMED = 3  # in a sentence, before "and so many more"


@dataclass(frozen=True)
class Diagnosis:
    """What a subject computes. `print(diagnosis.text)` says all of it, `str(diagnosis)` the sentence alone.

    declared: the algorithm it is meant to be, if known. found: the algorithm it is, or is a mutant of; None when it is
    none. defects: ids of what is wrong with it. conforms: it is what was declared, with nothing wrong. sentence: all of
    this in words. relative_error: to the certified reference, the largest over the problems. scale: factor to the
    algorithm's direction. hessian_coefficient: 1 for MAML, 0 for FO-MAML. residual: of the best fit, relative. cause:
    what most likely is the reason. notes: what is worth knowing and not wrong. traceback: of the subject's exception.
    evidence: the observations that it rests on; None where there was no direction.
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

    @property
    def rests_on(self) -> str:
        """The evidence in a sentence; nothing where there is none."""
        return "" if self.evidence is None else str(self.evidence)

    @property
    def lines(self) -> tuple[str, ...]:
        """The sentence, what it rests on, and the notes."""
        lines = (self.sentence, self.rests_on, *(f"Note: {note}" for note in self.notes))
        return tuple(line for line in lines if line)

    @property
    def text(self) -> str:
        """The sentence, what it rests on, and the notes, a line each."""
        return "\n".join(self.lines)

    def __str__(self) -> str:
        return self.sentence

    def __repr__(self) -> str:
        said = f"declared {self.declared}, " if self.declared else ""
        wrong = f", with {', '.join(self.defects)}" if self.defects else ""
        return f"<Diagnosis of {self.subject}: {said}found {self.found}{wrong}>"

    def _repr_html_(self) -> str:
        first, *rest = (html.escape(line) for line in self.lines)
        return "".join([f"<p><strong>{first}</strong></p>", *(f"<p>{line}</p>" for line in rest)])

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

    def but_not(self, failed: Sequence[str]) -> Diagnosis:
        """The same after checks beyond its evidence have failed: what it says holds where it was seen, and no further.

        A diagnosis that finds something wrong says enough already.
        """
        if not self.conforms or not failed:
            return self
        more = len(failed) - CHECKS_NAMED
        some = listed([*failed[:CHECKS_NAMED], *([f"{more} more"] if more > 0 else [])])
        clause = f"beyond the observations that say so, it fails {some}"
        sentence = f"{declaration(self.declared)}This is {self.found} where it was identified, but {clause}."
        return replace(self, conforms=False, defects=("not_everywhere",), sentence=sentence)


def declaration(declared: str | None) -> str:
    """How a sentence begins that is not of what was declared."""
    return f"You declared {declared}. " if declared else ""
