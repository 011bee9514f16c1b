"""The section of the page on implementations: figures, loudness, and other people's text escaped."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from mamlcheck.cli import main
from mamlcheck.conformance import conform
from mamlcheck.errors import InputError
from mamlcheck.report.conformance import subject_rows
from mamlcheck.report.page import render_page

PLANTED = Path(__file__).parents[1] / "conformance" / "planted"


def test_rows():
    good = conform(f"{PLANTED / 'numpy_right.py'}:first_order")
    bad = conform(f"{PLANTED / 'numpy_wrong.py'}:first_order_sold_as_second")
    page = render_page({"conformance": [good.as_json(), bad.as_json()]})
    assert "<td>conforms</td>" in page
    assert '<td class="loud-violated">does not conform</td>' in page
    assert "9 of 9" in page
    assert '<td class="loud-violated">0 of 3</td>' in page
    assert "You declared MAML. This is FO-MAML" in page
    assert "and 15 more" in page
    assert "<strong>DOES NOT CONFORM</strong>" in page
    first, second = subject_rows([good.as_json(), bad.as_json()])
    assert first.conforms
    assert first.short == "numpy_right.py:first_order"
    assert not second.conforms
    assert render_page({}).count("Implementations") == 0


def test_names_and_messages_are_escaped():
    def make(problem):
        raise ValueError("<script>alert(1)</script> \u202e {{ 7 * 7 }}")

    data = conform(make, "MAML").as_json()
    data["subject"] = "<b>bold</b>"
    page = render_page({"conformance": [data]})
    assert "<script>alert" not in page
    assert "<b>bold" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "{{ 7 * 7 }}" in page
    assert "\u202e" not in page


@pytest.mark.parametrize("entries", [{}, [3], [{"subject": "x"}], "text"])
def test_what_is_no_list_of_results_is_refused(entries):
    with pytest.raises(InputError, match="mamlcheck conform --json"):
        render_page({"conformance": entries})


def test_the_report_takes_subjects(tmp_path):
    reference = f"{PLANTED / 'numpy_wrong.py'}:first_order_sold_as_second"
    done = CliRunner().invoke(main, ["report", "--instances", "4", "--out", str(tmp_path), "--subject", reference])
    assert done.exit_code == 1
    assert "does not conform to MAML" in done.output
    page = (tmp_path / "index.html").read_text()
    assert "Implementations" in page
    assert f"--subject {reference}" in page
    wrong = CliRunner().invoke(main, ["report", "--out", str(tmp_path), "--subject", "none:make"])
    assert wrong.exit_code == 2
