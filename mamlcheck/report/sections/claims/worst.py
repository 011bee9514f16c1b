"""The instance on which a claim is tightest."""

from __future__ import annotations

from dataclasses import dataclass

from mamlcheck.report.claims import ShownClaim, show_command, source_title
from mamlcheck.report.decimals import enclosure_text

ORDER = 50


@dataclass(frozen=True)
class WorstRow:
    """The instance in a line, with both sides. command: shows it."""

    source: str
    description: str
    left: str
    right: str
    command: str


def rows(claim: ShownClaim) -> WorstRow | None:
    """The worst instance, None where none has a tightness."""
    worst = claim.found.worst
    if worst is None:
        return None
    return WorstRow(
        source=source_title(claim.results, worst.source),
        description=worst.description,
        left=enclosure_text(worst.lhs),
        right=enclosure_text(worst.rhs),
        command=show_command(claim.results, worst.instance),
    )


CSS = """\
.sides { font: .9rem/1.7 var(--mono); overflow-wrap: anywhere; margin: .4rem 0; }
.sides span { color: var(--soft); }
"""

TEMPLATE = """\
<h4>Worst instance</h4>
<p>{{ rows.source }}: {{ rows.description }}</p>\
<p class="sides"><span>lhs</span> {{ rows.left }}<br><span>rhs</span> {{ rows.right }}</p>
<p>Make it again: <code class="copy">{{ rows.command }}</code></p>\
"""
