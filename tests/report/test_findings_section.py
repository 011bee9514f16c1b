"""The section of the page on findings: complete, loud where an example fails, and escaped."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from mamlcheck.cli import main
from mamlcheck.findings import execute, find, findings_document
from mamlcheck.findings import operator_norm_averaging as averaging
from mamlcheck.formats.findings import Findings, RelationRecord
from mamlcheck.report.findings import cases, comparison, number_text
from mamlcheck.report.page import render_page


def executed() -> Findings:
    return findings_document(execute())


@pytest.fixture(scope="module")
def findings() -> Findings:
    return executed()


def section_of(page: str) -> str:
    (found,) = re.findall(r'<section id="findings".*?</section>', page, flags=re.DOTALL)
    return str(found)


def words_of(html: str) -> str:
    return " ".join("".join(ElementTree.fromstring(html).itertext()).split())


def test_every_finding_is_there_and_well_formed(made: Any, findings: Findings) -> None:
    page = render_page(made.results(findings=findings))
    section = section_of(page)
    words = words_of(section)
    assert section.count("<article") == section.count("✓ confirmed") == len(findings.findings)
    assert "NOT CONFIRMED" not in page
    assert "loud-violated" not in section
    for finding in findings.findings:
        assert f'id="finding-{finding.id}"' in section
        assert finding.title in words
        for name in finding.see:
            assert name in words
        for fact in finding.facts:
            assert comparison(fact) in words
        for quantity in finding.quantities:
            assert number_text(quantity.value) in words
    assert section.count("✓ holds") == sum(len(finding.facts) for finding in findings.findings)
    assert "$" not in words.replace("`", "")
    assert "Where the printed text needs care" not in render_page(made.results())


def test_a_finding_that_is_not_confirmed_is_loud(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(averaging, "DRAWS", 1)
    page = render_page(made.results(findings=executed()))
    assert "<strong>NOT CONFIRMED</strong> operator_norm_averaging." in page
    section = section_of(page)
    assert section.count("✕ NOT CONFIRMED") == 1
    assert '<td class="loud-violated">✕ FAILS</td>' in section
    monkeypatch.setattr(averaging, "DRAWS", 0)
    section = section_of(render_page(made.results(findings=executed())))
    assert "the example did not run: batch size test = 0" in words_of(section)


def test_texts_are_escaped(made: Any) -> None:
    evil = " <script>alert(1)</script> {{ 7 * 7 }} \u202e $<b>x</b>$ `<i>`"
    finding = made.poisoned(made.finding(error="", refutes="Theorem 9"), evil)
    page = render_page(made.results(findings=Findings(1, 0, (finding,))))
    for part in ("<script>alert", "<b>x", "<i>", "\u202e"):
        assert part not in page
    assert "{{ 7 * 7 }}" in page
    words_of(section_of(page))


# -- in words ------------------------------------------------------------------------------------------------
def test_numbers() -> None:
    assert number_text("3/4") == "3/4"
    assert number_text("1234567890123456789012/7") == "1234567890123456789012/7"
    assert number_text("-12345678901234567890123/7") == "about -1.76367e21"
    assert number_text("refused: give an integer >= 1") == "refused: give an integer >= 1"


def test_two_sides_that_differ_do_not_read_the_same() -> None:
    third = Fraction(10**30, 3 * 10**30 + 1)
    near = RelationRecord("", "near", str(third), "<", str(third + Fraction(1, 10**9)), True)
    left, right = comparison(near).split(" < ")
    assert left != right
    assert left.startswith("about 0.333333333")


def test_the_parts_of_an_example_keep_their_order(made: Any) -> None:
    finding = made.finding()
    (quantity,), (fact,) = finding.quantities, finding.facts
    named = {name: made.poisoned(quantity, name) for name in ("b", "a")}
    facts = (made.poisoned(fact, "c"), made.poisoned(fact, "a"))
    split = made.finding(quantities=tuple(named.values()), facts=facts)
    assert list(cases(split)) == [("b", (named["b"],), ()), ("a", (named["a"],), (facts[1],)), ("c", (), (facts[0],))]
    assert list(cases(made.finding(quantities=(), facts=()))) == []


@pytest.mark.alike
def test_the_report_has_them_and_its_exit_status_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def report() -> Any:
        return CliRunner().invoke(main, ["report", "--instances", "4", "--out", str(tmp_path)])

    count = len(find())
    done = report()
    assert done.exit_code == 0
    assert f"{count} findings, each confirmed" in done.output
    assert json.loads((tmp_path / "results.json").read_text())["findings"]["confirmed"] == count
    assert "Where the printed text needs care" in (tmp_path / "index.html").read_text()
    monkeypatch.setattr(averaging, "DRAWS", 1)
    done = report()
    assert done.exit_code == 1
    assert f"1 of {count} findings NOT CONFIRMED" in done.output
