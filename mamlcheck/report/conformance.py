"""The conformance section of the report: subjects by checks, from `Conformance.as_json` of each.

Names and messages come from other people's code: they are text, which the template escapes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mamlcheck.errors import InputError

_BAD = ("failed", "unexpected pass")


@dataclass(frozen=True)
class Cell:
    """The checks of one group: how many passed, of how many; `tone` is 'good', 'bad' or 'left-out'."""

    label: str
    text: str
    tone: str


@dataclass(frozen=True)
class SubjectRow:
    """A subject: its outcome, a cell for each group of checks, and what is said of it.

    notes: what its sentence rests on, and what is worth knowing.
    """

    name: str
    algorithm: str
    conforms: bool
    run: int
    cells: tuple[Cell, ...]
    sentence: str | None
    notes: tuple[str, ...]
    failures: tuple[tuple[str, str], ...]
    more: int

    @property
    def short(self) -> str:
        """The name without its folder, for the head of a column."""
        return self.name.replace("\\", "/").rpartition("/")[2]

    @property
    def labels(self) -> tuple[str, ...]:
        """What the cells are of, in order."""
        return tuple(cell.label for cell in self.cells)

    def cell(self, label: str) -> Cell:
        """The cell of a group of checks; empty where this algorithm has no such check."""
        return next((cell for cell in self.cells if cell.label == label), Cell(label, "–", "left-out"))


SHOWN = 3  # failures listed for a subject


def _group(check: str) -> str:
    """The column of a check: references are put together by model and precision."""
    if check.startswith("reference["):
        parts = check.removeprefix("reference[").rstrip("]").split(",")
        return f"{parts[0]}, {parts[-1]}"
    return check.replace("-", " ")


def _cell(label: str, outcomes: list[str]) -> Cell:
    passed = sum(outcome in ("passed", "expected failure") for outcome in outcomes)
    if any(outcome in _BAD for outcome in outcomes):
        return Cell(label, f"{passed} of {len(outcomes)}", "bad")
    if all(outcome == "not run" for outcome in outcomes):
        return Cell(label, "not run", "left-out")
    expected = sum(outcome == "expected failure" for outcome in outcomes)
    return Cell(label, f"{passed} of {len(outcomes)}" + (f", {expected} expected to fail" if expected else ""), "good")


def subject_rows(entries: Any) -> tuple[SubjectRow, ...]:
    """The rows of the section. Raises `InputError` for what is no list of conformance results."""
    if entries is None:
        return ()
    if not isinstance(entries, list) or not all(isinstance(e, Mapping) and "results" in e for e in entries):
        raise InputError("results.conformance is to be a list of what `mamlcheck conform --json` prints")
    return tuple(_row(entry) for entry in entries)


def _row(entry: Mapping[str, Any]) -> SubjectRow:
    groups: dict[str, list[str]] = {}
    for result in entry["results"]:
        groups.setdefault(_group(str(result["check"])), []).append(str(result["outcome"]))
    failures = [(str(r["check"]), str(r["message"])) for r in entry["results"] if r["outcome"] in _BAD]
    failures += [(str(name), "this expected failure matches no check") for name in entry["unmatched_expected_failures"]]
    diagnosis = entry.get("diagnosis") or {}
    return SubjectRow(
        name=str(entry["subject"]),
        algorithm=str(entry["algorithm"]),
        conforms=bool(entry["conforms"]),
        run=int(entry["checks_run"]),
        cells=tuple(_cell(label, outcomes) for label, outcomes in groups.items()),
        sentence=diagnosis.get("sentence"),
        notes=tuple(note for note in (diagnosis.get("rests_on"), *diagnosis.get("notes", ())) if note),
        failures=tuple(failures[:SHOWN]),
        more=max(0, len(failures) - SHOWN),
    )
