"""How tight a claim is on its instances: the median, the distribution, and left sides against right sides."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from mamlcheck.check.results import Tightness
from mamlcheck.formats.shared import Enclosure
from mamlcheck.report.charts import Group, MarkedPoint, PointKind, drawable, histogram, scatter, short
from mamlcheck.report.claims import ShownClaim, source_title
from mamlcheck.report.decimals import certain_digits
from mamlcheck.report.lines import Drawn, line_chart
from mamlcheck.report.words import many

ORDER = 40
MEDIAN_DIGITS = 4
KINDS: tuple[PointKind, ...] = ("dots", "squares")  # of the points of the first source, and of the others


@dataclass(frozen=True)
class TightnessRows:
    """The median in a sentence, if it is known; pictures with their captions; what they leave out."""

    median: str | None
    charts: tuple[tuple[str, Markup], ...]
    remarks: tuple[str, ...]


def rows(claim: ShownClaim) -> TightnessRows | None:
    """What is shown of tightness; None where nothing is known of it."""
    drawn = (
        ("Distribution of tightness", _distribution(claim)),
        ("Left side against right side", _sides(claim)),
        ("Tightness against αL", _by_rate(claim)),
    )
    charts = tuple((caption, Markup(picture)) for caption, picture in drawn if picture)
    remarks = (*_not_in_the_distribution(claim), *_not_among_the_sides(claim))
    median = _median(claim.found.tightness)
    return TightnessRows(median, charts, remarks) if median or charts or remarks else None


def _median(tightness: Tightness) -> str | None:
    """The median in a sentence, with the number of instances that it is taken over and why others are left out."""
    digits = certain_digits(tightness.median, MEDIAN_DIGITS)
    if digits is None:
        return None
    measured, without = tightness.measured, tightness.unmeasured
    sentence = f"The median tightness is {digits}, of the {many(measured, 'instance')} that have one."
    if without:
        sentence += (
            f" {many(without, 'more is', 'more are')} not vacuous and {'has' if without == 1 else 'have'} none: the"
            " right side is not known to be above 0 there, or a side is not known."
        )
    return sentence


# -- the distribution ----------------------------------------------------------------------------------------
def _distribution(claim: ShownClaim) -> str | None:
    given = claim.found.tightness.histogram
    if not any(given.counts):
        return None
    return histogram(given.edges, given.counts, f"tightness-{claim.index}", f"Distribution of tightness: {claim.title}")


def _not_in_the_distribution(claim: ShownClaim) -> Iterator[str]:
    drawn = sum(claim.found.tightness.histogram.counts)
    left_out = claim.found.counts.judged - drawn
    if not drawn:
        yield "The distribution of tightness cannot be drawn: every count is zero."
    elif left_out > 0:
        yield (
            f"{many(left_out, 'instance is', 'instances are')} not in the distribution: on a log axis only"
            " a positive, finite tightness has a place."
        )


# -- left sides against right sides, and tightness against alpha L ---------------------------------------------
@dataclass(frozen=True)
class SourcePoints:
    """What is drawn of a source: its name, how, the sides of its instances, and alpha L of each where that is known."""

    name: str
    kind: PointKind
    sides: tuple[tuple[float, float], ...]
    rates: tuple[float | None, ...]

    @property
    def by_rate(self) -> tuple[tuple[float, float], ...]:
        """(alpha L, tightness as far as the sides bound it)."""
        pairs = zip(self.rates, self.sides, strict=False)
        return tuple(
            (rate, left / right) for rate, (left, right) in pairs if rate is not None and drawable(left, right)
        )


def _of_sources(claim: ShownClaim) -> Iterator[SourcePoints]:
    """The points of each source, which follow one another; results of before do not say where a point comes from."""
    found, first = claim.found, 0
    for k, (source, count) in enumerate((dict(found.drawn) or {"": len(found.scatter)}).items()):
        part = slice(first, first + count)
        first += count
        judged = found.by_source[source].counts.judged if source in found.by_source else found.counts.judged
        title = source_title(claim.results, source) if source else "instances"
        if count:
            kind = KINDS[min(k, len(KINDS) - 1)]
            yield SourcePoints(f"{count:,} of {judged:,}: {title}", kind, found.scatter[part], found.rates[part])


def _sides(claim: ShownClaim) -> str | None:
    marks = [
        MarkedPoint(_middle(failed.lhs), _middle(failed.rhs), failed.verdict, failed.instance)
        for failed in claim.found.failures
    ]
    groups = [*(Group(each.name, each.kind, each.sides) for each in _of_sources(claim)), *_witness(claim)]
    return scatter(groups, marks, f"sides-{claim.index}", f"Left side against right side: {claim.title}")


def _by_rate(claim: ShownClaim) -> str | None:
    drawn = [Drawn(each.name, each.kind, each.by_rate) for each in _of_sources(claim) if each.by_rate]
    points = [point for each in drawn for point in each.points]
    if not points:
        return None
    least, most = min(points)[0], max(points)[0]
    at, tightest = max(points, key=lambda point: point[1])
    description = (
        f"{len(points):,} instances with αL from {short(least)} to {short(most)}. The largest tightness drawn,"
        f" {short(tightest)}, is at αL = {short(at)}."
    )
    bound = Drawn("lhs = rhs", "level", ((least, 1.0), (most, 1.0)), "c4")
    title = f"Tightness against alpha L: {claim.title}"
    labels = ("αL, the inner rate times L", "tightness  lhs / rhs")
    return line_chart([*drawn, bound], f"rate-{claim.index}", title, description, labels, (False, True))


def _witness(claim: ShownClaim) -> Iterator[Group]:
    """Both sides on the witness, as the ends of its waterfall are known."""
    fall = claim.found.witness_waterfall
    if fall is not None:
        ends = [step.value for step in (fall.steps[0], fall.steps[-1])]
        left, right = (math.nan if value is None else _middle(value) for value in ends)
        yield Group("the instance that comes closest", "star", ((left, right),))


def _middle(side: Enclosure) -> float:
    """The middle of an enclosure, for a picture; nan where a bound is not known."""
    return math.nan if side.lower is None or side.upper is None else side.lower / 2 + side.upper / 2


def _not_among_the_sides(claim: ShownClaim) -> Iterator[str]:
    points = claim.found.scatter
    judged = claim.found.counts.judged
    if points and judged > len(points):
        yield (
            f"Drawn are {len(points):,} of {judged:,} instances, the first ones of each block, at the largest lhs and"
            " the least rhs that their enclosures allow."
        )
    zero = sum(1 for left, _ in points if left == 0)
    other = sum(1 for left, right in points if left != 0 and not drawable(left, right))
    if zero:
        yield (
            f"{zero:,} of {many(len(points), 'point')} {'has' if zero == 1 else 'have'} lhs = 0,"
            " which has no place on a log axis."
        )
    if other:
        yield f"{many(other, 'point')} with a side that is zero, negative or not finite cannot be drawn."


CSS = """\
@media screen and (min-width: 58rem) { .tightness figure:nth-child(2) { grid-row: span 2; } }
"""

TEMPLATE = """\
<h4>Tightness</h4>
{% if rows.median is not none %}<p>{{ rows.median }}</p>{% endif %}
<div class="charts tightness">
{% for caption, chart in rows.charts %}
<figure>
<figcaption>{{ caption }}</figcaption>
{{ chart }}
</figure>
{% endfor %}
</div>
{% for remark in rows.remarks %}<p class="remark">{{ remark }}</p>{% endfor %}
"""
