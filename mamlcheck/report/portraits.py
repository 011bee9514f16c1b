"""A drawn instance as inline SVG text: the second derivatives of its tasks, and the points a claim uses.

A pure function of a portrait's plain numbers (`mamlcheck.record.portrait`): the same numbers give the same text. Curves
differ by dashes and names as well as by colour. It is drawn for the eye and decides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from mamlcheck.report.charts import WIDTH, Axis, fixed, line, short, svg, text_at

_LEFT, _RIGHT, _TOP = 70.0, 44.0, 18.0
_PLOT = 210.0  # height of the plot
_ROW = 15.0  # of names under it
_ROWS = 5
_CHARACTER = 6.6  # rough width of one
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def portrait_svg(portrait: Mapping[str, Any], key: str, title: str) -> str:
    """The picture of a portrait. key: a prefix of the element ids, unique in the page.

    Raises KeyError, TypeError, ValueError or IndexError where the mapping is no portrait.
    """
    curves, points = portrait["curves"], portrait["points"]
    xs = [x for curve in curves for x, _ in curve["points"]]
    bound = float(portrait["smoothness"])
    ys = [y for curve in curves for _, y in curve["points"]] + [bound, -bound]
    if not all(math.isfinite(v) for v in (*xs, *ys)):
        raise ValueError("a number of the portrait is not finite")
    bottom = _TOP + _PLOT
    across = Axis(min(xs), max(xs), _LEFT, WIDTH - _RIGHT)
    spare = 0.08 * (max(ys) - min(ys)) or 1.0
    up = Axis(min(ys) - spare, max(ys) + spare, bottom, _TOP)
    several = len({i for curve in curves for i in curve["tasks"]}) > 1
    names, rows = _point_names(points, several, across)
    body = [*_frame(across, up, bound)]
    body += _upright_lines(names, across, bottom)
    body += [_curve(curve, _style(curves, curve), across, up) for curve in curves if curve["sample"] is not None]
    body += [_curve(curve, _style(curves, curve), across, up) for curve in curves if curve["sample"] is None]
    body += _curve_names(curves, across, up)
    below = bottom + 36
    for x, text, row, _ in names:
        if row < _ROWS:
            place = _inside(across.place(x), _half_width(text))
            body.append(text_at("point", place, below + row * _ROW, text))
    below += max(rows, 1) * _ROW + 8
    body.append(text_at("label", (across.start + across.end) / 2, below, str(portrait["axis"])))
    body.append(text_at("label", 13, (_TOP + bottom) / 2, "second derivative", turn=-90))
    described = "; ".join(f"{text} at {short(x)}" for x, text, _, _ in names)
    description = (
        f"{len(curves)} {'curve' if len(curves) == 1 else 'curves'} within L = {short(bound)} of 0"
        f" from {short(min(xs))} to {short(max(xs))}. Points: {described}."
    )
    return svg(key, title, description, body, height=below + 8)


def linear_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """At most `most` round numbers in [low, high], a step of 1, 2 or 5 times a power of ten apart."""
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(factor * power for factor in (1, 2, 5, 10, 20) if (high - low) / (factor * power) < most)
    return [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _frame(across: Axis, up: Axis, bound: float) -> list[str]:
    parts = [line("axis", across.start, up.start, across.end, up.start)]
    for value in linear_ticks(across.low, across.high):
        x = across.place(value)
        parts += [line("axis", x, up.start, x, up.start + 4), text_at("tick", x, up.start + 17, _round(value))]
    for value in linear_ticks(up.low, up.high, 5):
        y = up.place(value)
        parts.append(line("grid", across.start, y, across.end, y))
        parts.append(text_at("tick", across.start - 7, y + 4, _round(value), "end"))
    for value, name in ((bound, "L"), (-bound, "−L")) if bound else ():
        y = up.place(value)
        parts.append(line("equal", across.start, y, across.end, y))
        if up.place(-bound) - up.place(bound) >= _ROW:
            parts.append(text_at("equal-label", across.start + 4, y - 5, name, "start"))
    if 0 < up.place(-bound) - up.place(bound) < _ROW:
        parts.append(text_at("equal-label", across.start + 4, up.place(bound) - 5, "±L", "start"))
    return parts


def _round(value: float) -> str:
    text = f"{value:.6g}"
    return "0" if text == "-0" else text.replace("-", "−")


# -- curves --------------------------------------------------------------------------------------------------
def _style(curves: Sequence[Mapping[str, Any]], curve: Mapping[str, Any]) -> str:
    if curve["sample"] is not None:
        return "sample"
    whole = [c["tasks"][0] for c in curves if c["sample"] is None]
    return f"curve c{whole.index(curve['tasks'][0]) % 4}"


def _curve(curve: Mapping[str, Any], style: str, across: Axis, up: Axis) -> str:
    path = " ".join(f"{fixed(across.place(x))},{fixed(up.place(y))}" for x, y in curve["points"])
    return f'<polyline class="{style}" points="{path}"><title>{escape(_curve_name(curve))}</title></polyline>'


def _curve_name(curve: Mapping[str, Any]) -> str:
    tasks = " and ".join(str(i + 1) for i in curve["tasks"])
    whole = f"task{'s' if len(curve['tasks']) > 1 else ''} {tasks}"
    return whole if curve["sample"] is None else f"sample {curve['sample'] + 1} of {whole}"


def _curve_names(curves: Sequence[Mapping[str, Any]], across: Axis, up: Axis) -> list[str]:
    """A name at the right end of each task's curve, pushed apart where they would overlap."""
    ends = sorted((up.place(c["points"][-1][1]), c) for c in curves if c["sample"] is None) if len(curves) else []
    parts, last = [], -math.inf
    for y, curve in ends:
        last = max(y + 4, last + 12)
        tasks = ",".join(subscript(i + 1) for i in curve["tasks"])
        parts.append(text_at("name", across.end + 5, last, f"f{tasks}″", "start"))
    return parts


def subscript(number: int) -> str:
    """A number in subscript digits."""
    return str(number).translate(_SUBSCRIPTS)


# -- points --------------------------------------------------------------------------------------------------
def _point_names(
    points: Sequence[Mapping[str, Any]], several: bool, across: Axis
) -> tuple[list[tuple[float, str, int, bool]], int]:
    """(place, names, row, on the line) of each place, in rows where names do not overlap; and how many rows."""
    merged: dict[tuple[float, bool], list[str]] = {}
    for point in points:
        own = _pretty(point["name"]) + (subscript(point["task"] + 1) if several and point["task"] is not None else "")
        names = merged.setdefault((float(point["at"]), bool(point["on_line"])), [])
        if own not in names:
            names.append(own)
    placed, ends = [], [-math.inf] * _ROWS
    for (x, on_line), names in sorted(merged.items()):
        text = ", ".join(names if len(names) <= 4 else (*names[:2], "…", names[-1]))
        half = _half_width(text)
        row = next((k for k in range(_ROWS) if ends[k] <= _inside(across.place(x), half) - half), _ROWS)
        if row < _ROWS:
            ends[row] = _inside(across.place(x), half) + half
        placed.append((x, text, row, on_line))
    return placed, max((min(row, _ROWS - 1) + 1 for _, _, row, _ in placed), default=0)


def _half_width(text: str) -> float:
    return 0.5 * _CHARACTER * len(text) + 3


def _inside(place: float, half: float) -> float:
    """The place of a name so wide that it stays in the picture."""
    return min(max(place, half), WIDTH - half)


def _pretty(name: str) -> str:
    return str(name).replace("'", "′").replace("delta v", "δv").replace("w_i", "wᵢ").replace("-", "−")


def _upright_lines(names: Sequence[tuple[float, str, int, bool]], across: Axis, bottom: float) -> list[str]:
    parts = []
    for x, text, _, on_line in names:
        place, end = across.place(x), bottom + 4
        kind = "upright" if on_line else "upright off"
        parts.append(
            f'<line class="{kind}" x1="{fixed(place)}" y1="{fixed(_TOP)}" x2="{fixed(place)}" y2="{fixed(end)}">'
            f"<title>{escape(text)} at {short(x)}{'' if on_line else ', projected onto the line'}</title></line>"
        )
    return parts
