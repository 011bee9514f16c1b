"""The report: one HTML page and the results beside it, written together or not at all.

`render_page` is a pure function of the results (a mapping of plain numbers, strings and lists, the content of
`results.json`): no clock, no randomness, nothing fetched; equal results give equal bytes.  `write_report`
puts page and results into a folder.  The page decides nothing: it shows the verdicts it is given, and shows
loudly whatever is violated, undecided, unsupported or not guaranteed.  Only the counts are required of the
results; any other part may be missing, and then the page says so or leaves its place out.
"""

from __future__ import annotations

import json
import math
import numbers
import re
import shlex
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeGuard

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from mamlcheck.check.results import Results
from mamlcheck.disk import write_together
from mamlcheck.errors import InputError
from mamlcheck.report import outcome
from mamlcheck.report.brackets import BracketRow, bracket_rows
from mamlcheck.report.charts import Mark, drawable, histogram, histogram_problem, scatter
from mamlcheck.report.conformance import SubjectRow, subject_rows
from mamlcheck.report.decimals import approximate_text, as_decimal, certain_digits, enclosure_text, ends
from mamlcheck.report.findings import INTRODUCTION, FindingRow, finding_rows
from mamlcheck.report.mathml import statement_html
from mamlcheck.report.outcome import many
from mamlcheck.report.prooflines import ProofRows, StepRow, proof_rows, step_rows

FORMAT = "mamlcheck-results"
VERSION = 1
PAGE_NAME = "index.html"
RESULTS_NAME = "results.json"

_VERDICTS = ("holds", "violated", "undecided", "vacuous")
#: Bidirectional classes of the characters that turn the direction of the text around them.
_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_ARITHMETICS = {
    "ball": "ball arithmetic on arrays",
    "arb": "Arb at higher precision",
    "rational": "exact rational numbers",
}


# -- what the page shows ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counts:
    """Verdicts by kind. A vacuous one (a hypothesis fails on the instance) supports nothing."""

    holds: int
    violated: int
    undecided: int
    vacuous: int

    @property
    def decided(self) -> int:
        return self.holds + self.violated

    @property
    def total(self) -> int:
        return self.holds + self.violated + self.undecided + self.vacuous

    @property
    def status(self) -> str:
        """The one word for these counts: the worst that is in them."""
        if self.violated:
            return "violated"
        if self.undecided:
            return "undecided"
        if not self.total:
            return "not judged"
        return "holds" if self.holds else "no support"


@dataclass(frozen=True)
class Part:
    """Counts with what goes with them: of a whole claim, or of one data source of it."""

    name: str
    title: str
    counts: Counts
    guaranteed: bool
    tightness: str | None
    median: str | None
    worst: str | None
    command: str | None


@dataclass(frozen=True)
class Failure:
    """An instance that is violated or undecided, with both sides."""

    instance: str
    verdict: str
    left: str
    right: str
    command: str | None


@dataclass(frozen=True)
class Share:
    """How many verdicts one arithmetic reached."""

    name: str
    meaning: str
    count: int
    percent: str


@dataclass(frozen=True)
class Worst:
    """The instance of largest tightness: both sides as enclosures."""

    left: str
    right: str
    source: str | None
    description: str | None


@dataclass(frozen=True)
class Claim:
    """One section of the page."""

    anchor: str
    whole: Part
    statement: Markup | None
    where: Markup | None
    assumptions: str | None
    hypotheses: tuple[str, ...]
    guarantee: str | None
    source: str | None
    sharpens: str | None
    sharpened: str | None  # the anchor of the claim that it sharpens, where the page has that
    printed: Counts | None
    parts: tuple[Part, ...]
    certified: int
    worst: Worst | None
    shares: tuple[Share, ...]
    failures: tuple[Failure, ...]
    charts: tuple[tuple[str, Markup], ...]
    remarks: tuple[str, ...]
    proof: ProofRows | None
    waterfall: tuple[StepRow, ...]

    @property
    def status(self) -> str:
        """The one word for the claim: the worst of its strong form and its printed one."""
        own, printed = self.whole.counts.status, self.printed.status if self.printed else ""
        return next((word for word in ("violated", "undecided") if word in (own, printed)), own)


@dataclass(frozen=True)
class Source:
    """A source of instances."""

    name: str
    title: str
    description: str | None
    instances: int | None


@dataclass(frozen=True)
class Page:
    """Everything the template prints."""

    headline: str
    status: str
    stopped: str | None
    alerts: tuple[tuple[str, str], ...]
    lines: tuple[str, ...]
    claims: tuple[Claim, ...]
    sources: tuple[Source, ...]
    subjects: tuple[SubjectRow, ...]
    findings: tuple[FindingRow, ...]
    about_findings: str
    brackets: tuple[BracketRow, ...]
    command: str | None
    seed: str | None
    versions: tuple[tuple[str, str], ...]


# -- reading the results ------------------------------------------------------------------------------------


def _plain(value: object, place: str = "results") -> Any:
    """A copy of `value` in what JSON has: NumPy scalars as numbers, numbers that are not finite as text."""
    if value is None or isinstance(value, bool | str):
        return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Rational):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, numbers.Real):
        number = float(value)
        return number if math.isfinite(number) else repr(number)
    if isinstance(value, Mapping):
        return {_plain(str(key)): _plain(item, f"{place}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{place}[{index}]") for index, item in enumerate(value)]
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):  # arrays and numpy.bool_
        return _plain(value.tolist(), place)
    raise InputError(
        f"{place} is a {type(value).__name__}: a report takes what JSON holds (numbers, text, lists,"
        " mappings); convert it first"
    )


def _visible(value: Any) -> Any:
    r"""The same with control and direction-changing characters of every text spelled out (`\x1b`)."""
    if isinstance(value, str):
        return "".join(
            character
            if character in "\n\t"
            or not (unicodedata.category(character) == "Cc" or unicodedata.bidirectional(character) in _TURNING)
            else character.encode("unicode_escape").decode()
            for character in value
        )
    if isinstance(value, dict):
        return {_visible(key): _visible(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_visible(item) for item in value]
    return value


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    """The text of a field, or None where it has none."""
    return None if value is None or value == "" or isinstance(value, dict | list) else str(value)


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _counts(record: dict[str, Any], place: str) -> Counts:
    for verdict in _VERDICTS:
        if not _is_count(record.get(verdict)):
            given = repr(record[verdict]) if verdict in record else "missing"
            raise InputError(
                f"{place}.{verdict} is {given}: a claim needs whole numbers >= 0 for {', '.join(_VERDICTS)}"
            )
    return Counts(**{verdict: record[verdict] for verdict in _VERDICTS})


def _in_version_1(results: Results) -> dict[str, Any]:
    """Typed results in the shape that this page reads until its sections are typed."""

    def tallied(record: Any) -> dict[str, Any]:
        worst = record["worst"]
        return {**record["counts"], **record, "worst_instance": worst["instance"] if worst else None}

    content: dict[str, Any] = {**results.as_json(), "version": VERSION, "instances": results.completed}
    content["claims"] = {
        name: {**tallied(claim), "by_source": {key: tallied(part) for key, part in claim["by_source"].items()}}
        for name, claim in content["claims"].items()
    }
    return content


def _checked(results: object) -> dict[str, Any]:
    """The results as plain data, refused where they are not results at all."""
    plain = _plain(_in_version_1(results) if isinstance(results, Results) else results)
    if not isinstance(plain, dict):
        raise InputError(f"results are a {type(results).__name__}: a report needs the mapping of {RESULTS_NAME}")
    if plain.get("format", FORMAT) != FORMAT or plain.get("version", VERSION) != VERSION:
        raise InputError(
            f"the results are of format {plain.get('format', FORMAT)!r},"
            f" version {plain.get('version', VERSION)!r}: this mamlcheck reads {FORMAT!r},"
            f" version {VERSION}; make them again with `mamlcheck report`"
        )
    return plain


# -- words --------------------------------------------------------------------------------------------------


def _seconds(value: Any) -> str | None:
    if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
        return None
    if value < 60:
        return f"{value:.1f} s"
    minutes, seconds = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


Show = Callable[[str | None], str | None]
"""The command that shows an instance, for copying."""


def _shower(results: Mapping[str, Any]) -> Show:
    """With the options of the table, where its instances need them."""
    sources = map(_mapping, _list(results.get("sources")))
    options = {_text(source.get("name")): _text(source.get("options")) for source in sources}

    def show(instance: str | None) -> str | None:
        if instance is None:
            return None
        needed = options.get(instance.partition("/")[0])
        return f"mamlcheck show {shlex.quote(instance)}" + (f" {needed}" if needed else "")

    return show


def headline(results: Results | Mapping[str, Any]) -> str:
    """The outcome in one sentence: what failed, by name, or what holds.

    Raises:
        InputError: the results are none, or a count is missing.

    """
    return _page(_visible(_checked(results))).headline


def _stopped(results: dict[str, Any], sources: tuple[Source, ...]) -> str | None:
    """What an interrupted run says: after how many of how many instances, as far as the results know.

    `completed` and `planned` count instances over all sources; without `completed` the sources are added up.
    """
    if not results.get("partial"):
        return None
    done, planned = results.get("completed"), results.get("planned")
    if not _is_count(done):
        known = [source.instances for source in sources if source.instances is not None]
        done = sum(known) if known else None
    if done is None:
        return "partial: stopped by the user before all instances were checked"
    if not done:
        return "partial: stopped by the user before the first block of instances was done; nothing was judged"
    if _is_count(planned):
        return f"partial: stopped by the user after {done:,} of {many(planned, 'instance')}"
    asked = results.get("instances")
    more = f" ({asked:,} asked of each random source)" if _is_count(asked) else ""
    return f"partial: stopped by the user after {many(done, 'instance')}{more}"


def _alerts(
    claims: tuple[Claim, ...], subjects: tuple[SubjectRow, ...], findings: tuple[FindingRow, ...]
) -> tuple[tuple[str, str], ...]:
    """What must not be overlooked under the headline: a loud word and a sentence each."""
    found = []
    undecided = [claim.whole for claim in claims if claim.whole.counts.undecided]
    if undecided:
        names = "; ".join(f"{part.title} ({part.counts.undecided:,})" for part in undecided)
        found.append(("UNDECIDED", f"at the highest precision tried: {names}. An undecided instance supports nothing."))
    loose = [claim.whole.title for claim in claims if not claim.whole.guaranteed]
    if loose:
        sentence = "A constant behind these verdicts is estimated or declared, or nothing is recorded of it."
        found.append(("NOT GUARANTEED", f"{'; '.join(loose)}. {sentence}"))
    unproved = [claim.whole.title for claim in claims if claim.proof and not claim.proof.proved]
    if unproved:
        found.append(("NOT PROVED", f"{'; '.join(unproved)}. A step of the proof does not hold."))
    unsupported = [claim.whole.title for claim in claims if claim.whole.counts.status == "no support"]
    if unsupported:
        found.append(("NO SUPPORT", f"{'; '.join(unsupported)}. No instance meets the hypotheses."))
    wrong = [f"{row.name} (as {row.algorithm})" for row in subjects if not row.conforms]
    if wrong:
        found.append(("DOES NOT CONFORM", f"{'; '.join(wrong)}."))
    for row in findings:
        if row.refutes and row.confirmed:
            where = Markup('<a href="#finding-{}">{}</a>').format(row.id, row.title)
            found.append(("FALSE AS PRINTED", Markup("{}: {}.").format(row.refutes, where)))
    unshown = [row.id for row in findings if not row.confirmed]
    if unshown:
        found.append(("NOT CONFIRMED", f"{'; '.join(unshown)}. The example does not show what the finding says."))
    return tuple(found)


def _bracket_alerts(brackets: tuple[BracketRow, ...]) -> tuple[tuple[str, str], ...]:
    wrong = [row.title for row in brackets if row.loud]
    sentence = "A certified instance goes beyond the constant that is said to be proved."
    return (("CONTRADICTED", f"{'; '.join(wrong)}. {sentence}"),) if wrong else ()


def _lines(results: dict[str, Any], claims: tuple[Claim, ...], sources: tuple[Source, ...]) -> tuple[str, ...]:
    """What else stands under the headline, in sentences."""
    lines = []
    vacuous = sum(claim.whole.counts.vacuous for claim in claims)
    if vacuous:
        lines.append(
            f"{many(vacuous, 'further verdict is', 'further verdicts are')} vacuous: a hypothesis fails on"
            " the instance, so it supports nothing."
        )
    where = f"{many(len(sources), 'source')} of instances" if sources else None
    took, seed = _seconds(results.get("seconds")), _text(results.get("seed"))
    facts = [fact for fact in (where, f"seed {seed}" if seed else None, took) if fact]
    return (*lines, *([f"{', '.join(facts)}."] if facts else []))


# -- from results to page -----------------------------------------------------------------------------------


def _anchor(name: str, index: int) -> str:
    # The colon keeps made-up anchors apart from those that carry a name.
    return f"claim-{name}" if re.fullmatch(r"[A-Za-z0-9_.-]+", name) else f"claim:{index}"


def _part(record: dict[str, Any], name: str, title: str, guaranteed: bool, place: str, show: Show) -> Part:
    tightness = _mapping(record.get("tightness"))
    worst = _text(record.get("worst_instance"))
    return Part(
        name=name,
        title=title,
        counts=_counts(record, place),
        guaranteed=guaranteed,
        tightness=certain_digits(tightness.get("max")),
        median=_median(tightness),
        worst=worst,
        command=show(worst),
    )


def _median(tightness: dict[str, Any]) -> str | None:
    """The median in a sentence, with the number of instances that it is taken over and why others are left out."""
    median, measured, without = (tightness.get(name) for name in ("median", "measured", "unmeasured"))
    digits = certain_digits(median, 4) or (None if as_decimal(median) is None else approximate_text(median, 4))
    if digits is None:
        return None
    over = f", of the {many(measured, 'instance')} that have one" if _is_count(measured) else ""
    sentence = f"The median tightness is {digits}{over}."
    if _is_count(without) and without:
        sentence += (
            f" {many(without, 'more is', 'more are')} not vacuous and {'has' if without == 1 else 'have'} none: the"
            " right side is not known to be above 0 there, or a side is not known."
        )
    return sentence


def _parts(record: dict[str, Any], titles: dict[str, str], place: str, show: Show) -> tuple[Part, ...]:
    found = []
    for name, item in _mapping(record.get("by_source")).items():
        entry = _mapping(item)
        guaranteed = entry.get("guaranteed", record.get("guaranteed")) is True
        found.append(_part(entry, name, titles.get(name, name), guaranteed, f"{place}.by_source.{name}", show))
    return tuple(found)


def _certified(whole: Part, parts: tuple[Part, ...]) -> int:
    """Decided verdicts whose constants are proved: all of a guaranteed claim, else of its good sources."""
    if whole.guaranteed:
        return whole.counts.decided
    return min(sum(part.counts.decided for part in parts if part.guaranteed), whole.counts.decided)


def _side(value: Any) -> float:
    """A side as a float for a picture: the midpoint of an enclosure, nan where there is no number."""
    pair = ends(value)
    if pair is not None:
        return float(pair[0]) / 2 + float(pair[1]) / 2
    number = as_decimal(value)
    return math.nan if number is None else float(number)


def _failures(record: dict[str, Any], show: Show) -> tuple[Failure, ...]:
    found = []
    for item in map(_mapping, _list(record.get("failures"))):
        instance = _text(item.get("instance"))
        found.append(
            Failure(
                instance=instance or "not recorded",
                verdict=(_text(item.get("verdict")) or "not recorded").upper(),
                left=enclosure_text(item.get("lhs")),
                right=enclosure_text(item.get("rhs")),
                command=show(instance),
            )
        )
    return tuple(found)


def _shares(record: dict[str, Any]) -> tuple[Share, ...]:
    given = {name: count for name, count in _mapping(record.get("arithmetic")).items() if _is_count(count)}
    total = sum(given.values())
    return tuple(
        Share(name, _ARITHMETICS.get(name, name), count, f"{100 * count / total:.2f}" if total else "0")
        for name, count in given.items()
    )


def _worst(record: dict[str, Any], titles: dict[str, str]) -> Worst | None:
    worst = _mapping(record.get("worst"))
    if not worst:
        return None
    source = _text(worst.get("source"))
    return Worst(
        left=enclosure_text(worst.get("lhs")),
        right=enclosure_text(worst.get("rhs")),
        source=None if source is None else titles.get(source, source),
        description=_text(worst.get("description")),
    )


def _tightness_chart(record: dict[str, Any], whole: Part, key: str) -> tuple[str | None, list[str]]:
    given = _mapping(_mapping(record.get("tightness")).get("histogram"))
    if not given:
        return None, []
    edges = [_side(edge) for edge in _list(given.get("edges"))]
    counts = [count if _is_count(count) else -1 for count in _list(given.get("counts"))]
    problem = histogram_problem(edges, counts)
    if problem is not None:
        return None, [f"The distribution of tightness cannot be drawn: {problem}."]
    left_out = whole.counts.total - whole.counts.vacuous - sum(counts)
    remark = (
        [
            f"{many(left_out, 'instance is', 'instances are')} not in the distribution: on a log axis only"
            " a positive, finite tightness has a place."
        ]
        if left_out > 0
        else []
    )
    return histogram(edges, counts, key, f"Distribution of tightness: {whole.title}"), remark


def _scatter_chart(record: dict[str, Any], whole: Part, key: str) -> tuple[str | None, list[str]]:
    points = [
        (_side(pair[0]), _side(pair[1]))
        for pair in _list(record.get("scatter"))
        if isinstance(pair, list) and len(pair) == 2
    ]
    marks = [
        Mark(
            _side(item.get("lhs")),
            _side(item.get("rhs")),
            str(item.get("verdict")).upper(),
            str(item.get("instance")),
        )
        for item in map(_mapping, _list(record.get("failures")))
    ]
    remarks = []
    judged = whole.counts.total - whole.counts.vacuous
    if points and judged > len(points):
        remarks.append(
            f"Drawn are {len(points):,} of {judged:,} instances, the first ones of each block, at the largest lhs and"
            " the least rhs that their enclosures allow."
        )
    zero = sum(1 for left, right in points if left == 0)
    other = sum(1 for left, right in points if left != 0 and not drawable(left, right))
    if zero:
        remarks.append(
            f"{zero:,} of {many(len(points), 'point')} {'has' if zero == 1 else 'have'} lhs = 0,"
            " which has no place on a log axis."
        )
    if other:
        remarks.append(f"{many(other, 'point')} with a side that is zero, negative or not finite cannot be drawn.")
    return scatter(points, marks, key, f"Left side against right side: {whole.title}"), remarks


def _printed(record: dict[str, Any], place: str) -> Counts | None:
    """Counts of the printed form, with deviations bounded at all points, where it was judged beside the strong one."""
    printed = record.get("printed_form")
    return _counts(printed, f"{place}.printed_form") if isinstance(printed, dict) else None


def _math(value: Any) -> Markup | None:
    """LaTeX as MathML."""
    text = _text(value)
    return None if text is None else Markup(statement_html(text))


def _claim(
    name: str, record: dict[str, Any], index: int, titles: dict[str, str], anchors: dict[str, str], show: Show
) -> Claim:
    place = f"claims.{name}"
    parts = _parts(record, titles, place, show)
    # A claim is as good as its weakest source, whatever its own mark says.
    guaranteed = record.get("guaranteed") is True and all(part.guaranteed for part in parts)
    whole = _part(record, name, _text(record.get("title")) or name, guaranteed, place, show)
    bars, bars_remarks = _tightness_chart(record, whole, f"tightness-{index}")
    cloud, cloud_remarks = _scatter_chart(record, whole, f"sides-{index}")
    return Claim(
        anchor=_anchor(name, index),
        whole=whole,
        statement=_math(record.get("statement")),
        where=_math(record.get("where")),
        assumptions=", ".join(map(str, _list(record.get("assumptions")))) or None,
        hypotheses=tuple(text for text in map(_text, _list(record.get("hypotheses"))) if text),
        guarantee=_text(record.get("guarantee")),
        source=_text(record.get("source")),
        sharpens=_text(record.get("sharpens")),
        sharpened=anchors.get(str(record.get("sharpens"))),
        printed=_printed(record, place),
        parts=parts,
        certified=_certified(whole, parts),
        worst=_worst(record, titles),
        shares=_shares(record),
        failures=_failures(record, show),
        charts=tuple(
            (caption, Markup(chart))
            for caption, chart in (
                ("Distribution of tightness", bars),
                ("Left side against right side", cloud),
            )
            if chart
        ),
        remarks=(*bars_remarks, *cloud_remarks),
        proof=proof_rows(record.get("proof")),
        waterfall=step_rows(record.get("waterfall")),
    )


def _sources(results: dict[str, Any]) -> tuple[Source, ...]:
    found = []
    for item in map(_mapping, _list(results.get("sources"))):
        name = _text(item.get("name")) or "unnamed"
        count = item.get("instances")
        found.append(
            Source(
                name=name,
                title=_text(item.get("title")) or name,
                description=_text(item.get("description")),
                instances=count if _is_count(count) else None,
            )
        )
    return tuple(found)


def _claims(results: dict[str, Any]) -> tuple[Claim, ...]:
    titles = {source.name: source.title for source in _sources(results)}
    records, show = _mapping(results.get("claims")), _shower(results)
    anchors = {name: _anchor(name, index) for index, name in enumerate(records, start=1)}
    return tuple(
        _claim(name, _mapping(record), index, titles, anchors, show)
        for index, (name, record) in enumerate(records.items(), start=1)
    )


def _page(results: dict[str, Any]) -> Page:
    claims, sources = _claims(results), _sources(results)
    partial = bool(results.get("partial"))
    versions = _mapping(results.get("versions")).items()
    subjects, findings = subject_rows(results.get("conformance")), finding_rows(results.get("findings"))
    brackets = bracket_rows(results.get("brackets"))
    return Page(
        headline=outcome.headline(claims, brackets, findings, subjects, partial),
        status=outcome.status(claims, brackets, findings, subjects),
        stopped=_stopped(results, sources),
        alerts=(*_alerts(claims, subjects, findings), *_bracket_alerts(brackets)),
        subjects=subjects,
        findings=findings,
        about_findings=INTRODUCTION,
        brackets=brackets,
        lines=_lines(results, claims, sources),
        claims=claims,
        sources=sources,
        command=_text(results.get("command")),
        seed=_text(results.get("seed")),
        versions=tuple((name, text) for name, value in versions if (text := _text(value))),
    )


def render_page(results: Results | Mapping[str, Any]) -> str:
    """The whole report as one HTML text, the same for equal results.

    Raises:
        InputError: the results are none, of another format or version, or a count is missing or no count.

    """
    # autoescape: every text in the results may come from outside (task tables, instance files, other people).
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    template = files("mamlcheck.report").joinpath("page.html.j2").read_text(encoding="utf-8")
    return environment.from_string(template).render(page=_page(_visible(_checked(results))))


# -- writing ------------------------------------------------------------------------------------------------


def write_report(results: Results | Mapping[str, Any], out: Path) -> Path:
    """Write `results.json` and `index.html` into the folder `out`; returns the path of the page.

    Whatever happens, a kill included, both files are those of this report or both are those of the previous one.

    Raises:
        InputError: `out` cannot be made or written, or the results are none (nothing is touched then).

    """
    write_together(out, {RESULTS_NAME: results_text(results), PAGE_NAME: render_page(results)})
    return out / PAGE_NAME


def results_text(results: Results | Mapping[str, Any]) -> str:
    """The text of `results.json`: the order of the results kept, numbers that are not finite as text."""
    if isinstance(results, Results):
        return results.text()
    return json.dumps(_checked(results), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
