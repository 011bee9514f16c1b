"""Comparing two claims' right sides on instances: is the sharper bound never above the printed one, certified?

`never_above` answers with the machinery of verdicts: `ball`, then `arb`, then exact fractions. One tie stays open to
numbers: two right sides that are the same function of the same irrational length. There the lengths are left open as
non-negative symbols, and SymPy tells whether the difference has a sign whatever they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mamlcheck.arithmetic import NotExact, symbolic
from mamlcheck.arithmetic.objects import elementwise
from mamlcheck.check.verdict import HOLDS, UNDECIDED, Verdicts, judge
from mamlcheck.claims import Claim
from mamlcheck.meta.instance import InstanceOn, Instances
from mamlcheck.meta.objective import InnerStep, per_point


def never_above(sharper: Claim, printed: Claim, instances: Instances, everywhere: bool = False) -> Verdicts:
    """Whether `sharper`'s right side is at most `printed`'s, on a block of instances that meet both's hypotheses.

    HOLDS and VIOLATED are proved; VACUOUS: a hypothesis of either fails. `left_*` bound the sharper side, `right_*` the
    printed one, and `arithmetic` may be `symbolic`.
    """
    comparison = compared(sharper, printed)
    verdicts = judge(comparison, instances, everywhere)
    for k in np.flatnonzero(verdicts.codes == UNDECIDED).tolist():
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
    x = with_open_lengths(one, everywhere)
    try:
        if comparison.hypotheses_hold(x)[0] != 1:
            return False
        return bool(x.ar.less_equal(comparison.left(x), comparison.right(x))[0] == 1)
    except NotExact:
        return False


def with_open_lengths(instances: Instances, everywhere: bool = False) -> InstanceOn:
    """The instances in `symbolic`, the mean lengths E_i |grad f_i| at w and u being symbols >= 0.

    Whatever else depends on the losses raises `NotExact`.
    """
    x = instances.on(symbolic, everywhere)
    of_w, of_u = "E_i|grad f_i(w)|", "E_i|grad f_i(u)|"
    known = x.evaluation.__dict__
    known["at_both"] = _OpenStep(x, (of_w, of_u))
    known["at_w"] = _OpenStep(x, (of_w,))
    known["fixed_task"] = _OpenStep(x, ())
    return x


class _OpenStep:
    """An inner step of which no more is known than alpha and the mean lengths of the gradients, which are symbols."""

    smoothness_bound = InnerStep.smoothness_bound

    def __init__(self, x: InstanceOn, names: tuple[str, ...]):
        import sympy

        lengths = elementwise(lambda name: sympy.Symbol(name, nonnegative=True), np.array(names, dtype=object))
        self.mean_gradient_norm = np.broadcast_to(lengths, (*x.given.shape, len(names)))
        self.alpha = per_point(x.alpha)

    def __getattr__(self, name: str) -> Any:
        raise NotExact(f"{name} depends on the losses: only mean lengths of gradients are left open")


__all__ = ["compared", "never_above", "with_open_lengths"]
