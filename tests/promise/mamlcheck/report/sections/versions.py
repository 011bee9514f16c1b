"""The versions of the packages that computed the results, as a table."""

from __future__ import annotations

from mamlcheck.check.results import Results
from mamlcheck.report.outcome import Alert, Phrase, Says

ORDER = 70
TEMPLATE = """\
<section aria-labelledby="versions"><h2 id="versions">Versions</h2>
<table>{% for name, version in rows %}<tr><th>{{ name }}</th><td>{{ version }}</td></tr>{% endfor %}</table></section>
"""


def rows(results: Results) -> tuple[tuple[str, str], ...]:
    """A row for each package."""
    return tuple(results.versions.items())


def says(results: Results) -> Says:
    """Which packages the results did without."""
    missing = ", ".join(name for name, version in results.versions.items() if version == "not installed")
    if not missing:
        return Says()
    return Says(giving=(Phrase(f"without {missing}"),), alerts=(Alert("NOT INSTALLED", f"{missing}."),))
