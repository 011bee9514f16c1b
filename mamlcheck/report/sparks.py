"""A history as a small inline SVG: a value for each of several results in turn, on an axis from 0.

A pure function of plain numbers. A value that is not there is a gap, and a mark of its own stands where a verdict was
bad: nothing rests on colour alone. The numbers stand beside it in the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mamlcheck.report.charts import Axis, fixed

WIDTH, HEIGHT, EDGE = 120.0, 30.0, 5.0
CSS = """\
.spark { width: 7.5rem; height: auto; display: block; overflow: visible; }
.spark .through { fill: none; stroke: var(--dot); stroke-width: 1.8; }
.spark .base { stroke: var(--rule); }
.spark .at { fill: var(--dot); }
.spark .bad { fill: none; stroke: var(--bad); stroke-width: 2.2; }
"""


def spark_svg(values: Sequence[tuple[float | None, bool]], key: str, title: str, description: str) -> str:
    """The SVG text of (value, whether it is bad) in turn. key: a prefix of the element ids, unique in the page."""
    most = max([1.0, *(value for value, _ in values if value is not None)])
    across = Axis(0.0, max(1.0, len(values) - 1.0), EDGE, WIDTH - EDGE)
    up = Axis(0.0, most, HEIGHT - EDGE, EDGE)
    places = [None if value is None else (across.place(k), up.place(value)) for k, (value, _) in enumerate(values)]
    body = [f'<line class="base" x1="0" y1="{fixed(up.start)}" x2="{fixed(WIDTH)}" y2="{fixed(up.start)}"/>']
    for run in _runs(places):
        path = " ".join(f"{fixed(x)},{fixed(y)}" for x, y in run)
        body.append(f'<polyline class="through" points="{path}"/>')
    for k, ((_, bad), place) in enumerate(zip(values, places, strict=True)):
        x, y = place or (across.place(k), up.start)
        if bad:
            body.append(f'<path class="bad" d="M{fixed(x - 4)} {fixed(y - 4)}l8 8m0 -8l-8 8"/>')
        elif place is not None:
            body.append(f'<circle class="at" cx="{fixed(x)}" cy="{fixed(y)}" r="2.4"/>')
    name = escape(key)
    return "\n".join(
        [
            f'<svg class="spark" role="img" viewBox="0 0 {fixed(WIDTH)} {fixed(HEIGHT)}"'
            f' aria-labelledby="{name}-title {name}-desc">',
            f'<title id="{name}-title">{escape(title)}</title>',
            f'<desc id="{name}-desc">{escape(description)}</desc>',
            *body,
            "</svg>",
        ]
    )


def _runs(places: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """Places that follow one another without a gap."""
    runs: list[list[tuple[float, float]]] = [[]]
    for place in places:
        if place is None:
            runs.append([])
        else:
            runs[-1].append(place)
    return [run for run in runs if len(run) > 1]


__all__ = ["CSS", "spark_svg"]
