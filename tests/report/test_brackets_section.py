"""The section of the page on brackets: words, loudness, and drawings."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from known import CLAIMS

import mamlcheck
from mamlcheck.claims import load_claim
from mamlcheck.cli import main
from mamlcheck.formats.brackets import Brackets, Curve, Place, Portrait
from mamlcheck.formats.shared import Enclosure
from mamlcheck.limits import MEMBERS_TEXT
from mamlcheck.record.brackets import brackets, brackets_document
from mamlcheck.record.portrait import portrait
from mamlcheck.record.reference import ReferenceRun, reference_folder
from mamlcheck.report.brackets import gap_text, proved_text, reached_text
from mamlcheck.report.page import render_page
from mamlcheck.report.portraits import linear_ticks, portrait_svg


@pytest.fixture(scope="module")
def document() -> Brackets:
    return brackets_document(brackets(ReferenceRun(reference_folder()).witnesses))


@pytest.mark.parametrize(
    ("parts", "reached", "proved", "gap"),
    [
        ({"exact": "1", "proved": "1", "state": "closed", "gap": 0.0}, "1 exactly", "1", "closed"),
        ({"exact": "1/2", "proved": "43/50", "state": "open", "gap": 0.36}, "0.5 (1/2 exactly)", "0.86 (43/50 exactly)",
         "open, gap at most 0.36"),
        ({"exact": None, "tightness": Enclosure(0.984375, 1.0078125), "proved": "1", "state": "open", "gap": 1.0991e-4},
         "[0.9843, 1.008]", "1", "open, gap at most 0.00011"),
        ({"exact": "0", "proved": "1", "state": "open", "gap": 0.1, "limit": "1 - 1/(2 t)"}, "0 exactly", "1",
         "open, a limit: 1 - 1/(2 t)"),
        ({"exact": "0", "proved": None, "state": "conjecture", "gap": None, "limit": "1 - 1/t"}, "0 exactly",
         "–", "conjecture, a limit: 1 - 1/t"),
        ({"exact": "0", "proved": None, "state": "conjecture", "gap": None}, "0 exactly", "–", "conjecture"),
        ({"exact": "1/" + "3" * 20, "tightness": Enclosure(0.25, 0.25)}, "0.25", "0.5 (1/2 exactly)", "closed"),
        ({"exact": None, "tightness": None, "proved": None, "state": "contradicted", "gap": -1.0}, "–", "–",
         "CONTRADICTED"),
        ({"exact": None, "tightness": None, "proved": None, "state": "no instance", "gap": None}, "–", "–",
         "no instance"),
    ],
)  # fmt: skip
def test_words(made: Any, parts: dict[str, Any], reached: str, proved: str, gap: str) -> None:
    bracket = made.bracket(**parts)
    assert (reached_text(bracket), proved_text(bracket), gap_text(bracket)) == (reached, proved, gap)


def test_a_tightness_just_below_one_does_not_read_as_one(made: Any) -> None:
    assert reached_text(made.bracket(exact=None, tightness=Enclosure(1 - 2e-13, 1 - 1e-13))) == "0.999999…"


def test_the_section(made: Any, document: Brackets) -> None:
    claims = {name: made.claim(title=bracket.title) for name, bracket in document.claims.items()}
    page = render_page(made.results(brackets=document, claims=claims))
    assert "How tight is each bound" in page
    told = page.replace("<sup>", "^").replace("</sup>", "").replace("\n", " ")
    assert f"computed in exact fractions at {MEMBERS_TEXT}." in told
    assert "open, a limit: 1 - 1/(8 t)" in page
    drawn = [claim for claim, bracket in document.claims.items() if bracket.portrait is not None]
    assert page.count('<figure class="witness">') == len(drawn)
    assert set(CLAIMS) <= set(drawn)  # a claim that is new has no witness yet
    assert "1 exactly" in page
    assert "CONTRADICTED" not in page
    assert "1 exactly" not in render_page(made.results())


def test_a_contradiction_is_loud(made: Any) -> None:
    page = render_page(made.results(brackets=Brackets({"hf_error": made.bracket(state="contradicted")})))
    assert "<strong>CONTRADICTED</strong>" in page
    assert 'class="loud-violated">CONTRADICTED' in page


def test_a_claim_without_a_witness_is_not_drawn(made: Any) -> None:
    page = render_page(made.results(brackets=Brackets({"hf_error": made.bracket(portrait=None, arithmetic=None)})))
    section = page.partition('<figure class="witness">')[2].partition("</figure>")[0]
    assert "It reaches 0.5 (1/2 exactly) of the bound. One task" in section
    assert "<svg" not in section
    bare = made.bracket(witness=None, tightness=None, exact=None, portrait=None)
    assert '<figure class="witness">' not in render_page(made.results(brackets=Brackets({"hf_error": bare})))


def test_the_proof_of_another_claim_is_named(made: Any) -> None:
    def row(**parts: Any) -> str:
        return render_page(made.results(brackets=Brackets({"hf_error": made.bracket(**parts)})))

    assert '<span class="id">ours.hf_error.half</span>' in row(proved_by="ours.hf_error.half")
    assert (
        "<br>"
        not in row(proved_by="hf_error").partition('aria-labelledby="title-brackets"')[2].partition("</table>")[0]
    )


# -- drawings ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("index", ["random-2/1/123", "random-2/1/5", "grunfeld-2/1/3", "random-2/1/70"])
@pytest.mark.parametrize("claim_id", ["lemma_4_8", "lemma_4_9.first_moment", "theorem_4_11", "hf_error"])
def test_drawings_are_whole_and_inside_the_picture(index: str, claim_id: str) -> None:
    _check_inside(portrait(load_claim(claim_id), mamlcheck.instance(index)))


def _check_inside(drawn: Portrait) -> ElementTree.Element:
    root = ElementTree.fromstring(portrait_svg(drawn, "k", "title"))
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for element in root.iter("polyline"):
        for pair in element.attrib["points"].split():
            x, y = map(float, pair.split(","))
            assert 0 <= x <= width
            assert 0 <= y <= height
    for element in root.iter("text"):
        assert 0 <= float(element.attrib["x"]) <= width
        assert 0 <= float(element.attrib["y"]) <= height
    return root


def test_two_curves_that_end_at_one_height_have_names_of_their_own() -> None:
    curves = tuple(Curve((task,), None, ((-1.0, float(task)), (1.0, 0.5))) for task in range(2))
    root = _check_inside(Portrait("parameter", 1.0, curves, (Place("w", None, 0.0, True),), (), ()))
    names = [element for element in root.iter("text") if element.attrib.get("class") == "name"]
    assert [element.text for element in names] == ["f₁″", "f₂″"]
    assert float(names[1].attrib["y"]) - float(names[0].attrib["y"]) == 12


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (0, 0.003), (-40000.0, 30000.0), (1e-9, 2e-9), (-1.08, 12.9)])
def test_ticks_are_few_and_inside(low: float, high: float) -> None:
    ticks = linear_ticks(low, high)
    assert 2 <= len(ticks) <= 7
    assert all(low <= tick <= high * (1 + 1e-12) for tick in ticks)


def test_the_report_has_the_section(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["report", "--instances", "4", "--out", str(tmp_path)])
    assert result.exit_code == 0
    assert "How tight is each bound" in (tmp_path / "index.html").read_text()
