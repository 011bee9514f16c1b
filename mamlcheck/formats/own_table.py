"""Shapes of what a report says of the tasks of its table: their constants, failing hypotheses, and a plan."""

from __future__ import annotations

from dataclasses import dataclass

from mamlcheck.formats.plans import PlanDocument
from mamlcheck.formats.runs import Provenance
from mamlcheck.formats.shared import Enclosure


@dataclass(frozen=True)
class TaskConstants:
    """A task by itself. smoothness: L_i, not below; rate: 1 / L_i, not above, None where L_i = 0; hessian_lipschitz:
    rho_i, not below. deviation: sigma~_i, of its samples' gradients at w = 0; apart: |grad f_i(0) - grad f(0)|; both
    certified for the tasks as they are. everywhere: a bound of sigma~_i at all points, None where none is known.
    """

    task: str
    smoothness: float
    rate: float | None
    hessian_lipschitz: float
    deviation: Enclosure
    apart: Enclosure
    everywhere: float | None


@dataclass(frozen=True)
class HypothesisCount:
    """A hypothesis of claims that were judged on the table, and what became of it on the table's first instances.

    text: after 'needs'. failing, open: on how many it fails, and cannot be told by the first arithmetic alone. asked:
    of how many it was asked; it is not where it speaks of what is not there. claims: that have it.
    """

    name: str
    text: str
    failing: int
    open: int
    asked: int
    claims: tuple[str, ...]


@dataclass(frozen=True)
class OwnTable:
    """The tasks of a report's table under the first of its losses.

    source: the name of the sweep that is on it. own: whether the caller chose the table. loss: its name; others: those
    of the other losses that the claims are judged under. provenance: of L_i and rho_i. hypotheses: of the first
    `instances` on the table, whatever their losses; those that fail somewhere. plan: the document of `mamlcheck plan`
    for `accuracy`, exact; where the tasks hold many numbers they are left out of it. None where there is none, and
    `why` says why.
    """

    source: str
    own: bool
    loss: str
    others: tuple[str, ...]
    provenance: Provenance
    tasks: tuple[TaskConstants, ...]
    instances: int
    hypotheses: tuple[HypothesisCount, ...]
    accuracy: str
    plan: PlanDocument | None
    why: str | None


__all__ = ["HypothesisCount", "OwnTable", "TaskConstants"]
