"""What the direction of each implementation is made of, as bars beside its sentence, where that is known."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from mamlcheck.check.results import Results
from mamlcheck.report.bars import CSS as BARS_CSS
from mamlcheck.report.bars import bars_svg, told
from mamlcheck.report.outcome import Says

ORDER = 32


@dataclass(frozen=True)
class MadeOfRow:
    """An implementation: its picture, the same in words, and what it is."""

    name: str
    sentence: str
    chart: Markup
    parts: tuple[str, ...]


def rows(results: Results) -> tuple[MadeOfRow, ...]:
    """A row for each implementation whose direction is known to be such a sum."""
    found = []
    for index, subject in enumerate(results.conformance or (), start=1):
        diagnosis = subject.diagnosis
        made_of = diagnosis.made_of if diagnosis else ()
        chart = bars_svg(made_of, f"made-of-{index}", f"What the direction of {subject.subject} is made of")
        if diagnosis is not None and chart is not None:
            parts = tuple(told(part) for part in made_of)
            found.append(MadeOfRow(subject.subject, diagnosis.sentence, Markup(chart), parts))
    return tuple(found)


def says(results: Results) -> Says:
    """Nothing at the head of the page: what does not conform, the checks say."""
    return Says()


CSS = BARS_CSS
TEMPLATE = """\
<section class="flow" id="made-of" aria-labelledby="title-made-of">
<h2 id="title-made-of">What each direction is made of\
{{ marks.permalink("made-of", "What each direction is made of") }}</h2>
<p class="remark">Coefficients are floats, fitted to all observations and not certified. An upright line stands where \
the declared algorithm has its own.</p>
<div class="charts">
{% for row in rows %}
<figure>
<figcaption><code>{{ row.name }}</code></figcaption>
{{ row.chart }}
<p>{{ row.sentence }}</p>
<p class="remark">{{ row.parts | join("; ") }}.</p>
</figure>
{% endfor %}
</div>
</section>
"""
