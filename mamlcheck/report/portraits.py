"""A drawn instance as inline SVG text: the second derivatives of its tasks, and the points a claim uses.

A pure function of a portrait's numbers (`mamlcheck.record.portrait` computes them): the same numbers give the same
text. Curves differ by dashes and names as well as by colour. It is drawn for the eye and decides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape

from mamlcheck.formats.brackets import Curve, Place, Portrait
from mamlcheck.report.charts import PICTURE_WIDTH, Axis, fixed, line, short, svg, text_at, tick
from mamlcheck.report.insets import Inset, cut, inset_of

_PORTRAIT_LEFT, _PORTRAIT_RIGHT, _PORTRAIT_TOP = 70.0, 44.0, 18.0  # margins around the frame
_FRAME_HEIGHT = 210.0
_NAME_ROW_HEIGHT = 15.0
_MOST_NAME_ROWS = 5  # of the points' names, under the frame
_CHARACTER_WIDTH = 6.6  # roughly, of the points' names
_MOST_NAMES = 4  # of points at one place, written in full
_CURVE_STYLES = 4
_INSET_DROP, _INSET_HEIGHT, _INSET_LABELS = 40.0, 110.0, 36.0  # of the frame below that magnifies a rise
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class NamedPlace:
    """A place on the line with the names of the points there, and the row that the names stand in under the frame.

    row: `_MOST_NAME_ROWS` where no row has room for them. on_line: False for points that are projected onto the line.
    """

    at: float
    names: str
    row: int
    on_line: bool


def portrait_svg(portrait: Portrait, key: str, title: str) -> str:
    """The picture of a portrait. key: a prefix of the element ids, unique in the page."""
    curves, bound = portrait.curves, portrait.smoothness
    xs = [x for curve in curves for x, _ in curve.points]
    ys = [y for curve in curves for _, y in curve.points] + [bound, -bound]
    bottom = _PORTRAIT_TOP + _FRAME_HEIGHT
    across = Axis(min(xs), max(xs), _PORTRAIT_LEFT, PICTURE_WIDTH - _PORTRAIT_RIGHT)
    spare = 0.08 * (max(ys) - min(ys)) or 1.0
    up = Axis(min(ys) - spare, max(ys) + spare, bottom, _PORTRAIT_TOP)
    several = len({task for curve in curves for task in curve.tasks}) > 1
    places = _named_places(portrait.points, several, across)
    rows = max((min(place.row, _MOST_NAME_ROWS - 1) + 1 for place in places), default=1)
    first_row = bottom + 36
    label = first_row + rows * _NAME_ROW_HEIGHT + 8
    samples = [curve for curve in curves if curve.sample is not None]
    whole = [curve for curve in curves if curve.sample is None]
    body = [
        *_frame(across, up, bound),
        *(_upright_line(place, across, bottom) for place in places),
        *(_curve(curve, "sample", across, up) for curve in samples),
        *(_curve(curve, f"curve c{k % _CURVE_STYLES}", across, up) for k, curve in enumerate(whole)),
        *_curve_names(whole, across, up),
        *_place_names(places, across, first_row),
        text_at("label", (across.start + across.end) / 2, label, portrait.axis),
        text_at("label", 13, (_PORTRAIT_TOP + bottom) / 2, "second derivative", turn=-90),
    ]
    inset = inset_of(whole)
    if inset is not None:
        body += _inset(inset, samples, whole, portrait, label + _INSET_DROP)
    described = "; ".join(f"{place.names} at {short(place.at)}" for place in places)
    description = (
        f"{len(curves)} {'curve' if len(curves) == 1 else 'curves'} within L = {short(bound)} of 0"
        f" from {short(min(xs))} to {short(max(xs))}. Points: {described}."
    )
    height = label + 8 + (0 if inset is None else _INSET_DROP + _INSET_HEIGHT + _INSET_LABELS)
    return svg(key, title, description, body, height=height)


# -- the part around knots that are close together -----------------------------------------------------------
def _inset(
    inset: Inset, samples: Sequence[Curve], whole: Sequence[Curve], portrait: Portrait, top: float
) -> Iterator[str]:
    """The rise again in a frame of its own, so wide that it does not look like a jump."""
    bound = portrait.smoothness
    ys = [y for curve in whole for _, y in cut(curve.points, inset.low, inset.high)] + [bound, -bound]
    spare = 0.08 * (max(ys) - min(ys)) or 1.0
    across = Axis(inset.low - inset.centre, inset.high - inset.centre, _PORTRAIT_LEFT, PICTURE_WIDTH - _PORTRAIT_RIGHT)
    up = Axis(min(ys) - spare, max(ys) + spare, top + _INSET_HEIGHT, top)
    middle = (across.start + across.end) / 2
    yield text_at("point", middle, top - 8, f"the same, about {inset.times:,.0f} times as wide: no jump")
    yield from _frame(across, up, bound)
    drawn = [
        *(("sample", curve) for curve in samples),
        *((f"curve c{k % _CURVE_STYLES}", c) for k, c in enumerate(whole)),
    ]
    for style, curve in drawn:
        points = tuple((x - inset.centre, y) for x, y in cut(curve.points, inset.low, inset.high))
        if points:
            yield _curve(replace(curve, points=points), style, across, up)
    axis = portrait.axis.partition(",")[0]
    label = f"{axis} {'+' if inset.centre < 0 else '−'} {short(abs(inset.centre))}" if inset.centre else axis
    yield text_at("label", middle, top + _INSET_HEIGHT + _INSET_LABELS, label)


# -- the frame -----------------------------------------------------------------------------------------------
def linear_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """At most `most` round numbers in [low, high], a step of 1, 2 or 5 times a power of ten apart."""
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(factor * power for factor in (1, 2, 5, 10, 20) if (high - low) / (factor * power) < most)
    return [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _frame(across: Axis, up: Axis, bound: float) -> list[str]:
    """Both axes with their ticks, and the lines at L and -L."""
    parts = [line("axis", across.start, up.start, across.end, up.start)]
    for value in linear_ticks(across.low, across.high):
        x = across.place(value)
        parts += [line("axis", x, up.start, x, up.start + 4), tick(x, up.start + 17, _round(value))]
    for value in linear_ticks(up.low, up.high, 5):
        y = up.place(value)
        parts.append(line("grid", across.start, y, across.end, y))
        parts.append(tick(across.start - 7, y + 4, _round(value), "end"))
    for value, name in ((bound, "L"), (-bound, "−L")) if bound else ():
        y = up.place(value)
        parts.append(line("equal", across.start, y, across.end, y))
        if up.place(-bound) - up.place(bound) >= _NAME_ROW_HEIGHT:
            parts.append(text_at("equal-label", across.start + 4, y - 5, name, "start"))
    if 0 < up.place(-bound) - up.place(bound) < _NAME_ROW_HEIGHT:
        parts.append(text_at("equal-label", across.start + 4, up.place(bound) - 5, "±L", "start"))
    return parts


def _round(value: float) -> str:
    text = f"{value:.6g}"
    return "0" if text == "-0" else text.replace("-", "−")


# -- curves --------------------------------------------------------------------------------------------------
def _curve(curve: Curve, style: str, across: Axis, up: Axis) -> str:
    path = " ".join(f"{fixed(across.place(x))},{fixed(up.place(y))}" for x, y in curve.points)
    return f'<polyline class="{style}" points="{path}"><title>{escape(_curve_name(curve))}</title></polyline>'


def _curve_name(curve: Curve) -> str:
    tasks = " and ".join(str(task + 1) for task in curve.tasks)
    whole = f"task{'s' if len(curve.tasks) > 1 else ''} {tasks}"
    return whole if curve.sample is None else f"sample {curve.sample + 1} of {whole}"


def _curve_names(whole: Sequence[Curve], across: Axis, up: Axis) -> Iterator[str]:
    """A name at the right end of each task's curve, pushed apart where they would overlap."""
    last = -math.inf
    for curve in sorted(whole, key=lambda curve: up.place(curve.points[-1][1])):
        last = max(up.place(curve.points[-1][1]) + 4, last + 12)
        tasks = ",".join(subscript(task + 1) for task in curve.tasks)
        yield text_at("name", across.end + 5, last, f"f{tasks}″", "start")


def subscript(number: int) -> str:
    """A number in subscript digits."""
    return str(number).translate(_SUBSCRIPTS)


# -- points --------------------------------------------------------------------------------------------------
def _named_places(points: Sequence[Place], several: bool, across: Axis) -> list[NamedPlace]:
    """The places of the points, in order, their names in rows where they do not overlap. several: tasks are drawn."""
    merged: dict[tuple[float, bool], list[str]] = {}
    for point in points:
        own = _pretty(point.name) + (subscript(point.task + 1) if several and point.task is not None else "")
        names = merged.setdefault((point.at, point.on_line), [])
        if own not in names:
            names.append(own)
    found = []
    row_ends = [-math.inf] * _MOST_NAME_ROWS
    for (at, on_line), names in sorted(merged.items()):
        text = ", ".join(names if len(names) <= _MOST_NAMES else (*names[:2], "…", names[-1]))
        half = _half_width(text)
        middle = _inside(across.place(at), half)
        row = next((k for k, end in enumerate(row_ends) if end <= middle - half), _MOST_NAME_ROWS)
        if row < _MOST_NAME_ROWS:
            row_ends[row] = middle + half
        found.append(NamedPlace(at, text, row, on_line))
    return found


def _place_names(places: Sequence[NamedPlace], across: Axis, first_row: float) -> Iterator[str]:
    for place in places:
        if place.row < _MOST_NAME_ROWS:
            middle = _inside(across.place(place.at), _half_width(place.names))
            yield text_at("point", middle, first_row + place.row * _NAME_ROW_HEIGHT, place.names)


def _half_width(text: str) -> float:
    return 0.5 * _CHARACTER_WIDTH * len(text) + 3


def _inside(place: float, half: float) -> float:
    """The place of a name so wide that it stays in the picture."""
    return min(max(place, half), PICTURE_WIDTH - half)


def _pretty(name: str) -> str:
    return name.replace("'", "′").replace("delta v", "δv").replace("w_i", "wᵢ").replace("-", "−")


def _upright_line(place: NamedPlace, across: Axis, bottom: float) -> str:
    x, end = fixed(across.place(place.at)), bottom + 4
    kind, more = ("upright", "") if place.on_line else ("upright off", ", projected onto the line")
    return (
        f'<line class="{kind}" x1="{x}" y1="{fixed(_PORTRAIT_TOP)}" x2="{x}" y2="{fixed(end)}">'
        f"<title>{escape(place.names)} at {short(place.at)}{more}</title></line>"
    )
