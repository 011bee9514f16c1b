"""The example of a report that ships with the package: its data are results, and its page is the page of these data."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files

import pytest

from mamlcheck.check.results import Results
from mamlcheck.report import page
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


def test_its_page_is_the_page_of_its_data(only_sections_of: Callable[[str, str], None]) -> None:
    """A change of the page shows here first, as a difference of two pages that can be opened side by side."""
    only_sections_of(text("index.html"), RENEW)
    assert page.render_page(Results.from_json(json.loads(text("results.json")))) == text("index.html"), RENEW
