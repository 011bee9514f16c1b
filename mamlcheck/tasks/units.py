"""Units: powers of the unit of the losses and of that of lengths, the unit of the parameters w."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Unit:
    """A unit as powers of that of the losses and that of lengths, the unit of parameters w."""

    loss: int = 0
    length: int = 0


NUMBER = Unit()
LENGTH = Unit(length=1)
LOSS = Unit(loss=1)
SLOPE = Unit(loss=1, length=-1)
CURVATURE = Unit(loss=1, length=-2)
