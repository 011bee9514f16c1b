"""How many verdicts on a claim each arithmetic reached."""

from __future__ import annotations

from dataclasses import dataclass

from mamlcheck.report.claims import ShownClaim

ORDER = 80

MEANINGS = {
    "filter": "doubles with an error bounded for each instance",
    "ball": "ball arithmetic on arrays",
    "arb": "Arb at higher precision",
    "rational": "exact fractions and square roots",
}


@dataclass(frozen=True)
class ShareRow:
    """How many verdicts one arithmetic reached, and the share of all in per cent."""

    name: str
    meaning: str
    count: int
    percent: str


def rows(claim: ShownClaim) -> tuple[ShareRow, ...]:
    """A row for each arithmetic."""
    reached = claim.found.arithmetic
    total = sum(reached.values())
    return tuple(
        ShareRow(name, MEANINGS.get(name, name), count, f"{100 * count / total:.2f}" if total else "0")
        for name, count in reached.items()
        if count
    )


CSS = """\
.shares { display: flex; height: .7rem; width: 100%; max-width: 34rem; gap: 2px; margin: .6rem 0; }
.shares i { display: block; min-width: 3px; background: var(--dot); }
.shares i:nth-child(2) { background: var(--warn); } .shares i:nth-child(n+3) { background: var(--soft); }
.key { list-style: none; padding: 0; margin: 0; font-size: .9rem; } .key li { margin: .1rem 0; }
.key b { display: inline-block; width: .7rem; height: .7rem; margin-right: .5rem; background: var(--dot); }
.key li:nth-child(2) b { background: var(--warn); } .key li:nth-child(n+3) b { background: var(--soft); }
"""

TEMPLATE = """\
<details class="fold">
<summary>How the verdicts were reached</summary>
<div class="shares" aria-hidden="true">\
{% for share in rows %}<i style="flex: {{ share.count }} 1 0"></i>{% endfor %}</div>
<ul class="key">{% for share in rows %}<li><b aria-hidden="true"></b>\
{{ "{:,}".format(share.count) }} by {{ share.meaning }} ({{ share.name }}, {{ share.percent }} %)</li>{% endfor %}</ul>
</details>
"""
