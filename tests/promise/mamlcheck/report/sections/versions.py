"""The versions of the packages that computed the results, as a table."""

from mamlcheck.report.outcome import Alert, Phrase, Says

ORDER = 70
TEMPLATE = """\
<section aria-labelledby="versions"><h2 id="versions">Versions</h2>
<table>{% for name, version in rows %}<tr><th>{{ name }}</th><td>{{ version }}</td></tr>{% endfor %}</table></section>
"""


def rows(results):
    """A row for each package."""
    return tuple(results.versions.items())


def says(results):
    """How many there are."""
    many = f"{len(results.versions)} versions"
    return Says(giving=(Phrase(many),), alerts=(Alert("VERSIONS", f"{many}."),))
