"""Sections are found by their place: one new file is a new section of the page, and nothing else is touched."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from jinja2 import UndefinedError

from mamlcheck.errors import MamlcheckError
from mamlcheck.report import sections
from mamlcheck.report.page import headline, page_sections, render_page
from mamlcheck.report.section import compiled, sections_in
from mamlcheck.report.sections import claims as claim_sections
from mamlcheck.report.sections.claims import parts

SECTION = '''
from mamlcheck.report.outcome import Alert, Phrase, Says

ORDER = 25
CSS = ".mine { color: red; }\\n"
TEMPLATE = """\\
<section aria-labelledby="mine"><h2 id="mine">Mine</h2>
<p class="mine">{{ rows }} {{ marks.status("holds") }}</p></section>
"""


def rows(results):
    return results.versions.get("mine", "")


def says(results):
    if not rows(results):
        return Says()
    return Says(failing=(Phrase("MINE: wrong"),), alerts=(Alert("MINE", "is wrong."),), lines=("Of mine.",))
'''
PART = """
ORDER = 45
TEMPLATE = "<p>Part of {{ rows }}</p>"


def rows(claim):
    return claim.name if claim.index == 1 else ""
"""


def _place(folder: Path, package: ModuleType, monkeypatch: pytest.MonkeyPatch, **files: str) -> None:
    """Put files beside those of a package, without touching its folder."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    importlib.invalidate_caches()


def test_the_sections_of_the_page_in_order() -> None:
    known = ["brackets", "map", "against", "sources", "data", "implementations", "made_of", "claims", "dynamics"]
    known += ["findings", "glossary"]
    assert [section.name for section in page_sections() if section.name in known] == known
    known = [
        "statement", "failures", "witness", "waterfall", "at_work", "tightness", "worst", "proof", "verdicts",
        "arithmetics",
    ]  # fmt: skip
    assert [part.name for part in parts() if part.name in known] == known


def test_one_new_file_is_a_section_with_its_headline_alerts_and_style(
    made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _place(tmp_path, sections, monkeypatch, mine_one=SECTION)
    without = made.full()
    results = made.full(versions={"mine": "<b>7</b>"})
    page = render_page(results)
    assert '<h2 id="mine">Mine</h2>' in page
    assert '<p class="mine">&lt;b&gt;7&lt;/b&gt; <span class="mark holds">✓ holds</span></p>' in page
    assert page.index('id="sources"') < page.index('id="mine"') < page.index('id="claim-lemma_4_8"')
    assert ".mine { color: red; }" in page.partition("</style>")[0]
    assert headline(results) == f"MINE: wrong; {headline(without)}"
    assert '<div class="outcome violated">' in page
    assert '<p class="alert"><strong>MINE</strong> is wrong.</p>' in page
    assert "<p>Of mine.</p>" in page
    assert 'id="mine"' not in render_page(without)  # a section that has nothing to show is not there


def test_one_new_file_is_a_part_of_what_is_shown_of_each_claim(
    made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _place(tmp_path, claim_sections, monkeypatch, mine_two=PART)
    page = render_page(made.full())
    first, second = (page.partition(f'id="claim-{name}"')[2] for name in ("lemma_4_8", "lemma_4_9.first_moment"))
    section = first.partition("</section>")[0]
    places = [section.index(text) for text in ("<h4>Tightness<", "<p>Part of lemma_4_8</p>", "<h4>Worst instance<")]
    assert places == sorted(places)
    assert "<p>Part of" not in second.partition("</section>")[0]


@pytest.mark.parametrize("missing", ["ORDER", "TEMPLATE", "rows"])
def test_a_file_that_is_no_section_is_refused_with_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    name = f"mine_without_{missing.lower()}"
    _place(tmp_path, sections, monkeypatch, **{name: SECTION.replace(missing, "other")})
    with pytest.raises(MamlcheckError, match=rf"{name}\.py is no section of the page, since it has no {missing}"):
        sections_in(sections)


def test_files_with_an_underscore_are_no_sections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = page_sections()
    _place(tmp_path, sections, monkeypatch, _mine="raise AssertionError")
    assert page_sections() == before


def test_a_template_that_names_what_is_not_there_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        compiled("{{ nothing }}").render(rows=())
