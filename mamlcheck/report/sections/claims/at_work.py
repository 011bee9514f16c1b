"""An instance on which every term of the bound counts, beside a witness that leaves some at 0."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from mamlcheck.report.claims import ShownClaim
from mamlcheck.report.decimals import certain_digits, in_step
from mamlcheck.report.mathml import code_html, statement_html
from mamlcheck.report.portraits import portrait_svg

ORDER = 28


@dataclass(frozen=True)
class TermRow:
    """A term of the bound, and its value in digits that are certain."""

    formula: Markup
    value: str


@dataclass(frozen=True)
class AtWorkRows:
    """What is 0 on the witness, and what the other instance reaches, term by term."""

    idle: tuple[Markup, ...]
    least_share: str
    reached: str
    arithmetic: str
    description: str
    terms: tuple[TermRow, ...]
    chart: Markup
    python: Markup


def rows(claim: ShownClaim) -> AtWorkRows | None:
    """The instance, None where there is none."""
    found = claim.found.at_work
    if found is None:
        return None
    values = in_step([term.value for term in found.terms])
    return AtWorkRows(
        idle=tuple(Markup(statement_html(latex, "inline")) for latex in found.idle),
        least_share=found.least_share,
        reached=certain_digits(found.tightness) or "",
        arithmetic=found.arithmetic,
        description=found.description,
        terms=tuple(
            TermRow(Markup(statement_html(term.latex, "inline")), value)
            for term, value in zip(found.terms, values, strict=True)
        ),
        chart=Markup(
            portrait_svg(found.portrait, f"work-{claim.index}", f"Where every term of {claim.name} is at work")
        ),
        python=code_html(found.python),
    )


CSS = """\
.terms { list-style: none; padding: 0; margin: .3rem 0; overflow-x: auto; } .terms li { padding: .15rem 0; }
"""

TEMPLATE = """\
<h4>With every term of the bound at work</h4>
<figure class="witness">
{{ rows.chart }}
<figcaption>
<p>On the instance above {{ "a term" if rows.idle | length == 1 else "terms" }} of the bound \
{{ "is" if rows.idle | length == 1 else "are" }} 0:</p>
<ul class="terms" tabindex="0">{% for term in rows.idle %}<li>{{ term }} = 0</li>{% endfor %}</ul>
<p>Here each term is {{ rows.least_share }} of the bound or more, and {{ rows.reached }} of it is reached, certified \
by {{ rows.arithmetic }} arithmetic:</p>
<ul class="terms" tabindex="0">\
{% for term in rows.terms %}<li>{{ term.formula }} = {{ term.value }}</li>{% endfor %}</ul>
<p class="remark">The instance is of {{ rows.description }}.</p>
<details class="python"><summary>As Python, to judge it again</summary>\
<pre class="copy" tabindex="0">{{ rows.python }}</pre></details>
</figcaption>
</figure>
"""
