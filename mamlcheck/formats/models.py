"""The shape of derived formulas, as `mamlcheck derive --json` prints them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mamlcheck.formats.codec import Document


@dataclass(frozen=True)
class LineRecord:
    """An equation: both sides as text, and the whole in LaTeX."""

    left: str
    right: str
    latex: str


@dataclass(frozen=True)
class ModelRecord:
    """A derived model: what it is called, the steps that lead to it, and its value."""

    name: str
    title: str
    steps: tuple[LineRecord, ...]
    value: tuple[LineRecord, ...]


@dataclass(frozen=True)
class Models(Document):
    """Models of `tasks` tasks with `samples` samples in `dim` dimensions. psi: of the loss. notes: on the symbols."""

    FORMAT: ClassVar[str] = "mamlcheck-models"
    VERSION: ClassVar[int] = 1

    dim: int
    tasks: int
    samples: int
    loss: str
    psi: tuple[LineRecord, ...]
    notes: tuple[str, ...]
    models: tuple[ModelRecord, ...]


__all__ = ["LineRecord", "ModelRecord", "Models"]
