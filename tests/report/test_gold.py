"""Whole small pages, kept as files: a change of the page shows as a difference of what readers get.

`python tests/report/test_gold.py` renews them. Style and script are left out: they are not what a page says; so are
dates, versions, commits and platforms, of which pages differ when nothing has changed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mamlcheck.check.results import ClaimResult, Histogram, Results, Tightness
from mamlcheck.formats.brackets import Brackets
from mamlcheck.formats.made import Made as MadeOf
from mamlcheck.formats.shared import Enclosure
from mamlcheck.report.page import render_page

FOLDER = Path(__file__).parent / "gold"
MOST_BYTES = 100_000
RENEW = "python tests/report/test_gold.py"
SCRUBBED = (
    (r"<style>.*?</style>", "<style></style>"),
    (r"<script>.*?</script>", "<script></script>"),
    (r"sha256-[A-Za-z0-9+/=]+", "sha256-HASH"),
    (r"(<dt>Made</dt><dd>).*?(</dd>)", r"\1MADE\2"),
    (r"(<dt>Versions</dt><dd>).*?(</dd>)", r"\1VERSIONS\2"),
    (r"(  version = \{)[^}]*", r"\1VERSION"),
)


def _small(claim: ClaimResult) -> ClaimResult:
    """A claim whose tightness is made of few numbers, the same with any version of NumPy."""
    quarter, most = Enclosure(0.25, 0.25), Enclosure(0.75, 0.7500000001)
    tightness = Tightness(most, quarter, 2214, 0, 0, Histogram((-2.0, -1.0, 0.0), (14, 2200)))
    parts = {name: replace(part, tightness=tightness) for name, part in claim.by_source.items()}
    scatter = ((0.25, 0.5), (1.0, 4.0), (0.0, 2.0))
    return replace(claim, tightness=tightness, by_source=parts, scatter=scatter)


def holding(made: Any) -> Results:
    """One claim that holds on two sources, with a proof, a witness and where its bound loses."""
    whole = made.full(made=MadeOf("2026-01-02", "0123456789", "Some system"))
    claim = replace(whole.claims["lemma_4_8"], proof=replace(made.proof(), lemmas=()), waterfall=made.waterfall())
    return replace(whole, claims={"lemma_4_8": _small(claim)}, brackets=Brackets({"lemma_4_8": made.bracket()}))


def failing(made: Any) -> Results:
    """A claim that is violated and undecided, one that is not guaranteed, and a subject that does not conform."""
    whole = made.troubled()
    claims = {name: _small(whole.claims[name]) for name in ("lemma_4_10.bias", "theorem_4_11")}
    return replace(whole, claims=claims, conformance=(made.subject(conforms=False),))


PAGES: dict[str, Callable[[Any], Results]] = {
    "holding": holding,
    "failing": failing,
    "empty": lambda made: made.results(claims={}),
}


def scrubbed(page: str) -> str:
    """A page without what changes when nothing has changed."""
    for pattern, kept in SCRUBBED:
        page = re.sub(pattern, kept, page, flags=re.DOTALL)
    return page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_it_was(made: Any, name: str, only_sections_of: Callable[[str, str], None]) -> None:
    gold = (FOLDER / f"{name}.html").read_text(encoding="utf-8")
    only_sections_of(gold, RENEW)
    found = scrubbed(render_page(PAGES[name](made)))
    changes = list(
        difflib.unified_diff(gold.splitlines(), found.splitlines(), f"gold/{name}.html", "now", lineterm="", n=1)
    )
    if changes:
        pytest.fail("\n".join([f"the page has changed; if that is meant: {RENEW}", *changes]), pytrace=False)


def test_gold_pages_are_small_and_each_is_compared() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(PAGES)
    assert all(path.stat().st_size < MOST_BYTES for path in FOLDER.iterdir())


def test_what_changes_without_a_change_is_left_out(made: Any) -> None:
    results = holding(made)
    other = replace(results, versions={"mamlcheck": "9.9.9"}, made=MadeOf("1999-12-31", None, "Elsewhere"))
    assert render_page(other) != render_page(results)
    assert scrubbed(render_page(other)) == scrubbed(render_page(results))
    assert scrubbed(render_page(replace(results, seed=8))) != scrubbed(render_page(results))


if __name__ == "__main__":
    import sys

    sys.path.append(str(Path(__file__).parents[1] / "helpers"))
    from conftest import Made

    FOLDER.mkdir(exist_ok=True)
    for one, results_of in PAGES.items():
        (FOLDER / f"{one}.html").write_text(scrubbed(render_page(results_of(Made()))), encoding="utf-8")
