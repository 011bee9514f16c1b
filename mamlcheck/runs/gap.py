"""Delta = F(w) - inf F, from above, and in a sentence where it comes from, or why it is not known."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from mamlcheck.arithmetic.exact import double_above
from mamlcheck.meta.instance import InstanceOn
from mamlcheck.runs.constants import lowest_of, objective_above
from mamlcheck.tasks.families.ridge import RidgeTasks


@dataclass(frozen=True)
class Gap:
    """A double that Delta is at most, None where none is known. told: where it comes from, or why not."""

    upper: float | None
    told: str


def gap_bound(x: InstanceOn) -> Gap:
    """Of a block of one instance on `ball`."""
    if x.run_is_known.all():
        return Gap(float(x.ar.upper(x.initial_gap)[0]), "F(w) - min F, of quadratics of one curvature")
    one = x.given[0]
    if not isinstance(one.tasks, RidgeTasks):
        return Gap(None, "no bound of F from below is known for these tasks: give --gap")
    least, most = lowest_of(one.tasks), objective_above(one)
    if least is None or most is None:
        return Gap(None, "F has no bound from below that is certified: give --gap")
    return Gap(
        double_above(max(Fraction(0), most - least)), "F(w) less a bound of F from below, of each sample by itself"
    )


__all__ = ["Gap", "gap_bound"]
