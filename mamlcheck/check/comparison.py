"""Comparing the right sides of two claims on instances: is the sharper bound never above the printed one?

`never_above` judges that as a claim: in `ball`, then in `arb`, then in exact fractions and square roots. Where tasks
are not polynomial, none of these tells that two right sides are equal which are the same function of the same
irrational lengths. There the lengths become non-negative symbols, and SymPy tells whether the difference of the right
sides has the same sign for all of their values.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mamlcheck.arithmetic import NotExact, symbolic
from mamlcheck.arithmetic.objects import elementwise
from mamlcheck.check.verdict import HOLDS, HOLDS_AT_CONFIDENCE, UNDECIDED, Verdicts, judge
from mamlcheck.claims import Claim
from mamlcheck.meta.instance import InstanceOn, Instances
from mamlcheck.meta.objective import InnerStep, per_point


def never_above(sharper: Claim, printed: Claim, instances: Instances, everywhere: bool = False) -> Verdicts:
    """Whether the right side of `sharper` is at most that of `printed`, on each instance of a block.

    HOLDS and VIOLATED are proved. VACUOUS means that a hypothesis of either claim fails. In the verdicts `left_*`
    bounds the sharper right side, `right_*` the printed one, and `arithmetic` may be `symbolic`. everywhere: compare
    the printed forms.
    """
    comparison = compared(sharper, printed)
    verdicts = judge(comparison, instances, everywhere)
    for k in np.flatnonzero((verdicts.codes == UNDECIDED) | (verdicts.codes == HOLDS_AT_CONFIDENCE)).tolist():
        if _same_whatever_the_lengths(comparison, instances[k : k + 1], everywhere):
            verdicts.codes[k], verdicts.arithmetic[k] = HOLDS, symbolic.name
    return verdicts


def compared(lower: Claim, upper: Claim) -> Claim:
    """The claim that `lower`'s right side is at most `upper`'s, under the hypotheses of both."""
    return Claim(
        id=f"{lower.id} <= {upper.id}",
        title=f"{lower.title}: at most the bound of {upper.title}",
        statement="",
        where="",
        guarantee="comparison of two right sides",
        source="ours",
        assumptions=tuple(dict.fromkeys(lower.assumptions + upper.assumptions)),
        quantifies=tuple(dict.fromkeys(lower.quantifies + upper.quantifies)),
        hypotheses=tuple(dict.fromkeys(lower.hypotheses + upper.hypotheses)),
        left=lower.right,
        right=upper.right,
    )


def _same_whatever_the_lengths(comparison: Claim, one: Instances, everywhere: bool) -> bool:
    """Whether the left side is at most the right one for all lengths that the gradients could have."""
    x = with_open_lengths(one, everywhere)
    try:
        if comparison.hypotheses_hold(x)[0] != 1:
            return False
        return bool(x.ar.less_equal(comparison.left(x), comparison.right(x))[0] == 1)
    except NotExact:
        return False


def with_open_lengths(instances: Instances, everywhere: bool = False) -> InstanceOn:
    """The instances in `symbolic`, with symbols >= 0 for the mean lengths E_i |grad f_i| at w and at u.

    Every other quantity that depends on the losses raises `NotExact` when it is asked for.
    """
    x = instances.on(symbolic, everywhere)
    of_w, of_u = "E_i|grad f_i(w)|", "E_i|grad f_i(u)|"
    known = x.evaluation.__dict__
    known["at_both"] = _OpenStep(x, (of_w, of_u))
    known["at_w"] = _OpenStep(x, (of_w,))
    known["fixed_task"] = _OpenStep(x, ())
    return x


class _OpenStep:
    """An inner step of which only alpha and the mean lengths of the gradients are known; the lengths are symbols."""

    smoothness_bound = InnerStep.smoothness_bound

    def __init__(self, x: InstanceOn, names: tuple[str, ...]):
        import sympy

        lengths = elementwise(lambda name: sympy.Symbol(name, nonnegative=True), np.array(names, dtype=object))
        self.mean_gradient_norm = np.broadcast_to(lengths, (*x.given.shape, len(names)))
        self.alpha = per_point(x.alpha)

    def __getattr__(self, name: str) -> Any:
        raise NotExact(f"{name} depends on the losses: only mean lengths of gradients are left open")


__all__ = ["compared", "never_above", "with_open_lengths"]
