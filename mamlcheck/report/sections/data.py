"""The tasks of the report's table: their constants, the hypotheses that fail there, tightness, and a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from mamlcheck.check.results import Results
from mamlcheck.formats.own_table import HypothesisCount, OwnTable, TaskConstants
from mamlcheck.formats.plans import AlgorithmPlan, PlanDocument, PlannedRun
from mamlcheck.formats.shared import Enclosure
from mamlcheck.report.claims import shown_claims, source_title
from mamlcheck.report.decimals import certain_digits, exact_ends, outward
from mamlcheck.report.outcome import Says
from mamlcheck.report.strips import CSS as STRIPS_CSS
from mamlcheck.report.strips import Strip, strips_svg
from mamlcheck.report.words import many

ORDER = 25
DIGITS = 4
MOST_TASKS = 100  # listed on the page; results.json has them all
MOST_CLAIMS_NAMED = 3  # of those that have a hypothesis
NO_PROOF = ("estimated", "declared")  # provenances that make a plan not guaranteed


@dataclass(frozen=True)
class HypothesisRow:
    """A hypothesis: on how many instances of how many it fails, or is open, and the claims that need it."""

    text: str
    failing: str
    open: str
    claims: str


@dataclass(frozen=True)
class TightnessRow:
    """A claim's tightness on random instances and on the table: medians, then the largest."""

    title: str
    anchor: str
    cells: tuple[str, str, str, str]
    guaranteed: bool


@dataclass(frozen=True)
class PlanRows:
    """The plan: its constants (symbol, value, provenance, source, whether it is no proof), and cells for each
    algorithm; why there is no run of some; notes.
    """

    sentence: str
    guaranteed: bool
    constants: tuple[tuple[str, str, str, str, bool], ...]
    titles: tuple[str, ...]
    entries: tuple[tuple[str, tuple[str, ...]], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class DataRows:
    """All of the section. sources: what the columns of tightness are of: random instances, and the table."""

    heading: str
    setting: str
    loose: str
    chart: Markup | None
    tasks: tuple[tuple[str, ...], ...]
    more: int
    instances: str
    hypotheses: tuple[HypothesisRow, ...]
    sources: tuple[str, str]
    tightness: tuple[TightnessRow, ...]
    plan: PlanRows | None
    why: str


def rows(results: Results) -> DataRows | None:
    """What is shown; None for the results of a mere run."""
    found = results.table
    if found is None:
        return None
    others = f"; claims are judged under {', '.join(found.others)} as well" if found.others else ""
    title = source_title(results, found.source)
    return DataRows(
        heading="Your data" if found.own else "The table",
        setting=f"{title}, {many(len(found.tasks), 'task')} under the loss {found.loss}{others}",
        loose=found.provenance if found.provenance in NO_PROOF else "",
        chart=_chart(found),
        tasks=tuple(_task(task) for task in found.tasks[:MOST_TASKS]),
        more=max(0, len(found.tasks) - MOST_TASKS),
        instances=many(found.instances, "instance"),
        hypotheses=tuple(_hypothesis(one) for one in found.hypotheses),
        sources=(_random_title(results, found.source), title),
        tightness=_tightness(results, found.source),
        plan=None if found.plan is None else _plan(found.plan),
        why=found.why or "",
    )


def says(results: Results) -> Says:
    """The plan in a sentence."""
    if results.table is None or results.table.plan is None:
        return Says()
    return Says(lines=(plan_sentence(results.table.plan),))


# -- numbers -------------------------------------------------------------------------------------------------------
def _above(value: float | None) -> str:
    return "–" if value is None else outward(Decimal(value), Decimal(value), DIGITS)[1]


def _below(value: float | None) -> str:
    return "any" if value is None else outward(Decimal(value), Decimal(value), DIGITS)[0]


def _exact_above(text: str | None) -> str:
    """An exact number in few digits, rounded up; any other text as it is."""
    pair = None if text is None else exact_ends(text)
    if pair is None:
        return text or "not known"
    return text if text is not None and len(text) <= 10 else outward(*pair, DIGITS)[1]


def _readable(exact: str) -> str:
    return exact if len(exact) <= 10 else certain_digits(exact, DIGITS) or exact


def _middle(number: Enclosure) -> float:
    """For a picture; 0 where a bound is not known."""
    return 0.0 if number.lower is None or number.upper is None else number.lower / 2 + number.upper / 2


# -- constants -----------------------------------------------------------------------------------------------------
def _chart(found: OwnTable) -> Markup | None:
    wanted: tuple[tuple[str, Callable[[TaskConstants], float | None]], ...] = (
        ("allowed α: 1 / Lᵢ", lambda task: task.rate),
        ("Lᵢ", lambda task: task.smoothness),
        ("ρᵢ", lambda task: task.hessian_lipschitz),
        ("σ̃ᵢ at w = 0: how far samples' gradients differ", lambda task: _middle(task.deviation)),
        ("|∇fᵢ(0) − ∇f(0)|: how far tasks differ", lambda task: _middle(task.apart)),
    )
    strips = [
        Strip(label, tuple((task.task, value) for task in found.tasks if (value := read(task)) is not None))
        for label, read in wanted
    ]
    picture = strips_svg(strips, "own-tasks", "Constants of the tasks, a dot each")
    return None if picture is None else Markup(picture)


def _task(task: TaskConstants) -> tuple[str, ...]:
    return (
        task.task,
        _below(task.rate),
        _above(task.smoothness),
        _above(task.hessian_lipschitz),
        certain_digits(task.deviation, DIGITS) or "not known",
        "not known" if task.everywhere is None else _above(task.everywhere),
        certain_digits(task.apart, DIGITS) or "not known",
    )


# -- hypotheses and tightness --------------------------------------------------------------------------------------
def _hypothesis(one: HypothesisCount) -> HypothesisRow:
    named = ", ".join(one.claims[:MOST_CLAIMS_NAMED])
    more = len(one.claims) - MOST_CLAIMS_NAMED
    return HypothesisRow(
        text=one.text,
        failing=f"{one.failing:,} of {one.asked:,}",
        open=f"{one.open:,}" if one.open else "–",
        claims=f"{named} and {more} more" if more > 0 else named,
    )


def _random_title(results: Results, table: str) -> str:
    other = next((source.name for source in results.sources if source.name != table), "")
    return source_title(results, other) if other else "elsewhere"


def _tightness(results: Results, table: str) -> tuple[TightnessRow, ...]:
    """A row for each claim with a tightness on the table."""
    other = next((source.name for source in results.sources if source.name != table), "")
    found = []
    for claim in shown_claims(results):
        own, others = claim.found.by_source.get(table), claim.found.by_source.get(other)
        if own is None or (own.tightness.max is None and own.tightness.median is None):
            continue
        there = None if others is None else others.tightness
        numbers = (
            None if there is None else there.median, own.tightness.median,
            None if there is None else there.max, own.tightness.max,
        )  # fmt: skip
        first, second, third, fourth = (certain_digits(number, DIGITS) or "–" for number in numbers)
        found.append(TightnessRow(claim.title, claim.anchor, (first, second, third, fourth), own.guaranteed))
    return tuple(found)


# -- the plan ------------------------------------------------------------------------------------------------------
def plan_sentence(plan: PlanDocument) -> str:
    """The cheapest plan in a sentence, or that there is none."""
    goal = f"E|∇F| ≤ {_readable(plan.accuracy)} on {plan.source}"
    best = None if plan.cheapest is None else plan.algorithms.get(plan.cheapest)
    sure = "guaranteed" if plan.guaranteed else f"NOT GUARANTEED: a constant is {plan.provenance}"
    if best is None or best.run is None:
        return f"No plan reaches {goal} ({sure})."
    sizes = best.run.sizes
    batches = [f"D_in = {sizes.inner:,}", f"D_o = {sizes.outer:,}"]
    batches += [] if sizes.hessian is None else [f"D_h = {sizes.hessian:,}"]
    return (
        f"To reach {goal}: {best.title} with α = {_readable(plan.alpha)}, {many(sizes.steps, 'step')} of "
        f"{many(sizes.tasks, 'task')}, {', '.join(batches)} ({sure})."
    )


ENTRIES: tuple[tuple[str, Callable[[PlannedRun], int | None]], ...] = (
    ("steps T", lambda run: run.sizes.steps),
    ("tasks B", lambda run: run.sizes.tasks),
    ("D_in", lambda run: run.sizes.inner),
    ("D_o", lambda run: run.sizes.outer),
    ("D_h", lambda run: run.sizes.hessian),
    ("B′", lambda run: run.sizes.stepsize_tasks),
    ("D_β", lambda run: run.sizes.stepsize),
    ("sample gradients a step", lambda run: run.cost.gradients_a_step),
    ("Hessian products a step", lambda run: run.cost.products_a_step),
    ("sample gradients in all", lambda run: run.cost.gradients),
    ("Hessian products in all", lambda run: run.cost.products),
)


def _plan(plan: PlanDocument) -> PlanRows:
    each = tuple(plan.algorithms.values())
    entries = [
        ("α L at most", tuple(one.largest_rate for one in each)),
        ("step size c β̃, c =", tuple(one.factor for one in each)),
        ("η", tuple("–" if one.run is None or one.run.eta is None else _readable(one.run.eta) for one in each)),
        *((name, tuple(_count(one, read) for one in each)) for name, read in ENTRIES),
        ("sure of ε at most", tuple("–" if one.run is None else _above(one.run.sure) for one in each)),
    ]
    return PlanRows(
        sentence=plan_sentence(plan),
        guaranteed=plan.guaranteed,
        constants=tuple(
            (one.symbol, _exact_above(one.value), one.provenance, one.source, one.provenance in NO_PROOF)
            for one in plan.constants
        ),
        titles=tuple(one.title for one in each),
        entries=tuple(entries),
        notes=(*(f"{one.title} has no plan: {one.why}" for one in each if one.run is None), *plan.notes),
    )


def _count(one: AlgorithmPlan, read: Callable[[PlannedRun], int | None]) -> str:
    value = None if one.run is None else read(one.run)
    return "–" if value is None else f"{value:,}"


CSS = (
    STRIPS_CSS
    + """\
.matrix.prose th, .matrix.prose td.id { white-space: normal; }
"""
)
TEMPLATE = """\
<section class="flow" id="own-data" aria-labelledby="title-own-data">
<h2 id="title-own-data">{{ rows.heading }}{{ marks.permalink("own-data", rows.heading) }}</h2>
<p>{{ rows.setting }}.{% if rows.loose %} {{ marks.guaranteed(false) }} The loss's suprema are {{ rows.loose }}, and \
so are Lᵢ and ρᵢ.{% endif %}</p>
{% if rows.chart %}
<figure>
<figcaption>The tasks, a dot each; the upright line is the median</figcaption>
{{ rows.chart }}
</figure>
{% endif %}
<details><summary>Their values</summary>
<div class="scroll" tabindex="0"><table class="matrix">
<thead><tr><th scope="col">Task</th><th scope="col" class="n">1 / Lᵢ</th><th scope="col" class="n">Lᵢ at most</th>\
<th scope="col" class="n">ρᵢ at most</th><th scope="col" class="n">σ̃ᵢ at w = 0</th>\
<th scope="col" class="n">σ̃ᵢ at all points, at most</th><th scope="col" class="n">|∇fᵢ(0) − ∇f(0)|</th></tr></thead>
<tbody>
{% for task in rows.tasks %}
<tr><th scope="row">{{ task[0] }}</th>{% for cell in task[1:] %}<td class="n">{{ cell }}</td>{% endfor %}</tr>
{% endfor %}
</tbody></table></div>
{% if rows.more %}<p class="remark">And {{ rows.more }} more, in results.json.</p>{% endif %}
</details>
{% if rows.hypotheses %}
<h3 id="hypotheses">Hypotheses that fail here{{ marks.permalink("hypotheses", "Hypotheses that fail here") }}</h3>
<p class="remark">Decided once more on the first {{ rows.instances }} of the table. Where one fails, the claims that \
need it are vacuous; most of them depend on rates, batches and points that are drawn, and not on the data.</p>
<div class="scroll" tabindex="0"><table class="matrix prose">
<thead><tr><th scope="col">Hypothesis</th><th scope="col" class="n">fails on</th><th scope="col" class="n">open on</th>\
<th scope="col">needed by</th></tr></thead>
<tbody>
{% for one in rows.hypotheses %}
<tr><th scope="row">{{ one.text }}</th><td class="n">{{ one.failing }}</td><td class="n">{{ one.open }}</td>\
<td class="id">{{ one.claims }}</td></tr>
{% endfor %}
</tbody></table></div>
{% endif %}
{% if rows.tightness %}
<h3 id="own-tightness">Tightness here against random tasks\
{{ marks.permalink("own-tightness", "Tightness here against random tasks") }}</h3>
<div class="scroll" tabindex="0"><table class="matrix">
<thead><tr><th scope="col">Claim</th><th scope="col" class="n">median, {{ rows.sources[0] }}</th>\
<th scope="col" class="n">median, {{ rows.sources[1] }}</th><th scope="col" class="n">max, {{ rows.sources[0] }}</th>\
<th scope="col" class="n">max, {{ rows.sources[1] }}</th></tr></thead>
<tbody>
{% for row in rows.tightness %}
<tr><th scope="row"><a href="#{{ row.anchor }}">{{ row.title }}</a>\
{% if not row.guaranteed %} {{ marks.guaranteed(false) }}{% endif %}</th>\
{% for cell in row.cells %}<td class="n">{{ cell }}</td>{% endfor %}</tr>
{% endfor %}
</tbody></table></div>
{% endif %}
<h3 id="plan">The plan{{ marks.permalink("plan", "The plan") }}</h3>
{% if rows.plan is none %}
<p>There is none: {{ rows.why }}.</p>
{% else %}
<p>{{ rows.plan.sentence }}{% if not rows.plan.guaranteed %} {{ marks.guaranteed(false) }}{% endif %}</p>
<div class="scroll" tabindex="0"><table class="matrix">
<thead><tr><th scope="col">Constant</th><th scope="col" class="n">at most</th><th scope="col">how it is known</th>\
<th scope="col">where from</th></tr></thead>
<tbody>
{% for symbol, value, provenance, source, loose in rows.plan.constants %}
<tr><th scope="row">{{ symbol }}</th><td class="n">{{ value }}</td><td>\
{% if loose %}<span class="mark not-guaranteed">! {{ provenance }}</span>{% else %}{{ provenance }}{% endif %}</td>\
<td>{{ source }}</td></tr>
{% endfor %}
</tbody></table></div>
<div class="scroll" tabindex="0"><table class="matrix">
<thead><tr><th scope="col"><span class="unseen">Entry</span></th>\
{% for title in rows.plan.titles %}<th scope="col" class="n">{{ title }}</th>{% endfor %}</tr></thead>
<tbody>
{% for name, cells in rows.plan.entries %}
<tr><th scope="row">{{ name }}</th>{% for cell in cells %}<td class="n">{{ cell }}</td>{% endfor %}</tr>
{% endfor %}
</tbody></table></div>
{% for note in rows.plan.notes %}<p class="remark">{{ note }}.</p>{% endfor %}
{% endif %}
</section>
"""
