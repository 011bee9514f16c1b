"""The section of the page on brackets: figures, loudness, drawings, and other people's text escaped."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest
from click.testing import CliRunner

import mamlcheck
from mamlcheck.claims import load_claim
from mamlcheck.cli import main
from mamlcheck.errors import InputError
from mamlcheck.record.brackets import brackets, brackets_document
from mamlcheck.record.portrait import portrait
from mamlcheck.record.reference import Reference, reference_folder
from mamlcheck.report.brackets import bracket_rows, gap_text, proved_text, reached_text
from mamlcheck.report.page import render_page
from mamlcheck.report.portraits import linear_ticks, portrait_svg


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return brackets_document(brackets(Reference(reference_folder()).witnesses)).as_json()


@pytest.mark.parametrize(
    ("row", "reached", "proved", "gap"),
    [
        ({"exact": "1", "proved": "1", "state": "closed", "gap": 0.0}, "1 exactly", "1", "closed"),
        ({"exact": "1/2", "proved": "43/50", "state": "open", "gap": 0.36}, "0.5 (1/2 exactly)", "0.86 (43/50 exactly)",
         "open, gap at most 0.36"),
        ({"tightness": {"lower": 0.99989, "upper": 0.99991}, "proved": "1", "state": "open", "gap": 1.0991e-4},
         "[0.99989, 0.99991]", "1", "open, gap at most 0.00011"),
        ({"state": "contradicted", "gap": -1}, "–", "–", "CONTRADICTED"),
        ({}, "–", "–", "–"),
    ],
)  # fmt: skip
def test_words(row, reached, proved, gap):
    assert (proved_text(row), gap_text(row)) == (proved, gap)
    if "tightness" not in row:
        assert reached_text(row) == reached


def test_a_tightness_just_below_one_does_not_read_as_one():
    assert reached_text({"tightness": {"lower": 1 - 2e-13, "upper": 1 - 1e-13}}) == "0.999999…"


def test_the_section(document):
    page = render_page({"brackets": document})
    assert "How tight is each bound" in page
    assert page.count('<figure class="witness">') == len(document["claims"])
    assert "1 exactly" in page
    assert "CONTRADICTED" not in page
    assert "How tight is each bound" not in render_page({})
    assert render_page({"brackets": document}) == page


def test_a_contradiction_is_loud(document):
    name, row = next(iter(document["claims"].items()))
    page = render_page({"brackets": {"claims": {name: row | {"state": "contradicted"}}}})
    assert "<strong>CONTRADICTED</strong>" in page
    assert 'class="loud-violated">CONTRADICTED' in page


def test_foreign_text_is_escaped(document):
    row = next(iter(document["claims"].values()))
    evil = "<script>alert(1)</script>"
    spoiled = row | dict.fromkeys(("title", "state", "arithmetic", "proved_by", "witness", "description"), evil)
    drawn = row["portrait"] | {
        "axis": evil, "numbers": [[evil, evil]], "left_out": [evil],
        "points": [{"name": evil, "task": None, "at": 0.0, "on_line": True}],
    }  # fmt: skip
    page = render_page({"brackets": {"claims": {evil: spoiled | {"portrait": drawn}}}})
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("wrong", [3, [], "text", {}, {"claims": 3}, {"claims": {"a": 3}}])
def test_what_is_no_brackets_document_is_refused(wrong):
    with pytest.raises(InputError, match="mamlcheck brackets --json"):
        render_page({"brackets": wrong})


@pytest.mark.parametrize("wrong", [3, {"curves": []}, {"curves": [], "points": [], "smoothness": 1}, [1]])
def test_what_is_no_portrait_is_refused(wrong):
    with pytest.raises(InputError, match=r"claims\.a\.portrait"):
        bracket_rows({"claims": {"a": {"portrait": wrong}}})


@pytest.mark.parametrize("index", ["random-1/1/123", "random-1/1/5", "grunfeld-1/1/3", "random-1/1/70"])
@pytest.mark.parametrize("claim_id", ["lemma_4_8", "lemma_4_9.first_moment", "theorem_4_11", "hf_error"])
def test_drawings_are_whole_and_inside_the_picture(index, claim_id):
    text = portrait_svg(portrait(load_claim(claim_id), mamlcheck.instance(index)), "k", "title")
    root = ElementTree.fromstring(text)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for element in root.iter("polyline"):
        for pair in element.attrib["points"].split():
            x, y = map(float, pair.split(","))
            assert 0 <= x <= width
            assert 0 <= y <= height
    for element in root.iter("text"):
        assert 0 <= float(element.attrib["x"]) <= width
        assert 0 <= float(element.attrib["y"]) <= height


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (0, 0.003), (-40000.0, 30000.0), (1e-9, 2e-9), (-1.08, 12.9)])
def test_ticks_are_few_and_inside(low, high):
    ticks = linear_ticks(low, high)
    assert 2 <= len(ticks) <= 7
    assert all(low <= tick <= high * (1 + 1e-12) for tick in ticks)


def test_the_report_has_the_section(tmp_path):
    result = CliRunner().invoke(main, ["report", "--instances", "4", "--out", str(tmp_path)])
    assert result.exit_code == 0
    assert "How tight is each bound" in (tmp_path / "index.html").read_text()
