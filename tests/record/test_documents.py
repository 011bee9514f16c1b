"""`mamlcheck diff` and what it stands on: differences are found, and only differences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mamlcheck.check.runner import run
from mamlcheck.check.sweeps import RandomSweep
from mamlcheck.claims import load_claims
from mamlcheck.cli import main
from mamlcheck.errors import InputError
from mamlcheck.record.brackets import brackets, brackets_document
from mamlcheck.record.documents import ROOM, Change, changes, compared, figures, read_document, same, shown
from mamlcheck.record.reference import Reference, reference_folder


def call(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), prog_name="mamlcheck")


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return run(load_claims(("lemma_4_8", "hf_error")), [(RandomSweep(1), 16)], 1).as_json()


def saved(path: Path, document: Any) -> str:
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


# -- what is the same ----------------------------------------------------------------------------------------
def test_enclosures_that_overlap_are_of_one_number():
    def between(lower: float, upper: float) -> dict[str, float]:
        return {"lower": lower, "upper": upper}

    assert same(between(0.1, 0.2), between(0.2, 0.3))
    assert same(between(0.1, 0.2), between(0.2 + 0.5 * ROOM, 0.3))
    assert not same(between(0.1, 0.2), between(0.2 + 2 * ROOM, 0.3))
    assert not same(between(0.2 + 2 * ROOM, 0.3), between(0.1, 0.2))
    assert not same(between(0.1, 0.2), None)
    assert not same(None, between(0.1, 0.2))


@pytest.mark.parametrize(
    ("old", "new", "equal"),
    [(1, 1, True), (1, 2, False), (0.5, 0.5 + 0.5 * ROOM, True), (0.5, 0.5 + 2 * ROOM, False), ("1/2", "1/2", True),
     ("1/2", "1/3", False), (None, None, True), ([1, 2], [1, 3], False), (True, False, False)],
)  # fmt: skip
def test_other_figures(old, new, equal):
    assert same(old, new) is equal


def test_a_number_of_an_older_file_is_to_lie_within_the_enclosure_that_took_its_place():
    now = {"lower": 0.25, "upper": 0.5}
    assert same(0.3, now)
    assert same(now, 0.3)
    assert same(0.5 + ROOM / 2, now)
    assert not same(0.6, now)
    assert not same(None, now)


def test_changes_name_what_is_missing_on_either_side():
    old = {"a": {"x": 1, "y": 2}, "b": {"x": 1}}
    new = {"a": {"x": 1, "z": 3}, "c": {"x": 1}}
    assert changes(old, new) == (
        Change("a", "y", 2, None), Change("a", "z", None, 3), Change("b", "the claim", "present", None),
        Change("c", "the claim", None, "present"),
    )  # fmt: skip
    assert shown(None) == "absent"
    assert shown({"lower": 0.5, "upper": 0.75}) == "[0.5, 0.75]"


# -- two files -----------------------------------------------------------------------------------------------
def test_time_and_versions_do_not_count(results, tmp_path):
    other = results | {"seconds": 99.0, "versions": {"numpy": "9"}, "command": "something"}
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    first.write_text(json.dumps(results))
    second.write_text(json.dumps(other))
    result = call("diff", str(first), str(second))
    assert (result.exit_code, result.output) == (0, "No difference.\n")


@pytest.mark.parametrize("figure", ["holds", "violated", "undecided", "vacuous", "guaranteed", "worst_instance"])
def test_every_figure_of_results_counts(results, tmp_path, figure):
    other = json.loads(json.dumps(results))
    claim = other["claims"]["hf_error"]
    if figure == "worst_instance":
        claim["worst"]["instance"] = 7
    else:
        (claim["counts"] if figure in claim["counts"] else claim)[figure] = 7
    found = compared(json.loads(json.dumps(results)), other)
    assert [(c.claim, c.figure, c.new) for c in found] == [("hf_error", figure.replace("_", " "), 7)]
    del other["claims"]["lemma_4_8"]
    assert ("lemma_4_8", "the claim") in [(c.claim, c.figure) for c in compared(results, other)]


def test_the_distribution_and_the_sources_count(results):
    other = json.loads(json.dumps(results))
    other["claims"]["hf_error"]["tightness"]["histogram"]["counts"][0] += 1
    other["claims"]["hf_error"]["by_source"]["random-1"]["counts"]["holds"] -= 1
    assert [c.figure for c in compared(json.loads(json.dumps(results)), other)] == [
        "distribution of tightness", "random-1: holds"
    ]  # fmt: skip


def test_check_and_report_of_the_same_run_differ_in_nothing(tmp_path):
    brief = call("check", "--json", "--instances", "8", "lemma_4_8").stdout
    whole = run(load_claims(("lemma_4_8",)), [(RandomSweep(1), 8)], 1)
    assert compared(json.loads(brief), whole.as_json()) == ()
    assert compared(whole.as_json(), json.loads(brief)) == ()
    more = run(load_claims(("lemma_4_8",)), [(RandomSweep(1), 9)], 1)
    assert {c.figure for c in compared(json.loads(brief), more.as_json())} >= {"completed", "holds"}


def test_conformance_counts():
    subject = {"subject": "mine:make", "algorithm": "MAML", "conforms": True, "results": [
        {"check": "order", "outcome": "passed"}]}  # fmt: skip
    document = {"format": "mamlcheck-results", "version": 2, "claims": {}, "sources": [], "conformance": [subject]}
    worse = document | {"conformance": [subject | {"conforms": False, "results": [
        {"check": "order", "outcome": "failed"}]}]}  # fmt: skip
    assert [str(c) for c in compared(document, worse)] == [
        "mine:make as MAML, conforms: true -> false", "mine:make as MAML, order: passed -> failed"
    ]  # fmt: skip


def test_files_of_the_reference_run(tmp_path):
    folder = reference_folder()
    for path in (folder / "results.json", folder / "brackets.json", *(folder / "witnesses").glob("*.json")):
        assert call("diff", str(path), str(path)).exit_code == 0
    witness = json.loads((folder / "witnesses" / "hf_error.json").read_text())
    witness["instance"]["delta"] = "12345/67"
    result = call("diff", str(folder / "witnesses" / "hf_error.json"), saved(tmp_path / "b.json", witness))
    assert result.exit_code == 1
    assert "instance.delta" in result.output
    assert "12345/67" in result.output


def test_brackets_differ_by_their_figures_not_their_pictures():
    document = brackets_document(brackets(Reference(reference_folder()).witnesses)).as_json()
    other = json.loads(json.dumps(document))
    other["claims"]["hf_error"]["portrait"]["points"] = []
    assert compared(document, other) == ()
    other["claims"]["hf_error"]["state"] = "contradicted"
    assert [c.figure for c in compared(document, other)] == ["state"]


def test_diff_as_json(results, tmp_path):
    other = json.loads(json.dumps(results)) | {"seed": 2}
    paths = saved(tmp_path / "a.json", json.loads(json.dumps(results))), saved(tmp_path / "b.json", other)
    result = call("diff", *paths, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "format": "mamlcheck-diff", "version": 1, "equal": False,
        "changes": [{"claim": "(run)", "figure": "seed", "old": 1, "new": 2}],
    }  # fmt: skip


# -- what is no file of ours ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("[1]", "format None"),
        ('{"format": "other"}', "format 'other'"),
        ('{"format": "mamlcheck-results", "version": 1}', "version 1"),
        ('{"format": "mamlcheck-results", "version": 2}', "no 'claims'"),
        ('{"format": "mamlcheck-results", "version": 2, "claims": {"a": 3}}', "something else"),
        ('{"format": "mamlcheck-reference", "version": 1, "seed": 1, "sources": 3}', "something else"),
        ('{"format": "mamlcheck-results", "version": 2, "claims": {"a": NaN}}', "holds NaN"),
        ("[" * 100_000, "not JSON"),
        ('{"format": {}}', "format {}"),
    ],
)
def test_a_wrong_file_is_an_error(tmp_path, text, said):
    path = tmp_path / "a.json"
    path.write_text(text)
    result = call("diff", str(path), str(path))
    assert result.exit_code == 2
    assert said in result.output
    assert len(result.output.splitlines()) == 1


def test_a_missing_file_and_bytes_that_are_no_text(tmp_path):
    assert "cannot be read" in call("diff", str(tmp_path / "a"), str(tmp_path / "b")).output
    (tmp_path / "c").write_bytes(b"\xff\xfe\x00")
    assert "not text in UTF-8" in call("diff", str(tmp_path / "c"), str(tmp_path / "c")).output
    with pytest.raises(InputError, match="cannot be read"):
        read_document(tmp_path)


def test_two_kinds_have_nothing_in_common():
    folder = reference_folder()
    result = call("diff", str(folder / "results.json"), str(folder / "brackets.json"))
    assert result.exit_code == 2
    assert "no figures in common" in result.output


def test_every_kind_of_document_has_figures():
    folder = reference_folder()
    for path in (folder / "results.json", folder / "brackets.json", folder / "witnesses" / "hf_error.json"):
        assert all(figures(read_document(path)).values())
