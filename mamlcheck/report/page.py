"""The report: one HTML page and the results beside it, written together or not at all.

`render_page` is a pure function of the results: no clock, no randomness, nothing fetched; equal results give equal
bytes. The page decides nothing: it shows the verdicts it is given, and shows loudly whatever is violated, undecided,
unsupported or not guaranteed. What it shows, and what that puts at its head, is in `sections/`, a file for each
section; here they are only put together.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from mamlcheck.check.results import Results
from mamlcheck.disk import require_place, require_writable, write_together
from mamlcheck.display import visible
from mamlcheck.report import outcome, sections
from mamlcheck.report.outcome import Alert, PageWord, Says, together
from mamlcheck.report.section import Section, compiled, page_file, sections_in
from mamlcheck.report.words import many

PAGE_NAME = "index.html"
RESULTS_NAME = "results.json"


@dataclass(frozen=True)
class Page:
    """What the template of the page prints around the sections and between them.

    stopped: '' for a whole run. made_of: the names of the sections and of their parts, as `claims` and `claims.proof`.
    """

    headline: str
    word: PageWord
    stopped: str
    alerts: tuple[Alert, ...]
    lines: tuple[str, ...]
    sections: tuple[Markup, ...]
    css: tuple[Markup, ...]
    made_of: tuple[str, ...]
    command: str | None
    seed: int
    versions: tuple[tuple[str, str], ...]


def headline(results: Results) -> str:
    """The outcome in one sentence: what fails, by name, or what holds."""
    return visible(outcome.headline(_said(page_sections(), results)))


def render_page(results: Results) -> str:
    """The whole report as one HTML text, the same for equal results."""
    return visible(compiled(page_file("page.html.j2")).render(page=_page(results)))


def require_report_place(out: Path, given: str) -> None:
    """Raise `InputError` where no report can be written, before anything is checked. given: how `out` was given."""
    require_writable(out, given)
    for name in (RESULTS_NAME, PAGE_NAME):
        require_place(out / name, f"{given}: {out / name}")


def write_report(results: Results, out: Path) -> Path:
    """Write `results.json` and `index.html` into the folder `out`; returns the path of the page.

    Whatever happens, a kill included, both files are those of this report or both are those of the previous one.

    Raises:
        InputError: `out` cannot be made or written.

    """
    write_together(out, {RESULTS_NAME: results.text(), PAGE_NAME: render_page(results)})
    return out / PAGE_NAME


def page_sections() -> tuple[Section[Results], ...]:
    """The sections of the page, in their order."""
    return sections_in(sections)


def _said(chosen: tuple[Section[Results], ...], results: Results) -> Says:
    return together(section.says(results) for section in chosen)


def _page(results: Results) -> Page:
    chosen = page_sections()
    said = _said(chosen, results)
    return Page(
        headline=outcome.headline(said),
        word=outcome.word(said),
        stopped=_stopped(results),
        alerts=said.alerts,
        lines=said.lines,
        sections=tuple(section.html(results) for section in chosen),
        css=tuple(Markup(section.css) for section in chosen),
        made_of=tuple(name for section in chosen for name in section.names),
        command=results.command,
        seed=results.seed,
        versions=tuple(results.versions.items()),
    )


def _stopped(results: Results) -> str:
    """What an interrupted run says: after how many of how many instances."""
    if not results.partial:
        return ""
    if not results.completed:
        return "partial: stopped by the user before the first block of instances was done; nothing was judged"
    return f"partial: stopped by the user after {results.completed:,} of {many(results.planned, 'instance')}"
