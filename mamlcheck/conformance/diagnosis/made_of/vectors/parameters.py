"""The initial parameters, as a weight decay adds them, and the way to the adapted ones over alpha."""

from __future__ import annotations

from collections.abc import Iterator

from mamlcheck.arithmetic.protocol import Numbers
from mamlcheck.conformance.diagnosis.made_of.parts import END, START, Parts
from mamlcheck.conformance.diagnosis.made_of.vectors import Vector

ORDER = 6


def vectors() -> Iterator[Vector]:
    """The parameters, and the way."""
    yield Vector("the initial parameters", _parameters)
    yield Vector("the sum of the inner gradients on the way", _way, from_steps=2)
    yield Vector("the sum of the inner gradients on the way", _way, 1, from_steps=2)


def _parameters(parts: Parts) -> Numbers:
    return parts.x.w


def _way(parts: Parts) -> Numbers:
    return (parts.at(START).w - parts.at(END).w) / parts.x.alpha
