"""|grad F| against steps as a picture of its own, an SVG file: of runs that were made, and of floors seen in runs.

Pure functions of documents: the same numbers give the same text. A picture carries its style and a white ground, so
that it reads the same wherever it is shown. Each line has its name at its end and dashes of its own, so that no meaning
rests on colour alone. It is drawn for the eye and decides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape

from mamlcheck.errors import InputError
from mamlcheck.formats.runs import AlgorithmRuns, RunResults
from mamlcheck.formats.table1 import FloorCourse, FloorSeen
from mamlcheck.report.charts import Axis, fixed, line, log_ticks, short, text_at, tick
from mamlcheck.report.portraits import linear_ticks

WIDTH, PANEL_HEIGHT = 720.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 66.0, 178.0, 40.0, 52.0  # margins around the frame of a panel
NAME_HEIGHT = 16.0
LEAST_RATIO = 10  # of the largest value to the least, of a logarithmic axis
MOST_DECADES = 12  # below the largest value; what is smaller lies on the lower edge
STYLES = {"MAML": "maml", "FO-MAML": "fo", "HF-MAML": "hf"}
STYLE = """
svg { text-anchor: middle; }
text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; fill: #4a5056; }
.title { font-size: 14px; font-weight: 600; fill: #1d2125; } .label { fill: #1d2125; }
.paper { fill: #ffffff; } .axis { stroke: #585f66; } .grid { stroke: #e2e2dc; }
.course { fill: none; stroke-width: 2.4; stroke-linejoin: round; } .band { stroke: none; fill-opacity: .13; }
.name { font-weight: 600; } .leader { stroke: #9aa0a6; stroke-width: 1; }
.course.maml { stroke: #005f99; } .band.maml, .name.maml { fill: #005f99; }
.course.fo { stroke: #b04300; stroke-dasharray: 8 4; } .band.fo, .name.fo { fill: #b04300; }
.course.hf { stroke: #00664b; stroke-dasharray: 2 4; } .band.hf, .name.hf { fill: #00664b; }
.course.small { stroke: #6b3fa0; stroke-dasharray: 10 3 2 3; } .band.small, .name.small { fill: #6b3fa0; }
.floor { stroke: #8a9096; stroke-width: 1.2; }
.floor-name { fill: #1d2125; paint-order: stroke; stroke: #ffffff; stroke-width: 4px; }
""".strip()


@dataclass(frozen=True)
class Drawn:
    """A line of a panel: its name, its style, and (step, value) with the ends of a band where it has one."""

    name: str
    style: str
    points: tuple[tuple[float, float], ...]
    band: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True)
class Panel:
    """A frame with lines, and level lines with what is said of them."""

    title: str
    lines: tuple[Drawn, ...]
    levels: tuple[tuple[float, str], ...] = ()


# -- what is drawn ---------------------------------------------------------------------------------------------------
def runs_svg(results: RunResults) -> str:
    """|grad F| of each algorithm along its runs, the mean over the seeds, with a standard deviation on either side."""
    count = results.settings.seeds
    seeds = "one run" if count == 1 else f"mean and standard deviation of {count} runs"
    title = f"{results.settings.source}: {seeds}"
    return picture([Panel(title, tuple(_of_runs(results, each) for each in results.algorithms.values()))])


def _of_runs(results: RunResults, runs: AlgorithmRuns) -> Drawn:
    rows = list(zip(runs.evaluated, runs.gradient_norm.means, runs.gradient_norm.spreads, strict=True))
    rows.append((results.done, runs.end_gradient_norm.mean, runs.end_gradient_norm.spread))
    known = [(float(step), mean, spread or 0.0) for step, mean, spread in rows if mean is not None]
    return Drawn(
        runs.title if runs.eta is None else f"{runs.title}, η = {runs.eta}",
        STYLES.get(runs.title, "small"),
        tuple((step, mean) for step, mean, _ in known),
        tuple((step, mean - spread, mean + spread) for step, mean, spread in known),
    )


def floors_svg(floors: Sequence[FloorSeen]) -> str:
    """A panel for each floor: the runs, and the floor itself."""
    return picture([_of_floor(floor) for floor in floors])


def _of_floor(floor: FloorSeen) -> Panel:
    level = float(Fraction(floor.floor))
    return Panel(
        f"{floor.name}: all data in each step, α = {floor.alpha}, from w = {_minus(floor.start)}",
        tuple(_of_course(course) for course in floor.courses),
        ((level, f"|∇F| where {floor.of.replace('eta', 'η')} rests: {short(level)}"),),
    )


def _minus(text: str) -> str:
    return text.replace("-", "−")


def _of_course(course: FloorCourse) -> Drawn:
    small = course.eta is not None and Fraction(course.eta) < Fraction(1, 6)
    name = course.title if course.eta is None else f"{course.title}, η = {course.eta}"
    points = tuple((float(step), norm) for step, norm in zip(course.steps, course.gradient_norm, strict=True))
    return Drawn(name, "small" if small else STYLES.get(course.title, "small"), points)


# -- drawing ---------------------------------------------------------------------------------------------------------
def picture(panels: Sequence[Panel]) -> str:
    """The text of an SVG file with panels below one another. Raises `InputError` where there is nothing to draw."""
    if not any(value > 0 for panel in panels for each in panel.lines for _, value in each.points):
        raise InputError("there is no |grad F| above 0 to draw: make at least one step")
    height = PANEL_HEIGHT * len(panels)
    told = "; ".join(f"{panel.title}. {_described(panel)}" for panel in panels)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {fixed(WIDTH)} {fixed(height)}"'
            f' width="{fixed(WIDTH)}" height="{fixed(height)}">',
            "<title>|grad F| against steps</title>",
            f"<desc>{escape(told)}</desc>",
            f"<style>{STYLE}</style>",
            f'<rect class="paper" width="{fixed(WIDTH)}" height="{fixed(height)}"/>',
            *(part for k, panel in enumerate(panels) for part in _panel(panel, k * PANEL_HEIGHT)),
            "</svg>",
            "",
        ]
    )


def _described(panel: Panel) -> str:
    """The ends of all lines, for readers who hear the picture."""
    ends = [f"{each.name} from {short(each.points[0][1])} to {short(each.points[-1][1])}" for each in panel.lines]
    return "; ".join([*ends, *(f"{said}" for _, said in panel.levels)])


def _panel(panel: Panel, down: float) -> list[str]:
    most = max(step for each in panel.lines for step, _ in each.points)
    across = Axis(0.0, max(most, 1.0), LEFT, WIDTH - RIGHT)
    up = _scale(panel, down + PANEL_HEIGHT - BOTTOM, down + TOP)
    return [
        text_at("title", LEFT, down + 24, panel.title, "start"),
        *_axes(across, up),
        *(part for each in panel.lines for part in _band(each, across, up)),
        *_levels(panel, across, up),
        *(_course(each, across, up) for each in panel.lines),
        *_names(panel, across, up),
    ]


@dataclass(frozen=True)
class Scale:
    """The vertical axis: logarithmic, or from 0 where the largest value is not many times the least."""

    axis: Axis
    log: bool

    @property
    def start(self) -> float:
        """The lower edge."""
        return self.axis.start

    @property
    def end(self) -> float:
        """The upper edge."""
        return self.axis.end

    def height(self, value: float) -> float:
        """Where a value stands; what is too small for the frame stands on its lower edge."""
        low, high = self.axis.low, self.axis.high
        place = value if not self.log else math.log10(value) if value > 0 else low
        return self.axis.place(min(max(place, low), high))

    def ticks(self) -> list[tuple[float, str]]:
        """Heights with what stands there."""
        if self.log:
            return [(self.axis.place(place), text) for place, text in log_ticks(self.axis.low, self.axis.high)]
        return [(self.axis.place(x), f"{x:.6g}") for x in linear_ticks(self.axis.low, self.axis.high, 5)]


def _scale(panel: Panel, start: float, end: float) -> Scale:
    values = [value for each in panel.lines for _, value in each.points if value > 0]
    values += [level for level, _ in panel.levels]
    if max(values) < LEAST_RATIO * min(values):
        return Scale(Axis(0.0, 1.08 * max(values), start, end), log=False)
    high = math.log10(max(values))
    low = max(math.log10(min(values)), high - MOST_DECADES)
    spare = 0.06 * (high - low)
    return Scale(Axis(low - spare, high + spare, start, end), log=True)


def _axes(across: Axis, up: Scale) -> list[str]:
    parts = []
    for y, text in up.ticks():
        parts += [line("grid", across.start, y, across.end, y), tick(across.start - 8, y + 4.5, text, "end")]
    parts.append(line("axis", across.start, up.start, across.end, up.start))
    for value in linear_ticks(across.low, across.high):
        x = across.place(value)
        parts += [line("axis", x, up.start, x, up.start + 5), tick(x, up.start + 20, f"{value:,.6g}")]
    parts.append(text_at("label", (across.start + across.end) / 2, up.start + 40, "steps"))
    parts.append(text_at("label", 17, (up.start + up.end) / 2, "|∇F(w)|" + "  (log scale)" * up.log, turn=-90))
    return parts


def _course(each: Drawn, across: Axis, up: Scale) -> str:
    path = " ".join(f"{fixed(across.place(step))},{fixed(up.height(value))}" for step, value in each.points)
    return f'<polyline class="course {each.style}" points="{path}"><title>{escape(each.name)}</title></polyline>'


def _band(each: Drawn, across: Axis, up: Scale) -> list[str]:
    if not each.band or all(low == high for _, low, high in each.band):
        return []
    there = [f"{fixed(across.place(step))},{fixed(up.height(high))}" for step, _, high in each.band]
    back = [f"{fixed(across.place(step))},{fixed(up.height(low))}" for step, low, _ in reversed(each.band)]
    return [f'<polygon class="band {each.style}" points="{" ".join([*there, *back])}"/>']


def _levels(panel: Panel, across: Axis, up: Scale) -> list[str]:
    parts = []
    for level, said in panel.levels:
        y = up.height(level)
        parts.append(line("floor", across.start, y, across.end, y))
        parts.append(text_at("floor-name", across.end - 6, y + 17, said, "end"))
    return parts


def _names(panel: Panel, across: Axis, up: Scale) -> list[str]:
    """A name at the end of each line, pushed apart where they would overlap, with a leader where it was moved."""
    ends = sorted(((up.height(each.points[-1][1]), each) for each in panel.lines), key=lambda pair: pair[0])
    places: list[float] = []
    for y, _ in ends:
        places.append(max(y, places[-1] + NAME_HEIGHT) if places else y)
    over = max(0.0, places[-1] - up.start) if places else 0.0
    for k in range(len(places) - 1, -1, -1):  # from the lowest up, so that none leaves the frame
        most = up.start if k == len(places) - 1 else places[k + 1] - NAME_HEIGHT
        places[k] = min(places[k], most) if over else places[k]
    parts = []
    for (y, each), place in zip(ends, places, strict=True):
        parts.append(line("leader", across.end + 2, y, across.end + 12, place))
        parts.append(text_at(f"name {each.style}", across.end + 16, place + 4.5, each.name, "start"))
    return parts


__all__ = ["Drawn", "Panel", "floors_svg", "picture", "runs_svg"]
