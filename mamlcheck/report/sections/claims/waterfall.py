"""Where a bound loses, step by step of the proof: on its witness, or on the worst instance where none is known."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from mamlcheck.formats.proofs import WaterfallRecord
from mamlcheck.report.claims import ShownClaim
from mamlcheck.report.mathml import statement_html
from mamlcheck.report.steps import StepRow, lossless, step_rows
from mamlcheck.report.symbols import in_symbols
from mamlcheck.report.words import many

ORDER = 26


@dataclass(frozen=True)
class FallRow:
    """A line of a waterfall, with its formula where that is shown."""

    step: StepRow
    formula: Markup | None = None

    @property
    def title(self) -> str:
        """Of the step, its formulas in symbols."""
        return in_symbols(self.step.title)


@dataclass(frozen=True)
class Falls:
    """Both waterfalls, empty where there is none. nothing_lost, left_out: a sentence about that of the witness.

    name: of the chain that the witness runs along.
    """

    name: str
    nothing_lost: str | None
    witness: tuple[FallRow, ...]
    left_out: str | None
    worst: tuple[FallRow, ...]
    left_out_of_worst: str | None


def rows(claim: ShownClaim) -> Falls | None:
    """The rows of both; None where there is neither."""
    witness, worst = claim.found.witness_waterfall, claim.found.waterfall
    if witness is None and worst is None:
        return None
    shown, left_out = _losing(None if witness is None or _nothing_lost(witness) else witness)
    of_worst, left_out_of_worst = _losing(worst if witness is None else None)  # `mamlcheck show` prints that one
    return Falls(
        name="" if witness is None else in_symbols(witness.chain),
        nothing_lost=None if witness is None else _nothing_lost(witness),
        witness=tuple(FallRow(step, Markup(statement_html(step.formula))) for step in shown),
        left_out=left_out,
        worst=tuple(FallRow(step) for step in of_worst),
        left_out_of_worst=left_out_of_worst,
    )


def _nothing_lost(fall: WaterfallRecord) -> str | None:
    value, count = lossless(fall), len(fall.steps)
    if value is not None:
        return f"Nothing: all {count} expressions of the proof are {value} there, exactly, and the bound is met."
    seen = {step.value for step in step_rows(fall)}
    if len(seen) == 1 and not any(step.loses for step in step_rows(fall)):
        return f"Nothing that is seen in the digits that are certain: all {count} expressions are {seen.pop()} there."
    return None


def _losing(fall: WaterfallRecord | None) -> tuple[tuple[StepRow, ...], str | None]:
    """The first line, those that lose, and the last; and how many others there are."""
    if fall is None:
        return (), None
    steps = step_rows(fall)
    shown = tuple(step for k, step in enumerate(steps) if k in (0, len(steps) - 1) or step.loses)
    others = len(steps) - len(shown)
    more = many(others, "more step loses", "more steps lose")
    return shown, f"{more} nothing, or too little to be seen here." if others else None


CSS = """\
.fall { table-layout: fixed; } .fall thead th:first-child { width: 48%; }
.fall tbody th { font-weight: 400; }
.fall b { display: inline-block; width: 1.2em; font-weight: 400; color: var(--soft); }
@media screen and (max-width: 58rem) {
  .fall td:nth-child(2)::before { content: "Value"; } .fall td:nth-child(3)::before { content: "Share of the loss"; }
  .fall td:last-child { display: block; width: auto; }
}
.fall .scroll { margin: .25rem 0 0 1.2em; overflow-y: hidden; }
.fall .scroll math { text-align: left; margin: 0; }
.fall i { display: block; height: .75rem; background: var(--dot); min-width: 1px; }
"""

TEMPLATE = """\
{% macro fall(rows) %}
<table class="wide fall">
<thead><tr><th scope="col">Step of the proof</th><th scope="col" class="n">Value</th>\
<th scope="col" class="n">Share of the loss</th>\
<th scope="col"><span class="unseen">Share, drawn</span></th></tr></thead>
<tbody>
{% for row in rows %}{% set step = row.step %}
<tr><th scope="row"><b>{{ step.relation }}</b> {{ row.title }}\
{% if row.formula %}<div class="scroll" tabindex="0">{{ row.formula }}</div>{% endif %}</th>\
<td class="n">{{ step.value }}</td><td class="n">{{ step.share }}</td>\
<td aria-hidden="true">{% if step.width %}<i style="margin-left: {{ "%.2f" | format(step.start) }}%; \
width: {{ "%.2f" | format(step.width) }}%"></i>{% endif %}</td></tr>
{% endfor %}
</tbody>
</table>
{% endmacro %}
<h4>Where the bound loses</h4>
{% if rows.nothing_lost %}<p>On the instance that comes closest: {{ rows.nothing_lost }}</p>{% endif %}
{% if rows.witness %}
<p>On the instance that comes closest, along the chain {{ rows.name }}:</p>
{{ fall(rows.witness) }}
{% if rows.left_out %}<p class="remark">{{ rows.left_out }}</p>{% endif %}
{% endif %}
{% if rows.worst %}
<details class="fold">
<summary>On the worst instance of this run, since no witness is known</summary>
{{ fall(rows.worst) }}
{% if rows.left_out_of_worst %}<p class="remark">{{ rows.left_out_of_worst }}</p>{% endif %}
</details>
{% endif %}
"""
