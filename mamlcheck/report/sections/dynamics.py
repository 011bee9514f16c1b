"""The algorithms at work: HF-MAML's finite difference, runs with what is guaranteed, Table 1, and Figure 1."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from markupsafe import Markup

from mamlcheck.check.results import Results
from mamlcheck.formats.dynamics import DifferenceErrors, Dynamics, FigureOne
from mamlcheck.formats.runs import AlgorithmRuns
from mamlcheck.formats.table1 import FloorCourse, FloorSeen, Table1, TablePlan, TableRow
from mamlcheck.report.charts import short
from mamlcheck.report.decimals import certain_digits, exact_ends, outward
from mamlcheck.report.figure_one import figure_one_svg
from mamlcheck.report.findings import comparison
from mamlcheck.report.lines import CSS as LINES_CSS
from mamlcheck.report.lines import Drawn, Upright, line_chart
from mamlcheck.report.mathml import prose_html
from mamlcheck.report.outcome import Says
from mamlcheck.report.words import many

ORDER = 55
DIGITS = 4  # of floats, and of bounds, which are rounded up
STYLES = {"MAML": "", "FO-MAML": "c1", "HF-MAML": "c2"}
SMALL_ETA = "c3"  # the style of a second run of HF-MAML
BELOW = 10.0  # a picture goes so many times below the least measured error


@dataclass(frozen=True)
class DifferenceRows:
    """The picture of the error, sentences on it, and how many floats have an error of exactly 0."""

    chart: Markup | None
    task: str
    best: tuple[str, ...]
    printed: str
    zeros: str


@dataclass(frozen=True)
class RunRow:
    """An algorithm's runs: |grad F| as floats, what its theorem guarantees, and what is proved of where it rests."""

    title: str
    start: str
    end: str
    mean: str
    theorem: str
    guaranteed: str
    proved: bool
    floor: str


@dataclass(frozen=True)
class FloorRow:
    """A floor seen in runs with all data: its picture, and what became of each run. finding: if it is on the page."""

    name: str
    finding: str
    setting: str
    courses: tuple[tuple[str, str, str], ...]
    chart: Markup | None


@dataclass(frozen=True)
class TableRows:
    """Table 1: constants with how they are known, and a row of cells for each entry, a cell for each algorithm."""

    source: str
    guaranteed: bool
    constants: tuple[tuple[str, str, str, str], ...]
    titles: tuple[str, ...]
    entries: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class FigureRows:
    """Figure 1: its picture, mean losses after 0, 1, ... steps from each starting point, and what is so there."""

    chart: Markup | None
    setting: str
    steps: tuple[str, ...]
    starts: tuple[tuple[str, str, str, tuple[str, ...]], ...]
    relations: tuple[tuple[str, bool, Markup], ...]


@dataclass(frozen=True)
class DynamicsRows:
    """All of the section. runs: with the picture, and a sentence on what was run; why: there is no Table 1."""

    differences: DifferenceRows
    run_chart: Markup | None
    run_setting: str
    runs: tuple[RunRow, ...]
    notes: tuple[str, ...]
    floors: tuple[FloorRow, ...]
    table: TableRows | None
    why: str
    figure: FigureRows


def rows(results: Results) -> DynamicsRows | None:
    """What is shown; None for the results of a mere run."""
    found = results.dynamics
    if found is None:
        return None
    settings = found.runs.settings
    findings = {finding.id for finding in results.findings.findings} if results.findings else set()
    return DynamicsRows(
        differences=_differences(found.differences),
        run_chart=_run_chart(found),
        run_setting=(
            f"{settings.source}: {many(found.runs.done, 'step')}, mean of {many(settings.seeds, 'run')}, "
            f"α = {_readable(settings.alpha)}; "
            + ", ".join(f"{size.symbol} = {size.count:,}" for size in settings.sizes)
        ),
        runs=tuple(_run_row(found, runs) for runs in found.runs.algorithms.values()),
        notes=found.runs.notes,
        floors=tuple(
            _floor(floor, k, findings) for k, floor in enumerate(found.table1.floors if found.table1 else (), start=1)
        ),
        table=None if found.table1 is None else _table(found.table1),
        why=found.why or "",
        figure=_figure(found.figure_1),
    )


def says(results: Results) -> Says:
    """Nothing at the head of the page: what is false as printed, the findings say."""
    return Says()


def _picture(text: str | None) -> Markup | None:
    return None if text is None else Markup(text)


# -- numbers ---------------------------------------------------------------------------------------------------------
def _about(value: float | None) -> str:
    return "–" if value is None else short(value)


def _at_most(value: float | None) -> str:
    """A bound in few digits, never below itself."""
    return "–" if value is None else outward(Decimal(value), Decimal(value), DIGITS)[1]


def _readable(exact: str) -> str:
    """An exact number as it is where it is short, else its first digits, which are certain."""
    return exact if len(exact) <= 10 else certain_digits(exact, DIGITS) or exact


def _float(exact: str) -> float:
    """About an exact number, for a picture; nan where the text is no number."""
    pair = exact_ends(exact)
    return math.nan if pair is None else float(pair[0])


# -- the finite difference -------------------------------------------------------------------------------------------
def _differences(found: DifferenceErrors) -> DifferenceRows:
    zeros = sum(error == 0 for one in found.measured for _, error in one.points)
    return DifferenceRows(
        chart=_picture(_difference_chart(found)),
        task=found.task,
        best=tuple(f"about δ = {_about(one.best)} in {one.precision}" for one in found.measured),
        printed=found.printed_delta,
        zeros=f"{many(zeros, 'measured error is', 'measured errors are')} exactly 0 and not drawn." if zeros else "",
    )


def _difference_chart(found: DifferenceErrors) -> str | None:
    measured = [error for one in found.measured for _, error in one.points if error > 0]
    low = min(measured, default=0.0) / BELOW
    shapes = {"float64": "dots", "float32": "squares"}
    attained = found.error == found.sharper
    curves = [("printed bound ρδ|v|² (proved)", found.printed, "c1")]
    curves.append((f"{'exact error, and ' if attained else ''}sharper bound (proved)", found.sharper, ""))
    curves += [] if attained else [("exact error", found.error, "c4")]
    drawn = [
        Drawn(name, "line", _above(zip(found.deltas, values, strict=False), low), style)
        for name, values, style in curves
    ]
    for one, style in zip(found.measured, ("c2", "c3"), strict=False):
        bound = zip((delta for delta, _ in one.points), one.rounding, strict=False)
        drawn.append(Drawn(f"rounding in {one.precision}, at most (proved)", "line", _above(bound, low), style))
    for one in found.measured:
        name = f"measured in {one.precision} (floats)"
        drawn.append(Drawn(name, shapes[one.precision], one.points))  # type: ignore[arg-type]
    printed = _float(found.printed_delta)
    marks = [Upright(printed, f"δ′: the printed 1/(6ρα|v|) = {found.printed_delta}")] if printed > 0 else []
    ends = [
        f"in {one.precision} the least measured error is {short(min((e for _, e in one.points if e > 0), default=0.0))}"
        for one in found.measured
    ]
    description = (
        f"Error of the difference quotient against delta from {short(min(found.deltas, default=0.0))} to "
        f"{short(max(found.deltas, default=0.0))}. The truncation line falls with delta, rounding lines rise as delta "
        f"falls; {'; '.join(ends)}."
    )
    return line_chart(
        drawn, "difference", "The error of HF-MAML's finite difference against delta", description,
        ("δ", "error"), (True, True), marks,
    )  # fmt: skip


def _above(points: Iterable[tuple[float, float]], low: float) -> tuple[tuple[float, float], ...]:
    return tuple((x, y) for x, y in points if y >= low)


# -- runs ------------------------------------------------------------------------------------------------------------
def _run_row(found: Dynamics, runs: AlgorithmRuns) -> RunRow:
    guarantee = runs.guarantee
    bounds = [floor for floor in found.floors if floor.algorithm == runs.title]
    return RunRow(
        title=runs.title if runs.eta is None else f"{runs.title}, η = {_readable(runs.eta)}",
        start=_about(runs.start_gradient_norm),
        end=_about(runs.end_gradient_norm.mean),
        mean=_about(runs.mean_gradient_norm.mean),
        theorem=runs.theorem,
        guaranteed=_at_most(guarantee.accuracy) if guarantee.accuracy is not None else f"nothing: {guarantee.why}",
        proved=guarantee.proved,
        floor="; ".join(f"at most {_at_most(floor.value)}" for floor in bounds),
    )


def _run_chart(found: Dynamics) -> Markup | None:
    results, drawn = found.runs, []
    last = float(max(results.done, 1))
    for runs in results.algorithms.values():
        style = STYLES.get(runs.title, SMALL_ETA)
        values = list(zip(runs.evaluated, runs.gradient_norm.means, runs.gradient_norm.spreads, strict=False))
        values.append((results.done, runs.end_gradient_norm.mean, runs.end_gradient_norm.spread))
        known = [(float(step), mean, spread or 0.0) for step, mean, spread in values if mean is not None]
        band = tuple((step, mean - spread, mean + spread) for step, mean, spread in known)
        drawn.append(Drawn(runs.title, "line", tuple((step, mean) for step, mean, _ in known), style, band))
        if runs.guarantee.accuracy is not None:
            told = f"{runs.title}, guaranteed in the mean: {_at_most(runs.guarantee.accuracy)}"
            drawn.append(Drawn(told, "level", ((0.0, runs.guarantee.accuracy), (last, runs.guarantee.accuracy)), style))
    for floor in found.floors:
        told = f"{floor.algorithm} at rest, full batches: at most {_at_most(floor.value)}"
        style = "c4" if floor.algorithm == "HF-MAML" else "c3"
        drawn.append(Drawn(told, "level", ((0.0, floor.value), (last, floor.value)), style))
    description = "; ".join(
        f"{runs.title} from {_about(runs.start_gradient_norm)} to {_about(runs.end_gradient_norm.mean)}"
        for runs in results.algorithms.values()
    )
    title = f"The norm of grad F along runs, {results.settings.source}"
    return _picture(line_chart(drawn, "runs", title, f"{description}.", ("steps", "|∇F(w)|"), (False, True)))


def _floor(floor: FloorSeen, k: int, findings: set[str]) -> FloorRow:
    level = _float(floor.floor)
    drawn = [
        Drawn(_course_name(course), "line",
              tuple((float(step), norm) for step, norm in zip(course.steps, course.gradient_norm, strict=False)),
              _course_style(course, floor.courses))
        for course in floor.courses
    ]  # fmt: skip
    ends = [each.points[-1][0] for each in drawn if each.points]
    if ends and level > 0:
        told = f"|∇F| where {floor.of} rests, exactly {_readable(floor.floor)}"
        drawn.append(Drawn(told, "level", ((0.0, level), (max(ends), level)), SMALL_ETA))
    told = "; ".join(
        f"{_course_name(one)} ends at {certain_digits(one.end, DIGITS) or 'no number'}" for one in floor.courses
    )
    picture = line_chart(
        drawn, f"floor-{k}", f"The floor of {floor.name}", f"{told}.", ("steps", "|∇F(w)|"), (False, True)
    )
    return FloorRow(
        name=floor.name,
        finding=floor.finding if floor.finding in findings else "",
        setting=f"From w = {floor.start} with α = {floor.alpha}; at w = {floor.rest} the direction of {floor.of} is "
        f"exactly 0, and |∇F| is {_readable(floor.floor)}.",
        courses=tuple(
            (_course_name(one), _about(one.gradient_norm[0] if one.gradient_norm else None),
             certain_digits(one.end, DIGITS) or "not known")
            for one in floor.courses
        ),
        chart=_picture(picture),
    )  # fmt: skip


def _course_name(course: FloorCourse) -> str:
    return course.title if course.eta is None else f"{course.title}, η = {course.eta}"


def _course_style(course: FloorCourse, others: tuple[FloorCourse, ...]) -> str:
    """The second run of one algorithm has a style of its own."""
    first = next(one for one in others if one.title == course.title)
    return STYLES.get(course.title, SMALL_ETA) if course is first else "c4"


# -- Table 1 ---------------------------------------------------------------------------------------------------------
def _table(found: Table1) -> TableRows:
    each = tuple(found.algorithms.values())
    symbols = dict.fromkeys(symbol for row in each if row.plan for symbol in row.plan.sizes)
    wanted: list[tuple[str, Callable[[TablePlan], int | None]]] = [
        ("steps T", lambda plan: plan.steps),
        *((symbol, partial(_size, symbol)) for symbol in symbols),
        ("sample gradients a step", lambda plan: plan.a_step.gradients),
        ("Hessian products a step", lambda plan: plan.a_step.products),
        ("sample gradients in all", lambda plan: plan.in_all),
    ]
    entries = [
        ("reaches", tuple(row.reaches for row in each)),
        (f"E|∇F(w_K)| at most, for ε = {_readable(found.accuracy)}", tuple(_accuracy(row, found) for row in each)),
        *((name, tuple(_planned(row, count) for row in each)) for name, count in wanted),
        (f"with D_in = {found.shots}, at most", tuple(_bound(row, row.shots) for row in each)),
    ]
    constants = tuple(
        (one.symbol, _at_most(one.upper) if one.upper is not None else "not known", one.provenance, one.told)
        for one in found.constants
    )
    source = f"{found.source}; {found.tasks}; α = {_readable(found.alpha)}"
    return TableRows(source, found.guaranteed, constants, tuple(row.title for row in each), tuple(entries))


def _accuracy(row: TableRow, found: Table1) -> str:
    """As it was asked for, where an algorithm reaches any accuracy."""
    return _readable(found.accuracy) if row.plan and row.chosen else _bound(row, row.accuracy)


def _bound(row: TableRow, value: float | None) -> str:
    if not row.applies:
        return f"α is too large for {row.theorem}"
    return "not known" if value is None else _at_most(value)


def _size(symbol: str, plan: TablePlan) -> int | None:
    return plan.sizes.get(symbol)


def _planned(row: TableRow, count: Callable[[TablePlan], int | None]) -> str:
    if row.plan is None:
        return "not known"
    value = count(row.plan)
    return "–" if value is None else f"{value:,}"


# -- Figure 1 --------------------------------------------------------------------------------------------------------
def _figure(found: FigureOne) -> FigureRows:
    most = max((len(start.mean_losses) for start in found.starts), default=0)
    return FigureRows(
        chart=_picture(figure_one_svg(found, "figure-1")),
        setting=", ".join(
            f"{name}: λ = {curvature}" for name, curvature in zip(found.names, found.curvatures, strict=False)
        ) + f"; α = {found.alpha}",
        steps=tuple(f"after {many(k, 'step')}" for k in range(most)),
        starts=tuple(
            (str(start.steps), _problem(start.steps), f"({', '.join(start.point)})",
             tuple(f"{certain_digits(mean) or mean}" for mean in start.mean_losses))
            for start in found.starts
        ),
        relations=tuple((comparison(fact), fact.holds, Markup(prose_html(fact.text))) for fact in found.relations),
    )  # fmt: skip


def _problem(steps: int) -> str:
    return {0: "problem (1)", 1: "problem (2)"}.get(steps, f"problem (2) with {many(steps, 'inner step')}")


CSS = (
    LINES_CSS
    + """\
.chart .centre { fill: var(--ink); }
.dynamics h3 { margin-top: 2.2rem; }
"""
)

TEMPLATE = """\
<section class="dynamics" id="dynamics" aria-labelledby="title-dynamics">
<h2 id="title-dynamics">The algorithms at work\
{{ marks.permalink("dynamics", "The algorithms at work") }}</h2>
<h3 id="difference-error">HF-MAML's finite difference against its step\
{{ marks.permalink("difference-error", "HF-MAML's finite difference against its step") }}</h3>
{% with d = rows.differences %}
<figure>
<figcaption>Too large a δ truncates, too small a one rounds</figcaption>
{% if d.chart %}{{ d.chart }}{% endif %}
</figure>
<p>Drawn is {{ d.task }}. The printed bound, the sharper one and the bounds of rounding are proved; the exact error is \
computed in fractions. What is measured are floats, held against the exact product: they show, and prove nothing. The \
proved bound of both errors together is least at {{ d.best | join(" and ") }}. The printed δ is \
{{ d.printed }}. {{ d.zeros }}</p>
{% endwith %}
<h3 id="runs-made">Runs, with what is guaranteed\
{{ marks.permalink("runs-made", "Runs, with what is guaranteed") }}</h3>
<figure>
<figcaption>{{ rows.run_setting }}</figcaption>
{% if rows.run_chart %}{{ rows.run_chart }}{% endif %}
</figure>
<div class="scroll" tabindex="0"><table class="matrix">
<thead><tr><th scope="col">Algorithm</th><th scope="col" class="n">|∇F| at the start</th>\
<th scope="col" class="n">at the end</th><th scope="col" class="n">mean over the steps</th>\
<th scope="col" class="n">guaranteed for that mean</th><th scope="col">by</th>\
<th scope="col" class="n">where it rests with full batches</th></tr></thead>
<tbody>
{% for run in rows.runs %}
<tr><th scope="row">{{ run.title }}</th><td class="n">{{ run.start }}</td><td class="n">{{ run.end }}</td>\
<td class="n">{{ run.mean }}</td><td class="n">{{ run.guaranteed }}</td><td>{{ run.theorem }} \
{% if run.proved %}(proved){% else %}{{ marks.guaranteed(false) }}{% endif %}</td>\
<td class="n">{{ run.floor or "–" }}</td></tr>
{% endfor %}
</tbody></table></div>
<p class="remark">Means over the runs are floats, with a standard deviation on either side in the picture. A theorem \
bounds the mean over all draws and over a uniformly random iterate; it and the floors are rounded up.\
{% for note in rows.notes %} Note: {{ note }}.{% endfor %}</p>
{% if rows.floors %}
<h3 id="floors-seen">Floors, seen in runs with all data\
{{ marks.permalink("floors-seen", "Floors, seen in runs with all data") }}</h3>
<div class="charts">
{% for floor in rows.floors %}
<figure>
<figcaption>{{ floor.name }}</figcaption>
{% if floor.chart %}{{ floor.chart }}{% endif %}
<p class="remark">{{ floor.setting }} {% for name, start, end in floor.courses %}{{ name }}: from {{ start }} to \
{{ end }} (certified){{ "; " if not loop.last else "." }}{% endfor %}\
{% if floor.finding %} The finding <a href="#finding-{{ floor.finding }}">{{ floor.finding }}</a> has the tasks.\
{% endif %}</p>
</figure>
{% endfor %}
</div>
{% endif %}
<h3 id="table-1">Table 1 for the tasks at hand\
{{ marks.permalink("table-1", "Table 1 for the tasks at hand") }}</h3>
{% if rows.table is none %}
<p>There is none: {{ rows.why }}.</p>
{% else %}
<p>{{ rows.table.source }}. {% if not rows.table.guaranteed %}{{ marks.guaranteed(false) }} A constant is declared or \
estimated.{% endif %}</p>
<div class="scroll" tabindex="0"><table class="matrix">
<thead><tr><th scope="col">Constant</th><th scope="col" class="n">at most</th><th scope="col">how it is known</th>\
<th scope="col">what it is</th></tr></thead>
<tbody>
{% for symbol, value, provenance, told in rows.table.constants %}
<tr><th scope="row">{{ symbol }}</th><td class="n">{{ value }}</td><td>{{ provenance }}</td><td>{{ told }}</td></tr>
{% endfor %}
</tbody></table></div>
<div class="scroll" tabindex="0"><table class="matrix">
<thead><tr><th scope="col"><span class="unseen">Entry</span></th>\
{% for title in rows.table.titles %}<th scope="col" class="n">{{ title }}</th>{% endfor %}</tr></thead>
<tbody>
{% for name, cells in rows.table.entries %}
<tr><th scope="row">{{ name }}</th>{% for cell in cells %}<td class="n">{{ cell }}</td>{% endfor %}</tr>
{% endfor %}
</tbody></table></div>
{% endif %}
<h3 id="figure-one">Figure 1{{ marks.permalink("figure-one", "Figure 1") }}</h3>
{% with f = rows.figure %}
<figure>
<figcaption>Where each problem puts the point to start from</figcaption>
{% if f.chart %}{{ f.chart }}{% endif %}
</figure>
<p class="remark">Tasks are circles where their losses are equal ({{ f.setting }}); a start has the number of inner \
steps that it is best for.</p>
<div class="scroll" tabindex="0"><table class="matrix">
<thead><tr><th scope="col">Start</th><th scope="col">the minimiser of</th><th scope="col">where, exactly</th>\
{% for step in f.steps %}<th scope="col" class="n">mean loss {{ step }}</th>{% endfor %}</tr></thead>
<tbody>
{% for steps, problem, point, losses in f.starts %}
<tr><th scope="row">{{ steps }}</th><td>{{ problem }}</td><td>{{ point }}</td>\
{% for loss in losses %}<td class="n">{{ loss }}</td>{% endfor %}</tr>
{% endfor %}
</tbody></table></div>
<details><summary>{{ f.relations | length }} statements about it, each decided in fractions</summary>
<ul>
{% for comparison, holds, text in f.relations %}
<li>{{ text }}: <span class="id">{{ comparison }}</span>{% if not holds %} \
<strong class="loud-violated">NOT CONFIRMED</strong>{% endif %}</li>
{% endfor %}
</ul></details>
{% endwith %}
</section>
"""
