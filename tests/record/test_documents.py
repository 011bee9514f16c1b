"""`mamlcheck diff` and what it stands on: differences are found, and only differences."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from click.testing import Result as Called

from mamlcheck.check.results import Results
from mamlcheck.check.runner import run
from mamlcheck.check.sweeps import RandomSweep
from mamlcheck.claims import load_claims
from mamlcheck.cli import main
from mamlcheck.errors import InputError
from mamlcheck.formats.conformance import CheckRecord, ConformanceRecord
from mamlcheck.formats.differences import Difference
from mamlcheck.formats.measures import shown
from mamlcheck.formats.shared import Enclosure
from mamlcheck.record.brackets import brackets, brackets_document
from mamlcheck.record.documents import DRIFT_BETWEEN_MACHINES, differences, differences_of, read_document, same
from mamlcheck.record.reference import ReferenceRun, reference_folder

STEP = DRIFT_BETWEEN_MACHINES


def call(*words: str) -> Called:
    return CliRunner().invoke(main, list(words), prog_name="mamlcheck")


@pytest.fixture(scope="module")
def results() -> Results:
    return run(load_claims(("lemma_4_8", "hf_error")), [(RandomSweep(1), 16)], 1)


def saved(path: Path, document: Any) -> str:
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


# -- what is the same ----------------------------------------------------------------------------------------
def test_enclosures_that_overlap_are_of_one_number():
    assert same(Enclosure(0.1, 0.2), Enclosure(0.2, 0.3))
    assert same(Enclosure(0.1, 0.2), Enclosure(0.2 + 0.5 * STEP, 0.3))
    assert not same(Enclosure(0.1, 0.2), Enclosure(0.2 + 2 * STEP, 0.3))
    assert not same(Enclosure(0.2 + 2 * STEP, 0.3), Enclosure(0.1, 0.2))
    assert not same(Enclosure(0.1, 0.2), None)
    assert not same(None, Enclosure(0.1, 0.2))
    assert same(Enclosure(0.1, None), Enclosure(0.3, 0.4))
    assert not same(Enclosure(None, 0.1), Enclosure(0.3, 0.4))


@pytest.mark.parametrize(
    ("old", "new", "equal"),
    [(1, 1, True), (1, 2, False), (0.5, 0.5 + 0.5 * STEP, True), (0.5, 0.5 + 2 * STEP, False), ("1/2", "1/2", True),
     ("1/2", "1/3", False), (None, None, True), ((1, 2), (1, 3), False), (True, False, False)],
)  # fmt: skip
def test_other_measures(old, new, equal):
    assert same(old, new) is equal


def test_differences_name_what_is_missing_on_either_side():
    old = {"a": {"x": 1, "y": 2}, "b": {"x": 1}}
    new = {"a": {"x": 1, "z": 3}, "c": {"x": 1}}
    assert differences_of(old, new) == (
        Difference("a", "y", 2, None), Difference("a", "z", None, 3), Difference("b", "the claim", "present", None),
        Difference("c", "the claim", None, "present"),
    )  # fmt: skip
    assert shown(None) == "absent"
    assert shown(Enclosure(0.5, 0.75)) == "[0.5, 0.75]"


# -- two files -----------------------------------------------------------------------------------------------
def test_time_and_versions_do_not_count(results, tmp_path):
    other = replace(results, seconds=99.0, versions={"numpy": "9"}, command="something")
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    first.write_text(results.text())
    second.write_text(other.text())
    result = call("diff", str(first), str(second))
    assert (result.exit_code, result.output) == (0, "No difference.\n")


def with_claim(results: Results, name: str, **changed: Any) -> Results:
    return replace(results, claims={**results.claims, name: replace(results.claims[name], **changed)})


@pytest.mark.parametrize("name", ["holds", "violated", "undecided", "vacuous"])
def test_every_count_is_a_measure(results, name):
    counts = replace(results.claims["hf_error"].counts, **{name: 7})
    found = differences(results, with_claim(results, "hf_error", counts=counts))
    assert [(d.claim, d.measure, d.new) for d in found] == [("hf_error", name, 7)]
    found = differences(results, with_claim(results, "hf_error", printed_form=counts))
    assert ("hf_error", f"printed form, {name}", None, 7) in [(d.claim, d.measure, d.old, d.new) for d in found]


def test_what_else_is_a_measure(results):
    claim = results.claims["hf_error"]
    elsewhere = Enclosure(2.0, 3.0)
    for changed, measure in (
        ({"guaranteed": False}, "guaranteed"),
        ({"worst": replace(claim.worst, instance="random-2/1/999")}, "worst instance"),
        ({"tightness": replace(claim.tightness, max=elsewhere)}, "max tightness"),
        ({"tightness": replace(claim.tightness, median=elsewhere)}, "median tightness"),
    ):
        found = differences(results, with_claim(results, "hf_error", **changed))
        assert [(d.claim, d.measure) for d in found] == [("hf_error", measure)]
    for changed in ({"partial": True}, {"seed": 2}, {"completed": 1}):
        assert [d.measure for d in differences(results, replace(results, **changed))] == [*changed]
    fewer = replace(results, claims={"hf_error": claim})
    assert [(d.claim, d.measure) for d in differences(results, fewer)] == [("lemma_4_8", "the claim")]


def test_the_distribution_and_the_sources_count(results):
    claim = results.claims["hf_error"]
    known, part = claim.tightness, claim.by_source["random-2"]
    histogram = replace(known.histogram, counts=(known.histogram.counts[0] + 1, *known.histogram.counts[1:]))
    other = with_claim(
        results,
        "hf_error",
        tightness=replace(known, histogram=histogram),
        by_source={"random-2": replace(part, counts=replace(part.counts, holds=0))},
    )
    assert [d.measure for d in differences(results, other)] == ["distribution of tightness", "random-2: holds"]
    more = replace(results, sources=(replace(results.sources[0], instances=99),))
    assert [d.measure for d in differences(results, more)] == ["instances of random-2"]


def test_check_and_report_of_the_same_run_differ_in_nothing(tmp_path):
    path = tmp_path / "brief.json"
    path.write_text(call("check", "--json", "--instances", "8", "lemma_4_8").stdout)
    brief = read_document(path)
    whole = run(load_claims(("lemma_4_8",)), [(RandomSweep(1), 8)], 1)
    assert differences(brief, whole) == differences(whole, brief) == ()
    more = run(load_claims(("lemma_4_8",)), [(RandomSweep(1), 9)], 1)
    assert {d.measure for d in differences(brief, more)} >= {"completed", "holds"}


def test_conformance_counts(results):
    check = CheckRecord("order", "passed", "", "")
    good = ConformanceRecord("mine:make", "MAML", True, 1, None, (), {}, (check,))
    bad = replace(good, conforms=False, results=(replace(check, outcome="failed"),))
    found = differences(replace(results, conformance=(good,)), replace(results, conformance=(bad,)))
    assert [str(d) for d in found] == [
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


def test_brackets_differ_by_their_measures_not_their_pictures():
    document = brackets_document(brackets(ReferenceRun(reference_folder()).witnesses, load_claims(("hf_error",))))
    row = document.claims["hf_error"]
    redrawn = replace(row, portrait=replace(row.portrait, points=()))
    assert differences(document, replace(document, claims={**document.claims, "hf_error": redrawn})) == ()
    wrong = replace(row, state="contradicted")
    found = differences(document, replace(document, claims={**document.claims, "hf_error": wrong}))
    assert [d.measure for d in found] == ["state"]


def test_diff_as_json(results, tmp_path):
    paths = [tmp_path / "a.json", tmp_path / "b.json"]
    for path, document in zip(paths, (results, replace(results, seed=2)), strict=True):
        path.write_text(document.text())
    result = call("diff", *map(str, paths), "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "format": "mamlcheck-diff", "version": 2, "equal": False,
        "differences": [{"claim": "(run)", "measure": "seed", "old": 1, "new": 2}],
    }  # fmt: skip


# -- what is no file of ours ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("[1]", "format None"),
        ('{"format": "other"}', "format 'other'"),
        ('{"format": "mamlcheck-results", "version": 1}', "version 1 of mamlcheck-results"),
        ('{"format": "mamlcheck-brackets", "version": true, "claims": {}}', "version true"),
        ('{"format": "mamlcheck-results", "version": 3}', "has no 'extent'"),
        ('{"format": "mamlcheck-brackets", "version": 1, "claims": {"a": 3}}', "claims.a is 3: it must be an object"),
        ('{"format": "mamlcheck-reference", "version": 2, "seed": 1, "sources": 3, "claims": {}}', "sources is 3"),
        ('{"format": "mamlcheck-results", "version": 3, "claims": {"a": NaN}}', "holds NaN"),
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
    assert "no measures in common" in result.output


def test_every_kind_of_document_has_measures():
    folder = reference_folder()
    for path in (folder / "results.json", folder / "brackets.json", folder / "witnesses" / "hf_error.json"):
        assert all(read_document(path).measures.values())


def test_an_instance_that_is_nested_too_deeply_is_an_error(tmp_path):
    witness = json.loads((reference_folder() / "witnesses" / "hf_error.json").read_text())
    text = json.dumps(witness | {"instance": {"w": "DEEP"}}).replace('"DEEP"', "[" * 700 + "]" * 700)
    path = tmp_path / "deep.json"
    path.write_text(text)
    result = call("diff", str(path), str(path))
    assert result.exit_code in (0, 2)
    assert result.exception is None or isinstance(result.exception, SystemExit)
