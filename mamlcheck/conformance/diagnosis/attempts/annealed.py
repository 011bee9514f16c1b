"""First-order annealing: an algorithm of first order in the first calls, and of second order in those after them.

MAML++ trains so (Antoniou, Edwards, Storkey, "How to Train Your MAML", ICLR 2019, section 4, derivative-order
annealing). A counter of meta-steps goes on from problem to problem, or begins anew with each. Directions that neither
order explains, and those that both do, tell nothing of where the change is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mamlcheck.conformance.diagnosis.candidates import Candidate
from mamlcheck.conformance.diagnosis.causes import Cause
from mamlcheck.conformance.diagnosis.explanation import Explanation, adding, of_candidate
from mamlcheck.conformance.diagnosis.fits import TELLING_SHARE, Question, fit, relative_error, within
from mamlcheck.conformance.diagnosis.hessian_term import first_and_second_order
from mamlcheck.conformance.subjects.observing import Observation

ORDER = 5
CAUSE = Cause(
    "first_order_at_first",
    "Most likely it turns to second order after some meta-steps, as the annealing of MAML++ does: have it judged with "
    "one of the two at a time.",
)


@dataclass(frozen=True)
class Pair:
    """An algorithm of first order, and of second. question: by which a sum over tasks may be meant."""

    first: Candidate
    second: Candidate
    question: Question

    def orders(self, call: Observation) -> set[int]:
        """Of which orders a single call is: of one, of both where they do not differ by more than rounding, or none."""
        factor = self.question.wanted_factor(call)
        both = ((1, self.first), (2, self.second))
        near = [(order, c) for order, c in both if fit(c, [call]).residual <= TELLING_SHARE]
        return {order for order, c in near if within(c, call, factor)}

    def allows(self, o: Observation) -> bool:
        """Whether each call of an observation is of the one order or of the other."""
        return all(self.orders(call) for call in calls([o]))


def calls(seen: Sequence[Observation]) -> Iterator[Observation]:
    """Each direction as an observation, in the order in which they came."""
    for o in seen:
        yield from (replace(o, directions=(d,)) for d in o.directions)


def attempt(question: Question) -> Explanation | None:
    """The first algorithm that begins with its first order."""
    seen = list(calls(question.seen))
    if len(seen) < 2:
        return None
    tried = [one.candidate for one in question.fits]  # no others: for what is no such thing, this is to take no time
    for first, second in first_and_second_order():
        if first not in tried or second not in tried:
            continue
        pair = Pair(first, second, question)
        ends = pair.orders(seen[0]), pair.orders(seen[-1])
        if ends != ({1}, {2}):
            continue
        orders = [pair.orders(call) for call in seen]
        each = len(question.seen[0].directions)
        turns = next((n for n in range(1, len(orders)) if _turns(orders, n)), None)
        anew = each > 1 and all(_turns(orders[i : i + each], 1) for i in range(0, len(orders), each))
        if turns is not None or anew:
            return _of(pair, seen, None if anew else turns)
    return None


def _turns(orders: Sequence[set[int]], n: int) -> bool:
    """Whether the first n are of first order, and the others of second."""
    return all(1 in one for one in orders[:n]) and all(2 in one for one in orders[n:])


def _of(pair: Pair, seen: Sequence[Observation], n: int | None) -> Explanation:
    what = "gradient" if seen[0].handed else "call"
    clause = f"the first {n} {what}s are of first order, and those after them of second order"
    if n is None:
        clause = "on each problem the first call is of first order, and the second of second order"
    elif n == 1:
        clause = f"the first {what} is of first order, and what comes after it of second order"
    errors = [
        min(relative_error(c, call, pair.question.wanted_factor(call)) for c in (pair.first, pair.second))
        for call in seen
    ]
    return replace(
        adding(of_candidate(pair.second), CAUSE.id, clause, CAUSE),
        error=max(errors),
        scale=pair.question.wanted_factor(seen[0]),
        allows=pair.allows,
    )
