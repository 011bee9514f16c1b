"""Figure 1 of the paper as inline SVG: three tasks in the plane, and where each problem puts its starting point.

A pure function of the record's numbers; lengths are equal along both axes. Points have numbers that a table
explains, so that no meaning rests on colour.
"""

from __future__ import annotations

import math

from mamlcheck.formats.dynamics import FigureOne
from mamlcheck.report.charts import PICTURE_WIDTH, Axis, fixed, line, short, svg, text_at, tick
from mamlcheck.report.portraits import linear_ticks

LEFT, RIGHT, TOP, BOTTOM = 40.0, 12.0, 12.0, 40.0


def figure_one_svg(figure: FigureOne, key: str) -> str | None:
    """The picture; None where it has no points. key: a prefix of the element ids, unique in the page."""
    tasks = [(*centre, radius) for centre, radius in zip(figure.centres, figure.radii, strict=False) if radius > 0]
    starts = [start.at for start in figure.starts if len(start.at) == 2]
    if not tasks or not all(math.isfinite(x) for at in (*tasks, *starts) for x in at):
        return None
    xs = [x + side * r for x, _, r in tasks for side in (-1, 1)] + [at[0] for at in starts]
    ys = [y + side * r for _, y, r in tasks for side in (-1, 1)] + [at[1] for at in starts]
    width = PICTURE_WIDTH - LEFT - RIGHT
    unit = width / (max(xs) - min(xs))
    height = unit * (max(ys) - min(ys))
    across = Axis(min(xs), max(xs), LEFT, PICTURE_WIDTH - RIGHT)
    up = Axis(min(ys), max(ys), TOP + height, TOP)
    body = _frame(across, up)
    for (x, y, radius), name in zip(tasks, figure.names, strict=False):
        cx, cy = across.place(x), up.place(y)
        body.append(f'<circle class="curve c2" cx="{fixed(cx)}" cy="{fixed(cy)}" r="{fixed(radius * unit)}"/>')
        body += [
            f'<circle class="centre" cx="{fixed(cx)}" cy="{fixed(cy)}" r="2.5"/>',
            text_at("point", cx, cy - 8, name),
        ]
    for at, start in zip(starts, figure.starts, strict=False):
        x, y = across.place(at[0]), up.place(at[1])
        body.append(f'<path class="diamond" d="M{fixed(x)} {fixed(y - 6)}l6 6l-6 6l-6 -6z"/>')
        body.append(text_at("name", x + 9, y + 4, str(start.steps), "start"))
    told = "; ".join(
        f"for {start.steps} steps ({short(at[0])}, {short(at[1])})"
        for at, start in zip(starts, figure.starts, strict=False)
    )
    description = f"Circles: where a task's loss is {short(figure.level)}, around its centre. Starting points: {told}."
    return svg(key, "Where problems (1) and (2) put the point to start from", description, body, TOP + height + BOTTOM)


def _frame(across: Axis, up: Axis) -> list[str]:
    parts = [
        line("axis", across.start, up.start, across.end, up.start),
        line("axis", across.start, up.start, across.start, up.end),
    ]
    for value in linear_ticks(across.low, across.high):
        x = across.place(value)
        parts += [line("axis", x, up.start, x, up.start + 4), tick(x, up.start + 17, _round(value))]
    for value in linear_ticks(up.low, up.high):
        y = up.place(value)
        parts += [
            line("grid", across.start, y, across.end, y),
            tick(across.start - 6, y + 4, _round(value), "end"),
        ]
    parts.append(text_at("label", (across.start + across.end) / 2, up.start + 34, "w, in the plane"))
    return parts


def _round(value: float) -> str:
    text = f"{value:.6g}"
    return "0" if text == "-0" else text.replace("-", "−")


__all__ = ["figure_one_svg"]
