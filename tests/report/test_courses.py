"""Pictures of |grad F| against steps: each number stands where it belongs, and every line has its name."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

import mamlcheck
from mamlcheck.errors import InputError
from mamlcheck.formats.shared import Enclosure
from mamlcheck.formats.table1 import FloorCourse, FloorSeen
from mamlcheck.report.courses import Drawn, Panel, floors_svg, picture, runs_svg

SVG = "{http://www.w3.org/2000/svg}"
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


def read(text: str) -> Any:
    return ET.fromstring(text)


def points(element: Any) -> list[tuple[float, float]]:
    return [tuple(map(float, pair.split(","))) for pair in element.get("points").split()]  # type: ignore[misc]


def lines_of(text: str) -> dict[str, list[tuple[float, float]]]:
    """The points of each course, by the name in its tooltip."""
    found = (each for each in read(text).iter(f"{SVG}polyline") if each.get("class").startswith("course"))
    return {each.find(f"{SVG}title").text: points(each) for each in found}


def ticks(text: str) -> list[tuple[float, str]]:
    """Heights of the ticks of the vertical axis, and what stands there."""
    return [
        (float(each.get("y")) - 4.5, each.text)
        for each in read(text).iter(f"{SVG}text")
        if each.get("class") is None and each.get("text-anchor") == "end"
    ]


def number(text: str) -> float:
    power = re.fullmatch(r"10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", text)
    if power is None:
        return float(text.replace(",", ""))
    return float("1e" + power[1].translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))


def a_panel(*values: float) -> Panel:
    return Panel("title", (Drawn("one", "maml", tuple((float(k), value) for k, value in enumerate(values))),))


def test_values_stand_between_their_ticks() -> None:
    text = picture([a_panel(1.0, 1e-2, 1e-5)])
    ((_, *course),) = lines_of(text).items()
    heights = [y for _, y in course[0]]
    marked = sorted((number(label), y) for y, label in ticks(text))
    (low, y_low), (high, y_high) = marked[0], marked[-1]
    unit = (y_high - y_low) / (math.log10(high) - math.log10(low))
    for value, y in zip((1.0, 1e-2, 1e-5), heights, strict=True):
        assert y == pytest.approx(y_low + (math.log10(value) - math.log10(low)) * unit, abs=0.05)
    assert "(log scale)" in text


def test_the_axis_begins_at_0_where_values_are_near_each_other() -> None:
    text = picture([a_panel(0.5, 0.4)])
    assert "(log scale)" not in text
    marked = {number(label): y for y, label in ticks(text)}
    (course,) = lines_of(text).values()
    unit = (marked[0.4] - marked[0.0]) / 0.4
    assert [y for _, y in course] == pytest.approx([marked[0.0] + 0.5 * unit, marked[0.0] + 0.4 * unit], abs=0.05)


def test_what_is_0_or_too_small_stays_in_the_frame() -> None:
    text = picture([a_panel(1.0, 1e-30, 0.0)])
    (course,) = lines_of(text).values()
    assert course[1][1] == course[2][1] < 300
    assert "nan" not in text
    assert "inf" not in text


def test_there_has_to_be_something() -> None:
    for panels in ([], [a_panel(0.0, 0.0)]):
        with pytest.raises(InputError, match="to draw"):
            picture(panels)


def test_names_that_would_overlap_are_pushed_apart_and_stay_in_the_frame() -> None:
    drawn = tuple(Drawn(f"name {k}", "maml", ((0.0, 1.0), (1.0, 1e-6 * (1 + k / 1000)))) for k in range(5))
    text = picture([Panel("title", drawn)])
    places = [float(e.get("y")) for e in read(text).iter(f"{SVG}text") if (e.get("class") or "").startswith("name")]
    gaps = [after - before for before, after in zip(sorted(places), sorted(places)[1:], strict=False)]
    assert len(places) == 5
    assert min(gaps) >= 16 - 1e-9
    assert 40 <= min(places) <= max(places) <= 300 - 52 + 4.5 + 1e-9


def test_what_comes_from_a_file_is_escaped() -> None:
    text = picture([Panel("<b>&", (Drawn("</svg>", "maml", ((0.0, 1.0), (1.0, 0.5))),))])
    assert "<b>" not in text
    assert read(text) is not None


def test_runs_are_drawn_with_their_ends() -> None:
    results = mamlcheck.run("grunfeld", steps=40, every=20, seeds=3)
    text = runs_svg(results)
    assert text == runs_svg(results)
    found = lines_of(text)
    assert list(found) == ["MAML", "FO-MAML", "HF-MAML, η = 1/6"]
    frame = found["MAML"][0][0], found["MAML"][-1][0]
    for course, runs in zip(found.values(), results.algorithms.values(), strict=True):
        assert [x for x, _ in course] == pytest.approx([frame[0], sum(frame) / 2, frame[1]], abs=0.01)
        start, end = runs.start_gradient_norm, runs.end_gradient_norm.mean
        assert start is not None
        assert end is not None
        bottom = next(y for y, label in ticks(text) if label == "0")
        assert (bottom - course[-1][1]) / (bottom - course[0][1]) == pytest.approx(end / start, abs=1e-3)
    assert len([e for e in read(text).iter(f"{SVG}polygon") if e.get("class").startswith("band")]) == 3
    assert not list(read(runs_svg(mamlcheck.run("grunfeld", steps=4, seeds=1))).iter(f"{SVG}polygon"))


def a_floor() -> FloorSeen:
    known = Enclosure(0.5, 0.5)
    courses = (
        FloorCourse("MAML", None, (0, 5), (0.5, 1e-3), 0.0, known),
        FloorCourse("HF-MAML", "1/6", (0, 5), (0.5, 0.4), 0.0, known),
        FloorCourse("HF-MAML", "1/60", (0, 5), (0.5, 1e-2), 0.0, known),
    )
    return FloorSeen("a floor", "finding", "HF-MAML, eta = 1/6", "-1/20", "1/6", "0", "1/4", courses)


def test_a_floor_is_a_level_line_at_its_height() -> None:
    text = floors_svg([a_floor(), a_floor()])
    root = read(text)
    levels = [e.get("d", "") for e in root.iter(f"{SVG}path") if e.get("class") == "floor"]
    assert len(levels) == 2
    level = re.fullmatch(r"M[\d.]+ ([\d.]+)H[\d.]+", levels[0])
    assert level, "a level line goes straight to the right"
    (maml, printed, small) = lines_of(floors_svg([a_floor()])).items()
    assert [maml[0], printed[0], small[0]] == ["MAML", "HF-MAML, η = 1/6", "HF-MAML, η = 1/60"]
    unit = (maml[1][1][1] - maml[1][0][1]) / (math.log10(1e-3) - math.log10(0.5))
    assert float(level[1]) == pytest.approx(maml[1][0][1] + unit * math.log10(0.5), abs=0.02)
    assert "|∇F| where HF-MAML, η = 1/6 rests: 0.25" in "".join(root.itertext())
    assert 'class="course small"' in text


def test_styles_that_are_used_are_there() -> None:
    text = floors_svg([a_floor()])
    used = {name for each in re.findall(r'class="([^"]+)"', text) for name in each.split()}
    styled = set(re.findall(r"\.([a-z-]+)", text[text.index("<style>") : text.index("</style>")]))
    assert used <= styled


@pytest.mark.parametrize("name", ["runs-grunfeld.svg", "floors.svg"])
def test_pictures_of_the_documentation_are_whole(name: str) -> None:
    text = (PICTURES / name).read_text(encoding="utf-8")
    assert "MAML" in lines_of(text)
    assert read(text).get("viewBox")
