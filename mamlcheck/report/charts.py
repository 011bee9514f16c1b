"""Small charts as inline SVG text: the distribution of tightness, and left against right sides.

Pure functions of plain numbers: the same numbers give the same text. Colours come from the page's style sheet by class
name, so light, dark and print need no second drawing, and no meaning rests on colour alone. Charts are drawn from
floats, for the eye; they decide nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

PICTURE_WIDTH = 460.0  # of every picture, in its own units
_CHART_HEIGHT = 300.0
_CHART_LEFT, _CHART_RIGHT, _CHART_TOP, _CHART_BOTTOM = 58.0, 16.0, 18.0, 46.0  # margins around the frame
_SQUARE = 330.0  # side of the frame of left against right sides
_LEGEND_DROP, _LEGEND_ROW = 66.0, 17.0  # below a frame
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


PointKind = Literal["dots", "squares"]
"""How points are drawn."""


@dataclass(frozen=True)
class Axis:
    """The straight map of the values in [low, high] onto [start, end], in picture units."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """Where a value stands, in picture units."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


@dataclass(frozen=True)
class MarkedPoint:
    """A point of the scatter that stands out: its sides, the verdict on it, and a name for its tooltip."""

    left: float
    right: float
    verdict: str
    name: str


def fixed(value: float) -> str:
    """A coordinate with at most two decimals, no trailing zeros and no negative zero."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def short(value: float) -> str:
    """A number for a tooltip or a description: four significant digits."""
    return f"{value:.4g}"


def power_of_ten(exponent: int) -> str:
    """`0.01`, `1`, `100`, and `10⁻⁵` further out."""
    if -2 <= exponent <= 3:
        return f"{10**exponent:,}" if exponent >= 0 else f"{10.0**exponent:.{-exponent}f}"
    return f"10{str(exponent).translate(_SUPERSCRIPTS)}"


def log_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Ticks (log10, label) between two log10 ends: whole decades, or 1-2-5 where the range is short."""
    if high - low < 1.6:
        found = []
        for exponent in range(math.floor(low), math.ceil(high) + 1):
            for factor in (1, 2, 5):
                place = exponent + math.log10(factor)
                if low <= place <= high:
                    found.append((place, f"{factor * 10.0**exponent:.10g}"))
        return found
    step = max(1, math.ceil((high - low) / 6))
    first = math.ceil(low / step) * step
    return [(float(k), power_of_ten(k)) for k in range(first, math.floor(high) + 1, step)]


def count_ticks(highest: int) -> list[int]:
    """0 and up to four round counts, the last at most `highest`."""
    step = 1
    while highest // step > 4:
        leading = int(str(step)[0])
        step = step * 2 if leading in (1, 5) else step // 2 * 5
    return list(range(0, highest + 1, step))


def svg(key: str, title: str, description: str, body: Sequence[str], height: float = _CHART_HEIGHT) -> str:
    """A whole picture: its parts, with a title and a description for readers who hear the page."""
    return "\n".join(
        [
            f'<svg class="chart" role="img" id="{escape(key)}" viewBox="0 0 {fixed(PICTURE_WIDTH)} {fixed(height)}"'
            f' aria-label="{escape(f"{title}. {description}")}">',
            *_together(body),
            "</svg>",
        ]
    )


_PLAIN = re.compile(r'<path class="(grid|axis)" d="([^"]*)"/>')


def _together(body: Iterable[str]) -> Iterator[str]:
    """The parts of a picture, its grid as one path and its axes as another, before all that is drawn on them."""
    rest, lines = [], {"grid": "", "axis": ""}
    for part in body:
        found = _PLAIN.fullmatch(part)
        if found:
            lines[found[1]] += found[2]
        else:
            rest.append(part)
    yield from (f'<path class="{kind}" d="{path}"/>' for kind, path in lines.items() if path)
    yield from rest


def line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    """A straight line of the style `kind`."""
    to = (
        f"V{fixed(y2)}"
        if fixed(x1) == fixed(x2)
        else f"H{fixed(x2)}"
        if fixed(y1) == fixed(y2)
        else f"L{fixed(x2)} {fixed(y2)}"
    )
    return f'<path class="{kind}" d="M{fixed(x1)} {fixed(y1)}{to}"/>'


def tick(x: float, y: float, text: str, anchor: str = "middle") -> str:
    """What stands at a tick of an axis: text of no style, as most texts of a picture are."""
    return text_at("", x, y, text, anchor)


def text_at(kind: str, x: float, y: float, text: str, anchor: str = "middle", turn: float | None = None) -> str:
    """Text of the style `kind` at a place, escaped, turned by so many degrees."""
    styled = f' class="{kind}"' if kind else ""
    turned = "" if turn is None else f' transform="rotate({fixed(turn)} {fixed(x)} {fixed(y)})"'
    anchored = (
        "" if anchor == "middle" else f' text-anchor="{anchor}"'
    )  # inherited from the picture, by the style sheet
    return f'<text{styled} x="{fixed(x)}" y="{fixed(y)}"{anchored}{turned}>{escape(text)}</text>'


def _horizontal_axis(axis: Axis, up: Axis, label: str, grid: bool) -> list[str]:
    bottom = up.start
    parts = [line("axis", axis.start, bottom, axis.end, bottom)]
    for place, text in log_ticks(axis.low, axis.high):
        x = axis.place(place)
        parts.append(line("grid", x, _CHART_TOP, x, bottom) if grid else line("axis", x, bottom, x, bottom + 4))
        parts.append(tick(x, bottom + 17, text))
    parts.append(text_at("label", (axis.start + axis.end) / 2, bottom + _CHART_BOTTOM - 8, label))
    return parts


def _vertical_label(up: Axis, label: str) -> str:
    return text_at("label", 13, (up.start + up.end) / 2, label, turn=-90)


# -- distribution of tightness ------------------------------------------------------------------------------


def histogram(edges: Sequence[float], counts: Sequence[int], key: str, title: str) -> str:
    """The distribution of tightness on a logarithmic axis, with the line where both sides are equal.

    Args:
        edges: log10 of the bin edges, increasing, one more than `counts`.
        counts: instances in each bin, not all 0.
        key: a prefix for the element ids, unique in the page.
        title: what is shown, for readers who hear the page.

    """
    filled = [i for i, count in enumerate(counts) if count]
    bins = [(edges[i], edges[i + 1], counts[i]) for i in filled]
    high = max(0.0, bins[-1][1])
    low = min(bins[0][0], high - 1.0)
    pad = 0.03 * (high - low)
    across = Axis(low - pad, high + pad, _CHART_LEFT, PICTURE_WIDTH - _CHART_RIGHT)
    bottom = _CHART_HEIGHT - _CHART_BOTTOM
    highest = max(counts)
    up = Axis(0.0, highest * 1.06, bottom, _CHART_TOP)

    body = []
    for count in count_ticks(highest):
        y = up.place(count)
        body.append(line("grid", across.start, y, across.end, y))
        body.append(tick(across.start - 7, y + 4, f"{count:,}", "end"))
    body.append('<g class="bars">')
    for left, right, count in bins:
        x, x_end = across.place(left), across.place(right)
        gap = min(1.0, 0.1 * (x_end - x))
        height = max(bottom - up.place(count), 1.5)  # a single instance stays visible
        outline = f"M{fixed(x + gap / 2)} {bottom:.0f}v{-height:.0f}h{fixed(x_end - x - gap)}V{bottom:.0f}z"
        body.append(f'<path d="{outline}"><title>{short(10**left)} to {short(10**right)}: {count:,}</title></path>')
    body.append("</g>")
    body += _horizontal_axis(across, up, "tightness  lhs / rhs  (log scale)", grid=False)
    one = across.place(0.0)
    body.append(line("equal", one, _CHART_TOP - 4, one, bottom))
    body.append(text_at("equal-label", one - 5, _CHART_TOP + 6, "lhs = rhs", "end"))
    body.append(_vertical_label(up, "instances"))
    total = sum(counts)
    fullest = max(bins, key=lambda item: item[2])
    description = (
        f"{total:,} instances, tightness from {short(10 ** bins[0][0])} to {short(10 ** bins[-1][1])};"
        f" the fullest bin, {short(10 ** fullest[0])} to {short(10 ** fullest[1])}, holds {fullest[2]:,}."
        " The bound is reached at tightness 1."
    )
    return svg(key, title, description, body)


# -- points -------------------------------------------------------------------------------------------------
def points_path(kind: str, places: Sequence[tuple[float, float]]) -> str:
    """Points of the style `kind` as one path of strokes without length, whose caps are what is seen of them.

    A square cap needs a direction: PDF draws none on a stroke that has no length at all.
    """
    stroke = "h.1" if kind == "squares" else "h0"
    path = "".join(f"M{x:.0f} {y:.0f}{stroke}" for x, y in places)
    return f'<path class="points {kind}" d="{path}"/>'


# -- left side against right side ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """Instances that are drawn alike: pairs (lhs, rhs), and what they are. kind: 'star' for one that stands out."""

    name: str
    kind: PointKind | Literal["star"]
    points: tuple[tuple[float, float], ...]


def drawable(left: float, right: float) -> bool:
    """Whether a pair has a place on logarithmic axes."""
    return 0 < left < math.inf and 0 < right < math.inf


def scatter(groups: Sequence[Group], marks: Sequence[MarkedPoint], key: str, title: str) -> str | None:
    """Left sides over right sides on logarithmic axes, a decade as long on either, with the diagonal lhs = rhs.

    Args:
        groups: instances by where they come from; pairs without a place on a log axis are left out (the caller says
            how many).
        marks: pairs to stand out, drawn over the others: a cross for VIOLATED, a diamond for the rest.
        key: a prefix for the element ids, unique in the page.
        title: what is shown, for readers who hear the page.

    Returns:
        The SVG text, or None where nothing can be drawn.

    """
    shown = [(group, [(math.log10(a), math.log10(b)) for a, b in group.points if drawable(a, b)]) for group in groups]
    shown = [(group, places) for group, places in shown if places]
    loud = [mark for mark in marks if drawable(mark.left, mark.right)]
    places = [place for _, several in shown for place in several]
    places += [(math.log10(mark.left), math.log10(mark.right)) for mark in loud]
    if not places:
        return None
    lefts, rights = [a for a, _ in places], [b for _, b in places]
    across, up = _equally_long(rights, lefts)

    body = [*_forbidden(across, up), *_horizontal_axis(across, up, "right side  rhs  (log scale)", grid=True)]
    body.append(line("axis", across.start, up.start, across.start, up.end))
    for place, text in log_ticks(up.low, up.high):
        y = up.place(place)
        body.append(line("grid", across.start, y, across.end, y))
        body.append(tick(across.start - 7, y + 4, text, "end"))
    body.append(_vertical_label(up, "left side  lhs  (log scale)"))
    for group, several in shown:
        body.append(points_path(group.kind, [(across.place(b), up.place(a)) for a, b in several]))
    body += [_mark(across.place(math.log10(m.right)), up.place(math.log10(m.left)), m) for m in loud]
    first = up.start + _LEGEND_DROP
    for k, (group, _) in enumerate(shown):
        body += legend(group.kind, group.name, across.start, first + k * _LEGEND_ROW)
    drawn = sum(len(several) for group, several in shown if group.kind != "star")
    description = (
        f"{drawn:,} instances; rhs from {short(10 ** min(rights))} to {short(10 ** max(rights))},"
        f" lhs from {short(10 ** min(lefts))} to {short(10 ** max(lefts))}."
        " Below the diagonal the claim's inequality holds."
        + (" The star is another instance." if any(group.kind == "star" for group, _ in shown) else "")
        + (f" {len(loud):,} marked as violated or undecided." if loud else "")
    )
    return svg(key, title, description, body, height=first + len(shown) * _LEGEND_ROW - 4)


def legend(kind: str, name: str, x: float, y: float) -> Iterator[str]:
    """A row of a legend: a point of the style `kind`, and what such points are."""
    yield points_path(kind, [(x + 8, y - 4)])
    yield text_at("legend", x + 22, y, name)


def _equally_long(rights: Sequence[float], lefts: Sequence[float]) -> tuple[Axis, Axis]:
    """Both axes in a square frame, of as many decades each, so that the diagonal rises at 45 degrees."""
    decades = max(max(values) - min(values) for values in (rights, lefts))
    length = max(1.1 * decades, 1.0)
    ends = [
        ((max(values) + min(values) - length) / 2, (max(values) + min(values) + length) / 2)
        for values in (rights, lefts)
    ]
    bottom = _CHART_TOP + _SQUARE
    return Axis(*ends[0], _CHART_LEFT, _CHART_LEFT + _SQUARE), Axis(*ends[1], bottom, _CHART_TOP)


def _forbidden(across: Axis, up: Axis) -> list[str]:
    """The half where lhs > rhs, shaded, its edge (the diagonal), and their names; nothing where out of sight.

    The region is the frame cut by lhs >= rhs: at a given rhs it reaches from max(rhs, lowest lhs) up.
    """
    left, right = max(across.low, up.low), min(across.high, up.high)
    if across.low >= up.high or left >= right:
        return []
    top = up.high
    # Along the diagonal, then round by the top left; corners that coincide do no harm.
    outline = [(left, left), (right, right), (right, top), (across.low, top), (across.low, left)]
    path = " ".join(f"{fixed(across.place(x))},{fixed(up.place(y))}" for x, y in outline)
    x1, y1, x2, y2 = across.place(left), up.place(left), across.place(right), up.place(right)
    parts = [f'<polygon class="forbidden" points="{path}"/>', line("equal", x1, y1, x2, y2)]
    if math.hypot(x2 - x1, y2 - y1) > 110:
        turn = math.degrees(math.atan2(y2 - y1, x2 - x1))
        x, y = x1 + 0.72 * (x2 - x1), y1 + 0.72 * (y2 - y1)
        lift = math.radians(turn)
        parts.append(text_at("equal-label", x + 6 * math.sin(lift), y - 6 * math.cos(lift), "lhs = rhs", turn=turn))
    return parts


def _mark(x: float, y: float, mark: MarkedPoint) -> str:
    if mark.verdict == "VIOLATED":
        shape = f"M{fixed(x - 5)} {fixed(y - 5)}l10 10m0 -10l-10 10"
        kind = "cross"
    else:
        shape = f"M{fixed(x)} {fixed(y - 6)}l6 6l-6 6l-6 -6z"
        kind = "diamond"
    return f'<path class="{kind}" d="{shape}"><title>{escape(mark.verdict)}: {escape(mark.name)}</title></path>'
