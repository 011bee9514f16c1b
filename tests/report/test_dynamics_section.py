"""The section on the algorithms at work: its numbers are those of the results, its pictures are well formed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import report_parts as parts

from mamlcheck.formats.dynamics import Dynamics
from mamlcheck.report.page import render_page
from mamlcheck.report.section import compiled
from mamlcheck.report.sections import dynamics as section


def html(made: Any, found: Dynamics) -> str:
    return compiled(section.TEMPLATE).render(rows=section.rows(made.results(dynamics=found)))


def test_there_is_no_section_for_a_mere_run(made: Any) -> None:
    assert section.rows(made.results()) is None
    assert 'id="dynamics"' not in render_page(made.results())


def test_numbers_are_those_of_the_results(made: Any, parse: Callable[[str], Any]) -> None:
    page = html(made, parts.dynamics())
    for number in (
        "0.5", "0.25", "0.4375", "1.25", "at most 0.125",  # runs
        "0.03125", "The printed δ is 1/2", "1 measured error is exactly 0",  # the difference
        "from 0.5 to", "|∇F| is 3/8",  # the floor
        "2.125", "1/10", "4,321", "5,332,114", "1,234", "0.625", "α is too large for Theorem 4.15",  # Table 1
        "(12/7, 20/7)", "11.0952…", "4.73170…",  # Figure 1
    ):  # fmt: skip
        assert number in page, number
    assert "nothing: no bound of sigma" in page
    assert page.count("NOT CONFIRMED") == 1
    pictures = [tag for tag, _ in parse(page).tags if tag == "svg"]
    assert len(pictures) == 4


def test_what_is_at_most_is_never_rounded_down(made: Any) -> None:
    just_above = 0.14460000000000003
    found = replace(parts.dynamics(), floors=(replace(parts.dynamics().floors[0], value=just_above),))
    assert "at most 0.1447" in html(made, found)


def test_why_there_is_no_table(made: Any) -> None:
    page = html(made, parts.dynamics(table1=None, why="L = 0: <b>all losses</b>"))
    assert "There is none: L = 0: &lt;b&gt;all losses&lt;/b&gt;." in page


def test_table_1_that_is_not_guaranteed_says_so(made: Any) -> None:
    assert "A constant is declared or" not in html(made, parts.dynamics())
    assert "A constant is declared or" in html(made, parts.dynamics(table1=parts.table1(guaranteed=False)))


def test_nothing_to_draw_is_no_error(made: Any, parse: Callable[[str], Any]) -> None:
    found = parts.dynamics()
    empty = replace(
        found,
        differences=replace(found.differences, deltas=(), error=(), printed=(), sharper=(), measured=()),
        runs=replace(found.runs, algorithms={}, done=0),
        floors=(),
        table1=parts.table1(floors=(), algorithms={}),
        figure_1=replace(found.figure_1, names=(), centres=(), radii=(), starts=(), relations=()),
    )
    assert "svg" not in {tag for tag, _ in parse(html(made, empty)).tags}


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "\u202e", "{{ 7 * 7 }}", '"/><b>'])
def test_hostile_text_is_escaped_wherever_it_stands(made: Any, parse: Callable[[str], Any], hostile: str) -> None:
    page = render_page(made.results(dynamics=made.poisoned(parts.dynamics(), hostile)))
    parse(page)
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "49" not in page.partition("</style>")[2] or "{{ 7 * 7 }}" in page
    assert '"/><b>' not in page
