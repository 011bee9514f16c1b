"""The verdicts on a claim, source by source."""

from __future__ import annotations

from mamlcheck.report.claims import ShownClaim, TallyRow, source_title, tally_row

ORDER = 30


def rows(claim: ShownClaim) -> tuple[TallyRow, ...]:
    """A row for each source, then one for all where that is not the same."""
    by_source = tuple(
        tally_row(claim.results, source_title(claim.results, name), part, part.guaranteed)
        for name, part in claim.found.by_source.items()
    )
    return by_source if len(by_source) == 1 else (*by_source, claim.tally)


TEMPLATE = """\
<h3>Verdicts</h3>
<table class="wide">
<thead><tr><th scope="col">Source</th><th scope="col" class="n">Holds</th><th scope="col" class="n">Violated</th>\
<th scope="col" class="n">Undecided</th><th scope="col" class="n">Vacuous</th><th scope="col">Guaranteed</th>\
<th scope="col" class="n">Max tightness</th><th scope="col">Worst instance</th></tr></thead>
<tbody>
{% for row in rows %}
<tr><th scope="row">{{ row.title }}</th>
{{ marks.tally(row) }}</tr>
{% endfor %}
</tbody>
</table>
"""
