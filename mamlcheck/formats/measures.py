"""Measures: what can be compared in two documents of one kind, claim by claim.

A document says itself what its measures are. What it says of time, versions and pictures is no measure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar, Protocol, Self

from mamlcheck.formats.shared import Enclosure

Measure = Enclosure | bool | int | float | str | tuple[int, ...] | None
"""The value of a measure; None where a document does not have it."""

Measures = Mapping[str, Mapping[str, Measure]]
"""Of each claim (or other part of a document), its measures by name."""

OF_THE_RUN = "(run)"  # the part with what is no measure of one claim


class Measured(Protocol):
    """A document that has measures."""

    FORMAT: ClassVar[str]
    VERSION: ClassVar[int]

    @classmethod
    def from_json(cls, content: object, place: str = "") -> Self:
        """The document in parsed JSON."""

    @property
    def measures(self) -> Measures:
        """What can be compared with another document of the kind."""


def leaves(place: str, value: object) -> dict[str, Measure]:
    """Every number, text and truth value in nested JSON, with where it stands."""
    if isinstance(value, Mapping):
        below = [leaves(f"{place}.{name}", item) for name, item in value.items()]
    elif isinstance(value, list):
        below = [leaves(f"{place}[{k}]", item) for k, item in enumerate(value)]
    elif value is None or isinstance(value, bool | int | float | str):
        return {place: value}
    else:
        raise TypeError(f"{place} is a {type(value).__name__}, which has no place in JSON")
    return {name: leaf for part in below for name, leaf in part.items()}


def shown(value: Measure) -> str:
    """A measure in a line: an enclosure as an interval, None as 'absent'."""
    if value is None:
        return "absent"
    return str(value) if isinstance(value, Enclosure | str) else json.dumps(value)


__all__ = ["OF_THE_RUN", "Measure", "Measured", "Measures", "leaves", "shown"]
