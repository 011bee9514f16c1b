"""The data alone."""

from __future__ import annotations

from collections.abc import Mapping

from mamlcheck.check.results import Results
from mamlcheck.report.page import RESULTS_NAME

NAMES = (RESULTS_NAME,)


def files(results: Results) -> Mapping[str, str]:
    """The file of the results."""
    return {RESULTS_NAME: results.text()}
