"""What changed since earlier results: rows that changed, the gravest first, and a history where there are several."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from mamlcheck.check.results import Results
from mamlcheck.formats.against import ChangedRow, Comparison, Standing, Turn
from mamlcheck.formats.measures import Measure, shown
from mamlcheck.formats.shared import Enclosure
from mamlcheck.record.documents import same
from mamlcheck.report.against import standings
from mamlcheck.report.decimals import certain_digits
from mamlcheck.report.outcome import Alert, Says
from mamlcheck.report.sparks import CSS as SPARKS_CSS
from mamlcheck.report.sparks import spark_svg
from mamlcheck.report.words import many

ORDER = 15
MOST_DIFFERENCES = 8  # of one row that are listed
MOST_NAMED = 5  # in a sentence
DIGITS = 6
BAD = ("violated", "undecided")
GRAVE: tuple[Turn, ...] = ("worse", "gone")
TURNS: dict[Turn, str] = {
    "worse": "✕ WORSE", "gone": "✕ GONE", "better": "✓ better", "new": "+ new", "other": "~ changed",
}  # fmt: skip
TONES: dict[Turn, str] = {
    "worse": "violated",
    "gone": "violated",
    "better": "holds",
    "new": "ours",
    "other": "no-support",
}


@dataclass(frozen=True)
class ChangeRow:
    """A row that changed: what it is, the turn as a mark, and (measure, was, now). more: how many are not listed."""

    name: str
    title: str
    turn: str
    tone: str
    changes: tuple[tuple[str, str, str], ...]
    more: int


@dataclass(frozen=True)
class ComparisonRows:
    """What changed since some results. unchanged: how many rows did not, in words."""

    file: str
    told: str
    alike: bool
    rows: tuple[ChangeRow, ...]
    unchanged: str


@dataclass(frozen=True)
class HistoryRow:
    """A claim through several results: its line, and in words its largest tightness, and its verdict where it moved."""

    title: str
    chart: Markup
    tightness: str
    verdicts: str


@dataclass(frozen=True)
class AgainstRows:
    """All of the section. columns: the results that the history goes through."""

    comparisons: tuple[ComparisonRows, ...]
    columns: str
    history: tuple[HistoryRow, ...]


def rows(results: Results) -> AgainstRows | None:
    """What is shown; None where nothing was compared."""
    if not results.against:
        return None
    return AgainstRows(
        comparisons=tuple(_comparison(one) for one in results.against),
        columns=" → ".join([*(one.file for one in results.against), "now"]),
        history=_history(results, results.against) if len(results.against) > 1 else (),
    )


def says(results: Results) -> Says:
    """How many rows changed since each, and loudly which are worse."""
    compared = results.against or ()
    grave = [(one.file, _named(one, GRAVE)) for one in compared]
    alerts = tuple(
        Alert("WORSE THAN BEFORE", f"since {file}: {_listed(titles)}.", 55) for file, titles in grave if titles
    )
    return Says(alerts=alerts, lines=tuple(_line(one) for one in compared))


def _line(one: Comparison) -> str:
    total = len(one.rows) + one.unchanged
    if not one.rows:
        return f"Nothing changed since {one.file}: {many(total, 'row')} compared."
    counts = {turn: sum(row.turn == turn for row in one.rows) for turn in TURNS}
    words = {"worse": "worse", "gone": "gone", "better": "better", "new": "new", "other": "otherwise changed"}
    told = ", ".join(f"{count:,} {words[turn]}" for turn, count in counts.items() if count)
    return f"{len(one.rows):,} of {many(total, 'row')} changed since {one.file}: {told}."


def _named(one: Comparison, turns: tuple[Turn, ...]) -> list[str]:
    return [row.title for row in one.rows if row.turn in turns]


def _listed(titles: list[str]) -> str:
    more = len(titles) - MOST_NAMED
    return "; ".join(titles[:MOST_NAMED]) + (f"; and {more:,} more" if more > 0 else "")


# -- rows that changed ---------------------------------------------------------------------------------------------
def _comparison(one: Comparison) -> ComparisonRows:
    made = f"mamlcheck {one.mamlcheck}, " if one.mamlcheck else ""
    early = ", stopped early" if one.partial else ""
    return ComparisonRows(
        file=one.file,
        told=f"{made}seed {one.seed}, {many(one.completed, 'instance')}{early}",
        alike=one.alike,
        rows=tuple(_row(row) for row in one.rows),
        unchanged=many(one.unchanged, "row is as it was", "rows are as they were"),
    )


def _row(row: ChangedRow) -> ChangeRow:
    return ChangeRow(
        name=row.name,
        title=row.title,
        turn=TURNS[row.turn],
        tone=TONES[row.turn],
        changes=tuple((one.measure, _text(one.old), _text(one.new)) for one in row.differences[:MOST_DIFFERENCES]),
        more=max(0, len(row.differences) - MOST_DIFFERENCES),
    )


def _text(value: Measure) -> str:
    if isinstance(value, Enclosure):
        return certain_digits(value, DIGITS) or "not known"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else shown(value)


# -- the history ---------------------------------------------------------------------------------------------------
def _history(results: Results, compared: tuple[Comparison, ...]) -> tuple[HistoryRow, ...]:
    """The claims whose verdict or largest tightness moved, from the oldest results to these."""
    now = standings(results)
    found = []
    for k, (name, last) in enumerate(now.items(), start=1):
        path = [*(one.standings.get(name) for one in compared), last]
        if _moved(path):
            found.append(_history_row(k, results.claims[name].title or name, path))
    return tuple(found)


def _moved(path: list[Standing | None]) -> bool:
    known = [one for one in path if one is not None]
    first = known[0]
    words = {one.word for one in known}
    return len(known) < len(path) or len(words) > 1 or not all(same(first.tightness, one.tightness) for one in known)


def _history_row(k: int, title: str, path: list[Standing | None]) -> HistoryRow:
    values = [(_value(one), one is not None and one.word in BAD) for one in path]
    told = [_tightness(one) for one in path]
    words = [one.word if one is not None else "not there" for one in path]
    described = "; ".join(f"{word}, {number}" for word, number in zip(words, told, strict=True))
    chart = spark_svg(values, f"history-{k}", f"Largest tightness of {title} through the results", f"{described}.")
    return HistoryRow(title, Markup(chart), " → ".join(told), " → ".join(words) if len({*words}) > 1 else words[0])


def _value(one: Standing | None) -> float | None:
    return None if one is None or one.tightness is None else one.tightness.lower


def _tightness(one: Standing | None) -> str:
    return "–" if one is None else certain_digits(one.tightness, DIGITS) or "–"


CSS = (
    SPARKS_CSS
    + """\
h3.since { text-transform: none; letter-spacing: 0; font-size: .95rem; }
.changes { margin: 0; padding: 0; list-style: none; font-variant-numeric: tabular-nums; }
"""
)
TEMPLATE = """\
<section class="flow" id="against" aria-labelledby="title-against">
<h2 id="title-against">Compared with earlier results\
{{ marks.permalink("against", "Compared with earlier results") }}</h2>
{% for one in rows.comparisons %}
<h3 class="since">Since {{ one.file }}</h3>
<p>{{ one.told }}. {{ one.unchanged }}.{% if not one.alike %} Another seed, or other instances: counts and tightness \
are of other instances, and are not compared.{% endif %}</p>
{% if one.rows %}
<table class="wide">
<thead><tr><th scope="col">What</th><th scope="col">Turn</th><th scope="col">Changes, from then to now</th></tr></thead>
<tbody>
{% for row in one.rows %}
<tr><th scope="row">{{ row.title }}\
{% if row.title != row.name %} <span class="id">{{ row.name }}</span>{% endif %}</th>\
<td data-label="Turn"><span class="mark {{ row.tone }}">{{ row.turn }}</span></td>\
<td data-label="Changes"><ul class="changes">
{% for measure, was, now in row.changes %}
<li>{{ measure }}: <span class="id">{{ was }}</span> → <span class="id">{{ now }}</span></li>
{% endfor %}
{% if row.more %}<li>and {{ row.more }} more, in results.json</li>{% endif %}
</ul></td></tr>
{% endfor %}
</tbody>
</table>
{% endif %}
{% endfor %}
{% if rows.history %}
<h3>Through all of them</h3>
<p class="remark">{{ rows.columns }}: claims whose verdict or largest tightness moved. A cross stands where one was \
violated or undecided.</p>
<table class="wide">
<thead><tr><th scope="col">Claim</th><th scope="col"><span class="unseen">Line</span></th>\
<th scope="col">Largest tightness</th><th scope="col">Verdict</th></tr></thead>
<tbody>
{% for row in rows.history %}
<tr><th scope="row">{{ row.title }}</th><td data-label="Line">{{ row.chart }}</td>\
<td data-label="Tightness">{{ row.tightness }}</td><td data-label="Verdict">{{ row.verdicts }}</td></tr>
{% endfor %}
</tbody>
</table>
{% endif %}
</section>
"""
