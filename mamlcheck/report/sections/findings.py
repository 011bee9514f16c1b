"""Places where the printed text of the paper needs care, each with its executed example."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from mamlcheck.check.results import Results
from mamlcheck.formats.findings import FindingRecord
from mamlcheck.report.findings import LABELS, cases, comparison, number_text
from mamlcheck.report.mathml import prose_html
from mamlcheck.report.outcome import Alert, Phrase, Says
from mamlcheck.report.plaintext import plain_prose
from mamlcheck.report.words import listed

ORDER = 60


@dataclass(frozen=True)
class QuantityRow:
    """A computed number and its name. spoken: the name in plain text, since not every reader reads formulas aloud."""

    name: Markup
    spoken: str
    value: str


@dataclass(frozen=True)
class RelationRow:
    """A comparison, whether it holds, and what it shows."""

    comparison: str
    holds: bool
    text: Markup


@dataclass(frozen=True)
class CaseRows:
    """One part of an example; `name` is empty where it has no parts."""

    name: Markup
    quantities: tuple[QuantityRow, ...]
    relations: tuple[RelationRow, ...]


@dataclass(frozen=True)
class FindingRow:
    """One finding; `texts` are (label, prose)."""

    id: str
    title: Markup
    place: Markup
    confirmed: bool
    texts: tuple[tuple[str, Markup], ...]
    see: tuple[str, ...]
    setting: Markup
    cases: tuple[CaseRows, ...]
    error: str | None


def rows(results: Results) -> tuple[FindingRow, ...]:
    """A row for each finding."""
    return tuple(_row(finding) for finding in _findings(results))


def says(results: Results) -> Says:
    """What of the paper is false as printed, and which examples do not show what they should."""
    findings = _findings(results)
    unshown = [finding.id for finding in findings if not finding.confirmed]
    refuted = list(dict.fromkeys(finding.refutes for finding in findings if finding.confirmed and finding.refutes))
    are = "is" if len(refuted) == 1 else "are"
    return Says(
        failing=(Phrase(f"NOT CONFIRMED by its example: {', '.join(unshown)}", 50),) if unshown else (),
        giving=(Phrase(f"{listed(refuted)} {are} false as printed (a finding)", 20),) if refuted else (),
        alerts=tuple(_alerts(findings, unshown)),
        word="false as printed" if refuted else "holds",
    )


def _findings(results: Results) -> tuple[FindingRecord, ...]:
    return results.findings.findings if results.findings else ()


def _alerts(findings: tuple[FindingRecord, ...], unshown: list[str]) -> Iterator[Alert]:
    for finding in findings:
        if finding.confirmed and finding.refutes:
            where = Markup('<a href="#finding-{}">{}</a>').format(finding.id, _prose(finding.title))
            yield Alert("FALSE AS PRINTED", Markup("{}: {}.").format(finding.refutes, where), 60)
    if unshown:
        sentence = f"{'; '.join(unshown)}. The example does not show what the finding says."
        yield Alert("NOT CONFIRMED", sentence, 70)


def _prose(text: str) -> Markup:
    return Markup(prose_html(text))


def _row(finding: FindingRecord) -> FindingRow:
    return FindingRow(
        id=finding.id,
        title=_prose(finding.title),
        place=_prose(finding.place),
        confirmed=finding.confirmed,
        texts=tuple((label, _prose(text(finding))) for label, text in LABELS),
        see=finding.see,
        setting=_prose(finding.setting),
        cases=tuple(
            CaseRows(
                _prose(case),
                tuple(
                    QuantityRow(_prose(quantity.name), plain_prose(quantity.name), number_text(quantity.value))
                    for quantity in quantities
                ),
                tuple(RelationRow(comparison(fact), fact.holds, _prose(fact.text)) for fact in facts),
            )
            for case, quantities, facts in cases(finding)
        ),
        error=finding.error,
    )


CSS = """\
.finding { margin-top: 2.4rem; }
.finding h3 { font: 600 1.15rem/1.3 var(--serif); text-transform: none; letter-spacing: 0; color: var(--ink); \
margin: 0; }
.finding .example { display: flex; flex-wrap: wrap; align-items: flex-start; gap: .4rem 2.5rem; margin-top: .8rem; }
.finding .case { font-weight: 600; font-size: .9rem; margin: 1rem 0 -.4rem; }
.finding .matrix td, .finding .matrix th { white-space: normal; }
.finding .matrix tbody th { min-width: 11rem; }
.finding .matrix td.yes, .finding .matrix td.loud-violated { white-space: nowrap; }
.finding .title, .finding dd, .finding .scroll { min-width: 0; max-width: 100%; }
.finding dd { overflow-x: auto; overflow-y: hidden; }
.finding math, .finding .matrix math { display: inline math; }
"""

TEMPLATE = """\
<section id="findings" aria-labelledby="title-findings">
<div class="title"><h2 id="title-findings">Where the printed text needs care\
{{ marks.permalink("findings", "Where the printed text needs care") }}</h2></div>
<p>Places where the paper, read word for word, is false, empty or asks for more than it says. The claims above are \
checked as they have to be read. Each example was computed when this report was made.</p>
{% for finding in rows %}
<article class="finding" id="finding-{{ finding.id }}">
<div class="title">
<h3>{{ finding.title }}{{ marks.permalink("finding-" ~ finding.id, finding.id) }}</h3>
{% if finding.confirmed %}<span class="mark holds">✓ confirmed</span>\
{% else %}<span class="mark violated">✕ NOT CONFIRMED</span>{% endif %}

<span class="id">{{ finding.id }}</span>
</div>
<dl>
<dt>Place</dt><dd>{{ finding.place }}</dd>
{% for label, text in finding.texts %}
<dt>{{ label }}</dt><dd>{{ text }}\
{% if loop.last %} <span class="absent">See {% for name in finding.see %}<code>{{ name }}</code>\
{% if not loop.last %}, {% endif %}{% endfor %}.</span>{% endif %}</dd>
{% endfor %}
{% if finding.setting %}<dt>Example</dt><dd>{{ finding.setting }}</dd>{% endif %}
{% if finding.error is not none %}<dt>Error</dt><dd class="loud-violated">{{ finding.error }}</dd>{% endif %}
</dl>
{% for case in finding.cases %}
{% if case.name %}<p class="case">{{ case.name }}</p>{% endif %}
<div class="example">
{% if case.quantities %}
<div class="scroll" tabindex="0">
<table class="matrix">
<thead><tr><th scope="col">Computed</th><th scope="col">Value</th></tr></thead>
<tbody>
{% for quantity in case.quantities %}
<tr><th scope="row"><span class="unseen">{{ quantity.spoken }}</span>\
<span aria-hidden="true">{{ quantity.name }}</span></th><td>{{ quantity.value }}</td></tr>
{% endfor %}
</tbody>
</table>
</div>
{% endif %}
{% if case.relations %}
<div class="scroll" tabindex="0">
<table class="matrix">
<thead><tr><th scope="col">Fact</th><th scope="col">Exact comparison</th><th scope="col">Holds</th></tr></thead>
<tbody>
{% for relation in case.relations %}
<tr><th scope="row">{{ relation.text }}</th><td>{{ relation.comparison }}</td>\
{% if relation.holds %}<td class="yes">✓ holds</td>{% else %}<td class="loud-violated">✕ FAILS</td>{% endif %}</tr>
{% endfor %}
</tbody>
</table>
</div>
{% endif %}
</div>
{% endfor %}
</article>
{% endfor %}
</section>
"""
