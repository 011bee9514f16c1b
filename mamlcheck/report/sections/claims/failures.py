"""The instances on which a claim is violated or undecided, with both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mamlcheck.report.claims import ShownClaim, show_command
from mamlcheck.report.decimals import enclosure_text

ORDER = 20


@dataclass(frozen=True)
class FailureRow:
    """An instance with both sides. command: shows it."""

    command: str
    verdict: Literal["VIOLATED", "UNDECIDED"]
    left: str
    right: str


@dataclass(frozen=True)
class Failures:
    """The first instances that fail, of so many."""

    listed: tuple[FailureRow, ...]
    count: int


def rows(claim: ShownClaim) -> Failures | None:
    """The listed instances, None where there are none."""
    listed = tuple(
        FailureRow(
            show_command(claim.results, failed.instance),
            failed.verdict,
            enclosure_text(failed.lhs),
            enclosure_text(failed.rhs),
        )
        for failed in claim.found.failures
    )
    counts = claim.found.counts
    return Failures(listed, counts.violated + counts.undecided) if listed else None


TEMPLATE = """\
<h4>Violated or undecided</h4>
<table class="wide">
<thead><tr><th scope="col">Instance</th><th scope="col">Verdict</th><th scope="col">Left side</th>\
<th scope="col">Right side</th></tr></thead>
<tbody>
{% for failure in rows.listed %}
<tr><th scope="row"><code class="copy">{{ failure.command }}</code></th>\
<td data-label="Verdict"><span class="mark {{ failure.verdict | lower }}">{{ failure.verdict }}</span></td>\
<td data-label="Left side"><code>{{ failure.left }}</code></td>\
<td data-label="Right side"><code>{{ failure.right }}</code></td></tr>
{% endfor %}
</tbody>
</table>
{% set listed = rows.listed | length %}
{% if rows.count > listed %}\
<p class="remark">The first {{ "{:,}".format(listed) }} of {{ "{:,}".format(rows.count) }}.</p>{% endif %}
"""
