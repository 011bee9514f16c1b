"""The page, and the data behind it."""

from __future__ import annotations

from collections.abc import Mapping

from mamlcheck.check.results import Results
from mamlcheck.report.page import PAGE_NAME, RESULTS_NAME, render_page

NAMES = (PAGE_NAME, RESULTS_NAME)


def files(results: Results) -> Mapping[str, str]:
    """Both files."""
    return {PAGE_NAME: render_page(results), RESULTS_NAME: results.text()}
