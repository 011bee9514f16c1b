"""Shapes of what has to be believed where mamlcheck says "proved", as `mamlcheck prove --trust --json` prints it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from mamlcheck.formats.codec import Document
from mamlcheck.formats.proofs import Axiom


@dataclass(frozen=True)
class TrustedPart:
    """A file of the package, or a folder of such. lines: how many it has. believed: what it is believed to do."""

    file: str
    lines: int
    believed: str


@dataclass(frozen=True)
class Trust(Document):
    """What has to be believed. Texts are Markdown.

    introduction: what "proved" means. parts: of the package, by name, the folder of the axioms last. besides: what is
    believed of SymPy and Python, and what need not be believed. rules: of the kernel, as its file has them. axioms:
    what may be concluded without proof, by name.
    """

    FORMAT: ClassVar[str] = "mamlcheck-trust"
    VERSION: ClassVar[int] = 1

    introduction: str
    parts: Mapping[str, TrustedPart]
    besides: str
    rules: str
    axioms: Mapping[str, Axiom]
