"""The page in a real browser, a headless Chromium: what people see, reach and print.

Each page is opened from its file, as a reader opens it. Whatever the page asks the network for, and each message on its
console, is collected, and both have to stay empty.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import report_parts as parts

from mamlcheck.check.results import Results
from mamlcheck.formats.shared import Counts
from mamlcheck.report.page import render_page
from mamlcheck.shipped import shipped

api = pytest.importorskip("playwright.sync_api", reason="no Playwright: pip install 'mamlcheck[browser]'")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe: pip install 'mamlcheck[browser]'")
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
pytestmark = pytest.mark.skipif(
    not CHROMIUM, reason="no Chromium on the path: install it, as with `apt install chromium`"
)

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
BREAKERS = "<script>window.broken = 1</script>\"'><img src=x onerror='window.broken = 1'>"
PHONE, DESK = 360, 1280


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        yield browser
        browser.close()


@dataclass
class Seen:
    """A page that is open, with what it asked for and what its console said."""

    page: Any
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


Open = Callable[..., Seen]


@pytest.fixture
def show(chromium: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens the page of results, at a width; afterwards, nothing was asked of the network and nothing went wrong."""
    opened: list[Seen] = []

    def open_page(results: Results, width: int = DESK, at: str = "", **context: Any) -> Seen:
        file = tmp_path / f"{len(opened)}.html"
        file.write_text(render_page(results), encoding="utf-8")
        page = chromium.new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce", **context)
        seen = Seen(page)
        page.on("request", lambda request: seen.asked.append(request.url))
        page.on("console", lambda message: seen.said.append(message.text))
        page.on("pageerror", lambda error: seen.said.append(str(error)))
        page.goto(f"{file.as_uri()}{at}")
        opened.append(seen)
        return seen

    yield open_page
    for seen in opened:
        assert [url for url in seen.asked if not url.startswith(("file:", "data:"))] == []
        assert len({url for url in seen.asked if url.startswith("file:")}) == 1
        assert seen.said == []
        seen.page.close()


@pytest.fixture(scope="module")
def example() -> Results:
    return Results.from_json(json.loads((shipped("reports") / "example" / "results.json").read_text(encoding="utf-8")))


def many(made: Any, count: int) -> Results:
    return made.results(claims={f"claim_{k}": made.claim(title=f"Claim {k}") for k in range(count)})


PAGES: dict[str, Callable[[Any], Results]] = {
    "everything": lambda made: made.everything(),
    "no claims": lambda made: made.results(claims={}),
    "no instance": lambda made: made.one(counts=Counts(), worst=None),
    "hostile names": lambda made: made.poisoned(made.everything(), BREAKERS),
    "own data, subjects, earlier results": lambda made: replace(
        made.full(),
        table=parts.own_table(),
        dynamics=parts.dynamics(),
        against=(parts.comparison(),),
        conformance=(made.subject(),),
    ),
    "a thousand claims": lambda made: many(made, 1000),
}


# -- what every page keeps ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("width", [PHONE, 800, DESK])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_the_screen(made: Any, show: Open, name: str, width: int) -> None:
    page = show(PAGES[name](made), width).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("window.broken") is None


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_example_is_not_wider_than_the_screen(example: Results, show: Open, width: int) -> None:
    assert show(example, width).page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["everything", "no claims", "no instance", "own data, subjects, earlier results"])
def test_no_rule_of_accessibility_is_violated(made: Any, show: Open, name: str, scheme: str) -> None:
    page = show(PAGES[name](made), DESK if scheme == "dark" else PHONE, color_scheme=scheme).page
    for fold in page.query_selector_all("details"):
        fold.evaluate("fold => fold.open = true")
    found = axe.Axe().run(page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []


@pytest.mark.parametrize("name", ["everything", "hostile names"])
def test_bad_news_is_on_the_first_screen(made: Any, show: Open, name: str) -> None:
    page = show(PAGES[name](made)).page
    box = page.locator("h1").bounding_box()
    assert box["y"] + box["height"] < 900
    assert "DOES NOT CONFORM" in page.locator("h1").inner_text()
    assert "VIOLATED" in page.locator(".outcome").inner_text()


# -- without and with its script ---------------------------------------------------------------------------------------
def test_all_is_there_without_script(made: Any, show: Open) -> None:
    with_script, without = show(made.everything()).page, show(made.everything(), java_script_enabled=False).page
    assert without.locator("main").inner_text() == with_script.locator("main").inner_text()
    assert without.locator("#filter").count() == 0


def test_the_filter_keeps_what_fits_and_stands_in_the_address(example: Results, show: Open) -> None:
    page = show(example).page
    page.keyboard.press("/")
    page.keyboard.type("lemma_4_10 bias")
    shown = page.locator(".bounds tbody tr:visible .id").all_inner_texts()
    assert "lemma_4_10.bias" in shown
    assert all("lemma_4_10" in name for name in shown if not name.startswith("ours.hf"))
    assert page.locator("#shown").inner_text().endswith(f"of {len(example.claims)} claims")
    again = page.url
    page.goto("about:blank")
    page.goto(again)
    assert page.locator("#filter").input_value() == "lemma_4_10 bias"
    assert page.locator(".bounds tbody tr:visible .id").all_inner_texts() == shown


def test_rows_sort_by_what_an_instance_reaches(example: Results, show: Open) -> None:
    page = show(example).page
    before = page.locator(".bounds tbody tr").evaluate_all("rows => rows.map(row => +row.dataset.reach)")
    page.select_option("#sort", "reach")
    after = page.locator(".bounds tbody tr").evaluate_all("rows => rows.map(row => +row.dataset.reach)")
    assert before != after == sorted(before, reverse=True)
    assert "sort=reach" in page.url


def test_keys_go_from_card_to_card(made: Any, show: Open) -> None:
    page = show(made.full()).page
    cards = page.locator("section.card").evaluate_all("cards => cards.map(card => card.id)")
    went = []
    for key in ("j", "j", "k"):
        page.keyboard.press(key)
        page.wait_for_function("document.activeElement.classList.contains('card')")
        went.append(page.evaluate("document.activeElement.id"))
    assert went == [cards[0], cards[1], cards[0]]


def test_a_permalink_opens_at_its_claim(made: Any, show: Open) -> None:
    page = show(made.full(), at="#claim-hf_error").page
    assert 0 <= page.locator("#claim-hf_error").bounding_box()["y"] < 400
    links = page.locator("a.permalink").evaluate_all("links => links.map(link => link.hash.slice(1))")
    assert "claim-hf_error" in links
    assert all(page.evaluate("id => document.getElementById(id) !== null", target) for target in links)


# -- the map -----------------------------------------------------------------------------------------------------------
def test_pointing_at_a_node_of_the_map_lights_up_what_hangs_together_without_script(made: Any, show: Open) -> None:
    page = show(made.everything(), java_script_enabled=False).page

    def pale() -> set[str]:
        nodes = page.locator(".drawing a").evaluate_all(
            "nodes => nodes.filter(node => getComputedStyle(node).opacity < 1).map(node => node.getAttribute('href'))"
        )
        return set(nodes)

    assert pale() == set()
    apart = {"#claim-theorem_4_11", "#finding-a_place", "#finding-other"}
    page.locator(".drawing a[href='#claim-lemma_4_9.first_moment']").hover()
    assert apart <= pale()
    assert not {"#claim-lemma_4_8", "#claim-lemma_4_10.bias", "#claim-lemma_4_9.first_moment"} & pale()
    page.mouse.move(0, 0)
    page.locator(".drawing a[href='#finding-other']").focus()
    assert "#claim-lemma_4_8" in pale()
    assert "#finding-other" not in pale()


@pytest.mark.parametrize("script", [True, False])
def test_an_assumption_of_the_map_leads_to_its_row_which_opens(made: Any, show: Open, script: bool) -> None:
    page = show(made.everything(), java_script_enabled=script).page
    row = page.locator("#map-words tr", has_text="Assumption 4.3").first
    assert not row.is_visible()
    page.locator(".drawing a", has_text="4.3").first.click()
    row.wait_for(state="visible")


# -- on paper ----------------------------------------------------------------------------------------------------------
def test_paper_holds_each_proof(made: Any, show: Open) -> None:
    results = made.changed(made.full(), "lemma_4_8", proof=made.proof())
    page = show(results, java_script_enabled=False).page
    page.emulate_media(media="print")
    lines = page.locator("#claim-lemma_4_8 .chain li")
    assert lines.count() == 4
    assert all(lines.nth(k).bounding_box()["height"] > 0 for k in range(4))
    assert page.locator(".contents").is_hidden()
    assert len(page.pdf(prefer_css_page_size=True)) > 10_000


# -- questions that a newcomer has, each answered on the first screen or two clicks away -------------------------------
def test_how_tight_is_lemma_4_8(example: Results, show: Open) -> None:
    page = show(example).page
    page.click(".contents a[href='#brackets']")
    row = page.locator(".bounds tr", has=page.locator("a[href='#claim-lemma_4_8']"))
    assert "1 exactly" in row.inner_text()
    assert "closed" in row.inner_text()


def test_what_is_wrong_in_the_paper(example: Results, show: Open) -> None:
    page = show(example).page
    first = page.locator(".outcome").inner_text()
    assert "Theorem 4.17 is false as printed" in first
    page.click(".outcome .alert a")
    assert "finding-hf_fixed_relative_error" in page.url


def test_is_my_code_maml(made: Any, show: Open) -> None:
    page = show(replace(made.full(), conformance=(made.subject(),))).page
    assert page.locator("h1").inner_text() == "Mine.py:make conforms to MAML"


def test_how_do_i_cite_it(example: Results, show: Open) -> None:
    page = show(example).page
    assert "doi:10.48550/arXiv.1908.10400" in page.locator("#outcome").inner_text()
    page.click("text=BibTeX")
    assert "@inproceedings{fallah2020convergence" in page.locator(".cite pre").inner_text()


def test_how_was_this_page_made(example: Results, show: Open) -> None:
    said = show(example).page.locator("#outcome").inner_text()
    assert example.made is not None
    assert example.made.date in said
    assert example.command in said
    assert f"Seed {example.seed}" in said


def test_what_batch_size_do_i_need(made: Any, show: Open) -> None:
    page = show(replace(made.full(), table=parts.own_table())).page
    first = page.locator(".outcome").inner_text()
    assert "5,000 steps of 20 tasks, D_in = 3, D_o = 4, D_h = 2" in first
    assert "NOT GUARANTEED: a constant is estimated" in first
    page.click(".contents a[href='#plan']")
    assert in_sight(page, "#plan")


def test_which_bound_can_be_improved_and_to_what(example: Results, show: Open) -> None:
    page = show(example).page
    first = page.locator(".outcome").inner_text()
    assert "can be improved: Lemma 4.9" in first
    assert "to 0.5936" in first
    page.click(".contents a[href='#brackets']")
    row = page.locator(".bounds tr", has=page.locator("a[href='#claim-lemma_4_9.second_moment']"))
    assert "371/625 exactly" in row.inner_text()


def test_can_i_make_this_page_again(example: Results, show: Open) -> None:
    page = show(example).page
    command = page.locator("#outcome .facts code.copy").inner_text()
    assert command == example.command
    assert page.locator("#outcome a[href='results.json']").is_visible()


def test_where_does_lemma_4_8_lose(made: Any, show: Open) -> None:
    page = show(made.changed(made.full(), "lemma_4_8", waterfall=made.waterfall())).page
    page.click(".contents a[href='#claim-lemma_4_8']")
    fall = page.locator("#claim-lemma_4_8 table.fall").first
    if not fall.is_visible():  # the second click
        page.click("#claim-lemma_4_8 details:has(table.fall) summary")
    assert fall.is_visible()
    assert "100.0%" in fall.inner_text()


def test_what_does_certified_mean_and_what_must_i_trust(example: Results, show: Open) -> None:
    page = show(example).page
    page.click("#outcome a[href='#certified']")
    assert in_sight(page, "#certified")
    said = page.locator("#certified").inner_text()
    assert "accounts for every rounding error" in said
    assert "What must be trusted" in said
    assert "mamlcheck prove --trust" in said


def test_what_is_sigma_tilde(made: Any, show: Open) -> None:
    page = show(made.full()).page
    page.click(".contents a[href='#claim-theorem_4_11']")
    page.click("#claim-theorem_4_11 a[href='#symbols']")
    meaning = page.locator("#symbols dt:has-text('σ̃') + dd")
    assert "samples of one task differ" in meaning.inner_text()
    assert in_sight(page, "#symbols")


def in_sight(page: Any, place: str) -> bool:
    """Whether the top of an element is on the screen."""
    return bool(-20 <= page.locator(place).bounding_box()["y"] < 900)
