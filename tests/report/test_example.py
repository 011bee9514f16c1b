"""The example of a report that ships with the package: its data are results, and its page is the page of these data."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from mamlcheck.check.results import Results
from mamlcheck.report import page
from mamlcheck.report.sections import claims
from mamlcheck.shipped import shipped

EXAMPLE = shipped("reports") / "example"
RENEW = "renew it with `mamlcheck report --instances 64 --out reports/example`"


def text(name: str) -> str:
    return (EXAMPLE / name).read_text(encoding="utf-8")


def test_its_data_are_results_in_which_nothing_fails() -> None:
    results = Results.from_json(json.loads(text("results.json")))
    assert results.text() == text("results.json"), RENEW
    assert results.nothing_fails
    assert not results.partial


def test_its_data_are_valid_under_the_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed: pip install 'mamlcheck[test]'")
    schema = json.loads(files("mamlcheck").joinpath("schemas", "results.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(text("results.json")), schema)


class MadeOf(HTMLParser):
    """The names of the sections of which a page says that it is made, and of their parts."""

    names: tuple[str, ...] = ()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "meta" and said.get("name") == "sections":
            self.names = tuple((said.get("content") or "").split())


@pytest.fixture
def as_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make pages of the sections of which the kept page is made, without those that were added after it."""
    parser = MadeOf()
    parser.feed(text("index.html"))
    parts = tuple(part for part in claims.parts() if f"claims.{part.name}" in parser.names)
    monkeypatch.setattr(claims, "parts", lambda: parts)
    chosen = tuple(section for section in page.page_sections() if section.name in parser.names)
    monkeypatch.setattr(page, "page_sections", lambda: chosen)
    today = [name for section in chosen for name in section.names]
    assert sorted(parser.names) == sorted(today), f"a section is gone: {RENEW}"


@pytest.mark.usefixtures("as_kept")
def test_its_page_is_the_page_of_its_data() -> None:
    """A change of the page shows here first, as a difference of two pages that can be opened side by side."""
    assert page.render_page(Results.from_json(json.loads(text("results.json")))) == text("index.html"), RENEW
