"""The chains of a proof on an instance: a verdict for every link, and where the bound loses.

A waterfall runs from the left side of a claim through every expression of its chain to the right side; the share of a
link is its part of the whole difference. Where a claim's right side is the smallest of several, the chain that ends
lowest is shown. Values and shares are enclosures. Like a verdict, a value is tried in `ball` first; what is too wide
there to have digits goes to stronger arithmetics, and what has none at the end is given as wide as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
import sympy

from mamlcheck.arithmetic import Arithmetic, NotExact, Numbers, ball
from mamlcheck.arithmetic.arrays import Answers, Doubles
from mamlcheck.arithmetic.exact import double_above, double_below
from mamlcheck.check.verdict import UNDECIDED, VERDICTS, Verdict, codes_of, stronger_arithmetics
from mamlcheck.errors import TooManyBatches
from mamlcheck.language.terms import Expr
from mamlcheck.meta.expectation import multiset_count
from mamlcheck.meta.instance import InstanceOn, Instances
from mamlcheck.meta.reach import MOST_LISTED
from mamlcheck.meta.variables import Listed, sizes
from mamlcheck.proof.catalogue import Proved
from mamlcheck.proof.evaluate import ORDER, Value, Values
from mamlcheck.proof.kernel import Chain, Link

# A link is judged on its own, as if the hypotheses of the claim were met: those are judged with the claim.
MET = np.ones(1, dtype=np.int8)
RESOLVED_WIDTH = 2.0**-30  # relative, up to which an enclosure has its digits: nine, more than anybody prints
LARGEST_ESCALATED_ARRAY = 2**19  # up to which stronger arithmetics are tried: beyond, they take more than seconds

Bounds = tuple[float, float]
"""A number between two doubles."""


@dataclass(frozen=True)
class Step:
    """One expression of a waterfall. title, relation: of the link that leads to it, '' for the first.

    lower, upper: an enclosure, None where `why` says that it was not computed. share: an enclosure of the part of the
    whole loss that the link has, None for the first, for identities, and where it is not certain that anything is lost.
    verdict: of the link, None for the first and where a side is missing.
    """

    title: str
    relation: Literal["", "=", "<="]
    expression: Expr
    latex: str
    lower: float | None
    upper: float | None
    share: Bounds | None
    verdict: Verdict | None
    why: str | None = None


@dataclass(frozen=True)
class Waterfall:
    """A claim's chain on one instance, from the left side to the right side."""

    claim: str
    chain: str
    proved: bool
    steps: tuple[Step, ...]


class ChainOn:
    """A proof on a block of instances: the value of every expression, computed once."""

    def __init__(self, proof: Proved, x: InstanceOn):
        self.proof = proof
        self.x = x
        self.values = Values(proof.proof.language, x)

    def value(self, expression: Expr) -> Value | str:
        """The value of an expression, or why it was not computed."""
        try:
            return self.values.scalar(expression)
        except TooManyBatches as error:
            return str(error)

    def compare(self, link: Link) -> tuple[Answers, Doubles] | str:
        """Whether it holds (N,), int8 as a comparison, and the largest difference; or why neither is known."""
        before, after = self.value(link.start), self.value(link.to)
        if isinstance(before, str) or isinstance(after, str):
            return before if isinstance(before, str) else str(after)
        ar, count = self.x.ar, self.x.given.shape[0]
        left, right = self._together(before, after)
        answer = ar.less_equal(left, right)
        if link.relation == "=":
            back = ar.less_equal(right, left)
            answer = np.where((answer == 0) | (back == 0), 0, np.minimum(answer, back))
        flat = np.broadcast_to(answer, (count, *answer.shape[1:])).reshape(count, -1)
        everywhere = np.where((flat == 0).any(axis=1), 0, flat.min(axis=1)).astype(np.int8)
        with np.errstate(all="ignore"):
            spread = np.maximum(ar.upper(left), ar.upper(right)) - np.minimum(ar.lower(left), ar.lower(right))
        widest = np.broadcast_to(spread, (count, *spread.shape[1:])).reshape(count, -1).max(axis=1)
        return everywhere, widest

    def _together(self, before: Value, after: Value) -> tuple[Numbers, Numbers]:
        ordered = tuple(name for name in ORDER if name in {*before.axes, *after.axes})
        return self.values.aligned(before, ordered), self.values.aligned(after, ordered)


def waterfall(proof: Proved, instance: Instances) -> Waterfall:
    """The chain of a claim on a block of one instance."""
    on = _Escalated(proof, instance)
    chain = min(proof.chains, key=lambda c: _highest(on.bounds(c.strong_links[-1].to)))
    return Waterfall(proof.claim, chain.name, proof.proved, tuple(_steps(on, chain)))


class _Escalated:
    """A proof on one instance, in `ball` and in the stronger arithmetics, each opened when it is first needed."""

    def __init__(self, proof: Proved, instance: Instances):
        self.proof = proof
        self.instance = instance
        self._opened: list[ChainOn] = []
        self._waiting = _arithmetics(instance)
        self._found: dict[Expr, Bounds | str] = {}
        self._reached: dict[Expr, int] = {}  # of each expression, how many arithmetics it was tried in

    def bounds(self, expression: Expr) -> Bounds | str:
        """The narrowest enclosure of an expression, from the first arithmetic that resolves it; or why it has none."""
        if expression not in self._found:
            self._found[expression] = self._resolve(expression)
        return self._found[expression]

    def _resolve(self, expression: Expr) -> Bounds | str:
        best = -np.inf, np.inf
        for k, on in enumerate(self._rungs(), 1):
            self._reached[expression] = k
            try:
                with on.x.ar.working():
                    value = on.value(expression)
                    if isinstance(value, str):
                        return value
                    found = float(on.x.ar.lower(value.array)[0]), float(on.x.ar.upper(value.array)[0])
            except NotExact:
                continue
            if _width(found) < _width(best):  # not where it is nan
                best = found
            if _resolved(best):
                break
        return best

    def verdict(self, link: Link) -> Verdict | None:
        """Of a link, in the first arithmetic that decides it; None where a side was not computed.

        What already has digits on both sides and still is not decided is a tie, or an identity: it goes no further.
        """
        if any(isinstance(self.bounds(side), str) for side in (link.start, link.to)):
            return None
        code = UNDECIDED
        for _, on in zip(range(max(self._reached[link.start], self._reached[link.to])), self._rungs(), strict=False):
            try:
                with on.x.ar.working():
                    compared = on.compare(link)
            except NotExact:
                continue
            code = UNDECIDED if isinstance(compared, str) else int(codes_of(MET, compared[0])[0])
            if code != UNDECIDED:
                break
        return VERDICTS[code]

    def _rungs(self) -> Iterator[ChainOn]:
        k = 0
        while True:
            if k == len(self._opened):
                ar = next(self._waiting, None)
                if ar is None:
                    return
                with ar.working():
                    self._opened.append(ChainOn(self.proof, self.instance.on(ar)))
            yield self._opened[k]
            k += 1


def _arithmetics(instance: Instances) -> Iterator[Arithmetic]:
    """`ball`, and the stronger ones where the arrays are not so large that these would take long."""
    yield ball
    if _largest_array(instance) <= LARGEST_ESCALATED_ARRAY:
        yield from stronger_arithmetics(instance)


def _largest_array(instance: Instances) -> int:
    """About how many numbers the largest array has that an expression needs: points of all batches, on all samples."""
    tasks = instance.tasks
    listed = [getattr(instance.sizes, v.name) for v in sizes() if v.listed is not Listed.NOTHING]
    batches = (multiset_count(tasks.m, size) for size in listed)
    return tasks.n * tasks.m * tasks.d * max((count for count in batches if count <= MOST_LISTED), default=1)


def _width(bounds: Bounds) -> float:
    return bounds[1] - bounds[0]


def _resolved(bounds: Bounds) -> bool:
    """Whether an enclosure is narrow enough to have digits."""
    return _width(bounds) <= RESOLVED_WIDTH * min(abs(bounds[0]), abs(bounds[1]))


def _highest(bounds: Bounds | str) -> float:
    return np.inf if isinstance(bounds, str) else bounds[1]


def _steps(on: _Escalated, chain: Chain) -> Iterator[Step]:
    links = chain.strong_links
    shown = [chain.start, *(link.to for link in links)]
    # An expression too large to compute has the value that it is proved equal to.
    for k in range(len(links) - 1, -1, -1):
        if links[k].relation == "=" and links[k].holds and isinstance(on.bounds(shown[k]), str):
            shown[k] = shown[k + 1]
    values = [on.bounds(expression) for expression in shown]
    yield _step(on, chain.start, values[0], "", "", None, None)
    for k, link in enumerate(links):
        share = _share(values[k], values[k + 1], values[0], values[-1]) if link.relation == "<=" else None
        yield _step(on, link.to, values[k + 1], link.title, link.relation, share, on.verdict(link))


def _share(before: Bounds | str, after: Bounds | str, first: Bounds | str, last: Bounds | str) -> Bounds | None:
    """The part of the whole loss that lies between two enclosures, None where it is not certain that there is one.

    A part of the whole lies between 0 and 1, since every link of a chain that holds loses something or nothing; but a
    link that does not hold may be shown as well, and so nothing is cut off here.
    """
    if isinstance(before, str) or isinstance(after, str) or isinstance(first, str) or isinstance(last, str):
        return None
    if not all(np.isfinite((*before, *after, *first, *last))):
        return None
    low, high = (Fraction(after[k]) - Fraction(before[1 - k]) for k in (0, 1))
    least, most = (Fraction(last[k]) - Fraction(first[1 - k]) for k in (0, 1))
    if least <= 0:
        return None
    return double_below(low / (most if low >= 0 else least)), double_above(high / (least if high >= 0 else most))


def _step(
    on: _Escalated,
    expression: Expr,
    value: Bounds | str,
    title: str,
    relation: Literal["", "=", "<="],
    share: Bounds | None,
    verdict: Verdict | None,
) -> Step:
    """The step to an expression, by its value or that of one that it is proved equal to."""
    latex = on.proof.proof.language.latex(sympy.sympify(expression))
    if isinstance(value, str):
        return Step(title, relation, expression, latex, None, None, share, verdict, value)
    return Step(title, relation, expression, latex, *value, share, verdict)
