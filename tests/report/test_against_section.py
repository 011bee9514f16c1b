"""What changed since earlier results: which rows, which way, and how the page and its head say it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import report_parts as parts
from click.testing import CliRunner

import mamlcheck
from mamlcheck.check.results import Results
from mamlcheck.cli import main
from mamlcheck.errors import InputError
from mamlcheck.formats.against import Comparison
from mamlcheck.formats.shared import Counts, Enclosure
from mamlcheck.report.against import Old, comparison, read_old
from mamlcheck.report.page import headline, render_page
from mamlcheck.report.section import compiled
from mamlcheck.report.sections import against as section
from mamlcheck.report.sparks import spark_svg


def since(old: Results, new: Results) -> Comparison:
    return comparison(Old("old.json", old), new)


def turns(found: Comparison) -> dict[str, str]:
    return {row.name: row.turn for row in found.rows}


# -- what changed ------------------------------------------------------------------------------------------------------
def test_equal_results_have_no_changes(made: Any) -> None:
    found = since(made.full(), made.full(seconds=99.0, versions={"mamlcheck": "9"}))
    assert (found.rows, found.unchanged, found.alike) == ((), 7, True)
    assert section.says(made.full(against=(found,))).lines == ("Nothing changed since old.json: 7 rows compared.",)


def test_which_way_a_row_turned(made: Any) -> None:
    full = made.full()
    counts = full.claims["lemma_4_8"].counts
    violated = made.changed(full, "lemma_4_8", counts=replace(counts, holds=counts.holds - 1, violated=1))
    assert turns(since(full, violated)) == {"lemma_4_8": "worse"}
    assert turns(since(violated, full)) == {"lemma_4_8": "better"}
    loose = made.changed(full, "hf_error", guaranteed=False)
    assert turns(since(full, loose)) == {"hf_error": "worse"}
    tighter = replace(full.claims["hf_error"].tightness, max=Enclosure(1.0, 1.0))
    assert turns(since(full, made.changed(full, "hf_error", tightness=tighter))) == {"hf_error": "other"}
    fewer = replace(full, claims={name: claim for name, claim in full.claims.items() if name != "hf_error"})
    assert turns(since(full, fewer)) == {"hf_error": "gone"}
    assert turns(since(fewer, full)) == {"hf_error": "new"}
    bounded = replace(full, brackets=made.everything().brackets)  # a bracket alone makes no row
    assert turns(since(replace(fewer, brackets=bounded.brackets), bounded)) == {"hf_error": "new"}
    form = made.changed(full, "hf_error", printed_form=Counts(3))
    assert turns(since(form, made.changed(full, "hf_error", printed_form=Counts(2, 1)))) == {"hf_error": "worse"}


def test_proofs_brackets_and_implementations_are_compared(made: Any) -> None:
    everything = made.everything()
    proved = made.changed(everything, "lemma_4_8", proof=made.proof(proved=True))
    assert turns(since(proved, everything)) == {"lemma_4_8": "worse"}
    assert turns(since(everything, replace(everything, conformance=(made.subject(), made.subject())))) == {
        "work/mine.py:make as MAML": "better"
    }
    mended = replace(everything.brackets, claims={**everything.brackets.claims, "hf_error": made.bracket()})
    assert turns(since(replace(everything, brackets=mended), everything)) == {"hf_error": "worse"}


def test_what_old_results_do_not_have_is_no_change(made: Any) -> None:
    everything = made.everything()
    bare = replace(everything, brackets=None, findings=None, conformance=None)
    bare = made.changed(bare, "lemma_4_8", proof=None)
    assert turns(since(bare, everything)) == {"work/mine.py:make as MAML": "new"}
    assert turns(since(everything.in_brief(), everything)) == {"work/mine.py:make as MAML": "new"}  # type: ignore[arg-type]


def test_other_instances_are_not_counted_against_one_another(made: Any) -> None:
    full = made.full()
    counts = replace(full.claims["lemma_4_8"].counts, holds=3)
    other = made.changed(made.full(seed=2), "lemma_4_8", counts=counts)
    found = since(full, other)
    assert (found.alike, found.rows) == (False, ())
    assert since(full, made.changed(other, "lemma_4_8", counts=Counts(vacuous=9))).rows == ()  # none was drawn
    assert turns(since(full, made.changed(full, "lemma_4_8", counts=Counts(vacuous=9)))) == {"lemma_4_8": "worse"}
    bad = made.changed(other, "lemma_4_8", counts=Counts(2, 1))
    assert [d.measure for d in since(full, bad).rows[0].differences] == ["verdict"]


def test_the_gravest_come_first(made: Any) -> None:
    full = made.full()
    new = made.changed(full, "theorem_4_11", counts=Counts(1, 1))
    new = made.changed(new, "lemma_4_8", worst=None)
    assert [row.name for row in since(full, new).rows] == ["theorem_4_11", "lemma_4_8"]


# -- the page ----------------------------------------------------------------------------------------------------------
def test_there_is_no_section_without_old_results(made: Any) -> None:
    assert section.rows(made.results()) is None
    assert section.rows(made.results(against=())) is None
    assert section.says(made.results()).lines == ()


def test_rows_that_changed_and_no_others(made: Any, parse: Callable[[str], Any]) -> None:
    results = made.full(against=(parts.comparison(),))
    page = compiled(section.TEMPLATE).render(rows=section.rows(results))
    parse(page)
    assert page.index("✕ WORSE") < page.index("~ changed")
    assert '<span class="id">holds</span> → <span class="id">violated</span>' in page
    assert '<span class="id">0.25</span> → <span class="id">0.5</span>' in page
    assert "5 rows are as they were" in page
    assert "theorem_4_11" not in page
    assert "svg" not in page  # one old file is no history


def test_the_head_of_the_page_says_it_bad_things_first(made: Any) -> None:
    results = made.full(against=(parts.comparison(),))
    head = render_page(results).partition("<main>")[0]
    assert "<strong>WORSE THAN BEFORE</strong> since old.json: Lemma 4.8." in head
    assert "2 of 7 rows changed since old.json: 1 worse, 1 otherwise changed." in head
    assert headline(results) == headline(made.full())


def test_a_history_of_several(made: Any, parse: Callable[[str], Any]) -> None:
    full = made.full()
    results = replace(full, against=(parts.comparison(file="older.json"), parts.comparison()))
    rows = section.rows(results)
    assert rows is not None
    assert rows.columns == "older.json → old.json → now"
    titles = {row.title: row for row in rows.history}
    lemma = titles[full.claims["lemma_4_8"].title]
    now = section.certain_digits(full.claims["lemma_4_8"].tightness.max, 6)
    assert lemma.tightness == f"0.75 → 0.75 → {now}"
    assert lemma.verdicts == "holds"
    theorem = titles[full.claims["theorem_4_11"].title]  # which was not in the old ones
    assert theorem.tightness.startswith("– → – → ")
    assert theorem.verdicts == "not there → not there → holds"
    parse(compiled(section.TEMPLATE).render(rows=rows))


def test_claims_that_did_not_move_have_no_history(made: Any) -> None:
    full = made.full()
    same = since(full, full)
    rows = section.rows(replace(full, against=(same, same)))
    assert rows is not None
    assert rows.history == ()


def test_a_spark_has_gaps_and_crosses(parse: Callable[[str], Any]) -> None:
    picture = spark_svg([(0.5, False), (None, False), (0.25, False), (1.0, True), (None, True)], "k", "T<", "D")
    tags = [tag for tag, _ in parse(picture).tags]
    assert (tags.count("circle"), tags.count("path"), tags.count("polyline")) == (2, 2, 1)
    assert "T&lt;" in picture


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "\u202e", '"/><b>'])
def test_hostile_text_is_escaped(made: Any, parse: Callable[[str], Any], hostile: str) -> None:
    poisoned = made.poisoned(parts.comparison(), hostile)
    page = render_page(made.full(against=(poisoned, poisoned)))
    parse(page)
    for wrong in ("<script>alert", "\u202e", '"/><b>'):
        assert wrong not in page


# -- files -------------------------------------------------------------------------------------------------------------
def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_whole_and_brief_results_are_read(made: Any, tmp_path: Path) -> None:
    full = made.full()
    for name, text in (("whole.json", full.text()), ("brief.json", full.in_brief().text())):
        assert since(read_old(write(tmp_path, name, text)).results, full).rows == ()  # type: ignore[arg-type]
    assert read_old(tmp_path / "whole.json").file == f"{tmp_path.name}/whole.json"


def test_results_that_were_written_before_there_was_anything_to_add_are_read(made: Any, tmp_path: Path) -> None:
    content = json.loads(made.full().text())
    for name in ("dynamics", "table", "against"):
        assert content.pop(name, 0) is None
    assert read_old(write(tmp_path, "old.json", json.dumps(content))).results == made.full()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ('{"format": "mamlcheck-brackets", "version": 1, "claims": {}}', "holds no results of a report"),
        ('{"format": "mamlcheck-results", "version": 2}', "is version 2"),
        ('{"format": "other"}', "says format 'other'"),
    ],
)
def test_a_wrong_file_is_refused_before_anything_is_checked(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path, "old.json", text)
    with pytest.raises(InputError, match=said):
        mamlcheck.report(tmp_path / "out", instances=1, against=[path])  # type: ignore[operator]
    done = CliRunner().invoke(main, ["report", "--out", str(tmp_path / "out"), "--against", str(path)])
    assert done.exit_code == 2
    assert said in done.output
    assert not list((tmp_path / "out").glob("*")) if (tmp_path / "out").exists() else True


def test_a_missing_file_and_text_in_place_of_a_list_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json"):
        mamlcheck.report(tmp_path / "out", instances=1, against=[tmp_path / "none.json"])  # type: ignore[operator]
    with pytest.raises(InputError, match="give a list of files"):
        mamlcheck.report(tmp_path / "out", instances=1, against="old.json")  # type: ignore[operator]


def test_the_report_compares(tmp_path: Path) -> None:
    first = CliRunner().invoke(main, ["report", "--instances", "2", "--out", str(tmp_path / "a")])
    assert first.exit_code == 0, first.output
    old = str(tmp_path / "a" / "results.json")
    second = CliRunner().invoke(
        main, ["report", "--instances", "2", "--out", str(tmp_path / "b"), "--against", old, "--against", old]
    )
    assert second.exit_code == 0, second.output
    results = Results.from_json(json.loads((tmp_path / "b" / "results.json").read_text(encoding="utf-8")))
    assert results.against is not None
    assert [one.rows for one in results.against] == [(), ()]
    page = (tmp_path / "b" / "index.html").read_text(encoding="utf-8")
    assert page.count("Nothing changed since a/results.json") == 2
    assert render_page(results) == page
