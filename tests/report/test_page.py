"""The report page: what it must show, what it must never let through, and that it is written whole or not."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from numbers_read import Node, tree

from mamlcheck.check.results import Histogram, Results, Source, Tightness
from mamlcheck.errors import InputError
from mamlcheck.formats.brackets import Brackets
from mamlcheck.formats.shared import Counts, Enclosure
from mamlcheck.report.page import headline, render_page, write_report

Parse = Callable[[str], Any]
BREAKERS = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;{{ 7*7 }}"


# -- the page -----------------------------------------------------------------------------------------------
RESULTS = {
    "full": lambda made: made.full(),
    "troubled": lambda made: made.troubled(),
    "everything": lambda made: made.everything(),
    "one claim": lambda made: made.results(),
    "no claims": lambda made: made.results(claims={}),
    "nothing judged": lambda made: made.one(counts=Counts(), worst=None),
    "hostile names": lambda made: made.poisoned(made.everything(), BREAKERS),
}


@pytest.mark.parametrize("name", RESULTS)
def test_page_is_well_formed_with_unique_ids_and_live_anchors(made: Any, parse: Parse, name: str) -> None:
    parsed = parse(render_page(RESULTS[name](made)))
    ids = [attributes["id"] for _, attributes in parsed.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    pointed = {str(a["href"])[1:] for _, a in parsed.tags if str(a.get("href", "")).startswith("#")}
    named = {name for _, a in parsed.tags for name in str(a.get("aria-labelledby") or "").split()}
    assert pointed | named <= set(ids)


def test_a_sharper_form_is_marked_ours_and_points_to_what_it_sharpens(made: Any, parse: Parse) -> None:
    full = made.full()
    printed = full.claims["hf_error"]
    ours = {
        "ours.hf_error.half": replace(printed, title="HF error, sharper", sharpens="hf_error"),
        "ours.other": replace(printed, title="Another", sharpens="not_on_this_page"),
    }
    html = render_page(replace(full, claims={**full.claims, **ours}))
    row = html.partition("<tbody>")[2].partition('<a href="#claim-ours.hf_error.half">')[2].partition("</tr>")[0]
    assert '<span class="mark ours">ours</span>' in row
    section = html.partition('id="claim-ours.hf_error.half"')[2].partition("</article>")[0]
    assert '<span class="mark ours">ours</span>' in section
    assert '<a href="#claim-hf_error">hf_error</a>, as printed' in section
    assert "not_on_this_page, as printed" in html
    parsed = parse(html)
    ids = {attributes["id"] for _, attributes in parsed.tags if "id" in attributes}
    assert {str(a["href"])[1:] for _, a in parsed.tags if str(a.get("href", "")).startswith("#")} <= ids
    assert 'class="mark ours"' not in render_page(full)


def test_page_loads_nothing_and_runs_nothing(made: Any, parse: Parse) -> None:
    html = render_page(made.everything())
    assert "http:" not in html
    assert "https:" not in html
    assert "@import" not in html
    assert "url(" not in html
    parsed = parse(html)
    assert not {"iframe", "object", "embed", "img"} & {tag for tag, _ in parsed.tags}
    assert [attributes for tag, attributes in parsed.tags if tag == "script"] == [{}]  # its own, the last thing on it
    targets = {a.get(name) for _, a in parsed.tags for name in ("src", "href", "srcset", "data") if a.get(name)}
    assert all(target == "results.json" or str(target).startswith(("#", "data:,")) for target in targets)
    policies = [a["content"] for tag, a in parsed.tags if tag == "meta" and "http-equiv" in a]
    script = html.partition("<script>")[2].partition("</script>")[0]
    known = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    allowed = f"script-src 'sha256-{known}'"
    assert policies == [f"default-src 'none'; style-src 'unsafe-inline'; {allowed}; img-src data:"]
    assert not re.search(r"fetch|XMLHttp|import\b|WebSocket|sendBeacon|localStorage|cookie|eval", script)


def test_every_text_from_outside_is_escaped(made: Any, parse: Parse) -> None:
    clean = made.everything()
    html = render_page(made.poisoned(clean, BREAKERS))
    parsed = parse(html)
    assert html.count("<script") == 1
    assert "<img" not in html
    assert {tag for tag, _ in parsed.tags} <= {tag for tag, _ in parse(render_page(clean)).tags} | {"mtext", "code"}
    names = {name for _, attributes in parsed.tags for name in attributes}
    assert not [name for name in names if name.startswith("on")]
    assert "alert(1)" in parsed.text
    assert "{{ 7*7 }}" in parsed.text  # shown, not evaluated
    assert html.count("&lt;script&gt;") > 100  # every text was poisoned, not just one


def test_hostile_instance_id_is_quoted_in_the_command(made: Any, parse: Parse) -> None:
    worst = replace(made.tallied().worst, instance="x; rm -rf ~")
    assert "mamlcheck show 'x; rm -rf ~'" in parse(render_page(made.one(worst=worst))).text


def test_an_instance_of_a_table_is_shown_with_the_options_that_the_table_needs(made: Any, parse: Parse) -> None:
    source = Source("mine", "My table", "five rows", 5, "--data 'my table.csv' --target y")
    worst = replace(made.tallied().worst, instance="mine/1/2", source="mine")
    text = parse(render_page(made.results(sources=(source,), claims={"hf_error": made.claim(worst=worst)}))).text
    assert "mamlcheck show mine/1/2 --data 'my table.csv' --target y" in text
    assert "My table: n = 4 tasks" in text


@pytest.mark.parametrize(
    ("names", "titles"),
    [(("random",), ["random"]), (("random", "other"), ["random", "other", "All sources"]), ((), ["All instances"])],
)
def test_verdicts_stand_source_by_source_and_are_added_up_once(made: Any, names: tuple, titles: list[str]) -> None:
    html = render_page(made.one(by_source={name: made.tallied() for name in names}))
    table = html.partition("<summary>Verdicts</summary>")[2].partition("</table>")[0]
    assert re.findall(r'<tr><th scope="row">([^<]*)</th>', table) == titles


def test_a_claim_whose_id_is_a_path_has_an_anchor_all_the_same(made: Any, parse: Parse) -> None:
    names = ("my claims/one.py", "hf_error", "my claims/two.py")
    tags = parse(render_page(made.results(claims={name: made.claim() for name in names}))).tags
    ids = [attributes["id"] for tag, attributes in tags if attributes.get("class") == "card"]
    assert ids == ["claim:1", "claim-hf_error", "claim:3"]


@pytest.mark.parametrize("hostile", ["\x1b[31m", "\u202e", "\u2066", "\x00", "\x9f", "\r", "\ud800"])
def test_control_and_direction_characters_are_spelled_out(made: Any, hostile: str) -> None:
    results = made.poisoned(made.everything(), hostile)
    shown = hostile.encode("unicode_escape").decode()
    html = render_page(results)
    assert hostile[0] not in html
    assert html.count(shown) > 100
    assert hostile[0] not in headline(results)
    assert shown in headline(results)


def test_equal_results_give_equal_bytes(made: Any) -> None:
    results = made.everything()
    assert render_page(results) == render_page(copy.deepcopy(results))


def test_page_from_the_written_json_is_the_same_page(made: Any) -> None:
    results = made.everything()
    assert render_page(Results.from_json(json.loads(results.text()))) == render_page(results)


def test_statements_are_mathml(made: Any) -> None:
    html = render_page(made.full())
    assert html.count("<math ") == 14  # a statement and a definition for each claim
    assert "<mfrac>" in html
    assert "ρ" in html
    assert "<code>\\" not in html


def test_charts_carry_title_and_description(made: Any) -> None:
    html = render_page(made.full())
    assert html.count('<svg class="chart" role="img"') == 14
    said = re.findall(r'<svg class="chart" role="img" id="[^"]+" viewBox="[^"]+" aria-label="([^"]+)"', html)
    assert len(said) == 14
    assert all(re.search(r"\w\. \d", label) for label in said)  # a title, and what is seen
    assert not re.search(r"\bnan\b|\binf\b", html.partition("</style>")[2].partition("</main>")[0])


@pytest.mark.parametrize("name", ["full", "troubled", "everything"])
def test_sentences_begin_with_a_capital(made: Any, name: str) -> None:
    """Names, code and formulas apart, which are as they are."""
    results = RESULTS[name](made)
    described = replace(made.bracket(), description="ridge tasks: n = 1")
    html = render_page(replace(results, brackets=Brackets({"lemma_4_8": described})))
    found = [
        said
        for node in tree(html).all()
        if node.tag in ("p", "dd", "li", "figcaption", "td", "th", "desc")
        for said in re.findall(r".{0,30}[\w)\]][.!?] [a-z].{0,20}", words(node))
    ]
    assert "Ridge tasks: n = 1" in html
    assert found == []


def words(node: Node) -> str:
    """The text in an element, with a sign in place of each name, code and formula."""
    if node.tag in ("code", "math", "svg", "style", "script") or "id" in node.attributes.get("class", "").split():
        return " · "
    return " ".join("".join(one if isinstance(one, str) else words(one) for one in node.inside).split())


# -- what is said at its head --------------------------------------------------------------------------------
def test_all_hold_is_said_in_words(made: Any) -> None:
    assert headline(made.full()) == "7 claims, 15,498 certified verdicts: all hold"
    html = render_page(made.full())
    assert "7 claims, 15,498 certified verdicts: all hold" in html
    assert "42 further verdicts are vacuous" in html
    assert "<p>2 sources of instances, seed 1, 12.3 s.</p>" in html
    assert html.count("NOT GUARANTEED") == 1  # the last section explains the mark
    assert "partial" not in html
    assert "mamlcheck show random-2/1/17" in html


def test_trouble_is_loud(made: Any, parse: Parse) -> None:
    html = render_page(made.troubled())
    text = " ".join(parse(html).text.split())
    assert "VIOLATED: Lemma 4.10: bias of the adapted gradient fails on 2 of 2,220 instances" in text
    assert "UNDECIDED at the highest precision tried: Lemma 4.10: bias of the adapted gradient (1)" in text
    assert "NO SUPPORT HF error" in text
    assert "partial: stopped by the user after 1,500 of 2,220 instances" in text
    assert 'class="outcome violated"' in html
    assert "[12.5, 12.6]" in text
    assert "[0.999999999899, 1.00000000011]" in text
    assert "The first 2 of 3." in text
    assert 'class="cross"' in html
    assert 'class="diamond"' in html
    # The summary row, the section title, both rows of the table: each shows the mark.
    section = html.partition('id="claim-theorem_4_11"')[2].partition("</section>")[0]
    assert section.count("! NOT GUARANTEED") == 3
    assert html.partition("<section id=")[0].count("! NOT GUARANTEED") == 2
    assert "NOT GUARANTEED Theorem 4.11: the stochastic meta-objective is near; HF error." in text


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ({}, "1 claim, 5 certified verdicts: it holds"),
        ({"guaranteed": False}, "1 claim, 5 verdicts not guaranteed: it holds"),
        (
            {"counts": Counts(vacuous=5)},
            "1 claim, 0 certified verdicts: no instance meets the hypotheses, so nothing is supported",
        ),
        ({"counts": Counts(5, undecided=2)}, "1 claim, 5 certified verdicts: none violated, 2 undecided"),
        (
            {"counts": Counts(5, 1), "guaranteed": False},
            "VIOLATED: hf_error fails on 1 of 6 instances (not guaranteed)",
        ),
    ],
)
def test_headline(made: Any, claim: dict[str, Any], expected: str) -> None:
    assert headline(made.one(**claim)) == expected


def test_without_claims_nothing_is_said_to_hold(made: Any) -> None:
    assert headline(made.results(claims={})) == "No claims were checked"


def _with_a_loose_table(made: Any, **changes: Any) -> Results:
    full = made.full()
    parts = full.claims["theorem_4_11"].by_source
    loose = {**parts, "grunfeld": replace(parts["grunfeld"], guaranteed=False)}
    return made.changed(full, "theorem_4_11", by_source=loose, **changes)


def test_headline_keeps_certified_and_not_guaranteed_apart(made: Any) -> None:
    expected = "7 claims, 15,284 certified verdicts and 214 verdicts not guaranteed: all hold"
    assert headline(_with_a_loose_table(made, guaranteed=False)) == expected


def test_one_source_without_guarantee_takes_it_from_the_claim(made: Any) -> None:
    results = _with_a_loose_table(made)
    assert "214 verdicts not guaranteed" in headline(results)
    assert "<strong>NOT GUARANTEED</strong> Theorem 4.11" in render_page(results)


def test_one_unsupported_claim_is_not_all_hold(made: Any) -> None:
    results = made.changed(made.full(), "hf_error", counts=Counts(vacuous=9))
    assert headline(results).endswith(": none violated, but 1 claim has no support")


def test_a_run_that_was_stopped_before_anything_was_judged_says_so(made: Any) -> None:
    html = render_page(made.results(partial=True, completed=0, claims={"hf_error": made.claim(counts=Counts())}))
    assert "stopped by the user before the first block of instances was done; nothing was judged" in html


def test_the_printed_form_is_shown_and_a_failure_in_it_is_the_headline(made: Any) -> None:
    def judged(counts: Counts) -> Results:
        return made.changed(made.full(), "theorem_4_11", printed_form=counts)

    assert "1,234 hold, 0 violated, 0 undecided, 5 vacuous" in render_page(judged(Counts(1234, 0, 0, 5)))
    assert headline(judged(Counts(1234, 0, 0, 5))) == headline(made.full())
    assert headline(judged(Counts(1, 3))).startswith("NOT SETTLED in the printed form")
    assert "3 violated" in headline(judged(Counts(1, 3)))
    assert headline(judged(Counts(1, 0, 3))).startswith("NOT SETTLED in the printed form")
    assert "3 undecided" in headline(judged(Counts(1, 0, 3)))


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.04, "0.0 s"), (59.9, "59.9 s"), (75.5, "1 min 16 s"), (7384, "2 h 3 min")]
)
def test_the_time_is_told_in_units_that_people_use(made: Any, seconds: float, said: str) -> None:
    assert f"seed 1, {said}." in render_page(made.results(seconds=seconds))


# -- tightness -----------------------------------------------------------------------------------------------
def test_what_a_chart_leaves_out_is_counted_in_words(made: Any, parse: Parse) -> None:
    half = Enclosure(0.5, 0.5)
    results = made.one(
        scatter=((0.0, 1.0), (0.0, 0.0), (0.5, 1.0), (1.0, 0.0)),
        tightness=Tightness(half, half, 4, 1, 2, Histogram((-1.0, -0.5, 0.0), (1, 1))),
    )
    text = parse(render_page(results)).text
    assert "2 of 4 points have lhs = 0" in text
    assert "1 point with a side that is zero, negative or not finite cannot be drawn" in text
    assert "3 instances are not in the distribution" in text
    assert "Drawn are 4 of 5 instances" in text
    assert "The median tightness is 0.5, of the 4 instances that have one." in text
    assert "1 more is not vacuous and has none" in text


def test_a_distribution_of_nothing_is_not_drawn(made: Any) -> None:
    html = render_page(made.results())
    assert "cannot be drawn: every count is zero" in html
    assert "<svg" not in html


# -- writing -------------------------------------------------------------------------------------------------
def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_report_is_written_and_written_again(made: Any, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "report"
    assert write_report(made.full(), out) == out / "index.html"
    first = _contents(out)
    assert sorted(first) == ["index.html", "results.json"]
    assert Results.from_json(json.loads(first["results.json"])) == made.full()
    assert b"\r" not in first["index.html"]
    write_report(made.full(), out)
    assert _contents(out) == first


def test_a_failing_write_leaves_the_previous_report(made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_report(made.full(), tmp_path)
    before = _contents(tmp_path)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"cannot be written .No space left on device.*give a place"):
        write_report(made.troubled(), tmp_path)
    monkeypatch.undo()
    assert _contents(tmp_path) == before


@pytest.mark.parametrize("inside", ["", "below"])
def test_a_file_where_the_folder_should_be(made: Any, tmp_path: Path, inside: str) -> None:
    blocked = tmp_path / "taken"
    blocked.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"taken.* cannot be written .*give a place"):
        write_report(made.full(), blocked / inside)
    assert blocked.read_text(encoding="utf-8") == "mine"


def test_a_folder_where_the_page_should_be(made: Any, tmp_path: Path) -> None:
    (tmp_path / "index.html").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        write_report(made.full(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]
