"""The report page: what it must show, what it must never let through, and that it is written whole or not."""

from __future__ import annotations

import copy
import json
import math
import os
import re
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mamlcheck.errors import InputError
from mamlcheck.report.charts import Mark, count_ticks, fixed, histogram, log_ticks, power_of_ten, scatter
from mamlcheck.report.decimals import as_decimal, certain_digits, enclosure_text
from mamlcheck.report.mathml import statement_html
from mamlcheck.report.page import headline, render_page, results_text, write_report

NORM = r"\left\| \nabla F(w) - \nabla F(u) \right\|"
STATEMENTS = {
    "lemma_4_8": (
        "Lemma 4.8: the meta-objective is smooth",
        NORM + r" \le \min\{L(w), L(u)\} \, \|w - u\|, \quad"
        r" L(w) = 4L + 2 \rho \alpha \, \mathbb{E}_i \|\nabla f_i(w)\|",
    ),
    "lemma_4_9.first_moment": (
        "Lemma 4.9: first moment of the step size",
        r"\mathbb{E}\, \tilde\beta(w) \ge \frac{0.8}{L(w)}",
    ),
    "lemma_4_9.second_moment": (
        "Lemma 4.9: second moment of the step size",
        r"\mathbb{E}\, \tilde\beta(w)^2 \le \frac{3.125}{L(w)^2}",
    ),
    "lemma_4_10.bias": (
        "Lemma 4.10: bias of the adapted gradient",
        r"\left\| \mathbb{E} \nabla f_i(w_i, D_o) - g \right\|"
        r" \le \frac{\alpha L \tilde\sigma}{\sqrt{D_{in}}}",
    ),
    "lemma_4_10.second_moment": (
        "Lemma 4.10: second moment of the adapted gradient",
        r"\mathbb{E} \|\nabla f_i(w_i, D_o)\|^2 \le \left(1 + \frac{1}{\phi}\right) \|g\|^2"
        r" + (1 + \phi) \frac{\alpha^2 L^2 \tilde\sigma^2}{D_{in}} + \frac{\tilde\sigma^2}{D_o}",
    ),
    "theorem_4_11": (
        "Theorem 4.11: the stochastic meta-objective is near",
        r"\| \nabla \hat F(w) - \nabla F(w) \| \le \frac{2 \alpha L \tilde\sigma}{\sqrt{D_{test}}}"
        r" + \frac{\alpha^2 L \sigma_H \tilde\sigma}{D_{test}}",
    ),
    "hf_error": (
        "The finite-difference error of HF-MAML",
        r"\left\| H v - \frac{\nabla \varphi(w + \delta v) - \nabla \varphi(w - \delta v)}{2 \delta} \right\|"
        r" \le \rho \delta \|v\|^2",
    ),
}
BREAKERS = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;{{ 7*7 }}"


def _tightness(rng: np.random.Generator, count: int) -> tuple[dict[str, Any], list[list[float]]]:
    right = 10 ** rng.uniform(-2, 4, count)
    ratio = 10 ** -rng.gamma(2.0, 0.6, count)
    edges = np.linspace(-6, 0, 31)
    counts, _ = np.histogram(np.log10(ratio), edges)
    best = float(ratio.max())
    found = {
        "max": {"lower": best, "upper": math.nextafter(best, 2)},
        "median": float(np.median(ratio)),
        "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
    }
    return found, [[float(r * t), float(r)] for r, t in zip(right[:300], ratio[:300], strict=True)]


def _claim(name: str, seed: int) -> dict[str, Any]:
    title, statement = STATEMENTS[name]
    tightness, cloud = _tightness(np.random.default_rng(seed), 2000)
    random = {
        "holds": 2000,
        "violated": 0,
        "undecided": 0,
        "vacuous": 0,
        "guaranteed": True,
        "tightness": tightness,
        "worst_instance": f"random-1/1/{seed * 17}",
    }
    grunfeld = {
        "holds": 214,
        "violated": 0,
        "undecided": 0,
        "vacuous": 6,
        "guaranteed": True,
        "tightness": {"max": {"lower": 0.25, "upper": 0.25}, "median": 0.1},
        "worst_instance": "grunfeld-1/1/7",
    }
    return {
        "title": title,
        "statement": statement,
        "where": r"L(w) = 4L + 2 \rho \alpha \, \mathbb{E}_i \|\nabla f_i(w)\|",
        "assumptions": ["4.3", "4.4"],
        "hypotheses": ["alpha lies in [0, 1/L]", "L and rho are constants of the tasks"],
        "guarantee": "upper bound",
        "source": f"Fallah et al. 2020, {title.partition(':')[0]}",
        "holds": 2214,
        "violated": 0,
        "undecided": 0,
        "vacuous": 6,
        "guaranteed": True,
        "tightness": tightness,
        "worst_instance": f"random-1/1/{seed * 17}",
        "worst": {
            "lhs": {"lower": "0.41253871234567", "upper": "0.41253871234912"},
            "rhs": {"lower": 0.5, "upper": 0.5},
            "source": "random",
            "description": "n = 4 tasks, m = 8 samples, d = 5, log-cosh losses, alpha = 1/L",
        },
        "by_source": {"random": random, "grunfeld": grunfeld},
        "arithmetic": {"ball": 2190, "arb": 22, "rational": 2},
        "scatter": cloud,
        "failures": [],
    }


def full_results() -> dict[str, Any]:
    """A made-up run over all seven claims in which everything holds."""
    return {
        "format": "mamlcheck-results",
        "version": 1,
        "partial": False,
        "seed": 1,
        "instances": 2000,
        "seconds": 12.34,
        "versions": {"mamlcheck": "0.1.0", "numpy": "2.1.0", "python-flint": "0.7.1"},
        "command": "mamlcheck report --seed 1",
        "sources": [
            {
                "name": "random",
                "title": "Random smooth tasks",
                "description": "ridge tasks with random losses, data and weights",
                "instances": 2000,
            },
            {
                "name": "grunfeld",
                "title": "Grunfeld's investment panel",
                "description": "11 firms over 20 years, one task for each firm",
                "instances": 220,
            },
        ],
        "claims": {name: _claim(name, seed) for seed, name in enumerate(STATEMENTS, start=1)},
    }


def troubled_results() -> dict[str, Any]:
    """The same with a violated, an undecided, a not guaranteed and an unsupported claim, stopped early."""
    results = full_results()
    results.update(partial=True, completed=1500, planned=2220)
    claims = results["claims"]
    bad = claims["lemma_4_10.bias"]
    bad.update(holds=2211, violated=2, undecided=1)
    bad["by_source"]["random"].update(holds=1997, violated=2, undecided=1)
    bad["failures"] = [
        {
            "instance": "random-1/1/5",
            "verdict": "VIOLATED",
            "lhs": {"lower": 12.5, "upper": 12.6},
            "rhs": {"lower": 2.0, "upper": 2.0},
        },
        {
            "instance": "random-1/1/88",
            "verdict": "UNDECIDED",
            "lhs": {"lower": 0.9999999999, "upper": 1.0000000001},
            "rhs": {"lower": 1, "upper": 1},
        },
    ]
    claims["theorem_4_11"].update(guaranteed=False)
    claims["theorem_4_11"]["by_source"]["grunfeld"].update(guaranteed=False)
    claims["hf_error"] = {"title": "HF error", "holds": 0, "violated": 0, "undecided": 0, "vacuous": 2220}
    return results


def minimal(**counts: int) -> dict[str, Any]:
    return {"claims": {"lemma_4_8": {"holds": 0, "violated": 0, "undecided": 0, "vacuous": 0, **counts}}}


class Strict(HTMLParser):
    """Collects tags, and insists that every element opened is closed in order."""

    VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute twice in {tag}: {attrs}"
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += "" if self.open[-1:] == ["style"] else data


def parse(html: str) -> Strict:
    parser = Strict()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


def poisoned(value: Any) -> Any:
    """Every text of the results, names of claims and sources included, with hostile text behind it."""
    if isinstance(value, str):
        return value + BREAKERS
    if isinstance(value, list):
        return [poisoned(item) for item in value]
    if isinstance(value, dict):
        return {key: poisoned(item) for key, item in value.items()}
    return value


# -- the page -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("results", [full_results(), troubled_results(), minimal(holds=3), {"claims": {}}, {}])
def test_page_is_well_formed_with_unique_ids_and_live_anchors(results: dict[str, Any]) -> None:
    parsed = parse(render_page(results))
    ids = [attributes["id"] for _, attributes in parsed.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    pointed = {str(a["href"])[1:] for _, a in parsed.tags if str(a.get("href", "")).startswith("#")}
    named = {name for _, a in parsed.tags for name in str(a.get("aria-labelledby") or "").split()}
    assert pointed | named <= set(ids)


def test_a_sharper_form_is_marked_ours_and_points_to_what_it_sharpens() -> None:
    results = full_results()
    results["claims"] |= {
        "ours.hf_error.half": {**results["claims"]["hf_error"], "title": "HF error, sharper", "sharpens": "hf_error"},
        "ours.other": {**results["claims"]["hf_error"], "title": "Another", "sharpens": "not_on_this_page"},
    }
    html = render_page(results)
    row = html.partition('<a href="#claim-ours.hf_error.half">')[2].partition("</tr>")[0]
    assert '<span class="mark ours">ours</span>' in row
    section = html.partition('id="claim-ours.hf_error.half"')[2].partition("</section>")[0]
    assert '<span class="mark ours">ours</span>' in section
    assert '<a href="#claim-hf_error">hf_error</a>, as printed' in section
    assert "not_on_this_page, as printed" in html
    parsed = parse(html)
    ids = {attributes["id"] for _, attributes in parsed.tags if "id" in attributes}
    assert {str(a["href"])[1:] for _, a in parsed.tags if str(a.get("href", "")).startswith("#")} <= ids
    assert 'class="mark ours"' not in render_page(full_results())


def test_page_loads_nothing_and_runs_nothing() -> None:
    html = render_page(troubled_results())
    assert "http:" not in html
    assert "https:" not in html
    assert "@import" not in html
    assert "url(" not in html
    parsed = parse(html)
    assert not {"script", "iframe", "object", "embed", "img"} & {tag for tag, _ in parsed.tags}
    targets = {a.get(name) for _, a in parsed.tags for name in ("src", "href", "srcset", "data") if a.get(name)}
    assert all(target == "results.json" or str(target).startswith(("#claim", "data:,")) for target in targets)
    policies = [a["content"] for tag, a in parsed.tags if tag == "meta" and "http-equiv" in a]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def test_every_text_from_outside_is_escaped() -> None:
    clean, hostile = troubled_results(), troubled_results()
    for key in ("versions", "command", "sources", "claims", "seed"):
        hostile[key] = poisoned(hostile[key])
    hostile["claims"] = {name + BREAKERS: claim for name, claim in hostile["claims"].items()}
    for claim in hostile["claims"].values():
        if "by_source" in claim:
            claim["by_source"] = {name + BREAKERS: part for name, part in claim["by_source"].items()}
    html = render_page(hostile)
    parsed = parse(html)
    assert "<script" not in html
    assert "<img" not in html
    assert {tag for tag, _ in parsed.tags} <= {tag for tag, _ in parse(render_page(clean)).tags} | {
        "mtext",
        "code",
    }
    names = {name for _, attributes in parsed.tags for name in attributes}
    assert not [name for name in names if name.startswith("on")]
    assert "alert(1)" in parsed.text
    assert "{{ 7*7 }}" in parsed.text  # shown, not evaluated


def test_hostile_instance_id_is_quoted_in_the_command() -> None:
    results = minimal(holds=1)
    results["claims"]["lemma_4_8"]["worst_instance"] = "x; rm -rf ~"
    assert "mamlcheck show 'x; rm -rf ~'" in parse(render_page(results)).text


def test_control_and_direction_characters_are_spelled_out() -> None:
    results = minimal(holds=1)
    results["claims"]["lemma_4_8"]["title"] = "a\x1b[31m\u202eb\x00\ud800"
    html = render_page(results)
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\ud800]", html)
    assert r"a\x1b[31m\u202eb\x00\ud800" in html


def test_equal_results_give_equal_bytes_and_nothing_is_changed() -> None:
    results = troubled_results()
    before = copy.deepcopy(results)
    assert render_page(results) == render_page(copy.deepcopy(results))
    assert results == before


def test_page_from_the_written_json_is_the_same_page() -> None:
    results = full_results()
    results["claims"]["lemma_4_8"]["worst"]["lhs"] = {"lower": np.float64(0.1), "upper": math.inf}
    results["claims"]["lemma_4_8"]["holds"] = np.int64(2214)
    results["claims"]["lemma_4_8"]["worst"]["rhs"] = {"lower": Fraction(1, 3), "upper": "2/3"}
    text = results_text(results)
    assert render_page(json.loads(text)) == render_page(results)
    assert text.endswith("}\n")
    assert "Infinity" not in text
    assert list(json.loads(text)) == list(results)


def test_statements_are_mathml() -> None:
    html = render_page(full_results())
    assert html.count("<math ") == 14  # a statement and a definition for each claim
    assert "<mfrac>" in html
    assert "ρ" in html
    assert "<code>\\" not in html


def test_charts_carry_title_and_description() -> None:
    html = render_page(full_results())
    assert html.count('<svg class="chart" role="img"') == 14
    assert html.count("<desc id=") == 14
    assert not re.search(r"\bnan\b|\binf\b", html.partition("</style>")[2].partition("<footer>")[0])


def test_all_hold_is_said_in_words() -> None:
    assert headline(full_results()) == "7 claims, 15,498 certified verdicts: all hold"
    html = render_page(full_results())
    assert "7 claims, 15,498 certified verdicts: all hold" in html
    assert "42 further verdicts are vacuous" in html
    assert html.count("NOT GUARANTEED") == 1  # the footer explains the mark
    assert "partial" not in html
    assert "mamlcheck show random-1/1/17" in html


def test_trouble_is_loud() -> None:
    html = render_page(troubled_results())
    text = " ".join(parse(html).text.split())
    assert "VIOLATED: Lemma 4.10: bias of the adapted gradient fails on 2 of 2,220 instances" in text
    assert "UNDECIDED at the highest precision tried: Lemma 4.10: bias of the adapted gradient (1)" in text
    assert "NO SUPPORT HF error" in text
    assert "partial: stopped by the user after 1,500 of 2,220 instances" in text
    assert 'class="outcome violated"' in html
    assert "[12.5, 12.6]" in text
    assert "[0.999999999899, 1.00000000011]" in text
    assert 'class="cross"' in html
    assert 'class="diamond"' in html
    # The summary row, the section title, both rows of the table: each shows the mark.
    section = html.partition('id="claim-theorem_4_11"')[2].partition("</section>")[0]
    assert section.count("! NOT GUARANTEED") == 3
    assert html.partition("<section id=")[0].count("! NOT GUARANTEED") == 2
    assert "NOT GUARANTEED Theorem 4.11: the stochastic meta-objective is near; HF error." in text


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ({}, "No claims were checked"),
        ({**minimal(holds=5)}, "1 claim, 5 verdicts not guaranteed: it holds"),
        (
            minimal(vacuous=5),
            "1 claim, 0 certified verdicts: no instance meets the hypotheses, so nothing is supported",
        ),
        (minimal(holds=5, undecided=2), "1 claim, 5 verdicts not guaranteed: none violated, 2 undecided"),
        (minimal(holds=5, violated=1), "VIOLATED: lemma_4_8 fails on 1 of 6 instances (not guaranteed)"),
    ],
)
def test_headline(results: dict[str, Any], expected: str) -> None:
    assert headline(results) == expected


def test_headline_keeps_certified_and_not_guaranteed_apart() -> None:
    results = full_results()
    del results["claims"]["theorem_4_11"]["guaranteed"]  # a missing guarantee is no guarantee
    results["claims"]["theorem_4_11"]["by_source"]["random"]["guaranteed"] = True
    results["claims"]["theorem_4_11"]["by_source"]["grunfeld"].pop("guaranteed")
    expected = "7 claims, 15,284 certified verdicts and 214 verdicts not guaranteed: all hold"
    assert headline(results) == expected


def test_one_source_without_guarantee_takes_it_from_the_claim() -> None:
    results = full_results()
    results["claims"]["theorem_4_11"]["by_source"]["grunfeld"]["guaranteed"] = False
    assert "214 verdicts not guaranteed" in headline(results)
    assert "<strong>NOT GUARANTEED</strong> Theorem 4.11" in render_page(results)


def test_one_unsupported_claim_is_not_all_hold() -> None:
    results = full_results()
    results["claims"]["hf_error"] = {
        "holds": 0,
        "violated": 0,
        "undecided": 0,
        "vacuous": 9,
        "guaranteed": True,
    }
    assert headline(results).endswith(": none violated, but 1 claim has no support")


def test_partial_without_a_plan_says_what_it_knows() -> None:
    results = {**full_results(), "partial": True}
    assert "partial: stopped by the user after 2,220 instances (2,000 asked of each random source)" in render_page(
        results
    )
    assert "stopped by the user before all" in render_page({"partial": True, **minimal(holds=1)})


def test_zero_left_sides_are_counted_in_words() -> None:
    results = minimal(holds=5)
    claim = results["claims"]["lemma_4_8"]
    claim["scatter"] = [[0.0, 1.0], [0, 0], [0.5, 1.0], [float("nan"), 1.0], [1.0, 0.0]]
    claim["tightness"] = {"histogram": {"edges": [-1, -0.5, 0], "counts": [1, 1]}}
    text = parse(render_page(results)).text
    assert "2 of 5 points have lhs = 0" in text
    assert "2 points with a side that is zero, negative or not finite cannot be drawn" in text
    assert "3 instances are not in the distribution" in text


@pytest.mark.parametrize("odd", [None, "text", 3, [], [1], {}, {"histogram": {"edges": [1], "counts": [1]}}])
def test_odd_optional_fields_are_tolerated(odd: object) -> None:
    results: dict[str, Any] = minimal(holds=1)
    for key in (
        "tightness",
        "worst",
        "by_source",
        "arithmetic",
        "scatter",
        "failures",
        "hypotheses",
        "statement",
    ):
        if not (key == "by_source" and odd and isinstance(odd, dict)):  # a source needs its counts
            results["claims"]["lemma_4_8"][key] = odd
    for key in ("seconds", "versions", "command", "sources", "seed"):
        results[key] = odd
    parse(render_page(results))


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ({"claims": {"a": {"holds": 1}}}, r"claims\.a\.violated is missing"),
        (
            {"claims": {"a": {"holds": -1, "violated": 0, "undecided": 0, "vacuous": 0}}},
            r"claims\.a\.holds is -1",
        ),
        ({"claims": {"a": {"holds": True, "violated": 0, "undecided": 0, "vacuous": 0}}}, "holds is True"),
        ({"format": "other"}, "format 'other'"),
        ({"version": 2}, "version 2"),
        ({"seed": object()}, r"results\.seed is a object"),
        ([], "results are a list"),
    ],
)
def test_what_is_no_result_is_refused(results: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        render_page(results)


# -- writing ------------------------------------------------------------------------------------------------


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_report_is_written_and_written_again(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "report"
    assert write_report(full_results(), out) == out / "index.html"
    first = _contents(out)
    assert sorted(first) == ["index.html", "results.json"]
    assert json.loads(first["results.json"]) == full_results()
    assert b"\r" not in first["index.html"]
    write_report(full_results(), out)
    assert _contents(out) == first


def test_a_failing_write_leaves_the_previous_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_report(full_results(), tmp_path)
    before = _contents(tmp_path)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"cannot be written .No space left on device.*give a place"):
        write_report(troubled_results(), tmp_path)
    monkeypatch.undo()
    assert _contents(tmp_path) == before


def test_bad_results_touch_nothing(tmp_path: Path) -> None:
    write_report(full_results(), tmp_path)
    before = _contents(tmp_path)
    with pytest.raises(InputError):
        write_report({"claims": {"a": {}}}, tmp_path)
    assert _contents(tmp_path) == before
    with pytest.raises(InputError):
        write_report({"claims": {"a": {}}}, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("inside", ["", "below"])
def test_a_file_where_the_folder_should_be(tmp_path: Path, inside: str) -> None:
    blocked = tmp_path / "taken"
    blocked.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"taken.* cannot be written .*give a place"):
        write_report(full_results(), blocked / inside)
    assert blocked.read_text(encoding="utf-8") == "mine"


def test_a_folder_where_the_page_should_be(tmp_path: Path) -> None:
    (tmp_path / "index.html").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        write_report(full_results(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]


# -- numbers as text ----------------------------------------------------------------------------------------


def _ends(text: str) -> tuple[Fraction, Fraction]:
    low, _, high = text.strip("[]").partition(", ")
    return Fraction(low), Fraction(high)


def test_shown_enclosures_enclose() -> None:
    rng = np.random.default_rng(7)
    for _ in range(500):
        lower = float(rng.normal() * 10.0 ** rng.integers(-30, 30))
        upper = lower + float(abs(rng.normal()) * abs(lower) * 10.0 ** rng.integers(-18, 3))
        text = enclosure_text({"lower": lower, "upper": upper})
        if text.endswith(" (exact)"):
            assert Fraction(text.removesuffix(" (exact)")) == Fraction(lower) == Fraction(upper)
            continue
        low, high = _ends(text)
        assert low <= Fraction(lower) <= Fraction(upper) <= high
        if upper > lower:
            assert (
                high - low
                <= Fraction(upper)
                - Fraction(lower)
                + Fraction(abs(upper) + abs(lower)) / 10**16
                + (Fraction(upper) - Fraction(lower)) / 5
            )


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        ({"lower": 0.5, "upper": 0.5}, "0.5 (exact)"),
        ({"lower": 0.1, "upper": 0.1}, "[0.1, 0.10000000000000001]"),
        ({"lower": "0.1", "upper": "0.1"}, "0.1 (exact)"),
        ({"lower": "1/3", "upper": "1/3"}, "[0.33333333333333333, 0.33333333333333334]"),
        ({"lower": "-inf", "upper": "inf"}, "[-inf, inf]"),
        ({"lower": 0, "upper": 1e-17}, "[0, 1.01e-17]"),
        ({"lower": 2}, "not recorded"),
        (None, "not recorded"),
        (0.125, "about 0.125"),
        ("nan", "nan"),
    ],
)
def test_enclosure_text(bounds: object, text: str) -> None:
    assert enclosure_text(bounds) == text


@pytest.mark.parametrize(
    ("lower", "upper", "text"),
    [
        (0.9999999999, 0.99999999991, "0.999999…"),  # never rounded up to 1
        (0.99871234, 0.998712499, "0.998712…"),
        (0.9987, 0.9989, "0.998…"),
        (1, 1, "1"),
        (0.25, 0.25, "0.25"),
        (0.9999, 1.0001, "[0.9999, 1.0001]"),
        (0, 0, "0"),
        (0, 1e-20, "[0, 1e-20]"),
        ("1/3", "1/3", "0.333333…"),
        (0.5, "inf", "[0.5, inf]"),
        ("nan", 1, None),
    ],
)
def test_certain_digits(lower: object, upper: object, text: str | None) -> None:
    assert certain_digits({"lower": lower, "upper": upper}) == text


@pytest.mark.parametrize("odd", [True, "", "abc", "1/0x", "0/0", float("nan"), [], "1e99999999999999999999999"])
def test_what_is_no_number(odd: object) -> None:
    assert as_decimal(odd) is None


# -- statements ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "latex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(x)}{x}",
        r"\class{a}{x} < \& \text{&lt;script&gt;}",
        r"\frac{a",
        "\\",
        r"{{{{",
        "",
        '" onload="x',
    ],
)
def test_hostile_statements(latex: str) -> None:
    html = statement_html(latex)
    parsed = parse(html)
    assert not {"script", "a"} & {tag for tag, _ in parsed.tags}
    assert not {"href", "style", "onload", "class", "xmlns"} & {name for _, a in parsed.tags for name in a}


def test_macros_and_long_texts_are_shown_as_they_stand() -> None:
    assert statement_html(r"\newcommand{\a}{xx}\a") == r"<code>\newcommand{\a}{xx}\a</code>"
    assert statement_html(r"\providecommand{\a}{xx}\a").startswith("<code>")
    assert statement_html("{" * 2000 + "x" + "}" * 2000).startswith("<code>")  # too deep to convert
    assert statement_html("x" * 6000).startswith("<code>")
    assert statement_html("$x$").startswith('<math display="block" alttext="x">')


# -- charts -------------------------------------------------------------------------------------------------


def test_coordinates_are_short_and_stable() -> None:
    assert [fixed(value) for value in (0.0, -0.001, 1.5, 2.345678, 10.0, 100.0)] == [
        "0",
        "0",
        "1.5",
        "2.35",
        "10",
        "100",
    ]


def test_ticks() -> None:
    assert [text for _, text in log_ticks(-6.2, 0.2)] == ["10⁻⁶", "10⁻⁴", "0.01", "1"]
    assert [text for _, text in log_ticks(-1.0, 0.1)] == ["0.1", "0.2", "0.5", "1"]
    assert [power_of_ten(k) for k in (-12, -2, 0, 3, 5)] == ["10⁻¹²", "0.01", "1", "1,000", "10⁵"]
    for highest in (1, 4, 5, 7, 19, 99, 210, 1234, 10**6):
        ticks = count_ticks(highest)
        assert 2 <= len(ticks) <= 5
        assert ticks[0] == 0
        assert ticks[-1] <= highest


def test_histogram_bars_are_the_counts() -> None:
    svg = histogram([-3, -2, -1, 0], [1, 0, 40], "k", "A title & more")
    parsed = parse(svg)
    bars = [a for tag, a in parsed.tags if tag == "rect"]
    assert len(bars) == 2
    assert "tightness 0.001 to 0.01: 1 instance" in svg
    assert "tightness 0.1 to 1: 40 instances" in svg
    assert "A title &amp; more" in svg
    with pytest.raises(ValueError, match="3 edges do not fit 3 counts"):
        histogram([-2, -1, 0], [1, 2, 3], "k", "t")


def test_scatter_puts_points_on_their_side_of_the_diagonal() -> None:
    svg = scatter([(1.0, 10.0), (5.0, 50.0)], [Mark(100.0, 1.0, "VIOLATED", "<id>")], "k", "t")
    assert svg is not None
    parsed = parse(svg)
    line = next(a for tag, a in parsed.tags if tag == "line" and a["class"] == "equal")
    x1, y1, x2, y2 = (float(str(line[name])) for name in ("x1", "y1", "x2", "y2"))

    def height_over_diagonal(x: float, y: float) -> float:
        return y1 + (x - x1) / (x2 - x1) * (y2 - y1) - y  # SVG's y points down

    for tag, a in parsed.tags:
        if tag == "circle":
            assert height_over_diagonal(float(str(a["cx"])), float(str(a["cy"]))) < 0
    assert "VIOLATED: &lt;id&gt;" in svg
    assert scatter([(0.0, 1.0)], [], "k", "t") is None


@pytest.mark.parametrize(
    "points",
    [
        [(1.0, 1.0)],
        [(1e-300, 1e300)],
        [(1e300, 1e-300)],
        [(1e-3, 1e2), (1e2, 1e-3)],
        [(1.0, 1e-9), (1.0, 1e9)],
        [(1e-9, 1.0), (1e9, 1.0)],
    ],
)
def test_the_shaded_region_stays_in_the_frame(points: list[tuple[float, float]]) -> None:
    svg = scatter(points, [], "k", "t")
    assert svg is not None
    parse(svg)
    outlines = re.findall(r'<polygon class="forbidden" points="([^"]*)"', svg)
    for x, y in (map(float, corner.split(",")) for outline in outlines for corner in outline.split()):
        assert 57.9 <= x <= 444.1
        assert 17.9 <= y <= 254.1


def test_the_printed_form_is_shown_and_a_failure_in_it_is_the_headline() -> None:
    results = full_results()
    claim = results["claims"]["theorem_4_11"]
    claim["printed_form"] = {"holds": 1234, "violated": 0, "undecided": 0, "vacuous": 5}
    assert "1,234 hold, 0 violated, 0 undecided, 5 vacuous" in render_page(results)
    assert headline(results) == headline(full_results())
    for failure in ("violated", "undecided"):
        failed = full_results()
        failed["claims"]["theorem_4_11"]["printed_form"] = {"holds": 1, "violated": 0, "undecided": 0, "vacuous": 0} | {
            failure: 3
        }
        assert headline(failed).startswith("NOT SETTLED in the printed form")
        assert f"3 {failure}" in headline(failed)
