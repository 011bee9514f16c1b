"""Limits: tasks that come as close to a bound as one likes where no instance may meet it, one file for each claim.

A file stands at the place of its claim, and holds two functions of a number t that grows: `instance(t)`, and
`loses(t)`, the share of the bound that is lost there. Nothing is registered anywhere. That a file is right is not
believed: what members of its family reach is computed in exact fractions (`mamlcheck.record.brackets`).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from mamlcheck.meta.instance import Instances

MEMBERS = tuple(Fraction(2**k) for k in (10, 20, 40))  # the t of those that are computed
MEMBERS_TEXT = "t = 2^10, 2^20 and 2^40"


@dataclass(frozen=True)
class Limit:
    """A family of instances. loses: the share of the bound that the member of t loses, of fractions and of symbols."""

    instance: Callable[[Fraction], Instances]
    loses: Callable[[Any], Any]

    def __str__(self) -> str:
        import sympy  # late, since few commands need it

        reached = 1 - self.loses(sympy.Symbol("t"))
        return str(reached).replace("**", "^").replace("*", " ")


@cache
def limit_ids() -> frozenset[str]:
    """Ids of the claims that have one."""
    prefix = __name__ + "."
    found = (info for info in pkgutil.walk_packages(__path__, prefix) if not info.ispkg)
    names = (info.name.removeprefix(prefix) for info in found)
    return frozenset(name for name in names if not name.startswith("_"))


def limit_of(claim_id: str) -> Limit | None:
    """The family of a claim, None where there is none."""
    if claim_id not in limit_ids():
        return None
    file = importlib.import_module(f"{__name__}.{claim_id}")
    return Limit(file.instance, file.loses)


__all__ = ["MEMBERS", "MEMBERS_TEXT", "Limit", "limit_ids", "limit_of"]
