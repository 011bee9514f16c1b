"""A report as a notebook shows it: the outcome and the chart of all brackets, a page in a frame of its own.

The whole page is in its file; a notebook keeps what it shows, so it gets what is seen first, a tenth of the page. The
frame keeps the style sheets of page and notebook apart. It runs no script, loads nothing, and has no links: places of
the whole page are not in it. What shows no frames has the sentence above it, and what shows text alone the `repr`.
"""

from __future__ import annotations

import re
from html import escape

from mamlcheck.check.results import Results
from mamlcheck.display import visible
from mamlcheck.report.page import page_of
from mamlcheck.report.section import compiled

SECTIONS = ("brackets",)  # of the page, that a notebook shows
HEIGHT = "34rem"  # of the frame, in which one scrolls


class Report(Results):
    """Results that a notebook shows as the beginning of their page, and equal to any with the same content."""

    __hash__ = None  # type: ignore[assignment]  # as of all results, which hold mappings

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Results) and vars(self) == vars(other)

    def _repr_html_(self) -> str:
        colour = "" if self.nothing_fails else ' style="color: #b00020"'
        return (
            f"<div><p><b{colour}>{escape(visible(str(self)))}</b></p>"
            '<iframe sandbox="" title="Outcome and brackets of the report" '
            f'style="width: 100%; height: {HEIGHT}; border: 1px solid #8888" '
            f'srcdoc="{escape(first_screen(self))}"></iframe></div>'
        )


def report_of(results: Results) -> Report:
    """The same results, to be shown."""
    return Report(**vars(results))


def first_screen(results: Results) -> str:
    """A page of the outcome and the chart, by itself: the same for equal results."""
    return visible(without_links(compiled(TEMPLATE).render(page=page_of(results, SECTIONS))))


def without_links(html: str) -> str:
    """HTML whose links lead nowhere: what they say stays, and marks that are nothing but a link go."""
    bare = re.sub(r'<a class="permalink"[^>]*>.*?</a>', "", html)
    return re.sub(r"<a\b[^>]*>(.*?)</a>", r"\1", bare, flags=re.DOTALL)


TEMPLATE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="color-scheme" content="light dark">
<title>mamlcheck: {{ page.headline }}</title>
<style>
{{ page.css }}
html { font-size: 81.25%; } header, main { padding: 0 1.2rem; margin: 0; } #outcome { padding-top: .8rem; }
.outcome h1 { font-size: 1.5rem; max-width: none; } .outcome p { max-width: none; } .lead { font-size: 1.15rem; }
main > section { margin-top: 1.2rem; }
</style>
</head>
<body>
<header id="outcome">
{% if page.stopped %}
<p class="banner">{{ page.stopped }}</p>
{% endif %}
<div class="outcome {{ page.word | replace(' ', '-') }}">
<h1>{{ page.sentences[0] }}</h1>
{% for sentence in page.sentences[1:] %}
<p class="lead">{{ sentence }}</p>
{% endfor %}
{% for alert in page.alerts %}
<p class="alert"><strong>{{ alert.word }}</strong> {{ alert.sentence }}</p>
{% endfor %}
</div>
</header>
<main>
{% for section in page.sections %}{{ section }}{% endfor %}
</main>
</body>
</html>
"""

__all__ = ["Report", "first_screen", "report_of", "without_links"]
