"""Charts: every number is drawn where it belongs, and inside the frame."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mamlcheck.report.charts import Group, MarkedPoint, count_ticks, fixed, histogram, log_ticks, power_of_ten, scatter
from mamlcheck.report.page import page_file
from mamlcheck.report.strips import CSS as STRIPS_CSS
from mamlcheck.report.strips import Strip, strips_svg


def test_coordinates_are_short_and_stable() -> None:
    values = (0.0, -0.001, 1.5, 2.345678, 10.0, 100.0)
    assert [fixed(value) for value in values] == ["0", "0", "1.5", "2.35", "10", "100"]


def test_ticks() -> None:
    assert [text for _, text in log_ticks(-6.2, 0.2)] == ["10⁻⁶", "10⁻⁴", "0.01", "1"]
    assert [text for _, text in log_ticks(-1.0, 0.1)] == ["0.1", "0.2", "0.5", "1"]
    assert [power_of_ten(k) for k in (-12, -2, 0, 3, 5)] == ["10⁻¹²", "0.01", "1", "1,000", "10⁵"]
    for highest in (1, 4, 5, 7, 19, 99, 210, 1234, 10**6):
        ticks = count_ticks(highest)
        assert 2 <= len(ticks) <= 5
        assert ticks[0] == 0
        assert ticks[-1] <= highest


def test_histogram_bars_are_the_counts(parse: Any) -> None:
    svg = histogram([-3, -2, -1, 0], [1, 0, 40], "k", "A title & more")
    parse(svg)  # is well-formed
    bars = svg.partition('<g class="bars">')[2].partition("</g>")[0]
    assert bars.count("<path ") == 2
    assert "<title>0.001 to 0.01: 1</title>" in svg
    assert "<title>0.1 to 1: 40</title>" in svg
    assert "A title &amp; more" in svg


def places(path: str) -> list[tuple[float, float]]:
    """The points of a path of strokes without length."""
    return [(float(x), float(y)) for x, y in re.findall(r"M([-.\d]+) ([-.\d]+)h(?:0|\.1)", path)]


def test_scatter_puts_points_on_their_side_of_the_diagonal(parse: Any) -> None:
    groups = [
        Group("random <ones>", "dots", ((1.0, 10.0), (5.0, 50.0))),
        Group("of the table", "squares", ((2.0, 3.0),)),
    ]
    svg = scatter(groups, [MarkedPoint(100.0, 1.0, "VIOLATED", "<id>")], "k", "t")
    assert svg is not None
    parsed = parse(svg)
    diagonal = next(a for tag, a in parsed.tags if tag == "path" and a["class"] == "equal")
    x1, y1, x2, y2 = map(float, re.findall(r"[-.\d]+", str(diagonal["d"])))
    assert abs(y1 - y2) == pytest.approx(abs(x1 - x2), abs=0.02), "the diagonal rises at 45 degrees"

    def height_over_diagonal(x: float, y: float) -> float:
        return y1 + (x - x1) / (x2 - x1) * (y2 - y1) - y  # SVG's y points down

    # The two sources, each in its own shape, then each once more in the legend.
    drawn = [
        (a["class"], places(str(a["d"]))) for tag, a in parsed.tags if tag == "path" and "points" in str(a["class"])
    ]
    assert [(kind, len(several)) for kind, several in drawn] == [
        ("points dots", 2), ("points squares", 1), ("points dots", 1), ("points squares", 1),
    ]  # fmt: skip
    for _, several in drawn[:2]:
        assert all(height_over_diagonal(x, y) < 0 for x, y in several)
    assert "random &lt;ones&gt;" in svg
    assert "VIOLATED: &lt;id&gt;" in svg
    assert scatter([Group("g", "dots", ((0.0, 1.0),))], [], "k", "t") is None


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
def test_the_shaded_region_stays_in_the_frame(parse: Any, points: list[tuple[float, float]]) -> None:
    svg = scatter([Group("g", "dots", tuple(points))], [], "k", "t")
    assert svg is not None
    parse(svg)
    outlines = re.findall(r'<polygon class="forbidden" points="([^"]*)"', svg)
    for x, y in (map(float, corner.split(",")) for outline in outlines for corner in outline.split()):
        assert 57.9 <= x <= 388.1
        assert 17.9 <= y <= 348.1


def test_dots_of_a_strip_have_a_colour_in_light_and_dark() -> None:
    """Without a rule of its own a dot is black, and not to be seen on a dark page."""
    svg = strips_svg([Strip("L", (("one", 1.0), ("other", 3.0)))], "key", "title")
    assert svg is not None
    classes = {name for found in re.findall(r'<circle class="([^"]+)"', svg) for name in found.split()}
    rules = page_file("page.css") + STRIPS_CSS
    assert classes
    assert {name for name in classes if not re.search(rf"\.{name} \{{ fill: var\(--", rules)} == set()
