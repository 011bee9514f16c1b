"""What was found of each claim, one section of the page for each; the files of this folder are the parts of it.

A part is a section file whose `rows` takes a `ShownClaim`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from markupsafe import Markup

from mamlcheck.check.results import Results
from mamlcheck.report.claims import ShownClaim, shown_claims
from mamlcheck.report.outcome import PageWord, Says, together
from mamlcheck.report.section import Section, sections_in

ORDER = 50


@dataclass(frozen=True)
class ClaimSection:
    """A claim's title with its marks, and its parts."""

    name: str
    title: str
    anchor: str
    ours: bool
    status: PageWord
    guaranteed: bool
    parts: tuple[Markup, ...]


def parts() -> tuple[Section[ShownClaim], ...]:
    """The parts of a claim's section, in their order."""
    return sections_in(sys.modules[__name__])


def rows(results: Results) -> tuple[ClaimSection, ...]:
    """A section for each claim."""
    return tuple(_section(claim, parts()) for claim in shown_claims(results))


def says(results: Results) -> Says:
    """What the parts say."""
    return together(part.says(results) for part in parts())


def _section(claim: ShownClaim, chosen: tuple[Section[ShownClaim], ...]) -> ClaimSection:
    return ClaimSection(
        name=claim.name,
        title=claim.title,
        anchor=claim.anchor,
        ours=claim.found.sharpens is not None,
        status=claim.status,
        guaranteed=claim.guaranteed,
        parts=tuple(part.html(claim) for part in chosen),
    )


TEMPLATE = """\
{% for claim in rows %}
<section id="{{ claim.anchor }}" aria-labelledby="title-{{ loop.index }}">
<div class="title">
<h2 id="title-{{ loop.index }}">{{ claim.title }}</h2>
{{ marks.status(claim.status) }}
{% if not claim.guaranteed %}<span class="mark not-guaranteed">! NOT GUARANTEED</span>{% endif %}
{% if claim.ours %}<span class="mark ours">ours</span>{% endif %}
{% if claim.title != claim.name %}<span class="id">{{ claim.name }}</span>{% endif %}

</div>
{% for part in claim.parts %}{{ part }}{% endfor %}
</section>
{% endfor %}
"""
