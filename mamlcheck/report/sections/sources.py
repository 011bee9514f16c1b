"""Where the instances come from."""

from __future__ import annotations

from dataclasses import dataclass

from mamlcheck.check.results import Results
from mamlcheck.report.outcome import Says
from mamlcheck.report.words import duration, many

ORDER = 20


@dataclass(frozen=True)
class SourceRow:
    """A source of instances. instances: how many, in words."""

    name: str
    title: str
    instances: str
    description: str


def rows(results: Results) -> tuple[SourceRow, ...]:
    """A row for each source."""
    return tuple(
        SourceRow(source.name, source.title or source.name, many(source.instances, "instance"), source.description)
        for source in results.sources
    )


def says(results: Results) -> Says:
    """How many sources there are, the seed and the time it took."""
    where = [f"{many(len(results.sources), 'source')} of instances"] if results.sources else []
    facts = [*where, f"seed {results.seed}", duration(results.seconds)]
    return Says(lines=(f"{', '.join(facts)}.",))


TEMPLATE = """\
<section class="flow" id="sources" aria-labelledby="title-sources">
<h2 id="title-sources">Where the instances come from\
{{ marks.permalink("sources", "Where the instances come from") }}</h2>
<dl>
{% for source in rows %}
<dt>{{ source.title }}</dt>
<dd>{{ source.instances }}{% if source.description %}: {{ source.description }}{% endif %} \
<span class="id absent">{{ source.name }}</span></dd>
{% endfor %}
</dl>
</section>
"""
