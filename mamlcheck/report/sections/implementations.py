"""Implementations held against what they are meant to be: checks by groups, and what each was found to compute.

Names and messages come from other people's code: they are text, which the template escapes.
"""

from __future__ import annotations

from dataclasses import dataclass

from mamlcheck.check.results import Results
from mamlcheck.formats.conformance import ConformanceRecord, Outcome
from mamlcheck.report.outcome import Alert, Phrase, Says
from mamlcheck.report.words import listed

ORDER = 30
SHOWN_FAILURES = 3  # of one implementation

BAD: tuple[Outcome, ...] = ("failed", "unexpected pass")


@dataclass(frozen=True)
class Cell:
    """The checks of one group: how many passed, of how many; `tone` is 'good', 'bad' or 'left-out'."""

    label: str
    text: str
    tone: str


@dataclass(frozen=True)
class SubjectRow:
    """An implementation: its outcome, a cell for each group of checks, and what is said of it.

    notes: what its sentence rests on, and what is worth knowing. more: how many failures are not listed.
    """

    name: str
    algorithm: str
    conforms: bool
    run: int
    cells: tuple[Cell, ...]
    sentence: str
    notes: tuple[str, ...]
    failures: tuple[tuple[str, str], ...]
    more: int

    @property
    def short(self) -> str:
        """Its name without the folder, for the head of a column."""
        return short_name(self.name)

    @property
    def labels(self) -> tuple[str, ...]:
        """What the cells are of, in order."""
        return tuple(cell.label for cell in self.cells)

    def cell(self, label: str) -> Cell:
        """The cell of a group of checks; empty where its algorithm has no such check."""
        return next((cell for cell in self.cells if cell.label == label), Cell(label, "–", "left-out"))


def rows(results: Results) -> tuple[SubjectRow, ...]:
    """A row for each implementation."""
    return tuple(_row(subject) for subject in results.conformance or ())


def says(results: Results) -> Says:
    """Which implementations do not conform, or that all do: it is said first, since it was asked for."""
    asked = results.conformance or ()
    wrong = [subject for subject in asked if not subject.conforms]
    if not wrong:
        named = [f"{short_name(subject.subject)} conforms to {subject.algorithm}" for subject in asked]
        return Says(giving=(Phrase(listed(named), 5),) if named else ())
    short = ", ".join(f"{short_name(subject.subject)} as {subject.algorithm}" for subject in wrong)
    whole = "; ".join(f"{subject.subject} (as {subject.algorithm}){_found(subject)}" for subject in wrong)
    return Says(
        failing=(Phrase(f"DOES NOT CONFORM: {short}", 5),), alerts=(Alert("DOES NOT CONFORM", f"{whole}.", 50),)
    )


def _found(subject: ConformanceRecord) -> str:
    """What it was found to compute instead, after a colon."""
    return f": {subject.diagnosis.sentence.rstrip('.')}" if subject.diagnosis and subject.diagnosis.sentence else ""


def short_name(subject: str) -> str:
    """The name of an implementation without its folder."""
    return subject.replace("\\", "/").rpartition("/")[2]


def _row(subject: ConformanceRecord) -> SubjectRow:
    groups: dict[str, list[Outcome]] = {}
    for result in subject.results:
        groups.setdefault(_group(result.check), []).append(result.outcome)
    failures = [(result.check, result.message) for result in subject.results if result.outcome in BAD]
    failures += [(name, "this expected failure matches no check") for name in subject.unmatched_expected_failures]
    diagnosis = subject.diagnosis
    return SubjectRow(
        name=subject.subject,
        algorithm=subject.algorithm,
        conforms=subject.conforms,
        run=subject.checks_run,
        cells=tuple(_cell(label, outcomes) for label, outcomes in groups.items()),
        sentence=diagnosis.sentence if diagnosis else "",
        notes=tuple(note for note in (diagnosis.rests_on, *diagnosis.notes) if note) if diagnosis else (),
        failures=tuple(failures[:SHOWN_FAILURES]),
        more=max(0, len(failures) - SHOWN_FAILURES),
    )


def _group(check: str) -> str:
    """The row that a check is counted in: references are put together by model and precision."""
    if check.startswith("reference["):
        parts = check.removeprefix("reference[").rstrip("]").split(",")
        return f"{parts[0]}, {parts[-1]}"
    return check.replace("-", " ")


def _cell(label: str, outcomes: list[Outcome]) -> Cell:
    passed = sum(outcome in ("passed", "expected failure") for outcome in outcomes)
    if any(outcome in BAD for outcome in outcomes):
        return Cell(label, f"{passed} of {len(outcomes)}", "bad")
    if all(outcome == "not run" for outcome in outcomes):
        return Cell(label, "not run", "left-out")
    expected = sum(outcome == "expected failure" for outcome in outcomes)
    return Cell(label, f"{passed} of {len(outcomes)}" + (f", {expected} expected to fail" if expected else ""), "good")


TEMPLATE = """\
<section class="flow" id="subjects" aria-labelledby="title-subjects">
<h2 id="title-subjects">Implementations\
{{ marks.permalink("subjects", "Implementations") }}</h2>
{% for some in rows | batch(5) %}
<div class="scroll" tabindex="0">
<table class="matrix">
<thead><tr><th scope="col">Check</th>\
{% for subject in some %}<th scope="col"><code>{{ subject.short }}</code> as {{ subject.algorithm }}</th>{% endfor %}\
</tr></thead>
<tbody>
<tr><th scope="row">Outcome</th>\
{% for subject in some %}\
{% if subject.conforms %}<td>conforms</td>{% else %}<td class="loud-violated">does not conform</td>{% endif %}\
{% endfor %}</tr>
{% for label in some | map(attribute="labels") | sum(start=()) | unique %}
<tr><th scope="row">{{ label }}</th>\
{% for subject in some %}{% with cell = subject.cell(label) %}\
<td{% if cell.tone == "bad" %} class="loud-violated"{% elif cell.tone == "left-out" %} class="absent"{% endif %}>\
{{ cell.text }}</td>\
{% endwith %}{% endfor %}</tr>
{% endfor %}
</tbody>
</table>
</div>
{% endfor %}
<p class="remark">Checks passed of checks run. References are certified; a direction may differ from them by what \
rounding explains.</p>
<dl>
{% for subject in rows %}
<dt><code>{{ subject.name }}</code></dt>
<dd>{{ subject.run }} check{{ '' if subject.run == 1 else 's' }} run\
{% if subject.sentence %}. {{ subject.sentence }}{% else %}.{% endif %}
{% for note in subject.notes %} {{ note }}{% endfor %}
{% if subject.failures %}
<ul>
{% for check, message in subject.failures %}
<li><code>{{ check }}</code>: {{ message }}</li>
{% endfor %}
{% if subject.more %}<li>and {{ subject.more }} more</li>{% endif %}
</ul>
{% endif %}
</dd>
{% endfor %}
</dl>
</section>
"""
