"""Portraits: what a drawing of an instance shows, as plain numbers: second derivatives, and the points of a claim.

The tasks are seen along one line: the axis itself in one dimension, else the line through w that a claim looks along
(to u, along v, or down the fixed task's gradient). A portrait is for the eye and decides nothing; it runs in exact
fractions where the tasks are rational, so that it is the same on every machine, and else in float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from mamlcheck.arithmetic import Arithmetic, NotExact, Numbers, float64, rational
from mamlcheck.arithmetic.exact import fraction, nearest_double
from mamlcheck.arithmetic.surds import Surd
from mamlcheck.claims import Claim
from mamlcheck.errors import TooManyBatches
from mamlcheck.formats.brackets import Curve, Place, Portrait
from mamlcheck.meta.hypotheses import number_text
from mamlcheck.meta.instance import InstanceOn, Instances
from mamlcheck.meta.variables import Listed, Shape, arrays, in_text, sizes

Points = tuple[tuple[float, float], ...]

MOST_TASKS = 6  # that are drawn
MOST_SAMPLES = 6  # of a task, that are drawn
MOST_POINTS_OF_A_NAME = 12  # of points with one name
PIECES_OF_A_CURVE = 96  # where it is smooth
MOST_TIMES_WIDER = 4  # all knots are in view unless that makes the picture wider than this
SIGNIFICANT_DIGITS = 9  # of every number that is drawn
READABLE_NUMBER_CHARACTERS = 12  # a longer exact number is written in digits, as 'about'


def portrait(claim: Claim, instance: Instances) -> Portrait:
    """The portrait of one instance (a block of one) for a claim."""
    block = instance if instance.shape else instance[None]
    for ar in (rational, float64):
        try:
            with ar.working():
                return _portrait(claim, block, ar)
        except NotExact:
            continue
    raise AssertionError("float64 evaluates everything")


def _portrait(claim: Claim, block: Instances, ar: Arithmetic) -> Portrait:
    x = block.on(ar)
    line = _line(claim, x)
    used = [block.task] if "i" in claim.quantifies else list(range(block.tasks.n))
    used, more = used[:MOST_TASKS], used[MOST_TASKS:]
    points, left_out = _points(claim, x, line, used)
    window = _window(x, line, [point.at for point in points])
    if more:
        left_out.append(f"{len(more)} more tasks")
    curves, hidden = _curves(x, line, used, window)
    if hidden:
        left_out.append(f"{hidden} more samples")
    return Portrait(
        axis=line.name,
        smoothness=_number(x.smoothness[0]),
        curves=curves,
        points=points,
        numbers=tuple(_numbers(claim, x, used)),
        left_out=tuple(left_out),
    )


# -- what a drawing cannot show ------------------------------------------------------------------------------
LISTED = {size.symbol for size in sizes() if size.listed is not Listed.NOTHING}


def _numbers(claim: Claim, x: InstanceOn, used: list[int]) -> Iterator[tuple[str, str]]:
    """Constants, rates, batch sizes and, of each task, its probability and its gradient at w."""
    over = claim.quantifies
    for variable in in_text():
        if variable.of_tasks or variable.symbol in over:
            size = variable.is_size
            yield variable.symbol, str(getattr(x.sizes, variable.name)) if size else _text(getattr(x, variable.name)[0])
    for i in used:
        if len(used) > 1:
            yield f"p_{i + 1}", _text(x.tasks.probabilities[0, i])
        yield f"grad f_{i + 1}(w)", _vector(x.at_w.gradient[0, i, 0])
    m = x.given.tasks.m
    if 1 < m <= MOST_SAMPLES and x.given.tasks.d == 1 and LISTED & set(over):
        every = x.at_w.start.gradient(x.ar.exact(np.eye(m)))
        for i in used:
            yield f"sample gradients of f_{i + 1}", ", ".join(_vector(every[0, i, j]) for j in range(m))


def _vector(values: Numbers) -> str:
    shown = ", ".join(_text(v) for v in np.asarray(values[:3])) + (", ..." if values.shape[0] > 3 else "")
    return shown if values.shape[0] == 1 else f"({shown})"


def _text(value: Any) -> str:
    exact = not isinstance(value, float | np.floating | Surd)
    text = number_text(fraction(value)) if exact else ""
    return text if exact and len(text) <= READABLE_NUMBER_CHARACTERS else f"about {_float(value):.6g}"


# -- the line ------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Line:
    """The points origin + t direction, both (d,)."""

    name: str
    origin: Numbers
    direction: Numbers
    ar: Arithmetic

    def place(self, point: Numbers) -> tuple[float, bool]:
        """Where a point (d,) projects to on the line, and whether it lies on it."""
        ar, gap = self.ar, point - self.origin
        t = ar.sum(gap * self.direction, -1) / ar.squared_norm(self.direction)
        off = np.asarray(ar.squared_norm(gap - t * self.direction))
        near = np.asarray(ar.squared_norm(gap)) * 2.0**-40 if not ar.rigorous else 0
        return _number(t), bool(off <= near)


def _line(claim: Claim, x: InstanceOn) -> Line:
    ar, w = x.ar, x.w[0]
    if x.given.tasks.d == 1:
        return Line("parameter", w - w, ar.exact(np.ones(1)), ar)
    gradient = x.fixed_task.gradient[0, 0, 0]
    ways = [*_ways(claim, x), ("w - t grad f_i(w)", -gradient)]
    for name, direction in ways:
        size = ar.squared_norm(direction)
        if ar.less_equal(size, 0 * size) != 1:
            return Line(f"t, on the line {name}", w, direction, ar)
    return Line("t, on the line w + t e_1", w, ar.exact(np.eye(x.given.tasks.d)[0]), ar)


def _ways(claim: Claim, x: InstanceOn) -> Iterator[tuple[str, Numbers]]:
    """From w to each other point of the claim, and along each of its directions."""
    for variable in arrays():
        if variable.is_vector and variable.symbol != "w" and variable.symbol in claim.quantifies:
            value, name = getattr(x, variable.name)[0], variable.symbol
            point = variable.shape is Shape.POINT
            yield (f"w + t ({name} - w)", value - x.w[0]) if point else (f"w + t {name}", value)


# -- the points ----------------------------------------------------------------------------------------------
def _points(claim: Claim, x: InstanceOn, line: Line, used: list[int]) -> tuple[tuple[Place, ...], list[str]]:
    found: dict[Place, None] = {}
    counts: dict[tuple[str, int | None], int] = {}
    skipped: dict[str, int] = {}
    for name, task, point in _named_points(claim, x, used):
        place = Place(name, task, *line.place(point))
        if place in found:
            continue
        counts[name, task] = counts.get((name, task), 0) + 1
        if counts[name, task] > MOST_POINTS_OF_A_NAME:
            skipped[name] = skipped.get(name, 0) + 1
        else:
            found[place] = None
    return tuple(found), [f"{count} more points {name}" for name, count in skipped.items()]


def _named_points(claim: Claim, x: InstanceOn, used: list[int]) -> Iterator[tuple[str, int | None, Numbers]]:
    """Name, task (None where all tasks share the point) and the point (d,), for all that the claim quantifies over."""
    over = claim.quantifies
    for variable in arrays():
        if variable.shape is Shape.POINT and variable.symbol in (*over, "w"):
            yield variable.symbol, None, getattr(x, variable.name)[0]
    if "u" in over:
        for i in used:
            yield "w'", i, x.at_both.adapted[0, i, 0]
            yield "u'", i, x.at_both.adapted[0, i, 1]
    if "delta" in over:
        step = x.delta[0] * x.v[0]
        yield "w - delta v", None, x.w[0] - step
        yield "w + delta v", None, x.w[0] + step
    try:
        if "D_in" in over:
            yield "w'", x.given.task, x.fixed_task.adapted[0, 0, 0]
            for point in np.asarray(x.noisy_adapted.w[0, 0]):
                yield "w_i", x.given.task, point
        if "D_test" in over:
            step_from = x.at_w
            moves = step_from.alpha * step_from.start.gradient_deviation(x.batches("test").deviations(x.ar))
            for i in used:
                yield "w'", i, step_from.adapted[0, i, 0]
                for move in np.asarray(moves[0, i]):
                    yield "w_i", i, step_from.adapted[0, i, 0] - move
    except TooManyBatches:
        return  # then there are too many to draw, too


# -- the curves ----------------------------------------------------------------------------------------------
def _window(x: InstanceOn, line: Line, places: list[float]) -> tuple[float, float]:
    """What is in view: the points with some air, and the knots where they are not far away."""
    low, high = min(places), max(places)
    spare = 0.25 * (high - low) or 1.0
    low, high = low - spare, high + spare
    breaks = x.tasks.breaks(line.origin, line.direction)
    knots = [] if breaks is None else [_float(t) for t in breaks.ravel()]
    if knots:
        wide = min(low, min(knots) - spare), max(high, max(knots) + spare)
        if wide[1] - wide[0] <= MOST_TIMES_WIDER * (high - low):
            return wide
    return low, high


def _curves(x: InstanceOn, line: Line, used: list[int], window: tuple[float, float]) -> tuple[tuple[Curve, ...], int]:
    """Second derivatives of each task and, where they differ, of its samples; and how many samples are left out."""
    ar, n, m = x.ar, x.given.tasks.n, x.given.tasks.m
    ts = _grid(x, line, window)
    points = (line.origin + ts[:, None] * line.direction)[None, None]
    at = x.tasks.at(points)
    directions = np.broadcast_to(np.asarray(line.direction), (1, n, ts.shape[0], line.direction.shape[0]))
    length = ar.squared_norm(line.direction)

    def along(q: Numbers | None) -> list[Points]:
        bent = ar.sum(at.hessian_vector(directions, q) * line.direction, -1)[0] / length
        return [_trimmed(ts, bent[i]) for i in range(n)]

    whole = along(None)
    samples = [along(ar.exact(np.eye(m)[j])) for j in range(m)] if m > 1 else []
    found: list[Curve] = []
    hidden = 0
    for i in used:
        twin = next((k for k, curve in enumerate(found) if curve.sample is None and curve.points == whole[i]), None)
        if twin is None:
            found.append(Curve((i,), None, whole[i]))
        else:
            found[twin] = replace(found[twin], tasks=(*found[twin].tasks, i))
        own = [(j, curves[i]) for j, curves in enumerate(samples) if curves[i] != whole[i]]
        hidden += max(0, len(own) - MOST_SAMPLES)
        found += [Curve((i,), j, points) for j, points in own[:MOST_SAMPLES]]
    return tuple(found), hidden


def _grid(x: InstanceOn, line: Line, window: tuple[float, float]) -> Numbers:
    """Places at which the curves are computed: the knots in view, or many where the curves are smooth."""
    ar = x.ar
    ends = np.asarray(ar.exact(np.array(window)))
    breaks = x.tasks.breaks(line.origin, line.direction)
    if breaks is None:
        return ar.exact(np.linspace(*window, PIECES_OF_A_CURVE + 1))
    inside = [t for t in breaks.ravel() if bool(ends[0] < t) and bool(t < ends[1])]
    return np.unique(np.concatenate([ends, np.array(inside, dtype=ends.dtype)]))


def _trimmed(ts: Numbers, values: Numbers) -> Points:
    """The curve without points that lie on the line between their neighbours (knots of other samples)."""
    points = [(_number(t), _number(v)) for t, v in zip(np.asarray(ts), np.asarray(values), strict=True)]
    kept = points[:1]
    for here, after in pairwise(points[1:]):
        (x0, y0), (x1, y1), (x2, y2) = kept[-1], here, after
        rise, run = (y2 - y0) * (x1 - x0), (y1 - y0) * (x2 - x0)
        if abs(rise - run) > 10.0**-SIGNIFICANT_DIGITS * max(abs(rise), abs(run)):
            kept.append(here)
    return (*kept, *points[-1:])


def _float(value: Any) -> float:
    return float(value) if isinstance(value, float | np.floating | Surd) else nearest_double(fraction(value))


def _number(value: Any) -> float:
    return float(f"{_float(value):.{SIGNIFICANT_DIGITS}g}")


__all__ = ["portrait"]
