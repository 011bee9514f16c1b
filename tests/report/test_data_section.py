"""The section on the report's table: its numbers are those of the results, and what is estimated is marked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import report_parts as parts

from mamlcheck.formats.own_table import OwnTable
from mamlcheck.report.page import render_page
from mamlcheck.report.section import compiled
from mamlcheck.report.sections import data as section
from mamlcheck.report.strips import Strip, strips_svg


def html(made: Any, found: OwnTable) -> str:
    return compiled(section.TEMPLATE).render(rows=section.rows(made.full(table=found)))


def test_there_is_no_section_for_a_mere_run(made: Any) -> None:
    assert section.rows(made.results()) is None
    assert section.says(made.results()).lines == ()
    assert 'id="own-data"' not in render_page(made.results())


def test_numbers_are_those_of_the_results(made: Any, parse: Callable[[str], Any]) -> None:
    page = html(made, parts.own_table())
    assert '<td class="n">0.5</td><td class="n">2</td><td class="n">4</td>' in page
    assert "0.25…" in page  # between 0.25 and 0.250001
    assert "1.5" in page
    assert "64 of 64" in page
    assert '0 of 32</td><td class="n">17' in page
    for number in ("5,000", "715,000", "200,000", "143", "40", "1/9", "0.0999"):
        assert number in page, number
    assert "FO-MAML has no plan: it keeps a floor." in page
    assert [tag for tag, _ in parse(page).tags].count("svg") == 1


def test_medians_and_largest_tightness_stand_side_by_side(made: Any) -> None:
    results = made.full(table=parts.own_table())
    rows = section.rows(results).tightness
    assert len(rows) == len(results.claims)
    first, claim = rows[0], next(iter(results.claims.values()))
    random, own = (claim.by_source[name].tightness for name in ("random", "grunfeld"))
    shown = [section.certain_digits(number, 4) for number in (random.median, own.median, random.max, own.max)]
    assert list(first.cells) == shown
    assert shown[1] == shown[3] == "0.25"


def test_own_data_and_the_built_in_table_are_told_apart(made: Any) -> None:
    assert ">Your data<" in html(made, parts.own_table())
    assert ">The table<" in html(made, parts.own_table(own=False))


def test_what_is_estimated_is_marked(made: Any) -> None:
    page = html(made, parts.own_table())
    assert '<span class="mark not-guaranteed">! estimated</span>' in page
    assert page.count("! NOT GUARANTEED") == 1
    sure = parts.own_table(plan=parts.plan(guaranteed=True, provenance="certified", constants=()))
    assert "NOT GUARANTEED" not in html(made, sure)
    assert "NOT GUARANTEED" in html(made, replace(sure, provenance="declared"))


def test_the_plan_is_said_at_the_head_of_the_page(made: Any) -> None:
    page = render_page(made.full(table=parts.own_table())).partition("<main>")[0]
    assert (
        "To reach E|∇F| ≤ 1/10 on Table mine, loss sin: MAML with α = 1/9, 5,000 steps of 20 tasks, D_in = 3, D_o = 4, "
        "D_h = 2 (NOT GUARANTEED: a constant is estimated)." in page
    )
    (none,) = section.says(made.full(table=parts.own_table(plan=parts.plan(cheapest=None)))).lines
    assert none.startswith("No plan reaches E|∇F| ≤ 1/10 on Table mine")


def test_why_there_is_no_plan(made: Any) -> None:
    page = html(made, parts.own_table(plan=None, why="L = 0: <b>linear</b>"))
    assert "There is none: L = 0: &lt;b&gt;linear&lt;/b&gt;." in page


def test_of_many_tasks_the_first_are_listed(made: Any) -> None:
    (task, *_) = parts.own_table().tasks
    page = html(made, parts.own_table(tasks=tuple(replace(task, task=f"t{k}") for k in range(1003))))
    assert ">t99</th>" in page
    assert ">t100</th>" not in page
    assert "And 903 more, in results.json." in page


def test_a_table_without_tasks_or_instances_is_no_error(made: Any, parse: Callable[[str], Any]) -> None:
    page = html(made, parts.own_table(tasks=(), hypotheses=(), instances=0))
    assert "svg" not in {tag for tag, _ in parse(page).tags}


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "\u202e", '"/><b>'])
def test_hostile_text_is_escaped(made: Any, parse: Callable[[str], Any], hostile: str) -> None:
    page = render_page(made.full(table=made.poisoned(parts.own_table(), hostile)))
    parse(page)
    for wrong in ("<script>alert", "\u202e", '"/><b>'):
        assert wrong not in page


def test_a_strip_has_a_dot_for_each_value_and_says_what_it_cannot_draw(parse: Callable[[str], Any]) -> None:
    picture = strips_svg([Strip("L", (("a", 1.0), ("b<", 100.0), ("c", 0.0))), Strip("none", (("a", 0.0),))], "k", "T")
    assert picture is not None
    parsed = parse(picture)
    assert [a["cy"] for tag, a in parsed.tags if tag == "circle"] == ["34", "34"]
    assert "1 at 0, not drawn" in parsed.text
    assert "b&lt;: 100" in picture
    assert [a["aria-label"] for tag, a in parsed.tags if tag == "svg"] == ["T. L: 1 to 100, median 50.5, 1 at 0."]
    assert strips_svg([Strip("none", (("a", 0.0),))], "k", "T") is None
