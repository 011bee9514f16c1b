"""The report: one HTML page and the results beside it, written together or not at all.

`render_page` is a pure function of the results: no clock, no randomness, nothing fetched; equal results give equal
bytes. Its one script filters, sorts and moves, and all of the page is there without it. The page decides nothing: it
shows the verdicts it is given, and shows loudly whatever is violated, undecided, unsupported or not guaranteed. What it
shows, and what that puts at its head, is in `sections/`, a file for each section; here they are only put together.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from mamlcheck.check.results import Results
from mamlcheck.disk import require_place, require_writable, write_together
from mamlcheck.display import visible
from mamlcheck.formats.made import Made
from mamlcheck.report import outcome, sections
from mamlcheck.report.contents import Entry, contents
from mamlcheck.report.outcome import Alert, PageWord, Says, together
from mamlcheck.report.section import Section, compiled, page_file, sections_in
from mamlcheck.report.words import many

PAGE_NAME = "index.html"
RESULTS_NAME = "results.json"
SECTIONS_STYLE = "/* sections */"  # where the sections' rules stand in the style sheet, before those for paper

PAPER = """\
@inproceedings{fallah2020convergence,
  title = {On the Convergence Theory of Gradient-Based Model-Agnostic Meta-Learning Algorithms},
  author = {Fallah, Alireza and Mokhtari, Aryan and Ozdaglar, Asuman},
  booktitle = {Proceedings of the 23rd International Conference on Artificial Intelligence and Statistics (AISTATS)},
  series = {PMLR},
  volume = {108},
  pages = {1082--1092},
  year = {2020},
  doi = {10.48550/arXiv.1908.10400},
}"""
TOOL = """\
@software{mamlcheck,
  title = {mamlcheck: certified checks of the convergence theory of Model-Agnostic Meta-Learning},
  author = {{The mamlcheck developers}},
}"""


@dataclass(frozen=True)
class Page:
    """What the template of the page prints around the sections and between them.

    headline: the outcome in one sentence; sentences: the same, part by part. stopped: '' for a whole run. made: when,
    of what and where, '' where it is not known. made_of: the names of the sections and of their parts, as `claims` and
    `claims.proof`. script_hash: as a content security policy names the one script that may run.
    """

    headline: str
    sentences: tuple[str, ...]
    word: PageWord
    stopped: str
    alerts: tuple[Alert, ...]
    lines: tuple[str, ...]
    contents: tuple[Entry, ...]
    sections: tuple[Markup, ...]
    css: Markup
    script: Markup
    script_hash: str
    made_of: tuple[str, ...]
    command: str | None
    seed: int
    versions: tuple[tuple[str, str], ...]
    made: str
    bibtex: str


def headline(results: Results) -> str:
    """The outcome in one sentence: what fails, by name, or what holds."""
    return visible(outcome.headline(_said(page_sections(), results)))


def render_page(results: Results) -> str:
    """The whole report as one HTML text, the same for equal results."""
    return visible(compiled(page_file("page.html.j2")).render(page=page_of(results)))


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


def page_of(results: Results, names: Collection[str] | None = None) -> Page:
    """What a template prints. names: of the sections that are shown, all by default; the outcome is that of all."""
    every = page_sections()
    chosen = tuple(section for section in every if names is None or section.name in names)
    said = _said(every, results)
    shown = tuple(section.html(results) for section in chosen)
    script = page_file("page.js")
    return Page(
        headline=outcome.headline(said),
        sentences=outcome.sentences(said),
        word=outcome.word(said),
        stopped=_stopped(results),
        alerts=said.alerts,
        lines=said.lines,
        contents=contents(shown),
        sections=shown,
        css=Markup(page_file("page.css").replace(SECTIONS_STYLE, "".join(section.css for section in chosen))),
        script=Markup(script),
        script_hash=f"sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}",
        made_of=tuple(name for section in chosen for name in section.names),
        command=results.command,
        seed=results.seed,
        versions=tuple(results.versions.items()),
        made=_made(results.made),
        bibtex=_bibtex(results),
    )


def _made(made: Made | None) -> str:
    """When, of which commit and on what, in words; '' where that is not known."""
    if made is None:
        return ""
    commit = f", commit {made.commit}" if made.commit else ""
    return f"{made.date}{commit}, {made.platform}"


def _bibtex(results: Results) -> str:
    """How to cite the paper, and mamlcheck in the version that made the page."""
    version = results.versions.get("mamlcheck", "")
    tool = f"{TOOL[:-1]}  version = {{{version}}},\n}}" if version else TOOL
    return f"{PAPER}\n\n{tool}"


def _stopped(results: Results) -> str:
    """What an interrupted run says: after how many of how many instances."""
    if not results.partial:
        return ""
    if not results.completed:
        return "partial: stopped by the user before the first block of instances was done; nothing was judged"
    return f"partial: stopped by the user after {results.completed:,} of {many(results.planned, 'instance')}"
