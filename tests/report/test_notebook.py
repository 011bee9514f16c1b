"""A report in a notebook: its outcome and its brackets, in a frame that loads nothing, and no more than that."""

from __future__ import annotations

import json
import re
import shutil
from html import unescape
from pathlib import Path
from typing import Any

import pytest

import mamlcheck
from mamlcheck.check.results import Results
from mamlcheck.errors import InputError
from mamlcheck.report import making
from mamlcheck.report.brackets import proved_text, reached_text
from mamlcheck.report.notebook import first_screen, report_of, without_links
from mamlcheck.report.page import headline, render_page
from mamlcheck.shipped import shipped

CHROMIUM = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), "")
LARGEST_BYTES = 250_000
HOSTILE = "\"'></iframe><script>window.broken = 1</script><img src=x onerror='window.broken = 1'>"


@pytest.fixture(scope="module")
def results() -> Results:
    path = shipped("reports") / "example" / "results.json"
    return Results.from_json(json.loads(path.read_text(encoding="utf-8")))


def framed(html: str) -> str:
    """What stands in the frame."""
    (found,) = re.findall(r'<iframe sandbox="" [^>]*srcdoc="([^"]*)"></iframe>', html)
    return unescape(found)


def test_it_shows_the_outcome_and_every_bracket(results: Results) -> None:
    html = report_of(results)._repr_html_()
    assert len(html) < LARGEST_BYTES < len(render_page(results))
    page = framed(html)
    assert page == first_screen(results)
    first = headline(results).partition(";")[0]
    assert first[1:] in unescape(re.sub(r"<[^>]+>", "", page))
    assert results.brackets is not None
    for name, row in results.brackets.claims.items():
        assert name in page
        for told in (reached_text(row), proved_text(row)):
            assert f">{told}" in unescape(page), (name, told)
    assert str(results) in unescape(html.partition("<iframe")[0]), "what shows no frames shows this"


def test_it_loads_nothing_and_leads_nowhere(results: Results) -> None:
    page = first_screen(results)
    assert not re.search(r"<(script|a|link|img|iframe)\b|href|src=|url\(|@import", page)
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    assert without_links('<h2>Title<a class="permalink" href="#x">#</a></h2> <a href="#y">kept\nwords</a>') == (
        "<h2>Title</h2> kept\nwords"
    )


def test_it_is_the_results_all_the_same(results: Results) -> None:
    shown = report_of(results)
    assert shown == results
    assert results == shown
    assert shown.text() == results.text()
    assert (str(shown), repr(shown)) == (str(results), repr(results))
    assert shown != report_of(Results.from_json(results.as_json() | {"seed": results.seed + 1}))
    assert type(shown).from_json(shown.as_json()) == results


def test_what_fails_is_red_in_a_notebook(results: Results) -> None:
    claims = results.as_json()["claims"]
    claims["hf_error"]["counts"] |= {"violated": 1}  # type: ignore[index,operator,call-overload]
    failing = report_of(Results.from_json(results.as_json() | {"claims": claims}))
    assert "#b00020" in failing._repr_html_().partition("<iframe")[0]
    assert "#b00020" not in report_of(results)._repr_html_().partition("<iframe")[0]
    assert "VIOLATED" in framed(failing._repr_html_())


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium on the path: install it, as with `apt install chromium`")
def test_a_browser_shows_it_and_runs_nothing_of_it(results: Results, tmp_path: Path) -> None:
    api = pytest.importorskip("playwright.sync_api", reason="no Playwright: pip install 'mamlcheck[browser]'")
    claims = results.as_json()["claims"]
    claims["hf_error"]["title"] = HOSTILE  # type: ignore[index,call-overload]
    hostile = report_of(Results.from_json(results.as_json() | {"claims": claims}))
    cell = tmp_path / "notebook.html"
    cell.write_text(f"<!DOCTYPE html><meta charset='utf-8'><h1>Cell</h1>{hostile._repr_html_()}", encoding="utf-8")
    asked, said = list[str](), list[str]()
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page: Any = browser.new_page(viewport={"width": 1000, "height": 900})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.goto(cell.as_uri())
        frame: Any = page.frame_locator("iframe")
        frame.locator("table.bounds tbody tr").first.wait_for()
        rows = frame.locator("table.bounds tbody tr").count()
        seen = frame.locator("table.bounds").inner_text()
        title = frame.locator("h1").inner_text()
        broken = page.evaluate("window.broken")
        browser.close()
    assert rows == len(results.claims)
    assert HOSTILE in seen
    assert title.startswith(headline(results)[:20])
    assert broken is None
    assert [url for url in asked if not url.startswith(("file:", "about:", "data:"))] == []
    assert said == []


# -- what is written ---------------------------------------------------------------------------------------------------
def test_forms_are_those_of_the_command(tmp_path: Path) -> None:
    shown = mamlcheck.report(tmp_path, instances=1, formats=["markdown", "json", "markdown"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.md", "results.json"]
    assert (tmp_path / "results.json").read_text(encoding="utf-8") == shown.text()
    assert "<iframe" in shown._repr_html_()


@pytest.mark.parametrize("wrong", [[], "html", ["pdf"], ["html", 3]])
def test_a_form_that_is_none_is_refused_at_once(wrong: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "certified_brackets", lambda *_: pytest.fail("nothing must be computed"))
    with pytest.raises(InputError, match=r"formats = .*: give a list of html, json, junit, markdown"):
        mamlcheck.report(tmp_path / "here", formats=wrong)
    assert not (tmp_path / "here").exists()
