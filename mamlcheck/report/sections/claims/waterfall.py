"""Where the bound of a claim loses on its worst instance, step by step of the proof."""

from __future__ import annotations

from mamlcheck.report.claims import ShownClaim
from mamlcheck.report.steps import StepRow, step_rows

ORDER = 60


def rows(claim: ShownClaim) -> tuple[StepRow, ...]:
    """A row for each step, none where there is no waterfall."""
    return step_rows(claim.found.waterfall) if claim.found.waterfall else ()


CSS = """\
.fall tbody th { font-weight: 400; min-width: 16rem; }
.fall b { display: inline-block; width: 1.2em; font-weight: 400; color: var(--soft); }
.fall .track { min-width: 10rem; width: 40%; }
.track i { display: block; height: .75rem; background: var(--dot); min-width: 1px; }
"""

TEMPLATE = """\
<h4>Where the bound loses on this instance</h4>
<table class="wide fall">
<thead><tr><th scope="col">Step of the proof</th><th scope="col" class="n">Value</th>\
<th scope="col" class="n">Share of the loss</th>\
<th scope="col"><span class="unseen">Share, drawn</span></th></tr></thead>
<tbody>
{% for step in rows %}
<tr><th scope="row"><b>{{ step.relation }}</b> {{ step.title | replace("<=", "≤") }}</th>\
<td class="n" data-label="Value">{{ step.value }}</td>\
<td class="n" data-label="Share of the loss">{{ step.share }}</td>\
<td class="track" aria-hidden="true"><i style="margin-left: {{ "%.2f" | format(step.start) }}%; \
width: {{ "%.2f" | format(step.width) }}%"></i></td></tr>
{% endfor %}
</tbody>
</table>
"""
