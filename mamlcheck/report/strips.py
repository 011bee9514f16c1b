"""Strips as inline SVG: how the values of a few quantities lie, a dot for each value, each quantity on its own axis.

A pure function of plain numbers. Axes are logarithmic, since constants of tasks differ by factors; what is 0 has no
place there, and is counted beside its strip. Drawn for the eye.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from statistics import median

from mamlcheck.report.charts import PICTURE_WIDTH, Axis, fixed, line, log_ticks, short, svg, text_at, tick

LEFT, RIGHT, ROW_HEIGHT = 16.0, 16.0, 66.0
LINE_DROP, TICK_DROP = 34.0, 50.0  # of the axis and of its numbers, below the top of a row
SHORTEST = 0.5  # decades of an axis, at least
MOST_NAMED = 400  # dots with a tooltip of their own; more would make the page heavy
CSS = """\
.chart .dot { fill: var(--dot); fill-opacity: .55; }
.chart .middle { stroke: var(--ink); stroke-width: 1.6; }
"""


@dataclass(frozen=True)
class Strip:
    """A quantity: what it is, and its values with the names of what has them."""

    label: str
    values: tuple[tuple[str, float], ...]


def strips_svg(strips: Sequence[Strip], key: str, title: str) -> str | None:
    """The SVG text; None where nothing has a place. key: a prefix of the element ids, unique in the page."""
    shown = [strip for strip in strips if any(_fits(value) for _, value in strip.values)]
    if not shown:
        return None
    body = [part for k, strip in enumerate(shown) for part in _row(strip, k * ROW_HEIGHT)]
    told = "; ".join(_described(strip) for strip in shown)
    return svg(key, title, f"{told}.", body, height=len(shown) * ROW_HEIGHT)


def _fits(value: float) -> bool:
    return 0 < value < math.inf


def _described(strip: Strip) -> str:
    values = [value for _, value in strip.values if _fits(value)]
    zeros = sum(value == 0 for _, value in strip.values)
    more = f", {zeros} at 0" if zeros else ""
    return f"{strip.label}: {short(min(values))} to {short(max(values))}, median {short(median(values))}{more}"


def _row(strip: Strip, top: float) -> list[str]:
    drawn = [(name, value) for name, value in strip.values if _fits(value)]
    logs = [math.log10(value) for _, value in drawn]
    low, high = min(logs), max(logs)
    spare = max(0.04 * (high - low), (SHORTEST - (high - low)) / 2)
    axis = Axis(low - spare, high + spare, LEFT, PICTURE_WIDTH - RIGHT)
    y = top + LINE_DROP
    zeros = len(strip.values) - len(drawn)
    parts = [text_at("label", LEFT, top + 14, strip.label + (f"  ({zeros} at 0, not drawn)" if zeros else ""), "start")]
    parts.append(line("axis", axis.start, y, axis.end, y))
    for place, text in log_ticks(axis.low, axis.high):
        x = axis.place(place)
        parts += [line("axis", x, y, x, y + 4), tick(x, top + TICK_DROP, text)]
    middle = axis.place(math.log10(median(value for _, value in drawn)))
    parts.append(line("middle", middle, y - 9, middle, y + 9))
    parts += [_dot(name, value, axis.place(at), y, len(drawn)) for (name, value), at in zip(drawn, logs, strict=True)]
    return parts


def _dot(name: str, value: float, x: float, y: float, count: int) -> str:
    head = f'<circle class="dot" cx="{fixed(x)}" cy="{fixed(y)}" r="4"'
    return f"{head}/>" if count > MOST_NAMED else f"{head}><title>{escape(name)}: {short(value)}</title></circle>"


__all__ = ["CSS", "Strip", "strips_svg"]
