"""The section of the page on findings: complete, loud where an example fails, and escaped."""

from __future__ import annotations

import copy
import json
import re
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from mamlcheck.cli import main
from mamlcheck.errors import InputError
from mamlcheck.findings import execute, findings_as_json
from mamlcheck.findings import operator_norm_averaging as averaging
from mamlcheck.report.findings import comparison, finding_rows, number_text
from mamlcheck.report.page import render_page, results_text


@pytest.fixture(scope="module")
def content():
    return findings_as_json(execute())


def section_of(page: str) -> str:
    (found,) = re.findall(r'<section id="findings".*?</section>', page, flags=re.DOTALL)
    return str(found)


def words_of(html: str) -> str:
    return " ".join("".join(ElementTree.fromstring(html).itertext()).split())


def test_every_finding_is_there_and_well_formed(content):
    page = render_page({"findings": content})
    section = section_of(page)
    words = words_of(section)
    assert section.count("<article") == section.count("✓ confirmed") == 9
    assert "NOT CONFIRMED" not in page
    assert "loud-violated" not in section
    for entry in content["findings"]:
        assert f'id="finding-{entry["id"]}"' in section
        assert entry["title"] in words
        for name in entry["see"]:
            assert name in words
        for fact in entry["facts"]:
            assert comparison(fact) in words
        for quantity in entry["quantities"]:
            assert number_text(quantity["value"]) in words
    assert section.count("✓ holds") == sum(len(entry["facts"]) for entry in content["findings"])
    assert "$" not in words.replace("`", "")
    assert "Where the printed text needs care" not in render_page({})


def test_the_page_is_made_of_its_results_alone(content):
    again = json.loads(results_text({"findings": content}))
    assert render_page(again) == render_page({"findings": content})


def test_a_finding_that_is_not_confirmed_is_loud(monkeypatch):
    monkeypatch.setattr(averaging, "DRAWS", 1)
    page = render_page({"findings": findings_as_json(execute())})
    assert "<strong>NOT CONFIRMED</strong> operator_norm_averaging." in page
    section = section_of(page)
    assert section.count("✕ NOT CONFIRMED") == 1
    assert '<td class="loud-violated">✕ FAILS</td>' in section
    monkeypatch.setattr(averaging, "DRAWS", 0)
    section = section_of(render_page({"findings": findings_as_json(execute())}))
    assert "the example did not run: batch size test = 0" in words_of(section)


def test_texts_are_escaped(content):
    bad = copy.deepcopy(content)
    entry = bad["findings"][0]
    evil = "<script>alert(1)</script> {{ 7 * 7 }} \u202e $<b>x</b>$ `<i>`"
    for key in ("id", "title", "place", "printed", "true", "why", "handled", "setting", "error"):
        entry[key] = evil
    entry["see"] = [evil]
    entry["quantities"] = [{"case": evil, "name": evil, "value": evil}]
    entry["facts"] = [{"case": evil, "text": evil, "left": evil, "relation": evil, "right": evil, "holds": True}]
    page = render_page({"findings": bad})
    for part in ("<script>alert", "<b>x", "<i>", "\u202e"):
        assert part not in page
    assert "{{ 7 * 7 }}" in page
    words_of(section_of(page))


@pytest.mark.parametrize(
    "entries", [[], {}, "text", 3, {"findings": {}}, {"findings": [3]}, {"findings": [{"id": "x"}]}]
)
def test_what_is_no_list_of_findings_is_refused(entries):
    with pytest.raises(InputError, match="mamlcheck findings --json"):
        render_page({"findings": entries})


def test_numbers():
    assert number_text("3/4") == "3/4"
    assert number_text("1234567890123456789012/7") == "1234567890123456789012/7"
    assert number_text("-12345678901234567890123/7") == "about -1.76367e21"
    assert number_text("refused: give an integer >= 1") == "refused: give an integer >= 1"
    assert finding_rows(None) == ()


def test_the_report_has_them_and_its_exit_status_knows(tmp_path, monkeypatch):
    def report():
        return CliRunner().invoke(main, ["report", "--instances", "4", "--out", str(tmp_path)])

    done = report()
    assert done.exit_code == 0
    assert "9 findings, each confirmed" in done.output
    assert json.loads((tmp_path / "results.json").read_text())["findings"]["confirmed"] == 9
    assert "Where the printed text needs care" in (tmp_path / "index.html").read_text()
    monkeypatch.setattr(averaging, "DRAWS", 1)
    done = report()
    assert done.exit_code == 1
    assert "1 of 9 findings NOT CONFIRMED" in done.output
