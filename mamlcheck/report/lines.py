"""Lines and points over one axis as inline SVG: any number of them, named in a legend below the frame.

A pure function of plain numbers, styled by class names as the other charts of the page: no line is told by its colour
alone, since each has dashes of its own, and points have shapes. It is drawn from floats, for the eye.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from mamlcheck.report.charts import PICTURE_WIDTH, Axis, fixed, line, log_ticks, points_path, svg, text_at, tick
from mamlcheck.report.portraits import linear_ticks

LEFT, RIGHT, TOP = 62.0, 16.0, 14.0  # margins around the frame
FRAME_HEIGHT = 232.0
LABEL_DROP, LEGEND_DROP, ROW_HEIGHT = 38.0, 60.0, 17.0  # below the frame
SAMPLE_LENGTH = 30.0  # of a line in the legend
SHORTEST_LOG = 1.0  # decades of a logarithmic axis, at least

Shape = Literal["line", "level", "dots", "squares"]
CSS = """\
.chart .c4 { stroke: var(--bad); stroke-dasharray: 1 4; stroke-linecap: round; }
.chart .level { fill: none; stroke-width: 1.4; stroke: var(--dot); }
.chart .level.c1 { stroke: var(--warn); } .chart .level.c2 { stroke: var(--good); }
.chart .level.c3 { stroke: var(--ink); } .chart .level.c4 { stroke: var(--bad); }
.chart .range { fill: var(--dot); fill-opacity: .14; stroke: none; }
.chart .range.c1 { fill: var(--warn); } .chart .range.c2 { fill: var(--good); }
"""


@dataclass(frozen=True)
class Drawn:
    """What is drawn over the axis under one name. style: '' or 'c1' to 'c4', which have dashes of their own.

    points: (x, y), those in order of x for lines. band: (x, low, high) around a line. A 'level' is a thin line.
    """

    name: str
    shape: Shape
    points: tuple[tuple[float, float], ...]
    style: str = ""
    band: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True)
class Scale:
    """An axis, straight or logarithmic."""

    axis: Axis
    log: bool

    def place(self, value: float) -> float | None:
        """Where a value stands; None where it has no place on the axis."""
        if self.log and not value > 0:
            return None
        at = math.log10(value) if self.log else value
        return self.axis.place(at) if math.isfinite(at) else None

    def held(self, value: float) -> float:
        """The same, at the lower end where a value has no place."""
        place = self.place(value)
        return self.axis.start if place is None else place

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """(place, text)."""
        low, high = self.axis.low, self.axis.high
        found = log_ticks(low, high) if self.log else [(x, f"{x:,.6g}") for x in linear_ticks(low, high, most)]
        return [(self.axis.place(at), text) for at, text in found]


@dataclass(frozen=True)
class Upright:
    """A mark on the horizontal axis, with what stands there."""

    at: float
    name: str


def line_chart(
    drawn: Sequence[Drawn],
    key: str,
    title: str,
    description: str,
    labels: tuple[str, str],
    log: tuple[bool, bool],
    uprights: Sequence[Upright] = (),
) -> str | None:
    """The SVG text; None where nothing has a place.

    key: a prefix of the element ids, unique in the page. labels, log: of the horizontal and of the vertical axis.
    """
    inside = [(x, y) for each in drawn for x, y in each.points if _fits(x, log[0]) and _fits(y, log[1])]
    if not inside:
        return None
    bottom = TOP + FRAME_HEIGHT
    xs = [x for x, _ in inside] + [mark.at for mark in uprights if _fits(mark.at, log[0])]
    across = _scale(xs, log[0], LEFT, PICTURE_WIDTH - RIGHT)
    up = _scale([y for _, y in inside], log[1], bottom, TOP, from_zero=True)
    body = [*_frame(across, up, labels)]
    for mark in uprights:
        body += _upright(mark, across, bottom)
    body += [part for each in drawn for part in _band(each, across, up)]
    body += [part for each in drawn for part in _shape(each, across, up)]
    rows = [*((each.name, each) for each in drawn), *((mark.name, None) for mark in uprights)]
    for k, (name, shown) in enumerate(rows):
        body += _legend(name, shown, bottom + LEGEND_DROP + k * ROW_HEIGHT)
    return svg(key, title, description, body, height=bottom + LEGEND_DROP + len(rows) * ROW_HEIGHT - 4)


def _fits(value: float, log: bool) -> bool:
    return math.isfinite(value) and (value > 0 or not log)


def _scale(values: Sequence[float], log: bool, start: float, end: float, from_zero: bool = False) -> Scale:
    places = [math.log10(value) for value in values] if log else list(values)
    low, high = min(places), max(places)
    if log:
        spare = max(0.03 * (high - low), (SHORTEST_LOG - (high - low)) / 2)
        return Scale(Axis(low - spare, high + spare, start, end), log=True)
    low = min(low, 0.0) if from_zero else low
    spare = 0.06 * (high - low) if from_zero else 0.0
    return Scale(Axis(low, high + spare if high > low else low + 1.0, start, end), log=False)


# -- parts -----------------------------------------------------------------------------------------------------------
def _frame(across: Scale, up: Scale, labels: tuple[str, str]) -> Iterator[str]:
    left, right, bottom = across.axis.start, across.axis.end, up.axis.start
    for y, text in up.ticks(5):
        yield line("grid", left, y, right, y)
        yield tick(left - 7, y + 4, text, "end")
    yield line("axis", left, bottom, right, bottom)
    for x, text in across.ticks(6):
        yield line("axis", x, bottom, x, bottom + 4)
        yield tick(x, bottom + 17, text)
    yield text_at("label", (left + right) / 2, bottom + LABEL_DROP, labels[0] + "  (log scale)" * across.log)
    yield text_at("label", 13, (bottom + up.axis.end) / 2, labels[1] + "  (log scale)" * up.log, turn=-90)


def _upright(mark: Upright, across: Scale, bottom: float) -> Iterator[str]:
    x = across.place(mark.at)
    if x is not None:
        yield line("upright off", x, TOP, x, bottom)
        yield text_at("point", x, TOP + 10, mark.name.partition(":")[0])


def _band(each: Drawn, across: Scale, up: Scale) -> Iterator[str]:
    placed = [(x, up.held(low), up.held(high)) for at, low, high in each.band if (x := across.place(at)) is not None]
    if any(low != high for _, low, high in placed):
        there = [f"{fixed(x)},{fixed(high)}" for x, _, high in placed]
        back = [f"{fixed(x)},{fixed(low)}" for x, low, _ in reversed(placed)]
        yield f'<polygon class="range {each.style}" points="{" ".join([*there, *back])}"/>'


def _shape(each: Drawn, across: Scale, up: Scale) -> Iterator[str]:
    places = [(x, y) for a, b in each.points if (x := across.place(a)) is not None and (y := up.place(b)) is not None]
    if each.shape in ("line", "level"):
        if places:
            path = " ".join(f"{fixed(x)},{fixed(y)}" for x, y in places)
            kind = "curve" if each.shape == "line" else "curve level"
            yield f'<polyline class="{kind} {each.style}" points="{path}"><title>{escape(each.name)}</title></polyline>'
    elif places:
        yield points_path(each.shape, places)


def _legend(name: str, shown: Drawn | None, y: float) -> Iterator[str]:
    if shown is None:
        yield line("upright off", LEFT + SAMPLE_LENGTH / 2, y - 10, LEFT + SAMPLE_LENGTH / 2, y + 2)
    elif shown.shape in ("line", "level"):
        kind = "curve" if shown.shape == "line" else "curve level"
        yield line(f"{kind} {shown.style}", LEFT, y - 4, LEFT + SAMPLE_LENGTH, y - 4)
    else:
        yield points_path(shown.shape, [(LEFT + SAMPLE_LENGTH / 2, y - 4)])
    yield text_at("legend", LEFT + SAMPLE_LENGTH + 8, y, name)


__all__ = ["CSS", "Drawn", "Upright", "line_chart"]
