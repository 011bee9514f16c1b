"""Whether a proof is about its claim: the ends of its chains, read on instances, are the sides that the claim computes.

The kernel proves first expression <= last expression; that these are the claim's sides is seen here, on a few instances
that meet its hypotheses, by enclosures that overlap. It can refute, and says so; it does not prove.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import sympy

from mamlcheck.arithmetic import ball
from mamlcheck.check.sweeps import RandomSweep, blocks
from mamlcheck.claims import Claim
from mamlcheck.language.terms import Language
from mamlcheck.meta.instance import Instances
from mamlcheck.proof.evaluate import Values
from mamlcheck.proof.kernel import Chain

ENOUGH = 4  # instances on which both sides are compared
LOOKED_AT = 600  # random instances among which those are looked for: a hypothesis may be rare


@lru_cache(maxsize=1)
def _candidates() -> tuple[Instances, ...]:
    """Random instances of many shapes, with batches so small that two of them can be enumerated together."""
    found = []
    for _, block in blocks(RandomSweep(1), LOOKED_AT):
        few = block[:6]
        found.append(replace(few, sizes=replace(few.sizes, inner=1, outer=1, test=1)))
    return tuple(found)


def mismatches(claim: Claim, language: Language, chains: tuple[Chain, ...]) -> Iterator[str]:
    """What the chains say other than the claim: a sentence for each side that is certainly another number."""
    ends = [chain.links[(chain.strong or len(chain.links)) - 1].to for chain in chains]
    sides = {
        "left": (chains[0].start, claim.left),
        "right": (ends[0] if len(ends) == 1 else sympy.Min(*ends), claim.right),
    }
    compared = 0
    for block in _candidates():
        with ball.working():
            x = block.on(ball)
            met = np.asarray(claim.hypotheses_hold(x) == 1)
            if not met.any():
                continue
            values = Values(language, x)
            for name, (expression, side) in sides.items():
                value = values.scalar(expression)
                if value.axes or _differs(value.array, side(x))[met].any():
                    yield f"the proof's {name} side, {expression}, is not the {name} side of {claim.id}"
                    return
        compared += int(met.sum())
        if compared >= ENOUGH:
            return


def _differs(a: Any, b: Any) -> np.ndarray:
    answer: np.ndarray = (ball.less_equal(a, b) == 0) | (ball.less_equal(b, a) == 0)
    return answer
