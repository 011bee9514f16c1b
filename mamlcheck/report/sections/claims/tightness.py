"""How tight a claim is on its instances: the median, the distribution, and left sides against right sides."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from mamlcheck.check.results import Tightness
from mamlcheck.formats.shared import Enclosure
from mamlcheck.report.charts import MarkedPoint, drawable, histogram, scatter
from mamlcheck.report.claims import ShownClaim
from mamlcheck.report.decimals import certain_digits
from mamlcheck.report.words import many

ORDER = 40
MEDIAN_DIGITS = 4


@dataclass(frozen=True)
class TightnessRows:
    """The median in a sentence, if it is known; pictures with their captions; what they leave out."""

    median: str | None
    charts: tuple[tuple[str, Markup], ...]
    remarks: tuple[str, ...]


def rows(claim: ShownClaim) -> TightnessRows | None:
    """What is shown of tightness; None where nothing is known of it."""
    drawn = (("Distribution of tightness", _distribution(claim)), ("Left side against right side", _sides(claim)))
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


# -- left sides against right sides --------------------------------------------------------------------------
def _sides(claim: ShownClaim) -> str | None:
    marks = [
        MarkedPoint(_middle(failed.lhs), _middle(failed.rhs), failed.verdict, failed.instance)
        for failed in claim.found.failures
    ]
    return scatter(claim.found.scatter, marks, f"sides-{claim.index}", f"Left side against right side: {claim.title}")


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


TEMPLATE = """\
<h4>Tightness</h4>
{% if rows.median is not none %}<p>{{ rows.median }}</p>{% endif %}
<div class="charts">
{% for caption, chart in rows.charts %}
<figure>
<figcaption>{{ caption }}</figcaption>
{{ chart }}
</figure>
{% endfor %}
</div>
{% for remark in rows.remarks %}<p class="remark">{{ remark }}</p>{% endfor %}
"""
