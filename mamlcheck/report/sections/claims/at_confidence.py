"""How many verdicts on a claim hold by sampling alone, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

from mamlcheck.meta.confidence import at_confidence, together
from mamlcheck.report.claims import ShownClaim

ORDER = 35


@dataclass(frozen=True)
class Sampled:
    """Verdicts at confidence: of the strong form and, where it was judged, of the form bounded at all points."""

    strong: int
    printed: int
    one: str
    all: str


def rows(claim: ShownClaim) -> Sampled | None:
    """How many there are, None where there are none."""
    form = claim.found.printed_form
    strong, printed = claim.found.counts.at_confidence, 0 if form is None else form.at_confidence
    return Sampled(strong, printed, at_confidence(), together(strong + printed)) if strong + printed else None


CSS = """\
.mark.at-confidence { color: var(--soft); background: var(--mute-wash); border-color: currentColor; }
.outcome.at-confidence { border-color: var(--warn); }
"""

TEMPLATE = """\
<h4>At confidence</h4>
<p><span class="mark at-confidence">≈ HOLDS at confidence</span> on {{ "{:,}".format(rows.strong) }} instances\
{% if rows.printed %}, and on {{ "{:,}".format(rows.printed) }} with deviations bounded at all points{% endif %}: \
their batches are too many to enumerate and were sampled. Each of these verdicts is right {{ rows.one }} over the draw \
of its batches, {{ rows.all }}. None is counted among those that hold, and none has a tightness.</p>
"""
