"""Shapes of what is said of an implementation by `mamlcheck conform --json`, `identify --json` and reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from mamlcheck.formats.codec import LATER, Document

Outcome = Literal["passed", "failed", "expected failure", "unexpected pass", "not run"]


@dataclass(frozen=True)
class EvidenceRecord:
    """What a diagnosis rests on: how many observations of how many that were asked for, and the problems, inner rates,
    K and precisions among them.

    built_in: the problems are those of mamlcheck. handed: gradients were handed over, and not computed by code that can
    be called again. certified: the references are proved, or measured in double-double; null
    where nothing is said that rests on one. rates: what inner rates differ by, such as 'by parameter', where alpha is
    what all of them are multiplied by; empty where alpha is the rate.
    """

    observations: int
    asked: int
    problems: tuple[str, ...]
    alphas: tuple[float, ...]
    steps: tuple[int, ...]
    precisions: tuple[str, ...]
    built_in: bool
    handed: bool
    certified: bool | None
    rates: str


@dataclass(frozen=True)
class PartRecord:
    """A part of a direction: a vector with a meaning times a coefficient; all floats, fitted and not certified.

    says: what the vector is. coefficient: what it is multiplied by, the same in all observations. share: its norm over
    that of the direction, the mean over the observations. wanted: the coefficient in the algorithm that was declared,
    None where that is not of this form.
    """

    says: str
    coefficient: float
    share: float
    wanted: float | None


@dataclass(frozen=True)
class DiagnosisRecord:
    """What an implementation really computes; the fields are those of `mamlcheck.conformance.Diagnosis`."""

    subject: str
    declared: str | None
    found: str | None
    defects: tuple[str, ...]
    conforms: bool
    sentence: str
    relative_error: float | None
    scale: float | None
    hessian_coefficient: float | None
    residual: float | None
    cause: str
    notes: tuple[str, ...]
    delta: float | None
    traceback: str
    evidence: EvidenceRecord | None
    rests_on: str
    made_of: tuple[PartRecord, ...] = field(default=(), metadata=LATER)


@dataclass(frozen=True)
class CheckRecord:
    """One check of an implementation."""

    check: str
    outcome: Outcome
    message: str
    traceback: str


@dataclass(frozen=True)
class ConformanceRecord:
    """Every check of an implementation against an algorithm. checks_run: all but those that were not run.

    cannot_be_run: models and precisions it cannot be run on, with the reason.
    """

    subject: str
    algorithm: str
    conforms: bool
    checks_run: int
    diagnosis: DiagnosisRecord | None
    unmatched_expected_failures: tuple[str, ...]
    cannot_be_run: Mapping[str, str]
    results: tuple[CheckRecord, ...]


@dataclass(frozen=True)
class Conformances(Document):
    """What `mamlcheck conform --json` prints: of each subject that can be loaded, in the order of the call."""

    FORMAT: ClassVar[str] = "mamlcheck-conformance"
    VERSION: ClassVar[int] = 1

    subjects: tuple[ConformanceRecord, ...]


@dataclass(frozen=True)
class Diagnoses(Document):
    """What `mamlcheck identify --json` prints: of each subject that can be loaded, in the order of the call."""

    FORMAT: ClassVar[str] = "mamlcheck-diagnosis"
    VERSION: ClassVar[int] = 1

    subjects: tuple[DiagnosisRecord, ...]


__all__ = [
    "CheckRecord", "ConformanceRecord", "Conformances", "Diagnoses", "DiagnosisRecord", "EvidenceRecord", "Outcome",
    "PartRecord",
]  # fmt: skip
