"""The chains of a proof on instances: a verdict for every link, and where the bound loses.

A waterfall runs from the left side of a claim through every expression of its chain to the right side; the share of a
link is its part of the whole difference. Where a claim's right side is the smallest of several, the chain that ends
lowest is shown. Sides are enclosures; shares are floats, taken from their middles, and given only where the enclosures
leave no more than `UNCLEAR` of doubt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy

from mamlcheck.arithmetic import ball
from mamlcheck.check.verdict import VERDICTS, Verdict, codes_of
from mamlcheck.errors import TooManyBatches
from mamlcheck.language.terms import Expr
from mamlcheck.meta.instance import InstanceOn, Instances
from mamlcheck.proof.catalogue import Proved
from mamlcheck.proof.evaluate import ORDER, Value, Values
from mamlcheck.proof.kernel import Chain, Link

Array = Any

MET = np.ones(1, dtype=np.int8)  # a link is shown on its own: what the claim assumes is judged with the claim
UNCLEAR = 0.005  # a share is not given where the enclosures leave it open by more than this: half a per cent


@dataclass(frozen=True)
class Step:
    """One expression of a waterfall. title, relation: of the link that leads to it, '' for the first.

    lower, upper: an enclosure, None where `why` says that it was not computed. share: of the loss, None for the first,
    for identities, and where nothing is lost. verdict: of the link, None for the first and where a side is missing.
    """

    title: str
    relation: str
    expression: Expr
    latex: str
    lower: float | None
    upper: float | None
    share: float | None
    verdict: Verdict | None
    why: str | None = None


@dataclass(frozen=True)
class Waterfall:
    """A claim's chain on one instance, from the left side to the right side."""

    claim: str
    chain: str
    proved: bool
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class LinkVerdicts:
    """One link on a block of N instances: codes into VERDICTS (N,), and how far the sides of an identity may differ.

    For an identity HOLDS is said only of what is exactly equal; where two enclosures overlap it is UNDECIDED, and
    `spread` (N,) bounds the difference. why: why a link was not evaluated, None where it was.
    """

    chain: str
    number: int
    title: str
    relation: str
    codes: np.ndarray
    spread: np.ndarray
    why: str | None = None


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

    def compare(self, link: Link) -> tuple[np.ndarray, np.ndarray] | str:
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

    def _together(self, before: Value, after: Value) -> tuple[Array, Array]:
        ordered = tuple(name for name in ORDER if name in {*before.axes, *after.axes})
        return self.values.aligned(before, ordered), self.values.aligned(after, ordered)


def evaluated_links(chain: Chain, everywhere: bool) -> tuple[Link, ...]:
    """The links of a chain that can be evaluated: those to the printed form need deviations bounded everywhere."""
    return chain.links if everywhere else chain.strong_links


def link_verdicts(proof: Proved, instances: Instances, ar: Any = ball) -> Iterator[LinkVerdicts]:
    """Every link of a claim's proof, lemmas included, on a block of instances, in one arithmetic."""
    with ar.working():
        x = instances.on(ar)
        on = ChainOn(proof, x)
        hypotheses = proof.of.hypotheses_hold(x)
        everywhere = instances.tasks.global_deviations is not None
        for chain in (*proof.lemmas, *proof.chains):
            for k, link in enumerate(evaluated_links(chain, everywhere), 1):
                compared = on.compare(link)
                if isinstance(compared, str):
                    answer, spread, why = np.full(instances.shape, -1), np.full(instances.shape, np.inf), compared
                else:
                    (answer, spread), why = compared, None
                codes = codes_of(hypotheses, answer)
                yield LinkVerdicts(chain.name, k, link.title, link.relation, codes, spread, why)


def waterfall(proof: Proved, instance: Instances, ar: Any = ball) -> Waterfall:
    """The chain of a claim on a block of one instance."""
    with ar.working():
        on = ChainOn(proof, instance.on(ar))
        chain = min(proof.chains, key=lambda c: _middle(on, _strong_end(c)))
        return Waterfall(proof.claim, chain.name, proof.proved, tuple(_steps(on, chain)))


def _strong_end(chain: Chain) -> Expr:
    links = evaluated_links(chain, everywhere=False)
    return links[-1].to


def _middle(on: ChainOn, expression: Expr) -> float:
    value = on.value(expression)
    return np.inf if isinstance(value, str) else float(on.x.ar.midpoint(value.array)[0])


def _steps(on: ChainOn, chain: Chain) -> Iterator[Step]:
    links = evaluated_links(chain, everywhere=False)
    shown = [chain.start, *(link.to for link in links)]
    for k in range(
        len(links) - 1, -1, -1
    ):  # an expression too large to compute has the value that it is proved equal to
        if isinstance(on.value(shown[k]), str) and links[k].relation == "=" and links[k].holds:
            shown[k] = shown[k + 1]
    bounds = [_bounds(on, expression) for expression in shown]
    whole = bounds[-1][0] - bounds[0][1]  # what is certainly lost
    yield _step(on, chain.start, shown[0], "", "", None, None)
    for k, link in enumerate(links):
        share = _share(bounds[k], bounds[k + 1], whole) if link.relation == "<=" else None
        compared = on.compare(link)
        verdict = None if isinstance(compared, str) else VERDICTS[int(codes_of(MET, compared[0])[0])]
        yield _step(on, link.to, shown[k + 1], link.title, link.relation, share, verdict)


def _bounds(on: ChainOn, expression: Expr) -> tuple[float, float]:
    value = on.value(expression)
    if isinstance(value, str):
        return -np.inf, np.inf
    return float(on.x.ar.lower(value.array)[0]), float(on.x.ar.upper(value.array)[0])


def _share(before: tuple[float, float], after: tuple[float, float], whole: float) -> float | None:
    """The part of the whole loss that lies between two enclosures, None where that is not clear."""
    doubt = (before[1] - before[0] + after[1] - after[0]) / 2
    if not whole > 0 or not doubt <= UNCLEAR * whole:
        return None
    return (after[0] + after[1] - before[0] - before[1]) / (2 * whole)


def _step(
    on: ChainOn, expression: Expr, equal: Expr, title: str, relation: str, share: float | None, verdict: Verdict | None
) -> Step:
    """The step to an expression, by the value of one that it is proved equal to."""
    value, latex = on.value(equal), on.proof.proof.language.latex(sympy.sympify(expression))
    if isinstance(value, str):
        return Step(title, relation, expression, latex, None, None, share, verdict, value)
    lower, upper = (float(bound(value.array)[0]) for bound in (on.x.ar.lower, on.x.ar.upper))
    return Step(title, relation, expression, latex, lower, upper, share, verdict)
