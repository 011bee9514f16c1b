"""What was found of each claim, a card for each printed one with its other forms in it, and for each of the rest.

The files of this folder are the parts of what is shown of a claim. A part is a section file whose `rows` takes a
`ShownClaim`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from markupsafe import Markup

from mamlcheck.check.results import Results
from mamlcheck.report.claims import ShownClaim, cards
from mamlcheck.report.outcome import PageWord, Says, together
from mamlcheck.report.section import Section, sections_in

ORDER = 50


@dataclass(frozen=True)
class ClaimCard:
    """A claim's title with its marks, its parts, and its other forms."""

    name: str
    index: int
    title: str
    anchor: str
    ours: bool
    status: PageWord
    guaranteed: bool
    parts: tuple[Markup, ...]
    forms: tuple[ClaimCard, ...] = ()


def parts() -> tuple[Section[ShownClaim], ...]:
    """The parts of what is shown of a claim, in their order."""
    return sections_in(sys.modules[__name__])


def rows(results: Results) -> tuple[ClaimCard, ...]:
    """A card for each printed claim, and for each of the others that is no form of one."""
    chosen = parts()
    return tuple(_card(first, chosen, tuple(_card(form, chosen) for form in forms)) for first, *forms in cards(results))


def says(results: Results) -> Says:
    """What the parts say."""
    return together(part.says(results) for part in parts())


def _card(claim: ShownClaim, chosen: tuple[Section[ShownClaim], ...], forms: tuple[ClaimCard, ...] = ()) -> ClaimCard:
    return ClaimCard(
        name=claim.name,
        index=claim.index,
        title=claim.title,
        anchor=claim.anchor,
        ours=claim.ours,
        status=claim.status,
        guaranteed=claim.guaranteed,
        parts=tuple(part.html(claim) for part in chosen),
        forms=forms,
    )


CSS = """\
.form { border-left: 3px solid var(--rule); padding-left: 1.2rem; margin-top: 2.2rem; }
.title h4.name { font: 600 1.1rem/1.3 var(--serif); text-transform: none; letter-spacing: 0; color: var(--ink); \
margin: 0; }
.fold > summary { font-weight: 600; }
"""

TEMPLATE = """\
{% macro head(claim, tag, kind) %}
<div class="title">
<{{ tag }} class="{{ kind }}" id="title-{{ claim.index }}">{{ claim.title }}\
{{ marks.permalink(claim.anchor, claim.title) }}</{{ tag }}>
{{ marks.status(claim.status) }}
{% if not claim.guaranteed %}<span class="mark not-guaranteed">! NOT GUARANTEED</span>{% endif %}
{% if claim.ours %}{{ marks.ours() }}{% endif %}
{% if claim.title != claim.name %}<span class="id">{{ claim.name }}</span>{% endif %}

</div>
{% endmacro %}
<section id="claims" aria-labelledby="title-claims">
<h2 id="title-claims">The claims one by one{{ marks.permalink("claims", "The claims one by one") }}</h2>
<p>Pictures of instances show the second derivatives of the tasks (thick) and of their samples (thin, where they \
differ), and the points that the claim uses: w′ adapted with the full data, wᵢ with a batch; dashed where they are \
projected onto the line drawn.</p>
{% for claim in rows %}
<section class="card" id="{{ claim.anchor }}" aria-labelledby="title-{{ claim.index }}">
{{ head(claim, "h3", "card-name") }}
{% for part in claim.parts %}{{ part }}{% endfor %}
{% for form in claim.forms %}
<article class="form" id="{{ form.anchor }}" aria-labelledby="title-{{ form.index }}">
{{ head(form, "h4", "name") }}
{% for part in form.parts %}{{ part }}{% endfor %}
</article>
{% endfor %}
</section>
{% endfor %}
</section>
"""
