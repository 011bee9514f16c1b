"""Whether a proof is about its claim: its chains begin and end with the sides of the claim, as the same terms.

The sides are read from the formulas that the claim runs (`language.statement`), and an identity of terms decides. A
claim that cannot be read is not proved; its sides are then compared with the chains' ends on a few instances, which can
only refute, and what came of that is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np
import sympy

from mamlcheck.arithmetic import Arithmetic, Numbers, ball
from mamlcheck.arithmetic.arrays import Flags
from mamlcheck.check.sweeps import RandomSweep, blocks
from mamlcheck.claims import Claim
from mamlcheck.language.reading import CannotBeRead
from mamlcheck.language.statement import hypotheses_said, sides_of
from mamlcheck.language.terms import Language, is_zero
from mamlcheck.meta.instance import Instances
from mamlcheck.proof.evaluate import Values
from mamlcheck.proof.kernel import Chain, Proof

COMPARED_INSTANCES = 4  # on which both sides are compared, at least
CANDIDATES = 600  # random instances among which those are looked for: few may meet the hypotheses


@lru_cache(maxsize=1)
def _candidates() -> tuple[Instances, ...]:
    """Random instances of many shapes, with batches so small that two of them can be enumerated together."""
    found = []
    for _, block in blocks(RandomSweep(1), CANDIDATES):
        few = block[:6]
        found.append(replace(few, sizes=replace(few.sizes, inner=1, outer=1, test=1)))
    return tuple(found)


def differences(claim: Claim, x: Language, chains: tuple[Chain, ...]) -> Iterator[str]:
    """How the ends of the chains differ from the claim's sides, in each form that they prove: a sentence each."""
    forms = (False, True) if any(chain.strong is not None for chain in chains) else (False,)
    for everywhere in forms:
        form = "printed " if everywhere else ""
        try:
            sides = sides_of(claim, x, everywhere)
        except CannotBeRead as error:
            yield f"{error}. {_on_samples(claim, x, chains)}"
            return
        if everywhere:
            yield from _assumed_otherwise(claim, x, chains[0].proof)
        ends = [(chain.links if everywhere else chain.strong_links)[-1].to for chain in chains]
        for start in (chain.links[0].start for chain in chains):
            if not is_zero(start - sides.left):
                yield f"the proof's left side, {start}, is not the {form}left side of {claim.id}, {sides.left}"
        for bound in sides.right:
            if not any(is_zero(end - bound) for end in ends):
                shown = ", ".join(map(str, ends))
                yield f"the proof's right side, {shown}, is not the {form}right side of {claim.id}, {bound}"


def _assumed_otherwise(claim: Claim, x: Language, proof: Proof) -> Iterator[str]:
    """The hypotheses that a proof of the printed form uses, and that say something else in that form."""
    printed, _ = hypotheses_said(claim, x, everywhere=True)
    for name, (left, right, _) in proof.hypotheses.items():
        same = name in printed and is_zero(left - printed[name][0]) and is_zero(right - printed[name][1])
        if f"hypothesis {name}" in proof.used and not same:
            yield f"the proof uses {left} <= {right}, and the hypothesis {name} is not that in the printed form"


def _on_samples(claim: Claim, x: Language, chains: tuple[Chain, ...]) -> str:
    """What a comparison on random instances says of a claim that cannot be read."""
    try:
        compared, different = compare_on_samples(claim, x, chains)
    except Exception as error:  # a claim file is anybody's code
        return f"Nor can it be computed on instances: {type(error).__name__}: {error}"
    if different:
        return f"On instances the proof's {different} side is another number than the claim's"
    if not compared:
        return "No random instance meets its hypotheses, so that nothing was compared either"
    return f"On {compared} random instances the proof's ends agree with its sides, which proves nothing"


def compare_on_samples(claim: Claim, language: Language, chains: tuple[Chain, ...]) -> tuple[int, str | None]:
    """On how many instances the ends were compared with the sides, and the side that is certainly another number."""
    ends = [chain.strong_links[-1].to for chain in chains]
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
                if value.axes or _differs(x.ar, value.array, side(x))[met].any():
                    return compared, name
        compared += int(met.sum())
        if compared >= COMPARED_INSTANCES:
            break
    return compared, None


def _differs(ar: Arithmetic, a: Numbers, b: Numbers) -> Flags:
    return np.asarray((ar.less_equal(a, b) == 0) | (ar.less_equal(b, a) == 0))
