"""The forms of a report: each says what the results say, and what comes from other people is no markup in any."""

from __future__ import annotations

import json
import re
import webbrowser
import xml.etree.ElementTree as Tree
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mamlcheck.check.results import Results
from mamlcheck.cli import main
from mamlcheck.formats.shared import Counts
from mamlcheck.report.formats import files_of, format_names
from mamlcheck.report.formats.markdown import code, escaped
from mamlcheck.report.page import headline

HOSTILE = "a|b`c<script>&\"'\x1b[2J\u202e\ud800]]>*x*_y_[z](http://e) @me\n# head"


def xml_of(results: Results) -> Tree.Element:
    return Tree.fromstring(files_of(results, ["junit"])["report.xml"])


def markdown_of(results: Results) -> str:
    return files_of(results, ["markdown"])["report.md"]


def test_there_is_a_file_for_each_form() -> None:
    assert format_names() == ["html", "json", "junit", "markdown"]


@pytest.mark.parametrize("form", ["html", "json", "junit", "markdown"])
def test_each_form_is_the_same_for_equal_results_and_can_be_written(form: str, made: Any) -> None:
    for results in (made.everything(), made.troubled(), made.one(), made.results(claims={})):
        for name, text in files_of(results, [form]).items():
            assert text == files_of(results, [form])[name]
            assert text.encode("utf-8")


def test_json_is_the_results(made: Any) -> None:
    (text,) = files_of(made.everything(), ["json"]).values()
    assert Results.from_json(json.loads(text)) == made.everything()


# -- junit -------------------------------------------------------------------------------------------------------------
def checked(root: Tree.Element) -> dict[str, dict[str, Tree.Element]]:
    """The cases by suite and name, of XML with the structure that readers of JUnit expect (xunit2)."""
    assert root.tag == "testsuites"
    found: dict[str, dict[str, Tree.Element]] = {}
    for suite in root:
        assert suite.tag == "testsuite"
        assert set(suite.attrib) == {"name", "tests", "failures", "errors", "skipped", "time"}
        cases = list(suite)
        assert {case.tag for case in cases} == {"testcase"}
        for case in cases:
            assert set(case.attrib) == {"classname", "name", "time"}
            assert [child.tag for child in case] in ([], ["failure"], ["skipped"], ["system-out"])
            for child in case:
                assert set(child.attrib) == {"failure": {"type", "message"}, "skipped": {"message"}}.get(
                    child.tag, set()
                )
        assert int(suite.attrib["tests"]) == len(cases) == len({case.attrib["name"] for case in cases})
        assert int(suite.attrib["failures"]) == sum(case.find("failure") is not None for case in cases)
        assert int(suite.attrib["skipped"]) == sum(case.find("skipped") is not None for case in cases)
        float(suite.attrib["time"])
        found[suite.attrib["name"]] = {case.attrib["name"]: case for case in cases}
    return found


def test_junit_has_a_case_for_each_claim_proof_bracket_check_and_finding(made: Any) -> None:
    results = made.everything()
    suites = checked(xml_of(results))
    assert set(suites["claims"]) - {"the whole run"} == set(results.claims)
    of_map = {node.name for node in results.map.nodes if node.standing in ("proved", "not proved")}
    assert set(suites["proofs"]) == {name for name, claim in results.claims.items() if claim.proof} | of_map
    assert set(suites["brackets"]) == set(results.brackets.claims)
    assert set(suites["findings"]) == {one.id for one in results.findings.findings}
    of_subjects = [cases for name, cases in suites.items() if name.startswith("implementation")]
    assert len(of_subjects) == len(results.conformance)
    for cases, subject in zip(of_subjects, results.conformance, strict=True):
        assert {check.check for check in subject.results} <= set(cases)


@pytest.mark.parametrize(
    ("counts", "outcome", "kind"),
    [
        (Counts(holds=3), None, None),
        (Counts(holds=3, violated=1), "failure", "violated"),
        (Counts(holds=3, undecided=1), "failure", "undecided"),
        (Counts(vacuous=4), "skipped", None),
        (Counts(), "skipped", None),
    ],
)
def test_junit_says_what_became_of_a_claim(counts: Counts, outcome: str | None, kind: str | None, made: Any) -> None:
    results = made.changed(made.full(), "lemma_4_8", counts=counts, printed_form=None)
    case = checked(xml_of(results))["claims"]["lemma_4_8"]
    told = [child for child in case if child.tag != "system-out"]
    assert [child.tag for child in told] == ([outcome] if outcome else [])
    if told:
        assert told[0].get("type") == kind
        assert told[0].get("message")


def test_junit_fails_where_the_printed_form_does(made: Any) -> None:
    results = made.changed(made.full(), "lemma_4_8", counts=Counts(holds=3), printed_form=Counts(holds=1, violated=2))
    failure = checked(xml_of(results))["claims"]["lemma_4_8"].find("failure")
    assert failure is not None
    assert failure.get("type") == "violated"
    assert "2 violated" in str(failure.text)


# -- markdown ----------------------------------------------------------------------------------------------------------
def unescaped(text: str) -> str:
    return re.sub(r"\\([^A-Za-z0-9\s])", r"\1", text)


def test_markdown_begins_with_the_headline_and_has_a_row_for_each_claim(made: Any) -> None:
    results = made.everything()
    text = markdown_of(results)
    assert unescaped(text.split("\n")[0]) == f"**{headline(results)}.**"
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    for name in results.claims:
        assert any(row.startswith(f"| `{name}` |") for row in rows)
    for line in rows:
        assert len(re.findall(r"(?<!\\)\|", line)) in (9, 5)


def test_markdown_is_loud_about_what_fails(made: Any) -> None:
    results = made.changed(made.full(), "lemma_4_8", counts=Counts(holds=3, violated=2))
    assert "VIOLATED" in markdown_of(results).split("\n")[0]


@pytest.mark.parametrize("text", [HOSTILE, "``", "`", "a``b`c", ""])
def test_a_code_span_holds_any_text(text: str) -> None:
    said = code(text)
    mark = re.match("`+", said)
    assert mark is not None
    assert said.count(mark[0]) >= 2
    inside = said[len(mark[0]) : -len(mark[0])]
    assert all(len(run) != len(mark[0]) for run in re.findall("`+", inside)), "the span ends where it should"
    assert "\n" not in said
    assert not re.search(r"(?<!\\)\|", said)


def test_escaped_text_has_no_markup() -> None:
    assert escaped("<b>*x*_y_ [z](u)|") == r"\<b\>\*x\*\_y\_ \[z\]\(u\)\|"
    assert "\n" not in escaped(HOSTILE)


# -- hostile names -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("form", ["html", "json", "junit", "markdown"])
def test_hostile_names_are_escaped_in_each_form(form: str, made: Any) -> None:
    results = made.poisoned(made.everything(), HOSTILE)
    for name, text in files_of(results, [form]).items():
        assert text.encode("utf-8")
        if name.endswith(".json"):
            json.loads(text)
            continue
        assert not set(text) & {"\x1b", "\u202e", "\ud800"}
        if form == "junit":
            checked(Tree.fromstring(text))
        if form == "markdown":
            outside = re.sub(r"(`+)(?:.*?[^`])?\1(?!`)", "", text)
            assert not re.search(r"(?<!\\)<script", outside)


# -- the command -------------------------------------------------------------------------------------------------------
def call(*words: str) -> Any:
    return CliRunner().invoke(main, ["report", "--instances", "4", *words], prog_name="mamlcheck")


def test_the_command_writes_what_is_asked_for(tmp_path: Path) -> None:
    done = call("--out", str(tmp_path), "--format", "junit", "--format", "markdown", "--format", "junit")
    assert done.exit_code == 0, done.output
    assert {path.name for path in tmp_path.iterdir()} == {"report.md", "report.xml"}
    assert done.stdout.splitlines()[-2:] == [f"Report: {tmp_path / 'report.xml'}", f"Report: {tmp_path / 'report.md'}"]
    checked(Tree.fromstring((tmp_path / "report.xml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("there", [True, False])
def test_open_shows_the_page_and_is_harmless_without_a_browser(
    there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) or there)
    done = call("--out", str(tmp_path / "a b"), "--open")
    assert done.exit_code == 0, done.output
    assert opened == [(tmp_path / "a b" / "index.html").as_uri()]
    assert ("No browser could be started" in done.stderr) is not there


def test_open_without_a_page_is_a_wrong_call(tmp_path: Path) -> None:
    done = call("--out", str(tmp_path), "--format", "json", "--open")
    assert done.exit_code == 2
    assert "give --format html, too" in done.stderr
