"""The direction of MAML itself, which with several inner steps is no sum of the few products that are here."""

from __future__ import annotations

from collections.abc import Iterator

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.diagnosis.made_of.parts import Parts
from mamlcheck.conformance.diagnosis.made_of.vectors import Vector

ORDER = 0


def vectors() -> Iterator[Vector]:
    """MAML's alone: first order is a gradient."""
    yield Vector("the direction of MAML", _direction, whole=True, from_steps=2)


def _direction(parts: Parts) -> Numbers:
    return parts.x.directions()
