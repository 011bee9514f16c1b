"""What a direction is made of as inline SVG: a bar for each part from 0 to its coefficient, on one axis.

A pure function of the record's numbers. Where the declared algorithm has a coefficient of its own an upright line
stands there; all numbers are written beside the bars.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from mamlcheck.formats.conformance import PartRecord
from mamlcheck.report.charts import PICTURE_WIDTH, Axis, fixed, line, short, svg, text_at, tick
from mamlcheck.report.portraits import linear_ticks

LEFT, RIGHT, ROW_HEIGHT, BAR_HEIGHT = 16.0, 16.0, 52.0, 14.0
TICKS_HEIGHT = 24.0
NOTHING = 1e-9  # a coefficient below it is called about 0
CSS = """\
.chart .wanted { stroke: var(--ink); stroke-width: 2; }
"""


def bars_svg(parts: Sequence[PartRecord], key: str, title: str) -> str | None:
    """The SVG text; None where there is no part to draw. key: a prefix of the element ids, unique in the page."""
    shown = [part for part in parts if math.isfinite(part.coefficient) and abs(part.coefficient) < 1e12]
    if not shown:
        return None
    ends = [0.0, *(part.coefficient for part in shown), *(part.wanted for part in shown if part.wanted is not None)]
    low, high = min(ends), max(*ends, 1.0 if min(ends) > -1 else 0.0)
    spare = 0.04 * (high - low)
    across = Axis(low - spare * (low < 0), high + spare, LEFT, PICTURE_WIDTH - RIGHT)
    bottom = len(shown) * ROW_HEIGHT
    body: list[str] = []
    for value in linear_ticks(across.low, across.high):
        x = across.place(value)
        body += [
            line("axis", x, bottom, x, bottom + 4),
            tick(x, bottom + 17, f"{value:.6g}".replace("-", "−")),
        ]
    body.append(line("axis", across.start, bottom, across.end, bottom))
    for k, part in enumerate(shown):
        body += _bar(part, k * ROW_HEIGHT, across)
    return svg(key, title, f"{'; '.join(told(part) for part in shown)}.", body, height=bottom + TICKS_HEIGHT)


def told(part: PartRecord) -> str:
    """A part in words: its coefficient, its share of the direction, and what was declared."""
    declared = "" if part.wanted is None else f", declared {short(part.wanted)}"
    return f"{coefficient(part)} times {part.says}, {part.share:.0%} of the direction in size{declared}"


def coefficient(part: PartRecord) -> str:
    """The coefficient in few digits; what is nothing but rounding is called about 0."""
    return "about 0" if abs(part.coefficient) < NOTHING else short(part.coefficient).replace("-", "−")


def _bar(part: PartRecord, top: float, across: Axis) -> list[str]:
    zero, end = across.place(0.0), across.place(part.coefficient)
    y = top + 24
    parts = [
        line("axis", zero, y - 3, zero, y + BAR_HEIGHT + 3),
        text_at("label", LEFT, top + 16, f"{coefficient(part)} × {part.says}", "start"),
        f'<rect class="bar" x="{fixed(min(zero, end))}" y="{fixed(y)}" width="{fixed(abs(end - zero))}"'
        f' height="{fixed(BAR_HEIGHT)}"/>',
    ]
    if part.wanted is not None:
        x = across.place(part.wanted)
        parts.append(line("wanted", x, y - 4, x, y + BAR_HEIGHT + 4))
    return parts


__all__ = ["CSS", "bars_svg", "coefficient", "told"]
