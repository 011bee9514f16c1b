"""The shape of one instance with every claim judged on it, as `mamlcheck show --json` prints it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from mamlcheck.formats.codec import Document
from mamlcheck.formats.proofs import WaterfallRecord
from mamlcheck.formats.shared import Enclosure


@dataclass(frozen=True)
class ShownClaim:
    """A claim on the instance. why: for VACUOUS the hypothesis that fails, for UNDECIDED what stood in the way,
    for HOLDS at confidence which batches were sampled and at what confidence.

    arithmetic: which one decided. waterfall: where the bound loses, None where it was not wanted or is not known.
    """

    verdict: Literal["HOLDS", "VIOLATED", "UNDECIDED", "VACUOUS", "HOLDS at confidence"]
    why: str | None
    lhs: Enclosure
    rhs: Enclosure
    tightness: Enclosure | None
    arithmetic: str
    waterfall: WaterfallRecord | None


@dataclass(frozen=True)
class ShownInstance(Document):
    """An instance, as it was asked for and in a line. guaranteed: whether all its constants are proved."""

    FORMAT: ClassVar[str] = "mamlcheck-shown"
    VERSION: ClassVar[int] = 1

    instance: str
    description: str
    guaranteed: bool
    claims: Mapping[str, ShownClaim]

    @property
    def failed(self) -> bool:
        """Whether a claim is violated or undecided. A vacuous verdict is neither a failure nor support."""
        return any(claim.verdict in ("VIOLATED", "UNDECIDED") for claim in self.claims.values())


__all__ = ["ShownClaim", "ShownInstance"]
