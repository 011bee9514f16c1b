"""The section on what directions are made of: bars, the same in words, and other people's text escaped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mamlcheck.formats.conformance import PartRecord
from mamlcheck.report.bars import bars_svg
from mamlcheck.report.page import render_page


def test_what_a_direction_is_made_of_is_shown_as_bars(made: Any, parse: Callable[[str], Any]) -> None:
    parts = (PartRecord("gradients", 1.0, 0.96, 1.0), PartRecord("<b>the term</b>", -0.25, 0.125, 1.0))
    known = made.subject(diagnosis=replace(made.subject().diagnosis, made_of=parts))
    page = render_page(made.results(conformance=(known, known, made.subject())))
    assert page.count("<figcaption><code>work/mine.py:make</code>") == 2
    assert "1 times gradients, 96% of the direction in size, declared 1;" in page
    assert "−0.25 times &lt;b&gt;the term&lt;/b&gt;, 12% of the direction in size, declared 1.</p>" in page
    assert "floats, fitted to all observations and not certified" in page
    assert "<p>This is MAML.</p>" in page
    assert 'id="made-of"' not in render_page(made.results(conformance=(made.subject(),)))
    drawn = parse(bars_svg(parts, "k", "T") or "").tags
    bars = [float(str(a["width"])) for tag, a in drawn if tag == "rect"]
    assert bars[1] == pytest.approx(bars[0] / 4, abs=0.02)
    assert [a["class"] for tag, a in drawn if tag == "path"].count("wanted") == 2


def test_bars_of_nothing_and_of_rounding(parse: Callable[[str], Any]) -> None:
    assert bars_svg((), "k", "T") is None
    assert bars_svg((PartRecord("v", 1e300, 1.0, None),), "k", "T") is None
    parsed = parse(bars_svg((PartRecord("v", -1e-16, 0.0, None), PartRecord("u", -3.0, 0.0, None)), "k", "T") or "")
    assert "about 0 × v" in parsed.text
    assert "wanted" not in {a.get("class") for _, a in parsed.tags}


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "\u202e", '"/><b>'])
def test_hostile_text_is_escaped(made: Any, parse: Callable[[str], Any], hostile: str) -> None:
    parts = (PartRecord("v", 1.0, 1.0, None),)
    known = made.subject(diagnosis=replace(made.subject().diagnosis, made_of=parts))
    page = render_page(made.results(conformance=(made.poisoned(known, hostile),)))
    parse(page)
    for wrong in ("<script>alert", "\u202e", '"/><b>'):
        assert wrong not in page
