"""What a claim says, what it assumes, and where that is found."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from mamlcheck.formats.shared import Counts
from mamlcheck.report.claims import ShownClaim, shown_claims
from mamlcheck.report.mathml import statement_html
from mamlcheck.report.symbols import in_symbols

ORDER = 10


@dataclass(frozen=True)
class Statement:
    """A claim's own words. sharpens: the printed claim that it sharpens; sharpened: the anchor of that, if it has one.

    other_form: what the form with deviations bounded at all points is called, and its verdicts, where it was judged.
    """

    formula: Markup | None
    where: Markup | None
    sharpens: str | None
    sharpened: str | None
    assumptions: str
    hypotheses: tuple[str, ...]
    guarantee: str
    other_form: tuple[str, Counts] | None
    source: str


def rows(claim: ShownClaim) -> Statement:
    """The claim's own words."""
    found = claim.found
    anchors = {other.name: other.anchor for other in shown_claims(claim.results)}
    name = "Printed form" if found.sharpens is None else "Global form"
    return Statement(
        formula=_formula(found.statement),
        where=_formula(found.where),
        sharpens=found.sharpens,
        sharpened=None if found.sharpens is None else anchors.get(found.sharpens),
        assumptions=", ".join(found.assumptions),
        hypotheses=tuple(in_symbols(text) for text in found.hypotheses if text),
        guarantee=in_symbols(found.guarantee),
        other_form=None if found.printed_form is None else (name, found.printed_form),
        source=found.source,
    )


def _formula(latex: str) -> Markup | None:
    return Markup(statement_html(latex)) if latex else None


CSS = """\
.statement { margin: 1.2rem 0; padding: .9rem 1.1rem; background: var(--raised); border-radius: 4px; overflow-x: auto; \
font-size: 1.12rem; }
.statement math { margin: 0; text-align: left; }
"""

TEMPLATE = """\
{% if rows.formula is not none %}
<div class="statement" tabindex="0">{{ rows.formula }}</div>
<p class="remark symbols"><a href="#symbols">What the symbols mean</a></p>
{% endif %}
<dl>
{% if rows.where is not none %}<dt>Where</dt><dd>{{ rows.where }}</dd>{% endif %}
{% if rows.sharpens is not none %}<dt>Sharpens</dt><dd>\
{% if rows.sharpened is not none %}<a href="#{{ rows.sharpened }}">{{ rows.sharpens }}</a>\
{% else %}{{ rows.sharpens }}{% endif %}, as printed; this form is not in the paper</dd>{% endif %}
{% if rows.assumptions %}<dt>Assumptions</dt><dd>{{ rows.assumptions }} of the paper</dd>{% endif %}
{% if rows.hypotheses %}<dt>Hypotheses</dt><dd><ul>\
{% for hypothesis in rows.hypotheses %}<li>{{ hypothesis }}</li>{% endfor %}</ul></dd>{% endif %}
{% if rows.guarantee %}<dt>Guarantee</dt><dd>{{ rows.guarantee }}</dd>{% endif %}
{% if rows.other_form is not none %}{% set name, counts = rows.other_form %}<dt>{{ name }}</dt><dd>\
{{ "{:,}".format(counts.holds) }} hold, {{ "{:,}".format(counts.violated) }} violated, \
{{ "{:,}".format(counts.undecided) }} undecided, {{ "{:,}".format(counts.vacuous) }} vacuous, \
{% if counts.at_confidence %}{{ "{:,}".format(counts.at_confidence) }} at confidence only, {% endif %}\
with deviations bounded at all points; the verdicts below are on the stronger form, with those at the points used\
</dd>{% endif %}
{% if rows.source %}<dt>Source</dt><dd>{{ rows.source }}</dd>{% endif %}
</dl>
"""
