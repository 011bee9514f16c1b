"""The section of the page on implementations: counts, loudness, and other people's text escaped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from click.testing import CliRunner

from mamlcheck.cli import main
from mamlcheck.conformance import conform
from mamlcheck.formats.conformance import CheckRecord, ConformanceRecord
from mamlcheck.report.page import render_page
from mamlcheck.report.sections.implementations import Cell, rows

PLANTED = Path(__file__).parents[1] / "conformance" / "planted"


def record(*given: Any) -> ConformanceRecord:
    return conform(*given).record


def test_rows(made: Any) -> None:
    good = record(f"{PLANTED / 'numpy_right.py'}:first_order")
    bad = record(f"{PLANTED / 'numpy_wrong.py'}:first_order_sold_as_second")
    results = made.results(conformance=(good, bad))
    page = render_page(results)
    assert "<td>conforms</td>" in page
    assert '<td class="loud-violated">does not conform</td>' in page
    assert "9 of 9" in page
    assert '<td class="loud-violated">0 of 3</td>' in page
    assert "You declared MAML. This is FO-MAML" in page
    assert "and 15 more" in page
    assert "<strong>DOES NOT CONFORM</strong>" in page
    first, second = rows(results)
    assert first.conforms
    assert first.short == "numpy_right.py:first_order"
    assert not second.conforms
    assert "Implementations" not in render_page(made.results())
    assert "Implementations" not in render_page(made.results(conformance=()))


def test_checks_are_counted_by_groups(made: Any) -> None:
    outcomes = {
        "reference[quadratic,1,float64]": "passed", "reference[quadratic,2,float64]": "expected failure",
        "reference[quadratic,1,float32]": "failed", "a-check": "not run", "another-check": "unexpected pass",
    }  # fmt: skip
    checks = tuple(CheckRecord(name, outcome, f"{name} says so", "") for name, outcome in outcomes.items())
    subject = made.subject(results=checks, unmatched_expected_failures=("x", "y"))
    (row,) = rows(made.results(conformance=(subject,)))
    assert row.cells == (
        Cell("quadratic, float64", "2 of 2, 1 expected to fail", "good"),
        Cell("quadratic, float32", "0 of 1", "bad"),
        Cell("a check", "not run", "left-out"),
        Cell("another check", "0 of 1", "bad"),
    )
    assert row.failures == (
        ("reference[quadratic,1,float32]", "reference[quadratic,1,float32] says so"),
        ("another-check", "another-check says so"),
        ("x", "this expected failure matches no check"),
    )
    assert row.more == 1
    assert row.cell("of another algorithm") == Cell("of another algorithm", "–", "left-out")


def test_an_implementation_that_could_not_be_diagnosed_is_shown_without_a_sentence(made: Any) -> None:
    page = render_page(made.results(conformance=(made.subject(diagnosis=None),)))
    assert "1 check run." in page


def test_names_and_messages_are_escaped(made: Any) -> None:
    def make(problem: Any) -> Any:
        raise ValueError("<script>alert(1)</script> \u202e {{ 7 * 7 }}")

    page = render_page(made.results(conformance=(made.subject(results=record(make, "MAML").results),)))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "{{ 7 * 7 }}" in page
    assert "\u202e" not in page


def test_the_report_takes_subjects(tmp_path: Path) -> None:
    reference = f"{PLANTED / 'numpy_wrong.py'}:first_order_sold_as_second"
    done = CliRunner().invoke(main, ["report", "--instances", "4", "--out", str(tmp_path), "--subject", reference])
    assert done.exit_code == 1
    assert "does not conform to MAML" in done.output
    page = (tmp_path / "index.html").read_text()
    assert "Implementations" in page
    assert f"--subject {reference}" in page
    wrong = CliRunner().invoke(main, ["report", "--out", str(tmp_path), "--subject", "none:make"])
    assert wrong.exit_code == 2
