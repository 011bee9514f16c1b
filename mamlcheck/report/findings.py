"""Findings as people read them: the section of the page, and the text of a terminal.

Both are made of the plain data of `findings_as_json`, so that a page can be made again from its results alone. Numbers
too long to read are shown by their first digits, marked so; the data have them whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from mamlcheck.errors import InputError
from mamlcheck.report.decimals import DIGITS, approximate_text
from mamlcheck.report.mathml import prose_html
from mamlcheck.report.plaintext import plain_prose

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

LONGEST = 24  # characters of a number that is shown whole
WIDEST = 100  # columns that prose is set in
INTRODUCTION = (
    "Places where the paper, read word for word, is false, empty or asks for more than it says. The claims above are "
    "checked as they have to be read. Each example was computed when this report was made."
)
RELATIONS = {"<=": "≤", ">=": "≥", "!=": "≠"}
LABELS = (("printed", "Printed"), ("true", "True"), ("why", "Why"), ("handled", "In mamlcheck"))


@dataclass(frozen=True)
class QuantityRow:
    """A computed number and its name."""

    name: Markup
    value: str


@dataclass(frozen=True)
class FactRow:
    """A comparison, whether it holds, and what it shows."""

    comparison: str
    holds: bool
    text: Markup


@dataclass(frozen=True)
class CaseRows:
    """One part of an example; `name` is empty where it has no parts."""

    name: Markup
    quantities: tuple[QuantityRow, ...]
    facts: tuple[FactRow, ...]


@dataclass(frozen=True)
class FindingRow:
    """One finding; `refutes` is what is false as printed, if anything is, `texts` are (label, prose)."""

    id: str
    title: Markup
    place: Markup
    refutes: str
    confirmed: bool
    texts: tuple[tuple[str, Markup], ...]
    see: tuple[str, ...]
    setting: Markup
    cases: tuple[CaseRows, ...]
    error: str | None


def finding_rows(content: Any) -> tuple[FindingRow, ...]:
    """The rows of the section, from results. Raises `InputError` for what is no list of findings."""
    if content is None:
        return ()
    entries = content.get("findings") if isinstance(content, Mapping) else None
    if not isinstance(entries, list) or not all(isinstance(e, Mapping) and "facts" in e for e in entries):
        raise InputError("results.findings is to be what `mamlcheck findings --json` prints")
    return tuple(_row(entry) for entry in entries)


def _prose(text: Any) -> Markup:
    return Markup(prose_html(str(text)))


def _row(entry: Mapping[str, Any]) -> FindingRow:
    return FindingRow(
        id=str(entry["id"]),
        title=_prose(entry["title"]),
        place=_prose(entry["place"]),
        refutes=str(entry.get("refutes") or ""),
        confirmed=entry["status"] == "confirmed",
        texts=tuple((label, _prose(entry[key])) for key, label in LABELS),
        see=tuple(map(str, entry["see"])),
        setting=_prose(entry["setting"]),
        cases=tuple(
            CaseRows(
                _prose(case),
                tuple(QuantityRow(_prose(q["name"]), number_text(q["value"])) for q in quantities),
                tuple(FactRow(comparison(f), f["holds"] is True, _prose(f["text"])) for f in facts),
            )
            for case, quantities, facts in _cases(entry)
        ),
        error=entry["error"],
    )


def _cases(entry: Mapping[str, Any]) -> Iterator[tuple[str, list[Any], list[Any]]]:
    """The parts of an example, in order: name, quantities, facts."""
    items = [*entry["quantities"], *entry["facts"]]
    for case in dict.fromkeys(str(item["case"]) for item in items):
        quantities, facts = ([i for i in entry[kind] if i["case"] == case] for kind in ("quantities", "facts"))
        yield case, quantities, facts


def number_text(value: Any, digits: int = DIGITS) -> str:
    """A value as text: words and short fractions as they are, long fractions by their first digits, rounded."""
    text = str(value)
    if len(text) <= LONGEST or text.strip("-/0123456789"):
        return text
    return approximate_text(text, digits)


def comparison(fact: Mapping[str, Any]) -> str:
    """'3/4 > 1/2'. Two sides that differ do not read the same: they get the digits that tell them apart."""
    relation, left, right = (str(fact[name]) for name in ("relation", "left", "right"))
    digits = DIGITS
    while left != right and number_text(left, digits) == number_text(right, digits):
        digits *= 2
    return f"{number_text(left, digits)} {RELATIONS.get(relation, relation)} {number_text(right, digits)}"


def outcome_line(content: Mapping[str, Any]) -> str:
    """How many were confirmed."""
    count, failed = len(content["findings"]), content["not_confirmed"]
    if failed:
        return f"{failed} of {count} findings NOT CONFIRMED: the example does not show what the finding says."
    refuted = [str(entry["refutes"]) for entry in content["findings"] if entry.get("refutes")]
    first = f"False as printed: {', '.join(refuted)}.\n" if refuted else ""
    return f"{first}{count} findings, each confirmed by its exact example, computed now."


# -- in a terminal -------------------------------------------------------------------------------------------
def findings_text(console: Console, content: Mapping[str, Any]) -> str:
    """All findings, with hanging indents, in the width of the console and at most `WIDEST` columns."""
    with console.capture() as capture:
        _print_findings(console, content, min(console.width, WIDEST))
    return re.sub(" +$", "", capture.get(), flags=re.MULTILINE)  # rich fills lines with blanks


def _print_findings(console: Console, content: Mapping[str, Any], width: int) -> None:
    from rich.text import Text

    for number, entry in enumerate(content["findings"], start=1):
        confirmed = entry["status"] == "confirmed"
        console.print(
            Text.assemble(
                (f"{number}. {plain_prose(entry['title'])}", "bold"), "  ",
                (str(entry["status"]), "green" if confirmed else "bold red"),
            ), width=width,
        )  # fmt: skip
        _print_finding(console, entry, width)
        console.print()
    console.print(Text(outcome_line(content), style="bold red" if content["not_confirmed"] else "bold"), width=width)


def _print_finding(console: Console, entry: Mapping[str, Any], width: int) -> None:
    from rich.padding import Padding
    from rich.table import Column, Table
    from rich.text import Text

    def table(rows: list[tuple[Text, ...]], indent: int) -> None:
        if rows:
            grid = Table.grid(*[Column(overflow="fold") for _ in rows[0]], padding=(0, 2, 0, 0))
            for row in rows:
                grid.add_row(*row)
            console.print(Padding(grid, (0, 0, 0, indent)), width=width)

    texts: list[tuple[Text, ...]] = [(Text("Place"), Text(plain_prose(entry["place"])))]
    texts += [(Text(label), Text(plain_prose(entry[key]))) for key, label in LABELS]
    texts += [(Text(""), Text(name, style="dim")) for name in entry["see"]]
    texts += [(Text("Example"), Text(plain_prose(entry["setting"])))] if entry["setting"] else []
    texts += [(Text("Error", style="bold red"), Text(entry["error"]))] if entry["error"] else []
    table(texts, 3)
    for case, quantities, facts in _cases(entry):
        if case:
            console.print(Padding(Text(f"{plain_prose(case)}:"), (0, 0, 0, 6)), width=width)
        table([(Text(plain_prose(q["name"])), Text(number_text(q["value"]))) for q in quantities], 8)
        table(
            [
                (
                    Text("holds" if f["holds"] else "FAILS", style="green" if f["holds"] else "bold red"),
                    Text(comparison(f), style="bold"),
                    Text(plain_prose(f["text"])),
                )
                for f in facts
            ],
            8,
        )
