"""A text to paste into an issue or a pull request: the outcome, what must not be overlooked, claims and brackets.

It is read by CommonMark with the tables of GitHub. Names come from other people: they stand in code, where nothing is
markup, a mention or a link; all other text has its punctuation escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from markupsafe import Markup

from mamlcheck.check.results import Results
from mamlcheck.display import visible
from mamlcheck.report.brackets import gap_text, proved_text, reached_text
from mamlcheck.report.claims import shown_claims
from mamlcheck.report.outcome import together
from mamlcheck.report.page import headline, page_sections
from mamlcheck.report.words import many

NAMES = ("report.md",)


def files(results: Results) -> Mapping[str, str]:
    """The one file."""
    return {NAMES[0]: "\n".join(_lines(results)) + "\n"}


def _lines(results: Results) -> Iterator[str]:
    yield f"**{escaped(headline(results))}.**"
    yield ""
    for alert in together(section.says(results) for section in page_sections()).alerts:
        sentence = alert.sentence.striptags() if isinstance(alert.sentence, Markup) else alert.sentence
        yield f"- **{escaped(alert.word)}** {escaped(sentence)}"
    if results.partial:
        told = f"stopped after {results.completed:,} of {many(results.planned, 'instance')}"
        yield f"- **PARTIAL** {escaped(told)}"
    yield from ("", *_claims(results))
    yield from ("", *_brackets(results))
    yield from ("", *_subjects(results))
    made = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    yield from ("", escaped(f"{many(results.completed, 'instance')}, seed {results.seed}; {made}."))
    if results.command:
        yield f"Made by {code(results.command, in_table=False)}."


def _claims(results: Results) -> Iterator[str]:
    rows = [
        (
            code(claim.name),
            escaped(claim.status),
            *(f"{count:,}" for _, count in claim.found.counts.by_name[:4]),
            escaped(claim.tally.tightness or "–"),
            code(claim.found.worst_instance) if claim.found.worst_instance else "–",
        )
        for claim in shown_claims(results)
    ]
    titles = ("claim", "outcome", "holds", "violated", "undecided", "vacuous", "max tightness", "worst instance")
    yield from table(titles, rows)


def _brackets(results: Results) -> Iterator[str]:
    if results.brackets is None:
        return
    rows = [
        (code(name), escaped(reached_text(row)), escaped(proved_text(row)), escaped(gap_text(row)))
        for name, row in results.brackets.claims.items()
    ]
    yield from table(("claim", "an instance reaches", "proved", "bracket"), rows)


def _subjects(results: Results) -> Iterator[str]:
    rows = [
        (code(one.subject), escaped(one.algorithm), "conforms" if one.conforms else "**DOES NOT CONFORM**",
         escaped(one.diagnosis.sentence) if one.diagnosis else "–")
        for one in results.conformance or ()
    ]  # fmt: skip
    if rows:
        yield from table(("implementation", "held against", "outcome", "what it computes"), rows)


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table of cells that are Markdown already."""
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def escaped(text: str) -> str:
    """Text in which nothing is markup: its punctuation is escaped, and it is one line."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~$&@-])", r"\\\1", _one_line(text))


def code(text: str, in_table: bool = True) -> str:
    """Text in a code span: its marks are longer than any that it holds."""
    line = _one_line(text) or " "
    line = line.replace("|", "\\|") if in_table else line
    mark = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    return f"{mark} {line} {mark}" if len(mark) > 1 else f"{mark}{line}{mark}"


def _one_line(text: str) -> str:
    return " ".join(visible(text).split())
